//! `hotlist convert profile… -o file`: profiles in another format.

use std::path::{Path, PathBuf};

use hotlist_formats::{EXPORTS, Export, export_for_file, export_named};
use hotlist_report::{NoSource, PROTO};
use hotlist_session::{Error, Group, Question, UsageError};
use hotlist_shell::ReportTask;

use crate::args::Arguments;
use crate::commands::{Command, OwnFlag, Takes};
use crate::console::Console;
use crate::delivery::{Face, deliver};
use crate::opening::open;

pub(crate) const COMMAND: Command = Command {
    name: "convert",
    help: "Write profiles in another format, which the name of the file tells, or -to",
    takes: Takes {
        flags: &[
            OwnFlag { name: "o", value_name: "file", help: "Write to this file" },
            OwnFlag {
                name: "to",
                value_name: "format",
                help: "Write this format: proto, folded, speedscope, firefox, otlp, pgo or llvm",
            },
        ],
        ..Takes::profiles(&[Group::Filter, Group::Value, Group::Compare, Group::Source])
    },
    run,
};

fn run(arguments: Arguments, console: &Console) -> anyhow::Result<()> {
    let output = arguments.values("o").last().map(PathBuf::from);
    let named = arguments.values("to").last().map(|name| name.to_string_lossy().into_owned());
    let export =
        export(named.as_deref(), output.as_deref()).map_err(UsageError::Other).map_err(Error::Usage)?;
    let drawing = hotlist_render::find(export.name)
        .ok_or_else(|| UsageError::Other(format!("{} is not written by this build", export.name)))
        .map_err(Error::Usage)?;
    let subject = arguments.subject()?;
    let view = subject.options.view.clone();
    let question = Question::new(&PROTO, None, &view).map_err(Error::Usage)?;
    let session = open(&subject, console)?;
    let mut notes = Vec::new();
    let task = ReportTask { report: &PROTO, argument: None, drawing, viewer: None, view, output };
    let outcome = deliver(&task, Face::CommandLine, console, &mut |out, context| {
        notes.clear();
        session.draw(&question, drawing, &NoSource, out, context, &mut notes)
    });
    notes.iter().for_each(|note| console.note(note));
    std::mem::forget(session);
    Ok(outcome?)
}

/// The format that was named, or that the name of the file tells.
fn export(named: Option<&str>, output: Option<&Path>) -> Result<&'static Export, String> {
    let names = || EXPORTS.iter().map(|export| export.name).collect::<Vec<_>>().join(", ");
    if let Some(name) = named {
        return export_named(name)
            .ok_or_else(|| format!("{name:?} is no format that is written; there are {}", names()));
    }
    let Some(output) = output else {
        return Err(format!("name a file with -o or a format with -to: {}", names()));
    };
    let file_name = output.file_name().unwrap_or_default().to_string_lossy();
    export_for_file(&file_name).ok_or_else(|| {
        let extensions: Vec<String> =
            EXPORTS.iter().flat_map(|export| export.extensions).map(|end| format!(".{end}")).collect();
        format!("the name {file_name:?} tells no format; use -to, or one of {}", extensions.join(" "))
    })
}
