//! Takes a profile of its own heap and finds its blocks in it.

use std::io::Read;

#[global_allocator]
static ALLOC: hotlist_collect::Heap = hotlist_collect::Heap::system();

fn main() {
    hotlist_collect::set_heap_rate(1);
    let kept: Vec<Vec<u8>> = (0..100).map(|_| vec![1; 4096]).collect();
    let mut file = Vec::new();
    hotlist_collect::heap().write_to(&mut file).expect("a profile is written");
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(&file[..]).read_to_end(&mut bytes).expect("it is packed");
    let profile = hotlist_profile::decode(&bytes).expect("it is a profile");
    // Objects and bytes that were allocated, then those in use.
    let totals = profile.totals();
    assert!(totals[2] >= 100 && totals[3] >= 409_600, "{totals:?}");
    drop(kept);
    println!("all right");
}
