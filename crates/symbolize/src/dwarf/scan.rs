//! A fast walk over the entries of a unit.
//!
//! Of the hundred thousands of entries of a unit a handful matters: functions that have code. All others
//! are stepped over. How many bytes to step follows from the entry's abbreviation; here each abbreviation is
//! turned, when it is met first, into the few steps that are needed, so that the many attributes of fixed size cost
//! one addition together. Format: DWARF 5, sections 7.5.2 to 7.5.6.

use std::ops::Range;

use gimli::{Abbreviation, Abbreviations, DwAt, DwForm, DwTag, Encoding, Format, Reader};
use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;

use crate::dwarf::Slice;
use crate::dwarf::leb::leb;

/// Abbreviations with a smaller code are found by an index; compilers number from 1.
const MOST_SMALL: usize = 1 << 12;

/// What an entry means for the walk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// A function that may have its own code.
    Function,
    /// A call that was inlined here.
    Inlined,
    /// Something that holds no functions: its children can be left out.
    Closed,
    /// A type, or a function without code. Seldom there is code inside: GCC puts that of lambdas there, other
    /// compilers that of methods.
    Seldom,
    /// Anything else.
    Other,
}

/// An abbreviation, as the walk needs it.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) class: Class,
    pub(crate) has_children: bool,
    bounds: Option<Bounds>,
    /// Where the end of the children stands, when only attributes of fixed size come before.
    sibling: Option<Field>,
    /// The size of all attributes, when it is fixed.
    size: Option<u32>,
    steps: Range<usize>,
}

/// Where an entry has its first address and its size, after attributes of fixed size only.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    low: Field,
    size: Field,
}

/// A number in an entry.
#[derive(Debug, Clone, Copy)]
struct Field {
    skip: u32,
    size: u8,
}

/// How to step over some attributes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Step {
    Bytes(usize),
    /// A number of this many bytes that says where the next entry that is no child stands.
    Sibling(u8),
    /// A number with seven bits in each byte.
    Leb,
    /// A string that a zero ends.
    Text,
    /// A block whose length is a number of this many bytes.
    Block(u8),
    /// A block whose length is a LEB number.
    BlockLeb,
    /// The form is in the entry itself.
    Indirect,
}

/// The plans for all abbreviations of a unit that were met.
#[derive(Debug)]
pub(crate) struct Plans<'unit> {
    abbreviations: &'unit Abbreviations,
    encoding: Encoding,
    /// For each small code the number of its plan plus one.
    small: Vec<u32>,
    large: HashMap<u64, u32, FxBuildHasher>,
    all: Vec<Plan>,
    steps: Vec<Step>,
}

impl<'unit> Plans<'unit> {
    pub(crate) fn new(abbreviations: &'unit Abbreviations, encoding: Encoding) -> Plans<'unit> {
        let (small, large) = (Vec::new(), HashMap::default());
        Plans { abbreviations, encoding, small, large, all: Vec::new(), steps: Vec::new() }
    }

    #[inline(always)]
    fn get(&mut self, code: u64) -> Option<(&Plan, &[Step])> {
        let number = match usize::try_from(code).ok().and_then(|code| self.small.get(code).copied()) {
            Some(number) if number > 0 => number - 1,
            _ => self.find(code)?,
        };
        let plan = self.all.get(number as usize)?;
        Some((plan, self.steps.get(plan.steps.clone())?))
    }

    #[cold]
    fn find(&mut self, code: u64) -> Option<u32> {
        if let Some(&number) = self.large.get(&code) {
            return Some(number);
        }
        let number = self.all.len() as u32;
        self.all.push(plan(self.abbreviations.get(code)?, self.encoding, &mut self.steps));
        match usize::try_from(code) {
            Ok(place) if place < MOST_SMALL => {
                if self.small.len() <= place {
                    self.small.resize(place + 1, 0);
                }
                self.small[place] = number + 1;
            }
            _ => {
                self.large.insert(code, number);
            }
        }
        Some(number)
    }
}

fn plan(abbreviation: &Abbreviation, encoding: Encoding, steps: &mut Vec<Step>) -> Plan {
    let first_step = steps.len();
    // How many bytes stand in front of an attribute, while that is fixed.
    let mut fixed = Some(0u32);
    let (mut low, mut size, mut sibling) = (None, None, None);
    let has = |name: DwAt| abbreviation.attributes().iter().any(|spec| spec.name() == name);
    for spec in abbreviation.attributes() {
        let step = step(spec.form(), encoding);
        let bytes = match step {
            Step::Bytes(count) => u8::try_from(count).ok(),
            _ => None,
        };
        let is_sibling = spec.name() == gimli::DW_AT_sibling
            && matches!(
                spec.form(),
                gimli::DW_FORM_ref1 | gimli::DW_FORM_ref2 | gimli::DW_FORM_ref4 | gimli::DW_FORM_ref8
            );
        if let (Some(skip), Some(bytes)) = (fixed, bytes) {
            let field = Some(Field { skip, size: bytes });
            match (spec.name(), spec.form()) {
                (gimli::DW_AT_low_pc, gimli::DW_FORM_addr) => low = field,
                (gimli::DW_AT_high_pc, DATA1 | DATA2 | DATA4 | DATA8) => size = field,
                _ if is_sibling => sibling = field,
                _ => {}
            }
        }
        fixed = fixed.zip(bytes).map(|(fixed, bytes)| fixed.saturating_add(u32::from(bytes)));
        match (steps.get_mut(first_step..).and_then(<[Step]>::last_mut), step, bytes) {
            (_, _, Some(bytes)) if is_sibling => steps.push(Step::Sibling(bytes)),
            (Some(Step::Bytes(total)), Step::Bytes(count), _) => *total += count,
            (_, Step::Bytes(0), _) => {}
            (_, step, _) => steps.push(step),
        }
    }
    let has_ranges = has(gimli::DW_AT_ranges);
    let has_code = has_ranges || has(gimli::DW_AT_low_pc) || has(gimli::DW_AT_high_pc);
    Plan {
        class: class(abbreviation.tag(), has_code),
        has_children: abbreviation.has_children(),
        sibling,
        size: fixed,
        bounds: low.zip(size).filter(|_| !has_ranges).map(|(low, size)| Bounds { low, size }),
        steps: first_step..steps.len(),
    }
}

const DATA1: DwForm = gimli::DW_FORM_data1;
const DATA2: DwForm = gimli::DW_FORM_data2;
const DATA4: DwForm = gimli::DW_FORM_data4;
const DATA8: DwForm = gimli::DW_FORM_data8;

fn class(tag: DwTag, has_code: bool) -> Class {
    match tag {
        gimli::DW_TAG_subprogram if has_code => Class::Function,
        gimli::DW_TAG_inlined_subroutine if has_code => Class::Inlined,
        gimli::DW_TAG_subprogram
        | gimli::DW_TAG_structure_type
        | gimli::DW_TAG_class_type
        | gimli::DW_TAG_union_type => Class::Seldom,
        gimli::DW_TAG_enumeration_type
        | gimli::DW_TAG_array_type
        | gimli::DW_TAG_subroutine_type
        | gimli::DW_TAG_call_site
        | gimli::DW_TAG_GNU_call_site => Class::Closed,
        _ => Class::Other,
    }
}

fn step(form: DwForm, encoding: Encoding) -> Step {
    let word = match encoding.format {
        Format::Dwarf32 => 4,
        Format::Dwarf64 => 8,
    };
    match form {
        gimli::DW_FORM_flag_present | gimli::DW_FORM_implicit_const => Step::Bytes(0),
        gimli::DW_FORM_data1
        | gimli::DW_FORM_flag
        | gimli::DW_FORM_ref1
        | gimli::DW_FORM_strx1
        | gimli::DW_FORM_addrx1 => Step::Bytes(1),
        gimli::DW_FORM_data2 | gimli::DW_FORM_ref2 | gimli::DW_FORM_strx2 | gimli::DW_FORM_addrx2 => {
            Step::Bytes(2)
        }
        gimli::DW_FORM_strx3 | gimli::DW_FORM_addrx3 => Step::Bytes(3),
        gimli::DW_FORM_data4
        | gimli::DW_FORM_ref4
        | gimli::DW_FORM_ref_sup4
        | gimli::DW_FORM_strx4
        | gimli::DW_FORM_addrx4 => Step::Bytes(4),
        gimli::DW_FORM_data8 | gimli::DW_FORM_ref8 | gimli::DW_FORM_ref_sup8 | gimli::DW_FORM_ref_sig8 => {
            Step::Bytes(8)
        }
        gimli::DW_FORM_data16 => Step::Bytes(16),
        gimli::DW_FORM_addr => Step::Bytes(usize::from(encoding.address_size)),
        gimli::DW_FORM_sec_offset
        | gimli::DW_FORM_strp
        | gimli::DW_FORM_strp_sup
        | gimli::DW_FORM_line_strp
        | gimli::DW_FORM_GNU_ref_alt
        | gimli::DW_FORM_GNU_strp_alt => Step::Bytes(word),
        // In DWARF 2 references had the size of addresses.
        gimli::DW_FORM_ref_addr if encoding.version == 2 => Step::Bytes(usize::from(encoding.address_size)),
        gimli::DW_FORM_ref_addr => Step::Bytes(word),
        gimli::DW_FORM_string => Step::Text,
        gimli::DW_FORM_block1 => Step::Block(1),
        gimli::DW_FORM_block2 => Step::Block(2),
        gimli::DW_FORM_block4 => Step::Block(4),
        gimli::DW_FORM_block | gimli::DW_FORM_exprloc => Step::BlockLeb,
        gimli::DW_FORM_indirect => Step::Indirect,
        // data, strx, addrx, loclistx, rnglistx and those of GNU: all are LEB numbers.
        _ => Step::Leb,
    }
}

/// A place among the entries of a unit.
#[derive(Debug, Clone)]
pub(crate) struct Cursor<'a> {
    /// All bytes of the unit, its header included.
    unit: &'a [u8],
    at: usize,
    little: bool,
    encoding: Encoding,
}

/// An entry that a cursor stands behind the code of.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Next<'p> {
    Entry(&'p Plan, &'p [Step]),
    /// The end of a list of children.
    End,
}

impl<'a> Cursor<'a> {
    /// A cursor at the offset `at` in `unit`, which begins with the header.
    pub(crate) fn new(unit: Slice<'a>, at: usize, encoding: Encoding) -> Cursor<'a> {
        let little = matches!(unit.endian(), gimli::RunTimeEndian::Little);
        Cursor { unit: unit.slice(), at, little, encoding }
    }

    /// The offset of the next entry.
    #[inline(always)]
    pub(crate) fn offset(&self) -> usize {
        self.at
    }

    /// The next entry; `None` at the end of the unit or where nothing makes sense any more.
    #[inline(always)]
    pub(crate) fn next<'p>(&mut self, plans: &'p mut Plans<'_>) -> Option<Next<'p>> {
        let code = self.leb()?;
        if code == 0 {
            return Some(Next::End);
        }
        let (plan, steps) = plans.get(code)?;
        Some(Next::Entry(plan, steps))
    }

    /// The addresses from the first to the last of the entry whose plan `next` has just given, when they are
    /// quick to read.
    #[inline(always)]
    pub(crate) fn bounds(&self, plan: &Plan) -> Option<Range<u64>> {
        let bounds = plan.bounds?;
        let read = |field: Field| self.number(self.at.checked_add(field.skip as usize)?, field.size);
        let low = read(bounds.low)?;
        Some(low..low.saturating_add(read(bounds.size)?))
    }

    /// Steps over the attributes of an entry that `next` has given, and with `leave` over its children where
    /// their end is known. Whether children follow is the result.
    #[inline(always)]
    pub(crate) fn skip(&mut self, plan: &Plan, steps: &[Step], leave: bool) -> Option<bool> {
        if leave
            && let Some(sibling) = plan.sibling
            && self.jump(self.number(self.at.checked_add(sibling.skip as usize)?, sibling.size)?)
        {
            return Some(false);
        }
        if let Some(size) = plan.size {
            self.forward(size as usize)?;
            return Some(plan.has_children);
        }
        for &step in steps {
            match step {
                Step::Bytes(count) => self.forward(count)?,
                Step::Sibling(size) => {
                    if leave && self.jump(self.number(self.at, size)?) {
                        return Some(false);
                    }
                    self.forward(usize::from(size))?;
                }
                Step::BlockLeb => {
                    let length = usize::try_from(self.leb()?).ok()?;
                    self.forward(length)?;
                }
                _ => self.step(step)?,
            }
        }
        Some(plan.has_children)
    }

    /// Goes on at another offset of this unit, if that is further on: entries of hostile files could refer
    /// backwards for ever.
    #[inline(always)]
    pub(crate) fn jump(&mut self, offset: u64) -> bool {
        match usize::try_from(offset) {
            Ok(offset) if offset > self.at && offset <= self.unit.len() => {
                self.at = offset;
                true
            }
            _ => false,
        }
    }

    fn step(&mut self, step: Step) -> Option<()> {
        match step {
            Step::Bytes(count) => self.forward(count),
            Step::Sibling(size) => self.forward(usize::from(size)),
            Step::Leb => loop {
                if self.byte()? < 0x80 {
                    return Some(());
                }
            },
            Step::Text => {
                let length = self.unit.get(self.at..)?.iter().position(|&byte| byte == 0)?;
                self.forward(length + 1)
            }
            Step::Block(size) => {
                let length = usize::try_from(self.number(self.at, size)?).ok()?;
                self.forward(usize::from(size))?;
                self.forward(length)
            }
            Step::BlockLeb => {
                let length = usize::try_from(self.leb()?).ok()?;
                self.forward(length)
            }
            Step::Indirect => {
                let form = DwForm(u16::try_from(self.leb()?).ok()?);
                match step_of_indirect(form, self.encoding)? {
                    Step::Indirect => None,
                    step => self.step(step),
                }
            }
        }
    }

    #[inline(always)]
    fn forward(&mut self, count: usize) -> Option<()> {
        self.at = self.at.checked_add(count).filter(|&at| at <= self.unit.len())?;
        Some(())
    }

    #[inline(always)]
    fn byte(&mut self) -> Option<u8> {
        let byte = *self.unit.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    #[inline(always)]
    fn leb(&mut self) -> Option<u64> {
        leb(|| self.byte())
    }

    /// A number of `size` bytes at `at`.
    #[inline(always)]
    fn number(&self, at: usize, size: u8) -> Option<u64> {
        let bytes = self.unit.get(at..at.checked_add(usize::from(size))?)?;
        match (<[u8; 4]>::try_from(bytes), <[u8; 8]>::try_from(bytes)) {
            (Ok(four), _) if self.little => return Some(u64::from(u32::from_le_bytes(four))),
            (_, Ok(eight)) if self.little => return Some(u64::from_le_bytes(eight)),
            _ => {}
        }
        let add = |number: u64, &byte: &u8| number << 8 | u64::from(byte);
        Some(if self.little { bytes.iter().rev().fold(0, add) } else { bytes.iter().fold(0, add) })
    }
}

fn step_of_indirect(form: DwForm, encoding: Encoding) -> Option<Step> {
    // An implicit constant has its value in the abbreviation, which an indirect form does not have.
    (form != gimli::DW_FORM_implicit_const).then(|| step(form, encoding))
}
