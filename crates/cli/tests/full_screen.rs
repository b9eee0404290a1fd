//! The full screen and the prompt in a real terminal, as people see them.

use hotlist_profile::{Builder, encode_to_vec};
use hotlist_testkit::{Colour, Program, Terminal, testdata};

const SMALL: (u16, u16) = (80, 24);
const LARGE: (u16, u16) = (200, 50);
/// Binaries are looked for in one place that does not exist, so that no folder of the machine shows up.
const MANY_COLOURS: &[(&str, &str)] = &[("TERM", "xterm-256color"), ("PPROF_BINARY_PATH", "/binaries")];

fn program() -> Program {
    Program::new(env!("CARGO_BIN_EXE_hotlist"), testdata("profiles"))
}

/// Waits until every answer has arrived.
fn settled(terminal: &Terminal) -> String {
    terminal.wait_for("an answer", |text| !text.contains("working") && text.contains("quit"))
}

#[test]
fn the_title_says_what_was_opened() {
    let program = program();
    let title = |words: &[&str]| {
        let mut terminal = Terminal::open(&program, words, SMALL, MANY_COLOURS);
        let title = settled(&terminal).lines().next().unwrap_or_default().to_owned();
        terminal.send("q");
        assert_eq!(terminal.wait(), (0, None));
        assert!(terminal.is_restored());
        title
    };
    assert_eq!(title(&["tui", "seed.pb.gz"]), " seed.pb.gz  inuse_space  6.30MB");
    let difference = title(&["tui", "-diff_base=./seed.pb.gz", "./wake.heap.pb.gz"]);
    assert!(
        difference.starts_with(" …wake.heap.pb.gz against") || difference.contains(" against "),
        "{difference}"
    );
    assert!(
        title(&["tui", "seed.pb.gz", "seed.pb.gz"])
            .starts_with(" seed.pb.gz and 1 more  inuse_space  12.60MB")
    );
}

/// The numbers of `top` stand on the screen as well.
#[test]
fn numbers_are_those_of_top() {
    let program = program();
    for name in ["seed.pb.gz", "encoding_json.cpu.pb.gz", "wake.heap.pb.gz", "wake.block.pb.gz"] {
        let report = program.run(&["-top", "-unit=auto", "-nodecount=15", name]);
        let mut terminal = Terminal::open(&program, &["tui", name], LARGE, MANY_COLOURS);
        settled(&terminal);
        terminal.press("b");
        terminal.press("2");
        let screen = settled(&terminal);
        let rows = report.text().lines().skip_while(|line| !line.contains("flat%")).skip(1);
        for row in rows {
            let words: Vec<&str> = row.split_whitespace().collect();
            let [flat, flat_share, _, cum, cum_share, place @ ..] = words.as_slice() else {
                panic!("{name}: {row:?} is no row of a table")
            };
            let is_here = |line: &str| {
                let words: Vec<&str> = line.split_whitespace().collect();
                words.starts_with(&[flat, flat_share, cum, cum_share]) && line.ends_with(&place.join(" "))
            };
            assert!(screen.lines().any(is_here), "{name}: {row:?} is not there:\n{screen}");
        }
        terminal.send("q");
        assert_eq!(terminal.wait(), (0, None));
    }
}

#[test]
fn colours_follow_the_terminal() {
    let program = program();
    let grounds = |variables: &[(&str, &str)]| {
        let terminal = Terminal::open(&program, &["tui", "seed.pb.gz"], SMALL, variables);
        settled(&terminal);
        let cells = (0..SMALL.1).flat_map(|row| (0..SMALL.0).map(move |column| (column, row)));
        let mut grounds: Vec<String> = cells
            .filter_map(|(column, row)| terminal.cell(column, row))
            .flat_map(|(_, style)| [format!("{:?}", style.background), format!("{:?}", style.foreground)])
            .collect();
        grounds.sort();
        grounds.dedup();
        grounds
    };
    assert_eq!(grounds(&[("TERM", "xterm-256color"), ("NO_COLOR", "1")]), ["Default"]);
    let sixteen = grounds(&[("TERM", "xterm")]);
    assert!(sixteen.len() > 2, "{sixteen:?}");
    let number = |colour: &String| colour.strip_prefix("Indexed(")?.strip_suffix(')')?.parse::<u8>().ok();
    assert!(sixteen.iter().filter_map(number).all(|number| number < 16), "{sixteen:?}");
    let many = grounds(MANY_COLOURS);
    assert!(many.iter().filter_map(number).any(|number| number >= 16), "{many:?}");
}

/// On the terminal's own ground, be it light or dark, text has no colour that is as light or as dark.
#[test]
fn text_can_be_read_on_light_and_on_dark_ground() {
    let program = program();
    for variables in [MANY_COLOURS, &[("TERM", "xterm"), ("PPROF_BINARY_PATH", "/binaries")][..]] {
        let words = ["tui", "-source_path=src", "listing-5-004.pb.gz"];
        let mut terminal = Terminal::open(&program, &words, LARGE, variables);
        for key in ["\x1b[B", "2", "/runtime\r", "3", "4", "6", "?"] {
            if key != "?" {
                settled(&terminal);
            }
            terminal.press(key);
            terminal.wait_for("an answer", |text| !text.contains("working"));
            let cells = (0..LARGE.1).flat_map(|row| (0..LARGE.0).map(move |column| (column, row)));
            for (text, style) in cells.filter_map(|(column, row)| terminal.cell(column, row)) {
                let is_ours = style.background == Colour::Default && !text.trim().is_empty();
                let extremes = [0, 7, 15, 16, 231];
                let is_extreme = matches!(style.foreground, Colour::Indexed(n) if extremes.contains(&n));
                assert!(!(is_ours && is_extreme), "{key:?}: {text:?} is {style:?}");
            }
        }
    }
}

#[test]
fn the_mouse_selects_opens_sorts_and_goes_back() {
    let program = program();
    let mut terminal = Terminal::open(&program, &["tui", "seed.pb.gz"], SMALL, MANY_COLOURS);
    settled(&terminal);
    let click = |button: u8, column: u16, row: u16| format!("\x1b[<{button};{column};{row}M");
    // The name of a view, the heading of a column, a row, and the same row again.
    terminal.press(&click(0, 11, 2));
    let by_flat = terminal.wait_for_text("flat▼");
    terminal.press(&click(0, 27, 3));
    let by_cum = terminal.wait_for_text("cum▼");
    let rows = |text: &str| text.lines().skip(3).map(str::to_owned).collect::<Vec<_>>();
    assert_ne!(rows(&by_flat), rows(&by_cum));
    terminal.press(&click(0, 60, 6));
    let status = settled(&terminal).lines().nth(22).unwrap_or_default().trim().to_owned();
    assert!(by_cum.lines().nth(5).is_some_and(|row| row.contains(&status)), "{status}:\n{by_cum}");
    terminal.press(&click(0, 60, 6));
    terminal.wait_for_text("callers, place, callees");
    // In a flame graph a second click zooms in, and the right button out.
    terminal.press(&click(0, 4, 2));
    let whole = terminal.wait_for_text("100%");
    terminal.press(&click(0, 40, 4));
    settled(&terminal);
    terminal.press(&click(0, 40, 4));
    let zoomed = settled(&terminal);
    assert_ne!(rows(&zoomed)[1..18], rows(&whole)[1..18]);
    terminal.press(&click(2, 40, 4));
    assert_eq!(rows(&settled(&terminal))[1..18], rows(&whole)[1..18]);
    // The wheel scrolls the help.
    terminal.send("?");
    let help = terminal.wait_for_text("Moving");
    terminal.press(&click(65, 40, 10));
    terminal.wait_for("the help to move", |text| text != help);
}

#[test]
fn windows_change_their_size() {
    let program = program();
    let mut terminal = Terminal::open(&program, &["tui", "seed.pb.gz"], LARGE, MANY_COLOURS);
    let large = settled(&terminal);
    terminal.resize(10, 3);
    terminal.wait_for_text("needs");
    for key in ["2", "3", "\x1b[B", "?", "?"] {
        terminal.send(key);
    }
    terminal.wait_for_text("needs");
    terminal.send("1");
    terminal.resize(LARGE.0, LARGE.1);
    let again = settled(&terminal);
    assert_eq!(large.lines().nth(2), again.lines().nth(2));
    terminal.send("q");
    assert_eq!(terminal.wait(), (0, None));
}

#[test]
fn signals_give_the_terminal_back() {
    let program = program();
    for signal in ["TERM", "HUP", "INT"] {
        let mut terminal = Terminal::open(&program, &["tui", "seed.pb.gz"], SMALL, MANY_COLOURS);
        settled(&terminal);
        assert!(!terminal.is_restored());
        terminal.signal(signal);
        let (_, by) = terminal.wait();
        assert!(by.is_some(), "{signal} does not end the program as usual");
        assert!(terminal.is_restored(), "after {signal}:\n{}", terminal.text());

        // The same at the prompt, where Ctrl-C is no reason to leave.
        let mut terminal = Terminal::open(&program, &["seed.pb.gz"], SMALL, MANY_COLOURS);
        terminal.wait_for_text("(hotlist)");
        terminal.signal(signal);
        if signal == "INT" {
            terminal.send("exit\r");
            assert_eq!(terminal.wait(), (0, None));
        } else {
            assert!(terminal.wait().1.is_some(), "{signal} does not end the shell");
        }
    }
}

#[test]
fn dumb_terminals_are_refused() {
    let program = program();
    for variables in [&[("TERM", "dumb")][..], &[]] {
        let mut terminal = Terminal::open(&program, &["tui", "seed.pb.gz"], SMALL, variables);
        assert_eq!(terminal.wait(), (1, None));
        assert!(terminal.text().contains("a terminal that can place text"), "{}", terminal.text());
        assert!(terminal.is_restored());
    }
    let outcome = program.run(&["tui", "seed.pb.gz"]);
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.stderr.contains("needs a terminal"), "{}", outcome.stderr);
}

#[test]
fn comparisons_of_sets_begin_with_their_verdicts() {
    let program = Program::new(env!("CARGO_BIN_EXE_hotlist"), testdata("compare"));
    let words = ["diff", "-tui", "json/base", "--", "json/plus18"];
    let mut terminal = Terminal::open(&program, &words, (120, 40), MANY_COLOURS);
    let screen = settled(&terminal);
    let rows: Vec<&str> = screen.lines().collect();
    assert!(rows[2].starts_with(" 10 base runs, 10 new runs, interleaved; cpu, "), "{screen}");
    assert!(rows[3].starts_with(" Total  "), "{screen}");
    for column in ["verdict", "change", "interval", "share", "q", "function"] {
        assert!(rows[4].contains(column), "{column}: {screen}");
    }
    assert!(rows[5].starts_with(" ▲ slower") && rows[5].contains(".consumeValue"), "{screen}");
    // The ways to the selected function stand below the table.
    assert!(screen.contains(" <- jsontext.(*decoderState).ReadValue"), "{screen}");
    terminal.send("o");
    terminal.wait_for_text("the largest change first");
    terminal.send("/hash\r");
    terminal.wait_for_text("/hash: ");
    // The same runs stand behind the other views.
    terminal.send("2");
    terminal.wait_for_text("before");
    terminal.send("7");
    terminal.wait_for_text("verdict");
    terminal.send("q");
    assert_eq!(terminal.wait(), (0, None));
    assert!(terminal.is_restored());
    let outcome = program.run(&words);
    assert!(outcome.code == Some(2) && outcome.stderr.contains("needs a terminal"), "{}", outcome.snapshot());
}

#[test]
fn the_prompt_keeps_several_profiles_apart() {
    let program = program();
    let mut terminal = Terminal::open(&program, &["seed.pb.gz", "wake.heap.pb.gz"], SMALL, MANY_COLOURS);
    terminal.wait_for_text("(hotlist)");
    terminal.send("tui\r");
    let screen = settled(&terminal);
    assert!(screen.contains("2 profiles together: P shows one"), "{screen}");
    terminal.send("P");
    terminal.wait_for_text("wake.heap.pb.gz");
    terminal.send("\r");
    settled(&terminal);
    terminal.send("q");
    terminal.wait_for_text("(hotlist) tui");
    terminal.send("\x04");
    assert_eq!(terminal.wait(), (0, None));
}

#[test]
fn the_prompt_edits_completes_and_remembers() {
    let program = program();
    let mut terminal = Terminal::open(&program, &["encoding_json.cpu.pb.gz"], SMALL, MANY_COLOURS);
    terminal.wait_for_text("(hotlist)");
    terminal.send("pee\t");
    terminal.wait_for_text("(hotlist) peek");
    terminal.send("\x15gran\t");
    terminal.wait_for_text("granularity=");
    terminal.send("fi\t\t");
    terminal.wait_for_text("filefunctions");
    terminal.send("\x15peek ptrEnc\t");
    terminal.wait_for_text(r"ptrEncoder\.encode");
    terminal.send("\r");
    terminal.wait_for_text("calls%");
    // A line is given up, the shell goes on.
    terminal.send("nonsense\x03");
    terminal.wait_for("the prompt", |text| text.trim_end().ends_with("(hotlist)"));
    terminal.send("top2\r");
    terminal.wait_for_text("Showing top 2 nodes");
    // Lines may come faster than they are answered, and all at once.
    terminal.send("unit=ms\rtop3\rtop4\r");
    terminal.wait_for_text("Showing top 4 nodes");
    terminal.send("\x1b[200~unit=us\ntop1\n\x1b[201~\r");
    terminal.wait_for_text("890000us");
    // Long output waits, and can be stopped.
    terminal.send("top100\r");
    terminal.wait_for_text("more: space");
    terminal.send("q");
    terminal.wait_for("the prompt", |text| text.trim_end().ends_with("(hotlist)"));
    terminal.send("tui\r");
    settled(&terminal);
    terminal.send("q");
    terminal.wait_for_text("(hotlist) tui");
    assert_eq!(terminal.text().matches("more:").count(), 0);
    terminal.send("\x04");
    assert_eq!(terminal.wait(), (0, None));
    assert!(terminal.is_restored());

    let mut terminal = Terminal::open(&program, &["encoding_json.cpu.pb.gz"], SMALL, MANY_COLOURS);
    terminal.wait_for_text("(hotlist)");
    terminal.send("\x1b[A\x1b[A\x1b[A\x1b[A\x1b[A");
    terminal.wait_for_text("(hotlist) top4");
    terminal.send("\x03");
    terminal.wait_for("the prompt", |text| text.trim_end().ends_with("(hotlist)"));
    terminal.send("\x04");
    assert_eq!(terminal.wait(), (0, None));
}

#[cfg(unix)]
#[test]
fn the_pager_of_the_environment_shows_long_output() {
    let program = program();
    let with =
        |pager: &'static str| [("TERM", "xterm-256color"), ("PATH", "/usr/bin:/bin"), ("PAGER", pager)];
    let is_prompt = |text: &str| text.trim_end().ends_with("(hotlist)");
    // What is written passes through it, help as well.
    let mut terminal = Terminal::open(&program, &["seed.pb.gz"], SMALL, &with("sed s/^/paged:/"));
    terminal.wait_for_text("(hotlist)");
    terminal.send("top1\r");
    terminal.wait_for("the answer", |text| text.contains("paged:Showing nodes") && is_prompt(text));
    terminal.send("help top\r");
    terminal.wait_for("help", |text| text.contains("paged:top [n]") && is_prompt(text));
    // The variable of the shell turns it off.
    terminal.send("pager=false\rtop2\r");
    terminal.wait_for("the answer", |text| text.contains("\nShowing nodes") && is_prompt(text));
    terminal.send("exit\r");
    assert_eq!(terminal.wait(), (0, None));
    // A pager that ends early has shown enough, and one that does not exist is none.
    let mut terminal = Terminal::open(&program, &["seed.pb.gz"], SMALL, &with("head -2"));
    terminal.wait_for_text("(hotlist)");
    terminal.send("traces\r");
    terminal.wait_for("the prompt", is_prompt);
    terminal.send("exit\r");
    assert_eq!(terminal.wait(), (0, None));
    assert!(!terminal.text().contains("roken pipe"), "{}", terminal.text());
    let mut terminal = Terminal::open(&program, &["seed.pb.gz"], (80, 10), &with("nosuchprogram"));
    terminal.wait_for_text("(hotlist)");
    terminal.send("traces\r");
    terminal.wait_for_text("more: space");
    terminal.send("q");
    terminal.wait_for("the prompt", is_prompt);
}

#[test]
fn an_interrupt_stops_a_command_and_keeps_the_shell() {
    let program = program();
    let mut builder = Builder::new(&[("cpu", "nanoseconds")]);
    for sample in 0..30_000 {
        let name = if sample == 29_999 { "the_last_one".to_owned() } else { format!("function{sample}") };
        let function = builder.named_function(&name, "main.go");
        let location = builder.source_location(function, 1);
        builder.sample(&[location], &[], &[30_000 - sample]).expect("some samples fit");
    }
    program.write("long.pb", encode_to_vec(&builder.finish()));
    let path = program.folder().join("long.pb");
    let mut terminal =
        Terminal::open(&program, &[path.to_str().expect("a path of text")], SMALL, MANY_COLOURS);
    terminal.wait_for_text("(hotlist)");
    terminal.send("pager=off\rtraces\r");
    terminal.wait_for_now("function2");
    terminal.send("\x03");
    let text = terminal.wait_for("the prompt", |text| text.trim_end().ends_with("(hotlist)"));
    assert!(!text.contains("the_last_one"), "it was not stopped:\n{text}");
    terminal.send("top1\r");
    terminal.wait_for_text("Dropped 30000 nodes");
    terminal.send("\x04");
    assert_eq!(terminal.wait(), (0, None));
}

#[test]
fn the_prompt_makes_do_with_poor_terminals() {
    let program = program();
    for (size, variables) in [((10, 3), MANY_COLOURS), (SMALL, &[("TERM", "dumb")][..]), (SMALL, &[])] {
        let mut terminal = Terminal::open(&program, &["seed.pb.gz"], size, variables);
        let prompt = |text: &str| text.trim_end().ends_with("(hotlist)");
        terminal.wait_for("the prompt", prompt);
        terminal.send("top1\r");
        if size.1 == 3 {
            terminal.wait_for_text(" more: ");
            terminal.send("a");
        }
        terminal.wait_for("the prompt after an answer", |text| prompt(text) && text.contains("ain"));
        terminal.send("exit\r");
        assert_eq!(terminal.wait(), (0, None));
        assert!(terminal.is_restored());
    }
}
