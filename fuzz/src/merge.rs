//! Merging, scaling and comparing whole profiles.
//!
//! The input is a byte and two profiles, encoded or as [recipes](crate::recipe). The byte says where
//! the second begins, in steps of 1/256 of the rest.
//!
//! Laws: totals add up, both orders have equal totals, the result is a profile that can be encoded, and
//! a profile minus itself is empty.

use hotlist_profile::{Profile, merge};

use crate::decode::round_trip;
use crate::recipe;

/// Runs the harness.
///
/// # Panics
/// When a law is broken.
pub fn run(data: &[u8]) {
    let Some((&cut, data)) = data.split_first() else { return };
    let (one, other) = data.split_at(data.len() * usize::from(cut) / 256);
    let (Some(one), Some(other)) = (recipe::profile(one), recipe::profile(other)) else { return };
    round_trip(&one);
    minus_itself(&one);
    for mut changed in [one.clone(), other.clone()] {
        changed.scale(0.3);
        changed.mark_as_base();
        round_trip(&changed);
        // Whether the two go together does not matter here.
        let _ = changed.normalize(&one);
        changed.prune(|name| name.contains(&b'a'));
        round_trip(&changed);
    }
    let Ok(Some(sum)) = merge([one.clone(), other.clone()]) else { return };
    round_trip(&sum);
    let reverse = merge([other.clone(), one.clone()]);
    if sum.sample_types.len() == one.sample_types.len() && same_types(&one, &other) {
        let expected: Vec<i128> = one.totals().iter().zip(other.totals()).map(|(a, b)| a + b).collect();
        assert_eq!(sum.totals(), expected, "a merge changes the total");
        let reverse = reverse.expect("the other order has an answer too").expect("two profiles");
        assert_eq!(reverse.totals(), expected, "the order changes the total");
        assert_eq!(reverse.samples.len(), sum.samples.len(), "the order changes the number of samples");
    }
}

fn same_types(one: &Profile, other: &Profile) -> bool {
    let types = |profile: &Profile| -> Vec<(Vec<u8>, Vec<u8>)> {
        let text = |id| profile.text(id).to_vec();
        profile.sample_types.iter().map(|of| (text(of.kind), text(of.unit))).collect()
    };
    let mut kinds: Vec<Vec<u8>> = types(one).into_iter().map(|of| of.0).collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds.len() == one.sample_types.len() && types(one) == types(other)
}

fn minus_itself(profile: &Profile) {
    let extreme = profile.samples.ids().any(|id| profile.samples.values(id).contains(&i64::MIN));
    if extreme || profile.samples.is_empty() {
        return;
    }
    let mut negative = profile.clone();
    negative.scale(-1.0);
    // The sums of equal samples within one profile may overflow, which is an error and no wrong number.
    if let Ok(Some(nothing)) = merge([profile.clone(), negative]) {
        assert!(nothing.totals().iter().all(|&total| total == 0), "something is left of nothing");
    }
}
