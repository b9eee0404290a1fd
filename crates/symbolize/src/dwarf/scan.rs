//! A fast walk over the entries of a unit.
//!
//! Of the hundred thousands of entries of a unit a handful matters: functions that have code. All others
//! are stepped over. How many bytes to step follows from the entry's abbreviation; here each abbreviation is
//! turned, when it is met first, into the few steps that are needed, so that the many attributes of fixed size cost
//! one addition together. Format: DWARF 5, sections 7.5.2 to 7.5.6.

use gimli::{Abbreviation, Abbreviations, DwAt, DwForm, DwTag, Encoding, Format, Reader};

use crate::dwarf::Slice;

/// Abbreviations with a larger code are looked up each time; compilers number from 1.
const MOST_KEPT: usize = 1 << 16;

/// What an entry means for the walk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// A function that may have code of its own.
    Function,
    /// A call that was inlined here.
    Inlined,
    /// Something that holds no functions: its children can be left out.
    Closed,
    /// Anything else.
    Other,
}

/// An abbreviation, as the walk needs it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) class: Class,
    pub(crate) has_children: bool,
    /// Whether [`Class::Closed`] can be left by its sibling attribute, which is at this place.
    sibling: Option<Sibling>,
    first_step: u32,
    steps: u32,
}

/// A sibling attribute that stands after attributes of fixed size only.
#[derive(Debug, Clone, Copy)]
struct Sibling {
    skip: u32,
    size: u8,
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Bytes(usize),
    /// A number with seven bits in each byte.
    Leb,
    /// A string that a zero ends.
    Text,
    /// A block whose length is a number of so many bytes.
    Block(u8),
    /// A block whose length is a LEB number.
    BlockLeb,
    /// The form is in the entry itself.
    Indirect,
}

/// The steps for all abbreviations of a unit that were met.
#[derive(Debug)]
pub(crate) struct Plans<'unit> {
    abbreviations: &'unit Abbreviations,
    encoding: Encoding,
    kept: Vec<Option<Plan>>,
    steps: Vec<Step>,
}

impl<'unit> Plans<'unit> {
    pub(crate) fn new(abbreviations: &'unit Abbreviations, encoding: Encoding) -> Plans<'unit> {
        Plans { abbreviations, encoding, kept: Vec::new(), steps: Vec::new() }
    }

    #[inline]
    fn get(&mut self, code: u64) -> Option<Plan> {
        match usize::try_from(code).ok().and_then(|code| self.kept.get(code).copied().flatten()) {
            Some(plan) => Some(plan),
            None => self.make(code),
        }
    }

    #[cold]
    fn make(&mut self, code: u64) -> Option<Plan> {
        let plan = plan(self.abbreviations.get(code)?, self.encoding, &mut self.steps);
        if let Ok(place) = usize::try_from(code)
            && place < MOST_KEPT
        {
            if self.kept.len() <= place {
                self.kept.resize(place + 1, None);
            }
            self.kept[place] = Some(plan);
        }
        Some(plan)
    }
}

fn plan(abbreviation: &Abbreviation, encoding: Encoding, steps: &mut Vec<Step>) -> Plan {
    let first_step = steps.len();
    let mut sibling = None;
    let has = |name: DwAt| abbreviation.attributes().iter().any(|spec| spec.name() == name);
    for spec in abbreviation.attributes() {
        let step = step(spec.form(), encoding);
        if spec.name() == gimli::DW_AT_sibling {
            let size = match spec.form() {
                gimli::DW_FORM_ref1 => 1,
                gimli::DW_FORM_ref2 => 2,
                gimli::DW_FORM_ref4 => 4,
                gimli::DW_FORM_ref8 => 8,
                _ => 0,
            };
            let skip = match &steps[first_step..] {
                [] => Some(0),
                [Step::Bytes(count)] => u32::try_from(*count).ok(),
                _ => None,
            };
            sibling = skip.filter(|_| size > 0).map(|skip| Sibling { skip, size });
        }
        match (steps.get_mut(first_step..).and_then(<[Step]>::last_mut), step) {
            (Some(Step::Bytes(total)), Step::Bytes(count)) => *total += count,
            (_, Step::Bytes(0)) => {}
            (_, step) => steps.push(step),
        }
    }
    let has_code = has(gimli::DW_AT_low_pc) || has(gimli::DW_AT_ranges) || has(gimli::DW_AT_high_pc);
    let class = class(abbreviation.tag(), has_code);
    Plan {
        class,
        has_children: abbreviation.has_children(),
        sibling: sibling.filter(|_| class == Class::Closed),
        first_step: u32::try_from(first_step).unwrap_or(u32::MAX),
        steps: u32::try_from(steps.len() - first_step).unwrap_or(0),
    }
}

fn class(tag: DwTag, has_code: bool) -> Class {
    match tag {
        gimli::DW_TAG_subprogram if has_code => Class::Function,
        gimli::DW_TAG_inlined_subroutine if has_code => Class::Inlined,
        // Functions without code are not among these: GCC puts the code of lambdas into them.
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
    unit: Slice<'a>,
    at: usize,
    little: bool,
    encoding: Encoding,
}

impl<'a> Cursor<'a> {
    /// A cursor at the offset `at` in `unit`, which begins with the header.
    pub(crate) fn new(unit: Slice<'a>, at: usize, encoding: Encoding) -> Cursor<'a> {
        let little = matches!(unit.endian(), gimli::RunTimeEndian::Little);
        Cursor { unit, at, little, encoding }
    }

    /// The offset of the next entry.
    #[inline]
    pub(crate) fn offset(&self) -> usize {
        self.at
    }

    /// Goes on at another offset. Only forwards: entries of hostile files could refer backwards for ever.
    pub(crate) fn jump(&mut self, offset: usize) {
        self.at = self.at.max(offset);
    }

    /// The code of the next entry and its plan; `Some(None)` at the end of a list of children, and `None` at
    /// the end of the unit or where nothing makes sense any more.
    #[inline]
    pub(crate) fn next(&mut self, plans: &mut Plans<'_>) -> Option<Option<Plan>> {
        match self.leb()? {
            0 => Some(None),
            code => plans.get(code).map(Some),
        }
    }

    /// Steps over the attributes of an entry whose plan `next` has given, and over its children where they do
    /// not matter and their end is known. Whether children follow is the result.
    #[inline]
    pub(crate) fn skip(&mut self, plan: &Plan, plans: &Plans<'_>) -> Option<bool> {
        if let Some(sibling) = plan.sibling {
            let target = self.number(self.at + sibling.skip as usize, sibling.size)?;
            if target > self.at && target <= self.unit.len() {
                self.at = target;
                return Some(false);
            }
        }
        let first = plan.first_step as usize;
        for &step in &plans.steps[first..first + plan.steps as usize] {
            self.step(step)?;
        }
        Some(plan.has_children)
    }

    #[inline]
    fn step(&mut self, step: Step) -> Option<()> {
        match step {
            Step::Bytes(count) => self.forward(count),
            Step::Leb => loop {
                if self.byte()? < 0x80 {
                    return Some(());
                }
            },
            Step::Text => {
                let length = memchr(self.unit.slice().get(self.at..)?)?;
                self.forward(length + 1)
            }
            Step::Block(size) => {
                let length = self.number(self.at, size)?;
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

    #[inline]
    fn forward(&mut self, count: usize) -> Option<()> {
        self.at = self.at.checked_add(count).filter(|&at| at <= self.unit.len())?;
        Some(())
    }

    #[inline]
    fn byte(&mut self) -> Option<u8> {
        let byte = *self.unit.slice().get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    #[inline]
    fn leb(&mut self) -> Option<u64> {
        let first = self.byte()?;
        if first < 0x80 {
            return Some(u64::from(first));
        }
        let mut value = u64::from(first & 0x7f);
        for shift in (7..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    /// A number of `size` bytes at `at`.
    #[inline]
    fn number(&self, at: usize, size: u8) -> Option<usize> {
        let bytes = self.unit.slice().get(at..at.checked_add(usize::from(size))?)?;
        let add = |number: u64, &byte: &u8| number << 8 | u64::from(byte);
        let number = if self.little { bytes.iter().rev().fold(0, add) } else { bytes.iter().fold(0, add) };
        usize::try_from(number).ok()
    }
}

fn step_of_indirect(form: DwForm, encoding: Encoding) -> Option<Step> {
    // An implicit constant has its value in the abbreviation, which an indirect form does not have.
    (form != gimli::DW_FORM_implicit_const).then(|| step(form, encoding))
}

fn memchr(bytes: &[u8]) -> Option<usize> {
    bytes.iter().position(|&byte| byte == 0)
}
