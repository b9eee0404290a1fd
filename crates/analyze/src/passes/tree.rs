//! The calls of a profile as a forest: one node for each place in each context.

use rustc_hash::FxHashMap;

use crate::model::graph::{Edge, Graph, Node, NodeTags};
use crate::model::node::NodeTable;
use crate::model::node_id::NodeId;
use crate::model::place::PlaceIds;
use crate::model::view::View;
use crate::model::weight::Weight;
use crate::passes::node_tags::Tagger;

/// Builds the forest of all selected samples that are not zero.
pub(crate) fn call_tree(table: &NodeTable<'_, '_>, mut tagger: Option<Tagger>) -> Graph {
    let view: &View<'_> = table.view();
    let mut graph = Graph::default();
    let mut edges: Vec<Edge> = Vec::new();
    let mut children: FxHashMap<(Option<u32>, NodeId), u32> = FxHashMap::default();
    let mut functions: FxHashMap<(Option<u32>, PlaceIds), usize> = FxHashMap::default();
    let mut edge_to: Vec<Option<usize>> = Vec::new();
    for sample in view.samples() {
        let (value, divisor) = view.weight(sample);
        let weight = Weight { value, divisor };
        if weight.is_zero() {
            continue;
        }
        let labels = view.profile().samples.labels(sample);
        let mut parent: Option<u32> = None;
        for &location in view.frames(view.profile().samples.stack(sample)).iter().rev() {
            let nodes = table.nodes(location);
            for (position, &place) in nodes.iter().enumerate().rev() {
                let row = *children.entry((parent, place)).or_insert_with(|| {
                    let function_place = table.place(place).function();
                    let next = functions.len();
                    let function = *functions.entry((parent, function_place)).or_insert(next);
                    graph.nodes.push(Node {
                        place,
                        function,
                        flat: Weight::default(),
                        cum: Weight::default(),
                        incoming: Vec::new(),
                        outgoing: Vec::new(),
                        tags: NodeTags::default(),
                    });
                    edge_to.push(None);
                    (graph.nodes.len() - 1) as u32
                });
                let to = row as usize;
                graph.nodes[to].cum += weight;
                if let Some(tagger) = &mut tagger {
                    tagger.add(to, labels, weight, false);
                }
                if let Some(parent) = parent {
                    let inline = position + 1 != nodes.len();
                    let edge = *edge_to[to].get_or_insert_with(|| {
                        let from = parent as usize;
                        edges.push(Edge {
                            from,
                            to,
                            weight: Weight::default(),
                            residual: false,
                            inline: true,
                        });
                        edges.len() - 1
                    });
                    edges[edge].weight += weight;
                    edges[edge].inline &= inline;
                }
                parent = Some(row);
            }
        }
        if let Some(leaf) = parent {
            graph.nodes[leaf as usize].flat += weight;
            if let Some(tagger) = &mut tagger {
                tagger.add(leaf as usize, labels, weight, true);
            }
        }
    }
    graph.set_edges(edges);
    if let Some(tagger) = tagger {
        tagger.finish(&mut graph.nodes);
    }
    graph
}

impl Graph {
    /// Takes the listed nodes that are not `kept` out of a forest, joining what they called to what
    /// called them by residual edges.
    pub(crate) fn trim_tree(&mut self, kept: &[bool]) {
        let listed = std::mem::take(&mut self.listed);
        let mut removed = vec![false; self.edges.len()];
        for row in listed {
            if kept[row] {
                self.listed.push(row);
                continue;
            }
            let outgoing = std::mem::take(&mut self.nodes[row].outgoing);
            match std::mem::take(&mut self.nodes[row].incoming).first() {
                None => outgoing.into_iter().for_each(|edge| {
                    let to = self.edges[edge].to;
                    self.nodes[to].incoming.clear();
                    removed[edge] = true;
                }),
                Some(&above) => {
                    let Edge { from: parent, inline, .. } = self.edges[above];
                    removed[above] = true;
                    self.nodes[parent].outgoing.retain(|&edge| edge != above);
                    for edge in outgoing {
                        let joined = &mut self.edges[edge];
                        joined.from = parent;
                        joined.residual = true;
                        joined.inline &= inline;
                        self.nodes[parent].outgoing.push(edge);
                    }
                }
            }
        }
        self.remove_edges(|edge| removed[edge]);
    }
}
