//! Profiles in a terminal: a full-screen view, and long output page by page.
//!
//! The full screen shows the same shapes as the reports, asked of the same [`Session`]: nothing is
//! computed a second way. Three parts keep it quick and simple:
//!
//! * [`app`](mod@app): what is looked at. Keys change it, answers arrive in it; it does nothing by itself, so tests
//!   drive it without a terminal.
//! * `worker`: threads that ask the session. The newest question wins; a key never waits for an answer.
//! * `view`: draws the state into a frame of cells.
//!
//! [`run`] puts them on the terminal of the process and leaves that as it was found, however it ends.
//!
//! [`Session`]: hotlist_session::Session

mod answer;
pub mod app;
mod cells;
mod flame;
pub mod keys;
mod pager;
mod run;
mod signals;
mod terminal;
mod theme;
mod view;
mod worker;

pub use answer::{Answer, Ask, Kind};
pub use app::{App, Tab};
pub use pager::{Pager, Stopped};
pub use run::run;
pub use signals::Signals;
pub use terminal::{Unfit, fit_for};
pub use theme::{Colours, Theme};
pub use view::draw;
pub use worker::Source;
