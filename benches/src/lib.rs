//! Profiles to measure with, the same in every run.
//!
//! They look like the CPU profile of a large server: some thousand functions of which few are hot,
//! stacks of 5 to 60 frames that share their upper part, addresses in three binaries, inlined
//! functions, and on demand labels with many values.

use hotlist_profile::{
    Builder, Function, FunctionId, Label, LabelValue, Line, Location, LocationId, Mapping, Profile,
};

/// How a profile is made.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// How many samples it has.
    pub samples: usize,
    /// Whether samples have labels: an endpoint, a user and a size.
    pub labels: bool,
    /// Runs with different seeds have the same code and different samples.
    pub seed: u64,
}

impl Shape {
    /// A name for figures, such as `100k-labels`.
    pub fn name(self) -> String {
        format!("{}k{}", self.samples / 1000, if self.labels { "-labels" } else { "" })
    }
}

/// The sizes that are measured.
pub const SHAPES: [Shape; 4] = [
    Shape { samples: 10_000, labels: false, seed: 1 },
    Shape { samples: 10_000, labels: true, seed: 1 },
    Shape { samples: 100_000, labels: false, seed: 1 },
    Shape { samples: 100_000, labels: true, seed: 1 },
];

const FUNCTIONS: usize = 4000;
const CALLEES: usize = 6;

/// Makes the profile.
///
/// # Panics
/// When more samples are wanted than a profile can hold.
pub fn generate(shape: Shape) -> Profile {
    let mut builder = Builder::new(&[("samples", "count"), ("cpu", "nanoseconds")]);
    builder.period("cpu", "nanoseconds", 10_000_000);
    builder.profile.time_nanos = 1_700_000_000_000_000_000;
    builder.profile.duration_nanos = 30_000_000_000;
    let code = code(&mut builder);
    let mut numbers = Numbers(shape.seed);
    let mut stack = Vec::new();
    for _ in 0..shape.samples {
        walk(&code, &mut numbers, &mut stack);
        let labels = if shape.labels { labels(&mut builder, &mut numbers) } else { Vec::new() };
        let count = numbers.below(20) as i64 + 1;
        builder.sample(&stack, &labels, &[count, count * 10_000_000]).expect("few frames");
    }
    builder.finish()
}

/// One location for each function and each of its calls.
fn code(builder: &mut Builder) -> Vec<LocationId> {
    let mut numbers = Numbers(0);
    let mappings: Vec<_> = ["/usr/bin/server", "/lib/libc.so.6", "[vdso]"]
        .iter()
        .zip(0u64..)
        .map(|(file, number)| {
            let file = builder.string(file);
            let build_id = builder.string(format!("{number:040x}"));
            let (start, limit) = (0x40_0000 + (number << 32), 0x400_0000 + (number << 32));
            builder.mapping(Mapping { start, limit, file, build_id, ..Mapping::default() })
        })
        .collect();
    let functions: Vec<FunctionId> = (0..FUNCTIONS)
        .map(|number| {
            let package = number / 40;
            let name = builder
                .string(format!("example.com/server/package{package}.(*Type{}).Method{number}", number % 7));
            let filename = builder.string(format!("/src/server/package{package}/file{}.go", number % 5));
            builder.function(Function {
                name,
                system_name: name,
                filename,
                start_line: 10,
                ..Function::default()
            })
        })
        .collect();
    let mut locations = Vec::with_capacity(FUNCTIONS * CALLEES);
    for number in 0..FUNCTIONS * CALLEES {
        let own = number / CALLEES;
        let line =
            |function, line: usize| Line { function: functions[function], line: line as i64, column: 0 };
        let mut lines = vec![line(own, 10 + number % CALLEES * 7)];
        if numbers.below(5) == 0 {
            lines.insert(0, line(numbers.below(FUNCTIONS), 12));
        }
        let which = match own % 20 {
            0 => 1,
            1 => 2,
            _ => 0,
        };
        let address = 0x40_0000 + ((which as u64) << 32) + number as u64 * 16;
        locations.push(
            builder.location(
                Location { mapping: Some(mappings[which]), address, ..Location::default() },
                &lines,
            ),
        );
    }
    locations
}

/// Walks down from the root; the leaf comes first in `stack`.
fn walk(code: &[LocationId], numbers: &mut Numbers, stack: &mut Vec<LocationId>) {
    stack.clear();
    let depth = 5 + numbers.below(56);
    let mut function = 0;
    for level in 0..depth {
        // The smaller of two numbers makes some calls more likely than others; near the root there are few.
        let choices = if level < 4 { 2 } else { CALLEES };
        let call = numbers.below(choices).min(numbers.below(choices));
        stack.push(code[function * CALLEES + call]);
        function = (function * CALLEES + call + 1) % FUNCTIONS;
    }
    stack.reverse();
}

fn labels(builder: &mut Builder, numbers: &mut Numbers) -> Vec<Label> {
    let endpoint = format!("/api/v1/resource{}", numbers.below(30).min(numbers.below(30)));
    let user = format!("user-{}", numbers.below(2000));
    let mut labels: Vec<Label> = [("endpoint", endpoint), ("user", user)]
        .iter()
        .map(|(key, text)| Label { key: builder.string(key), value: LabelValue::Text(builder.string(text)) })
        .collect();
    let (key, unit) = (builder.string("size"), builder.string("bytes"));
    labels.push(Label { key, value: LabelValue::Number { value: 1 << numbers.below(20), unit } });
    labels
}

/// Numbers that look random and depend on the seed alone: SplitMix64 of Steele, Lea and Flood,
/// "Fast splittable pseudorandom number generators", 2014.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % limit as u64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_are_the_same_in_every_run() {
        let shape = Shape { samples: 500, labels: true, seed: 3 };
        let encode = |shape| hotlist_profile::encode_to_vec(&generate(shape));
        assert_eq!(encode(shape), encode(shape));
        assert_ne!(encode(shape), encode(Shape { seed: 4, ..shape }));
        assert_eq!(generate(shape).samples.len(), 500);
    }
}
