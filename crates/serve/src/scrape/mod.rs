//! Asking programs for profiles again and again, as Prometheus asks for metrics.
//!
//! [`ScrapeConfig`] reads the file, targets come out of it by `relabel`, and `scraper` asks each of them in its own time.
//! Values that grow for as long as a program runs, such as what it has allocated, become changes since the scrape before
//! by `delta::since`.

mod client;
mod config;
mod delta;
mod relabel;
mod scraper;
mod target;

pub use config::{ConfigError, ScrapeConfig};
pub(crate) use delta::since;
pub(crate) use scraper::Scraper;
