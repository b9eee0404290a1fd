//! Call stacks: `traces`.

use std::collections::HashMap;
use std::io::{self, Write};

use hotlist_report::{StackRow, Stacks};

use super::write_legend;
use crate::Context;
use crate::clean::clean;
use crate::legend::profile_lines;

const SEPARATOR: &[u8] = b"-----------+-------------------------------------------------------\n";

/// The approximate number of frames that are written as one piece: enough to be worth handing over, and a fraction of a
/// megabyte.
const FRAMES_IN_PIECE: usize = 4096;

pub(super) fn draw(stacks: &Stacks<'_>, out: &mut dyn Write, context: &Context) -> io::Result<()> {
    write_legend(&profile_lines(&stacks.header, context), out)?;
    let lines = FrameLines::new(stacks);
    let worker = || {
        let mut labels = Labels { stacks, known: HashMap::new() };
        let lines = &lines;
        move |samples, text: &mut Vec<u8>| {
            for row in stacks.rows_of(samples) {
                write_row(&row, lines, &mut labels, text);
            }
        }
    };
    let piece = FRAMES_IN_PIECE / (stacks.mean_depth() + 1) + 1;
    stacks.threads().in_order(stacks.sample_count(), piece, worker, |text| out.write_all(text))?;
    out.write_all(SEPARATOR)
}

fn write_row(row: &StackRow<'_>, lines: &FrameLines, labels: &mut Labels<'_>, text: &mut Vec<u8>) {
    text.extend_from_slice(SEPARATOR);
    for tags in row.tags() {
        let mut tag_lines: Vec<String> = tags
            .iter()
            .map(|tag| format!("{:>10}:  {}\n", clean(&tag.key), clean(&tag.values.join(" "))))
            .collect();
        tag_lines.sort();
        tag_lines.iter().for_each(|line| text.extend_from_slice(line.as_bytes()));
    }
    let mut first = true;
    row.for_each_frame(|place, inline| {
        let line = lines.get(place, inline);
        if std::mem::take(&mut first) {
            text.extend_from_slice(labels.get(row.value).as_bytes());
            text.extend_from_slice(&line[MARGIN.len()..]);
        } else {
            text.extend_from_slice(line);
        }
    });
}

/// What stands where the first frame has the value.
const MARGIN: &str = "          ";

/// The lines of all places, as a frame and as an inlined one. A place occurs in many stacks, so they are made
/// once, and side by side, where they are found fast.
struct FrameLines {
    text: Vec<u8>,
    /// For each place where its two lines begin, and where the next one's do.
    bounds: Vec<[usize; 2]>,
}

impl FrameLines {
    fn new(stacks: &Stacks<'_>) -> Self {
        let mut lines = FrameLines { text: Vec::new(), bounds: Vec::with_capacity(stacks.places.len() + 1) };
        for place in &stacks.places {
            let start = lines.text.len();
            let name = clean(&place.label);
            lines.text.extend_from_slice(format!("{MARGIN}   {name}\n").as_bytes());
            lines.bounds.push([start, lines.text.len()]);
            lines.text.extend_from_slice(format!("{MARGIN}   {name} (inline)\n").as_bytes());
        }
        lines.bounds.push([lines.text.len(); 2]);
        lines
    }

    #[inline]
    fn get(&self, place: usize, inline: bool) -> &[u8] {
        let [plain, inlined] = self.bounds[place];
        if inline { &self.text[inlined..self.bounds[place + 1][0]] } else { &self.text[plain..inlined] }
    }
}

/// Values as text. Most occur many times.
struct Labels<'s> {
    stacks: &'s Stacks<'s>,
    known: HashMap<i64, String>,
}

impl Labels<'_> {
    /// How many are remembered.
    const MOST: usize = 10_000;

    fn get(&mut self, value: i64) -> &str {
        if self.known.len() >= Self::MOST && !self.known.contains_key(&value) {
            self.known.clear();
        }
        let format = &self.stacks.header.format;
        self.known.entry(value).or_insert_with(|| format!("{:>10}", format.label(value)))
    }
}
