//! The instructions below lines of source code: functions are chosen, their code joined with the samples in it, each
//! instruction placed below the lines that it comes from, and weighed.

use std::collections::HashMap;

use hotlist_analyze::NodeTable;
use hotlist_profile::MappingId;

use crate::code::{CodeError, CodeFrame, FunctionQuery, MachineInstruction};
use crate::list::{FoundRoutines, RoutineKey};
use crate::report::Request;
use crate::sampled_code::{SampledCode, SampledFunction, mapped_file, source_file};
use crate::shape::{InlinedCall, LineInstruction};

/// The instructions of this many functions are shown, the heaviest.
const MOST_ROUTINES: usize = 200;

/// At most this many instructions are shown.
const MOST_INSTRUCTIONS: usize = 100_000;

/// An instruction without its own line is taken to belong to the line before it when it begins at most this many
/// bytes after an instruction that has one.
const NEIGHBOURHOOD: u64 = 32;

/// Where an instruction goes: a routine and a line of it.
type RoutineLine = (RoutineKey, i64);

/// Hangs instructions below the lines of `found`, and tells for which files that was not possible.
pub(crate) fn attach(
    request: &Request<'_>,
    table: &NodeTable<'_, '_>,
    found: &mut FoundRoutines,
) -> Vec<String> {
    let chosen = Chosen::heaviest(found);
    let sampled = SampledCode::of(request);
    let frames = known_frames(table, &sampled, &chosen);
    let mut problems = Vec::new();
    let placed = place(request, &sampled, frames, &chosen, &mut problems);
    weigh(request, &sampled, placed, found);
    problems.dedup();
    problems
}

/// The functions whose instructions are shown.
struct Chosen {
    by_name: HashMap<String, Vec<RoutineKey>>,
}

impl Chosen {
    fn heaviest(found: &FoundRoutines) -> Chosen {
        let weight = |line: &(_, hotlist_analyze::Weight)| line.1.value.unsigned_abs();
        let mut heaviest: Vec<(u64, &RoutineKey)> = found
            .iter()
            .map(|(key, routine)| (routine.lines.values().map(weight).max().unwrap_or(0), key))
            .collect();
        heaviest.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
        let mut by_name: HashMap<String, Vec<RoutineKey>> = HashMap::new();
        for (_, key) in heaviest.into_iter().take(MOST_ROUTINES) {
            by_name.entry(key.0.clone()).or_default().push(key.clone());
        }
        Chosen { by_name }
    }

    /// Whether a frame of the profile is in one of them.
    fn has(&self, frame: &CodeFrame) -> bool {
        self.by_name.get(&frame.function).is_some_and(|keys| keys.iter().any(|key| key.1 == frame.file))
    }

    /// The lines of chosen functions among `frames`, each once.
    fn lines(&self, frames: &[CodeFrame]) -> Vec<RoutineLine> {
        let mut lines: Vec<RoutineLine> = Vec::new();
        for frame in frames {
            let keys =
                [&frame.function, &frame.system_name].into_iter().find_map(|name| self.by_name.get(name));
            let keys = keys.map_or(&[][..], |keys| keys.as_slice());
            // Paths of binaries and of profiles may differ in their beginning.
            let key = keys
                .iter()
                .find(|key| key.1 == frame.file)
                .or_else(|| keys.iter().find(|key| file_name(&key.1) == file_name(&frame.file)));
            if let Some(key) = key {
                let line = (key.clone(), frame.line);
                if !lines.contains(&line) {
                    lines.push(line);
                }
            }
        }
        lines
    }
}

/// The frames of each sampled address by the profile, where one of them is in a chosen function.
fn known_frames(
    table: &NodeTable<'_, '_>,
    sampled: &SampledCode<'_>,
    chosen: &Chosen,
) -> Vec<Option<Vec<CodeFrame>>> {
    let frame = |&node| {
        let info = table.info(node);
        CodeFrame { function: info.name, system_name: String::new(), file: info.file, line: info.line }
    };
    (0..sampled.len())
        .map(|row| {
            let frames: Vec<CodeFrame> = table.nodes(sampled.row(row).location).iter().map(frame).collect();
            frames.iter().any(|frame| chosen.has(frame)).then_some(frames)
        })
        .collect()
}

/// An instruction on its way below lines.
struct PlacedInstruction {
    lines: Vec<RoutineLine>,
    instruction: MachineInstruction,
    /// The rows of the samples at it.
    rows: Vec<usize>,
}

/// Finds the lines to which the instructions of chosen functions belong, in the order of their addresses.
fn place(
    request: &Request<'_>,
    sampled: &SampledCode<'_>,
    frames: Vec<Option<Vec<CodeFrame>>>,
    chosen: &Chosen,
    problems: &mut Vec<String>,
) -> Vec<PlacedInstruction> {
    let mut placed: Vec<PlacedInstruction> = Vec::new();
    let mut is_placed = vec![false; sampled.len()];
    let mut or_problem = |error: CodeError| problems.push(error.to_string());
    for mapping in (0..request.view.profile().mappings.len()).map(MappingId::new) {
        let wanted = sampled.rows_of(mapping).filter(|&row| frames[row].is_some());
        let addresses: Vec<u64> = wanted.map(|row| sampled.row(row).address).collect();
        if addresses.is_empty() {
            continue;
        }
        let mapped = mapped_file(request.view.profile(), mapping);
        let query = FunctionQuery { matches: &|_| false, addresses: &addresses, either: None };
        let functions = request.code.functions(&mapped, &query).map_err(&mut or_problem).unwrap_or_default();
        for function in functions {
            let joined = sampled.join(request, mapping, &mapped, function).map_err(&mut or_problem);
            for (instruction, rows) in joined.into_iter().flat_map(|joined| with_lines(joined, &frames)) {
                let lines = chosen.lines(&instruction.frames);
                if !lines.is_empty() && placed.len() < MOST_INSTRUCTIONS {
                    rows.iter().for_each(|&row| is_placed[row] = true);
                    placed.push(PlacedInstruction { lines, instruction, rows });
                }
            }
        }
    }
    // What has no code at hand still tells which inlined calls were at work.
    for (row, frames) in frames.into_iter().enumerate() {
        let Some(frames) = frames.filter(|frames| !is_placed[row] && frames.len() > 1) else { continue };
        let address = sampled.row(row).address;
        let lines = chosen.lines(&frames);
        let instruction =
            MachineInstruction { address, file_address: address, length: 1, frames, ..Default::default() };
        placed.push(PlacedInstruction { lines, instruction, rows: vec![row] });
    }
    placed.sort_by_key(|placed| placed.instruction.address);
    placed
}

/// The instructions of a function with the source positions that decide where they stand: those of the profile, whose
/// the numbers are, or else their own, or else those of an instruction shortly before.
fn with_lines(
    joined: SampledFunction,
    frames: &[Option<Vec<CodeFrame>>],
) -> impl Iterator<Item = (MachineInstruction, Vec<usize>)> + '_ {
    let mut last: Option<(u64, Vec<CodeFrame>)> = None;
    joined.instructions.into_iter().map(move |(mut instruction, rows)| {
        if instruction.frames.first().is_some_and(|frame| frame.line != 0) {
            last = Some((instruction.address, instruction.frames.clone()));
        } else if let Some((address, frames)) = &last
            && instruction.address - address <= NEIGHBOURHOOD
        {
            instruction.frames.clone_from(frames);
        }
        if let Some(known) = rows.iter().find_map(|&row| frames[row].as_ref()) {
            instruction.frames.clone_from(known);
        }
        (instruction, rows)
    })
}

/// Hangs weighed instructions below their lines.
fn weigh(
    request: &Request<'_>,
    sampled: &SampledCode<'_>,
    placed: Vec<PlacedInstruction>,
    found: &mut FoundRoutines,
) {
    let groups: Vec<Vec<usize>> = placed.iter().map(|placed| placed.rows.clone()).collect();
    let weights = sampled.weigh(&groups);
    // Where the last instruction below each line ended.
    let mut ends: HashMap<RoutineLine, u64> = HashMap::new();
    for (PlacedInstruction { lines, instruction, .. }, (flat, cum)) in placed.into_iter().zip(weights) {
        for line in lines {
            let Some(routine) = found.get_mut(&line.0) else { continue };
            let calls = calls(request, &instruction.frames, &line);
            if instruction.text.is_empty() && calls.is_empty() {
                continue;
            }
            let number = line.1;
            let before = ends.insert(line, instruction.addresses().end);
            routine.instructions.entry(number).or_default().push(LineInstruction {
                address: instruction.file_address,
                flat: flat.shown(),
                cum: cum.shown(),
                text: instruction.text.clone(),
                calls,
                begins_block: before.is_some_and(|before| before != instruction.address),
            });
        }
    }
}

/// The inlined calls from a line down to the innermost function, the outermost first.
fn calls(request: &Request<'_>, frames: &[CodeFrame], line: &RoutineLine) -> Vec<InlinedCall> {
    let is_here = |frame: &CodeFrame| {
        (frame.function == line.0.0 || frame.system_name == line.0.0) && frame.line == line.1
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use crate::testing::{Code, Program, ask};
    use crate::{CodeFrame, Listing, NoSource, Shape, WEBLIST};

    /// Below each line of the first function its instructions: address, own weight, depth of inlining.
    fn below(program: Program, code: &Code) -> BTreeMap<i64, Vec<(u64, i64, usize)>> {
        let listing: Listing =
            ask(&WEBLIST, &program.profile(), "outer", (&NoSource, code), |shape| match shape {
                Shape::Listing(listing) => listing.clone(),
                other => panic!("{other:?}"),
            })
            .expect("the function is there");
        let lines = listing.routines[0].lines.iter();
        lines
            .map(|line| {
                let codes = line.instructions.iter();
                (line.number, codes.map(|code| (code.address, code.flat, code.calls.len())).collect())
            })
            .collect()
    }

    fn frame(line: i64) -> CodeFrame {
        CodeFrame { function: "outer".into(), file: "/elsewhere/a.c".into(), line, ..CodeFrame::default() }
    }

    #[test]
    fn instructions_stand_below_the_lines_they_come_from() {
        let mut program = Program::new();
        let (outer, inner) = (program.line("outer", "a.c", 1, 3), program.line("inner", "b.c", 8, 9));
        let own = program.at(0x1000, &[outer]);
        let inlined = program.at(0x1008, &[inner, outer]);
        program.sample(&[own], 1);
        program.sample(&[inlined], 2);
        // The second instruction has no line and takes that of the first; the third has those of the profile.
        let lines = [(0x1000, frame(3)), (0x100c, frame(5))].into();
        let code = Code { functions: vec![("outer", 0x1000..0x1010)], lines, ..Code::default() };
        let expected = [(3, vec![(0, 1, 0), (4, 0, 0), (8, 2, 1)]), (5, vec![(12, 0, 0)])];
        assert_eq!(below(program, &code), expected.into());
    }

    #[test]
    fn without_code_inlined_calls_are_told_all_the_same() {
        let mut program = Program::new();
        let (outer, inner) = (program.line("outer", "a.c", 1, 3), program.line("inner", "b.c", 8, 9));
        let inlined = program.at(0x1008, &[inner, outer]);
        program.sample(&[inlined], 2);
        assert_eq!(below(program, &Code::default()), [(3, vec![(0x1008, 2, 1)])].into());
    }
}
