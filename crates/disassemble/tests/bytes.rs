//! Any bytes can be taken for code: nothing panics and no byte is lost.

use std::borrow::Cow;

use hotlist_disassemble::{AddressName, Disassembler, InstructionSet, Syntax};
use proptest::prelude::*;

fn check(architecture: InstructionSet, syntax: Syntax, code: &[u8], address: u64) {
    let lookup = |address: u64| {
        address
            .is_multiple_of(3)
            .then(|| AddressName { name: Cow::Borrowed("name"), address: address.wrapping_sub(1) })
    };
    let mut expected = address;
    let mut total = 0;
    for instruction in Disassembler::new(architecture, syntax).instructions(code, address, &lookup) {
        assert_eq!(instruction.address, expected);
        assert!(instruction.length > 0 && !instruction.text.is_empty());
        assert!(!instruction.text.contains('\n') && instruction.text.len() < 200, "{instruction:?}");
        expected = expected.wrapping_add(u64::from(instruction.length));
        total += usize::from(instruction.length);
    }
    assert_eq!(total, code.len());
}

const WAYS: [(InstructionSet, Syntax); 3] = [
    (InstructionSet::X86_64, Syntax::Att),
    (InstructionSet::X86_64, Syntax::Intel),
    (InstructionSet::Aarch64, Syntax::Att),
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn random_bytes(code in proptest::collection::vec(any::<u8>(), 0..64), address in any::<u64>()) {
        for (architecture, syntax) in WAYS {
            check(architecture, syntax, &code, address);
        }
    }

    #[test]
    fn prefixes_without_end(
        code in proptest::collection::vec(proptest::sample::select(vec![
            0x26u8, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3, 0x40, 0x48, 0x4f, 0x0f, 0x1f,
            0x84, 0xa4, 0xab, 0x90, 0xc3, 0xe8, 0xff, 0xd1, 0xc4, 0x62,
        ]), 0..64)
    ) {
        for (architecture, syntax) in WAYS {
            check(architecture, syntax, &code, u64::MAX - 20);
        }
    }
}

#[test]
fn words_spread_over_all_of_aarch64() {
    // A step that has no factor in common with 2^32 meets every region of the encoding.
    let code: Vec<u8> =
        (0..400_000u32).flat_map(|row| row.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    check(InstructionSet::Aarch64, Syntax::Att, &code, 0x40_0000);
}
