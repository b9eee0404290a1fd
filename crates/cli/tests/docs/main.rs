//! What the documentation takes from the code: the reference pages and the tables of `docs/terminal.md`, which
//! `cargo xtask generate` writes, pictures of the terminal, and how fast it answers.

mod measure;
mod pictures;
mod terminal_tables;

use std::fmt::Write;
use std::path::PathBuf;

use hotlist_session::{Group, Options, SHORTCUTS, ValueType};
use hotlist_testkit::golden;

fn docs(path: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs")).join(path)
}

#[test]
fn the_page_of_options_is_that_of_the_table() {
    golden(docs("reference/options.md"), &options());
}

#[test]
fn the_page_of_reports_is_that_of_the_lists() {
    golden(docs("reference/reports.md"), &reports());
}

#[test]
fn the_tables_of_the_terminal_are_those_of_the_code() {
    let page = std::fs::read_to_string(docs("terminal.md")).unwrap();
    golden(docs("terminal.md"), &terminal_tables::fill(&page).unwrap());
}

const NOTICE: &str = "<!-- Made by `cargo xtask generate`; changes here are lost. -->\n\n";

fn options() -> String {
    let mut page = format!("{NOTICE}# Options\n\n");
    page += "Each option is a flag of the command line; flags take one dash or two. \
             The URL key is its name in addresses of the web page.\n";
    for group in Group::ALL {
        let _ = write!(
            page,
            "\n## {}\n\n| Flag | URL key | Default | Meaning |\n|---|---|---|---|\n",
            group.title()
        );
        for option in hotlist_session::ALL.iter().filter(|option| option.group == group) {
            let default = option.get(&Options::default());
            let key = option.url_key.unwrap_or("");
            if let ValueType::Choice(choices) = option.value {
                for choice in choices {
                    let _ = writeln!(
                        page,
                        "| `-{}` | `{key}={}` | | {} |",
                        choice.name, choice.name, choice.help
                    );
                }
                continue;
            }
            let details =
                if option.details.is_empty() { String::new() } else { format!(". {}", option.details) };
            let code = |text: &str| if text.is_empty() { String::new() } else { format!("`{text}`") };
            let _ = writeln!(
                page,
                "| `-{}` | {} | {} | {}{} |",
                option.name,
                code(key),
                code(&default),
                option.help,
                details.replace('|', "\\|")
            );
        }
        for shortcut in SHORTCUTS.iter().filter(|_| group == Group::Value) {
            let _ = writeln!(page, "| `-{}` | | | {} |", shortcut.name, shortcut.help);
        }
    }
    page
}

fn reports() -> String {
    let mut page = format!("{NOTICE}# Reports and forms\n\n## Reports\n\n");
    page += "| Flag | Shows |\n|---|---|\n";
    for report in hotlist_report::ALL {
        let names: Vec<String> =
            [report.name].iter().chain(report.aliases).map(|name| format!("`-{name}`")).collect();
        let _ = writeln!(page, "| {} | {} |", names.join(", "), report.summary);
    }
    page +=
        "\n## Forms\n\nEach report has its own form; `-json`, `-csv` and `-folded` ask for another one.\n\n";
    page += "| Form | What it is | For |\n|---|---|---|\n";
    for drawing in hotlist_render::ALL {
        let shapes: Vec<&str> = drawing.shapes().map(|kind| kind.name()).collect();
        let _ = writeln!(page, "| {} | {} | {} |", drawing.name, drawing.summary, shapes.join(", "));
    }
    page
}
