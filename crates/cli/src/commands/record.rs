//! `hotlist record program`: a profile of a program, of a process that runs, or of all.

mod heap;

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

use hotlist_fetch::{Environment, write_beside};
use hotlist_record::{
    Error, Happened, Machine, Program, Progress, Recording, Request, Stacks, Target, record,
};
use hotlist_session::{Group, Loaded, Note, ObjectFiles, StackFiles, UsageError};

use crate::args::Arguments;
use crate::commands::{Command, OwnFlag, Takes, Words, http, report};
use crate::console::{Console, Ending};
use crate::environment::variable;
use crate::opening::complete;

/// Where a profile goes that was not told where.
const USUAL_FILE: &str = "hotlist.pb.gz";

/// Odd, so that it does not keep step with what programs do a hundred times a second.
const USUAL_FREQUENCY: u32 = 99;

const OPTIONS: &[Group] = &[
    Group::Filter,
    Group::Value,
    Group::Granularity,
    Group::Display,
    Group::Tags,
    Group::Source,
    Group::Code,
    Group::Other,
];

pub(crate) const COMMAND: Command = Command {
    name: "record",
    help: "Take a profile of time or memory of a program, of a process (-p), or of all (-a); on Linux",
    takes: Takes {
        words: Words::Program,
        options: OPTIONS,
        reports: true,
        flags: &[
            OwnFlag { name: "p", value_name: "pid", help: "Record the process with this number" },
            OwnFlag { name: "a", value_name: "", help: "Record all processes" },
            OwnFlag { name: "F", value_name: "n", help: "Take this many samples a second of each processor" },
            OwnFlag {
                name: "g",
                value_name: "how",
                help: "Find callers by auto (tables, else frame pointers), dwarf (the same, for deep stacks) or fp",
            },
            OwnFlag {
                name: "wall",
                value_name: "",
                help: "Record how long threads wait, too, as another value (off_cpu); not with -a",
            },
            OwnFlag {
                name: "heap",
                value_name: "",
                help: "Record what a program allocates and what stays in use, instead of time",
            },
            OwnFlag {
                name: "rate",
                value_name: "bytes",
                help: "With -heap: take a sample every so many allocated bytes on average (512k), 1 for all",
            },
            OwnFlag { name: "d", value_name: "seconds", help: "Record for so long" },
            OwnFlag { name: "o", value_name: "file", help: "Write the profile to this file" },
        ],
        remarks: &[
            "  -F is 99 and -o hotlist.pb.gz unless given. A report or -http shows the profile at once.",
            "  The exit status is that of the program; 128 and the number of the signal that ended it; 127 where",
            "  there is no such program.",
        ],
        ..Takes::only(Words::Program)
    },
    run,
};

fn run(arguments: Arguments, console: &Console) -> anyhow::Result<()> {
    let file = PathBuf::from(arguments.values("o").last().unwrap_or(USUAL_FILE.as_ref()));
    if arguments.has("heap") {
        let request = heap::request(&arguments)?;
        must_be_writable(&file)?;
        return heap::run(request, arguments, file, console);
    }
    let request = request(&arguments)?;
    must_be_writable(&file)?;
    let whom = match &request.target {
        Target::Command(_) => None,
        Target::Process(process) => Some(format!("process {process}")),
        Target::System => Some("all processes".to_owned()),
    };
    let objects = Arc::new(ObjectFiles::new(&Environment::from_lookup(variable)));
    let mut unwinder = StackFiles::new(&*objects);
    let machine = Machine {
        unwinder: &mut unwinder,
        keep: &|path, build_id, file| objects.keep(path, build_id, &file),
        see: None,
    };
    let mut line = ProgressLine::new(console, whom);
    let recorded = record(request, machine, &mut |progress| line.show(progress));
    line.clear();
    let Recording { profile, happened, program } = recorded.map_err(ending)?;
    drop(unwinder);
    let written = complete(&arguments.options, profile, objects, console).and_then(|loaded| {
        write(&loaded, &file)?;
        Ok(loaded)
    });
    match written {
        Ok(loaded) => {
            tell(&happened, &loaded, &file, console);
            // What was found out about files is not needed any more, and takes time to give back.
            std::mem::forget(loaded);
        }
        Err(error) => {
            // The program has its own say first, and is not left alone.
            status(program)?;
            return Err(error);
        }
    }
    show(arguments, file, console)?;
    match status(program)? {
        0 => Ok(()),
        code => Err(Ending::Program(code).into()),
    }
}

/// What comes to light after the recording would be bitter.
fn must_be_writable(file: &Path) -> anyhow::Result<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !folder.is_dir() {
        anyhow::bail!("cannot write {}: there is no folder {}", file.display(), folder.display());
    }
    Ok(())
}

/// For how long to record.
fn duration(arguments: &Arguments) -> anyhow::Result<Option<Duration>> {
    let duration = arguments.value("d", |text| {
        let seconds = text.parse::<f64>().ok().filter(|seconds| *seconds > 0.0);
        let duration = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        duration.ok_or_else(|| format!("{text:?} is no number of seconds"))
    })?;
    Ok(duration)
}

/// What the command line asks for.
fn request(arguments: &Arguments) -> anyhow::Result<Request> {
    let process = arguments.value("p", |text| match text.parse() {
        Ok(process) if process > 0 => Ok(process),
        _ => Err(format!("{text:?} is no number of a process")),
    })?;
    let frequency = arguments.value("F", |text| match text.parse() {
        Ok(frequency) if frequency > 0 => Ok(frequency),
        _ => Err(format!("{text:?} is no number of samples a second")),
    })?;
    let stacks = arguments.value("g", |text| match text {
        "auto" => Ok(Stacks::Auto),
        "dwarf" => Ok(Stacks::Dwarf),
        "fp" => Ok(Stacks::FramePointers),
        _ => Err(format!("{text:?} is none of auto, dwarf, fp")),
    })?;
    let duration = duration(arguments)?;
    let target = match (process, arguments.has("a"), arguments.words.split_first()) {
        (Some(process), false, None) => Target::Process(process),
        (None, true, None) => Target::System,
        (None, false, Some((program, words))) => Target::Command(started(program, words)),
        (None, false, None) => return Err(usage("name a program, a process with -p, or -a for all")),
        _ => return Err(usage("one of a program, -p and -a can be recorded at a time")),
    };
    let (frequency, stacks) = (frequency.unwrap_or(USUAL_FREQUENCY), stacks.unwrap_or_default());
    let off_cpu = arguments.has("wall");
    if off_cpu && matches!(target, Target::System) {
        return Err(usage("-wall is not for -a"));
    }
    if arguments.values("rate").next().is_some() {
        return Err(usage("-rate is for -heap; -F says how often time is looked at"));
    }
    Ok(Request { target, frequency, stacks, duration, off_cpu })
}

/// A program that is started, with what is looked at of its environment before: where programs are, and what it loads.
fn started(program: &OsString, words: &[OsString]) -> std::process::Command {
    let mut command = std::process::Command::new(program);
    command.args(words);
    for name in ["PATH", "LD_PRELOAD"] {
        if let Some(value) = variable(name) {
            command.env(name, value);
        }
    }
    command
}

fn usage(text: &str) -> anyhow::Error {
    hotlist_session::Error::Usage(UsageError::Other(text.to_owned())).into()
}

/// A program that cannot be started ends as a shell would end.
fn ending(error: Error) -> anyhow::Error {
    match error.exit_code() {
        Some(code) => Ending::NotStarted(code, error.into()).into(),
        None => error.into(),
    }
}

fn write(loaded: &Loaded, file: &Path) -> anyhow::Result<()> {
    write_beside(file, |out| -> anyhow::Result<()> { Ok(hotlist_formats::write(&loaded.profile, out)?) })
        .map_err(|error| {
            let (path, text) = (file.display(), format!("{error:#}"));
            let reason = text.strip_prefix(&format!("{path}: ")).unwrap_or(&text);
            anyhow::anyhow!("cannot write {path}: {reason}")
        })
}

/// A number with what is counted.
fn count(count: u64, one: &str) -> String {
    match count {
        1 => format!("1 {one}"),
        _ => format!("{count} {one}{}", if one.ends_with('s') { "es" } else { "s" }),
    }
}

/// Says what was recorded, and what is missing in it.
fn tell(happened: &Happened, loaded: &Loaded, file: &Path, console: &Console) {
    let Happened { summary, elapsed, throttled, .. } = happened;
    for warning in summary.warnings() {
        console.say(&warning);
    }
    if summary.truncated > 0 {
        console.say("These end in [truncated]; -g dwarf takes more of each stack.");
    }
    if *throttled > 0 {
        console.say(&format!(
            "the kernel left out samples {throttled} times, as they took too much time: lower -F"
        ));
    }
    if let Some(stopped) = &happened.stopped {
        console.say(&format!("the recording was ended early: {stopped}"));
    }
    for note in &loaded.notes {
        // Names that are missing can be seen in the profile; why, hotlist symbols tells.
        if console.err_is_terminal {
            console.note(note);
        }
    }
    if let Some(reason) = &happened.without_kernel {
        console.note(&Note::Info(reason.clone()));
    }
    console.say(&format!(
        "{} of {} in {:.1} s, {} lost, {} truncated: {}",
        count(summary.samples, "sample"),
        count(summary.processes, "process"),
        elapsed.as_secs_f64(),
        summary.lost,
        summary.truncated,
        file.display(),
    ));
}

/// Shows the profile, if the command line asks for that.
fn show(arguments: Arguments, file: PathBuf, console: &Console) -> anyhow::Result<()> {
    let Arguments { options, report, form, .. } = arguments;
    let is_page = !options.output.http.is_empty();
    if report.is_none() && !is_page {
        return Ok(());
    }
    let mut shown = Arguments::of_words([OsString::from(file)]);
    (shown.options, shown.report, shown.form) = (options, report, form);
    if is_page { http::run(&shown.subject()?, console) } else { report::run(shown, console) }
}

/// The code with which a shell tells how a program has ended.
fn status(program: Option<Program>) -> io::Result<u8> {
    let Some(program) = program else { return Ok(0) };
    Ok(code_of(program.wait()?))
}

#[cfg(unix)]
fn code_of(status: ExitStatus) -> u8 {
    use std::os::unix::process::ExitStatusExt;
    let of_signal = |signal| 128 + (signal & 0x7f);
    let code = status.code().or_else(|| status.signal().map(of_signal)).unwrap_or(1);
    u8::try_from(code).unwrap_or(1)
}

#[cfg(not(unix))]
fn code_of(status: ExitStatus) -> u8 {
    status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}

/// A line that tells how far it is. A program that was started has the terminal for itself.
struct ProgressLine {
    whom: Option<String>,
    is_shown: bool,
}

impl ProgressLine {
    fn new(console: &Console, whom: Option<String>) -> ProgressLine {
        ProgressLine { whom: whom.filter(|_| console.err_is_terminal), is_shown: false }
    }

    fn show(&mut self, progress: Progress) {
        let Some(whom) = &self.whom else { return };
        self.is_shown = true;
        let Progress { samples, lost, elapsed } = progress;
        let seconds = elapsed.as_secs();
        // A failure could be told nowhere.
        let _ = write!(
            io::stderr(),
            "\r\x1b[Krecording {whom}: {seconds} s, {samples} samples, {lost} lost (Ctrl-C ends it)"
        );
    }

    fn clear(&self) {
        if self.is_shown {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}
