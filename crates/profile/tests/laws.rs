//! Laws of the codec and of merging, on random profiles.

use hotlist_profile::{Merger, Profile, decode, encode_to_vec, merge};
use hotlist_testkit::{Values, describe, profiles, profiles_of, sums};
use proptest::prelude::*;

fn merged(profiles: impl IntoIterator<Item = impl Into<Profile>>) -> Profile {
    merge(profiles.into_iter().map(Into::into))
        .expect("profiles of the same types can be merged")
        .expect("there is at least one")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn decoding_what_was_encoded_gives_the_same(profile in profiles(Values::Any)) {
        let bytes = encode_to_vec(&profile);
        let decoded = decode(&bytes).expect("what was encoded can be decoded");
        prop_assert_eq!(describe(&profile), describe(&decoded));
        prop_assert_eq!(bytes, encode_to_vec(&decoded));
    }

    #[test]
    fn merging_is_commutative(one in profiles_of(2, Values::Any), two in profiles_of(2, Values::Any)) {
        let forth = merged([one.clone(), two.clone()]);
        let back = merged([two, one]);
        prop_assert_eq!(sums(&forth), sums(&back));
    }

    #[test]
    fn merging_is_associative(
        one in profiles_of(2, Values::Any),
        two in profiles_of(2, Values::Any),
        three in profiles_of(2, Values::Any),
    ) {
        let left = merged([merged([one.clone(), two.clone()]), three.0.clone()]);
        let right = merged([one.0.clone(), merged([two.clone(), three.clone()])]);
        let at_once = merged([one, two, three]);
        prop_assert_eq!(sums(&left), sums(&right));
        prop_assert_eq!(sums(&left), sums(&at_once));
    }

    #[test]
    fn merging_adds(one in profiles_of(2, Values::Any), two in profiles_of(2, Values::Any)) {
        let mut expected = sums(&one);
        for (key, values) in sums(&two) {
            let sum = expected.entry(key).or_insert_with(|| vec![0; values.len()]);
            sum.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
        }
        expected.retain(|_, sum| sum.iter().any(|&value| value != 0));
        prop_assert_eq!(expected, sums(&merged([one, two])));
    }

    #[test]
    fn what_is_merged_again_needs_no_new_rows(
        one in profiles_of(2, Values::NonNegative),
        two in profiles_of(2, Values::NonNegative),
    ) {
        let rows = |profile: &Profile| {
            let Profile { strings, samples, stacks, labels, mappings, locations, functions, .. } = profile;
            let tables = [strings.len(), samples.len(), stacks.len(), labels.len()];
            (tables, mappings.len(), locations.len(), functions.len())
        };
        let once = merged([one.clone(), two.clone()]);
        prop_assert_eq!(rows(&once), rows(&merged([one.clone(), two.clone(), two.clone(), one, two])));
    }

    #[test]
    fn a_merge_of_several_begins_before_the_second_comes(
        one in profiles_of(2, Values::Any),
        two in profiles_of(2, Values::Any),
        three in profiles_of(2, Values::Any),
    ) {
        let mut merger = Merger::of_several();
        for profile in [one.clone(), two.clone(), three.clone()] {
            merger.add(profile.into()).expect("profiles of the same types can be merged");
        }
        let early = merger.finish().expect("sums fit").expect("there are three");
        prop_assert_eq!(describe(&early), describe(&merged([one, two, three])));
    }

    #[test]
    fn merging_one_profile_changes_nothing(profile in profiles(Values::Any)) {
        prop_assert_eq!(describe(&profile), describe(&merged([profile.clone()])));
    }

    #[test]
    fn subtracting_a_profile_from_itself_leaves_nothing(profile in profiles(Values::Any)) {
        let mut negative = profile.0.clone();
        negative.scale(-1.0);
        prop_assert!(sums(&merged([profile.0, negative])).is_empty());
    }
}
