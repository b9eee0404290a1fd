//! The tables of `docs/formats.md` say what the lists of formats say.
//!
//! `UPDATE_GOLDEN=1 cargo test -p hotlist-formats` writes them anew.
#![allow(clippy::disallowed_methods, reason = "tests read and write their own files")]

use std::fmt::Write;

/// The page; a published package has no docs beside it.
const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/formats.md");

#[test]
fn the_tables_are_those_of_the_lists() {
    let Ok(page) = std::fs::read_to_string(PAGE) else { return };
    let lost = |lost: &'static str| if lost.is_empty() { "-" } else { lost };
    let mut read = "| Name | Written by | Lost |\n|---|---|---|\n".to_owned();
    for format in hotlist_formats::ALL {
        writeln!(read, "| `{}` | {} | {} |", format.name, format.writers, lost(format.lost)).unwrap();
    }
    let mut written = "| Name | Ends of files | Read by | Lost |\n|---|---|---|---|\n".to_owned();
    for export in hotlist_formats::EXPORTS {
        let ends: Vec<String> = export.extensions.iter().map(|end| format!("`.{end}`")).collect();
        let (name, ends, lost) = (export.name, ends.join(" "), lost(export.lost));
        writeln!(written, "| `{name}` | {ends} | {} | {lost} |", export.readers).unwrap();
    }
    let mut expected = page.clone();
    for (name, table) in [("formats", read), ("exports", written)] {
        let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- end of {name} -->\n"));
        let (before, rest) = expected.split_once(&begin).expect("the page has a place for the table");
        let (_, after) = rest.split_once(&end).expect("the table has an end");
        expected = format!("{before}{begin}{table}{end}{after}");
    }
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(PAGE, expected).unwrap();
        return;
    }
    assert_eq!(page, expected, "UPDATE_GOLDEN=1 writes the tables anew");
}
