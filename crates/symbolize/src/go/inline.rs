//! Calls that Go's compiler has inlined: a small tree for each function, outside of the tables.

use crate::go::header::{Header, Version};
use crate::go::{GoFunction, GoTable, START_LINE, TABLES};

/// The number of the table that says which entry of the tree an address belongs to.
const TREE_INDEX: u32 = 2;

/// The number of the function's data that is the tree.
const TREE: u32 = 3;

/// Words of `moduledata` among which the address of functions' data is: its place differs between
/// versions of Go.
const CANDIDATE_WORDS: std::ops::Range<u64> = 32..56;

/// The number of functions that must make sense for an address to be that of functions' data.
const PROOF: usize = 50;

/// A larger number of data of one function makes no sense.
const MOST_DATA: u32 = 255;

/// Where trees are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct InlineTrees {
    /// The address from which the offsets of functions' data count, since Go 1.18.
    base: u64,
}

/// An inlined call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call {
    /// Where the name of the called function stands among the names.
    pub(crate) name: u32,
    /// The address of the call, from the entry of the function that holds it.
    pub(crate) parent: u32,
    /// The first line of the called function; 0 before Go 1.20.
    pub(crate) start_line: u32,
}

impl InlineTrees {
    pub(crate) fn find(go: &GoTable<'_>) -> Option<InlineTrees> {
        let Header { version, module, pointer_size, .. } = go.header;
        match version {
            Version::Go12 => return None,
            // Functions point to their data.
            Version::Go116 => return Some(InlineTrees { base: 0 }),
            Version::Go118 | Version::Go120 => {}
        }
        let section = go.memory.section(".go.func");
        let words = CANDIDATE_WORDS.filter_map(|number| {
            go.memory.word(module?.checked_add(number * pointer_size as u64)?, pointer_size)
        });
        let mut candidates: Vec<u64> = section.into_iter().chain(words).filter(|&base| base != 0).collect();
        candidates.dedup();
        candidates.into_iter().map(|base| InlineTrees { base }).find(|trees| trees.is_plausible(go))
    }

    /// Whether the trees of many functions make sense.
    fn is_plausible(&self, go: &GoTable<'_>) -> bool {
        let mut seen = 0;
        for row in 0..go.len() {
            let (Some(function), Some(end)) = (go.at_row(row), go.entry(row + 1)) else { return false };
            if data(go, &function, TREE).is_none() {
                continue;
            }
            let Some(call) = self.entry(go, &function, 0) else { return false };
            let size = end.saturating_sub(function.entry);
            let named = go
                .name_at(call.name)
                .is_some_and(|name| !name.is_empty() && name.iter().all(|&byte| byte >= b' '));
            let is_start =
                call.name == 0 || go.table.get(go.header.names + call.name as usize - 1) == Some(&0);
            if !named || !is_start || u64::from(call.parent) >= size {
                return false;
            }
            seen += 1;
            if seen == PROOF {
                return true;
            }
        }
        seen > 0
    }

    /// The innermost call at `address`; `None` where the function's own code is.
    pub(crate) fn call(&self, go: &GoTable<'_>, function: &GoFunction, address: u64) -> Option<Call> {
        let tables = go.field(function, TABLES)?;
        if tables <= TREE_INDEX {
            return None;
        }
        let offset = go.u32(tables_start(go, function)?.checked_add(4 * TREE_INDEX as usize)?)?;
        let index = go.value_of(offset, function, address)?;
        self.entry(go, function, u64::try_from(index).ok()?)
    }

    fn entry(&self, go: &GoTable<'_>, function: &GoFunction, index: u64) -> Option<Call> {
        let tree = match go.header.version {
            Version::Go12 => return None,
            Version::Go116 => data(go, function, TREE)?,
            Version::Go118 | Version::Go120 => self.base.checked_add(data(go, function, TREE)?)?,
        };
        let field =
            |size: u64, at: u64| go.memory.u32(tree.checked_add(index.checked_mul(size)?)?.checked_add(at)?);
        match go.header.version {
            // funcID and padding, name, parent, first line
            Version::Go120 => {
                let start_line = field(16, 12)?;
                Some(Call { name: field(16, 4)?, parent: field(16, 8)?, start_line })
            }
            // parent entry, funcID and padding, file, line, name, parent
            _ => Some(Call { name: field(20, 12)?, parent: field(20, 16)?, start_line: 0 }),
        }
    }
}

/// Where the numbers of a function's tables begin.
fn tables_start(go: &GoTable<'_>, function: &GoFunction) -> Option<usize> {
    let (entry, words) = match go.header.version {
        Version::Go12 => (go.header.pointer_size, START_LINE),
        Version::Go116 => (go.header.pointer_size, START_LINE + 1),
        Version::Go118 => (4, START_LINE + 1),
        Version::Go120 => (4, START_LINE + 2),
    };
    function.record.checked_add(entry + 4 * words)
}

/// Data number `number` of a function: an address before Go 1.18, since then an offset.
fn data(go: &GoTable<'_>, function: &GoFunction, number: u32) -> Option<u64> {
    let start = tables_start(go, function)?;
    // The last byte before the tables is how many data there are.
    let count = u32::from(*go.table.get(start.checked_sub(1)?)?);
    if number >= count || count > MOST_DATA {
        return None;
    }
    let tables = go.field(function, TABLES)? as usize;
    let end = start.checked_add(tables.checked_mul(4)?)?;
    match go.header.version {
        Version::Go12 | Version::Go116 => {
            let size = go.header.pointer_size;
            // Pointers are aligned.
            let aligned = end.checked_next_multiple_of(size)?;
            go.table_word(aligned.checked_add(number as usize * size)?).filter(|&address| address != 0)
        }
        Version::Go118 | Version::Go120 => {
            let offset = go.u32(end.checked_add(4 * number as usize)?)?;
            (offset != u32::MAX).then_some(u64::from(offset))
        }
    }
}
