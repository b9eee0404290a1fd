//! The types of the language.
//!
//! Source: <https://itanium-cxx-abi.github.io/cxx-abi/abi.html#mangling-builtin>.

use super::node::{Builtin, LiteralStyle};

/// The type of a letter.
pub(super) fn builtin(code: u8) -> Option<&'static Builtin> {
    LETTERS.get(usize::from(code.wrapping_sub(b'a')))?.as_ref()
}

/// The type of a letter behind `D`.
pub(super) fn newer_builtin(code: u8) -> Option<&'static Builtin> {
    NEWER.iter().find(|(letter, _)| *letter == code).map(|(_, builtin)| builtin)
}

/// `void`, the only parameter of a function without any.
pub(super) fn is_void(builtin: &Builtin) -> bool {
    builtin.name == "void"
}

/// `int`, which fixed-point types leave out.
pub(super) fn is_int(builtin: &Builtin) -> bool {
    builtin.name == "int"
}

const fn is(name: &'static str, literal: LiteralStyle) -> Option<Builtin> {
    Some(Builtin { name, literal })
}

/// From `a` to `z`.
static LETTERS: [Option<Builtin>; 26] = [
    is("signed char", LiteralStyle::Cast),
    is("bool", LiteralStyle::Bool),
    is("char", LiteralStyle::Cast),
    is("double", LiteralStyle::Float),
    is("long double", LiteralStyle::Float),
    is("float", LiteralStyle::Float),
    is("__float128", LiteralStyle::Float),
    is("unsigned char", LiteralStyle::Cast),
    is("int", LiteralStyle::Suffix("")),
    is("unsigned int", LiteralStyle::Suffix("u")),
    None,
    is("long", LiteralStyle::Suffix("l")),
    is("unsigned long", LiteralStyle::Suffix("ul")),
    is("__int128", LiteralStyle::Cast),
    is("unsigned __int128", LiteralStyle::Cast),
    None,
    None,
    None,
    is("short", LiteralStyle::Cast),
    is("unsigned short", LiteralStyle::Cast),
    None,
    is("void", LiteralStyle::Cast),
    is("wchar_t", LiteralStyle::Cast),
    is("long long", LiteralStyle::Suffix("ll")),
    is("unsigned long long", LiteralStyle::Suffix("ull")),
    is("...", LiteralStyle::Cast),
];

static NEWER: [(u8, Builtin); 8] = [
    (b'd', Builtin { name: "decimal64", literal: LiteralStyle::Cast }),
    (b'e', Builtin { name: "decimal128", literal: LiteralStyle::Cast }),
    (b'f', Builtin { name: "decimal32", literal: LiteralStyle::Cast }),
    (b'h', Builtin { name: "half", literal: LiteralStyle::Float }),
    (b'i', Builtin { name: "char32_t", literal: LiteralStyle::Cast }),
    (b'n', Builtin { name: "decltype(nullptr)", literal: LiteralStyle::Null }),
    (b's', Builtin { name: "char16_t", literal: LiteralStyle::Cast }),
    (b'u', Builtin { name: "char8_t", literal: LiteralStyle::Cast }),
];
