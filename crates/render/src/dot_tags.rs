//! The small boxes of tags beside the nodes of a drawn graph.

use std::cmp::Ordering;
use std::io::{self, Write};

use hotlist_profile::unit::{label, scale};
use hotlist_report::{Amount, GraphNode, GraphTag, ValueFormat};

use crate::dot::{escape, shown};

/// The most boxes of one kind at a node.
const MOST: usize = 4;

/// Writes the tags of a node; returns whether there are any.
///
/// At a leaf they show all that passed through the node, which includes callees that were trimmed;
/// elsewhere only what is the node's own.
pub(crate) fn write_tags(
    format: &ValueFormat,
    number: usize,
    node: &GraphNode,
    out: &mut dyn Write,
) -> io::Result<bool> {
    let own = node.has_callees;
    let mut boxes = Boxes { format, own, out, written: false };
    let numbers = |with: &str| node.numbers.iter().find(|group| group.with == with).map(|group| &group.tags);
    let texts = sorted(&node.texts, own);
    for (position, tag) in texts.iter().take(MOST).enumerate() {
        let weight = shown(if own { tag.flat } else { tag.cum });
        if weight == 0 {
            continue;
        }
        // Several tags of one sample stand below each other.
        let lines: Vec<String> = tag.name.split('\n').map(escape).collect();
        let id = format!("N{number}_{position}");
        boxes.write(&format!("N{number}"), &id, &lines.join("\\n"), weight, "")?;
        if let Some(tags) = numbers(&tag.name) {
            boxes.numbers(tags, &id)?;
        }
    }
    if let Some(tags) = numbers("") {
        boxes.numbers(tags, &format!("N{number}"))?;
    }
    Ok(boxes.written)
}

struct Boxes<'a> {
    format: &'a ValueFormat,
    own: bool,
    out: &'a mut dyn Write,
    written: bool,
}

impl Boxes<'_> {
    fn write(&mut self, from: &str, id: &str, text: &str, weight: i64, style: &str) -> io::Result<()> {
        let weight = self.format.label(weight);
        writeln!(
            self.out,
            "{id} [label = \"{text}\" id=\"{id}\" fontsize=8 shape=box3d tooltip=\"{weight}\"]"
        )?;
        writeln!(
            self.out,
            "{from} -> {id} [label=\" {weight}\" weight=100 tooltip=\"{weight}\" labeltooltip=\"{weight}\"{style}]"
        )?;
        self.written = true;
        Ok(())
    }

    fn numbers(&mut self, tags: &[GraphTag], from: &str) -> io::Result<()> {
        for (position, tag) in grouped(tags, self.own).iter().enumerate() {
            let (weight, style) = if self.own || tag.flat.shown() == tag.cum.shown() {
                (shown(tag.flat), "")
            } else {
                (shown(tag.cum), " style=\"dotted\"")
            };
            if weight != 0 {
                self.write(from, &format!("N{from}_{position}"), &escape(&tag.name), weight, style)?;
            }
        }
        Ok(())
    }
}

/// The heaviest first.
fn sorted(tags: &[GraphTag], by_own: bool) -> Vec<GraphTag> {
    let mut tags = tags.to_vec();
    tags.sort_by(|a, b| by_weight(a, b, by_own));
    tags
}

fn by_weight(a: &GraphTag, b: &GraphTag, by_own: bool) -> Ordering {
    let size = |amount: Amount| amount.sum.unsigned_abs();
    let cum = if by_own { Ordering::Equal } else { size(b.cum).cmp(&size(a.cum)) };
    // A line break is compared as it is written.
    let name = |tag: &GraphTag| tag.name.replace('\n', "\\n");
    cum.then_with(|| size(b.flat).cmp(&size(a.flat))).then_with(|| name(a).cmp(&name(b)))
}

/// At most [`MOST`] tags: the heaviest ones, each with the others that are nearest to it.
fn grouped(tags: &[GraphTag], by_own: bool) -> Vec<GraphTag> {
    let tags = sorted(tags, by_own);
    if tags.len() <= MOST {
        return tags;
    }
    let (heaviest, others) = tags.split_at(MOST);
    let mut groups: Vec<Vec<&GraphTag>> = heaviest.iter().map(|tag| vec![tag]).collect();
    for tag in others {
        let mut nearest = (0, f64::INFINITY);
        for (position, center) in heaviest.iter().enumerate() {
            let distance = (tag.value as f64 - scale(center.value, &center.unit, &tag.unit).0).abs();
            if distance < nearest.1 {
                nearest = (position, distance);
            }
        }
        groups[nearest.0].push(tag);
    }
    let joined: Vec<GraphTag> = groups.iter().map(|group| join(group)).collect();
    sorted(&joined, by_own)
}

/// A tag for a group, named after its smallest and largest number.
fn join(group: &[&GraphTag]) -> GraphTag {
    let text = |tag: &GraphTag| label(tag.value, &tag.unit, "auto");
    let (mut smallest, mut largest) = (group[0], group[0]);
    let (mut flat, mut cum) = (Amount::default(), Amount::default());
    for tag in group {
        if (scale(tag.value, &tag.unit, &smallest.unit).0 as i64) < smallest.value {
            smallest = tag;
        }
        if scale(tag.value, &tag.unit, &largest.unit).0 as i64 > largest.value {
            largest = tag;
        }
        for (sum, part) in [(&mut flat, tag.flat), (&mut cum, tag.cum)] {
            sum.sum = sum.sum.saturating_add(part.sum);
            sum.divisor = sum.divisor.saturating_add(part.divisor);
        }
    }
    let name = match group {
        [only] => text(only),
        _ => format!("{}..{}", text(smallest), text(largest)),
    };
    let mean = |amount: Amount| Amount { sum: amount.shown(), divisor: 0 };
    GraphTag { name, unit: String::new(), value: 0, flat: mean(flat), cum: mean(cum) }
}
