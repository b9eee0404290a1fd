//! `markdown`: a comparison as a comment of a code review (GitHub's dialect, which others understand too).
//!
//! Everything from profiles stands in code spans, in which nothing but backticks has a meaning
//! (<https://github.github.com/gfm/#code-spans>), so no name can bring in HTML, links or mentions. The whole stays below
//! what a comment may have; what has to go is counted.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, Write};

use hotlist_report::compare::{CallPath, Comparison, Row, Verdict, Words};

use crate::Drawing;
use crate::clean::clean;
use crate::comparison_words::{
    change, counted, detectable, headline, is_assumption, others, outcome, part, rate, rule, shares,
    total_change, total_claim, totals, value, with_sign,
};

/// The drawing.
pub const DRAWING: Drawing = Drawing {
    extension: "md",
    media_type: "text/markdown; charset=utf-8",
    comparison: Some(|comparison, out, _| draw(comparison, out)),
    ..Drawing::new("markdown", "The comparison as a comment of a code review")
};

/// GitHub refuses comments of more than 65,536 characters; there may be something around ours.
const MOST_BYTES: usize = 60_000;
/// The longest name, in characters.
const LONGEST_NAME: usize = 120;
/// Functions that the first sentence and each rule name.
const MOST_NAMED: usize = 3;

/// How much is written.
#[derive(Clone, Copy)]
struct Extent {
    flagged: usize,
    undecided: usize,
    /// Whether the ways to the rows that differ are written.
    paths: bool,
}

fn draw(comparison: &Comparison, out: &mut dyn Write) -> io::Result<()> {
    let (flagged, undecided) = (comparison.flagged().count(), comparison.undecided().count());
    let most = comparison.most_rows;
    let mut extent = Extent { flagged: flagged.min(most), undecided: undecided.min(most), paths: true };
    let mut text = page(comparison, extent);
    // First the ways go, then rows that are undecided, then those that differ.
    while text.len() > MOST_BYTES && (extent.paths || extent.undecided + extent.flagged > 0) {
        if extent.paths {
            extent.paths = false;
        } else if extent.undecided > 0 {
            extent.undecided /= 2;
        } else {
            extent.flagged /= 2;
        }
        text = page(comparison, extent);
    }
    out.write_all(text.as_bytes())
}

fn page(comparison: &Comparison, extent: Extent) -> String {
    let flagged: Vec<&Row> = comparison.flagged().collect();
    let undecided: Vec<&Row> = comparison.undecided().collect();
    let mut page = format!("<!-- hotlist-diff:1 {} -->\n", plain_word(&comparison.sample_type));
    let mut line = |text: std::fmt::Arguments<'_>| {
        // Writing to a string does not fail.
        let _ = writeln!(page, "{text}");
    };
    line(format_args!("**{}**\n", sentence(comparison, &flagged)));
    if extent.flagged > 0 {
        line(format_args!("| | Change | Interval | Share | q | Function |\n|---|---:|---|---|---:|---|"));
        for row in &flagged[..extent.flagged] {
            line(format_args!(
                "| {} | {} | {} | {} | {} | {} |",
                row.verdict.name(),
                change(row),
                interval(row),
                amount(comparison, row),
                rate(row.q),
                function(row),
            ));
        }
        line(format_args!(""));
    }
    if flagged.len() > extent.flagged {
        let left = counted(flagged.len() - extent.flagged, "more row");
        line(format_args!("{left} that differ are not shown here.\n"));
    }
    for judged in &comparison.rules {
        let names = named(judged.by.iter().map(String::as_str), judged.by.len());
        let by = if names.is_empty() { names } else { format!(": {names}") };
        let rule = code(&rule(comparison, judged));
        line(format_args!("- {}: {rule}{by}", outcome(comparison, judged)));
    }
    if !comparison.rules.is_empty() {
        line(format_args!(""));
    }
    for text in others(comparison) {
        line(format_args!("{text}"));
    }
    for notice in comparison.notices.iter().filter(|notice| !is_assumption(notice)) {
        line(format_args!("\n> {}", sentence_or_code(&notice.text)));
    }
    line(format_args!(""));
    let explained: Vec<&&Row> = flagged.iter().filter(|row| !row.paths.is_empty()).collect();
    if extent.paths && !explained.is_empty() {
        line(format_args!("<details><summary>Where these come from</summary>\n"));
        for row in explained.iter().take(extent.flagged) {
            line(format_args!("- {}", code(&row.function)));
            for path in &row.paths {
                line(format_args!("  - {}", way(comparison, path)));
            }
        }
        line(format_args!("\n</details>\n"));
    } else if !explained.is_empty() {
        line(format_args!("Where these come from is left out: it would be too long.\n"));
    }
    if extent.undecided > 0 {
        let all = counted(undecided.len(), "function");
        line(format_args!("<details><summary>{all} undecided</summary>\n"));
        line(format_args!(
            "| Change | Interval | Share | Could have been seen | Function |\n|---:|---|---|---:|---|"
        ));
        for row in &undecided[..extent.undecided] {
            line(format_args!(
                "| {} | {} | {} | {} | {} |",
                change(row),
                interval(row),
                amount(comparison, row),
                detectable(row.detectable),
                in_cell(&row.function),
            ));
        }
        line(format_args!(""));
        if undecided.len() > extent.undecided {
            let left = counted(undecided.len() - extent.undecided, "more");
            line(format_args!("{} not shown here.\n", left.trim_end_matches('s')));
        }
        line(format_args!("</details>\n"));
    } else if !undecided.is_empty() {
        line(format_args!("{} undecided are not shown here.\n", counted(undecided.len(), "function")));
    }
    line(format_args!("<sub>{}</sub>", small_print(comparison)));
    page
}

/// The most important, as one sentence.
fn sentence(comparison: &Comparison, flagged: &[&Row]) -> String {
    let total = format!(
        "total {}, {} ({})",
        totals(comparison, "→"),
        total_change(&comparison.total),
        total_claim(comparison)
    );
    let (more, less): (Vec<&Row>, Vec<&Row>) = flagged.iter().partition(|row| row.verdict.is_increase());
    let group = |rows: &[&Row]| {
        let verdict = rows.first()?.verdict;
        let names = named(rows.iter().map(|row| row.function.as_str()), rows.len());
        let are = if rows.len() == 1 { "function is" } else { "functions are" };
        let what = match verdict {
            Verdict::Slower | Verdict::Faster => format!("{} {are} {}", rows.len(), verdict.name()),
            _ if rows.len() == 1 => format!("1 function has {}", verdict.name()),
            _ => format!("{} functions have {}", rows.len(), verdict.name()),
        };
        Some(format!("{what}: {names}"))
    };
    let groups: Vec<String> = [group(&more), group(&less)].into_iter().flatten().collect();
    if groups.is_empty() {
        return format!("No evidence of a change in any function; {total}.");
    }
    format!("{}; {total}.", groups.join("; "))
}

/// The first of some names as code, and how many more there are.
fn named<'n>(names: impl Iterator<Item = &'n str>, count: usize) -> String {
    let mut text: Vec<String> = names.take(MOST_NAMED).map(code).collect();
    if count > MOST_NAMED {
        text.push(format!("{} more", count - MOST_NAMED));
    }
    text.join(", ")
}

/// How it was measured, and what the numbers claim.
fn small_print(comparison: &Comparison) -> String {
    let confidence = part(1.0 - comparison.alpha);
    let mut text = format!(
        "{}. Each interval holds by itself at {confidence}; of the rows that are said to differ, at most {} are \
         expected to be chance (q).",
        sentence_or_code(&headline(comparison)),
        part(comparison.alpha),
    );
    if !comparison.filters.is_empty() {
        let _ = write!(text, " Filters: {}.", code(&comparison.filters.join(" ")));
    }
    text
}

fn interval(row: &Row) -> String {
    match (row.ratio, row.high) {
        (None, _) => String::new(),
        (_, Some(high)) => format!("{} to {}", with_sign(row.low), with_sign(high)),
        (_, None) => format!("{} or more", with_sign(row.low)),
    }
}

/// The share on both sides, for memory also the amount.
fn amount(comparison: &Comparison, row: &Row) -> String {
    let share = shares(row, "→");
    match comparison.words {
        Words::Time => share,
        Words::Amount => {
            format!("{} → {} ({share})", value(comparison, row.base), value(comparison, row.new))
        }
    }
}

fn way(comparison: &Comparison, path: &CallPath) -> String {
    let callers: Vec<String> = path.functions[1..].iter().map(|name| code(name)).collect();
    let values = format!("{} → {}", value(comparison, path.base), value(comparison, path.new));
    match callers.is_empty() {
        true => format!("{values}, without callers"),
        false => format!("{values} ← {}{}", callers.join(" ← "), if path.cut { " ← …" } else { "" }),
    }
}

/// A name as a code span.
fn code(name: &str) -> String {
    let name = shortened(name);
    let longest = longest_run(&name);
    let fence = "`".repeat(longest + 1);
    // A blank on each side is taken off again, and keeps backticks of the name from the fence.
    let blank = if name.starts_with(['`', ' ']) || name.ends_with(['`', ' ']) { " " } else { "" };
    format!("{fence}{blank}{name}{blank}{fence}")
}

/// The name of a row that differs, and where its work was moved within.
fn function(row: &Row) -> String {
    match &row.moved_within {
        Some(caller) => format!("{}, moved within {}", in_cell(&row.function), in_cell(caller)),
        None => in_cell(&row.function),
    }
}

/// A name as a code span in a cell of a table, where a bar would end the cell even within code.
fn in_cell(name: &str) -> String {
    code(name).replace('|', "\\|")
}

fn longest_run(name: &str) -> usize {
    name.split(|character| character != '`').map(str::len).max().unwrap_or(0)
}

/// A name without control characters and not too long.
fn shortened(name: &str) -> Cow<'_, str> {
    let name = match clean(name) {
        name if name.trim().is_empty() => Cow::Borrowed("(no name)"),
        Cow::Borrowed(name) if name.contains('\t') => Cow::Owned(name.replace('\t', "\\t")),
        Cow::Owned(name) if name.contains('\t') => Cow::Owned(name.replace('\t', "\\t")),
        name => name,
    };
    match name.char_indices().nth(LONGEST_NAME - 1) {
        Some((end, _)) if name.chars().count() > LONGEST_NAME => Cow::Owned(format!("{}…", &name[..end])),
        _ => name,
    }
}

/// Text of ours as it is; with a name or a path in it, which may be anything, as code.
fn sentence_or_code(text: &str) -> String {
    let is_plain = |character: char| {
        character.is_ascii_alphanumeric()
            || matches!(character, ' ' | ',' | ';' | ':' | '.' | '%' | '(' | ')' | '\'' | '?' | '-')
    };
    // Addresses would become links.
    let has_link = text.contains("www.") || text.contains("://");
    if text.chars().all(is_plain) && !has_link { text.to_owned() } else { code(text) }
}

/// A word for the marker by which a comment is found again; nothing in it can end it.
fn plain_word(text: &str) -> String {
    let plain = |character: char| character.is_ascii_alphanumeric() || character == '_';
    text.chars().filter(|character| plain(*character)).take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_spans_hold_any_name() {
        for (name, expected) in [
            ("main.run", "`main.run`"),
            ("a`b", "``a`b``"),
            ("`", "`` ` ``"),
            ("a``b`", "``` a``b` ```"),
            ("x\n\n<b>", "`x\\n\\n<b>`"),
            ("  ", "`(no name)`"),
            ("a\tb", "`a\\tb`"),
        ] {
            assert_eq!(code(name), expected);
        }
        assert_eq!(in_cell("a|b"), "`a\\|b`");
        assert_eq!(code(&"n".repeat(500)).chars().count(), LONGEST_NAME + 2);
    }

    #[test]
    fn only_plain_sentences_are_written_as_they_are() {
        assert_eq!(sentence_or_code("sampling periods differ"), "sampling periods differ");
        for text in ["see <script>", "ask @someone", "www.example.com", "[a](b)", "a*b*", "x_y_z"] {
            assert!(sentence_or_code(text).starts_with('`'), "{text}");
        }
        assert_eq!(plain_word("cpu--><b>"), "cpub");
    }
}
