//! Drawings: from a [`Shape`] to bytes.
//!
//! A drawing sees a shape and a writer, never the profile or the options, so each serves every report
//! of the shapes it accepts. Adding one means a file here and a line in [`ALL`].
//!
//! Names come from strangers. What is drawn for people has control characters replaced by their
//! escapes, and each language of output gets its own quoting.

mod callgrind;
mod clean;
mod code_page;
mod code_text;
mod colour;
pub mod comparison_words;
mod csv;
mod dot;
mod export;
mod flame;
mod folded;
mod font;
pub mod graph;
#[cfg(feature = "raster")]
mod image;
mod json;
mod legend;
mod markdown;
pub mod page;
#[cfg(feature = "pdf")]
mod pdf;
mod picture;
mod policy;
mod postscript;
mod profile_json;
mod proto;
mod short_name;
mod svg;
mod tag_boxes;
mod text;

use std::io::{self, Write};

use hotlist_profile::Profile;
use hotlist_report::compare::{Comparison, Sensitivity};
use hotlist_report::{
    Assembly, CallGraph, FlameGraph, Listing, Neighbours, Notes, Report, Shape, ShapeKind, Stacks, Table,
    Tags,
};
use jiff::tz::TimeZone;

pub use clean::clean;
pub use csv::DRAWING as CSV;
pub use flame::package_of;
pub use json::DRAWING as JSON;
pub use legend::profile_lines;
pub use markdown::DRAWING as MARKDOWN;
pub use proto::DRAWING as PROTO;
pub use short_name::short_name;
pub use svg::DRAWING as SVG;
pub use text::DRAWING as TEXT;

/// The function of a drawing that writes shapes of one kind.
type Draw<S> = fn(&S, &mut dyn Write, &Context) -> io::Result<()>;
/// The same for stacks, which borrow from the profile.
type DrawStacks = fn(&Stacks<'_>, &mut dyn Write, &Context) -> io::Result<()>;

/// A way to write shapes down: a function for each kind of shape that it can show.
#[derive(Debug)]
pub struct Drawing {
    /// Its name, which is also its flag.
    pub name: &'static str,
    /// What it is, in a line.
    pub summary: &'static str,
    /// The file name extension of what it writes.
    pub extension: &'static str,
    /// The media type of what it writes (RFC 6838).
    pub media_type: &'static str,
    /// What becomes of it where no file is named and the output is a terminal.
    pub on_terminal: OnTerminal,
    /// The reports that are written so unless another drawing is asked for. All others are written as text.
    pub reports: &'static [&'static Report],
    /// The report that is meant where only the drawing is named, where it is neither one of those nor the first that
    /// can be written so.
    pub alone: Option<&'static Report>,
    /// Whether of a profile it shows one sample type alone or first, so that the one that is asked for has to be the
    /// default of the profile.
    pub has_one_type: bool,
    table: Option<Draw<Table>>,
    neighbours: Option<Draw<Neighbours>>,
    graph: Option<Draw<CallGraph>>,
    flame: Option<Draw<FlameGraph>>,
    stacks: Option<DrawStacks>,
    listing: Option<Draw<Listing>>,
    assembly: Option<Draw<Assembly>>,
    tags: Option<Draw<Tags>>,
    notes: Option<Draw<Notes>>,
    comparison: Option<Draw<Comparison>>,
    sensitivity: Option<Draw<Sensitivity>>,
    profile: Option<Draw<Profile>>,
}

/// What becomes of a report where no file is named and the output is a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnTerminal {
    /// It is shown there.
    Shown,
    /// It is for programs and would spoil the terminal: a new file takes it.
    File,
    /// A browser opens it.
    Browser,
}

/// Every drawing.
pub const ALL: &[Drawing] = &[
    text::DRAWING,
    json::DRAWING,
    markdown::DRAWING,
    csv::DRAWING,
    folded::DRAWING,
    dot::DRAWING,
    flame::html::DRAWING,
    callgrind::DRAWING,
    proto::DRAWING,
    export::SPEEDSCOPE,
    export::FIREFOX,
    export::OTLP,
    export::PGO,
    export::LLVM,
    svg::DRAWING,
    #[cfg(feature = "raster")]
    image::PNG,
    #[cfg(feature = "raster")]
    image::JPG,
    #[cfg(feature = "raster")]
    image::GIF,
    #[cfg(feature = "pdf")]
    pdf::DRAWING,
    postscript::DRAWING,
    code_page::DRAWING,
];

/// Where and for whom a shape is drawn.
#[derive(Debug, Clone)]
pub struct Context {
    /// The zone in which times are written.
    pub time_zone: TimeZone,
    /// Whether colours are welcome.
    pub colour: bool,
}

impl Context {
    /// Times in UTC, no colour.
    pub fn plain() -> Context {
        Context { time_zone: TimeZone::UTC, colour: false }
    }
}

/// Drawings are told apart by their names.
impl PartialEq for Drawing {
    fn eq(&self, other: &Drawing) -> bool {
        self.name == other.name
    }
}

impl Drawing {
    /// A drawing of nothing yet, as text that a terminal shows, with its name as extension.
    const fn new(name: &'static str, summary: &'static str) -> Drawing {
        Drawing {
            name,
            summary,
            extension: name,
            media_type: "text/plain; charset=utf-8",
            on_terminal: OnTerminal::Shown,
            reports: &[],
            alone: None,
            has_one_type: false,
            table: None,
            neighbours: None,
            graph: None,
            flame: None,
            stacks: None,
            listing: None,
            assembly: None,
            tags: None,
            notes: None,
            comparison: None,
            sensitivity: None,
            profile: None,
        }
    }

    /// Whether this drawing can show shapes of a kind.
    pub fn accepts(&self, kind: ShapeKind) -> bool {
        match kind {
            ShapeKind::Table => self.table.is_some(),
            ShapeKind::Neighbours => self.neighbours.is_some(),
            ShapeKind::Graph => self.graph.is_some(),
            ShapeKind::Flame => self.flame.is_some(),
            ShapeKind::Stacks => self.stacks.is_some(),
            ShapeKind::Listing => self.listing.is_some(),
            ShapeKind::Assembly => self.assembly.is_some(),
            ShapeKind::Tags => self.tags.is_some(),
            ShapeKind::Notes => self.notes.is_some(),
            ShapeKind::Comparison => self.comparison.is_some(),
            ShapeKind::Sensitivity => self.sensitivity.is_some(),
            ShapeKind::Profile => self.profile.is_some(),
        }
    }

    /// The kinds of shapes that this drawing can show.
    pub fn shapes(&self) -> impl Iterator<Item = ShapeKind> + '_ {
        ShapeKind::ALL.into_iter().filter(|&kind| self.accepts(kind))
    }

    /// The report that is meant where only the drawing is named: the one that is written so anyway, or else the
    /// first that it can show.
    pub fn report(&self) -> Option<&'static Report> {
        let own = self.alone.or(self.reports.first().copied());
        own.or_else(|| hotlist_report::ALL.iter().find(|report| self.accepts(report.shape)))
    }

    /// Writes `shape` to `out`.
    ///
    /// # Errors
    /// Those of `out`, and [`io::ErrorKind::InvalidInput`] for a shape of a kind that is not accepted.
    pub fn draw(&self, shape: &Shape<'_>, out: &mut dyn Write, context: &Context) -> io::Result<()> {
        let refused = || {
            let reason = format!("a {} cannot be written as {}", shape.kind().name(), self.name);
            io::Error::new(io::ErrorKind::InvalidInput, reason)
        };
        match shape {
            Shape::Table(table) => self.table.ok_or_else(refused)?(table, out, context),
            Shape::Neighbours(neighbours) => self.neighbours.ok_or_else(refused)?(neighbours, out, context),
            Shape::Graph(graph) => self.graph.ok_or_else(refused)?(graph, out, context),
            Shape::Flame(flame) => self.flame.ok_or_else(refused)?(flame, out, context),
            Shape::Stacks(stacks) => self.stacks.ok_or_else(refused)?(stacks, out, context),
            Shape::Listing(listing) => self.listing.ok_or_else(refused)?(listing, out, context),
            Shape::Assembly(assembly) => self.assembly.ok_or_else(refused)?(assembly, out, context),
            Shape::Tags(tags) => self.tags.ok_or_else(refused)?(tags, out, context),
            Shape::Notes(notes) => self.notes.ok_or_else(refused)?(notes, out, context),
            Shape::Comparison(both) => self.comparison.ok_or_else(refused)?(both, out, context),
            Shape::Sensitivity(facts) => self.sensitivity.ok_or_else(refused)?(facts, out, context),
            Shape::Profile(profile) => self.profile.ok_or_else(refused)?(profile, out, context),
        }
    }
}

/// The drawing with this name.
pub fn find(name: &str) -> Option<&'static Drawing> {
    ALL.iter().find(|drawing| drawing.name == name)
}

/// The drawing as which a report is written unless another is asked for.
pub fn of_report(report: &Report) -> &'static Drawing {
    ALL.iter().find(|drawing| drawing.reports.contains(&report)).unwrap_or(const { &TEXT })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_explained() {
        let mut names: Vec<&str> = ALL.iter().map(|drawing| drawing.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ALL.len(), "two drawings share a name");
        assert!(ALL.iter().all(|drawing| !drawing.summary.is_empty() && !drawing.summary.ends_with('.')));
    }

    #[test]
    fn each_report_has_one_drawing_that_can_show_it() {
        for report in hotlist_report::ALL {
            assert!(of_report(report).accepts(report.shape), "{}", report.name);
            let count = ALL.iter().filter(|drawing| drawing.reports.contains(&report)).count();
            assert!(count <= 1, "{} is claimed by {count} drawings", report.name);
        }
        assert_eq!(of_report(&hotlist_report::WEBLIST).name, "codepage");
        assert_eq!(of_report(&hotlist_report::ALL[0]).name, "text");
    }

    #[test]
    fn each_drawing_shows_something() {
        for drawing in ALL {
            assert!(drawing.shapes().next().is_some(), "{}", drawing.name);
        }
    }
}
