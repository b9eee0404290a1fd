//! `disasm`: the instructions of functions, with what each weighs.
//!
//! Functions are those of the symbol tables of the binaries. A function that was inlined everywhere has
//! no code of its own; it is found in the functions that it was inlined into, of which only its
//! instructions are shown.

use std::collections::BTreeSet;

use hotlist_profile::MappingId;

use crate::assembly::{Assembly, MachineRoutine, WeighedInstruction};
use crate::code::{FunctionQuery, MachineFunction, MachineInstruction};
use crate::header::Header;
use crate::report::{Argument, Defaults, Report, ReportError, Request};
use crate::sampled_code::{SampledCode, mapped_file, parse_address};
use crate::shape::{Shape, ShapeKind};

/// The report.
pub const REPORT: Report = Report {
    name: "disasm",
    aliases: &[],
    summary: "Assembly of the functions that match a regexp or hold an address, with what each instruction weighs",
    argument: Argument::Pattern,
    defaults: Defaults { trim: false, granularity: None, node_count: 0, object_names: true },
    shape: ShapeKind::Assembly,
    build,
};

/// A function with the rows of its samples.
struct Found {
    mapping: MappingId,
    object: String,
    function: MachineFunction,
    instructions: Vec<MachineInstruction>,
    inlined: Vec<String>,
    /// Rows of the sampled addresses, by instruction.
    rows: Vec<Vec<usize>>,
}

fn build<'v>(request: &Request<'v>) -> Result<Shape<'v>, ReportError> {
    let text = request.options.pattern.as_ref().map_or("", |pattern| pattern.as_str());
    let matches = |name: &str| {
        !name.is_empty()
            && request.options.pattern.as_ref().is_none_or(|pattern| pattern.is_match(name.as_bytes()))
    };
    let sampled = SampledCode::of(request);
    let mut reasons = Vec::new();
    let mut found = find(request, &sampled, &matches, parse_address(text), &mut reasons);
    if found.is_empty() {
        return Err(match reasons.is_empty() {
            true => ReportError::NoMatches(text.to_owned()),
            false => ReportError::NoCode { pattern: text.to_owned(), reasons },
        });
    }
    found.sort_by(|a, b| {
        let key = |found: &Found| (found.function.range.start, found.mapping.index());
        a.function.names.first().cmp(&b.function.names.first()).then(key(a).cmp(&key(b)))
    });

    let whole: Vec<Vec<usize>> = found.iter().map(|found| found.rows.concat()).collect();
    let wholes = sampled.weigh(&whole);
    let single: Vec<Vec<usize>> = found.iter().flat_map(|found| found.rows.iter().cloned()).collect();
    let mut singles = sampled.weigh(&single).into_iter();
    let routines = found
        .into_iter()
        .zip(wholes)
        .map(|(found, (flat, cum))| {
            let mut names = found.function.names.into_iter();
            MachineRoutine {
                name: names.next().unwrap_or_default(),
                also: names.collect(),
                inlined: found.inlined,
                object: found.object,
                flat: flat.shown(),
                cum: cum.shown(),
                instructions: found
                    .instructions
                    .into_iter()
                    .zip(&found.rows)
                    .zip(singles.by_ref())
                    .map(|((instruction, rows), (flat, cum))| {
                        let place = position(request, &sampled, &instruction, rows);
                        WeighedInstruction {
                            address: instruction.file_address,
                            flat: flat.shown(),
                            cum: cum.shown(),
                            text: instruction.text,
                            function: place.0,
                            file: place.1,
                            line: place.2,
                            target: instruction.target,
                        }
                    })
                    .collect(),
            }
        })
        .collect();
    Ok(Shape::Assembly(Assembly { header: Header::new(request), routines }))
}

/// The functions that were asked for and have samples.
fn find(
    request: &Request<'_>,
    sampled: &SampledCode<'_>,
    matches: &dyn Fn(&str) -> bool,
    address: Option<u64>,
    reasons: &mut Vec<String>,
) -> Vec<Found> {
    let (profile, code) = (request.view.profile(), request.code);
    let matching: Vec<bool> = profile
        .functions
        .iter()
        .map(|function| {
            [function.name, function.system_name].iter().any(|&name| matches(&profile.lossy(name)))
        })
        .collect();
    // The functions of a location that match, by name.
    let names_at = |row: usize| {
        let lines = profile.locations.all_lines();
        request
            .view
            .line_rows(sampled.rows()[row].location)
            .map(|line| lines[line].function)
            .filter(|function| matching[function.index()])
            .map(|function| profile.lossy(profile.function(function).name).into_owned())
    };
    let mut found = Vec::new();
    for mapping in (0..profile.mappings.len()).map(MappingId::new) {
        let addresses: Vec<u64> = sampled
            .rows()
            .iter()
            .enumerate()
            .filter(|(row, sample)| sample.mapping == mapping && names_at(*row).next().is_some())
            .map(|(_, sample)| sample.address)
            .collect();
        let has_samples = sampled.rows().iter().any(|row| row.mapping == mapping);
        if addresses.is_empty() && (address.is_none() || !has_samples) {
            continue;
        }
        let mapped = mapped_file(profile, mapping);
        let query = FunctionQuery { matches, addresses: &addresses, either: address };
        let functions = match code.functions(&mapped, &query) {
            Ok(functions) => functions,
            Err(error) => {
                reasons.push(error.to_string());
                continue;
            }
        };
        if functions.is_empty() && !addresses.is_empty() {
            reasons.push(format!("{}: no symbols", mapped.path));
        }
        for function in functions {
            let rows = sampled.rows_in(&function.range);
            if !rows.clone().any(|row| sampled.rows()[row].mapping == mapping) {
                continue;
            }
            let mut instructions =
                match code.instructions(&mapped, function.range.clone(), request.options.intel_syntax) {
                    Ok(instructions) => instructions,
                    Err(error) => {
                        reasons.push(error.to_string());
                        continue;
                    }
                };
            let mut by_instruction: Vec<Vec<usize>> = instructions
                .iter()
                .map(|instruction| {
                    let end = instruction.address.saturating_add(u64::from(instruction.length));
                    let rows = sampled.rows_in(&(instruction.address..end));
                    rows.filter(|&row| sampled.rows()[row].mapping == mapping).collect()
                })
                .collect();
            let mut inlined = BTreeSet::new();
            if !function.matches {
                inlined.extend(rows.flat_map(names_at));
                let keep: Vec<bool> = instructions
                    .iter()
                    .zip(&by_instruction)
                    .map(|(instruction, rows)| {
                        let by_code = instruction
                            .frames
                            .iter()
                            .any(|frame| matches(&frame.function) || matches(&frame.system_name));
                        // Where the profile knows about inlined calls, it decides.
                        if rows.is_empty() {
                            by_code
                        } else {
                            rows.iter().any(|&row| names_at(row).next().is_some())
                        }
                    })
                    .collect();
                let mut kept = keep.iter();
                instructions.retain(|_| kept.next().copied().unwrap_or(true));
                let mut kept = keep.iter();
                by_instruction.retain(|_| kept.next().copied().unwrap_or(true));
            }
            found.push(Found {
                mapping,
                object: mapped.path.clone(),
                function,
                instructions,
                inlined: inlined.into_iter().collect(),
                rows: by_instruction,
            });
        }
    }
    found
}

/// Function, file and line of an instruction: by the debug information, or else by the profile.
fn position(
    request: &Request<'_>,
    sampled: &SampledCode<'_>,
    instruction: &MachineInstruction,
    rows: &[usize],
) -> (String, String, i64) {
    let (mut function, mut file, mut line) = match instruction.frames.first() {
        Some(frame) => (frame.function.clone(), frame.file.clone(), frame.line),
        None => Default::default(),
    };
    let profile = request.view.profile();
    for &row in rows {
        let Some(known) = request.view.line_rows(sampled.rows()[row].location).next() else { continue };
        let known = profile.locations.all_lines()[known];
        let named = profile.function(known.function);
        if function.is_empty() {
            function = profile.lossy(named.name).into_owned();
        }
        if file.is_empty() {
            file = profile.lossy(named.filename).into_owned();
        }
        if line == 0 {
            line = known.line;
        }
    }
    (function, file, line)
}
