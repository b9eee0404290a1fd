//! `-weblist`: source code and assembly as one page for a browser, with everything in it.
//!
//! The page works without its script, since lines unfold by themselves (`details`); the script adds the
//! filter, the keys and the choice of colours. All that comes from the profile, its binaries and its source
//! files is written as text. The policy of the page lets nothing run or load but what it names by hash.

mod line;

use std::cmp::Reverse;
use std::io::{self, Write};

use hotlist_profile::unit::percentage;
use hotlist_report::{Listing, Routine};

use crate::clean::clean;
use crate::legend::profile_lines;
use crate::policy::policy;
use crate::{Context, Drawing, OnTerminal};

/// The drawing.
pub(crate) const DRAWING: Drawing = Drawing {
    extension: "html",
    media_type: "text/html; charset=utf-8",
    on_terminal: OnTerminal::Browser,
    reports: &[&hotlist_report::WEBLIST],
    listing: Some(draw),
    ..Drawing::new("codepage", "Source code and assembly as one page for a browser")
};

/// The look: that of all pages, and what is special here.
const STYLE: &str = concat!(include_str!("../../page/base.css"), include_str!("code_page.css"));
const SCRIPT: &str = include_str!("code_page.js");

/// Functions up to this number are unfolded from the start.
const UNFOLDED: usize = 12;

fn draw(listing: &Listing, out: &mut dyn Write, context: &Context) -> io::Result<()> {
    let header = &listing.header;
    let name = if header.file.is_empty() { "profile" } else { &header.file };
    write!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"generator\" content=\"hotlist\">\n\
         <title>{} {}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n",
        policy(SCRIPT, STYLE),
        escaped(name),
        escaped(&header.sample_type),
    )?;
    let routines = heaviest_first(listing);
    head(listing, name, out, context)?;
    writeln!(out, "<div class=\"page\">")?;
    contents(listing, &routines, out)?;
    writeln!(out, "<main id=\"main\">")?;
    for problem in &listing.problems {
        writeln!(out, "<p class=\"warning\">No assembly: {}</p>", escaped(problem))?;
    }
    for (number, routine) in routines.iter().enumerate() {
        section(listing, number, routine, out)?;
    }
    writeln!(out, "<p class=\"nothing\" hidden>No function matches.</p>\n</main>\n</div>")?;
    write!(out, "<script>{SCRIPT}</script>\n</body>\n</html>\n")
}

fn heaviest_first(listing: &Listing) -> Vec<&Routine> {
    let mut routines: Vec<&Routine> = listing.routines.iter().collect();
    routines.sort_by_key(|routine| Reverse((routine.cum.unsigned_abs(), routine.flat.unsigned_abs())));
    routines
}

/// The bar at the top.
fn head(listing: &Listing, name: &str, out: &mut dyn Write, context: &Context) -> io::Result<()> {
    let header = &listing.header;
    writeln!(
        out,
        "<header class=\"top\">\n<div class=\"subject\"><strong>{}</strong> <span class=\"soft\">{}</span></div>\n\
         <details class=\"facts\"><summary>Total {}</summary>\n<ul>",
        escaped(name),
        escaped(&header.sample_type),
        escaped(&header.format.label(header.total)),
    )?;
    let lines = profile_lines(header, context);
    for line in lines.iter().flat_map(|text| text.lines()) {
        writeln!(out, "<li>{}</li>", escaped(line))?;
    }
    for filter in &header.active_filters {
        writeln!(out, "<li>Filter: {}</li>", escaped(filter))?;
    }
    writeln!(
        out,
        "</ul></details>\n<span class=\"grow\"></span>\n\
         <input id=\"filter\" type=\"search\" placeholder=\"Filter functions\" aria-label=\"Filter functions\" hidden>\n\
         <button id=\"unfold\" type=\"button\" hidden>Show assembly</button>\n\
         <button id=\"theme\" type=\"button\" aria-label=\"Light or dark\" hidden>\
         <svg viewBox=\"0 0 16 16\" aria-hidden=\"true\"><circle cx=\"8\" cy=\"8\" r=\"5.5\"/><path d=\"M8 2.5v11a5.5 5.5 0 0 0 0-11z\"/></svg>\
         </button>\n</header>"
    )
}

/// The list of functions beside the code.
fn contents(listing: &Listing, routines: &[&Routine], out: &mut dyn Write) -> io::Result<()> {
    let (format, total) = (&listing.header.format, listing.header.total);
    writeln!(out, "<nav aria-label=\"Functions\">\n<ol>")?;
    for (number, routine) in routines.iter().enumerate() {
        writeln!(
            out,
            "<li><a href=\"#f{number}\" class=\"{}\"><span class=\"name\">{}</span>\
             <span class=\"share\">{}</span><span class=\"value\">{}</span></a></li>",
            bar(routine.cum, total),
            escaped(&routine.name),
            escaped(percentage(routine.cum, total).trim()),
            escaped(&format.label(routine.cum)),
        )?;
    }
    writeln!(
        out,
        "</ol>\n<p class=\"keys soft\" hidden><kbd>j</kbd> <kbd>k</kbd> function <kbd>n</kbd> <kbd>p</kbd> hot line \
         <kbd>e</kbd> assembly <kbd>/</kbd> filter</p>\n</nav>"
    )
}

/// A function.
fn section(listing: &Listing, number: usize, routine: &Routine, out: &mut dyn Write) -> io::Result<()> {
    let (format, total) = (&listing.header.format, listing.header.total);
    let open = if number < UNFOLDED { " open" } else { "" };
    let path = match (&routine.found_at, &routine.file) {
        (Some(found), Some(file)) => format!("{file} (shown: {found})"),
        (_, Some(file)) => file.clone(),
        (_, None) => String::new(),
    };
    writeln!(
        out,
        "<details class=\"routine\" id=\"f{number}\"{open}>\n<summary>\n<h2>{}</h2>\n\
         <p class=\"path\">{}</p>\n<p class=\"sums\"><span>flat <b>{}</b></span> <span>cum <b>{}</b></span> \
         <span>{} of total</span></p>\n</summary>",
        escaped(&routine.name),
        escaped(&path),
        escaped(&format.label(routine.flat)),
        escaped(&format.label(routine.cum)),
        escaped(percentage(routine.cum, total).trim()),
    )?;
    for warning in &routine.warnings {
        writeln!(out, "<p class=\"warning\">{}</p>", escaped(warning))?;
    }
    if let Some(error) = &routine.error {
        writeln!(out, "<p class=\"warning\">{}</p>", escaped(error))?;
    }
    if routine.file.is_none() {
        writeln!(out, "<p class=\"soft none\">No source file is known.</p>")?;
    }
    if !routine.lines.is_empty() {
        writeln!(
            out,
            "<div class=\"code\">\n<div class=\"row legend\"><span>line</span><span>flat</span><span>cum</span><code></code></div>"
        )?;
        let hottest = routine.lines.iter().map(|line| line.cum.unsigned_abs()).max().unwrap_or(0);
        let mut last = None;
        for line in &routine.lines {
            // Lines that are left out leave a mark.
            if last.is_some_and(|last: i64| line.number != last.saturating_add(1)) {
                writeln!(out, "<div class=\"gap\">⋮</div>")?;
            }
            last = Some(line.number);
            line::draw(line, format, hottest, out)?;
        }
        writeln!(out, "</div>")?;
    }
    writeln!(out, "</details>")
}

/// The class that draws a share of the total as a bar, in steps of a twentieth.
fn bar(value: i64, total: i64) -> String {
    let share = if total == 0 { 0.0 } else { (value as f64 / total as f64).abs().min(1.0) };
    format!("b{}", (share * 20.0).round() as u32)
}

/// `text` as text in HTML, between tags or quotation marks.
fn escaped(text: &str) -> String {
    let text = clean(text);
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\0' => out.push('\u{fffd}'),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use hotlist_report::{Header, InlinedCall, LineInstruction, LineMark, ListedLine, ValueFormat};

    use super::*;

    #[test]
    fn text_stays_text() {
        assert_eq!(escaped("a<b> & \"c\" 'd'\u{1b}"), "a&lt;b&gt; &amp; &quot;c&quot; &#39;d&#39;\\x1b");
    }

    #[test]
    fn the_script_cannot_end_its_element() {
        assert!(!SCRIPT.contains("</") && !SCRIPT.contains("<!--"));
        assert!(!STYLE.contains("</") && !STYLE.contains("url(") && !STYLE.contains("@import"));
    }

    #[test]
    fn bars_have_steps() {
        assert_eq!(
            (bar(5, 10), bar(-10, 10), bar(99, 10), bar(1, 0)),
            ("b10".into(), "b20".into(), "b20".into(), "b0".into())
        );
    }

    /// A page on which every text is `text`.
    fn page(text: &str) -> String {
        let text = || text.to_owned();
        let call = InlinedCall { function: text(), file: text(), line: 3, text: text() };
        let instruction = |calls: &[InlinedCall]| LineInstruction {
            address: 16,
            flat: 1,
            cum: 2,
            text: text(),
            calls: calls.to_vec(),
            begins_block: true,
        };
        let instructions = vec![instruction(&[]), instruction(&[call.clone(), call])];
        let routine = Routine {
            name: text(),
            file: Some(text()),
            flat: 1,
            cum: 2,
            lines: vec![ListedLine {
                number: 1,
                mark: LineMark::Regular,
                flat: 1,
                cum: 2,
                text: text(),
                instructions,
            }],
            misplaced: false,
            error: Some(text()),
            found_at: Some(text()),
            warnings: vec![text()],
        };
        let format = ValueFormat { sample_unit: text(), output_unit: text(), ratio: 1.0 };
        let header = Header {
            file: text(),
            build_id: text(),
            comments: vec![text()],
            sample_type: text(),
            doc_url: text(),
            time_nanos: 1,
            duration_nanos: 1,
            total: 2,
            format,
            active_filters: vec![text()],
            compact: false,
        };
        let listing = Listing { header, routines: vec![routine], problems: vec![text()] };
        let mut out = Vec::new();
        draw(&listing, &mut out, &Context::plain()).expect("memory takes everything");
        String::from_utf8(out).expect("pages are text")
    }

    /// The tags of a page, with their attributes.
    fn tags(page: &str) -> Vec<&str> {
        page.split('<').skip(1).map(|rest| rest.split('>').next().unwrap_or(rest)).collect()
    }

    #[test]
    fn no_text_adds_a_tag_or_an_attribute() {
        let plain = page("x");
        assert!(tags(&plain).len() > 60, "{} tags", tags(&plain).len());
        for text in [
            "</script><script>alert(1)</script>",
            "\"><img src=x onerror=alert(1)>",
            "' onmouseover='alert(1)",
            "<!--",
            "]]><x/>&lt;b&gt;",
            "</title></style></pre></code>",
            "\u{1b}]0;owned\u{7}\0",
        ] {
            let hostile = page(text);
            // Nothing but the text itself is different.
            assert_eq!(tags(&hostile), tags(&plain), "{text}");
            assert!(!hostile.contains('\u{1b}') && !hostile.contains('\0'));
        }
    }
}
