//! The web page of hotlist: loaded profiles, JSON routes over their reports, and the page that shows them.
//!
//! ```text
//! connection -guard-> Request -router-> answer (cached) | page file | settings
//! ```
//!
//! * A request is checked before anything else looks at it: the `Host` header must be an address that was
//!   bound, so that no other site can reach the server through a host name that it controls, and what changes something
//!   must be a POST with a token that only the page knows.
//! * Every view of the page is one route over one report and answers with the JSON of `-json`.
//!   `docs/web.md` describes the routes.
//! * Work happens on as many threads as there are processors; connections wait for it without holding a
//!   thread. Answers are kept, so that going back costs nothing.
//!
//! Nothing is printed and nothing is global: [`Server::bind`] takes [`Profiles`](hotlist_session::Profiles)
//! and a [`Site`], and a process may run several servers.

mod address;
mod answer_cache;
mod api;
mod assets;
mod files;
mod guard;
mod pointed;
mod profile_facts;
mod query;
mod response;
mod router;
mod search;
mod server;
mod settings;
mod shared;
mod timeline;
mod verdicts;
mod viewer;

pub use address::{Address, AddressError, Hosts};
pub use assets::ICON;
pub use files::OpenFile;
pub use query::Query;
pub use response::Answer;
pub use server::Server;
pub use settings::Settings;
pub use viewer::Viewer;

use std::path::PathBuf;

use hotlist_session::{SourceFiles, ViewOptions};

/// What a server needs to know beside the profile.
#[derive(Debug)]
pub struct Site {
    /// The options of the command line. Those with a key in addresses are where the page begins; the others,
    /// such as where source files are, hold for every answer.
    pub options: ViewOptions,
    /// Where source code comes from. Only files below allowed folders should be among it.
    pub source: SourceFiles,
    /// Where configurations are kept; `None` when there is no such place.
    pub settings: Option<Settings>,
    /// How files that are dropped on the page are read; `None` where none are. A server that other machines reach
    /// opens none in any case, since a profile may lead to files of this one.
    pub open_file: Option<OpenFile>,
    /// A folder from which the files of the page are read at each request, in place of those in the binary;
    /// for working on the page.
    pub page_folder: Option<PathBuf>,
}
