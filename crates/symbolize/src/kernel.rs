//! The kernel that runs this machine: its build, by its notes, and its functions, by the list that it shows
//! (`/sys/kernel/notes` and `/proc/kallsyms`).
//!
//! The list has the addresses of now. A profile knows where a symbol of the kernel was when it was taken, so
//! what moved between two starts of the machine is moved back.

use crate::positions::{Frame, Positions};

/// Functions of a kernel by address.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct KernelSymbols<'a> {
    rows: Vec<(u64, &'a [u8])>,
}

impl<'a> KernelSymbols<'a> {
    /// Reads a list with lines such as `ffffffff81000000 T _text`, and a module in brackets behind its
    /// symbols. Other lines are passed over; so are symbols at address 0, which is what those see who may
    /// not know addresses.
    pub fn parse(text: &'a [u8]) -> KernelSymbols<'a> {
        let row = |line: &'a [u8]| {
            let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
            let address = std::str::from_utf8(words.next()?).ok()?;
            let address = u64::from_str_radix(address, 16).ok().filter(|&address| address != 0)?;
            let is_code = matches!(words.next()?, b"t" | b"T" | b"w" | b"W");
            let name = words.next()?;
            is_code.then_some((address, name))
        };
        let mut rows: Vec<(u64, &[u8])> = text.split(|&byte| byte == b'\n').filter_map(row).collect();
        rows.sort_by_key(|&(address, _)| address);
        KernelSymbols { rows }
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The address of the function `name`.
    pub fn address_of(&self, name: &[u8]) -> Option<u64> {
        self.rows.iter().find(|row| row.1 == name).map(|row| row.0)
    }

    /// The function that begins at or before `address`; of several the one that is listed first.
    pub fn lookup(&self, address: u64) -> Option<&'a [u8]> {
        let after = self.rows.partition_point(|row| row.0 <= address);
        let start = self.rows[after.checked_sub(1)?].0;
        Some(self.rows[self.rows.partition_point(|row| row.0 < start)].1)
    }

    /// The functions at `addresses`, each moved by `shift`.
    pub(crate) fn positions(&self, addresses: &[u64], shift: u64) -> Positions {
        let mut positions = Positions::default();
        for address in addresses {
            let name = self.lookup(address.wrapping_add(shift));
            let function = name.map(|name| positions.strings.intern(name));
            positions.push(function.map(|function| Frame { function, ..Frame::default() }));
        }
        positions
    }
}

/// The build id in the notes of a program, in hexadecimal digits: a note called `GNU` of kind 3 (ELF, chapter
/// "note section"). `notes` are those of this machine, in its order of bytes.
pub fn build_id_of_notes(notes: &[u8]) -> Option<String> {
    /// `NT_GNU_BUILD_ID`.
    const BUILD_ID: u32 = 3;
    let mut rest = notes;
    loop {
        let (header, tail) = rest.split_first_chunk::<12>()?;
        let number =
            |at: usize| u32::from_ne_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
        let (name_size, size, kind) = (number(0) as usize, number(4) as usize, number(8));
        let name = tail.get(..name_size)?;
        let tail = tail.get(name_size.checked_next_multiple_of(4)?..)?;
        let content = tail.get(..size)?;
        if kind == BUILD_ID && name == b"GNU\0" {
            return Some(content.iter().map(|byte| format!("{byte:02x}")).collect());
        }
        rest = tail.get(size.checked_next_multiple_of(4)?..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_of_the_list_are_found() {
        let text =
            b"ffffffff81000000 T _text\nffffffff81000000 T _stext\nffffffff81000100 t work\t[module]\n\
            ffffffff81000180 d data\n0000000000000000 T hidden\nnonsense\n\nffffffff81000080 W weak\n";
        let symbols = KernelSymbols::parse(text);
        assert_eq!(symbols.lookup(0xffff_ffff_8100_0010), Some(&b"_text"[..]));
        assert_eq!(symbols.lookup(0xffff_ffff_8100_0080), Some(&b"weak"[..]));
        assert_eq!(symbols.lookup(0xffff_ffff_8100_0181), Some(&b"work"[..]));
        assert_eq!(symbols.lookup(0x1000), None);
        assert_eq!(symbols.address_of(b"work"), Some(0xffff_ffff_8100_0100));
        assert!(KernelSymbols::parse(b"0000000000000000 T hidden\n").is_empty());
    }

    #[test]
    fn notes_are_read() {
        let note = |name: &[u8], kind: u32, content: &[u8]| {
            let mut bytes = Vec::new();
            for number in [name.len() as u32, content.len() as u32, kind] {
                bytes.extend_from_slice(&number.to_ne_bytes());
            }
            for part in [name, content] {
                bytes.extend_from_slice(part);
                bytes.resize(bytes.len().next_multiple_of(4), 0);
            }
            bytes
        };
        let notes = [note(b"Linux\0", 257, &[1]), note(b"GNU\0", 3, &[0xab, 0xcd])].concat();
        assert_eq!(build_id_of_notes(&notes).as_deref(), Some("abcd"));
        for cut in 0..notes.len() - 2 {
            assert_eq!(build_id_of_notes(&notes[..cut]), None);
        }
        assert_eq!(build_id_of_notes(&[0xff; 64]), None);
    }
}
