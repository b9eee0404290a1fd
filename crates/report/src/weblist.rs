//! `weblist`: source code with what each line weighs, and below each line its instructions.
//!
//! Lines and totals are those of `list`. The instructions are those of the functions that samples were
//! taken in, each below the line that it was compiled from, or below the line whose inlined calls lead to
//! it.

use std::collections::{BTreeMap, HashMap, HashSet};

use hotlist_analyze::NodeTable;
use hotlist_profile::MappingId;

use crate::assembly::{InlinedCall, LineInstruction};
use crate::code::{CodeError, CodeFrame, FunctionQuery, MachineInstruction};
use crate::list::{self, Found, RoutineKey};
use crate::report::{Argument, Report, ReportError, Request};
use crate::sampled_code::{SampledCode, mapped_file, parse_address, source_file};
use crate::shape::{Shape, ShapeKind};

/// The report.
pub const REPORT: Report = Report {
    name: "weblist",
    aliases: &[],
    summary: "Source code with the instructions of each line, as a page for a browser",
    argument: Argument::Pattern,
    defaults: list::REPORT.defaults,
    shape: ShapeKind::Listing,
    build,
};

/// Of so many functions, the heaviest, the instructions are shown.
const MOST_ROUTINES: usize = 200;

/// So many instructions are shown at most.
const MOST_INSTRUCTIONS: usize = 100_000;

/// An instruction without a line of its own is taken to belong to the line before it when it begins at
/// most so many bytes after an instruction that has one.
const NEIGHBOURHOOD: u64 = 32;

fn build<'v>(request: &Request<'v>) -> Result<Shape<'v>, ReportError> {
    let names = matching_names(request);
    let table = list::lines(request);
    let mut found = list::collect(request, &table, &|name| names.contains(name))?;
    let problems = attach_code(request, &table, &mut found);
    Ok(list::finish(request, &table, found, Some(problems)))
}

/// The names of the functions that are asked for: by name, source file or binary, or by an address.
fn matching_names(request: &Request<'_>) -> HashSet<String> {
    let profile = request.view.profile();
    let Some(pattern) = &request.options.pattern else {
        return profile.functions.iter().map(|function| profile.lossy(function.name).into_owned()).collect();
    };
    let matches = |text: &str| !text.is_empty() && pattern.is_match(text.as_bytes());
    let mut names: HashSet<String> = profile
        .functions
        .iter()
        .filter(|function| {
            [function.name, function.system_name, function.filename]
                .iter()
                .any(|&text| matches(&profile.lossy(text)))
        })
        .map(|function| profile.lossy(function.name).into_owned())
        .collect();
    let address = parse_address(pattern.as_str());
    let in_mapping: Vec<bool> =
        profile.mappings.iter().map(|mapping| matches(&profile.lossy(mapping.file))).collect();
    for location in profile.locations.ids() {
        let found = profile.locations.get(location);
        let lines = profile.locations.lines(location);
        // Of a binary the functions at work, of an address the function that holds it.
        let by_binary = found.mapping.is_some_and(|mapping| in_mapping[mapping.index()]);
        let by_address = found.address != 0 && address == Some(found.address);
        let lines = by_binary.then(|| lines.first()).into_iter().chain(by_address.then(|| lines.last()));
        for line in lines.flatten() {
            names.insert(profile.lossy(profile.function(line.function).name).into_owned());
        }
    }
    names
}

/// Where an instruction goes: a routine and a line of it.
type Below = (RoutineKey, i64);

/// Hangs instructions below the lines of `found`, and tells for which files that was not possible.
fn attach_code(
    request: &Request<'_>,
    table: &NodeTable<'_, '_>,
    found: &mut BTreeMap<RoutineKey, Found>,
) -> Vec<String> {
    let mut problems = Vec::new();
    let mut heaviest: Vec<(u64, &RoutineKey)> = found
        .iter()
        .map(|(key, routine)| {
            (routine.lines.values().map(|(_, cum)| cum.value.unsigned_abs()).max().unwrap_or(0), key)
        })
        .collect();
    heaviest.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
    let chosen: HashSet<RoutineKey> =
        heaviest.into_iter().take(MOST_ROUTINES).map(|(_, key)| key.clone()).collect();
    let mut by_name: HashMap<&str, Vec<&RoutineKey>> = HashMap::new();
    for key in &chosen {
        by_name.entry(&key.0).or_default().push(key);
    }

    let sampled = SampledCode::of(request);
    // The frames of each sampled address by the profile, where one of them is of a chosen routine.
    let frames: Vec<Option<Vec<CodeFrame>>> = sampled
        .rows()
        .iter()
        .map(|row| {
            let infos: Vec<CodeFrame> = table
                .nodes(row.location)
                .iter()
                .map(|&node| {
                    let info = table.info(node);
                    CodeFrame {
                        function: info.name,
                        system_name: String::new(),
                        file: info.file,
                        line: info.line,
                    }
                })
                .collect();
            let wanted =
                infos.iter().any(|frame| chosen.contains(&(frame.function.clone(), frame.file.clone())));
            wanted.then_some(infos)
        })
        .collect();

    let mut placed: Vec<(Vec<Below>, MachineInstruction, Vec<usize>)> = Vec::new();
    let mut is_placed = vec![false; sampled.rows().len()];
    for mapping in (0..request.view.profile().mappings.len()).map(MappingId::new) {
        let rows = || {
            let wanted = |row: &usize| frames[*row].is_some() && sampled.rows()[*row].mapping == mapping;
            (0..frames.len()).filter(wanted)
        };
        let addresses: Vec<u64> = rows().map(|row| sampled.rows()[row].address).collect();
        if addresses.is_empty() {
            continue;
        }
        let mapped = mapped_file(request.view.profile(), mapping);
        let code = request.code;
        let query = FunctionQuery { matches: &|_| false, addresses: &addresses, either: None };
        let mut or_problem = |error: CodeError| problems.push(error.to_string());
        let functions = code.functions(&mapped, &query).map_err(&mut or_problem).unwrap_or_default();
        for function in functions {
            let instructions = code
                .instructions(&mapped, function.range, request.options.intel_syntax)
                .map_err(&mut or_problem)
                .unwrap_or_default();
            let mut last: Option<(u64, Vec<CodeFrame>)> = None;
            for mut instruction in instructions {
                let end = instruction.address.saturating_add(u64::from(instruction.length));
                let rows: Vec<usize> = sampled
                    .rows_in(&(instruction.address..end))
                    .filter(|&row| sampled.rows()[row].mapping == mapping)
                    .collect();
                let has_line = instruction.frames.first().is_some_and(|frame| frame.line != 0);
                if has_line {
                    last = Some((instruction.address, instruction.frames.clone()));
                } else if let Some((address, frames)) = &last
                    && instruction.address - address <= NEIGHBOURHOOD
                {
                    instruction.frames.clone_from(frames);
                }
                // The numbers are those of the profile, so its frames decide where they stand.
                if let Some(known) = rows.iter().find_map(|&row| frames[row].as_ref()) {
                    instruction.frames.clone_from(known);
                }
                let below = belongs_below(&instruction.frames, &by_name);
                if !below.is_empty() && placed.len() < MOST_INSTRUCTIONS {
                    rows.iter().for_each(|&row| is_placed[row] = true);
                    placed.push((below, instruction, rows));
                }
            }
        }
    }
    // What has no code at hand still tells which inlined calls were at work.
    for (row, frames) in frames.into_iter().enumerate() {
        let Some(frames) = frames.filter(|frames| !is_placed[row] && frames.len() > 1) else { continue };
        let address = sampled.rows()[row].address;
        let instruction =
            MachineInstruction { address, file_address: address, length: 1, frames, ..Default::default() };
        placed.push((belongs_below(&instruction.frames, &by_name), instruction, vec![row]));
    }
    placed.sort_by_key(|(_, instruction, _)| instruction.address);

    let groups: Vec<Vec<usize>> = placed.iter().map(|(_, _, rows)| rows.clone()).collect();
    let weights = sampled.weigh(&groups);
    // Where the last instruction below each line ended.
    let mut ends: HashMap<Below, u64> = HashMap::new();
    for ((below, instruction, _), (flat, cum)) in placed.into_iter().zip(weights) {
        let end = instruction.address.saturating_add(u64::from(instruction.length));
        for place in below {
            let Some(routine) = found.get_mut(&place.0) else { continue };
            let calls = calls(request, &instruction.frames, &place);
            if instruction.text.is_empty() && calls.is_empty() {
                continue;
            }
            let before = ends.insert(place.clone(), end);
            routine.instructions.entry(place.1).or_default().push(LineInstruction {
                address: instruction.file_address,
                flat: flat.shown(),
                cum: cum.shown(),
                text: instruction.text.clone(),
                calls,
                begins_block: before.is_some_and(|before| before != instruction.address),
            });
        }
    }
    problems.dedup();
    problems
}

/// The lines of chosen routines among `frames`.
fn belongs_below(frames: &[CodeFrame], by_name: &HashMap<&str, Vec<&RoutineKey>>) -> Vec<Below> {
    let mut below: Vec<Below> = Vec::new();
    for frame in frames {
        let keys = [&frame.function, &frame.system_name]
            .into_iter()
            .find_map(|name| by_name.get(name.as_str()))
            .map_or(&[][..], |keys| keys.as_slice());
        // Paths of binaries and of profiles may differ in their beginning.
        let key = keys
            .iter()
            .find(|key| key.1 == frame.file)
            .or_else(|| keys.iter().find(|key| file_name(&key.1) == file_name(&frame.file)));
        if let Some(key) = key {
            let place = ((*key).clone(), frame.line);
            if !below.contains(&place) {
                below.push(place);
            }
        }
    }
    below
}

/// The inlined calls from a line down to the innermost function, the outermost first.
fn calls(request: &Request<'_>, frames: &[CodeFrame], below: &Below) -> Vec<InlinedCall> {
    let is_here = |frame: &CodeFrame| {
        (frame.function == below.0.0 || frame.system_name == below.0.0) && frame.line == below.1
    };
    let inner = frames.iter().position(is_here).unwrap_or(0);
    frames[..inner]
        .iter()
        .rev()
        .map(|frame| {
            let row = usize::try_from(frame.line - 1).ok();
            let source = source_file(request, &frame.file).ok();
            let text = source.zip(row).and_then(|(source, row)| source.lines.get(row).cloned());
            InlinedCall {
                function: frame.function.clone(),
                file: frame.file.clone(),
                line: frame.line,
                text: text.unwrap_or_default(),
            }
        })
        .collect()
}

fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}
