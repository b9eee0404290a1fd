//! What the views ask of a session, and what they get.

use hotlist_analyze::{Names, NodeTable};
use hotlist_pattern::Pattern;
use hotlist_render::{Context, Drawing};
use hotlist_report::{FlameGraph, Header, Listing, Neighbours, Report, Shape, SourceText, Table, Tags};
use hotlist_session::{Error, Note, Question, Session, UsageError, ViewOptions};

/// A question of a view.
#[derive(Debug, Clone, PartialEq)]
pub struct Ask {
    /// What is asked.
    pub kind: Kind,
    /// How the profile is looked at.
    pub options: ViewOptions,
}

/// What a view can ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// The flame graph below the frame that this way of places leads to.
    Flame(Vec<usize>),
    /// The heaviest places.
    Top,
    /// Callers and callees of the places that match a pattern.
    Callers(String),
    /// Source code of the functions that match a pattern.
    Source(String),
    /// Assembly of the functions that match a pattern.
    Assembly(String),
    /// The tags.
    Tags,
    /// How much goes through the places that match a pattern.
    Matches(String),
}

/// What a view gets.
#[derive(Debug, Clone)]
pub enum Answer {
    /// A flame graph.
    Flame(FlameGraph),
    /// The heaviest places.
    Top(Table),
    /// Callers and callees.
    Callers(Neighbours),
    /// Source code.
    Source(Listing),
    /// A report as text, for shapes that have no view of their own.
    Text(Vec<String>),
    /// Tags.
    Tags(Tags),
    /// The weight of what passes through matches.
    Matches(i64),
    /// There is no answer.
    Failed(String),
}

impl Answer {
    /// What the answer says about the profile.
    pub fn header(&self) -> Option<&Header> {
        match self {
            Answer::Flame(flame) => Some(&flame.header),
            Answer::Top(table) => Some(&table.header),
            Answer::Callers(neighbours) => Some(&neighbours.header),
            Answer::Source(listing) => Some(&listing.header),
            Answer::Tags(tags) => Some(&tags.header),
            Answer::Text(_) | Answer::Matches(_) | Answer::Failed(_) => None,
        }
    }
}

/// Enough frames for the largest screen: those that are left out are narrower than a cell.
const FRAMES: usize = 5_000;
/// More places than anybody scrolls through.
const PLACES: usize = 2_000;

/// The report that shows assembly, where there is one.
pub(crate) const ASSEMBLY: &str = "disasm";

/// Answers `ask`, with what should be known beside it.
pub(crate) fn answer(session: &Session, source: &dyn SourceText, ask: &Ask) -> (Answer, Vec<Note>) {
    let mut notes = Vec::new();
    let answer = question(ask).map_err(Error::Usage).and_then(|question| match &ask.kind {
        Kind::Matches(pattern) => matches(session, &question, pattern, &mut notes),
        _ => session.answer(&question, source, &mut notes, |shape| {
            Ok(owned(shape, hotlist_render::of_report(question.report)))
        }),
    });
    (answer.unwrap_or_else(|error| Answer::Failed(error.to_string())), notes)
}

/// What is searched for when people type `text`: capitals count only where one is typed, as in many editors.
///
/// # Errors
/// When it is no regular expression.
pub(crate) fn search_pattern(text: &str) -> Result<Pattern, hotlist_pattern::Error> {
    match text.chars().any(char::is_uppercase) {
        true => Pattern::new(text),
        false => Pattern::new(&format!("(?i){text}")),
    }
}

/// What the samples weigh that pass through a match.
fn matches(
    session: &Session,
    question: &Question,
    text: &str,
    notes: &mut Vec<Note>,
) -> Result<Answer, Error> {
    let Ok(pattern) = search_pattern(text) else { return Ok(Answer::Matches(0)) };
    session.look(question, notes, |view| {
        let table = NodeTable::new(view, question.options.detail, Some(&question.options.path_trim));
        let names = Names::new(&table);
        let is_match = |node| pattern.is_match(names.get(node).printable.as_bytes());
        let chosen: Vec<bool> = table.ids().map(is_match).collect();
        Ok(Answer::Matches(table.weigh_together(&chosen).cum.shown()))
    })
}

fn question(ask: &Ask) -> Result<Question, UsageError> {
    let report = |name: &str| -> Result<&'static Report, UsageError> {
        hotlist_report::find(name).ok_or_else(|| UsageError::Other(format!("there is no {name} here")))
    };
    let options = &ask.options;
    match &ask.kind {
        Kind::Flame(path) => {
            let mut question = Question::new(report("flamegraph")?, None, options)?;
            question.options.node_count = FRAMES;
            question.options.flame.path.clone_from(path);
            Ok(question)
        }
        Kind::Top => {
            let mut question = Question::new(report("top")?, None, options)?;
            question.options.node_count = PLACES;
            question.options.node_fraction = 0.0;
            Ok(question)
        }
        Kind::Callers(pattern) => Question::new(report("peek")?, Some(pattern), options),
        Kind::Source(pattern) => Question::new(report("list")?, Some(pattern), options),
        Kind::Assembly(pattern) => Question::new(report(ASSEMBLY)?, Some(pattern), options),
        Kind::Tags => Question::new(report("tags")?, None, options),
        Kind::Matches(_) => Question::new(report("top")?, None, options),
    }
}

/// A shape for a view to keep.
fn owned(shape: &Shape<'_>, drawing: &Drawing) -> Answer {
    match shape {
        Shape::Flame(flame) => Answer::Flame(flame.clone()),
        Shape::Table(table) => Answer::Top(table.clone()),
        Shape::Neighbours(neighbours) => Answer::Callers(neighbours.clone()),
        Shape::Listing(listing) => Answer::Source(listing.clone()),
        Shape::Tags(tags) => Answer::Tags(tags.clone()),
        other => {
            let mut text = Vec::new();
            match drawing.draw(other, &mut text, &Context::plain()) {
                Ok(()) => Answer::Text(String::from_utf8_lossy(&text).lines().map(str::to_owned).collect()),
                Err(error) => Answer::Failed(error.to_string()),
            }
        }
    }
}
