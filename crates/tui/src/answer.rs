//! Answering what the views ask.

use hotlist_analyze::{Names, NodeTable, weigh_together};
use hotlist_render::{Context, Drawing};
use hotlist_report::{Report, Shape, SourceText};
use hotlist_session::{Error, Note, Profiles, Question, Session, UsageError};

use crate::changes::Changes;
use crate::content::Content;
use crate::facts::Facts;
use crate::pointed::Pointed;
use crate::query::{Query, Topic};
use crate::search::search_pattern;
use crate::tabs::verdicts::VerdictRows;

/// Enough frames for the largest screen: those that are left out are narrower than a cell.
const FRAMES: usize = 5_000;
/// More places than people scroll through.
const PLACES: usize = 2_000;

/// What is said where no sets of runs were compared.
pub(crate) const NO_VERDICTS: &str = "no sets of runs are compared here: hotlist diff -tui does that";

/// The report that shows assembly, where there is one.
pub(crate) const ASSEMBLY: &str = "disasm";

/// Answers `query`, with what should be known beside it.
pub(crate) fn answer(profiles: &Profiles, source: &dyn SourceText, query: &Query) -> (Content, Vec<Note>) {
    let opened = match profiles.open(query.selection) {
        Ok(opened) => opened,
        Err(error) => return (Content::Failed(error.to_string()), Vec::new()),
    };
    if query.topic == Topic::Facts {
        return (Content::Facts(Facts::of(&opened)), Vec::new());
    }
    if let Topic::Verdicts(changes, order) = &query.topic {
        let content = match &opened.verdicts {
            Some(verdicts) => Content::Verdicts(VerdictRows::new(verdicts, *changes, *order)),
            None => Content::Failed(NO_VERDICTS.to_owned()),
        };
        return (content, Vec::new());
    }
    let session = &*opened.session;
    let mut notes = Vec::new();
    let content = question(query).map_err(Error::Usage).and_then(|question| match &query.topic {
        Topic::Matches(text) => {
            // A pattern that is wrong matches nothing.
            let Ok(pattern) = search_pattern(text) else { return Ok(Content::Matches(0)) };
            let is_match = |label: &str| pattern.is_match(label.as_bytes());
            let (_, cum) = weigh(session, &question, is_match, &mut notes)?;
            Ok(Content::Matches(cum))
        }
        Topic::Weights(place) => {
            let (flat, cum) = weigh(session, &question, |label| label == place, &mut notes)?;
            Ok(Content::Weights { flat, cum })
        }
        _ => session.answer(&question, source, &mut notes, |shape| {
            Ok(content(shape, hotlist_render::of_report(question.report)))
        }),
    });
    let mut content = content.unwrap_or_else(|error| Content::Failed(error.to_string()));
    if let (Topic::Top(changes), Content::Top(table)) = (&query.topic, &mut content) {
        table.rows.retain(|row| changes.shows_place(row.compared.as_ref()));
        table.rows.truncate(PLACES);
    }
    (content, notes)
}

/// What the samples weigh in which a place is the leaf for whose label `is_wanted` holds, and what those
/// weigh that pass through one.
fn weigh(
    session: &Session,
    question: &Question,
    is_wanted: impl Fn(&str) -> bool,
    notes: &mut Vec<Note>,
) -> Result<(i64, i64), Error> {
    session.look(question, notes, |view| {
        let table = NodeTable::new(view, question.options.detail, Some(&question.options.path_trim));
        let names = Names::new(&table);
        let chosen: Vec<bool> = table.ids().map(|node| is_wanted(&names.get(node).printable)).collect();
        let weight = weigh_together(&table, &chosen);
        Ok((weight.flat.shown(), weight.cum.shown()))
    })
}

fn question(query: &Query) -> Result<Question, UsageError> {
    let report = |name: &str| -> Result<&'static Report, UsageError> {
        hotlist_report::find(name).ok_or_else(|| UsageError::Other(format!("there is no {name} here")))
    };
    let options = &query.options;
    let mut question = match &query.topic {
        Topic::Flame(path) => {
            let mut question = Question::new(report("flamegraph")?, None, options)?;
            question.options.node_count = FRAMES;
            question.options.flame.frames_only = true;
            question.options.flame.path.clone_from(path);
            question
        }
        Topic::Top(changes) => {
            let mut question = Question::new(report("top")?, None, options)?;
            // What has not changed like this is left out afterwards.
            question.options.node_count = if *changes == Changes::All { PLACES } else { 0 };
            question.options.node_fraction = 0.0;
            question
        }
        Topic::Callers(pattern) => Question::new(report("peek")?, Some(pattern), options)?,
        Topic::Source(pattern) => Question::new(report("list")?, Some(pattern), options)?,
        Topic::Assembly(pattern) => Question::new(report(ASSEMBLY)?, Some(pattern), options)?,
        Topic::Tags => Question::new(report("tags")?, None, options)?,
        Topic::Facts | Topic::Matches(_) | Topic::Weights(_) | Topic::Verdicts(..) => {
            Question::new(report("top")?, None, options)?
        }
    };
    question.exact.extend(query.pointed.iter().map(Pointed::filter));
    question.options.active_filters.extend(query.pointed.iter().map(Pointed::told));
    // One unit for a whole table would not do: what is shown spans many orders of magnitude, and the same
    // number is to read the same in every view.
    if question.options.output_unit == "minimum" {
        "auto".clone_into(&mut question.options.output_unit);
    }
    Ok(question)
}

/// A shape for a view to keep.
fn content(shape: &Shape<'_>, drawing: &Drawing) -> Content {
    match shape {
        Shape::Flame(flame) => Content::Flame(flame.clone()),
        Shape::Table(table) => Content::Top(table.clone()),
        Shape::Neighbours(neighbours) => Content::Callers(neighbours.clone()),
        Shape::Listing(listing) => Content::Source(listing.clone()),
        Shape::Tags(tags) => Content::Tags(tags.clone()),
        other => {
            let mut text = Vec::new();
            match drawing.draw(other, &mut text, &Context::plain()) {
                Ok(()) => Content::Text(String::from_utf8_lossy(&text).lines().map(str::to_owned).collect()),
                Err(error) => Content::Failed(error.to_string()),
            }
        }
    }
}
