//! Machine code.
//!
//! The first byte chooses architecture and syntax, the next eight are the address, the rest is code.
//!
//! Laws: no byte is lost or taken twice, every instruction has a text of one line.

use std::borrow::Cow;

use hotlist_disassemble::{InstructionSet, Disassembler, AddressName, Syntax};

/// Runs the harness.
///
/// # Panics
/// When a law is broken.
pub fn run(data: &[u8]) {
    let Some((&way, rest)) = data.split_first() else { return };
    let Some((address, code)) = rest.split_first_chunk::<8>() else { return };
    let (architecture, syntax) = match way % 3 {
        0 => (InstructionSet::X86_64, Syntax::Att),
        1 => (InstructionSet::X86_64, Syntax::Intel),
        _ => (InstructionSet::Aarch64, Syntax::Att),
    };
    let mut next = u64::from_le_bytes(*address);
    let lookup = |address: u64| {
        let start = address ^ u64::from(way);
        (way > 100).then(|| AddressName { name: Cow::Borrowed("name"), address: start })
    };
    let mut total = 0;
    for instruction in Disassembler::new(architecture, syntax).instructions(code, next, &lookup) {
        assert_eq!(instruction.address, next, "a gap or an overlap");
        assert!(instruction.length > 0 && instruction.length <= 15);
        assert!(!instruction.text.is_empty() && instruction.text.len() < 300);
        assert!(!instruction.text.contains('\n'));
        next = next.wrapping_add(u64::from(instruction.length));
        total += usize::from(instruction.length);
    }
    assert_eq!(total, code.len(), "bytes were lost");
}
