//! The live table: whoever frees a sampled block finds it, and in use returns to zero.

use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;

use crate::heap::filter::Filter;
use crate::heap::table::{Sample, Sums, Table};
use crate::heap::weight::Weight;
use crate::sys::{Lock, Tracked};

struct Heap {
    table: Lock<(Tracked, Table)>,
    filter: Filter,
}

impl Heap {
    /// What the allocator does with a sampled block.
    fn made(&self, address: u64) {
        let promised = {
            let mut table = self.table.hold();
            table.0.change();
            table.1.promise()
        };
        assert!(promised);
        let weight = Weight::of(64, 1);
        let mut table = self.table.hold();
        table.0.change();
        table.1.insert(&Sample { address, size: 64, frames: &[5000], labels: 0, weight });
        self.filter.add(address);
    }

    /// What it does with a block that may be a sampled one; whether it was one.
    fn freed(&self, address: u64) -> bool {
        if !self.filter.may_hold(address) {
            return false;
        }
        let mut table = self.table.hold();
        table.0.change();
        if table.1.remove(address).is_none() {
            return false;
        }
        table.1.break_promise();
        self.filter.remove(address);
        true
    }
}

/// A thread makes a block and hands it over without any order but that of the hand-over itself; another one frees
/// it. The second block of the model shares its counter, and comes and goes meanwhile.
pub fn whoever_frees_a_block_finds_it() {
    const FIRST: u64 = 4096;
    const SECOND: u64 = FIRST + 8;
    crate::check(3, || {
        let heap =
            Arc::new(Heap { table: Lock::new((Tracked::new(), Table::empty())), filter: Filter::new() });
        // The checker learns of both when they are first used.
        heap.table.hold().0.change();
        assert!(!heap.filter.may_hold(FIRST));
        let handed = Arc::new(AtomicUsize::new(0));
        let maker = {
            let (heap, handed) = (Arc::clone(&heap), Arc::clone(&handed));
            thread::spawn(move || {
                heap.made(FIRST);
                handed.store(FIRST as usize, Ordering::Release);
            })
        };
        heap.made(SECOND);
        let was_handed = handed.load(Ordering::Acquire) != 0;
        if was_handed {
            assert!(heap.freed(FIRST), "the block was sampled");
        }
        assert!(heap.freed(SECOND));
        maker.join().unwrap();
        if !was_handed {
            assert!(heap.freed(FIRST));
        }
        let table = heap.table.hold();
        table.0.look();
        assert!(table.1.buckets().iter().all(|bucket| bucket.in_use == Sums::default()));
        assert!(!heap.filter.may_hold(FIRST));
    });
}
