//! What must hold for every drawing, tried on random graphs and on those at the edge.

#![allow(clippy::expect_used, reason = "tests")]

mod common;

use common::{call_graph, draw};
use hotlist_layout::{Edge, Error, Graph, LayoutOptions, Node, Size, layout};
use proptest::prelude::*;

fn any_graph() -> impl Strategy<Value = Graph> {
    let size = |most: f64| (0.05..most, 0.05..most).prop_map(|(width, height)| Size::new(width, height));
    prop::collection::vec(size(150.0), 1..25).prop_flat_map(move |sizes| {
        let count = sizes.len();
        let edge = (0..count, 0..count, 0..120u32, 0..4u32, prop::option::of(size(40.0)));
        prop::collection::vec(edge, 0..50).prop_map(move |edges| Graph {
            nodes: sizes.iter().map(|&size| Node { size }).collect(),
            edges: edges
                .into_iter()
                .map(|(from, to, weight, min_length, label)| Edge { from, to, weight, min_length, label })
                .collect(),
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn boxes_labels_and_edges_keep_apart(graph in any_graph()) {
        let drawing = draw(&graph);
        prop_assert_eq!(draw(&graph), drawing);
    }
}

#[test]
fn call_graphs_keep_the_laws() {
    for seed in 0..20 {
        draw(&call_graph(10 + 5 * seed, 20 + 9 * seed, seed as u64));
    }
}

#[test]
fn nothing_gives_an_empty_page() {
    let drawing = draw(&Graph::default());
    assert_eq!(drawing.size, Size::default());
}

fn boxes(count: usize) -> Vec<Node> {
    vec![Node { size: Size::new(60.0, 30.0) }; count]
}

#[test]
fn a_chain_is_straight() {
    let graph = Graph { nodes: boxes(4), edges: (0..3).map(|from| Edge::new(from, from + 1)).collect() };
    let drawing = draw(&graph);
    assert_eq!((drawing.size.width, drawing.size.height), (60.0, 4.0 * 30.0 + 3.0 * 36.0));
    assert!(drawing.nodes.iter().all(|node| node.x == 30.0));
    assert!(drawing.edges.iter().flat_map(|edge| &edge.path).all(|curve| curve.start.x == curve.end.x));
}

#[test]
fn the_heavy_path_is_straight() {
    let mut edges: Vec<Edge> =
        [(0, 1), (1, 2), (2, 3)].map(|(a, b)| Edge { weight: 100, ..Edge::new(a, b) }).into();
    edges.extend([(0, 4), (0, 5), (1, 6), (1, 7), (4, 3)].map(|(a, b)| Edge::new(a, b)));
    let drawing = draw(&Graph { nodes: boxes(8), edges });
    let places: Vec<f64> = (0..4).map(|node| drawing.nodes[node].x).collect();
    assert!(places.iter().all(|x| (x - places[0]).abs() < 0.5), "{places:?}");
}

#[test]
fn a_tree_has_no_crossings_and_rows_by_depth() {
    let edges: Vec<Edge> = (1..31).map(|node| Edge::new((node - 1) / 2, node)).collect();
    let drawing = draw(&Graph { nodes: boxes(31), edges });
    for level in 0..5usize {
        let row = &drawing.nodes[(1 << level) - 1..(1 << (level + 1)) - 1];
        assert!(row.iter().all(|node| node.y == row[0].y));
        // Without crossings the parents of a row from left to right are also from left to right.
        let mut order: Vec<usize> = ((1 << level) - 1..(1 << (level + 1)) - 1).collect();
        order.sort_by(|&a, &b| drawing.nodes[a].x.total_cmp(&drawing.nodes[b].x));
        let parents = order.iter().filter(|&&node| node > 0).map(|node| drawing.nodes[(node - 1) / 2].x);
        assert!(parents.is_sorted());
    }
}

#[test]
fn where_everything_calls_everything_the_drawing_stays_flat() {
    // Each node reaches each other in a few calls, so one path leads through nearly all of them.
    let calls = (0..400).flat_map(|node| (0..3).map(move |call| (node, (node * 3 + call + 1) % 400)));
    let edges = calls.map(|(from, to)| Edge::new(from, to)).collect();
    let drawing =
        layout(&Graph { nodes: boxes(400), edges }, &LayoutOptions::default()).expect("a valid graph");
    let mut rows: Vec<i64> = drawing.nodes.iter().map(|node| node.y as i64).collect();
    rows.sort_unstable();
    rows.dedup();
    assert!(rows.len() < 100, "{} rows", rows.len());
}

#[test]
fn both_edges_of_a_two_cycle_are_seen_apart() {
    let graph = Graph { nodes: boxes(2), edges: vec![Edge::new(0, 1), Edge::new(1, 0), Edge::new(0, 1)] };
    let drawing = draw(&graph);
    let mut middles: Vec<f64> = drawing.edges.iter().map(|edge| edge.path[0].at(0.5).x).collect();
    middles.sort_by(f64::total_cmp);
    assert!(middles.windows(2).all(|pair| pair[1] - pair[0] > 5.0), "{middles:?}");
    assert!(drawing.nodes[0].y < drawing.nodes[1].y);
}

#[test]
fn loops_stay_beside_their_box() {
    let label = Some(Size::new(30.0, 50.0));
    let graph = Graph {
        nodes: boxes(3),
        edges: vec![
            Edge { label, ..Edge::new(1, 1) },
            Edge::new(1, 1),
            Edge { label, ..Edge::new(1, 1) },
            Edge::new(0, 1),
            Edge::new(0, 2),
        ],
    };
    draw(&graph);
}

#[test]
fn an_arrow_takes_the_end_of_its_path() {
    let graph = Graph { nodes: boxes(2), edges: vec![Edge::new(0, 1)] };
    let drawing = draw(&graph);
    let (path, arrow) = drawing.edges[0].with_arrow(10.0);
    let arrow = arrow.expect("a head");
    assert!((arrow.tip.distance(arrow.base) - 10.0).abs() < 1e-3);
    assert!(arrow.direction().y > 0.999);
    assert_eq!(path.last().expect("a path").end, arrow.base);
}

#[test]
fn impossible_graphs_are_refused() {
    fn check(graph: &Graph, expected: &str) {
        let error = layout(graph, &LayoutOptions::default()).expect_err("an error");
        assert_eq!(error.to_string(), expected);
    }
    let node = Node { size: Size::new(f64::NAN, 1.0) };
    check(&Graph { nodes: vec![node], edges: vec![] }, "node 0 has an impossible size");
    let edges = vec![Edge::new(0, 1), Edge::new(1, 2)];
    check(&Graph { nodes: boxes(2), edges }, "edge 1 names node 2, but there are only 2 nodes");
    let label = Some(Size::new(1.0, -1.0));
    let edges = vec![Edge { label, ..Edge::new(0, 0) }];
    check(&Graph { nodes: boxes(1), edges }, "the label of edge 0 has an impossible size");
    let options = LayoutOptions { rank_separation: f64::INFINITY, ..LayoutOptions::default() };
    assert_eq!(layout(&Graph::default(), &options), Err(Error::Separation));
}
