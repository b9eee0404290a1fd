//! The labels of an object file.

use object::elf::{R_AARCH64_IRELATIVE, R_X86_64_IRELATIVE};
use object::{
    Object, ObjectKind, ObjectSection, ObjectSymbol, RelocationFlags, RelocationTarget, SectionKind,
    SymbolKind, SymbolSection,
};

use crate::{Label, LabelKind, Labels, Slot};

/// Longer names are cut off.
const LONGEST_NAME: usize = 8 << 10;

/// All names together take at most so many bytes; in a file made for it, each of a million symbols can have
/// the whole string table as its name.
const MOST_NAMES: usize = 512 << 20;

/// The labels that objdump has for `file`: those of the symbol table, or of the dynamic one where there is
/// none, and those of the stubs that jump into other files (`puts@plt`).
///
/// `symbols` is the file with the symbols of a stripped one. What cannot be read is left out.
pub fn labels_of(file: &object::File<'_>, symbols: Option<&object::File<'_>>) -> Labels {
    let mut budget = Budget { left: MOST_NAMES };
    let dynamic = dynamic_names(file, &mut budget);
    let is_defined = |symbol: &object::Symbol<'_, '_>| {
        !matches!(symbol.section(), SymbolSection::Undefined | SymbolSection::Common)
    };
    let mut labels: Vec<Label> = symbols
        .unwrap_or(file)
        .symbols()
        .filter(is_defined)
        .map_while(|symbol| Some(label(&symbol, budget.name(symbol.name_bytes().unwrap_or_default())?)))
        .collect();
    if labels.is_empty() {
        labels = file
            .dynamic_symbols()
            .filter(is_defined)
            .map_while(|symbol| {
                let (name, _) = dynamic.get(symbol.index().0)?;
                Some(label(&symbol, budget.name(name.as_bytes())?))
            })
            .collect();
    }
    let (slots, resolved) = slots(file, &dynamic, &mut budget);
    for section in file.sections().filter(|section| section.kind() == SectionKind::Text) {
        if section.name_bytes().is_ok_and(|name| name.starts_with(b".plt")) {
            let code = section.data().unwrap_or_default();
            labels.extend(stubs(file.architecture(), code, section.address(), &slots, &resolved));
        }
    }
    // In a program that is not position-independent, objdump looks at the slots only beside a full table.
    let is_known = file.kind() == ObjectKind::Dynamic || file.symbols().next().is_some();
    let slots = if is_known { slots } else { Vec::new() };
    Labels::new(labels, slots)
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

fn label(symbol: &object::Symbol<'_, '_>, name: String) -> Label {
    Label {
        address: symbol.address(),
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

/// The slots that hold a symbol, and those that hold what a function of this file answers when it is asked
/// for the best variant; both sorted by address.
fn slots(
    file: &object::File<'_>,
    dynamic: &[(String, Option<u64>)],
    budget: &mut Budget,
) -> (Vec<Slot>, Vec<Slot>) {
    let (mut slots, mut resolved) = (Vec::new(), Vec::new());
    for (address, relocation) in file.dynamic_relocations().into_iter().flatten() {
        if let RelocationTarget::Symbol(index) = relocation.target() {
            if let Some((name, defined_at)) = dynamic.get(index.0) {
                let Some(name) = budget.name(name.as_bytes()) else { break };
                slots.push(Slot { address, name, defined_at: *defined_at });
            }
        } else if let RelocationFlags::Elf { r_type } = relocation.flags()
            && (r_type == R_X86_64_IRELATIVE || r_type == R_AARCH64_IRELATIVE)
        {
            let name = format!("*ABS*+{:#x}", relocation.addend());
            resolved.push(Slot { address, name, defined_at: None });
        }
    }
    slots.sort_by_key(|slot| slot.address);
    resolved.sort_by_key(|slot| slot.address);
    (slots, resolved)
}

/// Stubs of the procedure linkage table, found by the slots that they jump through.
fn stubs(
    architecture: object::Architecture,
    code: &[u8],
    start: u64,
    slots: &[Slot],
    resolved: &[Slot],
) -> Vec<Label> {
    let mut labels = Vec::new();
    let mut add = |address: u64, slot: u64| {
        let find = |slots: &[Slot]| {
            let row = slots.binary_search_by_key(&slot, |other| other.address).ok()?;
            Some(format!("{}@plt", slots[row].name.split('@').next().unwrap_or_default()))
        };
        if let Some(name) = find(slots).or_else(|| find(resolved)) {
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
                // The sign is the highest of 19 bits in the middle of the word.
                let high = i64::from(page >> 5 & 0x7_ffff) << 45 >> 45;
                let pages = high << 2 | i64::from(page >> 29 & 3);
                let base = (address & !0xfff).wrapping_add((pages << 12) as u64);
                add(address, base.wrapping_add(u64::from(load >> 10 & 0xfff) * 8));
            }
        }
        return labels;
    }
    // jmp *OFFSET(%rip), perhaps behind endbr64.
    for (row, bytes) in code.windows(6).enumerate().filter(|(_, bytes)| bytes.starts_with(&[0xff, 0x25])) {
        let offset = i32::from_le_bytes([bytes[2], bytes[3], bytes[4], bytes[5]]);
        let slot = start.wrapping_add(row as u64 + 6).wrapping_add(offset as u64);
        let before = &code[..row];
        let entry = if before.ends_with(&[0xf3, 0x0f, 0x1e, 0xfa]) { row - 4 } else { row };
        add(start.wrapping_add(entry as u64), slot);
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
