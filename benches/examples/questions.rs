//! Times questions to one loaded profile, as the page and the shell ask them one after the other:
//!
//! ```sh
//! cargo run --release -p hotlist-benches --example questions -- PROFILE [THREADS] [WORD]
//! ```
//!
//! For each question the times of the first and of the fastest of five runs are printed, from the options to
//! the text, and the least processor time that the asking thread took: with one thread that is all, and says
//! more than the wall time where the machine is busy. With a word, only questions with that word are asked.
#![allow(clippy::print_stdout, reason = "it is run for what it prints")]

use std::fs::File;
use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use hotlist_formats::Limits;
use hotlist_profile::{StackId, Stacks};
use hotlist_render::{Context, Drawing};
use hotlist_report::NoSource;
use hotlist_session::{Options, Question, Session};

/// A report, its argument, and options by name.
type Asked = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

/// What is asked; `NAME` is the heaviest function.
const QUESTIONS: [Asked; 23] = [
    ("top", "", &[]),
    ("top", "", &[("nodefraction", "0")]),
    ("top", "", &[("sample_index", "0")]),
    ("top", "", &[("granularity", "lines")]),
    ("top", "", &[("focus", "NAME")]),
    ("top", "", &[("focus", "Method0001")]),
    ("top", "", &[("ignore", "NAME")]),
    ("top", "", &[("hide", "NAME")]),
    ("top", "", &[("show_from", "NAME")]),
    ("peek", "NAME", &[]),
    ("peek", "NAME", &[("focus", "NAME")]),
    ("list", "NAME", &[]),
    ("tree", "", &[]),
    ("dot", "", &[]),
    ("dot", "", &[("focus", "NAME")]),
    ("flamegraph", "", &[]),
    ("flamegraph", "", &[("inverted", "true")]),
    ("flamegraph", "", &[("focus", "NAME")]),
    ("flamegraph", "", &[("hide", "NAME")]),
    ("flamegraph", "", &[("focus", "Method0001"), ("inverted", "true")]),
    ("flamegraph", "", &[("sample_index", "0")]),
    ("tags", "", &[]),
    ("traces", "", &[("focus", "NAME")]),
];

const ROUNDS: usize = 5;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let path = words.first().ok_or("usage: questions PROFILE [THREADS] [WORD]")?;
    let threads: NonZeroUsize = words.get(1).map_or("2", String::as_str).parse()?;
    let word = words.get(2).map_or("", String::as_str);
    let start = Instant::now();
    let profile = hotlist_formats::read(File::open(path)?, Limits::default())?;
    let frames = profile.stacks.frame_count();
    println!("{} samples, {} stacks, {frames} frames", profile.samples.len(), profile.stacks.len());
    println!("{} locations, {} functions", profile.locations.len(), profile.functions.len());
    println!("loaded in {}", millis(start.elapsed()));
    println!("a tree of all stacks would have {} nodes", tree_size(&profile.stacks));
    let session = Session::new(profile, threads);
    let heaviest = heaviest(&session)?;
    for (report, argument, changes) in QUESTIONS {
        let fill = |text: &str| text.replace("NAME", &heaviest);
        let mut options = Options::default();
        for (name, value) in changes {
            let option = hotlist_session::find(name).ok_or("no such option")?;
            option.set(&mut options, fill(value))?;
        }
        let title = changes
            .iter()
            .fold(format!("{report} {argument}"), |title, (name, value)| format!("{title} {name}={value}"));
        if !title.contains(word) {
            continue;
        }
        let (mut times, mut busy) = (Vec::new(), Duration::MAX);
        let mut size = 0;
        for _ in 0..ROUNDS {
            let (start, start_busy) = (Instant::now(), processor_time());
            let text = answer(&session, report, Some(&fill(argument)), &options)?;
            times.push(start.elapsed());
            busy = busy.min(processor_time().saturating_sub(start_busy));
            size = text.len();
        }
        let fastest = times.iter().min().copied().unwrap_or_default();
        let (first, fastest, busy) = (millis(times[0]), millis(fastest), millis(busy));
        println!("{title:<60} {first:>10} {fastest:>10} {busy:>10} {size:>9} bytes");
    }
    Ok(())
}

/// How many different ways from the root the stacks have.
fn tree_size(stacks: &Stacks) -> usize {
    let mut ids: Vec<StackId> = (0..stacks.len()).map(StackId::new).collect();
    let from_root = |id: StackId| stacks.get(id).iter().rev();
    ids.sort_unstable_by(|&left, &right| from_root(left).cmp(from_root(right)));
    let shared: usize = ids
        .windows(2)
        .map(|pair| {
            from_root(pair[0]).zip(from_root(pair[1])).take_while(|(left, right)| left == right).count()
        })
        .sum();
    stacks.frame_count() - shared
}

/// The name of the heaviest function, as a pattern.
fn heaviest(session: &Session) -> Result<String, Box<dyn std::error::Error>> {
    let text = String::from_utf8(answer(session, "top", None, &Options::default())?)?;
    let heading = text.lines().position(|line| line.contains("flat%")).ok_or("no table")?;
    let row = text.lines().nth(heading + 1).ok_or("an empty table")?;
    let name = row.split_whitespace().nth(5).ok_or("no name")?;
    Ok(name.replace(['(', ')', '*', '.'], "."))
}

fn answer(
    session: &Session,
    report: &str,
    argument: Option<&str>,
    options: &Options,
) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let report = hotlist_report::find(report).ok_or("no such report")?;
    let question = Question::new(report, argument.filter(|text| !text.is_empty()), &options.view)?;
    // Pages that load their parts are drawn by browsers: what they are sent is the shape.
    let drawing: &Drawing = match report.name {
        "flamegraph" => hotlist_render::find("json").ok_or("no such drawing")?,
        _ => hotlist_render::of_report(report),
    };
    let mut out = Vec::new();
    session.draw(&question, drawing, &NoSource, &mut out, &Context::plain(), &mut Vec::new())?;
    Ok(out)
}

/// What this thread has had of the processor; zero where the system does not tell.
fn processor_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanos = stat.split_whitespace().next().and_then(|number| number.parse().ok());
    Duration::from_nanos(nanos.unwrap_or(0))
}

fn millis(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}
