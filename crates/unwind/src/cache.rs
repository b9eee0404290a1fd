//! Rules that were looked up before, by address: shared by all threads, without a lock.

use core::sync::atomic::{AtomicU64, Ordering};

use crate::rule::PackedRule;

/// 2^64 over the golden ratio: multiplying by it spreads the bits (D. Knuth, 6.4).
const GOLDEN_RATIO: u64 = 0x9e37_79b9_7f4a_7c15;

/// A power of two; 64 KiB in all, touched only as far as it is used.
const SLOTS: usize = 4096;

/// One address with its rule.
///
/// Two words cannot be written at once, so the first holds `address ^ spread(rule)`: a reader that sees
/// halves of two different writes computes a different address and takes it for a miss
/// (R. Hyatt and T. Mann, "A lock-less transposition table implementation", 2002). The rule is spread
/// over all bits because two rules may differ in the same few bits as two addresses.
#[derive(Debug)]
struct Slot {
    mixed: AtomicU64,
    rule: AtomicU64,
}

/// Rules by address. One of them may be shared by all threads of a program and its signal handlers.
///
/// It has 64 KiB, so it belongs into a static or behind a pointer. What it does not remember, such as the rule of an
/// address whose place was taken by another one, is looked up again.
#[derive(Debug)]
pub struct Cache {
    slots: [Slot; SLOTS],
}

impl Cache {
    /// An empty one.
    pub const fn new() -> Cache {
        Cache { slots: [const { Slot { mixed: AtomicU64::new(0), rule: AtomicU64::new(0) } }; SLOTS] }
    }

    #[inline]
    fn slot(&self, address: u64) -> &Slot {
        let hash = address.wrapping_mul(GOLDEN_RATIO) >> 52;
        &self.slots[hash as usize % SLOTS]
    }

    /// The remembered rule of `address`, which is not 0.
    #[inline]
    pub fn lookup(&self, address: u64) -> Option<PackedRule> {
        let slot = self.slot(address);
        let rule = slot.rule.load(Ordering::Relaxed);
        (slot.mixed.load(Ordering::Relaxed) ^ spread(rule) == address).then_some(PackedRule(rule))
    }

    /// Remembers the rule of `address`, in place of that of another address.
    pub fn remember(&self, address: u64, rule: PackedRule) {
        let PackedRule(packed) = rule;
        let slot = self.slot(address);
        slot.mixed.store(address ^ spread(packed), Ordering::Relaxed);
        slot.rule.store(packed, Ordering::Relaxed);
    }

    /// Forgets all rules: a library was unloaded, and another one may come to where it was.
    pub fn forget(&self) {
        for slot in &self.slots {
            slot.mixed.store(0, Ordering::Relaxed);
            slot.rule.store(0, Ordering::Relaxed);
        }
    }
}

impl Default for Cache {
    fn default() -> Self {
        Cache::new()
    }
}

#[inline]
fn spread(rule: u64) -> u64 {
    rule.wrapping_mul(GOLDEN_RATIO)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::{Cfa, FrameRule, Rule, Saved};

    #[test]
    fn remembers_exactly_what_it_was_told() {
        let rule = Rule::Frame(FrameRule {
            cfa: Cfa::StackPointer(64),
            frame_pointer: Saved::AtCfa(-16),
            return_address: Saved::AtCfa(-8),
        });
        let rule = PackedRule::from(rule);
        static CACHE: Cache = Cache::new();
        assert_eq!(CACHE.lookup(0x10), None);
        CACHE.remember(0x10, rule);
        assert_eq!(CACHE.lookup(0x10), Some(rule));
        assert_eq!(CACHE.lookup(0x11), None);
        CACHE.forget();
        assert_eq!(CACHE.lookup(0x10), None);
    }
}
