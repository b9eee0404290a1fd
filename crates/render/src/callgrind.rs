//! `callgrind`: call graphs in the format of valgrind's callgrind, which KCachegrind reads.
//!
//! Described at <https://valgrind.org/docs/manual/cl-format.html>. Names and addresses are compressed
//! as that page allows.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{self, Write};

use hotlist_profile::unit::scale;
use hotlist_report::{CallGraph, Place};

use crate::clean::clean;
use crate::{Context, Drawing, OnTerminal};

/// The drawing.
pub(crate) const DRAWING: Drawing = Drawing {
    on_terminal: OnTerminal::File,
    reports: &[&hotlist_report::CALLGRIND],
    graph: Some(draw),
    ..Drawing::new("callgrind", "The call graph in callgrind format")
};

fn draw(graph: &CallGraph, out: &mut dyn Write, _: &Context) -> io::Result<()> {
    let format = &graph.header.format;
    writeln!(out, "positions: instr line")?;
    writeln!(out, "events: {}({})", clean(&graph.header.sample_type), clean(&format.output_unit))?;

    let names = distinct_names(graph);
    let whole = |value: i64| scale(value, &format.sample_unit, &format.output_unit).0 as i64;
    let mut objects = Compressor::default();
    let mut files = Compressor::default();
    let mut functions = Compressor::default();
    let mut calls: Vec<Vec<usize>> = vec![Vec::new(); graph.nodes.len()];
    for (row, edge) in graph.edges.iter().enumerate() {
        calls[edge.from].push(row);
    }

    let mut previous: Option<&Place> = None;
    for (row, node) in graph.nodes.iter().enumerate().take(graph.showing.nodes) {
        let place = &node.place;
        let same_function = previous.is_some_and(|previous| {
            previous.object == place.object
                && previous.file == place.file
                && previous.function == place.function
        });
        if !same_function {
            writeln!(out)?;
            writeln!(out, "ob={}", objects.name(&place.object))?;
            writeln!(out, "fl={}", files.name(&place.file))?;
            writeln!(out, "fn={}", functions.name(&place.function))?;
        }
        let position = address(previous, place.address);
        writeln!(out, "{position} {} {}", place.line, whole(node.flat))?;
        for &edge in &calls[row] {
            let edge = &graph.edges[edge];
            let callee = &graph.nodes[edge.to].place;
            writeln!(out, "cfl={}", files.name(&callee.file))?;
            writeln!(out, "cfn={}", functions.name(names.get(edge.to).map_or("", |name| name)))?;
            // A profile does not know how often something was called.
            writeln!(out, "calls=0 {} {}", address(previous, callee.address), callee.line)?;
            writeln!(out, "* * {}", whole(edge.weight.sum))?;
        }
        previous = Some(place);
    }
    Ok(())
}

/// The names by which the nodes shown are called as callees: readers take functions with one name in one file for the
/// same, so where contexts are kept apart a number is added.
fn distinct_names(graph: &CallGraph) -> Vec<Cow<'_, str>> {
    let key = |place: &'_ Place| (place.file.clone(), place.function.clone());
    let mut order: BTreeMap<(String, String), Vec<usize>> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    let listed = &graph.nodes[..graph.showing.nodes];
    for node in listed {
        if seen.insert((key(&node.place), node.function_id)) {
            order.entry(key(&node.place)).or_default().push(node.function_id);
        }
    }
    listed
        .iter()
        .map(|node| {
            let name = &node.place.function;
            match order.get(&key(&node.place)) {
                Some(ids) if ids.len() > 1 => {
                    let position = ids.iter().position(|&id| id == node.function_id).unwrap_or(0);
                    Cow::Owned(format!("{name} [{}/{}]", position + 1, ids.len()))
                }
                _ => Cow::Borrowed(name.as_str()),
            }
        })
        .collect()
}

/// Names that stand in full once and as a number afterwards.
#[derive(Default)]
struct Compressor {
    numbers: HashMap<String, usize>,
}

impl Compressor {
    fn name(&mut self, name: &str) -> String {
        if name.is_empty() {
            return String::new();
        }
        let next = self.numbers.len() + 1;
        match self.numbers.get(name) {
            Some(number) => format!("({number})"),
            None => {
                self.numbers.insert(name.to_owned(), next);
                format!("({next}) {}", clean(name))
            }
        }
    }
}

/// An address, relative to the one before where that is shorter.
fn address(previous: Option<&Place>, address: u64) -> String {
    let absolute = format!("{address:#x}");
    let Some(previous) = previous else { return absolute };
    if previous.address == address {
        return "*".to_owned();
    }
    let relative = format!("{:+}", address.wrapping_sub(previous.address) as i64);
    if relative.len() < absolute.len() { relative } else { absolute }
}
