//! Rules compared with those that gimli reads from the same tables.
#![allow(clippy::disallowed_methods, reason = "tests build programs and read them")]

use std::path::Path;
use std::process::Command;

use gimli::{
    BaseAddresses, CfaRule, CieOrFde, DebugFrame, EhFrame, EndianSlice, LittleEndian, Register, RegisterRule,
    UnwindContext, UnwindSection, UnwindTableRow,
};
use hotlist_unwind::{
    Architecture, Cfa, EntryList, FrameRule, Native, Rule, Saved, Section, Table, rule_by_header,
};
use object::{Object, ObjectSection};

type Slice<'a> = EndianSlice<'a, LittleEndian>;

/// What a row says, where it is of a kind that is followed; `None` where only an expression tells.
fn expected(row: &UnwindTableRow<usize>) -> Option<Rule> {
    let place = |number: u64| match row.register(Register(number as u16)) {
        None | Some(RegisterRule::Undefined | RegisterRule::SameValue) => Some(Saved::InRegister),
        Some(RegisterRule::Offset(offset)) => Some(Saved::AtCfa(offset as i32)),
        _ => None,
    };
    if row.register(Register(Native::RETURN_ADDRESS as u16)) == Some(RegisterRule::Undefined) {
        return Some(Rule::End);
    }
    let CfaRule::RegisterAndOffset { register, offset } = row.cfa() else { return None };
    let cfa = match u64::from(register.0) {
        Native::STACK_POINTER => Cfa::StackPointer(*offset as i32),
        Native::FRAME_POINTER => Cfa::FramePointer(*offset as i32),
        _ => return None,
    };
    Some(Rule::Frame(FrameRule {
        cfa,
        frame_pointer: place(Native::FRAME_POINTER)?,
        return_address: place(Native::RETURN_ADDRESS)?,
    }))
}

/// Asks for the first and the last address of each row of `section`; says how many rows there were.
fn compare<'a, S: UnwindSection<Slice<'a>>>(
    section: &S,
    bases: &BaseAddresses,
    rule: &dyn Fn(u64) -> Option<Rule>,
) -> usize
where
    S::Offset: gimli::UnwindOffset<usize>,
{
    let mut context = UnwindContext::new();
    let mut entries = section.entries(bases);
    let (mut rows, mut followed) = (0, 0);
    while let Some(entry) = entries.next().unwrap() {
        let CieOrFde::Fde(partial) = entry else { continue };
        let entry = partial.parse(|section, bases, offset| section.cie_from_offset(bases, offset)).unwrap();
        if entry.is_signal_trampoline() {
            assert_eq!(rule(entry.initial_address()), Some(Rule::SignalFrame));
            continue;
        }
        if entry.initial_address() == 0 {
            continue;
        }
        let mut table = entry.rows(section, bases, &mut context).unwrap();
        while let Some(row) = table.next_row().unwrap() {
            rows += 1;
            let last = row.end_address().min(entry.end_address()) - 1;
            if row.start_address() > last {
                continue;
            }
            for address in [row.start_address(), last] {
                let found = rule(address);
                match expected(row) {
                    Some(expected) => assert_eq!(found, Some(expected), "{address:x}"),
                    None => assert!(
                        !matches!(
                            found,
                            Some(Rule::Frame(FrameRule {
                                cfa: Cfa::StackPointer(_) | Cfa::FramePointer(_),
                                frame_pointer: Saved::AtCfa(_) | Saved::InRegister,
                                ..
                            }))
                        ),
                        "{address:x}: {found:?}"
                    ),
                }
                followed += usize::from(found.is_some());
            }
        }
    }
    assert!(followed * 100 >= rows * 2 * 99, "{followed} of {rows} rows are followed");
    rows
}

fn section<'a>(file: &object::File<'a>, name: &str) -> Section<'a> {
    let section = file.section_by_name(name).unwrap_or_else(|| panic!("no {name}"));
    Section { address: section.address(), bytes: section.data().unwrap() }
}

#[cfg(target_os = "linux")]
#[test]
fn rules_of_this_program_are_those_that_gimli_reads() {
    let bytes = std::fs::read(std::env::current_exe().unwrap()).unwrap();
    let file = object::File::parse(&*bytes).unwrap();
    let frames = section(&file, ".eh_frame");
    let header = section(&file, ".eh_frame_hdr");
    let bases = BaseAddresses::default().set_eh_frame(frames.address);
    let table = EhFrame::new(frames.bytes, LittleEndian);

    let list = EntryList::new(frames, Table::EhFrame);
    let rows = compare(&table, &bases, &|address| list.rule::<Native>(frames, address));
    assert!(rows > 1000, "{rows} rows");

    // The linker puts the index right in front of the table, or behind it.
    let (start, end) = (header.address.min(frames.address), header.address.max(frames.address));
    let segment = file
        .sections()
        .find(|section| section.address() == start)
        .and_then(|section| section.file_range())
        .map(|(offset, _)| {
            let size = (end - start) as usize + header.bytes.len().max(frames.bytes.len());
            Section {
                address: start,
                bytes: &bytes[offset as usize..bytes.len().min(offset as usize + size)],
            }
        })
        .unwrap();
    compare(&table, &bases, &|address| rule_by_header::<Native>(segment, header.address, address));
    assert_eq!(rule_by_header::<Native>(segment, header.address, 1), None);
    assert_eq!(rule_by_header::<Native>(segment, header.address, u64::MAX), None);
}

const SOURCE: &str = "
#include <stdio.h>
int spread(int n) { char room[n]; return snprintf(room, n, \"%d\", n) + room[0]; }
int recurse(int n) { return n < 2 ? spread(n + 3) : recurse(n - 1) + recurse(n - 2); }
int main(int count, char **words) { (void)words; return recurse(count + 5) & 1; }
";

#[cfg(target_os = "linux")]
#[test]
fn rules_of_debug_information_are_those_that_gimli_reads() {
    if !hotlist_testkit::installed(&["gcc"]) {
        return;
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let (source, program) = (folder.join("unwind.c"), folder.join("unwind"));
    std::fs::write(&source, SOURCE).unwrap();
    let flags = ["-g", "-O2", "-fno-asynchronous-unwind-tables", "-fno-unwind-tables", "-o"];
    let built = Command::new("gcc").args(flags).args([&program, &source]).status().unwrap();
    assert!(built.success());
    let bytes = std::fs::read(&program).unwrap();
    let file = object::File::parse(&*bytes).unwrap();
    let frames = section(&file, ".debug_frame");
    let mut table = DebugFrame::new(frames.bytes, LittleEndian);
    table.set_address_size(8);
    let list = EntryList::new(frames, Table::DebugFrame);
    assert!(!list.is_empty());
    let rows = compare(&table, &BaseAddresses::default(), &|address| list.rule::<Native>(frames, address));
    assert!(rows > 10, "{rows} rows");
}

/// Damage must be told from tables, not end the program.
#[cfg(target_os = "linux")]
#[test]
fn damaged_tables_do_no_harm() {
    let bytes = std::fs::read(std::env::current_exe().unwrap()).unwrap();
    let file = object::File::parse(&*bytes).unwrap();
    let frames = section(&file, ".eh_frame");
    let mut damaged = frames.bytes[..frames.bytes.len().min(20_000)].to_vec();
    let text = section(&file, ".text");
    let mut state = 1_u64;
    let mut random = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize
    };
    for _ in 0..300 {
        let at = random() % damaged.len();
        damaged[at] = random() as u8;
        let section = Section { address: frames.address, bytes: &damaged };
        for table in [Table::EhFrame, Table::DebugFrame] {
            let list = EntryList::new(section, table);
            for _ in 0..20 {
                list.rule::<Native>(section, text.address + (random() % text.bytes.len()) as u64);
            }
        }
        rule_by_header::<Native>(section, frames.address + (random() % 100) as u64, text.address);
    }
}
