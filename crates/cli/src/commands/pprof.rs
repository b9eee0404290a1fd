//! `hotlist [report] [options] source…`: the command line of pprof. A report is written, the page is served with
//! `-http`, and without either the shell begins.

use hotlist_session::Group;

use crate::args::Arguments;
use crate::commands::{Command, Takes, http, report};
use crate::console::Console;
use crate::shell;

pub(crate) const COMMAND: Command = Command {
    name: "",
    help: "Write a report, serve a page or begin a shell",
    takes: Takes { reports: true, ..Takes::profiles(&Group::ALL) },
    run,
};

fn run(arguments: Arguments, console: &Console) -> anyhow::Result<()> {
    if arguments.report.is_some() {
        report::run(arguments, console)
    } else if arguments.options.output.http.is_empty() {
        shell::run(arguments.subject()?, console)
    } else {
        http::run(&arguments.subject()?, console)
    }
}
