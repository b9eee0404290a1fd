//! jemalloc; its profiler is turned on by `_RJEM_MALLOC_CONF=prof:true`.

#[global_allocator]
static ALLOC: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() {
    hotlist_overhead::measure();
}
