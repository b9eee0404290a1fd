//! Characters that the font does not have, as boxes with their code points in them.
//!
//! An SVG leaves them to the fonts of its viewer. The other forms have no viewer with fonts, and a box with `4E2D`
//! in it tells more than an empty one: which characters are equal, and which they are.

use std::borrow::Cow;

use hotlist_layout::{Point, Rect};

use super::{Group, Mark, Picture, Text};
use crate::font::{Font, Fonts, MISSING, Weight};

/// Sides of a box in ems from its character's place: above and below the base line, and inwards.
const ABOVE: f64 = 0.78;
const BELOW: f64 = 0.1;
const INWARDS: f64 = 0.05;
/// The height of digits, and between the base lines of both rows, in ems.
const DIGIT_SIZE: f64 = 0.42;
const ROW: f64 = 0.4;
/// The thickness of the border, in ems.
const BORDER: f64 = 0.04;

/// The picture with boxes in place of characters that the font does not have.
pub(crate) fn with_code_boxes<'p>(picture: &'p Picture, fonts: &Fonts) -> Cow<'p, Picture> {
    let lacks = |mark: &Mark| match mark {
        Mark::Text(text) => text.text.chars().any(|letter| is_missing(letter, fonts.get(text.weight))),
        _ => false,
    };
    if !picture.groups.iter().flat_map(|group| &group.marks).any(lacks) {
        return Cow::Borrowed(picture);
    }
    let groups = picture.groups.iter().map(|group| {
        let mut marks = Vec::with_capacity(group.marks.len());
        for mark in &group.marks {
            match mark {
                Mark::Text(text) if lacks(mark) => take_apart(text, fonts, &mut marks),
                _ => marks.push(mark.clone()),
            }
        }
        Group { marks, ..group.clone() }
    });
    Cow::Owned(Picture { title: picture.title.clone(), size: picture.size, groups: groups.collect() })
}

fn is_missing(letter: char, font: &Font) -> bool {
    font.glyph(letter) == MISSING && font.advance(letter) > 0.0
}

/// The pieces of a text between boxes, and the boxes.
fn take_apart(text: &Text, fonts: &Fonts, marks: &mut Vec<Mark>) {
    let font = fonts.get(text.weight);
    let piece = |from: f64, to: f64, letters: &mut String| {
        let text = Text {
            at: Point::new(from, text.at.y),
            text: std::mem::take(letters),
            width: to - from,
            ..text.clone()
        };
        (!text.text.is_empty()).then_some(Mark::Text(text))
    };
    let (mut start, mut x) = (text.at.x, text.at.x);
    let mut run = String::new();
    for letter in text.text.chars() {
        let end = x + font.advance(letter) * text.size;
        if is_missing(letter, font) {
            marks.extend(piece(start, x, &mut run));
            code_box(letter, text, x, end, fonts, marks);
            start = end;
        } else {
            run.push(letter);
        }
        x = end;
    }
    marks.extend(piece(start, x, &mut run));
}

/// The box of a character between `left` and `right`: its code point in hexadecimal, in two rows.
fn code_box(letter: char, text: &Text, left: f64, right: f64, fonts: &Fonts, marks: &mut Vec<Mark>) {
    let em = text.size;
    let rect = Rect {
        min: Point::new(left + INWARDS * em, text.at.y - ABOVE * em),
        max: Point::new(right - INWARDS * em, text.at.y + BELOW * em),
    };
    marks.push(Mark::Box { rect, radius: 0.0, fill: None, border: Some((text.colour, BORDER * em)) });
    let code = format!("{:04X}", u32::from(letter));
    let (upper, lower) = code.split_at(code.len() / 2);
    let room = (rect.max.x - rect.min.x) - 3.0 * BORDER * em;
    for (row, digits) in [upper, lower].into_iter().enumerate() {
        let natural = fonts.width(digits, Weight::Regular, 1.0);
        let size = (DIGIT_SIZE * em).min(room / natural);
        let width = natural * size;
        let base = rect.max.y - 0.09 * em - if row == 0 { ROW * em } else { 0.0 };
        marks.push(Mark::Text(Text {
            at: Point::new(f64::midpoint(rect.min.x, rect.max.x) - width / 2.0, base),
            size,
            weight: Weight::Regular,
            colour: text.colour,
            text: digits.to_owned(),
            width,
        }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::colour::Colour;

    fn texts(of: &str) -> Vec<String> {
        let fonts = Fonts::new();
        let text = Text {
            at: Point::new(5.0, 20.0),
            size: 10.0,
            weight: Weight::Bold,
            colour: Colour::WHITE,
            text: of.to_owned(),
            width: fonts.width(of, Weight::Bold, 10.0),
        };
        let width = text.width;
        let group = Group { marks: vec![Mark::Text(text)], ..Group::default() };
        let picture = Picture { groups: vec![group], ..Picture::default() };
        let boxed = with_code_boxes(&picture, &fonts);
        let mut texts = Vec::new();
        for mark in &boxed.groups[0].marks {
            match mark {
                Mark::Text(text) => {
                    assert!(text.at.x >= 5.0 && text.at.x + text.width <= 5.0 + width + 1e-9);
                    texts.push(text.text.clone());
                }
                Mark::Box { rect, .. } => assert!(rect.min.x > 5.0 && rect.max.x < 5.0 + width),
                _ => panic!("neither text nor box"),
            }
        }
        texts
    }

    #[test]
    fn only_what_the_font_lacks_becomes_boxes() {
        assert_eq!(texts("main αβγ Ж"), ["main αβγ Ж"]);
        assert_eq!(texts("a中b"), ["a", "4E", "2D", "b"]);
        assert_eq!(texts("🦀"), ["1F", "980"]);
    }

    #[test]
    fn marks_without_width_are_left_out_of_boxes() {
        assert_eq!(texts("e\u{fe0f}x"), ["e\u{fe0f}x"]);
    }
}
