//! The statistics against another implementation of the same formulas (numpy and scipy), on counts drawn by lot: six runs
//! of twelve functions, with 5 % noise, the fifth run a tenth longer, `f02` half as slow again and `f11` gone in the last
//! three.
#![allow(missing_docs, reason = "a test")]

mod common;

use hotlist_compare::{Options, Verdict};

const COUNTS: [[i64; 12]; 6] = [
    [878, 711, 493, 292, 233, 176, 120, 102, 56, 46, 30, 26],
    [934, 757, 493, 310, 237, 213, 138, 106, 47, 53, 35, 25],
    [801, 688, 521, 304, 228, 205, 121, 99, 67, 33, 28, 36],
    [928, 655, 724, 306, 266, 184, 113, 80, 66, 44, 34, 0],
    [1010, 741, 940, 273, 253, 177, 122, 116, 74, 44, 35, 0],
    [900, 807, 846, 289, 228, 202, 108, 79, 66, 38, 28, 0],
];

/// Ratio, low, high, p, q, df, noise, detectable of some of the rows.
const EXPECTED: [(&str, [f64; 8]); 4] = [
    (
        "f00",
        [
            1.0574638949531963,
            0.9603431596382271,
            1.1644065747819097,
            0.24492331310819662,
            0.40713809072752205,
            28.0,
            3.0114453369453313,
            0.14623352671714618,
        ],
    ),
    (
        "f02",
        [
            1.6216347263058701,
            1.441861785887306,
            1.8238219580407469,
            3.0176348319326875e-9,
            1.8105808991596125e-8,
            28.0,
            3.101876878654378,
            0.17510332910722617,
        ],
    ),
    (
        "f09",
        [
            0.9293711369685236,
            0.7132051961237243,
            1.21105498799581,
            0.5764246304706566,
            0.6917095565647879,
            28.0,
            1.0830863021839294,
            0.45677235936353283,
        ],
    ),
    (
        "f11",
        [
            0.0,
            3.377946899264781e-18,
            0.047856270936187405,
            4.0254907140305053e-10,
            4.830588856836606e-9,
            28.0,
            1.0191379587823726,
            0.8747299741731476,
        ],
    ),
];

#[test]
fn rows_have_the_figures_of_another_implementation() {
    let names: Vec<String> = (0..12).map(|row| format!("f{row:02}")).collect();
    let runs: Vec<_> = COUNTS
        .iter()
        .enumerate()
        .map(|(run, counts)| {
            let counts: Vec<(&str, i64)> = names.iter().map(String::as_str).zip(*counts).collect();
            common::profile(&counts, [1, 3, 5, 2, 4, 6][run])
        })
        .collect();
    let comparison = common::compared(&runs[..3], &runs[3..], &Options::default()).expect("comparable");
    assert!((comparison.kappa / 0.002_524_671_510_309_219 - 1.0).abs() < 1e-6, "{}", comparison.kappa);
    for (name, expected) in EXPECTED {
        let row = comparison.rows.iter().find(|row| row.function == name).expect(name);
        let high = row.high.expect("bounded");
        let ratio = row.ratio.expect("the base has some");
        let found = [ratio, row.low, high, row.p, row.q, row.df, row.noise, row.detectable];
        for (found, expected) in found.into_iter().zip(expected) {
            assert!((found - expected).abs() <= 1e-6 * expected + 1e-15, "{name}: {found} is not {expected}");
        }
    }
    let verdict = |name: &str| comparison.rows.iter().find(|row| row.function == name).expect(name).verdict;
    assert_eq!(verdict("f02"), Verdict::Slower);
    assert_eq!(verdict("f11"), Verdict::Faster);
    assert_eq!(verdict("f00"), Verdict::Undecided);
}
