//! The table of `docs/formats.md` says what the list of formats says.
//!
//! `UPDATE_GOLDEN=1 cargo test -p hotlist-formats` writes it anew.
#![allow(clippy::disallowed_methods, reason = "tests read and write their own files")]

use std::fmt::Write;

const BEGIN: &str = "<!-- formats -->\n";
const END: &str = "<!-- end of formats -->\n";

#[test]
fn the_table_is_that_of_the_list() {
    let mut table = "| Name | Written by | Lost |\n|---|---|---|\n".to_owned();
    for format in hotlist_formats::ALL {
        let lost = if format.lost.is_empty() { "-" } else { format.lost };
        writeln!(table, "| `{}` | {} | {lost} |", format.name, format.writers).unwrap();
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/formats.md");
    // A published package has no docs beside it.
    let Ok(page) = std::fs::read_to_string(path) else { return };
    let (before, rest) = page.split_once(BEGIN).expect("the page has a place for the table");
    let (found, after) = rest.split_once(END).expect("the table has an end");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(path, format!("{before}{BEGIN}{table}{END}{after}")).unwrap();
        return;
    }
    assert_eq!(found, table, "UPDATE_GOLDEN=1 writes the table anew");
}
