//! `hotlist record -heap program`: what a program allocates, and what stays in use.

use std::path::PathBuf;
use std::sync::Arc;

use hotlist_fetch::Environment;
use hotlist_record::{HeapHappened, HeapRecording, HeapRequest, record_heap};
use hotlist_session::{Note, ObjectFiles};

use super::{count, duration, ending, show, started, status, usage, write};
use crate::args::Arguments;
use crate::console::{Console, Ending};
use crate::environment::variable;
use crate::opening::complete;

/// The mean number of allocated bytes between two samples, as in Go.
const USUAL_RATE: u64 = 512 * 1024;

/// What the command line asks for.
pub(super) fn request(arguments: &Arguments) -> anyhow::Result<HeapRequest> {
    if arguments.values("p").next().is_some() || arguments.has("a") {
        return Err(usage(
            "-heap is for a program that is started for it: nothing can be loaded into one that runs",
        ));
    }
    if arguments.values("F").next().is_some()
        || arguments.values("g").next().is_some()
        || arguments.has("wall")
    {
        return Err(usage(
            "-F, -g and -wall are not for -heap; -rate says how often allocations are looked at",
        ));
    }
    let rate = arguments
        .value("rate", |text| bytes(text).ok_or_else(|| format!("{text:?} is no number of bytes")))?;
    let Some((program, words)) = arguments.words.split_first() else {
        return Err(usage("name a program"));
    };
    let command = started(program, words);
    Ok(HeapRequest { command, rate: rate.unwrap_or(USUAL_RATE), seed: 0, duration: duration(arguments)? })
}

/// A number of bytes, such as `4096`, `512k` or `1MiB`.
fn bytes(text: &str) -> Option<u64> {
    /// No program allocates as much.
    const MOST: u64 = 1 << 40;
    let lower = text.to_ascii_lowercase();
    let digits = lower.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let unit = match &lower[digits.len()..] {
        "" | "b" => 1,
        "k" | "kb" | "kib" => 1 << 10,
        "m" | "mb" | "mib" => 1 << 20,
        "g" | "gb" | "gib" => 1 << 30,
        _ => return None,
    };
    let number: u64 = digits.parse().ok()?;
    number.checked_mul(unit).filter(|bytes| (1..=MOST).contains(bytes))
}

pub(super) fn run(
    request: HeapRequest,
    arguments: Arguments,
    file: PathBuf,
    console: &Console,
) -> anyhow::Result<()> {
    let HeapRecording { profile, happened, program } = record_heap(request).map_err(ending)?;
    let objects = Arc::new(ObjectFiles::new(&Environment::from_lookup(variable)));
    let written = complete(&arguments.options, profile, objects, console).and_then(|loaded| {
        write(&loaded, &file)?;
        Ok(loaded)
    });
    let loaded = match written {
        Ok(loaded) => loaded,
        Err(error) => {
            // The program has its own say first, and is not left alone.
            status(Some(program))?;
            return Err(error);
        }
    };
    tell(&happened, console);
    for note in &loaded.notes {
        if console.err_is_terminal {
            console.note(note);
        }
    }
    console.say(&format!(
        "{} of {} in {:.1} s, {} lost: {}",
        count(happened.samples, "sample"),
        count(happened.processes, "process"),
        happened.elapsed.as_secs_f64(),
        happened.lost,
        file.display(),
    ));
    // What was found out about files is not needed any more, and takes time to give back.
    std::mem::forget(loaded);
    show(arguments, file, console)?;
    match status(Some(program))? {
        0 => Ok(()),
        code => Err(Ending::Program(code).into()),
    }
}

/// Says what is missing.
fn tell(happened: &HeapHappened, console: &Console) {
    for warning in &happened.warnings {
        console.note(&Note::Warning(warning.clone()));
    }
    if happened.samples == 0 && happened.warnings.is_empty() {
        console.note(&Note::Info(
            "no allocation was sampled: a program that allocates little needs a smaller -rate, and one that brings an \
             allocator under another name (jemalloc in Rust, mimalloc) or clears its environment is not seen"
                .to_owned(),
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn rates_have_units() {
        let good = ["1", "4096", "512k", "512KiB", "1MB", "2g"].map(|text| bytes(text).unwrap_or(0));
        assert_eq!(good, [1, 4096, 512 << 10, 512 << 10, 1 << 20, 2 << 30]);
        for bad in ["", "0", "-1", "k", "1.5m", "1 apple", "99999999g", "18446744073709551615g"] {
            assert_eq!(bytes(bad), None, "{bad}");
        }
    }
}
