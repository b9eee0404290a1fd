//! This project's allocator over jemalloc.

#[global_allocator]
static ALLOC: hotlist_collect::Heap<tikv_jemallocator::Jemalloc> =
    hotlist_collect::Heap::new(tikv_jemallocator::Jemalloc);

fn main() {
    hotlist_overhead::measure();
}
