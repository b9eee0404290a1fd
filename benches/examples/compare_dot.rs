//! Compares our layouts with those of Graphviz on the same graphs: boxes, labels and weights of the call
//! graphs of profiles, as `-svg` draws them.
//!
//! ```text
//! cargo run --release -p hotlist-benches --example compare_dot -- [--limit SECONDS] [--svg FOLDER] [PROFILE...]
//! ```
//!
//! Without profiles it takes those of `testdata`, and generated ones of 50, 200 and 1,000 nodes; a folder
//! stands for all profiles in it. `dot` must be installed (the package `graphviz`); it is given up after
//! the limit, usually 120 seconds. Each line has crossings, width, height, length of edges, time and
//! faults of both; the last lines have the ratios. The command fails if our drawings have faults.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a tool for developers")]

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use hotlist_benches::{SHAPES, generate};
use hotlist_formats::Limits;
use hotlist_layout::{Cubic, Graph, GraphDrawing, LayoutOptions, Point, Rect, Route, Size, layout};
use hotlist_profile::Profile;
use hotlist_report::{NoSource, Shape};
use hotlist_session::{Question, Session, ViewOptions};
use serde_json::Value;

type Failure = Box<dyn std::error::Error>;

/// The number of runs of which the best time counts.
const RUNS: usize = 3;

fn main() -> Result<(), Failure> {
    let mut svg_folder = None;
    let mut limit = Duration::from_secs(120);
    let mut files = Vec::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        if argument == "--svg" {
            svg_folder = arguments.next().map(PathBuf::from);
        } else if argument == "--limit" {
            limit = Duration::from_secs(arguments.next().ok_or("--limit needs seconds")?.parse()?);
        } else if PathBuf::from(&argument).is_dir() {
            files.extend(files_in(&PathBuf::from(argument))?);
        } else {
            files.push(PathBuf::from(argument));
        }
    }
    let samples = if files.is_empty() { usual_samples()? } else { samples_of(files)? };
    println!("{}", Row::HEAD);
    let mut ratios: HashMap<&str, Vec<f64>> = HashMap::new();
    let mut faulty = Vec::new();
    for sample in &samples {
        let mut millis = f64::INFINITY;
        let mut drawing = GraphDrawing::default();
        for _ in 0..RUNS {
            let started = Instant::now();
            drawing = layout(&sample.graph, &sample.options)?;
            millis = millis.min(started.elapsed().as_secs_f64() * 1e3);
        }
        let ours = Measure::of(&sample.graph, &drawing, millis);
        let by_dot = sample.drawn_by_dot(limit)?;
        let theirs = by_dot.as_ref().map(|dot| Measure::of(&sample.graph, &dot.drawing, dot.millis));
        println!("{}", Row { sample, ours: &ours, theirs: theirs.as_ref() });
        if ours.faults.serious() {
            faulty.push(sample.name.clone());
        }
        for (key, ours, theirs) in theirs.iter().flat_map(|theirs| ours.beside(theirs)) {
            ratios.entry(key).or_default().push(ratio(ours, theirs));
        }
        if let Some(folder) = &svg_folder {
            std::fs::create_dir_all(folder)?;
            std::fs::write(folder.join(format!("{}.svg", sample.name)), svg(sample, &drawing))?;
            if let Some(dot) = &by_dot {
                std::fs::write(folder.join(format!("{}.dot.svg", sample.name)), svg(sample, &dot.drawing))?;
            }
        }
    }
    for key in ["crossings", "width", "height", "length", "time"] {
        let Some(values) = ratios.get_mut(key) else { continue };
        values.sort_by(f64::total_cmp);
        let at = |share: f64| values[((values.len() - 1) as f64 * share) as usize];
        println!("# {key:<10} ratio to dot: median {:.3}, 90% {:.3}, worst {:.3}", at(0.5), at(0.9), at(1.0));
    }
    if faulty.is_empty() { Ok(()) } else { Err(format!("faults in {}", faulty.join(", ")).into()) }
}

/// A graph to draw.
struct Sample {
    name: String,
    graph: Graph,
    options: LayoutOptions,
}

/// What `dot` made of it.
struct ByDot {
    drawing: GraphDrawing,
    millis: f64,
}

/// The profiles of `testdata` with as many nodes as pictures have by default, and large generated graphs.
fn usual_samples() -> Result<Vec<Sample>, Failure> {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../testdata/profiles"));
    let mut samples = samples_of(files_in(&folder)?)?;
    for seed in 1..=2 {
        let profile = generate(hotlist_benches::Shape { seed, ..SHAPES[2] });
        for nodes in [50, 200, 1000] {
            samples.extend(sample(format!("generated-{seed}-{nodes}"), profile.clone(), nodes));
        }
    }
    Ok(samples)
}

fn files_in(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<_, Failure>>()?;
    files.sort();
    Ok(files)
}

fn samples_of(files: Vec<PathBuf>) -> Result<Vec<Sample>, Failure> {
    let mut samples = Vec::new();
    for file in files {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if file.is_dir() {
            continue;
        }
        let bytes = std::fs::read(&file)?;
        // What is no profile, or has nothing to draw, is left out.
        if let Ok(profile) = hotlist_formats::read_bytes(&bytes, Limits::default()) {
            samples.extend(sample(name.trim_end_matches(".pb.gz").to_owned(), profile, 80));
        }
    }
    Ok(samples)
}

fn sample(name: String, profile: Profile, nodes: i64) -> Option<Sample> {
    let report = hotlist_report::find("dot")?;
    let mut options = ViewOptions { nodecount: nodes, ..ViewOptions::default() };
    if nodes > 80 {
        (options.nodefraction, options.edgefraction) = (0.0, 0.0);
    }
    let question = Question::new(report, None, &options).ok()?;
    let session = Session::new(profile, NonZeroUsize::MIN);
    let answer = session.answer(&question, &NoSource, &mut Vec::new(), |shape| {
        Ok(match shape {
            Shape::Graph(graph) => Some(hotlist_render::graph::layout_of(graph)),
            _ => None,
        })
    });
    let (graph, options) = answer.ok()??;
    (graph.nodes.len() > 1).then_some(Sample { name, graph, options })
}

impl Sample {
    /// The graph in the language of Graphviz: boxes and labels of our sizes.
    fn dot(&self) -> String {
        let inches = |points: f64| points / 72.0;
        let mut text = format!(
            "digraph g {{ nodesep={} ranksep={} node [shape=box fixedsize=true label=\"\"]\n",
            inches(self.options.node_separation),
            inches(self.options.rank_separation)
        );
        for (index, node) in self.graph.nodes.iter().enumerate() {
            let (width, height) = (inches(node.size.width), inches(node.size.height));
            let _ = writeln!(text, "n{index} [width={width:.4} height={height:.4}]");
        }
        for (index, edge) in self.graph.edges.iter().enumerate() {
            let _ = write!(
                text,
                "n{} -> n{} [id={index} weight={} minlen={}",
                edge.from, edge.to, edge.weight, edge.min_length
            );
            if let Some(size) = edge.label {
                let (width, height) = (size.width.round(), size.height.round());
                let _ = write!(
                    text,
                    " label=<<TABLE BORDER=\"0\" CELLBORDER=\"0\" CELLPADDING=\"0\" CELLSPACING=\"0\" \
                     FIXEDSIZE=\"TRUE\" WIDTH=\"{width}\" HEIGHT=\"{height}\"><TR><TD></TD></TR></TABLE>>"
                );
            }
            text.push_str("]\n");
        }
        text.push_str("}\n");
        text
    }

    /// The drawing of `dot`; nothing if that takes longer than `limit`.
    fn drawn_by_dot(&self, limit: Duration) -> Result<Option<ByDot>, Failure> {
        let text = self.dot();
        let (mut millis, mut output) = (f64::INFINITY, Vec::new());
        // Large graphs take it long enough for one run to be exact.
        for _ in 0..if self.graph.nodes.len() > 300 { 1 } else { RUNS } {
            let started = Instant::now();
            let mut dot = Command::new("dot")
                .arg("-Tjson")
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .map_err(|error| format!("cannot run dot (of the package graphviz): {error}"))?;
            let mut input = dot.stdin.take().ok_or("no input")?;
            let text = text.clone();
            let writer = std::thread::spawn(move || input.write_all(text.as_bytes()));
            let mut stdout = dot.stdout.take().ok_or("no output")?;
            let reader = std::thread::spawn(move || {
                let mut bytes = Vec::new();
                stdout.read_to_end(&mut bytes).map(|_| bytes)
            });
            while dot.try_wait()?.is_none() {
                if started.elapsed() > limit {
                    dot.kill()?;
                    dot.wait()?;
                    return Ok(None);
                }
                std::thread::sleep(Duration::from_micros(500));
            }
            output = reader.join().map_err(|_| "the reader failed")??;
            writer.join().map_err(|_| "the writer failed")??;
            millis = millis.min(started.elapsed().as_secs_f64() * 1e3);
        }
        Ok(Some(ByDot { drawing: self.read(&serde_json::from_slice(&output)?)?, millis }))
    }

    /// The places in the JSON of `dot`.
    fn read(&self, json: &Value) -> Result<GraphDrawing, Failure> {
        let text = |value: &Value, key: &str| value[key].as_str().map(str::to_owned);
        let page: Vec<f64> =
            text(json, "bb").unwrap_or_default().split(',').filter_map(|part| part.parse().ok()).collect();
        let &[_, _, width, height] = &page[..] else { return Err("no bounding box".into()) };
        let point = |text: &str| -> Option<Point> {
            let (x, y) = text.split_once(',')?;
            Some(Point::new(x.parse().ok()?, height - y.parse::<f64>().ok()?))
        };
        let mut drawing = GraphDrawing {
            size: Size::new(width, height),
            nodes: vec![Point::default(); self.graph.nodes.len()],
            edges: vec![Route::default(); self.graph.edges.len()],
        };
        for object in json["objects"].as_array().into_iter().flatten() {
            let name = text(object, "name").unwrap_or_default();
            let index: usize = name.trim_start_matches('n').parse()?;
            drawing.nodes[index] =
                text(object, "pos").and_then(|at| point(&at)).ok_or("a node without a place")?;
        }
        for edge in json["edges"].as_array().into_iter().flatten() {
            let index: usize = text(edge, "id").unwrap_or_default().parse()?;
            let path =
                spline(&text(edge, "pos").unwrap_or_default(), point).ok_or("an edge without a path")?;
            let label = text(edge, "lp").and_then(|at| point(&at));
            drawing.edges[index] =
                Route { path, label: label.filter(|_| self.graph.edges[index].label.is_some()) };
        }
        Ok(drawing)
    }
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

/// What a drawing is judged by.
struct Measure {
    crossings: usize,
    size: Size,
    length: f64,
    millis: f64,
    faults: Faults,
}

impl Measure {
    fn of(graph: &Graph, drawing: &GraphDrawing, millis: f64) -> Self {
        let lines: Vec<Vec<Point>> = drawing.edges.iter().map(|route| flatten(&route.path)).collect();
        let length =
            lines.iter().flat_map(|line| line.windows(2)).map(|pair| pair[0].distance(pair[1])).sum();
        let faults = faults(graph, drawing, &lines);
        Self { crossings: crossings(&lines), size: drawing.size, length, millis, faults }
    }

    /// Each figure with its name, ours and theirs.
    fn beside(&self, theirs: &Self) -> [(&'static str, f64, f64); 5] {
        [
            ("crossings", self.crossings as f64, theirs.crossings as f64),
            ("width", self.size.width, theirs.size.width),
            ("height", self.size.height, theirs.size.height),
            ("length", self.length, theirs.length),
            ("time", self.millis, theirs.millis),
        ]
    }
}

fn ratio(ours: f64, theirs: f64) -> f64 {
    if ours == theirs { 1.0 } else { ours / theirs.max(1.0) }
}

/// A line of the table: a graph, and what both made of it.
struct Row<'a> {
    sample: &'a Sample,
    ours: &'a Measure,
    /// Nothing if `dot` was given up.
    theirs: Option<&'a Measure>,
}

impl Row<'_> {
    const HEAD: &'static str = "# graph                     nodes edges |  cross    dot ratio |  width    dot | height    dot \
         |  length     dot |       ms      dot | faults (dot)";
}

impl std::fmt::Display for Row<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { sample, ours, theirs } = self;
        let dot =
            |figure: fn(&Measure) -> f64| theirs.map_or("-".to_owned(), |it| format!("{:.0}", figure(it)));
        let crossings = |it: &Measure| it.crossings as f64;
        let ratio =
            theirs.map_or("-".to_owned(), |it| format!("{:.2}", ratio(crossings(ours), crossings(it))));
        let faults = theirs.map_or("given up".to_owned(), |it| it.faults.to_string());
        write!(f, "{:<28}{:>5}{:>6} |", sample.name, sample.graph.nodes.len(), sample.graph.edges.len())?;
        write!(f, "{:>7}{:>7}{ratio:>6} |", ours.crossings, dot(crossings))?;
        write!(f, "{:>7.0}{:>7} |", ours.size.width, dot(|it| it.size.width))?;
        write!(f, "{:>7.0}{:>7} |", ours.size.height, dot(|it| it.size.height))?;
        write!(f, "{:>8.0}{:>8} |", ours.length, dot(|it| it.length))?;
        write!(f, "{:>9.1}{:>9} | {} ({faults})", ours.millis, dot(|it| it.millis), ours.faults)
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

/// What should not be.
struct Faults {
    boxes_over_boxes: usize,
    edges_through_boxes: usize,
    labels_over_boxes: usize,
    labels_over_labels: usize,
    edges_through_labels: usize,
}

impl Faults {
    /// Whether something cannot be read. An edge that passes behind a label of another can.
    fn serious(&self) -> bool {
        self.boxes_over_boxes + self.edges_through_boxes + self.labels_over_boxes + self.labels_over_labels
            > 0
    }
}

impl std::fmt::Display for Faults {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "boxes {} edge/box {} label/box {} label/label {} edge/label {}",
            self.boxes_over_boxes,
            self.edges_through_boxes,
            self.labels_over_boxes,
            self.labels_over_labels,
            self.edges_through_labels
        )
    }
}

fn faults(graph: &Graph, drawing: &GraphDrawing, lines: &[Vec<Point>]) -> Faults {
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
    Faults {
        boxes_over_boxes: pairs(&boxes, &boxes, true),
        edges_through_boxes: through_boxes,
        labels_over_boxes: pairs(&only_labels, &boxes, false),
        labels_over_labels: pairs(&only_labels, &only_labels, true),
        edges_through_labels: through_labels,
    }
}

/// A plain picture to look at.
fn svg(sample: &Sample, drawing: &GraphDrawing) -> String {
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
    for (node, at) in sample.graph.nodes.iter().zip(&drawing.nodes) {
        let rect = Rect::centered(*at, node.size);
        let _ = writeln!(
            out,
            "<rect x='{:.1}' y='{:.1}' width='{:.1}' height='{:.1}' fill='#fee' stroke='#933'/>",
            rect.min.x, rect.min.y, node.size.width, node.size.height
        );
    }
    out.push_str("</svg>\n");
    out
}
