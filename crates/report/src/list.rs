//! `list`: source code, with what each line weighs.

use std::collections::{BTreeMap, BTreeSet};

use hotlist_analyze::{Granularity, NO_GROUP, NodeTable, Weight};

use crate::header::Header;
use crate::report::{Argument, Defaults, Drawing, Report, ReportError, Request};
use crate::shape::{ListedLine, Listing, Routine, Shape};

/// The report.
pub const REPORT: Report = Report {
    name: "list",
    aliases: &[],
    summary: "Source code of the functions that match a regexp, with what each line weighs",
    argument: Argument::Pattern,
    defaults: Defaults {
        trim: false,
        granularity: Some(Granularity::Lines),
        node_count: 0,
        object_names: true,
    },
    drawing: Drawing::Text,
    build,
};

/// How many lines are shown before the first and after the last line with a weight.
const MARGIN: i64 = 5;

/// A function in one file, as it is collected.
#[derive(Default)]
struct Found {
    flat: Weight,
    lines: BTreeMap<i64, (Weight, Weight)>,
    first: Option<i64>,
    last: i64,
    /// Its number among the groups of places that are weighed together.
    group: u32,
}

fn build<'v>(request: &Request<'v>) -> Result<Shape<'v>, ReportError> {
    let options = request.options;
    let trim = Some(&options.path_trim);
    let table = NodeTable::new(request.view, options.detail, trim);
    let weights = table.weigh();
    let matches =
        |name: &str| options.pattern.as_ref().is_none_or(|pattern| pattern.is_match(name.as_bytes()));

    let mut found: BTreeMap<(String, String), Found> = BTreeMap::new();
    let mut groups = 0;
    let mut group_of = vec![NO_GROUP; table.len()];
    for node in table.ids() {
        let (flat, cum) = (weights.flat(node), weights.cum(node));
        let weighs = flat.value != 0 || cum.value != 0;
        let negative = flat.value < 0 || (flat.value == 0 && cum.value < 0);
        let info = table.info(node);
        if !weighs || (options.drop_negative && negative) || !matches(&info.name) {
            continue;
        }
        let routine = found.entry((info.name, info.file)).or_insert_with(|| {
            groups += 1;
            Found { group: groups - 1, ..Found::default() }
        });
        group_of[node.index()] = routine.group;
        let start = if info.start_line == 0 { info.line.saturating_sub(MARGIN) } else { info.start_line };
        routine.first = Some(routine.first.map_or(start, |first| first.min(start)));
        routine.last = routine.last.max(info.line.saturating_add(MARGIN));
        routine.flat += flat;
        let line = routine.lines.entry(info.line).or_default();
        line.0 += flat;
        line.1 += cum;
    }
    if found.is_empty() {
        let pattern = options.pattern.as_ref().map_or("", |pattern| pattern.as_str());
        return Err(ReportError::NoMatches(pattern.to_owned()));
    }

    let cums = table.weigh_groups(&group_of, groups as usize);
    let with_file: BTreeSet<String> =
        found.keys().filter(|(_, file)| !file.is_empty()).map(|(name, _)| name.clone()).collect();
    let routines = found
        .into_iter()
        // What a function does outside any file is told only if it has no file at all.
        .filter(|((name, file), _)| !file.is_empty() || !with_file.contains(name))
        .map(|((name, file), routine)| {
            let cum = cums[routine.group as usize];
            routine.listed(request, name, file, cum)
        })
        .collect();
    Ok(Shape::Listing(Listing { header: Header::new(request), routines }))
}

impl Found {
    fn listed(self, request: &Request<'_>, name: String, file: String, cum: Weight) -> Routine {
        let mut routine = Routine {
            name,
            flat: self.flat.shown(),
            cum: cum.shown(),
            lines: Vec::new(),
            error: None,
            found_at: None,
            file: None,
        };
        if file.is_empty() {
            return routine;
        }
        let first = self.first.unwrap_or(1).max(1);
        if first > self.last {
            // The profile places samples before the function begins: there is nothing to show.
            routine.file = Some(file);
            return routine;
        }
        match request.source.open(&file) {
            Err(error) => routine.error = Some(error.to_string()),
            Ok(source) => {
                routine.found_at = source.found_at.clone();
                let text =
                    |number: i64| usize::try_from(number - 1).ok().and_then(|row| source.lines.get(row));
                routine.lines = (first..=self.last)
                    .map_while(|number| {
                        let (flat, cum) = self.lines.get(&number).copied().unwrap_or_default();
                        let (flat, cum) = (flat.shown(), cum.shown());
                        Some(ListedLine { number, flat, cum, text: text(number)?.clone() })
                    })
                    .collect();
            }
        }
        routine.file = Some(file);
        routine
    }
}
