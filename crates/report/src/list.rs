//! `list`: source code, with what each line weighs.

use std::collections::{BTreeMap, BTreeSet};

use hotlist_analyze::{Granularity, NO_GROUP, NodeId, NodeTable, Weight};
use hotlist_profile::{MappingId, StringId};

use crate::assembly::LineInstruction;
use crate::header::Header;
use crate::report::{Argument, Defaults, Report, ReportError, Request};
use crate::sampled_code::{mapped_file, source_file};
use crate::shape::{ListedLine, Listing, Routine, Shape, ShapeKind};
use crate::source::SourceFile;

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
    shape: ShapeKind::Listing,
    build,
};

/// How many lines are shown before the first and after the last line with a weight.
const MARGIN: i64 = 5;

/// A function and its source file.
pub(crate) type RoutineKey = (String, String);

/// A function in one file, as it is collected.
#[derive(Default)]
pub(crate) struct Found {
    flat: Weight,
    /// Flat and cum by line.
    pub(crate) lines: BTreeMap<i64, (Weight, Weight)>,
    /// Instructions by line.
    pub(crate) instructions: BTreeMap<i64, Vec<LineInstruction>>,
    first: Option<i64>,
    last: i64,
    /// Its number among the groups of places that are weighed together.
    group: u32,
    /// The places of it.
    nodes: Vec<NodeId>,
}

fn build<'v>(request: &Request<'v>) -> Result<Shape<'v>, ReportError> {
    let table = lines(request);
    let found = collect(request, &table, &|name| {
        request.options.pattern.as_ref().is_none_or(|pattern| pattern.is_match(name.as_bytes()))
    })?;
    Ok(finish(request, &table, found, None))
}

/// The lines of the view.
pub(crate) fn lines<'v>(request: &Request<'v>) -> NodeTable<'v, 'v> {
    NodeTable::new(request.view, request.options.detail, Some(&request.options.path_trim))
}

/// The functions whose name `matches`, with what their lines weigh.
pub(crate) fn collect(
    request: &Request<'_>,
    table: &NodeTable<'_, '_>,
    matches: &dyn Fn(&str) -> bool,
) -> Result<BTreeMap<RoutineKey, Found>, ReportError> {
    let options = request.options;
    let chosen = named(table, matches);
    let weights = table.weigh_chosen(&chosen);
    let mut found: BTreeMap<RoutineKey, Found> = BTreeMap::new();
    let mut groups = 0;
    let mut weightless = Vec::new();
    for node in table.ids().filter(|node| chosen[node.index()]) {
        let (flat, cum) = (weights.flat(node), weights.cum(node));
        let weighs = flat.value != 0 || cum.value != 0;
        let negative = flat.value < 0 || (flat.value == 0 && cum.value < 0);
        if options.drop_negative && negative {
            continue;
        }
        let info = table.info(node);
        if !weighs {
            weightless.push((node, (info.name, info.file)));
            continue;
        }
        let routine = found.entry((info.name, info.file)).or_insert_with(|| {
            groups += 1;
            Found { group: groups - 1, ..Found::default() }
        });
        routine.nodes.push(node);
        let start = if info.start_line == 0 { info.line.saturating_sub(MARGIN) } else { info.start_line };
        routine.first = Some(routine.first.map_or(start, |first| first.min(start)));
        routine.last = routine.last.max(info.line.saturating_add(MARGIN));
        routine.flat += flat;
        let line = routine.lines.entry(info.line).or_default();
        line.0 += flat;
        line.1 += cum;
    }
    // Samples of a line may cancel each other out and still count for the whole function.
    for (node, key) in weightless {
        if let Some(routine) = found.get_mut(&key) {
            routine.nodes.push(node);
        }
    }
    if found.is_empty() {
        let pattern = options.pattern.as_ref().map_or("", |pattern| pattern.as_str());
        return Err(ReportError::NoMatches(pattern.to_owned()));
    }
    Ok(found)
}

/// Which places are of a function whose name `matches`. A name is looked at once.
fn named(table: &NodeTable<'_, '_>, matches: &dyn Fn(&str) -> bool) -> Vec<bool> {
    let profile = table.view().profile();
    let mut verdicts: Vec<Option<bool>> = vec![None; profile.strings.len()];
    let mut verdict =
        |name: StringId| *verdicts[name.index()].get_or_insert_with(|| matches(&profile.lossy(name)));
    table.ids().map(|node| verdict(table.place(node).name)).collect()
}

/// The listing of what was found. With instructions, and `problems` in finding them, lines are shown even where
/// their text is not at hand.
pub(crate) fn finish<'v>(
    request: &Request<'v>,
    table: &NodeTable<'_, '_>,
    found: BTreeMap<RoutineKey, Found>,
    problems: Option<Vec<String>>,
) -> Shape<'v> {
    let without_source = problems.is_some();
    let mut group_of = vec![NO_GROUP; table.len()];
    for routine in found.values() {
        routine.nodes.iter().for_each(|node| group_of[node.index()] = routine.group);
    }
    let cums = table.weigh_groups(&group_of, found.len());
    // The main binary, which is the first, stands for all.
    let profile = request.view.profile();
    let main = profile.mappings.first().map(|_| mapped_file(profile, MappingId::new(0)));
    let built = main.and_then(|main| request.code.built(&main));
    let with_file: BTreeSet<String> =
        found.keys().filter(|(_, file)| !file.is_empty()).map(|(name, _)| name.clone()).collect();
    let routines = found
        .into_iter()
        // What a function does outside any file is told only if it has no file at all.
        .filter(|((name, file), _)| !file.is_empty() || !with_file.contains(name))
        .map(|((name, file), routine)| {
            let cum = cums[routine.group as usize];
            routine.listed(request, name, file, cum, without_source, built)
        })
        .collect();
    let problems = problems.unwrap_or_default();
    Shape::Listing(Listing { header: Header::new(request), routines, problems })
}

impl Found {
    fn listed(
        mut self,
        request: &Request<'_>,
        name: String,
        file: String,
        cum: Weight,
        without_source: bool,
        built: Option<i64>,
    ) -> Routine {
        let mut routine = Routine {
            name,
            flat: self.flat.shown(),
            cum: cum.shown(),
            lines: Vec::new(),
            error: None,
            found_at: None,
            warnings: Vec::new(),
            file: None,
        };
        if file.is_empty() {
            return routine;
        }
        let of_code = || self.instructions.keys().copied().filter(|&line| line > 0);
        let first = self.first.into_iter().chain(of_code()).min().unwrap_or(1).max(1);
        let last = of_code().max().map_or(self.last, |line| self.last.max(line.saturating_add(MARGIN)));
        if first > last {
            // The profile places samples before the function begins: there is nothing to show.
            routine.file = Some(file);
            return routine;
        }
        match source_file(request, &file) {
            Err(error) => {
                routine.error = Some(error.to_string());
                if without_source {
                    let numbers: BTreeSet<i64> =
                        self.lines.keys().chain(self.instructions.keys()).copied().collect();
                    routine.lines =
                        numbers.into_iter().map(|number| self.line(number, String::new())).collect();
                }
            }
            Ok(source) => {
                routine.found_at = source.found_at.clone();
                routine.warnings = doubts(request, &source, &file, self.lines.keys().max().copied(), built);
                let text =
                    |number: i64| usize::try_from(number - 1).ok().and_then(|row| source.lines.get(row));
                for number in first..=last {
                    let Some(text) = text(number) else { break };
                    let line = self.line(number, text.clone());
                    routine.lines.push(line);
                }
                if without_source {
                    let end = source.lines.len() as i64;
                    let beyond: BTreeSet<i64> = self
                        .lines
                        .keys()
                        .chain(self.instructions.keys())
                        .copied()
                        .filter(|&number| number > end || number == 0)
                        .collect();
                    for number in beyond {
                        let line = self.line(number, String::new());
                        let place = if number == 0 { 0 } else { routine.lines.len() };
                        routine.lines.insert(place, line);
                    }
                }
            }
        }
        routine.file = Some(file);
        routine
    }

    fn line(&mut self, number: i64, text: String) -> ListedLine {
        let (flat, cum) = self.lines.get(&number).copied().unwrap_or_default();
        let instructions = self.instructions.remove(&number).unwrap_or_default();
        ListedLine { number, flat: flat.shown(), cum: cum.shown(), text, instructions }
    }
}

/// Signs that `source` is not what the profiled program was built from.
fn doubts(
    request: &Request<'_>,
    source: &SourceFile,
    file: &str,
    last: Option<i64>,
    built: Option<i64>,
) -> Vec<String> {
    let mut doubts = Vec::new();
    let name = source.found_at.as_deref().unwrap_or(file);
    let count = source.lines.len() as i64;
    if let Some(last) = last.filter(|&last| last > count) {
        doubts.push(format!(
            "{name} has {count} lines and the profile names line {last}: it is another version of the file"
        ));
    }
    let taken = request.view.profile().time_nanos / 1_000_000_000;
    if source.modified.is_some_and(|modified| taken > 0 && modified > taken) {
        doubts.push(format!("{name} was changed after the profile was taken: lines may be wrong"));
    } else if source.modified > built && built.is_some() {
        doubts.push(format!("{name} is newer than the binary: lines may be wrong"));
    }
    doubts
}
