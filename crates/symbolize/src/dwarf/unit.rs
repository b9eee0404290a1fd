//! All that is asked of one unit, answered in one walk.

use std::sync::Arc;

use gimli::DebugInfoOffset;
use hashbrown::HashMap;
use hotlist_profile::{StringId, Strings};

use crate::dwarf::names::{Described, Foreign, UnitStarts, describe};
use crate::dwarf::scopes::{Asked, Chains, chains};
use crate::dwarf::units::Units;
use crate::dwarf::{Slice, Unit, lines, source_path, split};
use crate::object_file::ObjectFile;
use crate::positions::Frame;

/// Opens a split unit by the folder of its compiler and its name.
pub(crate) type OpenSplit<'a> = dyn Fn(&[u8], &[u8]) -> Option<Arc<ObjectFile>> + Sync + 'a;

/// What all workers share.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) dwarf: &'a gimli::Dwarf<Slice<'a>>,
    pub(crate) units: &'a Units,
    /// The package of split units, where there is one.
    pub(crate) package: Option<&'a gimli::DwarfPackage<Slice<'a>>>,
    /// Opens a split unit by the folder of its compiler and its name.
    pub(crate) open_split: &'a OpenSplit<'a>,
    /// Code below this address has been thrown away by the linker.
    pub(crate) lowest_code: u64,
    /// Whether an address is surely in no function.
    pub(crate) is_padding: &'a (dyn Fn(u64) -> bool + Sync),
}

/// Answers for some of the addresses.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    pub(crate) strings: Strings,
    pub(crate) frames: Vec<Frame>,
    pub(crate) spans: Vec<Span>,
}

/// The frames of one address.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span {
    /// The number of the address.
    pub(crate) address: u32,
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// Whether the function is known, not only the line.
    pub(crate) has_function: bool,
}

/// Works through units, one after the other.
pub(crate) struct Worker<'a> {
    context: Context<'a>,
    foreign: Foreign<'a>,
    pub(crate) answers: Answers,
}

impl<'a> Worker<'a> {
    pub(crate) fn new(context: Context<'a>) -> Worker<'a> {
        Worker { context, foreign: Foreign::default(), answers: Answers::default() }
    }

    /// Answers for the sorted `addresses`, whose numbers are `numbers`, from unit number `unit`.
    pub(crate) fn unit(&mut self, unit: u32, addresses: &[u64], numbers: &[u32]) {
        let Context { dwarf, units, lowest_code, is_padding, .. } = self.context;
        let asked = Asked { addresses, lowest_code, is_padding };
        let start = DebugInfoOffset(units.starts[unit as usize]);
        let Ok(unit) = dwarf.unit_header(start).and_then(|header| dwarf.unit(header)) else { return };
        let rows = match &unit.line_program {
            Some(program) => lines::rows(program, addresses, lowest_code),
            None => vec![None; addresses.len()],
        };
        let mut files = Files::new(dwarf, &unit);
        let starts = UnitStarts { main: &units.starts, shared: &units.shared };
        let chains = match unit.dwo_id {
            Some(id) => {
                let answered = split::with(self.context, &unit, id, |dwarf, split| {
                    let starts = UnitStarts { main: &[], ..starts };
                    let chains = chains(dwarf, split, asked);
                    let answers = &mut self.answers;
                    write(answers, &chains, &rows, numbers, &mut files, &mut |entry| {
                        describe(dwarf, split, entry, starts, &mut Foreign::default())
                    });
                });
                if answered.is_some() {
                    return;
                }
                chains(dwarf, &unit, asked)
            }
            None => chains(dwarf, &unit, asked),
        };
        let foreign = &mut self.foreign;
        write(&mut self.answers, &chains, &rows, numbers, &mut files, &mut |entry| {
            describe(dwarf, &unit, entry, starts, foreign)
        });
    }
}

/// Writes the frames of all addresses of a unit.
fn write<'d>(
    answers: &mut Answers,
    chains: &Chains,
    rows: &[Option<lines::Row>],
    numbers: &[u32],
    files: &mut Files<'_, '_>,
    describe: &mut dyn FnMut(gimli::UnitOffset<usize>) -> Described<'d>,
) {
    let mut described: Vec<Option<(StringId, u32)>> = vec![None; chains.scopes.len()];
    for ((chain, row), &address) in chains.of.iter().zip(rows).zip(numbers) {
        if chain.is_empty() && row.is_none() {
            continue;
        }
        let start = answers.frames.len();
        let mut place = match row {
            Some(row) => (files.id(Some(row.file), &mut answers.strings), row.line, row.column),
            None => (StringId::EMPTY, 0, 0),
        };
        // The innermost function is where the line program says, each other where it made its call.
        for &number in chain.iter().rev() {
            let scope = chains.scopes[number as usize];
            let (function, start_line) = *described[number as usize].get_or_insert_with(|| {
                let described = describe(scope.entry);
                (answers.strings.intern(described.best().unwrap_or_default()), described.line)
            });
            let (file, line, column) = place;
            answers.frames.push(Frame { function, file, line, column, start_line });
            place = (files.id(scope.call.file, &mut answers.strings), scope.call.line, scope.call.column);
        }
        if chain.is_empty() {
            let (file, line, column) = place;
            answers.frames.push(Frame { function: StringId::EMPTY, file, line, column, start_line: 0 });
        }
        let (end, has_function) = (answers.frames.len(), !chain.is_empty());
        answers.spans.push(Span { address, start, end, has_function });
    }
}

/// The paths of a unit's files, each put together once.
struct Files<'u, 'a> {
    dwarf: &'u gimli::Dwarf<Slice<'a>>,
    unit: &'u Unit<'a>,
    ids: HashMap<u64, StringId, rustc_hash::FxBuildHasher>,
}

impl<'u, 'a> Files<'u, 'a> {
    fn new(dwarf: &'u gimli::Dwarf<Slice<'a>>, unit: &'u Unit<'a>) -> Self {
        Files { dwarf, unit, ids: HashMap::default() }
    }

    fn id(&mut self, file: Option<u64>, strings: &mut Strings) -> StringId {
        let (Some(file), Some(program)) = (file, &self.unit.line_program) else { return StringId::EMPTY };
        *self.ids.entry(file).or_insert_with(|| {
            let path = source_path::path(self.dwarf, self.unit, program.header(), file);
            strings.intern(&path.unwrap_or_default())
        })
    }
}
