//! Every legacy sample reads as pprof reads it.

mod raw;
mod samples;

use hotlist_formats::{Limits, read_bytes};
use hotlist_profile::{Mapping, Profile, merge};

#[test]
fn samples_equal_what_pprof_prints() {
    for sample in samples::all() {
        let profile = read_bytes(&sample.data, Limits::default())
            .unwrap_or_else(|error| panic!("{}: {error}", sample.name));
        assert_eq!(raw::dump(&as_fetched(profile)), sample.expected, "{}", sample.name);
    }
}

/// What pprof does with every profile that it fetches: one without mappings gets an empty one, and
/// several, or one alone, are merged.
fn as_fetched(mut profile: Profile) -> Profile {
    if profile.mappings.is_empty() {
        profile.mappings.push(Mapping { id: 1, ..Mapping::default() });
        for location in profile.locations.ids() {
            profile.locations.get_mut(location).mapping = Some(hotlist_profile::MappingId::new(0));
        }
    }
    merge([profile]).expect("one profile is compatible with itself").expect("there is one profile")
}

#[test]
fn frames_of_allocators_are_dropped_by_kind() {
    let check = |name: &str, drop: &str, keep: bool| {
        let sample = samples::named(name);
        let profile = read_bytes(&sample.data, Limits::default()).unwrap();
        let found = profile.lossy(profile.drop_frames);
        assert!(found.split('|').any(|pattern| pattern == drop), "{name}: {found}");
        assert_eq!(!profile.keep_frames.is_empty(), keep, "{name}");
    };
    check("heap_v2.txt", "tc_malloc", true);
    check("heap_java.txt", "tc_malloc", true);
    check("contention_cpp.txt", "(Mutex::)?Unlock.*", false);
    check("cpu_little64.prof", "__restore", false);
}
