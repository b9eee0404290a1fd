//! Profiles from bytes, of which all are valid.
//!
//! Random bytes are hardly ever a profile with deep stacks. So where a harness wants a profile, an
//! input that begins with a zero byte, as no encoded profile does, is a recipe for one: every byte
//! decides something, and when the bytes run out the profile is complete.

use hotlist_profile::{
    Builder, FunctionId, Label, LabelValue, Line, Location, LocationId, Mapping, Profile, decode,
};

/// Names with everything that is special somewhere: in DOT, in callgrind, in CSV, on a terminal, to the
/// rules that shorten names.
const NAMES: [&str; 16] = [
    "main.main",
    "runtime.mallocgc",
    "std::vector<int, std::allocator<int> >::push_back(int const&)",
    "<alloc::vec::Vec<T> as core::ops::Drop>::drop",
    "example.com/a/b.(*T[go.shape.int]).Method.func1.2",
    "java.util.HashMap.put(Object,Object)",
    "",
    "a\"b\\c\nd\te",
    "\u{1b}[31mred",
    "operator()",
    "(anonymous namespace)::f()",
    "é世界😀",
    "a;b,c<d>&'",
    "main",
    "{{}}[(",
    "0x10",
];
/// Units of every kind that has its own scale, and of none.
const UNITS: [&str; 8] = ["count", "nanoseconds", "bytes", "", "GCU", "kB", "seconds", "things"];
/// Values at the edges of their type.
const VALUES: [i64; 8] = [0, 1, -1, 1000, i64::MAX, i64::MIN, 1 << 40, -(1 << 62)];

/// The profile that `data` encodes or, after a zero byte, is a recipe for.
pub fn profile(data: &[u8]) -> Option<Profile> {
    match data {
        [0, recipe @ ..] => Some(cook(recipe)),
        encoded => decode(encoded).ok(),
    }
}

fn cook(recipe: &[u8]) -> Profile {
    let mut bytes = recipe.iter().copied();
    let mut next = || bytes.next().map(usize::from);
    let widths = next().unwrap_or(0);
    let types: Vec<(&str, &str)> = (0..widths % 3 + 1)
        .map(|column| (["samples", "cpu", "space"][column], UNITS[(widths >> (2 + column)) % UNITS.len()]))
        .collect();
    let mut builder = Builder::new(&types);
    builder.period("cpu", UNITS[widths % UNITS.len()], 10);
    let mappings: Vec<_> = (0..next().unwrap_or(0) % 3)
        .map(|number| {
            let file = builder.string(["/bin/prog", "[vdso]", "/lib/\"x\".so"][number]);
            let start = 0x1000 * number as u64;
            builder.mapping(Mapping { start, limit: start + 0x1000, file, ..Mapping::default() })
        })
        .collect();
    let functions: Vec<FunctionId> = (0..next().unwrap_or(0) % 20 + 1)
        .map(|number| {
            let name = NAMES[number % NAMES.len()];
            builder.named_function(name, ["main.go", "/usr/src/a b.c", "", "C:\\x\\y.rs"][number % 4])
        })
        .collect();
    let mut locations: Vec<LocationId> = Vec::new();
    for number in 0..next().unwrap_or(0) % 32 + 1 {
        let choice = next().unwrap_or(0);
        let lines: Vec<Line> = (0..choice % 4)
            .map(|depth| Line {
                function: functions[(number + depth * choice) % functions.len()],
                line: if choice == 255 { i64::MIN } else { choice as i64 },
                column: (choice % 5) as i64,
            })
            .collect();
        let mapping = mappings.get(choice % 4).copied();
        let address = if choice > 250 { u64::MAX } else { 0x1000 + number as u64 * 8 };
        locations.push(builder.location(Location { mapping, address, ..Location::default() }, &lines));
    }
    while let Some(depth) = next() {
        let stack: Vec<LocationId> =
            (0..depth % 24).map_while(|_| next().map(|at| locations[at % locations.len()])).collect();
        let mut labels = Vec::new();
        for _ in 0..depth / 24 % 4 {
            let choice = next().unwrap_or(0);
            let key = builder.string(["bytes", "user", "", "request\"id"][choice % 4]);
            let value = match choice & 64 {
                0 => LabelValue::Text(builder.string(NAMES[choice / 4 % NAMES.len()])),
                _ => LabelValue::Number {
                    value: VALUES[choice / 4 % VALUES.len()],
                    unit: builder.string(UNITS[choice % UNITS.len()]),
                },
            };
            // A decoded profile has no empty text as a label.
            if value != LabelValue::Text(builder.string("")) {
                labels.push(Label { key, value });
            }
        }
        let values: Vec<i64> = types
            .iter()
            .map(|_| {
                let choice = next().unwrap_or(1);
                if choice < 248 { choice as i64 - 20 } else { VALUES[choice - 248] }
            })
            .collect();
        // The tables hold four thousand million rows, and the recipe is shorter.
        let _ = builder.sample(&stack, &labels, &values);
    }
    builder.finish()
}
