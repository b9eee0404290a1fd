//! hotlist: reads pprof profiles and shows where time and memory go.

mod args;
mod commands;
mod console;
mod delivery;
mod duration;
mod environment;
mod flags;
mod opening;
mod progress;
mod shell;
mod viewer;

use std::process::ExitCode;

use args::Invocation;
use console::Console;

fn main() -> ExitCode {
    let console = Console::of_process();
    let outcome = match args::parse(std::env::args_os().skip(1)) {
        Ok(Invocation { command, arguments }) => (command.run)(arguments, &console),
        Err(error) => Err(error.into()),
    };
    console.exit_code(outcome)
}
