//! This project's allocator at its default rate; `HOTLIST_OFF=1` turns sampling off.

#[global_allocator]
static ALLOC: hotlist_collect::Heap = hotlist_collect::Heap::system();

fn main() {
    hotlist_overhead::measure();
    if hotlist_collect::heap_rate() != 0 {
        hotlist_collect::heap().write_to(&mut std::io::sink()).expect("a profile");
    }
}
