//! The slot: a signal that comes late writes into the ring of nobody else.

use loom::sync::Arc;
use loom::thread;

use crate::cpu::slot::Slot;
use crate::unwind::Registers;

/// A handler that was asked in the first use of a slot is at work while the collector ends that use, begins
/// another one, and another thread's handler is asked in that.
pub fn late_signals_do_no_harm() {
    crate::check(3, || {
        let slot = Arc::new(Slot::new());
        // SAFETY: nobody else knows the slot, of which the checker learns when it is first used.
        assert_eq!(unsafe { slot.drain(|_| ()) }, 0);
        assert!(slot.open(1, 10, 5));
        let late = {
            let slot = Arc::clone(&slot);
            thread::spawn(move || slot.take_sample(1, Registers(1)))
        };
        slot.close();
        let mut seen = Vec::new();
        let mut drain = |slot: &Slot| {
            // SAFETY: this thread is the only one that reads.
            unsafe { slot.drain(|record| seen.push(record.key.to_vec())) }
        };
        drain(&slot);
        let is_open = slot.open(2, 10, 5);
        let other = is_open.then(|| {
            let slot = Arc::clone(&slot);
            thread::spawn(move || slot.take_sample(2, Registers(2)))
        });
        drain(&slot);
        late.join().unwrap();
        let is_used = other.is_some();
        if let Some(other) = other {
            other.join().unwrap();
            // It may have met the late one at work; then its time is left to the next signal.
            slot.take_sample(2, Registers(2));
        }
        drain(&slot);
        let of = |number| seen.iter().filter(|frames| ***frames == [0, 0, 0, number, number]).count();
        assert!(of(1) <= 1 && of(1) + of(2) == seen.len(), "{seen:?}");
        assert_eq!(of(2), usize::from(is_used), "{seen:?}");
    });
}
