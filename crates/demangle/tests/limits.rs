//! Names that are made to cost much: refused or answered, soon and without much memory or stack.

use std::thread;

use hotlist_demangle::{Mode, demangle, function_name};

const MODES: [Mode; 3] = [Mode::Default, Mode::Templates, Mode::Full];

/// Demangles in all modes on a thread with a small stack. Returns the longest result.
fn longest(name: String) -> usize {
    let run = move || {
        let lengths = MODES.map(|mode| {
            let text = function_name(&name, mode);
            assert_eq!(text, function_name(&name, mode), "the same answer twice");
            text.map_or(0, |text| text.len())
        });
        lengths.into_iter().max().unwrap_or(0)
    };
    let thread = thread::Builder::new().stack_size(STACK).spawn(run).expect("a thread");
    thread.join().expect("no panic and no overflow")
}

/// Three quarters of what threads have by default; that is enough even without optimization.
const STACK: usize = 3 << 19;

#[test]
fn nesting_of_every_kind_is_limited() {
    let kinds = [
        ("_Z1f", "P", "i"),
        ("_Z1f", "PK", "i"),
        ("_Z1f", "PFvi", "i"),
        ("_Z1f", "FP", "iE"),
        ("_Z1f", "M1A", "i"),
        ("_Z1f", "A1_", "i"),
        ("_Z1f", "Dv1_", "i"),
        ("_Z1f", "U1x", "i"),
        ("_Z1f", "1aI", "iE"),
        ("_Z1f", "N1aI", "iEE"),
        ("_Z1f", "1aIX", "LiE"),
        ("_Z1f", "DTng", "fp_E"),
        ("_Z1f", "DTcl", "fp_EE"),
        ("_Z1f", "DTsr", "T_1aE"),
        ("_Z1f", "DTgs", "gs1aE"),
        ("_Z1f", "DTil", "fp_EE"),
        ("_Z1f", "DTplfp_", "fp_E"),
        ("_Z1f", "Ul", "iE_"),
        ("_Z1f", "UlTyT_", "iE_"),
        ("_Z1f", "1aIJ", "iEE"),
        ("_Z1f", "1aILi", "EE"),
        ("_Z1f", "1aIL_Z1g", "iEE"),
        ("_Z1f", "Dk1aI", "iE"),
        ("_ZTI", "P", "i"),
        ("_Z", "Z1f", "iE1x"),
        ("_Z", "GTt", "1fv"),
        ("_Z", "N1acv1bI", "iEE"),
        ("_Z", "N1acvT_I", "iEE"),
        ("_Z", "UlTt", "EvE_"),
        ("_R", "Nv", "C1a1b"),
        ("_RINvC1a1f", "R", "hE"),
        ("_RINvC1a1f", "T", "hEE"),
        ("_RINvC1a1f", "FE", "uE"),
        ("_RINvC1a1f", "KR", "hE"),
        ("_R", "M", "C1a"),
        ("_R", "Yh", "C1a"),
        ("_ZN", "1a", "17h0123456789abcdefE"),
    ];
    for (start, middle, end) in kinds {
        for count in [100, 3_000] {
            longest(format!("{start}{}{end}", middle.repeat(count)));
            longest(format!("{start}{}{}", middle.repeat(count), end.repeat(count)));
        }
    }
}

#[test]
fn depth_that_real_names_have_is_no_limit() {
    let nested = |depth: usize| format!("_Z1f{}i{}", "N1a1bI".repeat(depth), "EE".repeat(depth));
    assert!(longest(nested(150)) > 150 * 6);
    let pointers = format!("_Z1f{}i", "P".repeat(500));
    assert!(longest(pointers) > 500);
    let references = format!("_RINvC1a1f{}hE", "R".repeat(450));
    assert!(longest(references) > 450);
}

#[test]
fn short_names_for_long_texts_are_refused() {
    // Each parameter is a template of the one before it, twice.
    let mut doubling = String::from("_Z1f1aIiiE");
    for index in 0..30 {
        let last = if index == 0 {
            "S0_".to_string()
        } else {
            format!("S{}_", char::from_digit(index, 36).unwrap().to_ascii_uppercase())
        };
        doubling.push_str(&format!("S_I{last}{last}E"));
    }
    assert_eq!(longest(doubling), "f".len(), "only without parameters");

    // Packs in packs, which show nothing.
    let mut packs = String::from("_Z1fIJEEv");
    for _ in 0..40 {
        packs = format!("_Z1fI{}EvDpT_", packs.trim_start_matches("_Z"));
    }
    longest(packs);
    let mut packs = String::from("J");
    for _ in 0..12 {
        packs = format!("J{packs}E{packs}E");
    }
    longest(format!("_Z1fI{packs}EvDpT_"));

    // Expansions of a pack by itself.
    let pack = "i".repeat(200);
    longest(format!("_Z1fIJ{pack}EEvDp1aIT_DpT_Dp1bIT_DpT_Dp1cIT_DpT_EEE"));

    // Back references to back references.
    let mut references = String::from("_RINvC1a1fTtt");
    for _ in 0..60 {
        references.push_str("TBa_Ba_E");
    }
    longest(format!("{references}EE"));
    let mut doubling = String::from("_RINvC1a1fThhE");
    let mut last = 8;
    for _ in 0..40 {
        let at = doubling.len() - 2;
        let back = base_62(last);
        doubling.push_str(&format!("TB{back}B{back}E"));
        last = at;
    }
    longest(format!("{doubling}E"));

    // Long packs that are expanded into long lists, and declarations that repeat what is before them.
    let pack = "i".repeat(6_000);
    longest(format!("_Z1fIJ{pack}EEvDp1aIT_{pack}E"));
    longest(format!("_Z1fIJ{pack}EEvDp1aIDp1bIT_{pack}E{pack}E"));
    longest(format!("_Z1fI{}E", "Tyi".repeat(6_000)));
    longest(format!("_Z1fUl{}vE_", "Ty".repeat(6_000)));
    longest(format!("_Z1fIJ{}EEv{}", "JE".repeat(6_000), "DpT_".repeat(2_000)));

    // Conversion operators that are read twice, each.
    longest(format!("_ZN1a{}E", "cvT_IN1a".repeat(60)));
}

fn base_62(number: usize) -> String {
    let digits = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let digit = |place: usize| digits.chars().nth(place).expect("below 62");
    match number {
        0 => "_".to_string(),
        _ if number <= 62 => format!("{}_", digit(number - 1)),
        _ => format!("{}{}_", digit((number - 1) / 62), digit((number - 1) % 62)),
    }
}

#[test]
fn damaged_names_are_refused_or_read() {
    let names = [
        "_ZNSt6vectorIiSaIiEE9push_backEOi",
        "_ZZN1a1bEvENKUlT_DpT0_E_clIiJcdEEEDaS0_S2_",
        "_ZN1acvT_IPKcEEv",
        "_Z1fIJicEEDTcl1gspfp_EEDpT_",
        "_RINvNtNtC3std2io5stdio1fFG_RL0_hEuKj7b_E",
        "_ZN71_$LT$Test$u20$as$u20$foo..Bar$LT$Test$GT$$GT$3bar17h930b740aa94f1d3aE",
        "_Zu1ä",
        "_Z3äöü",
        "\u{0}",
        "_",
        "_Z",
        "_R",
        "___Z",
        "___Z1fv_block_invoke",
        "_GLOBAL_",
        "_GLOBAL__I_",
    ];
    for name in names {
        for end in 0..=name.len() {
            let Some(part) = name.get(..end) else { continue };
            for mode in MODES {
                demangle(part, mode);
                for byte in ["\u{0}", "E", "_", "I", "S", "T", "9", "ä", "DT"] {
                    demangle(&format!("{part}{byte}{}", &name[end..]), mode);
                    demangle(&format!("{part}{byte}"), mode);
                }
            }
        }
    }
}
