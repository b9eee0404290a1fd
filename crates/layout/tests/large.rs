//! Time and memory stay bounded, whatever the graph.

#![allow(clippy::expect_used, reason = "tests")]

mod common;

use std::time::{Duration, Instant};

use common::{Random, call_graph, draw};
use hotlist_layout::{Edge, Graph, LayoutOptions, Node, Size, layout};

/// Far more than is needed, even without optimization on a busy machine.
const LIMIT: Duration = Duration::from_secs(90);

fn check(name: &str, graph: &Graph) {
    let started = Instant::now();
    let drawing = layout(graph, &LayoutOptions::default()).expect("a valid graph");
    assert!(drawing.size.width.is_finite() && drawing.size.height.is_finite(), "{name}");
    assert!(drawing.edges.iter().all(|edge| !edge.path.is_empty()), "{name}");
    let taken = started.elapsed();
    assert!(taken < LIMIT, "{name} took {taken:?}");
}

fn graph(nodes: usize, edges: impl Iterator<Item = (usize, usize)>) -> Graph {
    let label = Some(Size::new(20.0, 12.0));
    Graph {
        nodes: vec![Node { size: Size::new(50.0, 20.0) }; nodes],
        edges: edges.map(|(from, to)| Edge { label, ..Edge::new(from, to) }).collect(),
    }
}

#[test]
fn a_thousand_nodes_keep_the_laws_in_time() {
    let graph = call_graph(1_000, 2_500, 1);
    let started = Instant::now();
    draw(&graph);
    assert!(started.elapsed() < LIMIT, "{:?}", started.elapsed());
}

#[test]
fn a_random_heap_of_edges_ends() {
    let mut random = Random(3);
    let edges: Vec<(usize, usize)> =
        (0..200_000).map(|_| (random.below(100_000), random.below(100_000))).collect();
    check("random", &graph(100_000, edges.into_iter()));
}

#[test]
fn a_long_chain_with_long_edges_ends() {
    let edges =
        (1..100_000).map(|node| (node - 1, node)).chain((0..50_000).map(|node| (node, 99_999 - node)));
    check("chain", &graph(100_000, edges));
}

#[test]
fn a_star_ends() {
    check("star", &graph(100_000, (1..100_000).map(|node| (0, node))));
    check("pairs", &graph(100_000, (0..50_000).map(|node| (2 * node, 2 * node + 1))));
}

#[test]
fn a_dense_graph_ends() {
    check("dense", &graph(200, (0..200).flat_map(|a| (0..200).map(move |b| (a, b)))));
}

#[test]
fn many_parallel_edges_end() {
    check("parallel", &graph(2, (0..20_000).map(|edge| (edge % 2, 1 - edge % 2))));
    check("loops", &graph(2, (0..20_000).map(|edge| (edge % 2, edge % 2))));
}
