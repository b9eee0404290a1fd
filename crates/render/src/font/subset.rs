//! A font with only those glyphs that a picture uses, to be embedded in it.
//!
//! Tables and their fields are those of OpenType (<https://learn.microsoft.com/typography/opentype/spec/>).
//! Glyphs are simple ones, so each can be copied as it is.

use skrifa::FontRef;
use skrifa::raw::types::Tag;

use super::{Font, MISSING};

/// A font file and the number that each character's glyph has in it.
pub(crate) struct Subset {
    /// A complete TrueType font.
    pub(crate) bytes: Vec<u8>,
    /// The characters that are in it, in order; the first has glyph 1, since 0 is the missing glyph.
    pub(crate) characters: Vec<char>,
}

impl Subset {
    /// The number of a character's glyph in the subset.
    #[cfg(any(feature = "pdf", test))]
    pub(crate) fn glyph(&self, character: char) -> u16 {
        self.characters.binary_search(&character).map_or(MISSING, |index| index as u16 + 1)
    }
}

/// A font with those of the `characters`, which come in order, that `font` has.
pub(crate) fn subset(font: &Font, characters: impl Iterator<Item = char>) -> Subset {
    let raw = font.face.clone();
    let characters: Vec<char> = characters.filter(|&character| font.glyph(character) != MISSING).collect();
    let glyphs: Vec<u16> =
        std::iter::once(MISSING).chain(characters.iter().map(|&character| font.glyph(character))).collect();
    let (outlines, places) = outlines(&raw, &glyphs);
    let metrics: Vec<u8> = glyphs.iter().flat_map(|&glyph| metric(&raw, glyph)).collect();
    let tables: [([u8; 4], Vec<u8>); 10] = [
        (*b"OS/2", table(&raw, b"OS/2").to_vec()),
        (*b"cmap", character_map(&characters)),
        (*b"glyf", outlines),
        // Offsets in `loca` are 32 bits wide.
        (*b"head", patched(table(&raw, b"head"), 50, 1)),
        (*b"hhea", patched(table(&raw, b"hhea"), 34, glyphs.len() as u16)),
        (*b"hmtx", metrics),
        (*b"loca", places.iter().flat_map(|place| place.to_be_bytes()).collect()),
        (*b"maxp", patched(table(&raw, b"maxp"), 4, glyphs.len() as u16)),
        (*b"name", table(&raw, b"name").to_vec()),
        (*b"post", table(&raw, b"post").to_vec()),
    ];
    Subset { bytes: assemble(&tables), characters }
}

fn table<'f>(raw: &FontRef<'f>, tag: &[u8; 4]) -> &'f [u8] {
    raw.table_data(Tag::new(tag)).map_or(&[], |data| data.as_bytes())
}

/// `table` with the two bytes at `offset` replaced.
fn patched(table: &[u8], offset: usize, value: u16) -> Vec<u8> {
    let mut table = table.to_vec();
    if let Some(field) = table.get_mut(offset..offset + 2) {
        field.copy_from_slice(&value.to_be_bytes());
    }
    table
}

fn read_u16(bytes: &[u8], offset: usize) -> usize {
    bytes.get(offset..offset + 2).map_or(0, |two| usize::from(u16::from_be_bytes([two[0], two[1]])))
}

fn read_u32(bytes: &[u8], offset: usize) -> usize {
    read_u16(bytes, offset) << 16 | read_u16(bytes, offset + 2)
}

/// The outlines one after the other, and where each begins.
fn outlines(raw: &FontRef<'_>, glyphs: &[u16]) -> (Vec<u8>, Vec<u32>) {
    let (places, all) = (table(raw, b"loca"), table(raw, b"glyf"));
    let wide = read_u16(table(raw, b"head"), 50) == 1;
    let place = |glyph: usize| match wide {
        true => read_u32(places, glyph * 4),
        false => read_u16(places, glyph * 2) * 2,
    };
    let (mut outlines, mut starts) = (Vec::new(), vec![0]);
    for &glyph in glyphs {
        let glyph = usize::from(glyph);
        outlines.extend_from_slice(all.get(place(glyph)..place(glyph + 1)).unwrap_or_default());
        outlines.resize(outlines.len().next_multiple_of(4), 0);
        starts.push(outlines.len() as u32);
    }
    (outlines, starts)
}

/// Advance and left side bearing.
fn metric(raw: &FontRef<'_>, glyph: u16) -> [u8; 4] {
    let (metrics, glyph) = (table(raw, b"hmtx"), usize::from(glyph));
    let full = read_u16(table(raw, b"hhea"), 34).max(1);
    let advance = read_u16(metrics, glyph.min(full - 1) * 4) as u16;
    let bearing = match glyph.checked_sub(full) {
        None => read_u16(metrics, glyph * 4 + 2),
        Some(beyond) => read_u16(metrics, full * 4 + beyond * 2),
    } as u16;
    let ([a, b], [c, d]) = (advance.to_be_bytes(), bearing.to_be_bytes());
    [a, b, c, d]
}

/// A `cmap` with one subtable of format 12, whose groups are ranges with ascending glyphs.
fn character_map(characters: &[char]) -> Vec<u8> {
    let mut groups: Vec<(u32, u32, u32)> = Vec::new();
    for (index, &character) in characters.iter().enumerate() {
        let (code, glyph) = (u32::from(character), index as u32 + 1);
        match groups.last_mut() {
            Some((_, last, _)) if *last + 1 == code => *last = code,
            _ => groups.push((code, code, glyph)),
        }
    }
    let mut map = Vec::new();
    // Version 0, one subtable, for Windows and full Unicode, which begins at byte 12.
    [0u16, 1, 3, 10, 0, 12].iter().for_each(|field| map.extend(field.to_be_bytes()));
    [12u16, 0].iter().for_each(|field| map.extend(field.to_be_bytes()));
    let length = 16 + 12 * groups.len() as u32;
    [length, 0, groups.len() as u32].iter().for_each(|field| map.extend(field.to_be_bytes()));
    for (first, last, glyph) in groups {
        [first, last, glyph].iter().for_each(|field| map.extend(field.to_be_bytes()));
    }
    map
}

/// A font file of these tables, which are in the order of their tags.
fn assemble(tables: &[([u8; 4], Vec<u8>)]) -> Vec<u8> {
    const HEAD: &[u8; 4] = b"head";
    let count = tables.len() as u16;
    let selector = count.ilog2() as u16;
    let range = 16 << selector;
    let mut file = Vec::new();
    file.extend(0x0001_0000u32.to_be_bytes());
    [count, range, selector, count * 16 - range].iter().for_each(|field| file.extend(field.to_be_bytes()));
    let mut offset = 12 + 16 * tables.len();
    for (tag, table) in tables {
        file.extend(tag);
        // The sum of `head` is without the field that makes up the sum of the whole file.
        let sum = if tag == HEAD { checksum(&without_adjustment(table)) } else { checksum(table) };
        [sum, offset as u32, table.len() as u32].iter().for_each(|field| file.extend(field.to_be_bytes()));
        offset += table.len().next_multiple_of(4);
    }
    let mut adjustment = None;
    for (tag, table) in tables {
        if tag == HEAD {
            adjustment = Some(file.len() + 8);
            file.extend(without_adjustment(table));
        } else {
            file.extend(table);
        }
        file.resize(file.len().next_multiple_of(4), 0);
    }
    let sum = 0xb1b0_afbau32.wrapping_sub(checksum(&file));
    if let Some(field) = adjustment.and_then(|at| file.get_mut(at..at + 4)) {
        field.copy_from_slice(&sum.to_be_bytes());
    }
    file
}

fn without_adjustment(head: &[u8]) -> Vec<u8> {
    patched(&patched(head, 8, 0), 10, 0)
}

fn checksum(bytes: &[u8]) -> u32 {
    bytes.chunks(4).fold(0u32, |sum, chunk| {
        let mut word = [0; 4];
        word[..chunk.len()].copy_from_slice(chunk);
        sum.wrapping_add(u32::from_be_bytes(word))
    })
}

#[cfg(test)]
mod tests {
    use skrifa::instance::{LocationRef, Size};
    use skrifa::metrics::GlyphMetrics;
    use skrifa::raw::TableProvider;
    use skrifa::{GlyphId, MetadataProvider};

    use super::super::{Fonts, Weight};
    use super::*;

    fn metrics<'f>(face: &FontRef<'f>) -> GlyphMetrics<'f> {
        face.glyph_metrics(Size::unscaled(), LocationRef::default())
    }

    #[test]
    fn glyphs_are_those_of_the_whole_font() {
        let fonts = Fonts::new();
        for weight in Weight::ALL {
            let font = fonts.get(weight);
            let small =
                subset(font, "  abcz…λ漢".chars().collect::<std::collections::BTreeSet<_>>().into_iter());
            let face = FontRef::new(&small.bytes).expect("a font");
            assert_eq!(face.maxp().expect("its table").num_glyphs(), 8);
            let (new, old) = (metrics(&face), metrics(&font.face));
            for character in " abcz…λ".chars() {
                let glyph = face.charmap().map(character).expect("its glyph");
                assert_eq!(glyph, GlyphId::from(small.glyph(character)));
                let whole = GlyphId::from(font.glyph(character));
                assert_eq!(new.advance_width(glyph), old.advance_width(whole));
                assert_eq!(new.bounds(glyph), old.bounds(whole));
            }
            assert_eq!(small.glyph('漢'), MISSING);
            assert_eq!(checksum(&small.bytes), 0xb1b0_afba);
        }
    }
}
