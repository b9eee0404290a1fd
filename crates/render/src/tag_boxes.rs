//! The small boxes of tags beside the nodes of a drawn graph.

use std::cmp::Ordering;

use hotlist_profile::unit::{label, scale};
use hotlist_report::{Amount, GraphNode, GraphTag};

/// The most boxes of one kind at a node.
const MOST: usize = 4;

/// A small box.
#[derive(Debug)]
pub(crate) struct TagBox {
    /// Its name, which is unique in a graph.
    pub(crate) id: String,
    /// The name of the box it hangs on: a node or another tag.
    pub(crate) from: String,
    /// The text; each tag of a sample stands on its own line.
    pub(crate) text: String,
    pub(crate) weight: i64,
    /// Whether some of the weight belongs to callees.
    pub(crate) dotted: bool,
    /// Whether it is a number.
    pub(crate) number: bool,
}

/// The boxes at the node that is called `name`.
///
/// At a leaf they show all that passed through the node, which includes callees that were trimmed;
/// elsewhere only what is the node's own.
pub(crate) fn tag_boxes(name: &str, node: &GraphNode) -> Vec<TagBox> {
    let own = node.has_callees;
    let mut boxes = Vec::new();
    let numbers = |with: &str| node.numbers.iter().find(|group| group.with == with).map(|group| &group.tags);
    let texts = sorted(&node.texts, own);
    for (position, tag) in texts.iter().take(MOST).enumerate() {
        let weight = if own { tag.flat } else { tag.cum }.shown();
        if weight == 0 {
            continue;
        }
        let id = format!("{name}_{position}");
        let (from, text) = (name.to_owned(), tag.name.clone());
        boxes.push(TagBox { id: id.clone(), from, text, weight, dotted: false, number: false });
        if let Some(tags) = numbers(&tag.name) {
            add_numbers(tags, own, &id, &mut boxes);
        }
    }
    if let Some(tags) = numbers("") {
        add_numbers(tags, own, name, &mut boxes);
    }
    boxes
}

fn add_numbers(tags: &[GraphTag], own: bool, from: &str, boxes: &mut Vec<TagBox>) {
    for (position, tag) in grouped(tags, own).iter().enumerate() {
        let same = tag.flat.shown() == tag.cum.shown();
        let (weight, dotted) = if own || same { (tag.flat.shown(), false) } else { (tag.cum.shown(), true) };
        if weight != 0 {
            let id = format!("N{from}_{position}");
            let (from, text) = (from.to_owned(), tag.name.clone());
            boxes.push(TagBox { id, from, text, weight, dotted, number: true });
        }
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
