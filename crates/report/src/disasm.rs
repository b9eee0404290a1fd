//! `disasm`: the instructions of functions, with what each weighs.
//!
//! Functions are those of the symbol tables of the binaries. A function that was inlined everywhere has
//! no code itself; it is found in the functions that it was inlined into, of which only its
//! instructions are shown.

use std::collections::BTreeSet;

use hotlist_profile::MappingId;

use crate::code::{FunctionQuery, MachineInstruction};
use crate::report::{Argument, Defaults, Report, ReportError, Request};
use crate::sampled_code::{SampledCode, SampledFunction, mapped_file, parse_address};
use crate::shape::{Assembly, MachineRoutine, WeighedInstruction};
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

/// A function that was asked for.
struct FoundFunction {
    mapping: MappingId,
    object: String,
    sampled: SampledFunction,
    inlined: Vec<String>,
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
        let key = |found: &FoundFunction| (found.sampled.function.range.start, found.mapping.index());
        let name = |found: &FoundFunction| found.sampled.function.names.first().cloned();
        name(a).cmp(&name(b)).then(key(a).cmp(&key(b)))
    });

    let rows = |found: &FoundFunction| -> Vec<Vec<usize>> {
        found.sampled.instructions.iter().map(|(_, rows)| rows.clone()).collect()
    };
    let whole: Vec<Vec<usize>> = found.iter().map(|found| rows(found).concat()).collect();
    let wholes = sampled.weigh(&whole);
    let single: Vec<Vec<usize>> = found.iter().flat_map(rows).collect();
    let mut singles = sampled.weigh(&single).into_iter();
    let routines = found
        .into_iter()
        .zip(wholes)
        .map(|(found, (flat, cum))| {
            let mut names = found.sampled.function.names.into_iter();
            MachineRoutine {
                name: names.next().unwrap_or_default(),
                also: names.collect(),
                inlined: found.inlined,
                object: found.object,
                flat: flat.shown(),
                cum: cum.shown(),
                instructions: found
                    .sampled
                    .instructions
                    .into_iter()
                    .zip(singles.by_ref())
                    .map(|((instruction, rows), (flat, cum))| {
                        let (function, file, line) = position(request, &sampled, &instruction, &rows);
                        WeighedInstruction {
                            address: instruction.file_address,
                            flat: flat.shown(),
                            cum: cum.shown(),
                            text: instruction.text,
                            function,
                            file,
                            line,
                            target: instruction.target,
                        }
                    })
                    .collect(),
            }
        })
        .collect();
    Ok(Shape::Assembly(Assembly { header: request.header(), routines }))
}

/// The functions that were asked for and have samples.
fn find(
    request: &Request<'_>,
    sampled: &SampledCode<'_>,
    matches: &dyn Fn(&str) -> bool,
    address: Option<u64>,
    reasons: &mut Vec<String>,
) -> Vec<FoundFunction> {
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
            .line_rows(sampled.row(row).location)
            .map(|line| lines[line].function)
            .filter(|function| matching[function.index()])
            .map(|function| profile.lossy(profile.function(function).name).into_owned())
    };
    let is_wanted = |row: usize| names_at(row).next().is_some();
    let mut found = Vec::new();
    for mapping in (0..profile.mappings.len()).map(MappingId::new) {
        let rows = sampled.rows_of(mapping);
        let addresses: Vec<u64> =
            rows.clone().filter(|&row| is_wanted(row)).map(|row| sampled.row(row).address).collect();
        if addresses.is_empty() && (address.is_none() || rows.is_empty()) {
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
            let rows = sampled.rows_in(mapping, &function.range);
            if rows.is_empty() {
                continue;
            }
            let mut joined = match sampled.join(request, mapping, &mapped, function) {
                Ok(joined) => joined,
                Err(error) => {
                    reasons.push(error.to_string());
                    continue;
                }
            };
            let mut inlined = BTreeSet::new();
            if !joined.function.matches {
                inlined.extend(rows.flat_map(names_at));
                joined.instructions.retain(|(instruction, rows)| match rows.as_slice() {
                    [] => instruction
                        .frames
                        .iter()
                        .any(|frame| matches(&frame.function) || matches(&frame.system_name)),
                    // Where the profile knows about inlined calls, it decides.
                    rows => rows.iter().any(|&row| is_wanted(row)),
                });
            }
            let (object, inlined) = (mapped.path.clone(), inlined.into_iter().collect());
            found.push(FoundFunction { mapping, object, sampled: joined, inlined });
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
        let Some(known) = request.view.line_rows(sampled.row(row).location).next() else { continue };
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

#[cfg(test)]
mod tests {
    use crate::testing::{Code, Program, ask};
    use crate::{MachineRoutine, NoSource, Shape};

    use super::REPORT;

    #[test]
    fn samples_where_no_instruction_is_are_told_at_their_address() {
        let mut program = Program::new();
        let line = program.line("f", "f.c", 1, 2);
        for (address, value) in [(0x1000, 1), (0x1006, 2), (0x1009, 4)] {
            let at = program.at(address, &[line]);
            program.sample(&[at], value);
        }
        let code = Code { functions: vec![("f", 0x1000..0x1010)], holes: vec![0x1008], ..Code::default() };
        let routine = ask(&REPORT, &program.profile(), "^f$", (&NoSource, &code), |shape| match shape {
            Shape::Assembly(assembly) => assembly.routines[0].clone(),
            other => panic!("{other:?}"),
        })
        .expect("the function is there");
        let MachineRoutine { flat, cum, instructions, .. } = routine;
        assert_eq!((flat, cum), (7, 7));
        let lines: Vec<(u64, i64, &str)> =
            instructions.iter().map(|code| (code.address, code.flat, code.text.as_str())).collect();
        assert_eq!(lines, [(0, 1, "op1000"), (4, 2, "op1004"), (9, 4, ""), (12, 0, "op100c")]);
    }
}
