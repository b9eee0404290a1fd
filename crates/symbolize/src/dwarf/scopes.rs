//! For each address the functions around it: the one that has the code, and the calls inlined there.

use std::ops::Range;

use gimli::{AttributeValue, Reader, Section, UnitOffset};

use crate::dwarf::ranges::{Bases, Extent};
use crate::dwarf::scan::{Class, Cursor, Next, Plans};
use crate::dwarf::{Slice, Unit};

/// More inlined calls around an address are left out: no compiler goes so deep.
const MOST_CALLS: usize = 1000;

/// A function with code, or an inlined call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Scope {
    /// The entry, which leads to the name.
    pub(crate) entry: UnitOffset<usize>,
    /// From where it was called, when it was inlined.
    pub(crate) call: Call,
}

/// The place of an inlined call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Call {
    /// A number of the line program's table of files.
    pub(crate) file: Option<u64>,
    pub(crate) line: u32,
    pub(crate) column: u32,
}

/// The functions around each of a list of addresses, outermost first.
#[derive(Debug)]
pub(crate) struct Chains {
    pub(crate) scopes: Vec<Scope>,
    /// For each address, numbers of `scopes`.
    pub(crate) of: Vec<Vec<u32>>,
}

/// What is asked of a unit.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'w> {
    /// Sorted.
    pub(crate) addresses: &'w [u64],
    /// Code below this address has been thrown away by the linker.
    pub(crate) lowest_code: u64,
    /// Whether an address is surely in no function.
    pub(crate) is_padding: &'w (dyn Fn(u64) -> bool + Sync),
}

/// Walks the entries of `unit`.
pub(crate) fn chains(dwarf: &gimli::Dwarf<Slice<'_>>, unit: &Unit<'_>, asked: Asked<'_>) -> Chains {
    let count = asked.addresses.len();
    let mut walk = Walk {
        dwarf,
        unit,
        bases: Bases::of(unit),
        asked,
        hits: Vec::new(),
        missing: count,
        left: Vec::new(),
        chains: Chains { scopes: Vec::new(), of: vec![Vec::new(); count] },
    };
    walk.run();
    walk.chains
}

struct Walk<'w, 'a> {
    dwarf: &'w gimli::Dwarf<Slice<'a>>,
    unit: &'w Unit<'a>,
    bases: Bases,
    asked: Asked<'w>,
    /// Places of the addresses that the present entry holds.
    hits: Vec<usize>,
    /// How many addresses have no function yet.
    missing: usize,
    /// Entries that seldom hold code, and have been left out at first.
    left: Vec<Range<usize>>,
    chains: Chains,
}

/// An entry with code.
struct Entry<'a> {
    extent: Extent<'a>,
    call: Call,
    /// Where the next entry stands.
    end: usize,
    /// Where the next entry that is no child stands.
    sibling: Option<usize>,
}

impl<'a> Walk<'_, 'a> {
    fn run(&mut self) {
        let header = &self.unit.header;
        let Some(bytes) = bytes(self.dwarf, header) else { return };
        let encoding = header.encoding();
        let mut plans = Plans::new(&self.unit.abbreviations, encoding);
        let whole = header.root_offset().0..bytes.len();
        self.walk(Cursor::new(bytes, whole.start, encoding), whole.end, &mut plans, true);
        let missing = self.chains.of.iter().zip(self.asked.addresses).filter(|(chain, _)| chain.is_empty());
        self.missing = missing.filter(|(_, address)| !(self.asked.is_padding)(**address)).count();
        for part in std::mem::take(&mut self.left) {
            if self.missing == 0 {
                return;
            }
            self.walk(Cursor::new(bytes, part.start, encoding), part.end, &mut plans, false);
        }
    }

    /// Walks the entry at the cursor and its children, up to the offset `end`; with `leave` it takes note of
    /// those that seldom hold code, and leaves them out.
    fn walk(&mut self, mut cursor: Cursor<'a>, end: usize, plans: &mut Plans<'_>, leave: bool) {
        let mut depth = 0usize;
        // The depth of the outermost function that holds one of the addresses.
        let mut inside: Option<usize> = None;
        // The depth of an entry within it that holds none.
        let mut outside: Option<usize> = None;
        while cursor.offset() < end {
            let offset = cursor.offset();
            let Some(next) = cursor.next(plans) else { return };
            let Next::Entry(plan, steps) = next else {
                depth = depth.saturating_sub(1);
                if inside.is_some_and(|level| depth <= level) {
                    inside = None;
                    if self.missing == 0 {
                        return;
                    }
                }
                if outside.is_some_and(|level| depth <= level) {
                    outside = None;
                }
                if depth == 0 {
                    return;
                }
                continue;
            };
            let (matters, can_leave) = match plan.class {
                Class::Function => (outside.is_none(), false),
                Class::Inlined => (inside.is_some() && outside.is_none(), false),
                Class::Closed => (false, true),
                Class::Seldom => (false, leave),
                Class::Other => (false, false),
            };
            let is_far = matters && cursor.bounds(plan).is_some_and(|bounds| !self.is_wanted(bounds));
            if !matters || is_far {
                let Some(has_children) = cursor.skip(plan, steps, can_leave || is_far) else { return };
                if plan.class == Class::Seldom && plan.has_children && !has_children {
                    self.left.push(offset..cursor.offset());
                }
                if is_far && has_children && inside.is_some() {
                    outside = outside.or(Some(depth));
                }
                depth += usize::from(has_children);
                continue;
            }
            let Some(entry) = self.read(offset) else { return };
            let (class, has_children) = (plan.class, plan.has_children);
            let is_hit = match class {
                Class::Function => self.enter_function(offset, &entry, inside.is_some()),
                _ => self.enter_call(offset, &entry),
            };
            if !is_hit && entry.sibling.is_some_and(|sibling| cursor.jump(sibling as u64)) {
                continue;
            }
            cursor.jump(entry.end as u64);
            if has_children {
                match (is_hit, inside) {
                    (true, None) => inside = Some(depth),
                    (false, Some(_)) => outside = outside.or(Some(depth)),
                    _ => {}
                }
                depth += 1;
            } else if self.missing == 0 && inside.is_none() {
                return;
            }
        }
    }

    /// Whether any of the addresses is among `bounds`.
    #[inline]
    fn is_wanted(&self, bounds: Range<u64>) -> bool {
        let first = self.asked.addresses.partition_point(|&address| address < bounds.start);
        self.asked.addresses.get(first).is_some_and(|&address| address < bounds.end)
    }

    fn read(&self, offset: usize) -> Option<Entry<'a>> {
        let encoding = self.unit.header.encoding();
        let mut raw = self.unit.entries_raw(Some(UnitOffset(offset))).ok()?;
        let abbreviation = raw.read_abbreviation().ok()??;
        let (mut extent, mut call, mut sibling) = (Extent::default(), Call::default(), None);
        for &spec in abbreviation.attributes() {
            let attribute = raw.read_attribute(spec).ok()?;
            match attribute.name() {
                gimli::DW_AT_call_file => {
                    call.file = match attribute.value() {
                        AttributeValue::FileIndex(file) => Some(file),
                        value => value.udata_value(),
                    }
                }
                gimli::DW_AT_call_line => call.line = small(&attribute),
                gimli::DW_AT_call_column => call.column = small(&attribute),
                gimli::DW_AT_sibling => {
                    if let AttributeValue::UnitRef(UnitOffset(offset)) = attribute.value() {
                        sibling = Some(offset);
                    }
                }
                _ => extent.take(&attribute, self.dwarf, encoding, self.unit.addr_base),
            }
        }
        Some(Entry { extent, call, end: raw.next_offset().0, sibling })
    }

    /// Finds the addresses that an entry holds.
    fn find(&mut self, entry: &Entry<'a>) {
        self.hits.clear();
        let (addresses, hits, lowest) = (self.asked.addresses, &mut self.hits, self.asked.lowest_code);
        entry.extent.each(self.dwarf, self.unit.header.encoding(), self.bases, |begin, end| {
            if begin < lowest {
                return;
            }
            let first = addresses.partition_point(|&address| address < begin);
            let held = addresses[first..].iter().take_while(|&&address| address < end).count();
            hits.extend(first..first + held);
        });
    }

    /// Enters a function; whether it holds any address is the result. Of functions that the linker has
    /// folded into one the first keeps the address; a function within another takes it over.
    fn enter_function(&mut self, offset: usize, entry: &Entry<'a>, nested: bool) -> bool {
        self.find(entry);
        let of = &mut self.chains.of;
        self.hits.retain(|&hit| nested || of[hit].is_empty());
        if self.hits.is_empty() {
            return false;
        }
        let number = self.chains.scopes.len() as u32;
        for &hit in &self.hits {
            let chain = &mut self.chains.of[hit];
            self.missing = self.missing.saturating_sub(usize::from(chain.is_empty()));
            chain.clear();
            chain.push(number);
        }
        self.chains.scopes.push(Scope { entry: UnitOffset(offset), call: Call::default() });
        true
    }

    fn enter_call(&mut self, offset: usize, entry: &Entry<'a>) -> bool {
        self.find(entry);
        let number = self.chains.scopes.len() as u32;
        let mut any = false;
        for &hit in &self.hits {
            let chain = &mut self.chains.of[hit];
            if !chain.is_empty() && chain.len() < MOST_CALLS && chain.last() != Some(&number) {
                chain.push(number);
                any = true;
            }
        }
        if any {
            self.chains.scopes.push(Scope { entry: UnitOffset(offset), call: entry.call });
        }
        any
    }
}

/// All bytes of a unit, from its header on.
fn bytes<'a>(dwarf: &gimli::Dwarf<Slice<'a>>, header: &gimli::UnitHeader<Slice<'a>>) -> Option<Slice<'a>> {
    let mut section = *dwarf.debug_info.reader();
    section.skip(header.debug_info_offset()?.0).ok()?;
    section.truncate(header.length_including_self()).ok()?;
    Some(section)
}

fn small(attribute: &gimli::Attribute<Slice<'_>>) -> u32 {
    attribute.udata_value().and_then(|value| u32::try_from(value).ok()).unwrap_or(0)
}
