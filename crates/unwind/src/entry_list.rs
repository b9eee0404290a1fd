//! The entries of a table that has no index of its own, sorted.

use crate::architecture::Architecture;
use crate::entry::{self, Entry};
use crate::reader::Reader;
use crate::rule::Rule;
use crate::section::{Section, Table};

/// Which entry of a table is of which code. Made once for a file; the table itself stays where it is.
#[derive(Clone, Debug)]
pub struct EntryList {
    table: Table,
    rows: Vec<Row>,
}

#[derive(Clone, Copy, Debug)]
struct Row {
    begin: u64,
    /// Where the entry is in its section; sections of more than 4 GiB are cut there.
    entry: u32,
}

impl EntryList {
    /// The entries of `section`. What comes behind a damaged entry is not found.
    pub fn new(section: Section<'_>, table: Table) -> EntryList {
        let mut rows = Vec::new();
        let mut reader = Reader::new(section);
        while let Ok(at) = u32::try_from(reader.address().wrapping_sub(section.address)) {
            let Some(entry) = entry::next(&mut reader, section, table) else { break };
            let Entry::Description { common, content } = entry else { continue };
            // Linkers leave entries of code that they dropped, at address 0.
            if let Some(description) = entry::description(section, table, common, content)
                && description.size > 0
                && description.begin > 0
            {
                rows.push(Row { begin: description.begin, entry: at });
            }
        }
        rows.sort_by_key(|row| row.begin);
        EntryList { table, rows }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The rule for the instruction at `address`; `section` is the one that the list was made of.
    ///
    /// `None` when there is no entry, or it is damaged or of a kind that cannot be followed.
    pub fn rule<A: Architecture>(&self, section: Section<'_>, address: u64) -> Option<Rule> {
        let after = self.rows.partition_point(|row| row.begin <= address);
        let row = self.rows.get(after.checked_sub(1)?)?;
        let entry = section.address.checked_add(u64::from(row.entry))?;
        entry::rule::<A>(section, self.table, entry, address)
    }
}
