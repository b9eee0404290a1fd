//! Function names without their argument lists, for the patterns that drop frames.

/// `name` up to its argument list and without the dot that the PowerPC ELF ABI puts first.
///
/// The parentheses of `(anonymous namespace)` and `operator()` belong to the name.
pub fn simplify(name: &[u8]) -> &[u8] {
    const RESERVED: [&[u8]; 2] = [b"(anonymous namespace)", b"operator()"];
    let name = name.strip_prefix(b".").unwrap_or(name);
    let mut at = 0;
    while at < name.len() {
        let rest = &name[at..];
        if let Some(reserved) = RESERVED.iter().find(|reserved| rest.starts_with(reserved)) {
            at += reserved.len();
        } else if rest[0] == b'(' {
            // A name of nothing but arguments stays as it is, so that it is not taken for another one.
            return if at == 0 { name } else { &name[..at] };
        } else {
            at += 1;
        }
    }
    name
}

#[test]
fn argument_lists_go() {
    for (name, expected) in [
        ("foo(int)", "foo"),
        (".foo", "foo"),
        ("(anonymous namespace)::f(char)", "(anonymous namespace)::f"),
        ("A::operator()(int) const", "A::operator()"),
        ("plain", "plain"),
        ("(x)", "(x)"),
        ("(::MyStruct)(n::Int64)", "(::MyStruct)(n::Int64)"),
        (".(x)", "(x)"),
    ] {
        assert_eq!(simplify(name.as_bytes()), expected.as_bytes());
    }
}
