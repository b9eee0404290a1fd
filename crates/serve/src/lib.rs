//! The server of a store of profiles: what is pushed and scraped goes into a [`Store`](hotlist_store::Store), and
//! questions to it are answered over HTTP.
//!
//! ```text
//! connection -guard-> tenant -body-> route -> store -> Profile -> every report and drawing of the page
//! ```
//!
//! * [`Server`] listens. Before anything else looks at a request, its `Host` header must name the server and, where there
//!   are [`Tenants`], its token must be one of them; sizes and times of requests are bounded one by one and together.
//! * A file in `routes/` is an interface: the own one below `/api/v1/`, Pyroscope's `/ingest`, its push and its queries
//!   over Connect, OpenTelemetry's and Parca's.
//! * [`scrape`] asks programs for profiles, as a file in the manner of Prometheus says.
//!
//! Not here: how profiles are kept, which is the business of `hotlist-store`, and pages of one profile, which are those of
//! `hotlist-web`.

mod body;
mod failure;
mod flame_levels;
mod ingest_name;
mod intake;
mod messages;
mod metrics;
pub mod moment;
mod routes;
pub mod scrape;
mod server;
mod short_type;
mod site;
mod stop;
mod tell;
mod tenants;
mod tls;
mod viewers;

pub use server::Server;
pub use site::{ServeError, Site};
pub use tell::Tell;
pub use tenants::{Tenants, TokenFileError};
