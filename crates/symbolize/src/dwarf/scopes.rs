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
///
/// What is said of an address follows from the entries alone, not from which other addresses are asked: see
/// [`Owner`]. So entries can be left out in the first walk, and looked into for what is missing then.
pub(crate) fn chains(dwarf: &gimli::Dwarf<Slice<'_>>, unit: &Unit<'_>, asked: Asked<'_>) -> Chains {
    let count = asked.addresses.len();
    let mut walk = Walk {
        dwarf,
        unit,
        bases: Bases::of(unit),
        asked,
        hits: Vec::new(),
        owners: vec![None; count],
        missing: count,
        unowned: count,
        path: Vec::new(),
        inside: None,
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
    /// For each address whose code it is.
    owners: Vec<Option<Owner>>,
    /// How many addresses have no owner that can be final yet.
    missing: usize,
    /// How many have none at all, in the second walk.
    unowned: usize,
    /// The functions and inlined calls around the present entry, outermost first.
    path: Vec<Level>,
    /// The innermost function of `path`.
    inside: Option<usize>,
    /// Entries with children that were left out.
    left: Vec<Range<usize>>,
    chains: Chains,
}

/// The function that an address belongs to.
///
/// Of several that hold an address, such as those that the linker has folded into one, it is the first in the order
/// of the file; functions that stand aside come behind all others. A function within the owner takes the address over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Owner {
    /// Whether it stands in a type, in a function that does not hold the address, or in one without code: GNU C,
    /// Ada and Fortran nest functions, and lambdas are within what they are written in.
    is_aside: bool,
    /// Where the first entry stands that led to it.
    root: usize,
    /// Its number among the scopes.
    function: u32,
}

/// A function with code or an inlined call around the present entry.
#[derive(Debug, Clone, Copy)]
struct Level {
    depth: usize,
    entry: usize,
    /// Its number among the scopes, if an address needs it.
    number: Option<u32>,
    /// What [`Walk::inside`] was before.
    outer: Option<usize>,
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
        self.walk(Cursor::new(bytes, whole.start, encoding), whole.end, &mut plans, Way::Quick);
        let mut open: Vec<usize> = (0..self.owners.len()).collect();
        open.retain(|&row| {
            let is_final = self.owners[row].is_some_and(|owner| !owner.is_aside);
            !is_final && !(self.asked.is_padding)(self.asked.addresses[row])
        });
        self.unowned = open.iter().filter(|&&row| self.owners[row].is_none()).count();
        let mut last = None;
        for part in std::mem::take(&mut self.left) {
            if self.unowned == 0 {
                // Behind the last of them nothing can change.
                let roots = || open.iter().filter_map(|&row| Some(self.owners[row]?.root)).max();
                if *last.get_or_insert_with(|| roots().unwrap_or(0)) < part.start {
                    return;
                }
            }
            self.path.clear();
            self.inside = None;
            self.walk(Cursor::new(bytes, part.start, encoding), part.end, &mut plans, Way::Whole);
        }
    }

    /// Walks the entry at the cursor and its children, up to the offset `end`.
    fn walk(&mut self, mut cursor: Cursor<'a>, end: usize, plans: &mut Plans<'_>, way: Way) {
        let mut depth = 0usize;
        // The depth of the outermost entry around that puts functions aside.
        let mut aside = (way == Way::Whole).then_some(0);
        while cursor.offset() < end {
            let offset = cursor.offset();
            let Some(next) = cursor.next(plans) else { return };
            let Next::Entry(plan, steps) = next else {
                depth = depth.saturating_sub(1);
                if let Some(level) = self.path.pop_if(|level| level.depth >= depth) {
                    self.inside = level.outer;
                    if self.missing == 0 && self.path.is_empty() {
                        return;
                    }
                }
                if aside.is_some_and(|level| depth <= level) {
                    aside = None;
                }
                if depth == 0 {
                    return;
                }
                continue;
            };
            let (class, has_children) = (plan.class, plan.has_children);
            let is_call = class == Class::Inlined && self.function_around().is_some();
            let has_code = class == Class::Function || is_call;
            let is_near = has_code && cursor.bounds(plan).is_none_or(|bounds| self.is_wanted(bounds));
            let mut number = None;
            let mut descends = has_children;
            // Of functions that hold no address, and of types, the children are left out at first.
            let can_leave = way == Way::Quick && matches!(class, Class::Function | Class::Seldom);
            if is_near {
                let Some(entry) = self.read(offset) else { return };
                number = match class {
                    Class::Function => self.enter_function(offset, &entry, aside.is_some()),
                    _ => self.enter_call(offset, &entry),
                };
                let leaves = can_leave && number.is_none() && has_children;
                if leaves && entry.sibling.is_some_and(|sibling| cursor.jump(sibling as u64)) {
                    descends = false;
                } else {
                    cursor.jump(entry.end as u64);
                }
            } else {
                let leaves = can_leave || class == Class::Closed;
                let Some(has_next) = cursor.skip(plan, steps, leaves) else { return };
                descends = has_next;
            }
            if has_children && !descends && class != Class::Closed {
                self.left.push(offset..cursor.offset());
            }
            if !descends {
                if self.missing == 0 && self.path.is_empty() && number.is_some() {
                    return;
                }
                continue;
            }
            if has_code {
                self.path.push(Level { depth, entry: offset, number, outer: self.inside });
            }
            if class == Class::Function {
                self.inside = Some(self.path.len() - 1);
            }
            if class == Class::Seldom || class == Class::Function && number.is_none() {
                aside = aside.or(Some(depth));
            }
            depth += 1;
        }
    }

    /// The number of the innermost function around, if it is the owner of an address.
    fn function_around(&self) -> Option<u32> {
        self.path.get(self.inside?)?.number
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

    /// Enters a function; its number if it owns any address.
    fn enter_function(&mut self, offset: usize, entry: &Entry<'a>, aside: bool) -> Option<u32> {
        self.find(entry);
        let function = self.chains.scopes.len() as u32;
        let is_aside = aside || self.inside.is_some();
        let around = self.function_around();
        let mut any = false;
        for row in 0..self.hits.len() {
            let hit = self.hits[row];
            let present = self.owners[hit];
            let owner = match present {
                Some(present) if around == Some(present.function) => Owner { function, ..present },
                _ => Owner { is_aside, root: offset, function },
            };
            let is_new = present.is_none_or(|present| present.root != owner.root);
            let is_surely_in_none = || (self.asked.is_padding)(self.asked.addresses[hit]);
            if is_new && (present.is_some_and(|present| present < owner) || is_aside && is_surely_in_none()) {
                continue;
            }
            self.missing -= usize::from(!owner.is_aside && present.is_none_or(|present| present.is_aside));
            self.unowned = self.unowned.saturating_sub(usize::from(present.is_none()));
            self.owners[hit] = Some(owner);
            let chain = &mut self.chains.of[hit];
            chain.clear();
            chain.push(function);
            any = true;
        }
        if any {
            self.chains.scopes.push(Scope { entry: UnitOffset(offset), call: Call::default() });
        }
        any.then_some(function)
    }

    /// Enters an inlined call; its number if it holds any address of the function around. The calls between them
    /// count, whether they hold the address or not.
    fn enter_call(&mut self, offset: usize, entry: &Entry<'a>) -> Option<u32> {
        self.find(entry);
        let first = self.inside?;
        let (owners, around) = (&self.owners, self.path[first].number);
        self.hits.retain(|&hit| owners[hit].is_some_and(|owner| Some(owner.function) == around));
        if self.hits.is_empty() || self.path.len() - first > MOST_CALLS {
            return None;
        }
        for row in first + 1..self.path.len() {
            let Level { entry, number, .. } = self.path[row];
            if number.is_none() {
                let call = self.read(entry)?.call;
                self.path[row].number = Some(self.scope(entry, call));
            }
        }
        let number = self.scope(offset, entry.call);
        let around = &self.path[first..];
        for &hit in &self.hits {
            let chain = &mut self.chains.of[hit];
            let last = around.last().and_then(|level| level.number);
            if chain.len() != around.len() || chain.last().copied() != last {
                chain.clear();
                chain.extend(around.iter().filter_map(|level| level.number));
            }
            chain.push(number);
        }
        Some(number)
    }

    fn scope(&mut self, entry: usize, call: Call) -> u32 {
        self.chains.scopes.push(Scope { entry: UnitOffset(entry), call });
        self.chains.scopes.len() as u32 - 1
    }
}

/// How entries are walked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// What seldom holds code of interest is left out where its end is known, and taken note of.
    Quick,
    /// Everything is looked into.
    Whole,
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
