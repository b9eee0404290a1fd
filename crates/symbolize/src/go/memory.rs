//! Words at virtual addresses, as the dynamic linker leaves them.

use hashbrown::HashMap;
use object::{Object, RelocationKind, RelocationTarget};
use rustc_hash::FxBuildHasher;

use crate::object_file::{Format, Linkage, ObjectFile};

/// Programs with more relocations than this have their inlined calls left out.
const MOST_RELOCATIONS: usize = 8 << 20;

/// The memory of a program that has just been loaded at the addresses of its file.
#[derive(Debug)]
pub(crate) struct Memory<'a> {
    file: &'a ObjectFile,
    /// What the dynamic linker writes, by address.
    relocations: HashMap<u64, u64, FxBuildHasher>,
}

impl<'a> Memory<'a> {
    pub(crate) fn new(file: &'a ObjectFile) -> Memory<'a> {
        let mut relocations = HashMap::default();
        if file.format == Format::Elf
            && file.linkage == Linkage::Dynamic
            && let Ok(view) = file.view()
            && let Some(all) = view.dynamic_relocations()
        {
            for (address, relocation) in all.take(MOST_RELOCATIONS) {
                // Those of kind "relative": the base, which is 0 here, and a number.
                let is_relative = relocation.target() == RelocationTarget::Absolute
                    || relocation.kind() == RelocationKind::Relative;
                if is_relative {
                    relocations.insert(address, relocation.addend() as u64);
                }
            }
        }
        Memory { file, relocations }
    }

    /// What the dynamic linker writes to `address`.
    pub(crate) fn relocated(&self, address: u64) -> Option<u64> {
        self.relocations.get(&address).copied()
    }

    /// Where the dynamic linker writes `value`.
    pub(crate) fn written(&self, value: u64) -> impl Iterator<Item = u64> + '_ {
        self.relocations.iter().filter(move |(_, written)| **written == value).map(|(address, _)| *address)
    }

    /// The word of `size` bytes at `address`.
    pub(crate) fn word(&self, address: u64, size: usize) -> Option<u64> {
        match self.relocated(address) {
            Some(value) => Some(value),
            None => self.number(self.file.code(address..address.checked_add(size as u64)?), 0, size),
        }
    }

    /// The first address in writable or read-only data that holds the word `value` and for which `fits`.
    pub(crate) fn find(&self, value: u64, size: usize, fits: &dyn Fn(&u64) -> bool) -> Option<u64> {
        let data = self.file.sections.iter().filter(|section| !section.is_executable && section.address != 0);
        for section in data {
            let bytes = self.file.code(section.address..section.address.saturating_add(section.size));
            for (row, word) in bytes.chunks_exact(size).enumerate() {
                let address = section.address.saturating_add((row * size) as u64);
                if self.number(word, 0, size) == Some(value) && fits(&address) {
                    return Some(address);
                }
            }
        }
        None
    }

    /// Where the code begins.
    pub(crate) fn text_section(&self) -> Option<u64> {
        self.file.section(".text").map(|section| section.address)
    }

    /// The address of the section `name`.
    pub(crate) fn section(&self, name: &str) -> Option<u64> {
        self.file.section(name).map(|section| section.address)
    }

    /// The 32-bit number at `address`.
    pub(crate) fn u32(&self, address: u64) -> Option<u32> {
        self.number(self.file.code(address..address.checked_add(4)?), 0, 4).map(|number| number as u32)
    }

    /// A number of `size` bytes, up to 8.
    pub(crate) fn number(&self, bytes: &[u8], at: usize, size: usize) -> Option<u64> {
        let bytes = bytes.get(at..at.checked_add(size)?)?;
        let add = |number: u64, &byte: &u8| number << 8 | u64::from(byte);
        Some(if self.file.is_little_endian {
            bytes.iter().rev().fold(0, add)
        } else {
            bytes.iter().fold(0, add)
        })
    }
}
