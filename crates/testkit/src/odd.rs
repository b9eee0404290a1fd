//! Profiles as no program gives them and strangers send them: each face shows something sensible for every one.

use hotlist_profile::{Builder, Label, LabelValue, Line, Location, LocationId, Mapping, Profile};

/// Names that would do harm if anything took them for more than text.
pub const HOSTILE: [&str; 12] = [
    "<img src=x onerror=\"window.hit='img'\">",
    "</script><script>window.hit='script'</script>",
    "<svg/onload=\"window.hit='svg'\">",
    "javascript:window.hit='link'",
    "\"><a href=\"javascript:window.hit=1\">x</a>",
    "{{constructor.constructor('window.hit=1')()}}",
    "<!--<script>",
    "\u{1b}]0;owned\u{7}\u{1b}[31mred",
    "\u{202e}gpj.exe",
    "a\nb\tc\0d",
    "^(((((.*",
    "http://evil.example/x.png",
];

/// Names that are hard to draw: from right to left, of several code points a letter, of no width, none at all.
const SCRIPTS: [&str; 9] = [
    "שלום.עולם",
    "مرحبا::بالعالم",
    "日本語の関数",
    "👩‍👩‍👧‍👦.family",
    "🏳️‍🌈🇩🇪",
    "e\u{301}\u{302}\u{303}\u{304}\u{305}\u{306}",
    "\u{200b}\u{200d}\u{feff}",
    "ﷺ",
    "",
];

/// Every profile of this kind, by name.
pub fn odd_profiles() -> Vec<(&'static str, Profile)> {
    let few = |values: [i64; 3]| {
        let mut tree = Tree::new();
        let [main, run, leaf] = ["main", "run", "leaf"].map(|name| tree.place(name));
        for (stack, value) in [&[leaf, run, main][..], &[run, main], &[main]].into_iter().zip(values) {
            tree.sample(stack, &[], value);
        }
        tree.finish()
    };
    vec![
        ("empty", Tree::new().finish()),
        ("zero", few([0, 0, 0])),
        ("negative", few([-3, -20, -100])),
        ("mixed", few([i64::from(u32::MAX), -7, 0])),
        ("huge", few([1 << 61, 1 << 61, 1 << 61])),
        ("overflowing", few([1 << 62, 1 << 62, 1 << 62])),
        ("deep", deep(2_000)),
        ("wide", wide(20_000)),
        ("tagged", tagged(2_000)),
        ("scripts", scripts()),
        ("hostile", hostile_profile()),
    ]
}

/// A profile in which everything has a hostile name.
pub fn hostile_profile() -> Profile {
    let mut builder = Builder::new(&[("<b>samples</b>", "<i>count"), ("cpu", "nanoseconds")]);
    let comment = builder.string(HOSTILE[0]);
    builder.profile.comments = vec![comment];
    builder.profile.doc_url = builder.string(HOSTILE[3]);
    let long = "<x>".repeat(20_000);
    let names: Vec<String> = HOSTILE.iter().map(|&name| name.to_owned()).chain([long]).collect();
    let mut stack = Vec::new();
    for (row, name) in names.iter().enumerate() {
        let file = builder.string(HOSTILE[row % HOSTILE.len()]);
        let build_id = builder.string(HOSTILE[1]);
        let start = 0x1000 * (row as u64 + 1);
        let mapping =
            builder.mapping(Mapping { start, limit: start + 0x1000, file, build_id, ..Mapping::default() });
        let function =
            builder.named_function(name, ["/etc/hostname", name, "../../../../etc/passwd"][row % 3]);
        let line = Line { function, line: 1, column: 0 };
        let location = Location { address: start + 1, mapping: Some(mapping), ..Location::default() };
        stack.insert(0, builder.location(location, &[line]));
        let label = Label {
            key: builder.string(name.get(..name.len().min(200)).unwrap_or("key")),
            value: LabelValue::Text(builder.string(HOSTILE[(row + 3) % HOSTILE.len()])),
        };
        builder.sample(&stack, &[label], &[1, 10_000_000]).expect("a few samples fit");
    }
    builder.finish()
}

/// One stack with this many frames, every second one of the same function.
fn deep(frames: usize) -> Profile {
    let mut tree = Tree::new();
    let again = tree.place("again");
    let stack: Vec<LocationId> = (0..frames)
        .map(|frame| if frame % 2 == 0 { again } else { tree.place(&format!("step{frame}")) })
        .collect();
    tree.sample(&stack, &[], 10);
    tree.sample(&stack[frames / 2..], &[], 1);
    tree.finish()
}

/// A function with this many callees, of which none weighs more than another.
fn wide(callees: usize) -> Profile {
    let mut tree = Tree::new();
    let main = tree.place("main");
    for callee in 0..callees {
        let callee = tree.place(&format!("callee{callee}"));
        tree.sample(&[callee, main], &[], 1);
    }
    tree.finish()
}

/// Half as many keys of tags as `tags`, and a key with as many values.
fn tagged(tags: usize) -> Profile {
    let mut tree = Tree::new();
    let main = tree.place("main");
    for tag in 0..tags {
        let key = if tag % 2 == 0 { "request".to_owned() } else { format!("key {tag}") };
        let label = Label {
            key: tree.builder.string(key),
            value: LabelValue::Text(tree.builder.string(format!("value, {tag}=x"))),
        };
        tree.sample(&[main], &[label], 1);
    }
    tree.finish()
}

/// Functions, files and tags in many scripts.
fn scripts() -> Profile {
    let mut tree = Tree::new();
    let main = tree.place("main");
    for (row, name) in SCRIPTS.into_iter().enumerate() {
        let function = tree.builder.named_function(name, SCRIPTS[(row + 1) % SCRIPTS.len()]);
        let place = tree.builder.source_location(function, 1);
        let label = Label {
            key: tree.builder.string(SCRIPTS[(row + 2) % SCRIPTS.len()]),
            value: LabelValue::Text(tree.builder.string(name)),
        };
        tree.sample(&[place, main], &[label], 10 + row as i64);
    }
    tree.finish()
}

/// A profile of one sample type that is made place by place.
struct Tree {
    builder: Builder,
}

impl Tree {
    fn new() -> Tree {
        Tree { builder: Builder::new(&[("cpu", "nanoseconds")]) }
    }

    fn place(&mut self, name: &str) -> LocationId {
        let function = self.builder.named_function(name, "main.go");
        self.builder.source_location(function, 1)
    }

    fn sample(&mut self, stack: &[LocationId], labels: &[Label], value: i64) {
        self.builder.sample(stack, labels, &[value]).expect("there is room");
    }

    fn finish(self) -> Profile {
        self.builder.finish()
    }
}
