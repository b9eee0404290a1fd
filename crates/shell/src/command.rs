//! The commands, from the lists of reports and drawings.

use hotlist_render::Drawing;
use hotlist_report::{Argument, Report};

/// A command of the shell.
#[derive(Debug, Clone, Copy)]
pub struct Command {
    /// Its name.
    pub name: &'static str,
    /// What it does, in a line.
    pub summary: &'static str,
    /// What happens when it is given.
    pub action: Action,
}

/// What a command asks for.
#[derive(Debug, Clone, Copy)]
pub enum Action {
    /// Answers a report.
    Report {
        /// The report.
        report: &'static Report,
        /// How it is written down.
        drawing: &'static Drawing,
        /// Another program that shows it.
        viewer: Option<Viewer>,
    },
    /// Shows the view on the full screen.
    FullScreen,
    /// Lists the variables.
    Options,
    /// Explains commands and variables.
    Help,
    /// Ends the shell.
    Quit,
}

/// A program that people look at files with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Viewer {
    /// Whichever browser there is.
    Browser,
    /// The program with this name.
    Program(&'static str),
}

/// Commands that hand a drawing to a program: name, drawing, program, what it does.
const VIEWERS: [(&str, &str, Viewer, &str); 5] = [
    ("web", "svg", Viewer::Browser, "The call graph in a browser"),
    ("eog", "svg", Viewer::Program("eog"), "The call graph in eog"),
    ("evince", "pdf", Viewer::Program("evince"), "The call graph in evince"),
    ("gv", "ps", Viewer::Program("gv"), "The call graph in gv"),
    ("kcachegrind", "callgrind", Viewer::Program("kcachegrind"), "The call graph in KCachegrind"),
];

/// Commands that are neither reports nor drawings.
const WORDS: [(&str, Action, &str); 8] = [
    ("tui", Action::FullScreen, "Look at the profile on the full screen"),
    ("o", Action::Options, "List the variables and their values"),
    ("options", Action::Options, "List the variables and their values"),
    ("help", Action::Help, "Explain the commands and variables, or one of them"),
    ("?", Action::Help, "Explain the commands and variables, or one of them"),
    ("exit", Action::Quit, "Leave the shell, as does Ctrl-D"),
    ("quit", Action::Quit, "Leave the shell, as does Ctrl-D"),
    ("q", Action::Quit, "Leave the shell, as does Ctrl-D"),
];

/// Every command: reports, drawings of the report that suits them, viewers, words.
pub fn commands() -> Vec<Command> {
    let mut commands: Vec<Command> = Vec::new();
    for report in hotlist_report::ALL {
        let names = [report.name].into_iter().chain(report.aliases.iter().copied());
        let drawing = hotlist_render::of_report(report);
        commands.extend(names.map(|name| Command {
            name,
            summary: report.summary,
            action: Action::Report { report, drawing, viewer: None },
        }));
    }
    for drawing in hotlist_render::ALL {
        let is_taken = commands.iter().any(|command| command.name == drawing.name);
        if let (false, Some(report)) = (is_taken, drawing.report()) {
            let action = Action::Report { report, drawing, viewer: None };
            commands.push(Command { name: drawing.name, summary: drawing.summary, action });
        }
    }
    for (name, drawing, viewer, summary) in VIEWERS {
        let is_taken = commands.iter().any(|command| command.name == name);
        if let (false, Some(drawing)) = (is_taken, hotlist_render::find(drawing))
            && let Some(report) = drawing.report()
        {
            commands.push(Command {
                name,
                summary,
                action: Action::Report { report, drawing, viewer: Some(viewer) },
            });
        }
    }
    commands.extend(WORDS.map(|(name, action, summary)| Command { name, summary, action }));
    commands
}

/// The command with this name.
pub fn find(name: &str) -> Option<Command> {
    commands().into_iter().find(|command| command.name == name)
}

impl Command {
    /// Whether a pattern must follow.
    pub fn takes_pattern(&self) -> bool {
        matches!(self.action, Action::Report { report, .. } if report.argument == Argument::Pattern)
    }

    /// How it is used, for the help.
    pub fn usage(&self) -> String {
        let name = self.name;
        match self.action {
            Action::Report { .. } if self.takes_pattern() => {
                format!("{name} <regexp> [n] [focus]... [-ignore]... [> file]")
            }
            Action::Report { .. } if name == "tags" => {
                format!("{name} [tagfocus]... [-tagignore]... [> file]")
            }
            Action::Report { .. } => format!("{name} [n] [focus]... [-ignore]... [-cum] [> file]"),
            Action::Help => format!("{name} [command or variable]"),
            Action::FullScreen | Action::Options | Action::Quit => name.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_explained() {
        let mut names: Vec<&str> = commands().iter().map(|command| command.name).collect();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
        assert!(commands().iter().all(|command| !command.summary.is_empty()));
    }

    #[test]
    fn drawings_show_reports_that_they_can_draw() {
        let report = |name: &str| match find(name).map(|command| command.action) {
            Some(Action::Report { report, .. }) => report.name,
            other => panic!("{name}: {other:?}"),
        };
        assert_eq!(report("json"), "top");
        assert_eq!(report("csv"), "top");
        assert_eq!(report("folded"), "traces");
        assert_eq!(report("kcachegrind"), "callgrind");
        assert_eq!(report("web"), "dot");
        assert_eq!(report("text"), "top");
    }
}
