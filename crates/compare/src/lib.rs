//! Which functions really changed between two sets of profiles, and which differences are noise.
//!
//! Two profiles of the same program differ, for sampling draws lots and machines are never alike. A threshold on merged
//! profiles gives an alarm for every unchanged build. This crate takes several runs of each side, learns from them
//! how much functions vary by themselves, and says of each function whether it differs, is the same within a margin, or
//! cannot be told apart, with an interval and with the smallest change that would have been seen.
//!
//! ```
//! use hotlist_analyze::{SampleValue, Threads, View};
//! use hotlist_compare::{Options, Run, compare};
//! use hotlist_profile::{Builder, Profile};
//!
//! let profile = |parse: i64| -> Profile {
//!     let mut builder = Builder::new(&[("samples", "count")]);
//!     for (name, count) in [("parse", parse), ("sort", 400), ("print", 800)] {
//!         let function = builder.named_function(name, "main.rs");
//!         let location = builder.source_location(function, 1);
//!         builder.sample(&[location], &[], &[count]).unwrap();
//!     }
//!     builder.finish()
//! };
//! let (before, after) = ([500, 520, 510].map(profile), [905, 890, 910].map(profile));
//! let value = SampleValue { column: 0, mean: false };
//! let views = |profiles| -> Vec<View<'_>> {
//!     let view = |profile| View::new(profile, value, Threads::ONE, &mut Vec::new()).unwrap();
//!     <[Profile; 3]>::each_ref(profiles).map(view).into()
//! };
//! let (before, after) = (views(&before), views(&after));
//! let runs = |views| -> Vec<Run<'_>> { <[View<'_>]>::iter(views).map(|view| Run { name: "run", view }).collect() };
//!
//! let comparison = compare(&runs(&before), &runs(&after), &Options::default())?;
//! let row = comparison.flagged().next().expect("one function is slower");
//! assert_eq!(row.function, "parse");
//! assert!(row.low > 1.5 && row.high.is_some_and(|high| high < 2.0));
//! # Ok::<(), hotlist_compare::CompareError>(())
//! ```
//!
//! It reads no files: loading, filters and drawings are elsewhere.

mod anchor;
mod compare;
mod comparison;
mod counts;
mod dispersion;
mod distribution;
mod effective;
mod function_key;
mod lots;
mod matrix;
mod multiplicity;
mod notices;
mod numbers;
mod options;
mod rename;
mod rule;
mod run;
mod score;
mod sensitivity;
mod sets;
mod study;
mod trace;

pub use compare::compare;
pub use comparison::{
    CallPath, Comparison, Notice, NoticeCode, Rename, Row, RuleOutcome, RunFacts, RunOrder, Runs, Total,
    Unit, Verdict, Words,
};
pub use effective::effective_samples;
pub use function_key::function_key;
pub use matrix::Side;
pub use options::{CompareError, Options};
pub use rule::{BadRule, Rule};
pub use run::Run;
pub use sensitivity::{Sensitivity, SensitivityRow, sensitivity};
