//! `hotlist sql 'select …' profile…`: questions to profiles in SQL.

use std::io::{self, Write};
use std::time::Duration;

use anyhow::bail;
use hotlist_fetch::write_beside;
use hotlist_render::clean;
use hotlist_session::{Group, Session};
use hotlist_sql::{Answer, Database, Source, Value};
use unicode_width::UnicodeWidthStr;

use crate::args::{ArgsError, Arguments};
use crate::commands::{Command, OwnFlag, Takes, Words};
use crate::console::Console;
use crate::duration;
use crate::opening::{load_files, threads};

pub(crate) const COMMAND: Command = Command {
    name: "sql",
    help: "Answer a question to profiles that is asked in SQL",
    takes: Takes {
        options: &[Group::Source],
        flags: &[
            OwnFlag { name: "csv", value_name: "", help: "Write comma-separated values" },
            OwnFlag { name: "json", value_name: "", help: "Write a JSON array of objects" },
            OwnFlag { name: "o", value_name: "file", help: "Write to this file" },
            OwnFlag {
                name: "schema",
                value_name: "",
                help: "List the tables of the profiles; no statement is given",
            },
            OwnFlag {
                name: "time-limit",
                value_name: "duration",
                help: "Stop a statement after this (default 60s)",
            },
        ],
        remarks: &[
            "Each profile is a schema, called after its file; tables of the first one need no schema before them.",
            "  hotlist sql 'select name, flat, cum from nodes where sample_type = \"cpu\" order by cum desc limit 20' cpu.pb.gz",
            "  hotlist sql 'select name, b.cum - a.cum from old.nodes a join new.nodes b using (name)' old.pb.gz new.pb.gz",
        ],
        ..Takes::only(Words::Statement)
    },
    run,
};

/// Rows that are looked at before the first is written, so that columns are wide enough for them.
const LOOK_AHEAD: usize = 1000;
/// The width of a column in which longer texts move what follows.
const MAX_WIDTH: usize = 100;

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Table,
    Csv,
    Json,
}

fn run(arguments: Arguments, console: &Console) -> anyhow::Result<()> {
    let form = match (arguments.has("csv"), arguments.has("json")) {
        (true, true) => return Err(ArgsError::Conflict("csv".to_owned(), "json".to_owned()).into()),
        (true, false) => Form::Csv,
        (false, true) => Form::Json,
        (false, false) => Form::Table,
    };
    let limit = arguments.value("time-limit", duration::parse)?.unwrap_or(Duration::from_mins(1));
    let output = arguments.values("o").last().map(std::path::PathBuf::from);
    let lists_schema = arguments.has("schema");
    let mut words = arguments.words;
    let statement = match words.first() {
        None => return Err(ArgsError::Words(COMMAND.usage()).into()),
        _ if lists_schema => String::new(),
        Some(word) if std::path::Path::new(word).is_file() => {
            bail!("the statement comes first: hotlist {}", COMMAND.usage())
        }
        Some(_) => match words.remove(0).into_string() {
            Ok(statement) => statement,
            Err(_) => bail!("the statement is not UTF-8"),
        },
    };
    if words.is_empty() {
        return Err(ArgsError::NoSource.into());
    }
    let loaded = load_files(&words, &arguments.options, console)?;
    let sources = words.iter().zip(loaded).map(|(file, loaded)| {
        loaded.notes.iter().for_each(|note| console.note(note));
        Source::new(file.to_string_lossy(), Session::new(loaded.profile, threads()))
    });
    let mut database = Database::new(sources.collect())?;
    if lists_schema {
        let mut out = console.stdout();
        for definition in database.definitions() {
            writeln!(out, "{};", clean(&definition))?;
        }
        return Ok(out.flush()?);
    }
    let mut answer = database.query(&statement, limit)?;
    match output {
        None => {
            let mut out = console.stdout();
            write(&mut answer, form, &mut out)?;
            out.flush()?;
        }
        Some(path) => {
            write_beside(&path, |out| write(&mut answer, form, out))?;
        }
    }
    Ok(())
}

fn write(answer: &mut Answer<'_>, form: Form, out: &mut dyn Write) -> anyhow::Result<()> {
    match form {
        Form::Table => write_table(answer, out),
        Form::Csv => write_csv(answer, out),
        Form::Json => write_json(answer, out),
    }
}

fn write_table(answer: &mut Answer<'_>, out: &mut dyn Write) -> anyhow::Result<()> {
    let names: Vec<String> = answer.columns().iter().map(|name| clean(name).into_owned()).collect();
    let mut rows = answer.rows()?;
    let mut ahead = Vec::new();
    for row in rows.by_ref().take(LOOK_AHEAD) {
        ahead.push(row?);
    }
    let mut widths: Vec<usize> = names.iter().map(|name| name.width()).collect();
    let mut is_number = vec![!ahead.is_empty(); names.len()];
    for row in &ahead {
        for (column, value) in row.iter().enumerate() {
            widths[column] = widths[column].max(text(value).width()).min(MAX_WIDTH);
            is_number[column] &= !matches!(value, Value::Text(_));
        }
    }
    let mut line = |cells: &[String]| -> io::Result<()> {
        let mut text = String::new();
        for (column, cell) in cells.iter().enumerate() {
            if column > 0 {
                text += "  ";
            }
            let space = " ".repeat(widths[column].saturating_sub(cell.width()));
            if is_number[column] {
                text += &space;
            }
            text += cell;
            if !is_number[column] {
                text += &space;
            }
        }
        writeln!(out, "{}", text.trim_end())
    };
    line(&names)?;
    for row in ahead.into_iter().map(Ok).chain(rows) {
        line(&row?.iter().map(text).collect::<Vec<_>>())?;
    }
    Ok(())
}

/// A value for people.
fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => number.to_string(),
        Value::Text(text) => clean(text).into_owned(),
    }
}

/// As RFC 4180 has it, with line feeds alone.
fn write_csv(answer: &mut Answer<'_>, out: &mut dyn Write) -> anyhow::Result<()> {
    let names: Vec<String> = answer.columns().iter().map(|name| field(name)).collect();
    writeln!(out, "{}", names.join(","))?;
    for row in answer.rows()? {
        let fields: Vec<String> = row?.iter().map(|value| field(&text(value))).collect();
        writeln!(out, "{}", fields.join(","))?;
    }
    Ok(())
}

fn field(text: &str) -> String {
    let text = clean(text);
    if text.contains([',', '"']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.into_owned() }
}

fn write_json(answer: &mut Answer<'_>, out: &mut dyn Write) -> anyhow::Result<()> {
    let names = answer.columns().to_vec();
    let mut before = "[\n";
    for row in answer.rows()? {
        out.write_all(before.as_bytes())?;
        before = ",\n";
        let mut comma = "{";
        for (name, value) in names.iter().zip(row?) {
            let value = match value {
                Value::Null => serde_json::Value::Null,
                Value::Integer(number) => number.into(),
                Value::Real(number) => number.into(),
                Value::Text(text) => text.into(),
            };
            write!(out, "{comma}{}:{value}", serde_json::Value::from(&**name))?;
            comma = ",";
        }
        out.write_all(b"}")?;
    }
    writeln!(out, "{}", if before == "[\n" { "[]" } else { "\n]" })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_quoted_where_they_have_to_be() {
        for (text, expected) in
            [("a", "a"), ("a,b", "\"a,b\""), ("say \"x\"", "\"say \"\"x\"\"\""), ("a\nb", "a\\nb")]
        {
            assert_eq!(field(text), expected);
        }
    }
}
