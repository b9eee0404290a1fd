//! `hotlist diff BASE... -- NEW...`: which functions really changed between two sets of runs.

mod flags;
mod run_files;

use std::ffi::{OsStr, OsString};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::bail;
use hotlist_fetch::write_beside;
use hotlist_render::{Context, Drawing};
use hotlist_report::Shape;
use hotlist_session::{
    CodeFiles, Error, Group, Loaded, LoadedRun, Note, Options, Part, Profiles, Session, SetOptions, Verdicts,
    compare_sets, sensitivity_of,
};
use hotlist_tui::{Signals, Source, fit_for};
use hotlist_web::Address;

use self::flags::{FLAGS, compare_options};
use self::run_files::run_files;
use crate::args::{ArgsError, Arguments};
use crate::commands::{Command, Takes, Words, http, tui};
use crate::console::{Console, Ending};
use crate::environment;
use crate::opening::{load_files, source_files, threads};

pub(crate) const COMMAND: Command = Command {
    name: "diff",
    help: "Tell which functions really changed between two sets of runs",
    takes: Takes {
        options: &[
            Group::Filter,
            Group::Value,
            Group::Granularity,
            Group::Tags,
            Group::Source,
            Group::Code,
            Group::Other,
        ],
        // Values are compared as they were measured, and written in units that read well.
        without: &["mean", "mean_delay", "divide_by", "relative_percentages", "tools", "intel_syntax"],
        flags: FLAGS,
        remarks: &[
            "A folder stands for the files in it. Take 3 runs a side or more, recorded in turn:",
            "  hotlist diff base/*.pb.gz -- new/*.pb.gz",
            "  hotlist diff -base base -new new -fail-on '>5%' -markdown comment.md",
            "  hotlist diff -self base",
            "  hotlist diff -http=: -base base -new new",
            "A rule is '>5%' (a function is slower, by an estimate of more than 5 %), 'surely>5%' (it is slower by more",
            "than 5 % for sure) or 'total>3%' (all together are slower, by an estimate of more than 3 %).",
            "The exit status is 0, 1 when a rule holds, 2 when the sets could not be compared.",
        ],
        ..Takes::only(Words::Sets)
    },
    run,
};

#[expect(clippy::needless_pass_by_value, reason = "every command is given its arguments")]
fn run(arguments: Arguments, console: &Console) -> anyhow::Result<()> {
    match answer(&arguments, console) {
        Ok(0) => Ok(()),
        Ok(_) => Err(Ending::Amiss.into()),
        Err(error) => Err(Ending::NoAnswer(error).into()),
    }
}

/// Writes the answer and returns the exit code that follows from it.
fn answer(arguments: &Arguments, console: &Console) -> anyhow::Result<u8> {
    let compare = compare_options(arguments)?;
    let outputs = Outputs::of(arguments)?;
    let screen = Screen::of(arguments)?;
    let options = with_granularity(arguments)?;
    let sets = SetOptions { view: &options.view, compare, threads: threads() };
    let mut notes = Vec::new();
    let told = |notes: &[Note]| notes.iter().for_each(|note| console.note(note));
    if arguments.has("self") {
        let set = Set::load(&[run_files(&one_set(arguments)?, "")?], &options, console)?;
        let facts = sensitivity_of(&set.runs(0), &sets, &mut notes)?;
        told(&notes);
        outputs.write(&Shape::Sensitivity(Box::new(facts)), console)?;
        return Ok(0);
    }
    let (base, new) = two_sets(arguments)?;
    let files = [run_files(&base, "base ")?, run_files(&new, "new ")?];
    let set = Set::load(&files, &options, console)?;
    let comparison = compare_sets(&set.runs(0), &set.runs(1), &sets, &mut notes)?;
    told(&notes);
    let exit = comparison.exit;
    match screen {
        None => outputs.write(&Shape::Comparison(Box::new(comparison)), console)?,
        Some(screen) => {
            outputs.write_files(&Shape::Comparison(Box::new(comparison.clone())), console)?;
            screen.show(set, Verdicts::new(comparison, &sets.compare.renames), options, console)?;
        }
    }
    Ok(exit)
}

/// Where people look at a comparison, in place of a text.
enum Screen {
    /// The page.
    Page(Address),
    /// The full screen.
    Terminal,
}

impl Screen {
    fn of(arguments: &Arguments) -> anyhow::Result<Option<Screen>> {
        let page = !arguments.options.output.http.is_empty();
        let wanted = match (page, arguments.has("tui")) {
            (false, false) => return Ok(None),
            (true, true) => return Err(ArgsError::Together { flag: "tui", other: "http" }.into()),
            (true, false) => "http",
            (false, true) => "tui",
        };
        if arguments.has("self") {
            return Err(ArgsError::Together { flag: wanted, other: "self" }.into());
        }
        if page {
            return Ok(Some(Screen::Page(http::address(&arguments.options)?)));
        }
        fit_for(environment::text)?;
        Ok(Some(Screen::Terminal))
    }

    fn show(
        self,
        set: Set,
        verdicts: Verdicts,
        mut options: Options,
        console: &Console,
    ) -> anyhow::Result<()> {
        // What was compared comes first; of heap profiles that is not what other reports begin with.
        verdicts.comparison().sample_type.clone_into(&mut options.view.sample_index);
        let profiles = set.into_profiles(verdicts)?;
        match self {
            Screen::Page(address) => http::serve(&address, profiles, &options, console),
            Screen::Terminal => {
                let source: Source = Arc::new(source_files(&options.view));
                tui::show(&Arc::new(profiles), options.view, &source, &Signals::new()?)
            }
        }
    }
}

/// The options, with what `-granularity` says among them.
fn with_granularity(arguments: &Arguments) -> Result<Options, ArgsError> {
    let mut options = arguments.options.clone();
    if let (Some(option), Some(value)) =
        (hotlist_session::find("granularity"), arguments.values("granularity").last())
    {
        option
            .set(&mut options, value)
            .map_err(|reason| ArgsError::Value { name: "granularity".to_owned(), reason })?;
    }
    Ok(options)
}

/// The words of the base and of the new runs.
fn two_sets(arguments: &Arguments) -> anyhow::Result<(Vec<OsString>, Vec<OsString>)> {
    let given = |flag| arguments.values(flag).map(OsStr::to_owned).collect::<Vec<OsString>>();
    let (mut base, mut new) = (given("base"), given("new"));
    match arguments.divided_at {
        Some(at) => {
            let (before, behind) = arguments.words.split_at(at);
            base.extend_from_slice(before);
            new.extend_from_slice(behind);
        }
        // With one side named, the words are the other.
        None if !base.is_empty() && new.is_empty() => new.clone_from(&arguments.words),
        None if !new.is_empty() && base.is_empty() => base.clone_from(&arguments.words),
        None if arguments.words.is_empty() => {}
        None => bail!("which runs are new? -- goes between the runs of the base and the new ones"),
    }
    if base.iter().chain(&new).filter(|word| *word == "-").count() > 1 {
        return Err(ArgsError::TwiceStdin.into());
    }
    match (base.is_empty(), new.is_empty()) {
        (true, true) => bail!("there are no runs: hotlist diff BASE... -- NEW..."),
        (true, false) => bail!("there are no base runs: they go before -- or behind -base"),
        (false, true) => bail!("there are no new runs: they go behind -- or behind -new"),
        (false, false) => Ok((base, new)),
    }
}

/// The words of runs that are one set.
fn one_set(arguments: &Arguments) -> anyhow::Result<Vec<OsString>> {
    let flags = ["base", "new"].into_iter().flat_map(|flag| arguments.values(flag)).map(OsStr::to_owned);
    let words: Vec<OsString> = flags.chain(arguments.words.iter().cloned()).collect();
    if words.is_empty() {
        bail!("there are no runs: hotlist diff -self RUN...");
    }
    Ok(words)
}

/// Sets of runs, all of which are loaded.
struct Set {
    /// What people call the runs, by set.
    names: Vec<Vec<String>>,
    /// The runs of all sets, one set after the other.
    loaded: Vec<Loaded>,
}

impl Set {
    fn load(files: &[Vec<OsString>], options: &Options, console: &Console) -> anyhow::Result<Set> {
        let names = files
            .iter()
            .map(|set| set.iter().map(|file| file.to_string_lossy().into_owned()).collect())
            .collect();
        let loaded = load_files(&files.concat(), options, console)?;
        // Runs of one program mostly have the same to say.
        let mut told: Vec<&Note> = Vec::new();
        for note in loaded.iter().flat_map(|loaded| &loaded.notes) {
            if !told.contains(&note) {
                console.note(note);
                told.push(note);
            }
        }
        Ok(Set { names, loaded })
    }

    fn runs(&self, set: usize) -> Vec<LoadedRun<'_>> {
        let before = self.names[..set].iter().map(Vec::len).sum();
        let runs = self.names[set].iter().zip(&self.loaded[before..]);
        runs.map(|(name, loaded)| LoadedRun { name, profile: &loaded.profile }).collect()
    }

    /// The runs of two sets with what their comparison says, to be looked at.
    fn into_profiles(self, verdicts: Verdicts) -> Result<Profiles, Error> {
        let mut objects = None;
        let mut runs = self.loaded.into_iter();
        let [base, new] = [0, 1].map(|set: usize| -> Vec<Part> {
            let names = self.names.get(set).map(Vec::as_slice).unwrap_or_default();
            let part = |(name, loaded): (&String, Loaded)| {
                objects = Some(loaded.objects);
                Part { name: name.clone(), profile: loaded.profile }
            };
            names.iter().zip(runs.by_ref()).map(part).collect()
        });
        Profiles::of_sets(new, base, verdicts, move |profile| {
            let session = Session::new(profile, threads());
            match &objects {
                Some(objects) => session.with_code(CodeFiles::new(Arc::clone(objects), None)),
                None => session,
            }
        })
    }
}

/// Where the answer goes, and in which forms.
struct Outputs {
    /// Files in addition to the text.
    files: Vec<(&'static Drawing, PathBuf)>,
    /// What is written to standard output.
    stdout: Option<&'static Drawing>,
    /// The file for the text, in place of standard output.
    text: Option<PathBuf>,
}

impl Outputs {
    fn of(arguments: &Arguments) -> Result<Outputs, ArgsError> {
        const FORMS: [(&str, &Drawing); 2] =
            [("markdown", &hotlist_render::MARKDOWN), ("json", &hotlist_render::JSON)];
        let text = arguments.options.output.output.clone();
        let mut outputs = Outputs { files: Vec::new(), stdout: None, text };
        for (flag, drawing) in FORMS {
            let Some(file) = arguments.values(flag).last() else { continue };
            if flag == "markdown" && arguments.has("self") {
                return Err(ArgsError::Together { flag: "markdown", other: "self" });
            }
            match (file.to_str(), outputs.stdout) {
                (Some("-"), None) => outputs.stdout = Some(drawing),
                (Some("-"), Some(_)) => {
                    return Err(ArgsError::Together { flag: "markdown=-", other: "json=-" });
                }
                _ => outputs.files.push((drawing, PathBuf::from(file))),
            }
        }
        if outputs.stdout.is_none() && outputs.text.is_none() {
            outputs.stdout = Some(const { &hotlist_render::TEXT });
        }
        Ok(outputs)
    }

    fn write(&self, shape: &Shape<'_>, console: &Console) -> anyhow::Result<()> {
        self.write_files(shape, console)?;
        let Some(drawing) = self.stdout else { return Ok(()) };
        let mut out = console.stdout();
        match drawing.draw(shape, &mut out, &console.context()).and_then(|()| out.flush()) {
            // A reader that has seen enough changes nothing about the answer.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            outcome => Ok(outcome?),
        }
    }

    /// Writes what goes into files, and nothing to standard output.
    fn write_files(&self, shape: &Shape<'_>, console: &Console) -> Result<(), Error> {
        let plain = Context { colour: false, ..console.context() };
        let text = self.text.iter().map(|path| (const { &hotlist_render::TEXT }, path));
        for (drawing, path) in self.files.iter().map(|(drawing, path)| (*drawing, path)).chain(text) {
            into_file(shape, drawing, path, &plain)?;
        }
        Ok(())
    }
}

fn into_file(shape: &Shape<'_>, drawing: &Drawing, path: &Path, context: &Context) -> Result<(), Error> {
    write_beside(path, |out| Ok(drawing.draw(shape, out, context)?))
}
