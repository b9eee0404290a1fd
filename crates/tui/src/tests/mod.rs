//! The screen in memory: laws for every key and profile, and screens for people to review.

mod laws;
mod screens;

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

use hotlist_formats::{Limits, read_bytes};
use hotlist_profile::{Builder, Label, LabelValue, Profile};
use hotlist_report::{SourceError, SourceFile, SourceText};
use hotlist_session::{Part, Profiles, Session, ViewOptions};
use hotlist_testkit::testdata;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{
    Event, KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};

use crate::answer::answer;
use crate::app::{App, Effect};
use crate::input::event;
use crate::theme::{Colours, Theme};
use crate::view::draw;

const SMALL: (u16, u16) = (80, 24);
const MEDIUM: (u16, u16) = (120, 40);
const LARGE: (u16, u16) = (200, 50);

/// Sources of the programs below: 30 numbered lines for `main.go`, nothing else.
struct Sources;

impl SourceText for Sources {
    fn open(&self, path: &str) -> Result<Arc<SourceFile>, SourceError> {
        match path {
            "main.go" => Ok(Arc::new(SourceFile {
                lines: (1..=30).map(|line| format!("\tstatement({line})")).collect(),
                ..SourceFile::default()
            })),
            _ => Err(SourceError(format!("could not find file {path}"))),
        }
    }
}

/// Profiles that are looked at on a screen in memory.
struct TestScreen {
    profiles: Profiles,
    app: App,
    terminal: Terminal<TestBackend>,
    /// What the last key asked of the program.
    effect: Effect,
}

impl TestScreen {
    fn open(profile: Profile, size: (u16, u16), options: ViewOptions) -> TestScreen {
        TestScreen::with_colours(profile, size, options, Colours::Many)
    }

    fn with_colours(
        profile: Profile,
        size: (u16, u16),
        options: ViewOptions,
        colours: Colours,
    ) -> TestScreen {
        let session = Session::new(profile, NonZeroUsize::MIN);
        let profiles = Profiles::one(Arc::new(session), "program.pb.gz");
        TestScreen::of_profiles(profiles, size, options, colours)
    }

    /// Several profiles, each with a name.
    fn several(named: Vec<(&str, Profile)>, size: (u16, u16)) -> TestScreen {
        let part = |(name, profile): (&str, _)| Part { name: name.to_owned(), profile };
        let parts = named.into_iter().map(part).collect();
        let open = |profile| Session::new(profile, NonZeroUsize::MIN);
        let profiles = Profiles::several(parts, Vec::new(), open).expect("they fit together");
        TestScreen::of_profiles(profiles, size, ViewOptions::default(), Colours::Many)
    }

    fn of_profiles(
        profiles: Profiles,
        size: (u16, u16),
        options: ViewOptions,
        colours: Colours,
    ) -> TestScreen {
        let app = App::new(&profiles, options, Theme::new(colours));
        let terminal = Terminal::new(TestBackend::new(size.0, size.1)).expect("memory is a terminal");
        let mut screen = TestScreen { profiles, app, terminal, effect: Effect::Draw };
        screen.settle();
        screen
    }

    /// Draws once while answers are on their way and once with all of them.
    fn settle(&mut self) {
        self.draw();
        while let Some(query) = self.app.wanted() {
            let (content, notes) = answer(&self.profiles, &Sources, &query);
            self.app.take(query, content, &notes);
        }
        self.draw();
    }

    fn draw(&mut self) {
        let app = &mut self.app;
        self.terminal.draw(|frame| draw(app, frame)).expect("memory takes everything");
    }

    fn event(&mut self, reported: &Event) {
        self.effect = event(&mut self.app, reported);
        self.settle();
    }

    fn key(&mut self, code: KeyCode, modifiers: KeyModifiers) {
        self.event(&Event::Key(KeyEvent::new(code, modifiers)));
    }

    /// Presses keys one after the other: named ones, or the letters of a text.
    fn press(&mut self, keys: &[&str]) -> &mut Self {
        for key in keys {
            let named = match *key {
                "Enter" => Some(KeyCode::Enter),
                "Esc" => Some(KeyCode::Esc),
                "Up" => Some(KeyCode::Up),
                "Down" => Some(KeyCode::Down),
                "Left" => Some(KeyCode::Left),
                "Right" => Some(KeyCode::Right),
                "Home" => Some(KeyCode::Home),
                "End" => Some(KeyCode::End),
                "Backspace" => Some(KeyCode::Backspace),
                _ => None,
            };
            match named {
                Some(code) => self.key(code, KeyModifiers::NONE),
                None => {
                    for letter in key.chars() {
                        self.key(KeyCode::Char(letter), KeyModifiers::NONE);
                    }
                }
            }
        }
        self
    }

    fn click(&mut self, column: u16, row: u16) {
        let kind = MouseEventKind::Down(MouseButton::Left);
        self.event(&Event::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE }));
    }

    /// The rows of the screen, without spaces at their ends.
    fn rows(&self) -> Vec<String> {
        let buffer = self.terminal.backend().buffer();
        let row = |y| {
            let mut text = String::new();
            let mut skip = 0;
            for x in 0..buffer.area.width {
                // The cell behind a wide character is a part of it.
                if skip > 0 {
                    skip -= 1;
                    continue;
                }
                let symbol = buffer[(x, y)].symbol();
                skip = unicode_width::UnicodeWidthStr::width(symbol).saturating_sub(1);
                text.push_str(symbol);
            }
            text.trim_end().to_owned()
        };
        (0..buffer.area.height).map(row).collect()
    }

    fn text(&self) -> String {
        self.rows().join("\n") + "\n"
    }

    /// The line about what is selected.
    fn status(&self) -> String {
        let rows = self.rows();
        rows[rows.len() - 2].trim().to_owned()
    }

    fn title(&self) -> String {
        self.rows()[0].clone()
    }
}

/// A profile of the test data.
fn fixture(name: &str) -> Profile {
    let bytes = std::fs::read(testdata("profiles").join(name)).expect("the profile is there");
    read_bytes(&bytes, Limits::default()).expect("the profile can be read")
}

/// The names of all profiles of the test data.
fn fixtures() -> Vec<String> {
    let folder = std::fs::read_dir(testdata("profiles")).expect("the profiles are there");
    let names = folder.map(|entry| entry.expect("the folder can be listed").file_name());
    let mut names: Vec<String> = names.map(|name| name.to_string_lossy().into_owned()).collect();
    names.retain(|name| Path::new(name).extension().is_some_and(|extension| extension == "gz"));
    names.sort();
    names
}

/// A program with two sample types, recursion, tags, a part of the runtime and a file without source.
fn program() -> Profile {
    let mut builder = Builder::new(&[("samples", "count"), ("cpu", "nanoseconds")]);
    let mut place = |name: &str, file: &str, line: i64| {
        let function = builder.named_function(name, file);
        builder.source_location(function, line)
    };
    let main = place("main.main", "main.go", 5);
    let run = place("main.run", "main.go", 10);
    let parse = place("main.parse", "main.go", 15);
    let read = place("main.read", "main.go", 20);
    let malloc = place("runtime.mallocgc", "runtime/malloc.go", 1000);
    let decode = place("encoding/json.Decode", "encoding/json/decode.go", 50);
    let keys = ["thread", "bytes"].map(|key| builder.string(key));
    let texts = ["a", "a,b", "x=1:2"].map(|text| builder.string(text));
    let text = |at: usize| Label { key: keys[0], value: LabelValue::Text(texts[at]) };
    let unit = builder.string("bytes");
    let number = |value: i64| Label { key: keys[1], value: LabelValue::Number { value, unit } };
    let samples: [(&[_], &[Label], i64); 7] = [
        (&[read, parse, run, main], &[text(0), number(1_500_000)], 340),
        (&[malloc, parse, parse, run, main], &[text(1)], 360),
        (&[parse, parse, run, main], &[text(2), number(64)], 120),
        (&[decode, run, main], &[text(0)], 80),
        (&[malloc, decode, run, main], &[], 60),
        (&[run, main], &[], 30),
        (&[malloc, main], &[], 10),
    ];
    for (stack, labels, milliseconds) in samples {
        builder
            .sample(stack, labels, &[milliseconds / 10, milliseconds * 1_000_000])
            .expect("a few samples fit");
    }
    builder.finish()
}

/// What a program has gained and lost: slow has grown, gone is gone, fresh is new.
fn comparison() -> Profile {
    let mut builder = Builder::new(&[("cpu", "nanoseconds")]);
    let main = builder.named_function("main.main", "main.go");
    let main = builder.source_location(main, 3);
    let weights = [("slow", 90, 60), ("same", 30, 30), ("less", 20, 45), ("fresh", 25, 0), ("gone", 0, 10)];
    for (name, after, before) in weights {
        let function = builder.named_function(&format!("main.{name}"), "main.go");
        let location = builder.source_location(function, 20);
        let (key, value) = (builder.string("pprof::base"), builder.string("true"));
        let base = [Label { key, value: LabelValue::Text(value) }];
        for (value, labels) in [(after * 1_000_000, &[][..]), (-before * 1_000_000, &base)] {
            if value != 0 {
                builder.sample(&[location, main], labels, &[value]).expect("a few samples fit");
            }
        }
    }
    builder.finish()
}

/// A program that calls itself, directly and by way of another function.
fn recursive() -> Profile {
    let mut builder = Builder::new(&[("cpu", "nanoseconds")]);
    let [main, walk, visit] = ["main", "walk", "visit"].map(|name| {
        let function = builder.named_function(name, "main.go");
        builder.source_location(function, 5)
    });
    for (stack, milliseconds) in [
        (&[walk, walk, walk, main][..], 50),
        (&[visit, walk, walk, main], 30),
        (&[walk, visit, walk, main], 20),
    ] {
        builder.sample(stack, &[], &[milliseconds * 1_000_000]).expect("a few samples fit");
    }
    builder.finish()
}

/// Names that would do harm on a terminal.
fn hostile() -> Profile {
    let mut builder = Builder::new(&[("cpu\x1b[2J", "nanoseconds")]);
    for name in ["\x1b]0;owned\x07\x1b[2Jevil\u{202e}\n\tname", "日本語の関数", "👩‍👩‍👧 family", ""]
    {
        let function = builder.named_function(name, "\x1b[31mfile.c");
        let location = builder.source_location(function, 1);
        builder.sample(&[location], &[], &[10]).expect("a sample fits");
    }
    builder.finish()
}
