//! Text in cells: names made harmless, cut to a width, and bars.

use hotlist_render::clean;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// A name as it may be shown: no control characters, tabs as spaces.
pub(crate) fn plain(text: &str) -> String {
    let cleaned = clean(text);
    if !cleaned.contains('\t') {
        return cleaned.into_owned();
    }
    let mut out = String::new();
    for part in cleaned.split_inclusive('\t') {
        out.push_str(part.trim_end_matches('\t'));
        if part.ends_with('\t') {
            out.push_str(&" ".repeat(4 - out.width() % 4));
        }
    }
    out
}

/// As much of `text` as fits into `width` cells, with an ellipsis where it was cut.
pub(crate) fn fit(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut taken = 0;
    for character in text.chars() {
        let columns = character.width().unwrap_or(0);
        if taken + columns + 1 > width {
            break;
        }
        taken += columns;
        out.push(character);
    }
    if width > 0 {
        out.push('…');
    }
    out
}

/// The end of `text` that fits, with an ellipsis before it: the end of a long path says more.
pub(crate) fn fit_end(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut taken = 1;
    let mut from = text.len();
    for (at, character) in text.char_indices().rev() {
        taken += character.width().unwrap_or(0);
        if taken > width {
            break;
        }
        from = at;
    }
    if width == 0 { String::new() } else { format!("…{}", &text[from..]) }
}

/// A horizontal bar of up to `width` cells, in eighths of a cell.
pub(crate) fn bar(share: f64, width: usize) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = (share.abs().clamp(0.0, 1.0) * width as f64 * 8.0).round() as usize;
    let mut bar = "█".repeat(eighths / 8);
    bar.push_str(EIGHTHS[eighths % 8]);
    let rest = width.saturating_sub(bar.width());
    bar + &" ".repeat(rest)
}

/// What stands before the name of a function: its package, namespace or file.
pub(crate) fn package(name: &str) -> &str {
    let end = name.find(['(', '<', '[']).unwrap_or(name.len());
    let path = &name[..end];
    // In Go the package ends at the first dot after the last slash, in C++ and Rust at the last colons.
    if let Some(colons) = path.find("::") {
        return &name[..colons];
    }
    let base = path.rfind('/').map_or(0, |slash| slash + 1);
    match path[base..].find('.') {
        Some(dot) => &name[..base + dot],
        None => &name[..base],
    }
}

/// A name without what [`package`] returns and, as in Go, without a receiver before the method, where
/// anything is left.
pub(crate) fn bare(name: &str) -> &str {
    let rest = name[package(name).len()..].trim_start_matches([':', '.', '/']);
    let method = match rest.strip_prefix("(*") {
        Some(receiver) => receiver.split_once(").").map_or(rest, |(_, method)| method),
        None => rest,
    };
    if method.is_empty() { name } else { method }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_to_width() {
        assert_eq!(fit("runtime.main", 20), "runtime.main");
        assert_eq!(fit("runtime.main", 8), "runtime…");
        assert_eq!(fit("日本語の名前", 7), "日本語…");
        assert_eq!(fit("x", 0), "");
        assert_eq!(fit_end("/a/long/path.go", 8), "…path.go");
        assert_eq!(plain("a\tb\u{1b}[2J"), "a   b\\x1b[2J");
    }

    #[test]
    fn bars_have_their_width() {
        for (share, expected) in [(0.0, "    "), (0.5, "██  "), (1.0, "████"), (2.0, "████"), (0.03, "▏   ")]
        {
            assert_eq!(bar(share, 4), expected);
        }
    }

    #[test]
    fn packages() {
        assert_eq!(package("encoding/json.(*Decoder).Decode"), "encoding/json");
        assert_eq!(package("runtime.memmove"), "runtime");
        assert_eq!(package("std::vector<int>::push_back"), "std");
        assert_eq!(package("main"), "");
        assert_eq!(bare("json.(*Decoder).Decode"), "Decode");
        assert_eq!(bare("(anonymous namespace)::run"), "(anonymous namespace)::run");
        assert_eq!(bare("std::vector<int>::push_back"), "vector<int>::push_back");
        assert_eq!(bare("main"), "main");
        assert_eq!(bare("main."), "main.");
    }
}
