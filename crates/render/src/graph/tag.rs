//! The text of the small boxes of tags.

use hotlist_layout::Size;
use hotlist_report::ValueFormat;

use super::name::shortened;
use super::node::{Align, Content, Writer};
use crate::clean::clean;
use crate::font::{Fonts, Weight};
use crate::tag_boxes::TagBox;

const SIZE: f64 = 8.0;

/// Longer tags lose their middle.
const LONGEST: usize = 48;

/// Of more lines only the first are shown.
const MOST_LINES: usize = 6;

pub(crate) fn tag_content(tag: &TagBox, format: &ValueFormat, fonts: &Fonts) -> Content {
    let mut writer = Writer::new(fonts);
    for line in tag.text.split('\n').take(MOST_LINES) {
        writer.line(shortened(&clean(line), LONGEST), Weight::Regular, SIZE);
    }
    writer.line(format.label(tag.weight), Weight::Bold, SIZE);
    writer.finish(Align::Middle, Size::new(5.0, 3.0))
}
