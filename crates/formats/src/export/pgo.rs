//! Profiles for Go's compiler, with what it looks at and nothing else.
//!
//! The compiler makes a graph of calls of the two locations at the leaf of each stack: an edge is a caller, a callee,
//! and the line of the call counted from the start of the caller. Here each edge is a sample of two frames with the
//! weight of the edge, so that the compiler finds the same edges with the same weights, and decides the same, after
//! reading far less. Source: Go, `src/cmd/internal/pgo/pprof.go` and `src/internal/profile/graph.go`.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{self, Write};

use hotlist_profile::{Builder, Function, FunctionId, Profile, StringId};

use super::{Export, check_not_negative, refuse};

pub(super) const EXPORT: Export = Export {
    name: "pgo",
    readers: "go build -pgo",
    lost: "everything but which function calls which, from which line and how often",
    extensions: &["pgo"],
    write,
};

fn write(profile: &Profile, out: &mut dyn Write) -> io::Result<()> {
    crate::write(&calls(profile)?, out)
}

/// The value types that the compiler takes, the first one of the profile.
fn column_for_go(profile: &Profile) -> Option<usize> {
    profile.sample_types.iter().position(|value_type| {
        let (kind, unit) = (profile.text(value_type.kind), profile.text(value_type.unit));
        matches!((kind, unit), (b"samples", b"count") | (b"cpu", b"nanoseconds"))
    })
}

/// What the compiler tells nodes of the graph apart by.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Node {
    name: StringId,
    address: u64,
    start_line: i64,
    line: i64,
}

/// A call of `callee` from a line of `caller`, counted from its start.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Call {
    caller: StringId,
    callee: StringId,
    offset: i64,
}

/// A profile of calls.
fn calls(profile: &Profile) -> io::Result<Profile> {
    let Some(column) = column_for_go(profile) else {
        return Err(refuse("Go's compiler takes profiles with samples/count or cpu/nanoseconds only"));
    };
    check_not_negative(profile, &[column], "a profile for Go's compiler")?;
    if !profile.functions.is_empty() && profile.functions.iter().all(|function| function.start_line == 0) {
        return Err(refuse("the profile does not say where functions begin, which Go's compiler needs"));
    }
    let nodes: Vec<Vec<Node>> = profile
        .locations
        .ids()
        .map(|location| {
            let address = profile.locations.get(location).address;
            let lines = profile.locations.lines(location);
            if lines.is_empty() {
                return vec![Node { name: StringId::EMPTY, address, start_line: 0, line: 0 }];
            }
            let node = |line: &hotlist_profile::Line| {
                let Function { name, start_line, .. } = profile.function(line.function);
                Node { name, address, start_line, line: line.line }
            };
            lines.iter().rev().map(node).collect()
        })
        .collect();
    let mut weights: BTreeMap<Call, i64> = BTreeMap::new();
    let mut start_lines: HashMap<StringId, i64> = HashMap::new();
    let mut seen = HashSet::new();
    for sample in profile.samples.ids() {
        let value = profile.samples.value(sample, column);
        if value == 0 {
            continue;
        }
        seen.clear();
        let mut caller: Option<Node> = None;
        // From the caller to the leaf, inlined functions behind those that they are inlined into.
        let frames = profile.frames(sample).iter().take(2).rev();
        for &callee in frames.flat_map(|location| &nodes[location.index()]) {
            if let Some(caller) = caller.filter(|&caller| caller != callee)
                && seen.insert((caller, callee))
            {
                let offset = caller.line.saturating_sub(caller.start_line);
                let call = Call { caller: caller.name, callee: callee.name, offset };
                let weight = weights.entry(call).or_default();
                *weight = weight.checked_add(value).ok_or_else(|| refuse("the values are too large"))?;
                start_lines.entry(caller.name).or_insert(caller.start_line);
                start_lines.entry(callee.name).or_insert(callee.start_line);
            }
            caller = Some(callee);
        }
    }
    let value_type = profile.sample_types[column];
    let (kind, unit) = (profile.lossy(value_type.kind), profile.lossy(value_type.unit));
    let mut builder = Builder::new(&[(&kind, &unit)]);
    builder.period(
        &profile.lossy(profile.period_type.kind),
        &profile.lossy(profile.period_type.unit),
        profile.period,
    );
    builder.profile.time_nanos = profile.time_nanos;
    builder.profile.duration_nanos = profile.duration_nanos;
    let mut locations = HashMap::new();
    for (call, weight) in weights {
        let line = start_lines[&call.caller].saturating_add(call.offset);
        let caller = function(&mut builder, profile, call.caller, start_lines[&call.caller]);
        let callee_start = start_lines[&call.callee];
        let callee = function(&mut builder, profile, call.callee, callee_start);
        // In a recursion the two frames have to differ.
        let callee_line = if caller == callee && line == callee_start { line + 1 } else { callee_start };
        let mut place = |function: FunctionId, line: i64| {
            *locations.entry((function, line)).or_insert_with(|| builder.source_location(function, line))
        };
        let stack = [place(callee, callee_line), place(caller, line)];
        builder.sample(&stack, &[], &[weight]).map_err(|error| refuse(error.to_string()))?;
    }
    Ok(builder.finish())
}

fn function(builder: &mut Builder, profile: &Profile, name: StringId, start_line: i64) -> FunctionId {
    let name = builder.string(profile.text(name));
    builder.function(Function { name, system_name: name, start_line, ..Function::default() })
}
