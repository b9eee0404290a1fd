//! Random valid profiles.
//!
//! Names come from small pools, so that recursion, functions of one name in two files, equal stacks
//! and several values of a tag key are common.

use hotlist_profile::{
    Builder, Function, FunctionId, Label, LabelValue, Line, Location, LocationId, Mapping, MappingId, Moment,
    Profile, Symbolized,
};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::describe;

/// Which values the samples of a random profile have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Values {
    /// Zero and above.
    NonNegative,
    /// Negative ones too, as in comparisons.
    Any,
}

const TYPES: [(&str, &str); 3] = [("samples", "count"), ("cpu", "nanoseconds"), ("alloc_space", "bytes")];
const NAMES: [&str; 6] = ["main", "run", "run(int)", "std::vec::push", "main.(*T).call", "日本"];
const FILES: [&str; 3] = ["/src/main.go", "lib.rs", ""];
const KEYS: [&str; 3] = ["bytes", "request", "thread"];
const TEXTS: [&str; 3] = ["a", "/login", "worker 1"];
const UNITS: [&str; 3] = ["bytes", "kilobytes", "milliseconds"];
const BINARIES: [&str; 2] = ["/bin/app", "/lib/libc.so"];

/// A location before its rows exist: positions stand for rows.
#[derive(Debug, Clone)]
struct RandomLocation {
    mapping: Option<usize>,
    offset: u64,
    folded: bool,
    lines: Vec<(usize, i64, i64)>,
}

#[derive(Debug, Clone)]
struct Sample {
    stack: Vec<usize>,
    labels: Vec<(usize, Option<usize>, i64, usize)>,
    values: Vec<i64>,
}

#[derive(Debug, Clone)]
struct Head {
    times: (i64, i64),
    period: i64,
    default: usize,
    comments: usize,
    /// Pages by which the binaries are moved, as the loader does.
    moved: u64,
}

/// A random profile, which failed tests show row by row.
#[derive(Clone)]
pub struct Drawn(pub Profile);

impl std::fmt::Debug for Drawn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&describe(&self.0))
    }
}

impl std::ops::Deref for Drawn {
    type Target = Profile;

    fn deref(&self) -> &Profile {
        &self.0
    }
}

impl From<Drawn> for Profile {
    fn from(drawn: Drawn) -> Profile {
        drawn.0
    }
}

/// Profiles with one to three sample types.
pub fn profiles(values: Values) -> impl Strategy<Value = Drawn> {
    (1..=TYPES.len()).prop_flat_map(move |width| profiles_of(width, values))
}

/// Profiles with the first `width` of three sample types, so that they can be merged.
///
/// # Panics
/// When `width` is above three.
pub fn profiles_of(width: usize, values: Values) -> impl Strategy<Value = Drawn> {
    let value = match values {
        Values::NonNegative => 0..1000i64,
        Values::Any => -1000..1000i64,
    };
    let function = (0..NAMES.len(), 0..FILES.len(), 0..20i64);
    let line = (0..6usize, 0..40i64, 0..3i64);
    let place = (prop::option::of(0..BINARIES.len()), 0..6u64, any::<bool>(), vec(line, 0..4))
        .prop_map(|(mapping, offset, folded, lines)| RandomLocation { mapping, offset, folded, lines });
    let label = (0..KEYS.len(), prop::option::of(0..TEXTS.len()), -5..5000i64, 0..UNITS.len());
    let sample = (vec(0..8usize, 0..7), vec(label, 0..4), vec(value, width))
        .prop_map(|(stack, labels, values)| Sample { stack, labels, values });
    let head = (any::<(i64, i64)>(), 0..1000i64, 0..=width, 0..3usize, 0..9u64).prop_map(
        |(times, period, default, comments, moved)| Head { times, period, default, comments, moved },
    );
    (head, vec(function, 6), vec(place, 8), vec(sample, 0..16)).prop_map(
        move |(head, functions, places, samples)| {
            Drawn(build(&TYPES[..width], &head, &functions, &places, &samples))
        },
    )
}

fn build(
    types: &[(&str, &str)],
    head: &Head,
    functions: &[(usize, usize, i64)],
    places: &[RandomLocation],
    samples: &[Sample],
) -> Profile {
    let mut builder = Builder::new(types);
    builder.period("cpu", "nanoseconds", head.period);
    (builder.profile.time_nanos, builder.profile.duration_nanos) = head.times;
    if let Some((kind, _)) = types.get(head.default) {
        builder.profile.default_sample_type = builder.string(kind);
    }
    for number in 0..head.comments {
        let comment = builder.string(format!("comment {number}"));
        builder.profile.comments.push(comment);
    }
    let starts: Vec<u64> =
        (0..BINARIES.len() as u64).map(|row| 0x40_0000 * (row + 1) + 0x1000 * head.moved).collect();
    let mappings: Vec<MappingId> = BINARIES
        .iter()
        .zip(&starts)
        .map(|(file, &start)| {
            let file = builder.string(file);
            let has = Symbolized { functions: true, ..Symbolized::default() };
            builder.mapping(Mapping { start, limit: start + 0x2000, file, has, ..Mapping::default() })
        })
        .collect();
    let functions: Vec<FunctionId> = functions
        .iter()
        .map(|&(name, file, start_line)| {
            let (name, filename) = (builder.string(NAMES[name]), builder.string(FILES[file]));
            builder.function(Function { id: 0, name, system_name: name, filename, start_line })
        })
        .collect();
    let locations: Vec<LocationId> = places
        .iter()
        .map(|place| {
            let lines: Vec<Line> = place
                .lines
                .iter()
                .map(|&(function, line, column)| Line { function: functions[function], line, column })
                .collect();
            let location = Location {
                mapping: place.mapping.map(|row| mappings[row]),
                address: place.mapping.map_or(0x10, |row| starts[row]) + 0x20 * place.offset,
                is_folded: place.folded,
                ..Location::default()
            };
            builder.location(location, &lines)
        })
        .collect();
    for sample in samples {
        let stack: Vec<LocationId> = sample.stack.iter().map(|&row| locations[row]).collect();
        let labels: Vec<Label> = sample
            .labels
            .iter()
            .map(|&(key, text, number, unit)| Label {
                key: builder.string(KEYS[key]),
                value: match text {
                    Some(text) => LabelValue::Text(builder.string(TEXTS[text])),
                    None => LabelValue::Number { value: number, unit: builder.string(UNITS[unit]) },
                },
            })
            .collect();
        builder.sample(&stack, &labels, &sample.values).expect("a few samples fit");
    }
    builder.finish()
}

/// A profile with `stacks` different stacks of `depth` frames each: enough of both, and passes over
/// it are split over several threads. Always the same for the same numbers.
///
/// # Panics
/// When the stacks have more than 2^32 frames.
pub fn tall_profile(stacks: usize, depth: usize) -> Profile {
    let mut builder = Builder::new(&TYPES[..2]);
    let locations: Vec<LocationId> = (0..200)
        .map(|row| {
            let function = builder.named_function(&format!("function_{}", row % 150), "tall.c");
            let inlined = builder.named_function(&format!("inlined_{}", row % 7), "tall.h");
            let at = Location { address: 0x1000 + 16 * row, ..Location::default() };
            let outer = Line { function, line: row as i64, column: 0 };
            let inner = Line { function: inlined, line: 3, column: 0 };
            if row % 5 == 0 { builder.location(at, &[inner, outer]) } else { builder.location(at, &[outer]) }
        })
        .collect();
    let key = builder.string("worker");
    // A linear congruential generator, with the constants of Knuth's MMIX.
    let mut state = 1u64;
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    for _ in 0..stacks {
        let stack: Vec<LocationId> = (0..depth).map(|_| locations[next(locations.len())]).collect();
        let worker = builder.string(format!("w{}", next(4)));
        let label = Label { key, value: LabelValue::Text(worker) };
        let value = next(2000) as i64 - 300;
        builder.sample(&stack, &[label], &[1, value * 1_000_000]).expect("the stacks fit");
    }
    builder.finish()
}

/// The same profile with times: each sample came in two parts, at times between 0 and 1000 nanoseconds that its row
/// decides. The profile begins on a day that clocks show.
///
/// # Panics
/// When there are more times than 32 bits can number.
pub fn with_times(mut profile: Profile) -> Profile {
    profile.time_nanos = profile.time_nanos.rem_euclid(1 << 60);
    profile.duration_nanos = profile.duration_nanos.rem_euclid(1 << 40);
    for sample in profile.samples.ids() {
        let row = sample.index() as i64;
        let values = profile.samples.values(sample).to_vec();
        let first: Vec<i64> = values.iter().map(|value| value / 3).collect();
        let second: Vec<i64> = values.iter().zip(&first).map(|(value, first)| value - first).collect();
        for (nanos, values) in [(row * 37 % 1000, &first), (row * 91 % 1000, &second)] {
            profile.samples.note_time(Moment { sample, nanos, values }).expect("a few times fit");
        }
    }
    profile
}
