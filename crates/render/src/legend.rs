//! The lines that describe a profile and a report.

use hotlist_profile::unit::{self, percentage};
use hotlist_report::{Header, Showing};
use jiff::Timestamp;

use crate::Context;

/// What is known about the profile, a line for each. Comments may hold several lines; all of it comes
/// from the profile and has to be made harmless by who shows it.
pub fn profile_lines(header: &Header, context: &Context) -> Vec<String> {
    let mut lines = Vec::new();
    let mut say = |name: &str, value: &str| {
        if !value.is_empty() {
            lines.push(format!("{name}: {value}"));
        }
    };
    say("File", &header.file);
    say("Build ID", &header.build_id);
    lines.extend(header.comments.iter().cloned());
    let mut say = |name: &str, value: &str| {
        if !value.is_empty() {
            lines.push(format!("{name}: {value}"));
        }
    };
    say("Type", &header.sample_type);
    say("Doc", &header.doc_url);
    if header.time_nanos != 0 {
        say("Time", &time(header.time_nanos, context));
    }
    if header.duration_nanos != 0 {
        let duration = unit::label(header.duration_nanos, "nanoseconds", "auto");
        let total = header.format.label(header.total);
        let (nanos, in_unit) = unit::scale(header.total, &header.format.sample_unit, "nanoseconds");
        let share = if in_unit == "ns" && nanos != 0.0 {
            format!("({})", percentage(nanos as i64, header.duration_nanos))
        } else {
            String::new()
        };
        lines.push(format!("Duration: {duration}, Total samples = {total} {share}"));
    }
    lines
}

/// Date and time with the abbreviation of the zone.
fn time(nanos: i64, context: &Context) -> String {
    match Timestamp::from_nanosecond(nanos.into()) {
        Ok(time) => {
            time.to_zoned_datetime(context.time_zone.clone()).strftime("%Y-%m-%d %H:%M:%S %Z").to_string()
        }
        Err(_) => format!("{nanos} ns since 1970"),
    }
}

/// How much of a legend is wanted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// As much as users asked for, without edges.
    Text,
    /// Everything.
    Picture,
    /// Everything, with the pointer for newcomers to the pictures of Graphviz.
    Graphviz,
}

/// What is known about the profile and about how much of it a report shows.
pub(crate) fn report_lines(
    header: &Header,
    showing: &Showing,
    extent: Extent,
    context: &Context,
) -> Vec<String> {
    let mut lines =
        if extent != Extent::Text || !header.compact { profile_lines(header, context) } else { Vec::new() };
    if !header.active_filters.is_empty() {
        lines.push("Active filters:".to_owned());
        lines.extend(header.active_filters.iter().map(|filter| format!("   {}", shortened(filter))));
    }
    let label = |value| header.format.label(value);
    lines.push(format!(
        "Showing nodes accounting for {}, {} of {} total",
        label(showing.shown),
        percentage(showing.shown, header.total).trim(),
        label(header.total)
    ));
    if header.total != 0 {
        let mut dropped = |count: usize, noun: &str, measure: &str, cutoff: i64| {
            if count > 0 {
                let plural = if count > 1 { "s" } else { "" };
                lines.push(format!("Dropped {count} {noun}{plural} ({measure} <= {})", label(cutoff)));
            }
        };
        dropped(showing.dropped_nodes, "node", "cum", showing.node_cutoff);
        if extent != Extent::Text {
            dropped(showing.dropped_edges, "edge", "freq", showing.edge_cutoff);
        }
        if 0 < showing.nodes && showing.nodes < showing.original_nodes {
            lines.push(format!("Showing top {} nodes out of {}", showing.nodes, showing.original_nodes));
        }
    }
    if extent == Extent::Graphviz {
        lines.push("\nSee https://git.io/JfYMW for how to read the graph".to_owned());
    }
    lines
}

/// At most 80 bytes of a filter, cut where a character ends.
fn shortened(filter: &str) -> String {
    const LIMIT: usize = 80;
    if filter.len() <= LIMIT {
        return filter.to_owned();
    }
    format!("{}…", &filter[..filter.floor_char_boundary(LIMIT)])
}
