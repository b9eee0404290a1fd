//! dhat's allocator and profiler.

#[global_allocator]
static ALLOC: dhat::Alloc = dhat::Alloc;

fn main() {
    let folder = std::env::temp_dir();
    let profiler = dhat::Profiler::builder().file_name(folder.join("overhead-dhat.json")).build();
    hotlist_overhead::measure();
    drop(profiler);
}
