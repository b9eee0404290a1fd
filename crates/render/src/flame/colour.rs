//! The colours of frames: one rule for files and for the page, whose script has it as `colour.js`.
//!
//! The hue of a place is that of what it belongs to (a package, a namespace, a module, a binary): the
//! 32-bit FNV-1a hash of the UTF-8 bytes of its group, times [`FACTOR`] modulo 2^32, of which the upper 16
//! bits choose among the hues. The shade is its own: the hash of its name modulo three. What belongs to
//! nothing is grey. In a comparison the colour tells the change alone, in steps.

use hotlist_report::Place;

use crate::colour::Colour;

/// Twelve hues of equal lightness, each in three shades, to stand behind dark text.
const HUES: [[u32; 3]; 12] = [
    [0xf4bab4, 0xfac0ba, 0xffc6c0],
    [0xf0bea3, 0xf6c4a9, 0xfccaaf],
    [0xe5c599, 0xebcb9f, 0xf1d1a5],
    [0xd4cc99, 0xdad29f, 0xe0d8a4],
    [0xbcd4a5, 0xc2daab, 0xc8e0b1],
    [0xa4d9bb, 0xaadfc1, 0xb0e5c7],
    [0x96d9d4, 0x9cdfda, 0xa2e5e0],
    [0x98d6e9, 0x9edbef, 0xa4e1f5],
    [0xa9cff6, 0xafd5fc, 0xb5daff],
    [0xc1c6f7, 0xc7ccfd, 0xcdd2ff],
    [0xd8bfec, 0xdec5f2, 0xe4caf8],
    [0xecb9d5, 0xf2bfdb, 0xf8c5e0],
];

/// What belongs to nothing.
const GREY: [u32; 3] = [0xd3d1cd, 0xd9d6d2, 0xdfdcd8];

/// From no change to all of it.
const GREW: [u32; 6] = [0xe4e2de, 0xefd6d3, 0xf0c3bf, 0xf0b0aa, 0xee9c95, 0xea857d];
const SHRANK: [u32; 6] = [0xe4e2de, 0xd0dfec, 0xb7d4ee, 0x9dc8ef, 0x82bbef, 0x66aeee];

/// Chosen so that packages that are in most profiles of Go and Rust have different hues.
const FACTOR: u32 = 2719;

fn colour(rgb: u32) -> Colour {
    let [_, red, green, blue] = rgb.to_be_bytes();
    Colour::new(red, green, blue)
}

/// The colour of a place.
pub(crate) fn place_colour(place: &Place) -> Colour {
    let group = group_of(place);
    let shade = (hash(name_of(place)) % 3) as usize;
    if group.is_empty() {
        return colour(GREY[shade]);
    }
    let share = hash(group).wrapping_mul(FACTOR) >> 16;
    colour(HUES[((share * HUES.len() as u32) >> 16) as usize][shade])
}

/// The colour of the root and of what was summed up.
pub(crate) fn other_colour() -> Colour {
    colour(GREY[0])
}

/// The colour of a change, red for more and blue for less.
pub(crate) fn change_colour(before: i64, after: i64) -> Colour {
    let (before, after) = (before as f64, after as f64);
    let change = if before + after == 0.0 { 0.0 } else { (after - before) / (before + after) };
    let steps = if change < 0.0 { SHRANK } else { GREW };
    let last = (steps.len() - 1) as f64;
    // A change by a tenth should show already.
    let step = (change.abs().sqrt() * last - 0.12).ceil().clamp(0.0, last);
    colour(steps[step as usize])
}

fn name_of(place: &Place) -> &str {
    if place.function.is_empty() { &place.label } else { &place.function }
}

/// What decides the hue of a place.
fn group_of(place: &Place) -> &str {
    let known = package_of(name_of(place));
    if !known.is_empty() {
        return known;
    }
    let path = if place.object.is_empty() { &place.file } else { &place.object };
    path.rsplit('/').next().unwrap_or(path)
}

/// What a function belongs to, by its name: `encoding/json` of `encoding/json.(*Decoder).Decode`, `std` of
/// `std::vec::Vec<T>::push`, `com.acme.app` of `com.acme.app.Server.run`. Empty where the name does not say.
pub fn package_of(name: &str) -> &str {
    let bare = without_ornaments(name);
    if bare.starts_with('[') {
        return bare;
    }
    let bracket = bare.find(['<', '(', ' ']);
    if let Some(colons) = bare.find("::").filter(|&colons| colons > 0)
        && bracket.is_none_or(|bracket| colons < bracket)
    {
        return &bare[..colons];
    }
    let head = &bare[..bracket.unwrap_or(bare.len())];
    let slash = head.rfind('/');
    let after = slash.map_or(0, |slash| slash + 1);
    let Some(dot) = head[after..].find('.').map(|dot| after + dot) else {
        return slash.map_or("", |slash| &head[..slash]);
    };
    // Java's packages have small letters and its classes begin with a capital one.
    let class = match slash {
        Some(_) => None,
        None => head.as_bytes().windows(2).position(|two| two[0] == b'.' && two[1].is_ascii_uppercase()),
    };
    &head[..class.filter(|&class| class > dot).unwrap_or(dot)]
}

/// `name` without references and qualifiers before it and underscores of C.
fn without_ornaments(name: &str) -> &str {
    let trimmed = name.trim_start_matches(|letter: char| "<&*".contains(letter) || letter.is_whitespace());
    let mut bare = match trimmed.len() < name.len() {
        true => trimmed.strip_prefix("mut ").or_else(|| trimmed.strip_prefix("dyn ")).unwrap_or(trimmed),
        false => name.strip_prefix("(anonymous namespace)::").unwrap_or(name),
    };
    let rest = bare.trim_start_matches('_');
    if rest.starts_with(|letter: char| letter.is_ascii_lowercase()) {
        bare = rest;
    }
    bare
}

/// The 32-bit FNV-1a hash (<http://www.isthe.com/chongo/tech/comp/fnv/>).
fn hash(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups() {
        for (name, expected) in [
            ("encoding/json.(*Decoder).Decode", "encoding/json"),
            ("runtime.mallocgc", "runtime"),
            ("std::vec::Vec<T>::push", "std"),
            ("<alloc::vec::Vec<T> as Drop>::drop", "alloc"),
            ("<&mut core::fmt::Formatter>::write", "core"),
            ("com.acme.app.Server.run", "com.acme.app"),
            ("(anonymous namespace)::f", ""),
            ("__libc_start_main", ""),
            ("[libc.so.6]", "[libc.so.6]"),
            ("malloc", ""),
            ("operator new(unsigned long)", ""),
            ("github.com/acme/widget.New", "github.com/acme/widget"),
        ] {
            assert_eq!(package_of(name), expected, "{name}");
        }
    }

    #[test]
    fn the_page_has_the_same_colours() {
        let script = include_str!("../../page/colour.js");
        let light = HUES.iter().flatten().chain(&GREY).chain(&GREW).chain(&SHRANK);
        for rgb in light {
            assert!(script.contains(&format!("'#{rgb:06x}'")), "#{rgb:06x}");
        }
        assert!(script.contains(&format!("Math.imul(hash(group), {FACTOR})")));
    }

    #[test]
    fn changes() {
        assert_eq!(change_colour(5, 5), colour(0xe4e2de));
        assert_eq!(change_colour(0, 5), colour(0xea857d));
        assert_eq!(change_colour(5, 0), colour(0x66aeee));
        assert_ne!(change_colour(10, 11), change_colour(10, 10));
    }
}
