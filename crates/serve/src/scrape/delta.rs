//! Changes since the profile before, of values that grow for as long as a program runs.

use hotlist_profile::{MergeError, Merger, Profile};

/// The sample types of Go and of `hotlist-collect` whose values are what there is at the moment. All others grow.
const OF_A_MOMENT: [&str; 4] = ["inuse_objects", "inuse_space", "goroutine", "goroutines"];

/// Whether the values of a sample type grow for as long as the program runs.
pub(crate) fn grows(kind: &str) -> bool {
    !OF_A_MOMENT.contains(&kind)
}

/// `profile` with the values of `before` taken from those that grow. Where the sum of one has become smaller, the program
/// was started anew, and `profile` says what has happened since.
///
/// # Errors
/// When the two do not fit together.
pub(crate) fn since(
    mut profile: Profile,
    mut before: Profile,
    grows: &dyn Fn(&str) -> bool,
) -> Result<Profile, MergeError> {
    let growing: Vec<bool> =
        profile.sample_types.iter().map(|value_type| grows(&profile.lossy(value_type.kind))).collect();
    let (now, then) = (profile.totals(), before.totals());
    let has_shrunk = now.iter().zip(&then).zip(&growing).any(|((now, then), &grows)| grows && now < then);
    let duration = profile.time_nanos.saturating_sub(before.time_nanos);
    if has_shrunk || now.len() != then.len() {
        return Ok(profile);
    }
    before.samples.map_values(|column, value| if growing[column] { value.saturating_neg() } else { 0 });
    let time_nanos = before.time_nanos;
    before.comments.clear();
    profile.duration_nanos = 0;
    before.duration_nanos = 0;
    let mut merger = Merger::new();
    merger.add(profile)?;
    merger.add(before)?;
    let mut change = merger.finish()?.unwrap_or_default();
    // Estimates of one stack may become smaller; there is no such thing as a negative allocation.
    change.samples.map_values(|column, value| if growing[column] { value.max(0) } else { value });
    change.samples.retain(|_, values| values.iter().any(|&value| value != 0));
    if time_nanos != 0 && duration > 0 {
        change.time_nanos = time_nanos;
        change.duration_nanos = duration;
    }
    Ok(change)
}

/// The first profile of a program, of which nobody knows how much of it is new: what grows is left out. `None` when
/// nothing else is in it.
pub(crate) fn first(mut profile: Profile, grows: &dyn Fn(&str) -> bool) -> Option<Profile> {
    let growing: Vec<bool> =
        profile.sample_types.iter().map(|value_type| grows(&profile.lossy(value_type.kind))).collect();
    if growing.iter().all(|&grows| grows) {
        return None;
    }
    profile.samples.map_values(|column, value| if growing[column] { 0 } else { value });
    profile.samples.retain(|_, values| values.iter().any(|&value| value != 0));
    Some(profile)
}

#[cfg(test)]
mod tests {
    use hotlist_profile::Builder;

    use super::*;

    fn heap(time: i64, stacks: &[(&str, [i64; 2])]) -> Profile {
        let mut builder = Builder::new(&[("alloc_space", "bytes"), ("inuse_space", "bytes")]);
        for (name, values) in stacks {
            let function = builder.named_function(name, "");
            let location = builder.source_location(function, 1);
            builder.sample(&[location], &[], values).unwrap();
        }
        let mut profile = builder.finish();
        profile.time_nanos = time;
        profile
    }

    fn rows(profile: &Profile) -> Vec<(String, Vec<i64>)> {
        let mut rows: Vec<_> = profile
            .samples
            .ids()
            .map(|id| {
                let line = profile.locations.lines(profile.frames(id)[0])[0];
                let name = profile.lossy(profile.function(line.function).name).into_owned();
                (name, profile.samples.values(id).to_vec())
            })
            .collect();
        rows.sort();
        rows
    }

    #[test]
    fn what_grows_becomes_a_change_and_the_rest_stays() {
        let before = heap(1_000, &[("a", [100, 50]), ("b", [10, 10]), ("c", [7, 0])]);
        let now = heap(5_000, &[("a", [130, 20]), ("b", [10, 0]), ("d", [5, 5])]);
        let change = since(now, before, &grows).unwrap();
        assert_eq!(rows(&change), [("a".to_owned(), vec![30, 20]), ("d".to_owned(), vec![5, 5])]);
        assert_eq!((change.time_nanos, change.duration_nanos), (1_000, 4_000));
    }

    #[test]
    fn a_program_that_was_started_anew_has_no_past() {
        let before = heap(1_000, &[("a", [100, 50])]);
        let now = heap(5_000, &[("a", [30, 20])]);
        assert_eq!(rows(&since(now, before, &grows).unwrap()), [("a".to_owned(), vec![30, 20])]);
    }

    #[test]
    fn the_first_profile_has_what_is_there_at_the_moment() {
        let first = first(heap(1, &[("a", [100, 50]), ("b", [10, 0])]), &grows).unwrap();
        assert_eq!(rows(&first), [("a".to_owned(), vec![0, 50])]);
        let mut mutex = Builder::new(&[("contentions", "count"), ("delay", "nanoseconds")]);
        let function = mutex.named_function("f", "");
        let location = mutex.source_location(function, 1);
        mutex.sample(&[location], &[], &[1, 2]).unwrap();
        assert!(super::first(mutex.finish(), &grows).is_none());
    }
}
