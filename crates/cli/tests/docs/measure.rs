//! How fast the shell and the full screen answer.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use hotlist_testkit::{Program, Terminal};

/// What the shell is asked, each after the other; `{name}` matches the heaviest function and is a regexp.
const LINES: [&str; 10] = [
    "top",
    "top",
    "top -cum",
    "peek {name}",
    "list {name}",
    "tree20",
    "top {name}",
    "top -{name}",
    "tags",
    "top -cum {name}",
];
/// The answer to `help :`, which tells that everything before it is done.
const MARK: &str = "Clears focus";
/// What is pressed on the full screen, each when the screen is complete.
const KEYS: [(&str, &str); 13] = [
    ("Down", "\x1b[B"),
    ("Down", "\x1b[B"),
    ("Right", "\x1b[C"),
    ("zoom", "\r"),
    ("top", "2"),
    ("Down", "\x1b[B"),
    ("callers", "3"),
    ("source", "4"),
    ("search", "/"),
    ("a pattern", "method\r"),
    ("tags", "6"),
    ("flame", "1"),
    ("invert", "v"),
];
/// What is pressed while a view is computed that takes its time.
const WHILE_WORKING: [(&str, &str); 3] = [("help", "?"), ("help away", "?"), ("top", "2")];

/// Prints times with the profile that `HOTLIST_PROFILE` names.
#[test]
#[ignore = "measures, with a profile that HOTLIST_PROFILE names"]
#[expect(clippy::print_stdout, reason = "prints what it measures")]
fn measure_terminal() -> anyhow::Result<()> {
    let binary = env!("CARGO_BIN_EXE_hotlist");
    let profile = &std::env::var("HOTLIST_PROFILE").context("HOTLIST_PROFILE names no profile")?;
    let start = Instant::now();
    let top = Command::new(binary).args(["-symbolize=none", "-top", profile]).output()?;
    let whole = start.elapsed();
    if !top.status.success() {
        bail!("{}", String::from_utf8_lossy(&top.stderr));
    }
    let text = String::from_utf8_lossy(&top.stdout).into_owned();
    let heading = text.lines().position(|line| line.contains("flat%")).context("no table")?;
    let row = text.lines().nth(heading + 1).context("an empty table")?;
    let name = row.split_whitespace().nth(5).context("no name")?;
    let name = escaped(name);
    println!("-top, the whole run: {}", millis(whole));

    let start = Instant::now();
    let mut shell = Command::new(binary)
        .args(["-symbolize=none", profile])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut out = shell.stdout.take().context("standard output is piped")?;
    let drain = std::thread::spawn(move || std::io::copy(&mut out.by_ref(), &mut std::io::sink()));
    let mut err = BufReader::new(shell.stderr.take().context("standard error is piped")?);
    let mut input = shell.stdin.take().context("standard input is piped")?;
    let mut wait = |mark: &str| -> anyhow::Result<()> {
        let mut line = String::new();
        while !line.contains(mark) {
            line.clear();
            if err.read_line(&mut line)? == 0 {
                bail!("the shell has ended");
            }
        }
        Ok(())
    };
    wait("interactive mode")?;
    println!("prompt ready: {}", millis(start.elapsed()));
    for line in LINES {
        let line = line.replace("{name}", &name);
        let start = Instant::now();
        writeln!(input, "{line}\nhelp :")?;
        input.flush()?;
        wait(MARK)?;
        println!("{line}: {}", millis(start.elapsed()));
    }
    drop(input);
    shell.wait()?;
    let _ = drain.join();

    let folder = std::env::current_dir()?;
    let program = Program::new(binary, &folder);
    let mut screen = Terminal::open(
        &program,
        &["tui", "-symbolize=none", profile],
        (200, 50),
        &[("TERM", "xterm-256color")],
    );
    let settle = |screen: &Terminal| {
        screen.wait_for("an answer", |text| {
            (text.contains("quit") || text.contains("search:")) && !text.contains("working")
        })
    };
    settle(&screen);
    for (name, keys) in KEYS {
        let first = screen.time_to_react(keys);
        let start = Instant::now();
        settle(&screen);
        println!(
            "key {name}: the screen changes after {}, is complete within {}",
            millis(first),
            millis(first + start.elapsed())
        );
    }
    screen.send("g");
    for (name, keys) in WHILE_WORKING {
        let first = screen.time_to_react(keys);
        println!("key {name}, while a view is computed: the screen changes after {}", millis(first));
    }
    settle(&screen);
    screen.send("q");
    screen.wait();
    Ok(())
}

/// A pattern for `name` that is one word of the shell.
fn escaped(name: &str) -> String {
    let is_plain = |character: char| character.is_alphanumeric() || "_/:".contains(character);
    name.chars().map(|character| if is_plain(character) { character } else { '.' }).collect()
}

fn millis(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}
