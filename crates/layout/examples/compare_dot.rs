//! Compares layouts with those of Graphviz on the same graphs.
//!
//! ```text
//! dot -Tjson graph.dot -o graph.json
//! cargo run --release --example compare_dot -- [--svg FOLDER] graph.json ...
//! ```
//!
//! Sizes of boxes and labels come from the JSON, so both drawings are of the same things. For each graph it
//! prints crossings, width, height, length of edges, faults and time. The time of `dot` in microseconds is
//! read from a file `graph.us` beside it, if there is one. Lines that begin with `#` are for people.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a tool for developers")]

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use hotlist_layout::{Cubic, Drawing, Edge, Graph, Node, Options, Point, Rect, Route, Size, layout};
use serde_json::Value;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let mut svg_folder = None;
    let mut files = Vec::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        if argument == "--svg" {
            svg_folder = arguments.next().map(PathBuf::from);
        } else {
            files.push(PathBuf::from(argument));
        }
    }
    println!(
        "{:<28}{:>5}{:>6} |{:>7}{:>7}{:>6} |{:>7}{:>7} |{:>7}{:>7} |{:>8}{:>8} |{:>9}{:>9} | faults (dot)",
        "# graph",
        "nodes",
        "edges",
        "cross",
        "dot",
        "ratio",
        "width",
        "dot",
        "height",
        "dot",
        "length",
        "dot",
        "ms",
        "dot"
    );
    let mut ratios: HashMap<&str, Vec<f64>> = HashMap::new();
    for file in &files {
        let sample = Sample::read(file)?;
        let started = Instant::now();
        let drawing = layout(&sample.graph, &Options::default())?;
        let millis = started.elapsed().as_secs_f64() * 1e3;
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        let (ours, theirs) =
            (Measure::of(&sample.graph, &drawing), Measure::of(&sample.graph, &sample.drawing));
        let mut note = |key, ours: f64, theirs: f64| {
            let ratio = if ours == theirs { 1.0 } else { ours / theirs.max(1.0) };
            ratios.entry(key).or_default().push(ratio);
            ratio
        };
        let ratio = note("crossings", ours.crossings as f64, theirs.crossings as f64);
        note("width", drawing.size.width, sample.drawing.size.width);
        note("height", drawing.size.height, sample.drawing.size.height);
        note("length", ours.length, theirs.length);
        if let Some(dot) = sample.dot_millis {
            note("time", millis, dot);
        }
        println!(
            "{:<28}{:>5}{:>6} |{:>7}{:>7}{:>6.2} |{:>7.0}{:>7.0} |{:>7.0}{:>7.0} |{:>8.0}{:>8.0} |{:>9.1}{:>9.0} | {} ({})",
            name,
            sample.graph.nodes.len(),
            sample.graph.edges.len(),
            ours.crossings,
            theirs.crossings,
            ratio,
            drawing.size.width,
            sample.drawing.size.width,
            drawing.size.height,
            sample.drawing.size.height,
            ours.length,
            theirs.length,
            millis,
            sample.dot_millis.unwrap_or(f64::NAN),
            ours.faults,
            theirs.faults,
        );
        if let Some(folder) = &svg_folder {
            std::fs::create_dir_all(folder)?;
            std::fs::write(folder.join(format!("{name}.svg")), svg(&sample, &drawing))?;
            std::fs::write(folder.join(format!("{name}.dot.svg")), svg(&sample, &sample.drawing))?;
        }
    }
    for key in ["crossings", "width", "height", "length", "time"] {
        let Some(values) = ratios.get_mut(key) else { continue };
        values.sort_by(f64::total_cmp);
        let at = |share: f64| values[((values.len() - 1) as f64 * share) as usize];
        println!("# {key:<10} ratio to dot: median {:.3}, 90% {:.3}, worst {:.3}", at(0.5), at(0.9), at(1.0));
    }
    Ok(())
}

/// A graph with the drawing that `dot` made of it.
struct Sample {
    graph: Graph,
    drawing: Drawing,
    names: Vec<String>,
    dot_millis: Option<f64>,
}

impl Sample {
    fn read(file: &Path) -> Result<Self, Failure> {
        let json: Value = serde_json::from_slice(&std::fs::read(file)?)?;
        let text = |value: &Value, key: &str| value[key].as_str().map(str::to_owned);
        let number = |value: &Value, key: &str| value[key].as_str().and_then(|text| text.parse::<f64>().ok());
        let page: Vec<f64> =
            text(&json, "bb").unwrap_or_default().split(',').filter_map(|part| part.parse().ok()).collect();
        let &[_, _, width, height] = &page[..] else { return Err("no bounding box".into()) };
        let point = |text: &str| -> Option<Point> {
            let (x, y) = text.split_once(',')?;
            Some(Point::new(x.parse().ok()?, height - y.parse::<f64>().ok()?))
        };
        let mut sample = Self {
            graph: Graph::default(),
            drawing: Drawing { size: Size::new(width, height), ..Drawing::default() },
            names: Vec::new(),
            dot_millis: std::fs::read_to_string(file.with_extension("us"))
                .ok()
                .and_then(|text| text.trim().parse::<f64>().ok())
                .map(|micros| micros / 1e3),
        };
        let mut index_of = HashMap::new();
        for object in json["objects"].as_array().into_iter().flatten() {
            let (Some(w), Some(h), Some(at)) =
                (number(object, "width"), number(object, "height"), text(object, "pos"))
            else {
                continue;
            };
            index_of.insert(object["_gvid"].as_u64(), sample.graph.nodes.len());
            sample.graph.nodes.push(Node { size: Size::new(w * 72.0, h * 72.0) });
            sample.drawing.nodes.push(point(&at).ok_or("a node without a place")?);
            sample.names.push(text(object, "label").unwrap_or_default());
        }
        for item in json["edges"].as_array().into_iter().flatten() {
            let (Some(&from), Some(&to)) =
                (index_of.get(&item["tail"].as_u64()), index_of.get(&item["head"].as_u64()))
            else {
                continue;
            };
            let whole = |key: &str| number(item, key).unwrap_or(1.0) as u32;
            let label = label_size(&item["_ldraw_"]);
            let (weight, min_length) = (whole("weight"), whole("minlen"));
            sample.graph.edges.push(Edge { from, to, weight, min_length, label });
            sample.drawing.edges.push(Route {
                path: spline(&text(item, "pos").unwrap_or_default(), point)
                    .ok_or("an edge without a path")?,
                label: text(item, "lp").and_then(|at| point(&at)).filter(|_| label.is_some()),
            });
        }
        Ok(sample)
    }
}

/// The size of a label from its drawing operations: `F` sets the font, each `T` is a line.
fn label_size(operations: &Value) -> Option<Size> {
    let (mut font, mut width, mut lines) = (14.0, 0.0f64, 0.0);
    for operation in operations.as_array()? {
        match operation["op"].as_str() {
            Some("F") => font = operation["size"].as_f64().unwrap_or(font),
            Some("T") => {
                width = width.max(operation["width"].as_f64().unwrap_or(0.0));
                lines += 1.0;
            }
            _ => {}
        }
    }
    (lines > 0.0).then(|| Size::new(width + 2.0, lines * font * 1.2 + 2.0))
}

/// The curves of a `pos` attribute, with the arrow head as a last straight piece.
fn spline(text: &str, point: impl Fn(&str) -> Option<Point>) -> Option<Vec<Cubic>> {
    let mut tip = None;
    let mut points = Vec::new();
    for word in text.split(';').next()?.split_whitespace() {
        if let Some(end) = word.strip_prefix("e,") {
            tip = Some(point(end)?);
        } else if !word.starts_with("s,") {
            points.push(point(word)?);
        }
    }
    let mut path: Vec<Cubic> = points
        .windows(4)
        .step_by(3)
        .map(|four| Cubic { start: four[0], control1: four[1], control2: four[2], end: four[3] })
        .collect();
    if let (Some(tip), Some(last)) = (tip, path.last()) {
        path.push(Cubic::line(last.end, tip));
    }
    Some(path)
}

struct Measure {
    crossings: usize,
    length: f64,
    faults: String,
}

impl Measure {
    fn of(graph: &Graph, drawing: &Drawing) -> Self {
        let lines: Vec<Vec<Point>> = drawing.edges.iter().map(|route| flatten(&route.path)).collect();
        let length =
            lines.iter().flat_map(|line| line.windows(2)).map(|pair| pair[0].distance(pair[1])).sum();
        Self { crossings: crossings(&lines), length, faults: faults(graph, drawing, &lines) }
    }
}

fn flatten(path: &[Cubic]) -> Vec<Point> {
    let mut points: Vec<Point> = path.first().map(|curve| curve.start).into_iter().collect();
    for curve in path {
        let rough = curve.start.distance(curve.control1)
            + curve.control1.distance(curve.control2)
            + curve.control2.distance(curve.end);
        let steps = (rough / 6.0).clamp(2.0, 60.0) as usize;
        points.extend((1..=steps).map(|step| curve.at(step as f64 / steps as f64)));
    }
    points
}

const CELL: f64 = 32.0;

fn cell_range(a: f64, b: f64) -> std::ops::RangeInclusive<i64> {
    (a.min(b) / CELL).floor() as i64..=(a.max(b) / CELL).floor() as i64
}

/// A straight piece of the line with the index.
type Piece = (usize, Point, Point);

/// Points in which pieces of different lines properly cross.
fn crossings(lines: &[Vec<Point>]) -> usize {
    let mut grid: HashMap<(i64, i64), Vec<Piece>> = HashMap::new();
    for (index, line) in lines.iter().enumerate() {
        for pair in line.windows(2) {
            for x in cell_range(pair[0].x, pair[1].x) {
                for y in cell_range(pair[0].y, pair[1].y) {
                    grid.entry((x, y)).or_default().push((index, pair[0], pair[1]));
                }
            }
        }
    }
    let mut count = 0;
    for (&cell, pieces) in &grid {
        for (index, &(line, a, b)) in pieces.iter().enumerate() {
            for &(other, c, d) in &pieces[index + 1..] {
                let Some(at) = (line != other).then(|| meeting(a, b, c, d)).flatten() else { continue };
                let home = ((at.x / CELL).floor() as i64, (at.y / CELL).floor() as i64);
                count += usize::from(home == cell);
            }
        }
    }
    count
}

fn meeting(a: Point, b: Point, c: Point, d: Point) -> Option<Point> {
    let cross = |p: Point, q: Point| p.x * q.y - p.y * q.x;
    let (r, s) = (b - a, d - c);
    let denominator = cross(r, s);
    if denominator.abs() < 1e-12 {
        return None;
    }
    let (t, u) = (cross(c - a, s) / denominator, cross(c - a, r) / denominator);
    ((0.0..1.0).contains(&t) && (0.0..1.0).contains(&u)).then(|| a + r * t)
}

/// Counts what should not be: boxes over boxes, edges through boxes, labels over boxes or labels, edges
/// through labels of others.
fn faults(graph: &Graph, drawing: &Drawing, lines: &[Vec<Point>]) -> String {
    let boxes: Vec<Rect> = graph
        .nodes
        .iter()
        .zip(&drawing.nodes)
        .map(|(node, &center)| Rect::centered(center, node.size).grown(-1.0))
        .collect();
    let labels: Vec<(usize, Rect)> = graph
        .edges
        .iter()
        .zip(&drawing.edges)
        .enumerate()
        .filter_map(|(index, (edge, route))| {
            Some((index, Rect::centered(route.label?, edge.label?).grown(-1.0)))
        })
        .collect();
    let pairs = |a: &[Rect], b: &[Rect], same: bool| {
        let mut count = 0;
        for (index, one) in a.iter().enumerate() {
            let from = if same { index + 1 } else { 0 };
            count += b[from.min(b.len())..].iter().filter(|other| one.overlaps(other)).count();
        }
        count
    };
    let only_labels: Vec<Rect> = labels.iter().map(|&(_, rect)| rect).collect();
    let mut grid: HashMap<(i64, i64), Vec<(usize, Point)>> = HashMap::new();
    for (index, line) in lines.iter().enumerate() {
        for pair in line.windows(2) {
            for step in 0..4 {
                let at = pair[0] + (pair[1] - pair[0]) * (f64::from(step) / 4.0);
                let cell = ((at.x / CELL).floor() as i64, (at.y / CELL).floor() as i64);
                grid.entry(cell).or_default().push((index, at));
            }
        }
    }
    let hits = |rect: &Rect, not: Option<usize>| {
        let mut found = Vec::new();
        for x in cell_range(rect.min.x, rect.max.x) {
            for y in cell_range(rect.min.y, rect.max.y) {
                let inside = grid.get(&(x, y)).into_iter().flatten();
                found.extend(
                    inside
                        .filter(|(line, at)| Some(*line) != not && rect.contains(*at))
                        .map(|(line, _)| *line),
                );
            }
        }
        found.sort_unstable();
        found.dedup();
        found.len()
    };
    let through_boxes: usize = boxes.iter().map(|rect| hits(rect, None)).sum();
    let through_labels: usize = labels.iter().map(|(edge, rect)| hits(rect, Some(*edge))).sum();
    format!(
        "boxes {} edge/box {} label/box {} label/label {} edge/label {}",
        pairs(&boxes, &boxes, true),
        through_boxes,
        pairs(&only_labels, &boxes, false),
        pairs(&only_labels, &only_labels, true),
        through_labels,
    )
}

/// A plain picture to look at.
fn svg(sample: &Sample, drawing: &Drawing) -> String {
    let size = drawing.size;
    let mut out = format!(
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='-8 -8 {0} {1}' width='{0}' height='{1}'>\n\
         <rect x='-8' y='-8' width='100%' height='100%' fill='white'/>\n",
        size.width + 16.0,
        size.height + 16.0
    );
    for (edge, route) in sample.graph.edges.iter().zip(&drawing.edges) {
        let (path, arrow) = route.with_arrow(9.0);
        let Some(first) = path.first() else { continue };
        let mut data = format!("M{:.1},{:.1}", first.start.x, first.start.y);
        for curve in &path {
            for (lead, point) in [(" C", curve.control1), (" ", curve.control2), (" ", curve.end)] {
                let _ = write!(data, "{lead}{:.1},{:.1}", point.x, point.y);
            }
        }
        let width = 1.0 + f64::from(edge.weight.min(100)) / 20.0;
        let color = if edge.weight > 20 { "#b30" } else { "#666" };
        let _ = writeln!(out, "<path d='{data}' fill='none' stroke='{color}' stroke-width='{width}'/>");
        if let Some(arrow) = arrow {
            let along = arrow.direction();
            let side = Point::new(-along.y, along.x) * (3.0 + width / 2.0);
            let [a, b] = [arrow.base + side, arrow.base - side];
            let _ = writeln!(
                out,
                "<path d='M{:.1},{:.1} L{:.1},{:.1} L{:.1},{:.1}Z' fill='{color}'/>",
                a.x, a.y, arrow.tip.x, arrow.tip.y, b.x, b.y
            );
        }
        if let (Some(at), Some(size)) = (route.label, edge.label) {
            let rect = Rect::centered(at, size);
            let _ = writeln!(
                out,
                "<rect x='{:.1}' y='{:.1}' width='{:.1}' height='{:.1}' fill='#def' stroke='none' opacity='0.7'/>",
                rect.min.x, rect.min.y, size.width, size.height
            );
        }
    }
    for ((node, at), name) in sample.graph.nodes.iter().zip(&drawing.nodes).zip(&sample.names) {
        let rect = Rect::centered(*at, node.size);
        let _ = writeln!(
            out,
            "<rect x='{:.1}' y='{:.1}' width='{:.1}' height='{:.1}' fill='#fee' stroke='#933'/>",
            rect.min.x, rect.min.y, node.size.width, node.size.height
        );
        let lines: Vec<&str> = name.split("\\n").flat_map(|line| line.split("\\l")).collect();
        let font = (node.size.height - 8.0) / lines.len().max(1) as f64 / 1.15;
        for (index, line) in lines.iter().enumerate() {
            let line = line.replace('&', "&amp;").replace('<', "&lt;");
            let _ = writeln!(
                out,
                "<text x='{:.1}' y='{:.1}' font-size='{font:.1}' font-family='serif' text-anchor='middle'>{line}</text>",
                at.x,
                rect.min.y + 4.0 + font * 1.1 * (index as f64 + 0.8)
            );
        }
    }
    out.push_str("</svg>\n");
    out
}
