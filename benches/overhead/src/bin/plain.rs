//! The allocator of the system, and nothing else; with `pprof` as third argument pprof-rs takes a CPU profile,
//! with `cpu` this project does.

fn main() {
    match std::env::args().nth(3).as_deref() {
        Some("pprof") => {
            let guard = pprof::ProfilerGuard::new(100).expect("a profiler");
            hotlist_overhead::measure();
            std::hint::black_box(guard.report().build().expect("a report"));
        }
        Some("cpu") => {
            let capture = hotlist_collect::cpu().start().expect("a profiler");
            hotlist_overhead::measure();
            capture.finish(&mut std::io::sink()).expect("a profile");
        }
        _ => hotlist_overhead::measure(),
    }
}
