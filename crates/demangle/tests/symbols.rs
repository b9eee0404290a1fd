//! Symbols that few compilers make, and rules that few names show: each in the three modes.

use hotlist_demangle::{Mode, demangle};

/// The name in the default mode, in `templates` and in `full`.
fn check(name: &str, expected: [&str; 3]) {
    let texts =
        [Mode::Default, Mode::Templates, Mode::Full].map(|mode| demangle(name, mode).unwrap_or_default());
    assert_eq!(texts, expected, "{name}");
}

/// The same in all modes.
fn check_all(name: &str, expected: &str) {
    check(name, [expected; 3]);
}

fn refused(name: &str) {
    check_all(name, "");
}

#[test]
fn suffixes_of_clones_are_left_out() {
    for suffix in ["", ".cold", ".part.0", ".isra.0.constprop.1", ".llvm.1234", "@@GLIBCXX_3.4"] {
        let name = format!("_ZN1a1bIiEEvT_{suffix}");
        if suffix.starts_with('@') {
            check(&name, ["a::b", "a::b<int>", ""]);
        } else {
            check(&name, ["a::b", "a::b<int>", "void a::b<int>(int)"]);
        }
    }
}

#[test]
fn special_symbols() {
    check_all("_ZTV1a", "vtable for a");
    check("_ZTVN1a1bIiEE", ["vtable for a::b", "vtable for a::b<int>", "vtable for a::b<int>"]);
    check_all("_ZTT1a", "VTT for a");
    check_all("_ZTI1a", "typeinfo for a");
    check_all("_ZTS1a", "typeinfo name for a");
    check_all("_ZTF1a", "typeinfo fn for a");
    check_all("_ZTC1a8_1b", "construction vtable for b-in-a");
    check_all("_ZThn8_N1a1bEv", "non-virtual thunk to a::b()");
    check_all("_ZTv0_n24_N1a1bEi", "virtual thunk to a::b(int)");
    check_all("_ZTch0_v0_n16_N1a1bEv", "covariant return thunk to a::b()");
    check_all("_ZGVZ1fvE1x", "guard variable for f()::x");
    check_all("_ZGR1x_", "reference temporary for x");
    check_all("_ZGR1x0_", "reference temporary for x");
    check_all("_ZGAN1a1bEv", "hidden alias for a::b()");
    check_all("_ZGTtN1a1bEv", "transaction clone for a::b()");
    check_all("_ZGTnN1a1bEv", "non-transaction clone for a::b()");
    check_all("_ZGIW1aW1bWP1c", "initializer for module a.b:c");
    check_all("_ZTH1x", "TLS init function for x");
    check_all("_ZTW1x", "TLS wrapper function for x");
    check_all("_ZGr11_a$Sb$_c$$d", "java resource a/b.c$d");
    check("_ZTAXtl1aLi1EEE", ["template parameter object for a{1}"; 3]);
    check_all("_ZTJ1a", "java Class for a");
}

#[test]
fn constructors_of_files_and_blocks() {
    check_all("_GLOBAL__I__ZN1a1bEv", "global constructors keyed to a::b()");
    check_all("_GLOBAL_.D.main", "");
    check_all("_GLOBAL__D_main", "global destructors keyed to main");
    check(
        "_GLOBAL__I__Z1fv.cold",
        [
            "global constructors keyed to f() [clone .cold]",
            "global constructors keyed to f() [clone .cold]",
            "global constructors keyed to f()",
        ],
    );
    refused("_GLOBAL__sub_I_main.cc");
    check(
        "___Z1fi_block_invoke",
        [
            "invocation function for block in f",
            "invocation function for block in f",
            "invocation function for block in f(int)",
        ],
    );
    check(
        "___Z1fi_block_invoke_2.cold",
        [
            "invocation function for block in f",
            "invocation function for block in f",
            "invocation function for block in f(int)",
        ],
    );
    refused("___Z1fi_block_invoke!");
}

#[test]
fn types_inside_out() {
    let check = |types: &str, expected: &str| {
        assert_eq!(demangle(&format!("_Z1f{types}"), Mode::Full).as_deref(), Some(expected), "{types}");
    };
    check("PFPFicEPFvvEE", "f(int (*(*)(void (*)()))(char))");
    check("PA2_PFA3_iiE", "f(int ((* (*) [2])(int)) [3])");
    check("M1aKFviE", "f(void (a::*)(int) const)");
    check("PKPVKPi", "f(int* const volatile* const*)");
    check("RA2_A3_Ki", "f(int const (&) [2][3])");
    check("PDoFvvE", "f(void (*)() noexcept)");
    check("Dv4_f", "f(float __vector(4))");
    check("U3strI1aEPi", "f(int* str<a>)");
    check("DF16_DF32_", "f(_Float16, _Float32)");
    check("DB17_DU8_", "f(_BitInt(17), unsigned _BitInt(8))");
    check("Cd", "f(double _Complex)");
    check("PcS_S_", "f(char*, char*, char*)");
}

#[test]
fn what_compilers_do_against_the_rules() {
    check("_ZN1a1bJicEEEvi", ["a::b", "a::b<int, char>", "void a::b<int, char>(int)"]);
    check("_Z1fILZ1gvEEvv", ["f", "f<g()>", "void f<g()>()"]);
    check(
        "_ZNSsC1EPKc",
        [
            "std::basic_string::basic_string",
            "std::basic_string<char, std::char_traits<char>, std::allocator<char> >::basic_string",
            "std::basic_string<char, std::char_traits<char>, std::allocator<char> >::basic_string(char const*)",
        ],
    );
    check("_ZZ1fvE1x0", ["f()::x", "f()::x", "f()::x"]);
}

#[test]
fn rust_constants_of_any_type() {
    let check_full = |name: &str, expected: &str| check(name, ["n::f::<>", expected, expected]);
    check_full("_RINvC1n1fKAh1_h2_h3_EE", "n::f::<{[1, 2, 3]}>");
    check_full("_RINvC1n1fKRAh1_h2_EE", "n::f::<{&[1, 2]}>");
    check_full("_RINvC1n1fKTl1_Re78_EE", "n::f::<{(1, \"x\")}>");
    check_full("_RINvC1n1fKTb0_EE", "n::f::<{(false,)}>");
    check_full("_RINvC1n1fKRe6122620a27_E", "n::f::<\"a\\\"b\\n'\">");
    check_full("_RINvC1n1fKe78_E", "n::f::<{*\"x\"}>");
    check_full("_RINvC1n1fKVNtNtB2_1E1AUE", "n::f::<{n::E::A}>");
    check_full("_RINvC1n1fKVNtNtB2_1E1BTVNtB2_1TTh2_b0_EEE", "n::f::<{n::E::B(n::T(2, false))}>");
    check_full("_RINvC1n1fKVNtB2_1PS1xln5_1yc22_EE", "n::f::<{n::P { x: -5, y: '\"' }}>");
    check_full("_RINvC1n1fKc27_Kca_Kc3b1_KpE", "n::f::<'\\'', '\\n', 'α', _>");
    check_full(
        "_RINvC1n1fKy10000000000000000_Kyffffffffffffffff_E",
        "n::f::<0x10000000000000000, 18446744073709551615>",
    );
    for damaged in ["_RINvC1n1fKb2_E", "_RINvC1n1fKcd800_E", "_RINvC1n1fKReff_E", "_RINvC1n1fKRe7_E"] {
        refused(damaged);
    }
}

#[test]
fn rust_types() {
    let check_full = |name: &str, expected: &str| check(name, ["n::f::<>", expected, expected]);
    check_full("_RINvC1n1fFG_RL0_hEuE", "n::f::<for<'a> fn(&'a u8)>");
    check_full("_RINvC1n1fFUKChEbE", "n::f::<unsafe extern \"C\" fn(u8) -> bool>");
    check_full("_RINvC1n1fFK10vectorcallEuE", "n::f::<extern \"vectorcall\" fn()>");
    check_full("_RINvC1n1fDNtC1a1bp1chEL_E", "n::f::<dyn a::b<c = u8>>");
    check_full("_RINvC1n1fDG_INtC1a1bRL0_hEp1cTEEL_E", "n::f::<dyn for<'a> a::b<&'a u8, c = ()>>");
    check_full("_RINvC1n1fThEE", "n::f::<(u8,)>");
    check_full("_RINvC1n1fPhOhQhRShE", "n::f::<*const u8, *mut u8, &mut u8, &[u8]>");
    check_all("_RNCNvC1n1f0", "n::f::{closure#0}");
    check_all("_RNCNCNvC1n1f0s_0", "n::f::{closure#0}::{closure#1}");
    check_all("_RNSNvC1n1f6vtable", "n::f::{shim:vtable#0}");
    check_all("_RNvC1nu8gdel_5qa", "n::gödel");
    check_all("_RNvC1n1f.llvm.123", "n::f");
    refused("_RINvC1n1fRL0_hE");
    refused("_RINvC1n1fFGzzzzz_EuE");
}

#[test]
fn damaged_names() {
    for name in [
        "",
        "_",
        "_Z",
        "_ZN",
        "_ZNE",
        "_Z1",
        "_Z2a",
        "_Z0",
        "_Z99999999999a",
        "_ZS_",
        "_ZT",
        "_ZTQ1a",
        "_ZSt",
        "_ZNC1Ev",
        "_ZN1aC1",
        "_Z1aIT_EvT_",
        "_ZL",
        "_R",
        "_RC",
        "_RNvC1a",
        "_R0C1a",
        "_RNvC1a1bX",
        "_RB_",
        "main",
        "Z1fv",
    ] {
        refused(name);
    }
}
