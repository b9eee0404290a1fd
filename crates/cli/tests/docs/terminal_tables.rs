//! The tables of `docs/terminal.md`: commands, variables and keys, from the code. The text around them is
//! written by hand.

use std::fmt::Write;

use anyhow::Context;
use hotlist_shell::{DOCUMENTED_WORDS, Variable, commands, variables};
use hotlist_tui::keys::{ALL, Group, MOUSE};

/// `page` with its tables made anew.
pub(crate) fn fill(page: &str) -> anyhow::Result<String> {
    let words: Vec<(String, String)> =
        DOCUMENTED_WORDS.iter().map(|(word, meaning)| (format!("`{word}`"), (*meaning).to_owned())).collect();
    let mouse: Vec<(String, String)> =
        MOUSE.iter().map(|(what, meaning)| ((*what).to_owned(), (*meaning).to_owned())).collect();
    let mut page = page.to_owned();
    for (name, table) in [
        ("commands", table(["Command", "Does"], &command_rows())),
        ("words", table(["Word", "Means"], &words)),
        ("variables", table(["Variable", "Means"], &variable_rows())),
        ("keys", keys()),
        ("mouse", table(["Mouse", "Does"], &mouse)),
    ] {
        page = replaced(&page, name, &table)?;
    }
    Ok(page)
}

/// `page` with `text` between the marks of this name.
fn replaced(page: &str, name: &str, text: &str) -> anyhow::Result<String> {
    let begin = format!("<!-- begin {name}: made by `cargo xtask generate` -->\n");
    let end = format!("<!-- end {name} -->");
    let (before, rest) = page.split_once(&begin).with_context(|| format!("no mark begins {name}"))?;
    let (_, after) = rest.split_once(&end).with_context(|| format!("no mark ends {name}"))?;
    Ok(format!("{before}{begin}{text}{end}{after}"))
}

fn table([left, right]: [&str; 2], rows: &[(String, String)]) -> String {
    let mut table = format!("| {left} | {right} |\n|---|---|\n");
    for (name, meaning) in rows {
        let _ = writeln!(table, "| {} | {} |", name.replace('|', "\\|"), meaning.replace('|', "\\|"));
    }
    table
}

fn command_rows() -> Vec<(String, String)> {
    let mut rows: Vec<(String, String)> = Vec::new();
    for command in commands() {
        let name = format!("`{}`", command.usage());
        match rows.iter_mut().find(|(_, meaning)| meaning == command.summary) {
            Some((names, _)) => {
                names.push_str(", ");
                names.push_str(&format!("`{}`", command.name));
            }
            None => rows.push((name, command.summary.to_owned())),
        }
    }
    rows
}

fn variable_rows() -> Vec<(String, String)> {
    let mut variables = variables();
    variables.sort_by_key(Variable::name);
    let (choices, others): (Vec<_>, Vec<_>) =
        variables.into_iter().partition(|variable| matches!(variable, Variable::Choice(..)));
    let rows = others.iter().map(|variable| {
        let mut meaning = variable.help().to_owned();
        if !variable.details().is_empty() {
            let _ = write!(meaning, ". {}", variable.details());
        }
        for choice in &choices {
            if let (Variable::Option(option), Variable::Choice(of, choice)) = (variable, choice)
                && option.name == of.name
            {
                let _ = write!(meaning, "; `{}`: {}", choice.name, choice.help);
            }
        }
        (format!("`{}`", variable.name()), meaning)
    });
    rows.collect()
}

fn keys() -> String {
    let mut rows = Vec::new();
    for group in Group::ALL {
        rows.push((format!("**{}**", group.title()), String::new()));
        let bindings = ALL.iter().filter(|binding| binding.group == group);
        rows.extend(bindings.map(|binding| (format!("`{}`", binding.name), binding.meaning.to_owned())));
    }
    table(["Key", "Does"], &rows)
}
