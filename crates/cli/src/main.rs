//! hotlist: reads pprof profiles and shows where time and memory go.

#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
mod allocator;
mod args;
mod commands;
mod console;
mod flags;
mod opening;
mod progress;
mod shell;
mod viewer;

use std::process::ExitCode;

use args::Request;
use console::Console;

#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
#[global_allocator]
static ALLOCATOR: allocator::HugePages = allocator::HugePages;

fn main() -> ExitCode {
    let console = Console::of_process();
    let words = std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned());
    let outcome = match args::parse(words) {
        Ok(Request::Help(topic)) => commands::help::run(topic.as_deref(), &console),
        Ok(Request::Version) => commands::version::run(&console),
        Ok(Request::Completions(shell)) => commands::completions::run(shell, &console),
        Ok(Request::Man) => commands::man::run(&console),
        Ok(Request::Http(subject)) => commands::http::run(&subject, &console),
        Ok(Request::Report(request)) => commands::report::run(&request, &console),
        Ok(Request::Symbols(request)) => commands::symbols::run(&request, &console),
        Ok(Request::Shell(subject)) => shell::run(*subject, &console),
        Ok(Request::FullScreen(subject)) => commands::tui::run(*subject, &console),
        Err(error) => Err(error.into()),
    };
    console.exit_code(outcome)
}
