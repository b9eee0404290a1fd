//! A store of profiles over time.
//!
//! Profiles come in by [`Store::push`], each with the labels of its series; any format that hotlist reads will do. A
//! [`Selector`] and a [`Range`] lead to one merged [`Profile`](hotlist_profile::Profile), on which every report works.
//!
//! ```
//! use hotlist_profile::{Builder, encode_to_vec};
//! use hotlist_store::{Push, Range, Selector, Settings, Store, Tenant};
//!
//! let mut builder = Builder::new(&[("cpu", "nanoseconds")]);
//! let main = builder.named_function("main", "main.rs");
//! let leaf = builder.source_location(main, 3);
//! builder.sample(&[leaf], &[], &[10_000_000])?;
//! let body = encode_to_vec(&builder.finish()).into();
//!
//! let folder = tempfile::tempdir()?;
//! let store = Store::open(folder.path(), Settings::default())?;
//! let labels = [("service", "api"), ("zone", "z1")].into_iter().collect();
//! store.push(&Tenant::default(), Push { labels, name: None, time: None, body })?;
//!
//! let selector = Selector::parse(r#"process_cpu:cpu:nanoseconds::{service="api"}"#)?;
//! let merged = store.merge(&Tenant::default(), &selector, Range::ALL)?;
//! assert_eq!(merged.totals(), [10_000_000]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! HTTP, scraping and pages are the business of `hotlist-serve`.

mod batch;
mod catalog;
mod check;
mod columns;
mod commit_log;
mod error;
mod files;
mod ids;
mod inbox;
mod intake;
mod labels;
mod look;
mod merged;
mod parquet_file;
mod profile_type;
mod push;
mod range;
mod selector;
mod settings;
mod shelf;
mod stats;
mod store;
mod sums;
mod table;
mod tenant;
mod timeline;
mod writer;

pub use error::Error;
pub use files::{Files, Question, StackSum, TableFile};
pub use labels::{Labels, SERVICE};
pub use profile_type::ProfileType;
pub use push::{Push, Receipt, Refused};
pub use range::Range;
pub use selector::{Matcher, Selector, Test};
pub use settings::Settings;
pub use stats::{CheckReport, Damage, Stats, TableStats, TenantStats};
pub use store::{SeriesLabels, Store};
pub use tenant::Tenant;
pub use timeline::{Line, Point};
