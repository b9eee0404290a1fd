//! `list`: source code, with what each line weighs.

use std::collections::{BTreeMap, BTreeSet};

use hotlist_analyze::{Granularity, NO_GROUP, NodeId, NodeTable, Weight};
use hotlist_profile::{MappingId, StringId};

use crate::report::{Argument, Defaults, Report, ReportError, Request};
use crate::sampled_code::{mapped_file, source_file};
use crate::shape::LineInstruction;
use crate::shape::{LineMark, ListedLine, Listing, Routine, Shape, ShapeKind};
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

/// Functions in their files, as they are collected.
pub(crate) type FoundRoutines = BTreeMap<RoutineKey, FoundRoutine>;

/// A function in one file, as it is collected.
#[derive(Default)]
pub(crate) struct FoundRoutine {
    flat: Weight,
    /// Flat and cum by line.
    pub(crate) lines: BTreeMap<i64, (Weight, Weight)>,
    /// Instructions by line.
    pub(crate) instructions: BTreeMap<i64, Vec<LineInstruction>>,
    /// The first line of the function by the profile, where it tells.
    start: Option<i64>,
    /// The lines to show in any case: from the start of the function, or a few lines before the first with a weight,
    first: Option<i64>,
    /// to a few after the last.
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
    Ok(finish(request, &table, found, Vec::new()))
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
) -> Result<FoundRoutines, ReportError> {
    let options = request.options;
    let chosen = named(table, matches);
    let weights = table.weigh_chosen(&chosen);
    let mut found = FoundRoutines::new();
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
            FoundRoutine { group: groups - 1, ..FoundRoutine::default() }
        });
        routine.nodes.push(node);
        let start = Some(info.start_line).filter(|&start| start != 0);
        routine.start = routine.start.into_iter().chain(start).min();
        let first = start.unwrap_or(info.line.saturating_sub(MARGIN));
        routine.first = Some(routine.first.map_or(first, |known| known.min(first)));
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

/// The listing of what was found, with the `problems` in finding instructions.
pub(crate) fn finish<'v>(
    request: &Request<'v>,
    table: &NodeTable<'_, '_>,
    found: FoundRoutines,
    problems: Vec<String>,
) -> Shape<'v> {
    let mut group_of = vec![NO_GROUP; table.len()];
    for routine in found.values() {
        routine.nodes.iter().for_each(|node| group_of[node.index()] = routine.group);
    }
    let cums = table.weigh_groups(&group_of, found.len());
    // The main binary, which is the first, stands for all.
    let profile = request.view.profile();
    let main = profile.mappings.first().map(|_| mapped_file(profile, MappingId::new(0)));
    let built = main.and_then(|main| request.code.built(&main));
    let routines = found
        .into_iter()
        .map(|(key, routine)| {
            let cum = cums[routine.group as usize];
            routine.listed(request, key, cum, built)
        })
        .collect();
    Shape::Listing(Listing { header: request.header(), routines, problems })
}

impl FoundRoutine {
    fn listed(
        mut self,
        request: &Request<'_>,
        (name, file): RoutineKey,
        cum: Weight,
        built: Option<i64>,
    ) -> Routine {
        let (mut source, mut error) = (None, None);
        if !file.is_empty() {
            match source_file(request, &file) {
                Ok(found) => source = Some(found),
                Err(why) => error = Some(why.to_string()),
            }
        }
        let mut warnings = Vec::new();
        if let Some(source) = &source {
            warnings = doubts(request, source, &file, self.lines.keys().max().copied(), built);
        }
        let texts = source.as_ref().map(|source| source.lines.as_slice());
        let numbers = self.numbers(texts.map(|texts| texts.len() as i64));
        let lines: Vec<ListedLine> = numbers.into_iter().map(|number| self.line(number, texts)).collect();
        let lost: i64 = lines.iter().filter(|line| line.mark == LineMark::NoLine).map(|line| line.flat).sum();
        if lost != 0 {
            let weight = request.format().label(lost);
            warnings.push(format!("{name}: {weight} on line numbers below 1, which no source file has"));
        }
        Routine {
            name,
            flat: self.flat.shown(),
            cum: cum.shown(),
            lines,
            error,
            found_at: source.and_then(|source| source.found_at.clone()),
            warnings,
            file: Some(file).filter(|file| !file.is_empty()),
        }
    }

    /// The numbers of the lines to show of a file with this many: those from the beginning of the function to its end,
    /// as far as they are known, and every other line with a weight, with its surroundings. Without a file, the lines
    /// with weights.
    fn numbers(&self, count: Option<i64>) -> BTreeSet<i64> {
        let weighed = || self.lines.keys().chain(self.instructions.keys()).copied();
        let mut numbers: BTreeSet<i64> = weighed().collect();
        let Some(count) = count else { return numbers };
        let of_code = || self.instructions.keys().copied().filter(|&line| line > 0);
        let first = self.first.into_iter().chain(of_code()).min().unwrap_or(1).max(1);
        let last = of_code().max().map_or(self.last, |line| self.last.max(line.saturating_add(MARGIN)));
        numbers.extend(first..=last.min(count));
        for line in weighed().filter(|&line| 0 < line && line < first && line <= count) {
            numbers.extend((line - MARGIN).max(1)..=(line + MARGIN).min(count));
        }
        numbers
    }

    fn line(&mut self, number: i64, texts: Option<&[String]>) -> ListedLine {
        let weights = self.lines.get(&number);
        let (flat, cum) = weights.copied().unwrap_or_default();
        let text = texts.and_then(|texts| texts.get(usize::try_from(number.checked_sub(1)?).ok()?));
        let mark = match text {
            _ if number < 1 => LineMark::NoLine,
            None if texts.is_some() => LineMark::BeyondFile,
            _ if self.start.is_some_and(|start| number < start) => LineMark::BeforeFunction,
            _ => LineMark::Regular,
        };
        let instructions = self.instructions.remove(&number).unwrap_or_default();
        let text = text.cloned().unwrap_or_default();
        ListedLine { number, mark, flat: flat.shown(), cum: cum.shown(), text, instructions }
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use crate::testing::{Program, Sources, ask};
    use crate::{LineMark, NoCode, NoSource, Routine, Shape};

    use super::REPORT;

    /// The only routine of the listing of a function whose lines weigh so much.
    fn listed(start_line: i64, lines: &[(i64, i64)], count: Option<usize>) -> Routine {
        let mut program = Program::new();
        for (address, &(line, value)) in (0x1000..).zip(lines) {
            let line = program.line("f", "f.c", start_line, line);
            let at = program.at(address, &[line]);
            program.sample(&[at], value);
        }
        let sources = Sources(count.map(|count| ("f.c", count)).into_iter().collect::<BTreeMap<_, _>>());
        ask(&REPORT, &program.profile(), "f", (&sources, &NoCode), |shape| match shape {
            Shape::Listing(listing) => listing.routines[0].clone(),
            other => panic!("{other:?}"),
        })
        .expect("the function is there")
    }

    /// The numbers of the lines in words, such as `3-9,14`.
    fn numbers(routine: &Routine) -> String {
        let mut runs: Vec<(i64, i64)> = Vec::new();
        for line in &routine.lines {
            match runs.last_mut() {
                Some((_, last)) if *last + 1 == line.number => *last = line.number,
                _ => runs.push((line.number, line.number)),
            }
        }
        let run = |&(first, last): &(i64, i64)| match first == last {
            true => first.to_string(),
            false => format!("{first}..{last}"),
        };
        runs.iter().map(run).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn every_line_with_a_weight_is_listed() {
        for (start, lines, count, expected) in [
            (10, &[(12, 5)][..], Some(100), "10..17"),
            (0, &[(12, 5)], Some(100), "7..17"),
            // Before the function: the lines around, and the function itself.
            (50, &[(10, 5), (52, 2)], Some(100), "5..15 50..57"),
            (50, &[(10, 5), (12, 2)], Some(100), "5..17"),
            (50, &[(10, 5), (12, 2)], Some(11), "5..12"),
            // Beyond the file, and no lines at all.
            (1, &[(3, 5), (40, 2)], Some(4), "1..4 40"),
            (1, &[(0, 5), (-3, 2), (2, 1)], Some(4), "-3 0..4"),
            (0, &[(0, 5)], Some(3), "0..3"),
            (0, &[(i64::MAX, 5), (i64::MIN, 1)], Some(3), "-9223372036854775808 1..3 9223372036854775807"),
            // Without a file, nothing else.
            (10, &[(12, 5), (3, 1), (0, 2)], None, "0 3 12"),
        ] {
            let routine = listed(start, lines, count);
            assert_eq!(numbers(&routine), expected, "{start} {lines:?} {count:?}");
            let sum: i64 = routine.lines.iter().map(|line| line.flat).sum();
            assert_eq!((sum, routine.flat), (routine.flat, lines.iter().map(|(_, value)| value).sum()));
            assert_eq!(routine.error.is_some(), count.is_none());
        }
    }

    #[test]
    fn lines_that_are_elsewhere_are_marked() {
        let routine = listed(3, &[(0, 1), (2, 1), (4, 1), (9, 1)], Some(5));
        let marks: Vec<(i64, LineMark)> = routine.lines.iter().map(|line| (line.number, line.mark)).collect();
        assert_eq!(
            marks,
            [
                (0, LineMark::NoLine),
                (1, LineMark::BeforeFunction),
                (2, LineMark::BeforeFunction),
                (3, LineMark::Regular),
                (4, LineMark::Regular),
                (5, LineMark::Regular),
                (9, LineMark::BeyondFile)
            ]
        );
        assert_eq!(
            routine.warnings,
            [
                "f.c has 5 lines and the profile names line 9: it is another version of the file",
                "f: 1 on line numbers below 1, which no source file has"
            ]
        );
    }

    #[test]
    fn a_function_without_a_file_keeps_its_lines() {
        let mut program = Program::new();
        let line = program.line("f", "", 0, 7);
        let at = program.at(0x1000, &[line]);
        program.sample(&[at], 3);
        let profile = program.profile();
        ask(&REPORT, &profile, "f", (&NoSource, &NoCode), |shape| match shape {
            Shape::Listing(listing) => {
                let routine = &listing.routines[0];
                assert_eq!((&routine.file, routine.flat, numbers(routine).as_str()), (&None, 3, "7"));
            }
            other => panic!("{other:?}"),
        })
        .expect("the function is there");
    }
}
