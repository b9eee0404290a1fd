//! Parts of a graph that no edge connects, and how their drawings share the page.

use crate::geometry::{Point, Size};
use crate::graph::Graph;
use crate::layers::Part;

/// The connected parts of `graph` in the order of their first nodes, and the place of each node in its part.
pub(crate) fn parts(graph: &Graph) -> (Vec<Part>, Vec<u32>) {
    let mut leader: Vec<usize> = (0..graph.nodes.len()).collect();
    for edge in &graph.edges {
        let (a, b) = (find(&mut leader, edge.from), find(&mut leader, edge.to));
        // The smaller index leads, so that parts are met in the order of their first nodes.
        leader[a.max(b)] = a.min(b);
    }
    let mut parts: Vec<Part> = Vec::new();
    let mut part_of = vec![0usize; graph.nodes.len()];
    let mut local = vec![0u32; graph.nodes.len()];
    for node in 0..graph.nodes.len() {
        let first = find(&mut leader, node);
        if first == node {
            part_of[node] = parts.len();
            parts.push(Part::default());
        }
        part_of[node] = part_of[first];
        let part = &mut parts[part_of[first]];
        local[node] = part.nodes.len() as u32;
        part.nodes.push(node);
    }
    for (index, edge) in graph.edges.iter().enumerate() {
        let part = &mut parts[part_of[edge.from]];
        let list = if edge.from == edge.to { &mut part.loops } else { &mut part.edges };
        list.push(index);
    }
    (parts, local)
}

fn find(leader: &mut [usize], mut node: usize) -> usize {
    while leader[node] != node {
        leader[node] = leader[leader[node]];
        node = leader[node];
    }
    node
}

/// The upper left corner of each of `sizes`, set in rows like words.
///
/// Rows are as wide as the widest part, or wider where many small parts would make a tall page.
pub(crate) fn shelves(sizes: &[Size], separation: f64) -> Vec<Point> {
    let area: f64 = sizes.iter().map(|size| (size.width + separation) * (size.height + separation)).sum();
    let widest = sizes.iter().map(|size| size.width).fold(0.0, f64::max);
    let tallest = sizes.iter().map(|size| size.height).fold(0.0, f64::max);
    // A page of about 3:2; beside a tall part everything goes into one row.
    let beside = if tallest > 0.0 { area / tallest * 1.7 } else { 0.0 };
    let width = widest.max((area * 1.5).sqrt()).max(beside.min(widest * 2.0));
    let (mut x, mut y, mut row) = (0.0, 0.0, 0.0f64);
    sizes
        .iter()
        .map(|size| {
            if x > 0.0 && x + size.width > width {
                y += row + separation;
                (x, row) = (0.0, 0.0);
            }
            let corner = Point::new(x, y);
            x += size.width + separation;
            row = row.max(size.height);
            corner
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Edge, Node};

    #[test]
    fn parts_keep_the_order_of_nodes() {
        let graph = Graph {
            nodes: vec![Node::default(); 5],
            edges: vec![Edge::new(3, 1), Edge::new(4, 4), Edge::new(1, 3)],
        };
        let (parts, local) = parts(&graph);
        let nodes: Vec<_> = parts.iter().map(|part| part.nodes.clone()).collect();
        assert_eq!(nodes, [vec![0], vec![1, 3], vec![2], vec![4]]);
        assert_eq!(local, [0, 0, 0, 1, 0]);
        assert_eq!((&parts[1].edges[..], &parts[3].loops[..]), (&[0, 2][..], &[1][..]));
    }

    #[test]
    fn many_small_parts_fill_rows() {
        let corners = shelves(&[Size::new(10.0, 10.0); 9], 2.0);
        let rows = corners.iter().filter(|corner| corner.x == 0.0).count();
        assert!((2..=4).contains(&rows), "{corners:?}");
    }
}
