//! `list`: source code, with what each line weighs.

use std::collections::{BTreeMap, BTreeSet};

use hotlist_analyze::{Granularity, NO_GROUP, NodeId, NodeTable, Weight, weigh_chosen, weigh_groups};
use hotlist_profile::{FunctionId, MappingId, Profile, StringId};

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

/// As many lines are told in a warning.
const MOST_TOLD: usize = 8;

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
    let weights = weigh_chosen(table, &chosen);
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
    let cums = weigh_groups(table, &group_of, found.len());
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
        let misplaced = self.is_outside_itself(&lines)
            && !is_initializer(&name)
            && is_machine_code(request.view.profile(), &name);
        let lost: i64 = lines.iter().filter(|line| line.mark == LineMark::NoLine).map(|line| line.flat).sum();
        if misplaced {
            warnings.push(self.contradiction(request, &name, &lines));
            warnings.extend(error.iter().map(|error| format!("{name}: {error}")));
        } else if lost != 0 {
            let weight = request.format().label(lost);
            warnings.push(format!("{name}: {weight} on line numbers below 1, which no source file has"));
        }
        Routine {
            name,
            flat: self.flat.shown(),
            cum: cum.shown(),
            lines,
            misplaced,
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

    /// Whether a weight is on lines, and none of them can be a line of the function.
    fn is_outside_itself(&self, lines: &[ListedLine]) -> bool {
        let is_outside = |line: &ListedLine| matches!(line.mark, LineMark::BeforeFunction | LineMark::NoLine);
        let reaches_itself = self.first.is_some_and(|first| first.max(1) <= self.last);
        !reaches_itself && lines.iter().all(is_outside) && lines.iter().any(|line| line.flat != 0)
    }

    /// What the lines of a function weigh that are none of it.
    fn contradiction(&self, request: &Request<'_>, name: &str, lines: &[ListedLine]) -> String {
        let format = request.format();
        let weighed: Vec<&ListedLine> = lines.iter().filter(|line| line.flat != 0).collect();
        let mut each: Vec<String> = weighed
            .iter()
            .take(MOST_TOLD)
            .map(|line| format!("{} on line {}", format.label(line.flat), line.number))
            .collect();
        if let Some(rest) = weighed.get(MOST_TOLD..).filter(|rest| !rest.is_empty()) {
            let sum = rest.iter().map(|line| line.flat).sum();
            each.push(format!("{} on {} more", format.label(sum), rest.len()));
        }
        let begins = self.start.map_or_else(String::new, |start| format!(", which begins on line {start}"));
        format!("{name}: no weight is on a line of the function{begins}: {}", each.join(", "))
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

/// Whether a function runs code that stands anywhere in a file: initializers of Go's packages, of static variables in
/// C++, and of fields and classes in Java.
fn is_initializer(name: &str) -> bool {
    let is_number = |part: &&str| part.bytes().all(|byte| byte.is_ascii_digit());
    let mut parts = name.rsplit('.').skip_while(is_number);
    let last = parts.next().unwrap_or_default();
    // Of a package or a class; `init` alone is any function.
    (matches!(last, "init" | "<init>" | "<clinit>") && parts.next().is_some())
        || name.contains("_GLOBAL__sub_I_")
        || name.contains("__static_initialization_and_destruction")
}

/// Whether a function of this name was compiled to machine code. Interpreters and templates have no addresses.
fn is_machine_code(profile: &Profile, name: &str) -> bool {
    let is_it = |id: FunctionId| profile.lossy(profile.function(id).name) == name;
    profile.locations.ids().any(|id| {
        let location = profile.locations.get(id);
        let in_file = |mapping: MappingId| !profile.mappings[mapping.index()].file.is_empty();
        (location.address != 0 || location.mapping.is_some_and(in_file))
            && profile.locations.lines(id).iter().any(|line| is_it(line.function))
    })
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

    use hotlist_profile::{Builder, Function, Line, Location, Profile};

    use crate::testing::{Program, Sources, ask};
    use crate::{LineMark, NoCode, NoSource, Routine, Shape};

    use super::REPORT;

    /// The only routine of the listing of a function whose lines have these weights.
    fn listed(start_line: i64, lines: &[(i64, i64)], count: Option<usize>) -> Routine {
        let mut program = Program::new();
        for (address, &(line, value)) in (0x1000..).zip(lines) {
            let line = program.line("f", "f.c", start_line, line);
            let at = program.at(address, &[line]);
            program.sample(&[at], value);
        }
        routine_of(&program.profile(), count)
    }

    /// The only routine of a profile, whose file has so many lines.
    fn routine_of(profile: &Profile, count: Option<usize>) -> Routine {
        let sources = Sources(count.map(|count| ("f.c", count)).into_iter().collect::<BTreeMap<_, _>>());
        ask(&REPORT, profile, ".", (&sources, &NoCode), |shape| match shape {
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
    fn machine_code_of_no_line_of_its_function_is_told_in_a_warning() {
        for (start, lines, count, expected) in [
            (50, &[(10, 5), (12, 2)][..], Some(100), Some("50: 5 on line 10, 2 on line 12")),
            (50, &[(10, 5), (0, 0), (12, 2)], Some(40), Some("50: 5 on line 10, 2 on line 12")),
            (50, &[(0, 5)], Some(100), Some("50: 5 on line 0")),
            (50, &[(10, 5)], None, Some("50: 5 on line 10")),
            // Where pprof shows a line, all are shown.
            (50, &[(10, 5), (52, 2)], Some(100), None),
            (50, &[(45, 5)], Some(100), None),
            (50, &[(45, 5)], None, None),
            (50, &[(10, 5), (200, 2)], Some(100), None),
            (0, &[(0, 5)], Some(100), None),
        ] {
            let routine = listed(start, lines, count);
            assert_eq!(routine.misplaced, expected.is_some(), "{start} {lines:?} {count:?}");
            let text = expected.map(|text| {
                format!("f: no weight is on a line of the function, which begins on line {text}")
            });
            let told = routine.warnings.iter().find(|warning| warning.contains("no weight"));
            assert_eq!(told, text.as_ref());
            let missing = routine.warnings.iter().any(|warning| warning.contains("could not find file"));
            assert_eq!(missing, expected.is_some() && count.is_none());
        }
        let many: Vec<(i64, i64)> = (1..=20).map(|line| (line, 1)).collect();
        let warnings = listed(50, &many, Some(100)).warnings;
        assert!(warnings[0].ends_with(", 1 on line 8, 12 on 12 more"), "{warnings:?}");
    }

    /// Initializers run code from anywhere in their file, and interpreters have their own idea of a function.
    #[test]
    fn initializers_and_code_without_addresses_are_not_misplaced() {
        let profile = |name: &str, address: u64| {
            let mut builder = Builder::new(&[("samples", "count")]);
            let (name, filename) = (builder.string(name), builder.string("f.c"));
            let function =
                Function { name, system_name: name, filename, start_line: 50, ..Function::default() };
            let line = Line { function: builder.function(function), line: 10, column: 0 };
            let location = builder.location(Location { address, ..Location::default() }, &[line]);
            builder.sample(&[location], &[], &[7]).expect("room");
            builder.finish()
        };
        for (name, address, misplaced) in [
            ("main.work", 0x1000, true),
            ("main.work", 0, false),
            ("main.reinit", 0x1000, true),
            ("init", 0x1000, true),
            ("ui::init", 0x1000, true),
            ("main.init", 0x1000, false),
            ("example.org/some/init/pkg.init.0", 0x1000, false),
            ("main.map.init.12", 0x1000, false),
            ("_GLOBAL__sub_I_main", 0x1000, false),
            ("org.acme.Thing.<clinit>", 0x1000, false),
        ] {
            assert_eq!(
                routine_of(&profile(name, address), Some(100)).misplaced,
                misplaced,
                "{name} {address:#x}"
            );
        }
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
