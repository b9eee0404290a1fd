//! The routes below `/api/v1/`, and those that change the settings.

use std::io::{self, Write};
use std::sync::Arc;

use hotlist_analyze::{NodeInfo, PlaceKey};
use hotlist_render::{Context, Drawing};
use hotlist_report::{Argument, Report, ShapeKind};
use hotlist_session::{Error, Note, OpenProfile, PRESETS, Question, ValueType, folded_pattern};
use hyper::StatusCode;
use serde_json::{Value, json};

use crate::pointed;
use crate::profile_facts::ProfileFacts;
use crate::query::{self, Query};
use crate::response::{Answer, JSON};
use crate::search;
use crate::shared::Shared;
use crate::timeline;
use crate::verdicts;

/// Grows when a field of an answer changes its meaning or goes.
pub(crate) const VERSION: u32 = 1;

/// The largest answer for the page, in bytes.
const LARGEST_VIEW: usize = 24 << 20;
/// The largest file to keep, in bytes.
const LARGEST_FILE: usize = 512 << 20;

/// The most frames of a flame graph in one answer.
const MOST_FRAMES: usize = 100_000;

/// Parameters of routes that are no options: which profile, what was typed or pointed at, which flame graph, and how
/// many slices of time.
const OWN_KEYS: [&str; 8] = ["profile", "base", "q", "of", "pivot", "path", "marks", "bins"];

/// Answers `/api/v1/<path>`.
pub(crate) fn answer(shared: &Shared, path: &str, query: &Query) -> Answer {
    match path {
        "" => return index(),
        "profile" => return facts(shared, query),
        "tried" => return tried(shared, query),
        "configs" => return configs(shared),
        _ => {}
    }
    let cached = |compute: &dyn Fn() -> Answer| {
        shared.answers.get(&format!("{path}?{}", query.canonical(&OWN_KEYS)), compute)
    };
    match path {
        "search" => return cached(&|| search::answer(shared, query)),
        "timeline" => return cached(&|| timeline::answer(shared, query)),
        "verdicts" => return cached(&|| verdicts::answer(shared, query)),
        _ => {}
    }
    let (report, drawing) = path.split_once('/').unwrap_or((path, "json"));
    let Some(report) = hotlist_report::find(report) else {
        return Answer::error(StatusCode::NOT_FOUND, "there is no such report");
    };
    match hotlist_render::find(drawing) {
        Some(json) if *json == hotlist_render::JSON => cached(&|| view(shared, report, json, query)),
        // The drawing that the page shows.
        Some(svg) if *svg == hotlist_render::SVG && report.shape == ShapeKind::Graph => {
            cached(&|| file(shared, report, svg, query))
        }
        Some(drawing) => file(shared, report, drawing, query),
        None => Answer::error(StatusCode::NOT_FOUND, "there is no such drawing"),
    }
}

pub(crate) fn ok(value: &Value) -> Answer {
    Answer::new(StatusCode::OK, JSON, value.to_string())
}

/// What this interface knows, for the page and for programs that look before they ask.
fn index() -> Answer {
    let reports: Vec<Value> = hotlist_report::ALL
        .iter()
        .map(|report| {
            let needs_pattern = report.argument == Argument::Pattern;
            json!({ "name": report.name, "summary": report.summary, "needs_pattern": needs_pattern })
        })
        .collect();
    let drawings: Vec<Value> = hotlist_render::ALL
        .iter()
        .map(|drawing| {
            let shapes: Vec<&str> = drawing.shapes().map(ShapeKind::name).collect();
            json!({ "name": drawing.name, "summary": drawing.summary, "shapes": shapes })
        })
        .collect();
    let options: Vec<Value> = query::keys()
        .map(|(option, key)| {
            let choices: Vec<&str> = match option.value {
                ValueType::Choice(choices) => choices.iter().map(|choice| choice.name).collect(),
                _ => Vec::new(),
            };
            let is_switch = option.is_switch();
            json!({
                "key": key, "name": option.name, "help": option.help, "details": option.details,
                "choices": choices, "switch": is_switch,
            })
        })
        .collect();
    let presets: Vec<Value> =
        PRESETS.iter().map(|preset| json!({ "name": preset.name, "help": preset.help })).collect();
    ok(&json!({
        "version": VERSION, "program": format!("hotlist {}", env!("CARGO_PKG_VERSION")),
        "reports": reports, "drawings": drawings, "options": options, "presets": presets,
    }))
}

fn facts(shared: &Shared, query: &Query) -> Answer {
    match shared.chosen(query) {
        Ok(opened) => {
            let facts = ProfileFacts::of(&opened, shared);
            ok(&json!({ "version": VERSION, "shape": "facts", "profile": facts }))
        }
        Err(why) => Answer::error(StatusCode::BAD_REQUEST, &why),
    }
}

/// The files that are looked at for a source file that the profile names.
fn tried(shared: &Shared, query: &Query) -> Answer {
    let Some(file) = query.get("file") else {
        return Answer::error(StatusCode::BAD_REQUEST, "file: a path is needed");
    };
    let tried: Vec<_> =
        shared.site.source.tried(file).iter().map(|path| path.to_string_lossy().into_owned()).collect();
    ok(&json!({ "version": VERSION, "shape": "tried", "file": file, "tried": tried }))
}

/// The question that a query puts to a report, and the profile that it is about.
pub(crate) fn question(
    shared: &Shared,
    report: &'static Report,
    query: &Query,
) -> Result<(Arc<OpenProfile>, Question), Box<Answer>> {
    let wrong = |why: &str| Box::new(Answer::error(StatusCode::BAD_REQUEST, why));
    let opened = shared.chosen(query).map_err(|why| wrong(&why))?;
    let options = query.apply(&shared.base).map_err(|why| wrong(&why))?;
    let argument = argument(report, query).map_err(|why| wrong(&why))?;
    if report.argument == Argument::Pattern && argument.is_none() {
        return Err(wrong("q: a regular expression is needed"));
    }
    let mut question =
        Question::new(report, argument.as_deref(), &options).map_err(|why| wrong(&why.to_string()))?;
    if report.shape == ShapeKind::Flame {
        // The whole tree of a large profile would need many times the memory of the profile.
        let count = &mut question.options.node_count;
        *count = if *count == 0 { MOST_FRAMES } else { (*count).min(MOST_FRAMES) };
    }
    query.get("pivot").unwrap_or_default().clone_into(&mut question.options.flame.pivot);
    if let Some(path) = query.get("path") {
        let ids: Result<Vec<usize>, _> = path.split(',').map(str::parse).collect();
        question.options.flame.path = ids.map_err(|_| wrong("path: must be numbers with commas between"))?;
    }
    if let Some(text) = query.get("marks") {
        let pattern = folded_pattern(text).map_err(|error| wrong(&format!("marks: {error}")))?;
        question.options.flame.marks = Some(pattern);
    }
    pointed::add_filters(&mut question, query, opened.session.profile()).map_err(|why| wrong(&why))?;
    Ok((opened, question))
}

/// The pattern of a report: what was pointed at, or what was typed.
fn argument(report: &Report, query: &Query) -> Result<Option<String>, String> {
    if let Some(text) = query.get("of") {
        let key: PlaceKey = text.parse().map_err(|error| format!("of: {error}"))?;
        // Neighbours are told by what places are called, code by the names of functions.
        let name = if report.shape == ShapeKind::Neighbours || key.function.is_empty() {
            label_of(key)
        } else {
            key.function
        };
        return Ok(Some(format!("^{}$", hotlist_pattern::escape(&name))));
    }
    // pprof's addresses of these views have the pattern where the focus is.
    Ok(query.get("q").or_else(|| query.all("f").last()).map(str::to_owned))
}

/// What reports call a place.
fn label_of(key: PlaceKey) -> String {
    let PlaceKey { function, file, line, column, address, object } = key;
    NodeInfo { name: function, file, line, column, address, object, start_line: 0 }.printable_name()
}

fn view(shared: &Shared, report: &'static Report, drawing: &Drawing, query: &Query) -> Answer {
    match draw(shared, report, drawing, query, LARGEST_VIEW) {
        Ok((bytes, notes)) => Answer::new(StatusCode::OK, JSON, bytes).with_notes(&notes),
        Err(refusal) => *refusal,
    }
}

fn file(shared: &Shared, report: &'static Report, drawing: &Drawing, query: &Query) -> Answer {
    let content_type = match drawing.media_type {
        // Pages with scripts are files to keep: they must never be opened from this origin.
        page if page.starts_with("text/html") => "application/octet-stream",
        other => other,
    };
    match draw(shared, report, drawing, query, LARGEST_FILE) {
        Ok((bytes, notes)) => Answer::new(StatusCode::OK, content_type, bytes)
            .named(&format!("{}.{}", report.name, drawing.extension))
            .with_notes(&notes),
        Err(refusal) => *refusal,
    }
}

fn draw(
    shared: &Shared,
    report: &'static Report,
    drawing: &Drawing,
    query: &Query,
    largest: usize,
) -> Result<(Vec<u8>, Vec<String>), Box<Answer>> {
    let (opened, mut question) = question(shared, report, query)?;
    // The page asks for what it searches.
    question.options.flame.frames_only = *drawing == hotlist_render::JSON;
    let mut out = Bounded { bytes: Vec::new(), largest, is_full: false };
    let mut notes = Vec::new();
    let drawn =
        opened.session.draw(&question, drawing, &shared.site.source, &mut out, &Context::plain(), &mut notes);
    match drawn {
        Ok(()) => Ok((out.bytes, texts(notes))),
        Err(_) if out.is_full => {
            let why = format!(
                "the answer is larger than {} MB: ask for less, or use the command line",
                largest >> 20
            );
            Err(Box::new(Answer::error(StatusCode::PAYLOAD_TOO_LARGE, &why)))
        }
        Err(error) => Err(Box::new(failure(&error))),
    }
}

/// The answer to a question that has none.
pub(crate) fn failure(error: &Error) -> Answer {
    let status = match error {
        Error::Usage(_) | Error::Drawing { .. } => StatusCode::BAD_REQUEST,
        Error::Report(_) => StatusCode::UNPROCESSABLE_ENTITY,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    };
    Answer::error(status, &error.to_string())
}

pub(crate) fn texts(notes: Vec<Note>) -> Vec<String> {
    notes
        .into_iter()
        .map(|note| match note {
            Note::Info(text) | Note::Warning(text) => text,
        })
        .collect()
}

/// The profile as it was loaded, whatever the options say.
pub(crate) fn whole_profile(shared: &Shared, query: &Query) -> Answer {
    let opened = match shared.chosen(query) {
        Ok(opened) => opened,
        Err(why) => return Answer::error(StatusCode::BAD_REQUEST, &why),
    };
    let mut out = Bounded { bytes: Vec::new(), largest: LARGEST_FILE, is_full: false };
    let drawing = const { &hotlist_render::PROTO };
    let question = match Question::new(const { &hotlist_report::PROTO }, None, &shared.base) {
        Ok(question) => question,
        Err(why) => return Answer::error(StatusCode::BAD_REQUEST, &why.to_string()),
    };
    let source = &shared.site.source;
    match opened.session.draw(&question, drawing, source, &mut out, &Context::plain(), &mut Vec::new()) {
        Ok(()) => Answer::new(StatusCode::OK, drawing.media_type, out.bytes).named("profile.pb.gz"),
        Err(error) => failure(&error),
    }
}

/// Bytes in memory, up to a limit.
struct Bounded {
    bytes: Vec<u8>,
    largest: usize,
    is_full: bool,
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + bytes.len() > self.largest {
            self.is_full = true;
            return Err(io::Error::other("too large"));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn configs(shared: &Shared) -> Answer {
    let list = match &shared.site.settings {
        Some(settings) => settings.list(),
        None => Ok(Vec::new()),
    };
    match list {
        Ok(configs) => {
            let configs: Vec<Value> = configs
                .into_iter()
                .map(|(name, view)| {
                    let parameters: serde_json::Map<String, Value> = query::parameters(&view)
                        .into_iter()
                        .map(|(key, value)| (key.to_owned(), Value::String(value)))
                        .collect();
                    json!({ "name": name, "parameters": parameters })
                })
                .collect();
            ok(&json!({ "version": VERSION, "shape": "configs", "configs": configs }))
        }
        Err(error) => Answer::error(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

/// Changes the settings by `change`, which is given the name of a configuration.
fn edit(
    shared: &Shared,
    query: &Query,
    change: impl FnOnce(&crate::Settings, &str) -> io::Result<()>,
) -> Answer {
    let Some(settings) = &shared.site.settings else {
        return Answer::error(StatusCode::INTERNAL_SERVER_ERROR, "there is no folder for settings");
    };
    let Some(name) = query.get("config") else {
        return Answer::error(StatusCode::BAD_REQUEST, "config: a name is needed");
    };
    match change(settings, name) {
        Ok(()) => ok(&json!({ "version": VERSION })),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Answer::error(StatusCode::BAD_REQUEST, &error.to_string())
        }
        Err(error) => Answer::error(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

/// Keeps the options of the query under the name `config`.
pub(crate) fn save_config(shared: &Shared, query: &Query) -> Answer {
    match query.apply(&shared.base) {
        Ok(view) => edit(shared, query, |settings, name| settings.save(name, &view)),
        Err(why) => Answer::error(StatusCode::BAD_REQUEST, &why),
    }
}

/// Forgets the configuration `config`.
pub(crate) fn delete_config(shared: &Shared, query: &Query) -> Answer {
    edit(shared, query, |settings, name| settings.delete(name))
}
