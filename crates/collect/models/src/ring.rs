//! The ring: what is read is what was written, in order, and no word is written and read at a time.

use loom::sync::Arc;
use loom::thread;

use crate::cpu::ring::{Owner, Ring};
use crate::unwind::MOST_FRAMES;

/// One thread writes records while another one empties the ring; the third finds the end of the ring.
pub fn order_is_kept() {
    crate::check(3, || {
        let ring = Arc::new(Ring::new());
        assert!(ring.make());
        // SAFETY: nobody else knows the ring, of which the checker learns when it is first used.
        unsafe { ring.drain(|_| ()) };
        let writer = {
            let ring = Arc::clone(&ring);
            thread::spawn(move || {
                let mut written = Vec::new();
                for number in 1..=4_u64 {
                    // SAFETY: this is the only writer.
                    let has_room = unsafe {
                        ring.push(number, Owner { labels: 7, thread: [8, 9] }, MOST_FRAMES, |frames| {
                            frames.fill(number * 100);
                            MOST_FRAMES
                        })
                    };
                    if has_room {
                        written.push(number);
                    }
                }
                written
            })
        };
        let mut read = Vec::new();
        let mut drain = || {
            // SAFETY: this is the only reader.
            unsafe {
                ring.drain(|record| {
                    let frame = record.nanos * 100;
                    assert_eq!(record.key, [7, 8, 9, frame, frame]);
                    read.push(record.nanos);
                });
            }
        };
        drain();
        drain();
        let written = writer.join().unwrap();
        drain();
        assert_eq!(read, written);
        assert!(written.len() >= 2, "the first two have room whatever happens");
    });
}
