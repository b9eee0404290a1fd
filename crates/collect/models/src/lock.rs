//! The lock: one thread at a time is inside, and nobody sleeps for ever.

use loom::sync::Arc;
use loom::thread;

use crate::sys::{Lock, Tracked};

/// Three threads take it, one of them twice.
pub fn one_at_a_time() {
    crate::check(3, || {
        let lock = Arc::new(Lock::new((Tracked::new(), 0)));
        // The checker learns of a lock when it is first used.
        drop(lock.hold());
        let enter = |lock: &Lock<(Tracked, u32)>| {
            let mut held = lock.hold();
            held.0.change();
            held.1 += 1;
        };
        let threads: Vec<_> = (0..2)
            .map(|_| {
                let lock = Arc::clone(&lock);
                thread::spawn(move || enter(&lock))
            })
            .collect();
        if let Some(held) = lock.try_hold() {
            held.0.change();
        }
        enter(&lock);
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(lock.hold().1, 3);
    });
}
