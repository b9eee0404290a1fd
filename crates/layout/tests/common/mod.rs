//! Graphs to draw and the checks that every drawing must pass.

use hotlist_layout::{Edge, Graph, GraphDrawing, LayoutOptions, Node, Point, Rect, Size, layout};

/// A sequence of pseudorandom numbers (a linear congruential generator).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit.max(1)
    }
}

/// A graph like that of a profile: callees mostly have greater indices and labels sit on all edges.
pub(crate) fn call_graph(nodes: usize, edges: usize, seed: u64) -> Graph {
    let mut random = Random(seed);
    let boxes = (0..nodes)
        .map(|_| {
            let size = Size::new(40.0 + random.below(120) as f64, 24.0 + random.below(80) as f64);
            Node { size }
        })
        .collect();
    let edges = (0..edges)
        .map(|_| {
            let from = random.below(nodes);
            let ahead = from + 1 + random.below(1 + nodes / 8);
            let to = if random.below(12) == 0 { random.below(from + 1) } else { ahead.min(nodes - 1) };
            Edge {
                weight: 1 + random.below(random_weight(from)) as u32,
                min_length: 1 + u32::from(random.below(10) == 0),
                label: Some(Size::new(20.0 + random.below(30) as f64, 16.0)),
                ..Edge::new(from, to)
            }
        })
        .collect();
    Graph { nodes: boxes, edges }
}

fn random_weight(from: usize) -> usize {
    if from < 10 { 100 } else { 3 }
}

/// Draws `graph` and checks what must hold for every drawing.
pub(crate) fn draw(graph: &Graph) -> GraphDrawing {
    let drawing = layout(graph, &LayoutOptions::default()).expect("a valid graph");
    assert_eq!((drawing.nodes.len(), drawing.edges.len()), (graph.nodes.len(), graph.edges.len()));
    let page = Rect { min: Point::default(), max: Point::new(drawing.size.width, drawing.size.height) };
    let page = page.grown(1e-6);
    let boxes: Vec<Rect> = graph
        .nodes
        .iter()
        .zip(&drawing.nodes)
        .map(|(node, &center)| Rect::centered(center, node.size).grown(-0.01))
        .collect();
    let mut labels = Vec::new();
    for (index, (edge, route)) in graph.edges.iter().zip(&drawing.edges).enumerate() {
        assert_eq!(route.label.is_some(), edge.label.is_some(), "edge {index}");
        if let (Some(center), Some(size)) = (route.label, edge.label) {
            labels.push(Rect::centered(center, size).grown(-0.01));
        }
        let (first, last) = (route.path.first().expect("a path"), route.path.last().expect("a path"));
        for (node, end) in [(edge.from, first.start), (edge.to, last.end)] {
            assert!(boxes[node].grown(0.1).contains(end), "edge {index} ends at {end:?} off its box");
            assert!(!boxes[node].grown(-0.1).contains(end), "edge {index} ends inside its box");
        }
        for pair in route.path.windows(2) {
            assert!(pair[0].end.distance(pair[1].start) < 1e-6, "edge {index} has a hole");
        }
        for point in route.path.iter().flat_map(|curve| (0..=20).map(|step| curve.at(f64::from(step) / 20.0)))
        {
            assert!(page.contains(point), "edge {index} leaves the page at {point:?}");
            let hit = boxes.iter().position(|rect| rect.grown(-0.5).contains(point));
            assert_eq!(hit, None, "edge {index} from {} to {} runs through a box", edge.from, edge.to);
        }
    }
    let count = boxes.len();
    let all: Vec<Rect> = boxes.into_iter().chain(labels).collect();
    for (index, rect) in all.iter().enumerate() {
        assert!(
            page.contains(rect.min) && page.contains(rect.max),
            "{index} of {count} boxes off the page: {rect:?}"
        );
        for (other, second) in all.iter().enumerate().skip(index + 1) {
            assert!(!rect.overlaps(second), "{index} and {other} overlap; there are {count} boxes");
        }
    }
    drawing
}
