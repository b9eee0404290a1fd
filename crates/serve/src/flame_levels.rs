//! Pyroscope's flame graphs: a tree of names in levels, as its data source for Grafana draws it.

use std::collections::{HashMap, VecDeque};

use hotlist_profile::{LocationId, Profile};

use crate::messages::{FlameGraph, FlameGraphDiff, Level};

/// What stands for all nodes that are too small to be told apart.
const OTHER: &str = "other";

/// The two sides of a comparison, of which a plain flame graph has the left one.
type Pair = [i64; 2];

/// Stacks by name, from the root on.
#[derive(Debug)]
pub(crate) struct NameTree {
    nodes: Vec<Node>,
    names: Vec<String>,
    rows: HashMap<String, u32>,
    children: HashMap<(u32, u32), u32>,
}

#[derive(Debug, Default, Clone)]
struct Node {
    name: u32,
    own: Pair,
    total: Pair,
    children: Vec<u32>,
}

impl Default for NameTree {
    fn default() -> NameTree {
        NameTree {
            nodes: vec![Node::default()],
            names: vec!["total".to_owned()],
            rows: HashMap::new(),
            children: HashMap::new(),
        }
    }
}

impl NameTree {
    /// Adds the values of one column of `profile` to one side, 0 for left and 1 for right.
    pub(crate) fn add(&mut self, profile: &Profile, column: usize, side: usize) {
        // The names of a location from the outermost function on.
        let mut known: Vec<Option<Vec<u32>>> = vec![None; profile.locations.len()];
        for sample in profile.samples.ids() {
            let value = profile.samples.value(sample, column);
            if value == 0 {
                continue;
            }
            let mut at = 0;
            self.nodes[0].total[side] = self.nodes[0].total[side].saturating_add(value);
            for &location in profile.frames(sample).iter().rev() {
                let row = location.index();
                let names = known[row].take().unwrap_or_else(|| self.names_of(profile, location));
                for &name in &names {
                    at = self.child(at, name);
                    let total = &mut self.nodes[at as usize].total[side];
                    *total = total.saturating_add(value);
                }
                known[row] = Some(names);
            }
            let own = &mut self.nodes[at as usize].own[side];
            *own = own.saturating_add(value);
        }
    }

    fn child(&mut self, parent: u32, name: u32) -> u32 {
        if let Some(&child) = self.children.get(&(parent, name)) {
            return child;
        }
        let child = self.nodes.len() as u32;
        self.nodes.push(Node { name, ..Node::default() });
        self.nodes[parent as usize].children.push(child);
        self.children.insert((parent, name), child);
        child
    }

    fn names_of(&mut self, profile: &Profile, location: LocationId) -> Vec<u32> {
        let lines = profile.locations.lines(location);
        if lines.is_empty() {
            let row = profile.locations.get(location);
            let file = profile.lossy(profile.object_file(location)).into_owned();
            let name = match file.rsplit('/').next() {
                Some("") | None => format!("{:#x}", row.address),
                Some(file) => format!("{file} {:#x}", row.address),
            };
            return vec![self.row(&name)];
        }
        let names = lines.iter().rev().map(|line| profile.function(line.function).name);
        names.map(|name| self.row(&profile.lossy(name))).collect()
    }

    fn row(&mut self, name: &str) -> u32 {
        if let Some(&row) = self.rows.get(name) {
            return row;
        }
        let row = self.names.len() as u32;
        self.names.push(name.to_owned());
        self.rows.insert(name.to_owned(), row);
        row
    }

    /// The smallest weight of a node that is among the `most` heaviest.
    fn least(&self, most: usize) -> i64 {
        if most == 0 || self.nodes.len() <= most {
            return i64::MIN;
        }
        let mut weights: Vec<i64> = self.nodes.iter().map(weight).collect();
        let (_, least, _) = weights.select_nth_unstable_by(most - 1, |a, b| b.cmp(a));
        *least
    }

    /// The tree in levels, of `most` nodes and those that stand for what is left out; 0 for all nodes.
    pub(crate) fn levels(mut self, most: usize) -> FlameGraph {
        let rows = self.rows_by_level(most);
        let levels = rows
            .levels
            .iter()
            .map(|level| {
                let mut end = 0;
                let values = level.iter().flat_map(|row| {
                    let distance = row.start[0] - end;
                    end = row.start[0] + row.total[0];
                    [distance, row.total[0], row.own[0], i64::from(row.name)]
                });
                Level { values: values.collect() }
            })
            .collect();
        FlameGraph { names: rows.names, levels, total: self.nodes[0].total[0], max_self: rows.max_self }
    }

    /// Both sides in levels.
    pub(crate) fn levels_of_both(mut self, most: usize) -> FlameGraphDiff {
        let rows = self.rows_by_level(most);
        let levels = rows
            .levels
            .iter()
            .map(|level| {
                let mut end = [0; 2];
                let mut values = Vec::with_capacity(level.len() * 7);
                for row in level {
                    for side in [0, 1] {
                        values.extend([row.start[side] - end[side], row.total[side], row.own[side]]);
                        end[side] = row.start[side] + row.total[side];
                    }
                    values.push(i64::from(row.name));
                }
                Level { values }
            })
            .collect();
        let [left, right] = self.nodes[0].total;
        FlameGraphDiff {
            names: rows.names,
            levels,
            total: left.saturating_add(right),
            max_self: rows.max_self,
            left_ticks: left,
            right_ticks: right,
        }
    }

    fn rows_by_level(&mut self, most: usize) -> Rows {
        let least = self.least(most);
        let mut rows = Rows::default();
        let mut names = Renamed::default();
        let mut next = VecDeque::from([(0usize, [0i64; 2], Some(0u32), Pair::default())]);
        let other = self.row(OTHER);
        while let Some((level, start, node, rest)) = next.pop_front() {
            if rows.levels.len() <= level {
                rows.levels.push(Vec::new());
            }
            let (own, total, name) = match node {
                Some(node) => {
                    let node = &self.nodes[node as usize];
                    (node.own, node.total, node.name)
                }
                None => (rest, rest, other),
            };
            rows.max_self = rows.max_self.max(own[0]).max(own[1]);
            rows.levels[level].push(Row { start, total, own, name: names.number(name) });
            let Some(node) = node else { continue };
            let mut children = std::mem::take(&mut self.nodes[node as usize].children);
            children.sort_by_key(|&child| &self.names[self.nodes[child as usize].name as usize]);
            let mut at = [start[0].saturating_add(own[0]), start[1].saturating_add(own[1])];
            let mut small = Pair::default();
            for child in children {
                let total = self.nodes[child as usize].total;
                if weight(&self.nodes[child as usize]) < least {
                    small = added(small, total);
                } else {
                    next.push_back((level + 1, at, Some(child), Pair::default()));
                    at = added(at, total);
                }
            }
            if small != Pair::default() {
                next.push_back((level + 1, at, None, small));
            }
        }
        rows.names = names.order.iter().map(|&row| self.names[row as usize].clone()).collect();
        rows
    }
}

fn added(one: Pair, other: Pair) -> Pair {
    [one[0].saturating_add(other[0]), one[1].saturating_add(other[1])]
}

fn weight(node: &Node) -> i64 {
    node.total[0].saturating_abs().saturating_add(node.total[1].saturating_abs())
}

/// Names in the order in which they are met.
#[derive(Debug, Default)]
struct Renamed {
    numbers: HashMap<u32, u32>,
    order: Vec<u32>,
}

impl Renamed {
    fn number(&mut self, row: u32) -> u32 {
        *self.numbers.entry(row).or_insert_with(|| {
            self.order.push(row);
            self.order.len() as u32 - 1
        })
    }
}

#[derive(Debug, Default)]
struct Rows {
    names: Vec<String>,
    levels: Vec<Vec<Row>>,
    max_self: i64,
}

#[derive(Debug)]
struct Row {
    start: Pair,
    total: Pair,
    own: Pair,
    name: u32,
}

#[cfg(test)]
mod tests {
    use hotlist_profile::Builder;

    use super::*;

    fn profile(stacks: &[(&[&str], i64)]) -> Profile {
        let mut builder = Builder::new(&[("cpu", "nanoseconds")]);
        for (names, value) in stacks {
            let frames: Vec<_> = names
                .iter()
                .rev()
                .map(|name| {
                    let function = builder.named_function(name, "");
                    builder.source_location(function, 1)
                })
                .collect();
            builder.sample(&frames, &[], &[*value]).unwrap();
        }
        builder.finish()
    }

    fn levels(tree: NameTree, most: usize) -> (Vec<String>, Vec<Vec<i64>>) {
        let graph = tree.levels(most);
        (graph.names, graph.levels.into_iter().map(|level| level.values).collect())
    }

    #[test]
    fn a_tree_in_levels() {
        let mut tree = NameTree::default();
        tree.add(
            &profile(&[(&["main", "b", "c"], 4), (&["main", "a"], 3), (&["main"], 2), (&["z"], 1)]),
            0,
            0,
        );
        let (names, levels) = levels(tree, 0);
        assert_eq!(names, ["total", "main", "z", "a", "b", "c"]);
        assert_eq!(
            levels,
            [
                vec![0, 10, 0, 0],
                vec![0, 9, 2, 1, 0, 1, 1, 2],
                // Own weight comes before the children.
                vec![2, 3, 3, 3, 0, 4, 0, 4],
                vec![5, 4, 4, 5],
            ]
        );
    }

    #[test]
    fn what_is_cut_off_is_called_other() {
        let mut tree = NameTree::default();
        let stacks: [(&[&str], i64); 4] = [(&["a"], 50), (&["b", "c"], 3), (&["d"], 2), (&["e", "f"], 1)];
        tree.add(&profile(&stacks), 0, 0);
        let (names, levels) = levels(tree, 2);
        assert_eq!(names, ["total", "a", "other"]);
        assert_eq!(levels, [vec![0, 56, 0, 0], vec![0, 50, 50, 1, 0, 6, 6, 2]]);
    }

    #[test]
    fn both_sides_stand_at_one_node() {
        let mut tree = NameTree::default();
        tree.add(&profile(&[(&["a"], 5), (&["b"], 1)]), 0, 0);
        tree.add(&profile(&[(&["b"], 7)]), 0, 1);
        let graph = tree.levels_of_both(0);
        assert_eq!((graph.left_ticks, graph.right_ticks, graph.total, graph.max_self), (6, 7, 13, 7));
        assert_eq!(graph.names, ["total", "a", "b"]);
        assert_eq!(graph.levels[1].values, [0, 5, 5, 0, 0, 0, 1, 0, 1, 1, 0, 7, 7, 2]);
    }

    #[test]
    fn an_empty_profile_is_a_root() {
        let (names, levels) = levels(NameTree::default(), 10);
        assert_eq!((names.len(), levels), (1, vec![vec![0, 0, 0, 0]]));
    }
}
