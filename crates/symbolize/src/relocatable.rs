//! Files that are not linked, such as `.o` files and kernel modules: where their sections would be, and their
//! relocations.
//!
//! In such a file each section begins at address 0. Here they are laid out as the kernel does it with modules: code
//! first, in the order of the file, then data; what is needed while a module starts stands behind everything else
//! (`layout_sections` in `kernel/module/main.c` of Linux). Debug information names addresses and offsets by
//! relocations, which are filled in when a section is read.

use object::{Object, ObjectSection, ObjectSymbol, RelocationFlags, RelocationKind, RelocationTarget};

use crate::object_file::{ObjectError, ObjectFile, Section};

/// Gives sections that are loaded the addresses that a module would have that is loaded at 0.
pub(crate) fn lay_out(sections: &mut [Section]) {
    let place = |section: &Section| (section.name.starts_with(".init"), !section.is_executable);
    let mut rows: Vec<usize> = (0..sections.len()).filter(|&row| sections[row].is_loaded).collect();
    rows.sort_by_key(|&row| place(&sections[row]));
    let mut next = 0u64;
    for row in rows {
        let section = &mut sections[row];
        section.address = next.checked_next_multiple_of(section.align.max(1)).unwrap_or(next);
        next = section.address.saturating_add(section.size);
    }
}

/// Fills in the relocations of section number `row`, whose contents are `bytes`.
///
/// # Errors
/// When one is outside of the section, or of a kind that is not known here: what would be read then is wrong.
pub(crate) fn relocate(file: &ObjectFile, row: usize, bytes: &mut [u8]) -> Result<(), ObjectError> {
    let view = file.view()?;
    let name = &file.sections[row].name;
    let damaged = |what: String| ObjectError::Damaged(format!("{what} of section {name}").into());
    let section = view.sections().nth(row).ok_or_else(|| damaged("no relocations".to_owned()))?;
    for (offset, relocation) in section.relocations() {
        if is_of_no_interest(relocation.flags(), view.architecture()) {
            continue;
        }
        let unknown = || damaged(format!("unknown relocation {:?}", relocation.flags()));
        let target = match relocation.target() {
            RelocationTarget::Symbol(index) => {
                let symbol = view.symbol_by_index(index)?;
                if symbol.is_undefined() { 0 } else { file.address_of(&symbol) }
            }
            RelocationTarget::Section(index) => file.address_of_section(index),
            RelocationTarget::Absolute => 0,
            _ => return Err(unknown()),
        };
        let size = usize::from(relocation.size() / 8);
        let start = usize::try_from(offset).ok().filter(|_| matches!(size, 1 | 2 | 4 | 8));
        let place = start.and_then(|start| bytes.get_mut(start..start.checked_add(size)?));
        let place = place.ok_or_else(|| damaged("relocation outside".to_owned()))?;
        let kept = if relocation.has_implicit_addend() { number(place, file.is_little_endian) } else { 0 };
        let value = target.wrapping_add_signed(relocation.addend()).wrapping_add(kept);
        let value = match relocation.kind() {
            RelocationKind::None => continue,
            RelocationKind::Absolute => value,
            RelocationKind::Relative => value.wrapping_sub(file.sections[row].address.wrapping_add(offset)),
            _ => return Err(unknown()),
        };
        if file.is_little_endian {
            place.copy_from_slice(&value.to_le_bytes()[..size]);
        } else {
            place.copy_from_slice(&value.to_be_bytes()[8 - size..]);
        }
    }
    Ok(())
}

/// Places of variables of threads, which say nothing about code.
fn is_of_no_interest(flags: RelocationFlags, architecture: object::Architecture) -> bool {
    use object::elf;
    let RelocationFlags::Elf { r_type } = flags else { return false };
    match architecture {
        object::Architecture::X86_64 => {
            matches!(r_type, elf::R_X86_64_NONE | elf::R_X86_64_DTPOFF64 | elf::R_X86_64_DTPOFF32)
        }
        object::Architecture::Aarch64 => {
            matches!(r_type, elf::R_AARCH64_NONE | elf::R_AARCH64_TLS_DTPREL | elf::R_AARCH64_TLS_DTPMOD)
        }
        _ => false,
    }
}

fn number(bytes: &[u8], is_little_endian: bool) -> u64 {
    let add = |number: u64, &byte: &u8| number << 8 | u64::from(byte);
    if is_little_endian { bytes.iter().rev().fold(0, add) } else { bytes.iter().fold(0, add) }
}
