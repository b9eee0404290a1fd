//! What holds for every key, every size of the screen and every profile.

use hotlist_analyze::Granularity;
use hotlist_profile::Builder;
use hotlist_report::{FlameKind, NoSource, Sort};
use hotlist_session::Selection;
use hotlist_testkit::odd_profiles;
use ratatui::crossterm::event::{MouseEvent, MouseEventKind};

use super::*;
use crate::changes::Changes;
use crate::content::Content;
use crate::keys::{self, Command};
use crate::query::{Query, Topic};
use crate::settings::{exact, text_of};
use crate::tab::Tab;

fn open(size: (u16, u16)) -> TestScreen {
    TestScreen::open(program(), size, ViewOptions::default())
}

/// What the help says of each key.
#[test]
fn every_key_does_what_help_says() {
    for binding in keys::ALL {
        check(binding.command);
    }
}

/// What was pointed at, as the title says it.
fn pointed(screen: &TestScreen) -> Vec<String> {
    screen.app.pointed.iter().map(crate::pointed::Pointed::told).collect()
}

fn check(command: Command) {
    let mut screen = open(SMALL);
    let label = |screen: &TestScreen| screen.app.chosen.as_ref().map(|chosen| chosen.label.clone());
    match command {
        Command::Quit => assert_eq!(screen.press(&["q"]).effect, Effect::Quit),
        Command::Suspend => {
            screen.key(KeyCode::Char('z'), KeyModifiers::CONTROL);
            assert_eq!(screen.effect, Effect::Suspend);
        }
        Command::Redraw => {
            screen.key(KeyCode::Char('l'), KeyModifiers::CONTROL);
            assert_eq!(screen.effect, Effect::Redraw);
        }
        Command::Help => {
            assert!(screen.press(&["?"]).text().contains("Moving"));
            assert!(!screen.press(&["?"]).text().contains("Moving"));
        }
        Command::Tab(tab) => {
            let key = (tab as usize + 1).to_string();
            screen.press(&["Down", "Down", &key]);
            if tab == Tab::Verdicts {
                assert!(screen.status().contains("hotlist diff -tui"), "{}", screen.status());
                return;
            }
            assert_eq!(screen.app.tab, tab);
            let body = screen.rows()[2..20].join("\n");
            let expected = match tab {
                Tab::Flame => "100%",
                Tab::Top => "flat%",
                Tab::Callers => "callers, place, callees",
                Tab::Source => "statement(10)",
                Tab::Assembly => "no ",
                Tab::Tags => "thread",
                Tab::Verdicts => unreachable!("nothing is compared here"),
            };
            assert!(body.contains(expected), "{tab:?}: {body}");
        }
        Command::NextTab | Command::PreviousTab => {
            screen.key(KeyCode::Tab, KeyModifiers::NONE);
            assert_eq!(screen.app.tab, Tab::Top);
            screen.key(KeyCode::BackTab, KeyModifiers::SHIFT);
            screen.key(KeyCode::BackTab, KeyModifiers::SHIFT);
            assert_eq!(screen.app.tab, Tab::Tags);
        }
        Command::Beside => {
            let is_split = |screen: &TestScreen| {
                let heading = &screen.rows()[2];
                heading.contains("flat%") && heading.contains("root")
            };
            let mut wide = open(LARGE);
            assert!(is_split(&wide));
            assert!(!is_split(wide.press(&["b"])));
            assert!(is_split(wide.press(&["b"])));
            assert!(screen.press(&["b", "b"]).status().contains("160 columns"));
        }
        Command::Up | Command::Down => {
            assert_eq!(label(screen.press(&["Down"])).as_deref(), Some("main.main"));
            assert_eq!(label(screen.press(&["j"])).as_deref(), Some("main.run"));
            assert_eq!(label(screen.press(&["k"])).as_deref(), Some("main.main"));
            let first = label(screen.press(&["2", "Home"]));
            assert_ne!(label(screen.press(&["Down"])), first);
            assert_eq!(label(screen.press(&["Up"])), first);
        }
        Command::Left | Command::Right => {
            screen.press(&["Down", "Down", "Down"]);
            assert_eq!(label(&screen).as_deref(), Some("main.parse"));
            assert_eq!(label(screen.press(&["Right"])).as_deref(), Some("encoding/json.Decode"));
            assert_eq!(label(screen.press(&["h"])).as_deref(), Some("main.parse"));
            // In lists long lines move.
            let before = screen.press(&["2"]).rows()[3].clone();
            let after = screen.press(&["Right"]).rows()[3].clone();
            assert!(before.ends_with("runtime.mallocgc") && after.ends_with("mallocgc"), "{after}");
            assert_ne!(before, after);
        }
        Command::PageUp | Command::PageDown => {
            screen.press(&["2"]);
            screen.key(KeyCode::PageDown, KeyModifiers::NONE);
            assert_eq!(screen.app.scrolls[1].selected, 5);
            screen.key(KeyCode::Char('b'), KeyModifiers::CONTROL);
            assert_eq!(screen.app.scrolls[1].selected, 0);
        }
        Command::First | Command::Last => {
            assert_eq!(label(screen.press(&["End"])).as_deref(), Some("runtime.mallocgc"));
            assert!(screen.press(&["Home"]).app.flame.cursor.is_empty());
            assert_eq!(screen.press(&["2", "End"]).app.scrolls[1].selected, 5);
            assert_eq!(screen.press(&["Home"]).app.scrolls[1].selected, 0);
        }
        Command::Enter | Command::Back => {
            // In flame graphs zoom.
            screen.press(&["Down", "Down", "Down", "Right", "Enter"]);
            let zoomed = screen.rows()[5].clone();
            assert!(zoomed.contains("encoding/json.Decode") && !zoomed.contains("parse"), "{zoomed}");
            screen.press(&["z", "z", "z"]);
            assert!(screen.rows()[5].contains("parse"));
            // In lists callers and callees, and back.
            screen.press(&["2", "Home", "Enter"]);
            assert_eq!((screen.app.tab, label(&screen)), (Tab::Callers, Some("runtime.mallocgc".to_owned())));
            assert_eq!(label(screen.press(&["Home", "Enter"])).as_deref(), Some("main.parse"));
            assert_eq!(label(screen.press(&["Backspace"])).as_deref(), Some("runtime.mallocgc"));
            // On a tag its samples.
            screen.press(&["6", "Home", "Down", "Enter"]);
            assert!(screen.title().contains("tagfocus"), "{}", screen.title());
        }
        Command::Search | Command::NextMatch | Command::PreviousMatch => {
            screen.press(&["/", "malloc", "Enter"]);
            assert!(screen.status().contains("1 of 3"), "{}", screen.status());
            assert!(screen.status().ends_with("430ms 43.00%"), "{}", screen.status());
            assert!(screen.press(&["n"]).status().contains("2 of 3"));
            assert!(screen.press(&["n", "n"]).status().contains("1 of 3"));
            assert!(screen.press(&["N"]).status().contains("3 of 3"));
            for tab in ["2", "3", "4", "6"] {
                let status = screen.press(&[tab]).status();
                assert!(status.contains("/malloc: "), "{tab}: {status}");
            }
            assert!(screen.press(&["Esc", "n"]).status().contains("search with / first"));
        }
        Command::Escape => {
            screen.press(&["Down", "Down", "Enter", "/", "parse", "Enter", "Esc"]);
            assert!(screen.app.search.is_none() && !screen.app.flame.zoom.is_empty());
            assert!(screen.press(&["Esc"]).app.flame.zoom.is_empty());
        }
        Command::Focus => {
            screen.press(&["2", "Home", "f"]);
            assert_eq!(pointed(&screen), ["focus=runtime.mallocgc"]);
            assert!(screen.title().contains("focus=runtime.mallocgc"), "{}", screen.title());
            // Another one adds to it, and a pattern that was typed stays what it was.
            screen.press(&["C", "F", "json", "Enter", "2", "Home", "f", "Down", "f"]);
            assert_eq!((pointed(&screen).len(), text_of(&screen.app.options.focus)), (2, "json"));
        }
        Command::Ignore => {
            let before = screen.press(&["2", "Home"]).rows()[3].clone();
            screen.press(&["i"]);
            assert_eq!(pointed(&screen), ["ignore=runtime.mallocgc"]);
            assert!(before.contains("mallocgc") && !screen.text().contains("  runtime.mallocgc"));
        }
        Command::Hide => {
            screen.press(&["2", "Home", "x"]);
            assert_eq!(pointed(&screen), ["hide=runtime.mallocgc"]);
            // What it weighed is its callers' now.
            assert!(screen.rows()[3].contains("480ms"), "{}", screen.text());
        }
        Command::TypeFocus => {
            screen.press(&["F", "json", "Enter"]);
            assert_eq!(text_of(&screen.app.options.focus), "json");
            // What is in force is there to be changed.
            assert_eq!(text_of(&screen.press(&["F", "|read", "Enter"]).app.options.focus), "json|read");
        }
        Command::TypeIgnore => {
            assert_eq!(text_of(&screen.press(&["I", "json", "Enter"]).app.options.ignore), "json");
        }
        Command::TypeHide => {
            assert_eq!(text_of(&screen.press(&["X", "json", "Enter"]).app.options.hide), "json");
        }
        Command::NextPreset => {
            screen.press(&["2", "X", "main.read", "Enter", "p"]);
            assert!(screen.title().contains("main.read|(hide runtime)"), "{}", screen.title());
            assert!(!screen.text().contains("mallocgc"));
            screen.press(&["p"]);
            assert!(!screen.text().contains("json.Decode"), "{}", screen.text());
            assert_eq!(text_of(&screen.press(&["p"]).app.options.hide), "main.read");
        }
        Command::Undo => {
            screen.press(&["2", "Home", "f", "i", "u", "u"]);
            assert!(screen.app.options == ViewOptions::default() && pointed(&screen).is_empty());
            assert!(screen.press(&["u"]).status().contains("nothing to undo"));
        }
        Command::ClearFilters => {
            screen.press(&["2", "Home", "f", "Down", "i", "x", "C"]);
            assert!(screen.app.options == ViewOptions::default() && pointed(&screen).is_empty());
        }
        Command::NextType | Command::PreviousType => {
            assert!(screen.title().contains("cpu"));
            assert!(screen.press(&["t"]).title().contains("samples"));
            assert!(screen.press(&["T"]).title().contains("cpu"));
        }
        Command::NextGranularity | Command::PreviousGranularity => {
            screen.press(&["2", "g"]);
            assert_eq!(screen.app.options.granularity, Some(Granularity::FileFunctions));
            screen.press(&["g", "g"]);
            assert!(screen.text().contains("main.go:20"), "{}", screen.text());
            screen.press(&["G", "G", "G"]);
            assert_eq!(screen.app.options.granularity, Some(Granularity::Functions));
        }
        Command::Sort => {
            assert_eq!(screen.press(&["2", "o"]).app.options.sort, Sort::Cum);
            assert!(screen.rows()[3].ends_with("main.main"), "{}", screen.text());
            assert!(screen.rows()[2].contains("cum▼"));
        }
        Command::Invert => {
            screen.press(&["v"]);
            assert!(screen.title().contains("inverted"));
            assert!(screen.rows()[3].contains("read"), "{}", screen.text());
        }
        Command::Collapse => {
            let mut screen = TestScreen::open(recursive(), SMALL, ViewOptions::default());
            let walks = |screen: &TestScreen| {
                let Some(Content::Flame(graph)) = screen.app.content(Tab::Flame).as_deref().cloned() else {
                    panic!("the flame graph is on the screen")
                };
                graph.frames.iter().filter(|frame| graph.label(frame) == "walk").count()
            };
            assert_eq!(walks(&screen), 4);
            // Through another function it stays as it is.
            assert_eq!(walks(screen.press(&["r"])), 2);
            assert!(screen.title().contains("collapsed"), "{}", screen.title());
            // What it weighs is the same, and going back brings its frames back.
            assert!(
                screen.press(&["Down", "Down"]).status().starts_with("100ms 100%  self 50ms"),
                "{}",
                screen.status()
            );
            assert_eq!(walks(screen.press(&["u"])), 4);
        }
        Command::NextChanges => {
            assert!(screen.press(&["d"]).status().contains("nothing is compared"));
            let mut screen = TestScreen::open(comparison(), SMALL, ViewOptions::default());
            let listed = |screen: &TestScreen| {
                let rows = screen.rows();
                let rows = rows[3..20].iter().filter(|row| !row.is_empty());
                rows.map(|row| row.rsplit("main.").next().unwrap_or_default().to_owned()).collect::<Vec<_>>()
            };
            assert_eq!(listed(screen.press(&["2"])), ["slow", "fresh", "less", "gone", "main"]);
            for (names, title) in [
                (&["fresh"][..], "only new"),
                (&["gone"], "only gone"),
                (&["slow", "main"], "only grown"),
                (&["less"], "only shrunk"),
            ] {
                assert_eq!(listed(screen.press(&["d"])), names, "{title}");
                assert!(screen.title().contains(title), "{}", screen.title());
            }
            assert_eq!(listed(screen.press(&["d"])).len(), 5);
            assert_eq!(listed(screen.press(&["u"])), ["less"]);
        }
        Command::Profiles => {
            assert!(screen.press(&["P"]).status().contains("there is one profile"));
            let named = vec![("monday", recursive()), ("tuesday", comparison()), ("friday", recursive())];
            let mut screen = TestScreen::several(named, SMALL);
            assert!(screen.status().contains("3 profiles together"), "{}", screen.status());
            assert!(screen.title().starts_with(" monday and 2 more  cpu"), "{}", screen.title());
            // Enter shows one of them.
            assert!(screen.press(&["P"]).text().contains("  tuesday"));
            screen.press(&["Down", "Enter"]);
            assert!(screen.title().starts_with(" monday  cpu  100ms"), "{}", screen.title());
            // c compares it with another one, or with nothing.
            screen.press(&["P", "End", "c"]);
            assert!(screen.title().starts_with(" monday against friday  cpu  100ms"), "{}", screen.title());
            assert!(screen.press(&["P"]).text().contains("    base  friday"), "{}", screen.text());
            screen.press(&["End", "c"]);
            assert!(screen.title().starts_with(" monday  cpu"), "{}", screen.title());
            screen.press(&["u", "u", "u"]);
            assert!(screen.title().starts_with(" monday and 2 more"), "{}", screen.title());
            // Without a choice the first other one is compared.
            screen.press(&["P", "Down", "c"]);
            assert!(screen.title().starts_with(" tuesday against monday"), "{}", screen.title());
            // The first row stands for all together, and Esc changes nothing.
            screen.press(&["P", "Home", "Enter", "P", "Down", "Esc"]);
            assert!(screen.title().starts_with(" monday and 2 more"), "{}", screen.title());
        }
        Command::Relative => {
            screen.press(&["F", "json", "Enter", "Down"]);
            assert!(screen.status().starts_with("140ms 14.00%"), "{}", screen.status());
            screen.press(&["%", "Down"]);
            assert!(screen.status().starts_with("140ms 100%"), "{}", screen.status());
        }
    }
}

#[test]
fn one_selection_in_two_views() {
    let mut screen = open(LARGE);
    screen.press(&["Down", "Down", "Down", "Right"]);
    let selected = |screen: &TestScreen| screen.app.scrolls[Tab::Top as usize].selected;
    let Some(Content::Top(table)) = screen.app.content(Tab::Top).as_deref().cloned() else {
        panic!("top is on the screen")
    };
    assert_eq!(table.rows[selected(&screen)].place.label, "encoding/json.Decode");
    // The other way round, to the heaviest of its frames.
    screen.press(&["2", "Home"]);
    assert_eq!(screen.app.flame.cursor.len(), 5, "{:?}", screen.app.flame.cursor);
    assert!(screen.press(&["1"]).status().starts_with("360ms 36.00%"), "{}", screen.status());
    assert!(screen.status().contains("in 3 places 430ms 43.00%"), "{}", screen.status());
    // The same where there is room for one.
    let mut screen = open(SMALL);
    screen.press(&["2", "Home", "1"]);
    assert!(screen.status().starts_with("360ms 36.00%"), "{}", screen.status());
}

#[test]
fn what_was_typed_is_kept() {
    let mut screen = open(SMALL);
    screen.press(&["/", "malloc", "Esc"]);
    assert!(screen.app.search.is_none());
    assert!(screen.press(&["/"]).text().contains("search: malloc"));
    // A pattern that is wrong stays to be corrected, and so does one while the window changes its size.
    screen.press(&["(", "Enter"]);
    assert!(screen.status().contains("missing closing )"), "{}", screen.status());
    screen.terminal.backend_mut().resize(60, 20);
    screen.event(&Event::Resize(60, 20));
    assert!(screen.press(&["Backspace", "Enter"]).status().contains("1 of 3"));
    // Pasted text is typed text.
    screen.press(&["/"]);
    screen.event(&Event::Paste("par\nse".to_owned()));
    assert!(screen.text().contains("search: parse"));
    // Up brings back what is in force.
    assert!(screen.press(&["Up"]).text().contains("search: malloc"));
}

#[test]
fn the_mouse_presses_the_keys_at_the_bottom() {
    let mut screen = open(SMALL);
    let hints = screen.press(&["2"]).rows()[23].clone();
    let column = hints.find("preset").expect("there is a hint");
    screen.click(u16::try_from(column).expect("a column"), 23);
    assert!(screen.title().contains("(hide runtime)"), "{}", screen.title());
    // In two views at once a click goes to the one that it hits.
    let mut screen = open(LARGE);
    screen.click(60, 5);
    assert_eq!(screen.app.tab, Tab::Top);
    screen.click(120, 4);
    assert_eq!(screen.app.tab, Tab::Flame);
    assert_eq!(screen.app.chosen.as_ref().map(|chosen| chosen.label.as_str()), Some("main.run"));
}

#[test]
fn enter_on_a_tag_keeps_its_samples_and_no_others() {
    let mut builder = Builder::new(&[("cpu", "nanoseconds")]);
    let main = builder.named_function("main", "main.go");
    let main = builder.source_location(main, 1);
    let pairs = [
        ("plain", "a"),
        ("plain", "a,b"),
        ("plain", "b"),
        ("plain", "x=1:2"),
        ("plain", "(.*)"),
        ("k=1", "v"),
        ("k,1", "v"),
        ("k:1", "a,b"),
    ];
    for (at, (key, value)) in pairs.into_iter().enumerate() {
        let (key, value) = (builder.string(key), builder.string(value));
        let labels = [Label { key, value: LabelValue::Text(value) }];
        builder.sample(&[main], &labels, &[1 << at]).expect("a few samples fit");
    }
    let profile = builder.finish();
    for (key, value) in pairs {
        let mut screen = TestScreen::open(profile.clone(), SMALL, ViewOptions::default());
        screen.press(&["6"]);
        let Some(Content::Tags(tags)) = screen.app.content(Tab::Tags).as_deref().cloned() else {
            panic!("tags are on the screen")
        };
        let rows = tags.keys.iter().flat_map(|tag| {
            let values = tag.values.iter().map(|row| (tag.key.as_str(), Some(row.value.as_str())));
            std::iter::once((tag.key.as_str(), None)).chain(values)
        });
        let row = rows.into_iter().position(|row| row == (key, Some(value))).expect("the value is listed");
        screen.app.scrolls[Tab::Tags as usize].selected = row;
        screen.press(&["Enter"]);
        let Some(Content::Tags(kept)) = screen.app.content(Tab::Tags).as_deref().cloned() else {
            panic!("tags are on the screen: {}", screen.text())
        };
        let kept: Vec<(&str, &str)> = kept
            .keys
            .iter()
            .flat_map(|tag| tag.values.iter().map(|row| (tag.key.as_str(), row.value.as_str())))
            .collect();
        assert_eq!(kept, [(key, value)], "{:?}", screen.app.options.tagfocus);
    }
}

/// Every place has one weight, in whichever view, and flame graphs add up to it.
#[test]
fn all_views_agree() {
    let variants: [fn(&mut ViewOptions); 4] = [
        |_| {},
        |options| options.granularity = Some(Granularity::Lines),
        |options| options.sample_index = "0".to_owned(),
        |options| {
            options.noinlines = true;
            options.relative_percentages = true;
        },
    ];
    let mut places = 0;
    for name in fixtures() {
        let session = Session::new(fixture(&name), NonZeroUsize::MIN);
        let profiles = Profiles::one(Arc::new(session), &name);
        for variant in variants {
            let mut options = ViewOptions::default();
            variant(&mut options);
            let ask = |topic| {
                let selection = Selection::default();
                let query = Query { topic, options: options.clone(), pointed: Vec::new(), selection };
                answer(&profiles, &NoSource, &query).0
            };
            let Content::Top(table) = ask(Topic::Top(Changes::All)) else { continue };
            let Content::Flame(graph) = ask(Topic::Flame(Vec::new())) else {
                panic!("{name}: no flame graph")
            };
            let is_whole = graph.frames.iter().all(|frame| !matches!(frame.kind, FlameKind::Others(_)));
            assert_eq!(table.header.format, graph.header.format, "{name}");
            assert_eq!(table.header.total, graph.header.total, "{name}");
            for row in table.rows.iter().take(25) {
                let label = &row.place.label;
                if table.rows.iter().filter(|other| other.place.label == *label).count() > 1 {
                    continue;
                }
                places += 1;
                let Content::Weights { flat, cum } = ask(Topic::Weights(label.clone())) else {
                    panic!("{name}: {label} weighs nothing")
                };
                assert_eq!((flat, cum), (row.flat, row.cum), "{name}: {label}");
                if let Content::Callers(neighbours) = ask(Topic::Callers(exact(label)))
                    && let Some(entry) = neighbours.entries.iter().find(|entry| entry.place.label == *label)
                {
                    assert_eq!((entry.flat, entry.cum), (row.flat, row.cum), "{name}: callers of {label}");
                    assert_eq!(neighbours.header.format, table.header.format, "{name}");
                }
                if is_whole {
                    let (flat, cum) = in_flame(&graph, label);
                    assert_eq!((flat, cum), (row.flat, row.cum), "{name}: frames of {label}");
                }
            }
        }
    }
    assert!(places > 1000, "only {places} places were compared");
}

/// What the frames of a place weigh: all by themselves, and the outermost ones with what is below.
fn in_flame(graph: &hotlist_report::FlameGraph, label: &str) -> (i64, i64) {
    let is_of =
        |kind: FlameKind| matches!(kind, FlameKind::Place(row) if graph.places[row].place.label == label);
    let mut is_within = vec![false; graph.frames.len()];
    let (mut flat, mut cum) = (0, 0);
    for (row, frame) in graph.frames.iter().enumerate() {
        let is_below = row > 0 && is_within[frame.parent];
        is_within[row] = is_below || is_of(frame.kind);
        if is_of(frame.kind) {
            flat += frame.flat.net();
            cum += if is_below { 0 } else { frame.cum.net() };
        }
    }
    (flat, cum)
}

#[test]
fn odd_profiles_are_shown_in_every_view() {
    for (name, profile) in odd_profiles() {
        let mut screen = TestScreen::open(profile, MEDIUM, ViewOptions::default());
        for keys in
            [&["Down", "Down"][..], &["v"], &["r"], &["End"], &["2", "Down"], &["3"], &["4"], &["5"], &["6"]]
        {
            let text = screen.press(keys).text();
            let is_bad = |c: char| c != '\n' && (c.is_control() || c == '\u{202e}');
            assert!(!text.contains(is_bad), "{name} {keys:?}: {text}");
            let body = &screen.rows()[2..usize::from(MEDIUM.1) - 2];
            assert!(body.iter().any(|row| !row.is_empty()), "{name} {keys:?}: {text}");
        }
    }
}

/// One unit would make the small ones zero or the large ones long: the values span ten powers of ten.
#[test]
fn values_of_a_table_are_each_in_a_unit_that_can_be_read() {
    let bytes = std::fs::read(testdata("page/block.pb.gz")).expect("the profile is there");
    let profile = read_bytes(&bytes, Limits::default()).expect("the profile can be read");
    let mut screen = TestScreen::open(profile, MEDIUM, ViewOptions::default());
    let rows = screen.press(&["2"]).rows();
    let rows: Vec<&str> = rows[3..].iter().map(String::as_str).filter(|row| row.contains('%')).collect();
    let units = ["hrs", "s", "ms", "us"].map(|unit| {
        let is_of = |row: &&&str| {
            row.split_whitespace().next().is_some_and(|value| {
                value.strip_suffix(unit).is_some_and(|number| number.parse::<f64>().is_ok())
            })
        };
        rows.iter().filter(is_of).count()
    });
    assert!(units.iter().filter(|&&count| count > 0).count() >= 2, "{units:?} {rows:#?}");
    assert!(rows.iter().all(|row| !row.contains('…')), "{rows:#?}");
}

#[test]
fn no_screen_fails_at_any_size() {
    let colours = [Colours::None, Colours::Sixteen, Colours::Many].into_iter().cycle();
    let sizes = [SMALL, LARGE, (20, 6), (21, 7), (10, 3), (1, 1), (300, 5)];
    let profiles = [program, comparison, hostile, || Builder::new(&[("cpu", "ns")]).finish()];
    let screens = sizes.into_iter().flat_map(|size| profiles.map(|profile| (size, profile())));
    for ((size, profile), colours) in screens.zip(colours) {
        let mut screen = TestScreen::with_colours(profile, size, ViewOptions::default(), colours);
        for binding in keys::ALL {
            for &(code, is_control) in binding.keys {
                let modifiers = if is_control { KeyModifiers::CONTROL } else { KeyModifiers::NONE };
                screen.key(code, modifiers);
                // Leave what is typed, so that the next key is a key.
                screen.app.prompt = None;
            }
        }
        for tab in ["1", "2", "3", "4", "5", "6", "?"] {
            screen.press(&[tab]);
            for (column, row) in [(0, 1), (size.0 / 2, 4), (3, 3), (3, 3), (size.0 - 1, size.1 - 1)] {
                screen.click(column, row);
                let (kind, modifiers) = (MouseEventKind::ScrollDown, KeyModifiers::NONE);
                screen.event(&Event::Mouse(MouseEvent { kind, column, row, modifiers }));
                screen.app.prompt = None;
            }
        }
    }
}
