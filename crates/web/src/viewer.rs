//! The page without a server of its own.

use std::io;

use hotlist_session::Profiles;
use hyper::Request;

use crate::Site;
use crate::address::Hosts;
use crate::guard::Guard;
use crate::response::Answer;
use crate::router::{self, Asked};
use crate::shared::Shared;

/// The page of some profiles, for servers that show it below a path of theirs: they listen and guard, this answers.
/// Nothing can be changed through it.
#[derive(Debug)]
pub struct Viewer {
    shared: Shared,
}

impl Viewer {
    /// The page of `profiles`.
    ///
    /// # Errors
    /// When the system has no random numbers.
    pub fn new(profiles: Profiles, site: Site, hosts: Hosts) -> io::Result<Viewer> {
        Ok(Viewer { shared: Shared::new(profiles, site, Guard::new(hosts)?) })
    }

    /// Answers a GET that has passed a guard. Its path begins where that of a [`Server`](crate::Server) does, with `/ui/`,
    /// `/api/v1/` or `/assets/`. This may take long.
    pub fn answer<B>(&self, request: &Request<B>) -> Answer {
        let mut asked = Asked::of(request);
        match router::at_once(&self.shared, &asked) {
            Some(answer) => answer,
            None => router::with_work(&self.shared, &mut asked),
        }
    }

    /// Heap bytes held by the profile that is shown first.
    pub fn memory(&self) -> usize {
        self.shared.profiles.whole().session.profile().memory()
    }
}
