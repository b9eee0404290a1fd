//! Reports: from a view of a profile to a [`Shape`], a closed set of plain, documented data.
//!
//! A report is a file here and a line in [`ALL`]. It has a name, help, its own defaults, and a function
//! that builds its shape; how a shape looks is the business of `hotlist-render`, where one drawing
//! serves every report of the same shape. Numbers in shapes are raw: units and percent signs come
//! with the drawing.

mod callgrind;
mod code;
mod comments;
mod disasm;
mod dot;
mod flamegraph;
mod line_code;
mod list;
mod note;
mod peek;
mod proto;
mod raw;
mod report;
mod sampled_code;
mod shape;
mod source;
mod tags;
#[cfg(test)]
mod testing;
mod text;
mod topproto;
mod traces;
mod tree;
mod weblist;

pub use hotlist_analyze::{PlaceKey, Sides};
pub use hotlist_compare as compare;

pub use callgrind::REPORT as CALLGRIND;
pub use code::{
    CodeError, CodeFrame, FunctionQuery, MachineFunction, MachineInstruction, MappedFile, NoCode, ObjectCode,
};
pub use disasm::REPORT as DISASM;
pub use dot::REPORT as DOT;
pub use flamegraph::REPORT as FLAMEGRAPH;
pub use hotlist_analyze::base_name;
pub use list::REPORT as LIST;
pub use note::Note;
pub use peek::REPORT as PEEK;
pub use proto::REPORT as PROTO;
pub use report::{Argument, Defaults, FlameOptions, Report, ReportError, ReportOptions, Request, Sort};
pub use shape::{
    Amount, Assembly, CallGraph, Compared, FlameFrame, FlameGraph, FlameKind, FlamePlace, GraphEdge,
    GraphNode, GraphTag, Header, InlineMark, InlinedCall, Labels, LineInstruction, LineMark, ListedLine,
    Listing, MachineRoutine, Neighbour, Neighbours, NeighboursEntry, Notes, NumberTags, Place, Routine,
    Shape, ShapeKind, Showing, StackRow, Stacks, Table, TableRow, TagKey, TagList, TagRow, Tags, ValueFormat,
    WeighedInstruction,
};
pub use source::{NoSource, SourceError, SourceFile, SourceText};
pub use tags::REPORT as TAGS;
pub use text::REPORT as TEXT;
pub use topproto::REPORT as TOPPROTO;
pub use weblist::REPORT as WEBLIST;

/// Every report, in the order of the help.
pub const ALL: &[Report] = &[
    text::REPORT,
    tree::REPORT,
    peek::REPORT,
    list::REPORT,
    disasm::REPORT,
    weblist::REPORT,
    traces::REPORT,
    tags::REPORT,
    comments::REPORT,
    raw::REPORT,
    dot::REPORT,
    flamegraph::REPORT,
    callgrind::REPORT,
    proto::REPORT,
    topproto::REPORT,
];

/// The report with this name or alias.
pub fn find(name: &str) -> Option<&'static Report> {
    ALL.iter().find(|report| report.name == name || report.aliases.contains(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_explained() {
        let mut names: Vec<&str> =
            ALL.iter().flat_map(|r| r.aliases.iter().copied().chain([r.name])).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count, "two reports share a name");
        assert!(ALL.iter().all(|report| !report.summary.is_empty() && !report.summary.ends_with('.')));
    }
}
