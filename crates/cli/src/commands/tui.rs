//! `hotlist tui profile`: the profile on the full screen.

use std::sync::Arc;

use hotlist_session::{Group, Profiles, ViewOptions};
use hotlist_tui::{Signals, Source, fit_for};

use crate::args::Arguments;
use crate::commands::{Command, Takes};
use crate::console::Console;
use crate::environment;
use crate::opening::{open_profiles, source_files};

/// What can be changed at the screen, and where profiles come from.
const OPTIONS: &[Group] = &[
    Group::Filter,
    Group::Value,
    Group::Granularity,
    Group::Display,
    Group::Tags,
    Group::Compare,
    Group::Source,
    Group::Code,
];

pub(crate) const COMMAND: Command = Command {
    name: "tui",
    help: "Look at profiles on the full screen of the terminal",
    takes: Takes::profiles(OPTIONS),
    run,
};

fn run(arguments: Arguments, console: &Console) -> anyhow::Result<()> {
    let subject = arguments.subject()?;
    fit_for(environment::text)?;
    let profiles = Arc::new(open_profiles(&subject, console)?);
    let source: Source = Arc::new(source_files(&subject.options.view));
    let outcome = show(&profiles, subject.options.view, &source, &Signals::new()?);
    // The process is about to end and the system takes its memory back faster than we could.
    std::mem::forget(profiles);
    outcome
}

/// Shows profiles that are loaded until people have seen enough.
pub(crate) fn show(
    profiles: &Arc<Profiles>,
    options: ViewOptions,
    source: &Source,
    signals: &Signals,
) -> anyhow::Result<()> {
    let colours = fit_for(environment::text)?;
    Ok(hotlist_tui::run(profiles, options, source, colours, signals)?)
}
