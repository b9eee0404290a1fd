//! Rules that were looked up before, by address: shared by all threads, without a lock.

use std::sync::atomic::{AtomicU64, Ordering};

use super::rule::Rule;

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
struct Slot {
    mixed: AtomicU64,
    rule: AtomicU64,
}

static CACHE: [Slot; SLOTS] = [const { Slot { mixed: AtomicU64::new(0), rule: AtomicU64::new(0) } }; SLOTS];

fn slot(address: u64) -> &'static Slot {
    let hash = address.wrapping_mul(GOLDEN_RATIO) >> 52;
    &CACHE[hash as usize % SLOTS]
}

/// The remembered rule of `address`.
#[inline]
pub(crate) fn lookup(address: u64) -> Option<Rule> {
    let slot = slot(address);
    let rule = slot.rule.load(Ordering::Relaxed);
    (slot.mixed.load(Ordering::Relaxed) ^ spread(rule) == address).then(|| Rule::unpack(rule))
}

/// Remembers the rule of `address`, in place of that of another address.
pub(crate) fn remember(address: u64, rule: Rule) {
    if let Some(packed) = rule.pack() {
        let slot = slot(address);
        slot.mixed.store(address ^ spread(packed), Ordering::Relaxed);
        slot.rule.store(packed, Ordering::Relaxed);
    }
}

/// Forgets all rules: a library was unloaded, and another one may come to where it was.
pub(crate) fn forget() {
    for slot in &CACHE {
        slot.mixed.store(0, Ordering::Relaxed);
        slot.rule.store(0, Ordering::Relaxed);
    }
}

fn spread(rule: u64) -> u64 {
    rule.wrapping_mul(GOLDEN_RATIO)
}

#[cfg(test)]
mod tests {
    use super::super::rule::{Cfa, FrameRule, Saved};
    use super::*;

    #[test]
    fn remembers_exactly_what_it_was_told() {
        let rule = Rule::Frame(FrameRule {
            cfa: Cfa::StackPointer(64),
            frame_pointer: Saved::AtCfa(-16),
            return_address: Saved::AtCfa(-8),
        });
        // Addresses that no code has.
        assert_eq!(lookup(0x10), None);
        remember(0x10, rule);
        assert_eq!(lookup(0x10), Some(rule));
        assert_eq!(lookup(0x11), None);
    }
}
