//! Profiles in a terminal: a full-screen view, and long output page by page.
//!
//! The full screen shows the same shapes as the reports, asked of the same [`Session`]: nothing is
//! computed a second way. Three parts keep it quick and simple:
//!
//! * [`App`]: what is looked at. Keys change it, answers arrive in it; it does nothing by itself, so tests
//!   drive it without a terminal.
//! * `worker`: threads that ask the session. The newest query wins; a key never waits for an answer.
//! * `view`: draws the state into a frame of cells.
//!
//! [`run()`] puts them on the terminal of the process and leaves that as it was found, however it ends.
//! Nothing points back: `app` holds the state and `tabs` knows what each view asks and selects; `commands`, `chooser`
//! and `mouse` change the state by them, `input` hands events to those, and `view` only draws.
//!
//! [`Session`]: hotlist_session::Session

mod answer;
mod app;
mod cells;
mod changes;
mod chooser;
mod chosen;
mod commands;
mod content;
mod contents;
mod facts;
mod geometry;
mod hints;
mod input;
pub mod keys;
mod layout;
mod mouse;
mod pager;
mod pages;
mod pointed;
mod prompt;
mod query;
mod run;
mod scroll;
mod search;
mod settings;
mod signals;
mod tab;
mod tabs;
mod terminal;
#[cfg(test)]
mod tests;
mod theme;
mod verdict_order;
mod view;
mod worker;

pub use app::{App, Effect};
pub use changes::Changes;
pub use content::Content;
pub use facts::Facts;
pub use input::event;
pub use pager::{Pager, Stopped};
pub use pointed::Pointed;
pub use query::{Query, Topic};
pub use run::run;
pub use signals::Signals;
pub use tab::Tab;
pub use tabs::verdicts::VerdictRows;
pub use terminal::{Unfit, fit_for};
pub use theme::{Colours, Theme};
pub use verdict_order::VerdictOrder;
pub use view::draw;
pub use worker::Source;
