//! Reference pages that are made from the code, so that they cannot be out of date.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use hotlist_session::{Field, Options};

/// Writes the pages.
pub(crate) fn write(root: &Path) -> anyhow::Result<()> {
    for (path, text) in pages(root)? {
        fs::create_dir_all(root.join("docs/reference"))?;
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

/// Fails when a page is not what it would be if written now.
pub(crate) fn compare(root: &Path) -> anyhow::Result<()> {
    for (path, text) in pages(root)? {
        if fs::read_to_string(&path).unwrap_or_default() != text {
            bail!("{} is out of date: run cargo xtask generate", path.display());
        }
    }
    Ok(())
}

fn pages(root: &Path) -> anyhow::Result<Vec<(PathBuf, String)>> {
    let folder = root.join("docs/reference");
    let terminal = root.join("docs/terminal.md");
    let page =
        fs::read_to_string(&terminal).with_context(|| format!("cannot read {}", terminal.display()))?;
    Ok(vec![
        (folder.join("options.md"), options()),
        (folder.join("reports.md"), reports()),
        (terminal, crate::terminal_tables::fill(&page)?),
    ])
}

const NOTICE: &str = "<!-- Made by `cargo xtask generate`; changes here are lost. -->\n\n";

fn options() -> String {
    let mut page = format!("{NOTICE}# Options\n\n");
    page += "Each option is a flag of the command line; flags take one dash or two. \
             The URL key is its name in addresses of the web page.\n";
    let mut groups: Vec<_> = hotlist_session::ALL.iter().map(|option| option.group).collect();
    groups.sort_unstable();
    groups.dedup();
    for group in groups {
        let _ = write!(
            page,
            "\n## {}\n\n| Flag | URL key | Default | Meaning |\n|---|---|---|---|\n",
            group.title()
        );
        for option in hotlist_session::ALL.iter().filter(|option| option.group == group) {
            let default = option.get(&Options::default());
            let key = option.url_key.unwrap_or("");
            if let Field::Choice(choices) = option.field {
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
    page += "\n## Forms\n\nA report has a form of its own; `-json`, `-csv` and `-folded` ask for another one.\n\n";
    page += "| Form | What it is | For |\n|---|---|---|\n";
    for drawing in hotlist_render::ALL {
        let shapes: Vec<&str> = drawing.shapes().map(|kind| kind.name()).collect();
        let _ = writeln!(page, "| {} | {} | {} |", drawing.name, drawing.summary, shapes.join(", "));
    }
    page
}
