//! What others rely on: types that go from thread to thread and say what they are, errors that say each thing once.

use std::error::Error as _;
use std::fmt::Debug;

use hotlist_collect::{
    Cpu, CpuProfile, Dumps, Error, Heap, Labels, Push, PushStatus, Pushing, Server, ServerOptions, Signal,
    Source,
};

fn is_plain<T: Send + Sync + Debug + 'static>() {}

#[test]
fn types_go_from_thread_to_thread() {
    is_plain::<Cpu>();
    is_plain::<CpuProfile>();
    is_plain::<Dumps>();
    is_plain::<Error>();
    is_plain::<Heap>();
    is_plain::<Labels>();
    is_plain::<Push>();
    is_plain::<PushStatus>();
    is_plain::<Pushing>();
    is_plain::<Server>();
    is_plain::<ServerOptions>();
    is_plain::<Signal>();
    is_plain::<Source>();
}

/// Each part of an error says something of its own, in lower case and without a full stop.
#[test]
fn errors_say_each_thing_once() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    struct Full;
    impl std::io::Write for Full {
        fn write(&mut self, _bytes: &[u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("the disk is full"))
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let errors = [
        hotlist_collect::serve_with(&taken, ServerOptions::default()).unwrap_err(),
        hotlist_collect::serve_with("0.0.0.0:0", ServerOptions::default()).unwrap_err(),
        hotlist_collect::heap().write_to(&mut Full).unwrap_err(),
        hotlist_collect::push_to_hotlist("https://a.example", "shop").start().unwrap_err(),
        hotlist_collect::set_signal(Signal::RealTime(200)).unwrap_err(),
    ];
    for error in errors {
        let text = error.to_string();
        assert!(!text.ends_with('.') && !text.starts_with(|letter: char| letter.is_uppercase()), "{text}");
        if let Some(source) = error.source() {
            assert!(!text.contains(&source.to_string()), "{text}: {source}");
        }
    }
}
