//! Profiles as tables of SQLite.
//!
//! A [`Database`] holds one schema for each profile. Its tables are virtual (<https://sqlite.org/vtab.html>): they read
//! the columns of the profile, so that opening one costs nothing and no row is copied. What SQL would have to compute
//! stack by stack, the weights of functions and calls, is offered as tables that the passes of `hotlist-analyze` fill
//! when they are asked for.
//!
//! ```
//! use std::num::NonZeroUsize;
//! use std::time::Duration;
//!
//! use hotlist_profile::Builder;
//! use hotlist_session::Session;
//! use hotlist_sql::{Database, Source, Value};
//!
//! let mut builder = Builder::new(&[("cpu", "nanoseconds")]);
//! let main = builder.named_function("main", "main.rs");
//! let leaf = builder.source_location(main, 3);
//! builder.sample(&[leaf], &[], &[10_000_000]).unwrap();
//! let session = Session::new(builder.finish(), NonZeroUsize::MIN);
//!
//! let mut database = Database::new(vec![Source::new("a.pb.gz", session)]).unwrap();
//! let mut answer = database.query("select name, flat from nodes", Duration::from_secs(1)).unwrap();
//! let mut rows = answer.rows().unwrap();
//! assert_eq!(rows.next().unwrap().unwrap(), [Value::Text("main".into()), Value::Integer(10_000_000)]);
//! ```

mod answers;
mod cell;
mod database;
mod source;
mod tables;
mod virtual_table;

pub use database::{Answer, Database, Error, MAX_SOURCES, Rows, Value};
pub use source::Source;
