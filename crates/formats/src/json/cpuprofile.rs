//! CPU profiles of V8: `node --cpu-prof`, Chrome's and VS Code's profilers.
//!
//! ```text
//! {"nodes": [{"id": 1, "callFrame": {"functionName": "f", "url": "a.js", "lineNumber": 3}, "children": [2]}, …],
//!  "startTime": 0, "endTime": 9000, "samples": [2, 2, 1], "timeDeltas": [100, 2000, 2000]}
//! ```
//! Times are microseconds; lines are counted from 0. A sample lasts until the next one, and the last one until the end.
//! Source: <https://chromedevtools.github.io/devtools-protocol/tot/Profiler/#type-Profile>. Up to 2014 there was a tree
//! under `head` and `timestamps` in place of deltas.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use hotlist_profile::{Label, LabelValue, LocationId, Profile};
use serde::Deserialize;

use super::decode::{decode, integer, wrong};
use crate::error::Malformed;
use crate::format::{Format, Reader};
use crate::named_stacks::{Frame, NamedStacks};
use crate::read::Limits;
use crate::sniff::Sniff;

pub(crate) const FORMAT: Format = Format {
    name: "cpuprofile",
    title: "V8 CPU",
    writers: "node --cpu-prof, Chrome, VS Code",
    lost: "columns, ticks of lines",
    sniff: Sniff::Keys(&[
        &["nodes", "samples"],
        &["nodes", "timeDeltas"],
        &["head", "head.functionName", "startTime"],
    ]),
    reader: Reader::Whole(|data, limits| read(&decode(data)?, limits)),
};

/// A profile, or a piece of one in a trace. Times are microseconds.
#[derive(Deserialize, Clone, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ProfileParts {
    pub(super) nodes: Vec<Node>,
    head: Option<OldNode>,
    pub(super) samples: Vec<u64>,
    pub(super) time_deltas: Vec<f64>,
    /// Of the old form.
    timestamps: Vec<f64>,
    pub(super) start_time: f64,
    pub(super) end_time: f64,
}

impl ProfileParts {
    /// No samples yet, between these times.
    pub(super) fn between(start_time: f64, end_time: f64) -> Self {
        ProfileParts { start_time, end_time, ..ProfileParts::default() }
    }
}

/// A function that was called, by the id that samples name.
#[derive(Deserialize, Clone)]
#[serde(rename_all = "camelCase")]
pub(super) struct Node {
    id: u64,
    call_frame: CallFrame,
    #[serde(default)]
    children: Vec<u64>,
    parent: Option<u64>,
}

#[derive(Deserialize, Clone)]
#[serde(rename_all = "camelCase")]
pub(super) struct CallFrame {
    #[serde(default)]
    function_name: String,
    #[serde(default)]
    url: String,
    /// Counted from 0.
    #[serde(default)]
    line_number: i64,
}

impl CallFrame {
    /// Its location; the root of all calls has none.
    pub(super) fn location(&self, stacks: &mut NamedStacks) -> Option<LocationId> {
        let function = match &*self.function_name {
            "(root)" => return None,
            "" => "(anonymous)",
            name => name,
        };
        Some(stacks.location(&Frame {
            function: function.as_bytes(),
            file: self.url.as_bytes(),
            line: self.line_number.saturating_add(1).max(0),
            module: b"",
        }))
    }
}

#[derive(Deserialize, Clone)]
struct OldNode {
    id: u64,
    #[serde(flatten)]
    call_frame: CallFrame,
    #[serde(default)]
    children: Vec<OldNode>,
}

/// A node of the tree of calls.
struct TreeNode {
    frame: CallFrame,
    parent: Option<usize>,
}

fn read(file: &ProfileParts, limits: Limits) -> Result<Profile, Malformed> {
    let mut stacks = stacks(limits);
    add(file, file.start_time, &[], &mut stacks)?;
    finish(stacks)
}

/// For samples of V8, none yet.
pub(super) fn stacks(limits: Limits) -> NamedStacks {
    NamedStacks::new(&[("samples", "count"), ("cpu", "nanoseconds")]).limited(limits)
}

/// Adds the samples of a profile with these labels; their times are counted from `start`.
pub(super) fn add(
    file: &ProfileParts,
    start: f64,
    labels: &[Label],
    stacks: &mut NamedStacks,
) -> Result<(), Malformed> {
    let (nodes, rows) = tree(file)?;
    let spans = spans(file)?;
    let duration = nanos(file.end_time - start)?;
    let header = &mut stacks.builder.profile;
    header.duration_nanos = header.duration_nanos.max(duration);
    let idle: Vec<Label> = {
        let (key, value) = (stacks.builder.string("state"), stacks.builder.string("idle"));
        labels.iter().copied().chain([Label { key, value: LabelValue::Text(value) }]).collect()
    };
    let mut known: HashMap<usize, Vec<LocationId>> = HashMap::new();
    let mut time = nanos(first_time(file) - start)?;
    for (sample, span) in file.samples.iter().zip(spans) {
        let at = time;
        time = time.saturating_add(span);
        let row =
            *rows.get(sample).ok_or_else(|| wrong(format!("no node has the id {sample} of a sample")))?;
        let stack = match known.entry(row) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(vacant) => vacant.insert(stack(&nodes, row, stacks)?),
        };
        let labels = if nodes[row].frame.function_name == "(idle)" { &idle } else { labels };
        stacks.add_at(Some(at), stack, labels, &[1, span]).map_err(wrong)?;
    }
    Ok(())
}

/// The profile, with its period.
pub(super) fn finish(mut stacks: NamedStacks) -> Result<Profile, Malformed> {
    let [count, total] = stacks.builder.profile.totals()[..] else { return Err(too_long()) };
    let period = i64::try_from(if count == 0 { 0 } else { total / count }).map_err(|_| too_long())?;
    stacks.builder.period("cpu", "nanoseconds", period);
    Ok(stacks.finish())
}

/// When the first sample was taken.
fn first_time(file: &ProfileParts) -> f64 {
    match (file.timestamps.first(), file.time_deltas.first()) {
        (Some(time), None) => *time,
        (_, Some(delta)) => file.start_time + delta,
        (None, None) => file.start_time,
    }
}

fn too_long() -> Malformed {
    wrong("the times are too long")
}

/// Nodes with their parents, and the rows of ids.
fn tree(file: &ProfileParts) -> Result<(Vec<TreeNode>, HashMap<u64, usize>), Malformed> {
    let mut nodes = Vec::new();
    let mut rows = HashMap::new();
    let mut add = |id: u64, frame: &CallFrame, parent: Option<usize>| {
        let row = nodes.len();
        let frame =
            CallFrame { function_name: frame.function_name.clone(), url: frame.url.clone(), ..*frame };
        nodes.push(TreeNode { frame, parent });
        match rows.insert(id, row) {
            None => Ok(row),
            Some(_) => Err(wrong(format!("two nodes have the id {id}"))),
        }
    };
    for node in &file.nodes {
        add(node.id, &node.call_frame, None)?;
    }
    let mut left: Vec<(&OldNode, Option<usize>)> = file.head.iter().map(|head| (head, None)).collect();
    while let Some((node, parent)) = left.pop() {
        let row = add(node.id, &node.call_frame, parent)?;
        left.extend(node.children.iter().map(|child| (child, Some(row))));
    }
    for node in &file.nodes {
        let row = rows[&node.id];
        for child in &node.children {
            let child = *rows
                .get(child)
                .ok_or_else(|| wrong(format!("node {} has the child {child}, which is missing", node.id)))?;
            nodes[child].parent = Some(row);
        }
        if let Some(parent) = node.parent {
            let parent = *rows.get(&parent).ok_or_else(|| {
                wrong(format!("node {} has the parent {parent}, which is missing", node.id))
            })?;
            nodes[row].parent = Some(parent);
        }
    }
    Ok((nodes, rows))
}

/// How long each sample lasts, in nanoseconds.
fn spans(file: &ProfileParts) -> Result<Vec<i64>, Malformed> {
    let count = file.samples.len();
    let mut times = Vec::with_capacity(count);
    if file.timestamps.len() >= count && file.time_deltas.is_empty() {
        times.extend(file.timestamps.iter().copied());
    } else if file.time_deltas.len() >= count {
        let mut time = file.start_time;
        times.extend(file.time_deltas.iter().map(|delta| {
            time += delta;
            time
        }));
    } else {
        return Err(wrong(format!("{count} samples have {} time deltas", file.time_deltas.len())));
    }
    times.truncate(count);
    times.push(file.end_time);
    // Clocks of several threads let deltas be negative at times.
    let mut latest = f64::NEG_INFINITY;
    for time in &mut times {
        latest = latest.max(*time);
        *time = latest;
    }
    times.windows(2).map(|pair| nanos(pair[1] - pair[0])).collect()
}

/// Nanoseconds in as many microseconds.
fn nanos(micros: f64) -> Result<i64, Malformed> {
    integer(micros * 1000.0).ok_or_else(too_long)
}

/// The frames from a node to the root, without the root.
fn stack(nodes: &[TreeNode], leaf: usize, stacks: &mut NamedStacks) -> Result<Vec<LocationId>, Malformed> {
    let (mut frames, mut steps) = (Vec::new(), 0);
    let mut next = Some(leaf);
    while let Some(row) = next {
        let TreeNode { frame, parent } = &nodes[row];
        frames.extend(frame.location(stacks));
        steps += 1;
        if steps > nodes.len() {
            return Err(wrong("the nodes form a circle"));
        }
        next = *parent;
    }
    Ok(frames)
}
