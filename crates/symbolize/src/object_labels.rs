//! The labels of an object file, those of stubs that jump into other files among them.

use std::ops::Range;

use object::elf::{R_AARCH64_IRELATIVE, R_X86_64_IRELATIVE, R_X86_64_JUMP_SLOT};
use object::{
    Object, ObjectKind, ObjectSection, ObjectSymbol, RelocationFlags, RelocationTarget, SectionKind,
    SymbolKind, SymbolSection,
};

use crate::labels::{Label, LabelKind, Labels, Slot};
use crate::object_file::{ObjectError, ObjectFile};

/// Longer names are cut off.
const LONGEST_NAME: usize = 8 << 10;

/// The most bytes that all names together take; in a file made for it, each of a million symbols can have
/// the whole string table as its name.
const MOST_NAMES: usize = 512 << 20;

impl Labels {
    /// The labels that objdump has for `file`: those of the symbol table, or of the dynamic one where there is
    /// none, and those of the stubs that jump into other files (`puts@plt`).
    ///
    /// `symbols` is the file with the symbols of a stripped one. What cannot be read is left out.
    ///
    /// # Errors
    /// When the headers of `file` are damaged.
    pub fn of(file: &ObjectFile, symbols: Option<&ObjectFile>) -> Result<Labels, ObjectError> {
        let (view, symbols) = (file.view()?, symbols.unwrap_or(file));
        let mut budget = Budget { left: MOST_NAMES };
        let dynamic = dynamic_names(&view, &mut budget);
        let is_defined = |symbol: &object::Symbol<'_, '_>| {
            !matches!(symbol.section(), SymbolSection::Undefined | SymbolSection::Common)
        };
        let mut labels: Vec<Label> = symbols
            .view()?
            .symbols()
            .filter(is_defined)
            .map_while(|symbol| {
                let name = budget.name(symbol.name_bytes().unwrap_or_default())?;
                Some(label(&symbol, symbols.address_of(&symbol), name))
            })
            .collect();
        if labels.is_empty() {
            labels = view
                .dynamic_symbols()
                .filter(is_defined)
                .map_while(|symbol| {
                    let (name, _) = dynamic.get(symbol.index().0)?;
                    Some(label(&symbol, symbol.address(), budget.name(name.as_bytes())?))
                })
                .collect();
        }
        let slots = Slots::read(&view, &dynamic, &mut budget);
        labels.extend(stub_labels(&view, &slots));
        // In a program that is not position-independent, objdump looks at the slots only beside a full table.
        let is_known = view.kind() == ObjectKind::Dynamic || view.symbols().next().is_some();
        Ok(Labels::new(labels, if is_known { slots.filled } else { Vec::new() }))
    }
}

/// The stubs of a file with the bytes that each takes, sorted, and the sections that they are in.
#[derive(Debug, Default)]
pub(crate) struct Stubs {
    sections: Vec<Range<u64>>,
    stubs: Vec<(Range<u64>, String)>,
}

/// Stubs are not larger.
const LARGEST_STUB: u64 = 32;

impl Stubs {
    pub(crate) fn read(file: &ObjectFile) -> Stubs {
        let Ok(view) = file.view() else { return Stubs::default() };
        let mut budget = Budget { left: MOST_NAMES };
        let dynamic = dynamic_names(&view, &mut budget);
        let slots = Slots::read(&view, &dynamic, &mut budget);
        let range = |section: &object::Section<'_, '_>| {
            section.address()..section.address().saturating_add(section.size())
        };
        let sections: Vec<Range<u64>> = stub_sections(&view).map(|section| range(&section)).collect();
        let labels = stub_labels(&view, &slots).into_iter().map(|label| (label.address, label.name));
        let mut labels: Vec<(u64, String)> = labels.chain(late_stubs(&view, &slots)).collect();
        labels.sort_by_key(|label| label.0);
        labels.dedup_by_key(|label| label.0);
        let starts: Vec<u64> = labels.iter().map(|label| label.0).collect();
        let end = |row: usize| {
            let start = starts[row];
            let section = sections.iter().find(|section| section.contains(&start));
            let next = starts.get(row + 1).copied().unwrap_or(u64::MAX);
            next.min(section.map_or(start, |section| section.end)).min(start.saturating_add(LARGEST_STUB))
        };
        let stubs = labels.into_iter().enumerate().map(|(row, (start, name))| (start..end(row), name));
        Stubs { stubs: stubs.collect(), sections }
    }

    /// The name of the stub at `address`: `None` in other code, an empty one between stubs.
    pub(crate) fn name_at(&self, address: u64) -> Option<&str> {
        self.sections.iter().find(|section| section.contains(&address))?;
        let after = self.stubs.partition_point(|(range, _)| range.start <= address);
        let stub = self.stubs[..after].last().filter(|(range, _)| range.end > address);
        Some(stub.map_or("", |(_, name)| name.as_str()))
    }
}

fn stub_sections<'f, 'd>(view: &'f object::File<'d>) -> impl Iterator<Item = object::Section<'d, 'f>> {
    view.sections().filter(|section| {
        section.kind() == SectionKind::Text
            && section.name_bytes().is_ok_and(|name| name.starts_with(b".plt"))
    })
}

fn stub_labels(view: &object::File<'_>, slots: &Slots) -> Vec<Label> {
    let mut labels = Vec::new();
    for section in stub_sections(view) {
        let code = section.data().unwrap_or_default();
        labels.extend(stubs(view.architecture(), code, section.address(), slots));
    }
    labels
}

/// Room for names.
struct Budget {
    left: usize,
}

impl Budget {
    /// `bytes` as a name; `None` when there is no more room.
    fn name(&mut self, bytes: &[u8]) -> Option<String> {
        let bytes = &bytes[..bytes.len().min(LONGEST_NAME)];
        self.left = self.left.checked_sub(bytes.len())?;
        Some(String::from_utf8_lossy(bytes).into_owned())
    }
}

fn label(symbol: &object::Symbol<'_, '_>, address: u64, name: String) -> Label {
    Label {
        address,
        name,
        size: symbol.size(),
        kind: match symbol.kind() {
            SymbolKind::Text => LabelKind::Function,
            SymbolKind::Data => LabelKind::Object,
            SymbolKind::Section | SymbolKind::File => LabelKind::Debugging,
            _ => LabelKind::Other,
        },
        global: symbol.is_global() && !symbol.is_weak(),
        synthetic: false,
    }
}

/// Where stubs are in two parts, objdump names the second one only. The first one says which function is wanted:
/// `endbr64; push NUMBER; jmp`.
fn late_stubs(view: &object::File<'_>, slots: &Slots) -> Vec<(u64, String)> {
    const SIZE: usize = 16;
    let Some(section) = view.section_by_name(".plt") else { return Vec::new() };
    let code = section.data().unwrap_or_default();
    let stub = |(row, entry): (usize, &[u8])| {
        let push = entry.strip_prefix(&[0xf3, 0x0f, 0x1e, 0xfa, 0x68])?;
        let number = u32::from_le_bytes(*push.first_chunk()?) as usize;
        Some((section.address().wrapping_add((row * SIZE) as u64), stub_name(slots.late.get(number)?)))
    };
    code.chunks_exact(SIZE).enumerate().filter_map(stub).collect()
}

/// What the dynamic linker fills in, each sorted by address.
#[derive(Debug, Default)]
struct Slots {
    /// Slots that hold a symbol.
    filled: Vec<Slot>,
    /// Slots that hold what a function of this file answers when it is asked for the best variant.
    resolved: Vec<Slot>,
    /// The names of functions that are looked for when they are called first, in the order of the file.
    late: Vec<String>,
}

impl Slots {
    fn read(file: &object::File<'_>, dynamic: &[(String, Option<u64>)], budget: &mut Budget) -> Slots {
        let mut slots = Slots::default();
        for (address, relocation) in file.dynamic_relocations().into_iter().flatten() {
            let RelocationFlags::Elf { r_type } = relocation.flags() else { continue };
            if let RelocationTarget::Symbol(index) = relocation.target() {
                let Some((name, defined_at)) = dynamic.get(index.0) else { continue };
                let Some(name) = budget.name(name.as_bytes()) else { break };
                if r_type == R_X86_64_JUMP_SLOT {
                    slots.late.push(name.clone());
                }
                slots.filled.push(Slot { address, name, defined_at: *defined_at });
            } else if r_type == R_X86_64_IRELATIVE || r_type == R_AARCH64_IRELATIVE {
                let name = format!("*ABS*+{:#x}", relocation.addend());
                slots.resolved.push(Slot { address, name, defined_at: None });
            }
        }
        slots.filled.sort_by_key(|slot| slot.address);
        slots.resolved.sort_by_key(|slot| slot.address);
        slots
    }

    /// The name of the stub that jumps where the slot at `address` says.
    fn stub(&self, address: u64) -> Option<String> {
        [&self.filled, &self.resolved].into_iter().find_map(|slots| {
            let row = slots.binary_search_by_key(&address, |slot| slot.address).ok()?;
            Some(stub_name(&slots[row].name))
        })
    }
}

/// `puts@plt` for `puts@GLIBC_2.2.5`.
fn stub_name(name: &str) -> String {
    format!("{}@plt", name.split('@').next().unwrap_or_default())
}

/// Stubs of the procedure linkage table, found by the slots that they jump through.
fn stubs(architecture: object::Architecture, code: &[u8], start: u64, slots: &Slots) -> Vec<Label> {
    let mut labels = Vec::new();
    let mut add = |address: u64, name: Option<String>| {
        if let Some(name) = name {
            let kind = LabelKind::Other;
            labels.push(Label { address, name, size: 0, kind, global: true, synthetic: true });
        }
    };
    if architecture == object::Architecture::Aarch64 {
        // adrp x16, PAGE; ldr x17, [x16, #OFFSET]
        for (row, words) in code.windows(8).enumerate().step_by(4) {
            let word =
                |at: usize| u32::from_le_bytes([words[at], words[at + 1], words[at + 2], words[at + 3]]);
            let (page, load) = (word(0), word(4));
            if page & 0x9f00_001f == 0x9000_0010 && load & 0xffc0_03ff == 0xf940_0211 {
                let address = start.wrapping_add(row as u64);
                let begins_with_bti = row >= 4 && code[row - 4..row] == 0xd503_245fu32.to_le_bytes();
                let entry = if begins_with_bti { address - 4 } else { address };
                // The sign is the highest of 19 bits in the middle of the word.
                let high = i64::from(page >> 5 & 0x7_ffff) << 45 >> 45;
                let pages = high << 2 | i64::from(page >> 29 & 3);
                let base = (address & !0xfff).wrapping_add((pages << 12) as u64);
                add(entry, slots.stub(base.wrapping_add(u64::from(load >> 10 & 0xfff) * 8)));
            }
        }
        return labels;
    }
    // jmp *OFFSET(%rip), perhaps behind endbr64.
    for (row, bytes) in code.windows(6).enumerate().filter(|(_, bytes)| bytes.starts_with(&[0xff, 0x25])) {
        let offset = i32::from_le_bytes([bytes[2], bytes[3], bytes[4], bytes[5]]);
        let slot = start.wrapping_add(row as u64 + 6).wrapping_add(offset as u64);
        let mut entry = row;
        // bnd, and endbr64.
        for prefix in [&[0xf2][..], &[0xf3, 0x0f, 0x1e, 0xfa]] {
            entry -= if code[..entry].ends_with(prefix) { prefix.len() } else { 0 };
        }
        add(start.wrapping_add(entry as u64), slots.stub(slot));
    }
    labels
}

/// The dynamic symbols as objdump names them, with `@VERSION`, and where they are defined.
fn dynamic_names(file: &object::File<'_>, budget: &mut Budget) -> Vec<(String, Option<u64>)> {
    let object::File::Elf64(elf) = file else { return Vec::new() };
    let endian = elf.endian();
    let versions = elf.elf_section_table().versions(endian, elf.data()).ok().flatten();
    // The first entry of the table is no symbol.
    let mut names = vec![(String::new(), None)];
    for symbol in file.dynamic_symbols() {
        let Some(mut name) = budget.name(symbol.name_bytes().unwrap_or_default()) else { break };
        let is_defined = !symbol.is_undefined();
        if let Some(versions) = &versions {
            let index = versions.version_index(endian, symbol.index());
            match versions.version(index.index()) {
                Ok(Some(version)) => {
                    // A version that another file defines is needed, not offered.
                    let is_needed = index.is_hidden() || !is_defined || version.file().is_some();
                    name.push_str(if is_needed { "@" } else { "@@" });
                    name.push_str(&budget.name(version.name()).unwrap_or_default());
                }
                _ if index.index().0 == 1 => name.push_str(if is_defined { "@@Base" } else { "@Base" }),
                _ => {}
            }
        }
        names.push((name, is_defined.then_some(symbol.address())));
    }
    names
}
