//! What all requests share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hotlist_session::{OpenProfile, Profiles, Selection, ViewOptions};
use tokio::sync::Semaphore;

use crate::Site;
use crate::answer_cache::AnswerCache;
use crate::assets::Assets;
use crate::guard::Guard;
use crate::query::{self, Query};

/// How many bytes of answers are kept.
const KEPT_ANSWERS: usize = 32 << 20;

/// The profiles, the page, and what was worked out before.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) profiles: Profiles,
    pub(crate) site: Site,
    pub(crate) guard: Guard,
    pub(crate) assets: Assets,
    pub(crate) answers: AnswerCache,
    /// The options that addresses cannot name, as the command line has them.
    pub(crate) base: ViewOptions,
    /// The query with which the page begins.
    pub(crate) first_query: String,
    /// Whose turn it is to bring a file.
    pub(crate) files: Semaphore,
    /// Whether the answers that people want next are being worked out.
    is_ahead: AtomicBool,
}

impl Shared {
    pub(crate) fn new(profiles: Profiles, site: Site, guard: Guard) -> Shared {
        let options = &site.options;
        let base = ViewOptions {
            source_path: options.source_path.clone(),
            trim_path: options.trim_path.clone(),
            divide_by: options.divide_by,
            ..ViewOptions::default()
        };
        Shared {
            profiles,
            first_query: query::of_options(options),
            assets: Assets::new(site.page_folder.clone()),
            answers: AnswerCache::new(KEPT_ANSWERS),
            base,
            files: Semaphore::new(1),
            is_ahead: AtomicBool::new(false),
            guard,
            site,
        }
    }

    /// The profile that a query asks for by `profile` and `base`, numbers from 1 on.
    ///
    /// # Errors
    /// In words, when there is no such profile or two do not fit together.
    pub(crate) fn chosen(&self, query: &Query) -> Result<Arc<OpenProfile>, String> {
        let count = self.profiles.names().len();
        let row = |key: &str| match query.get(key) {
            None => Ok(None),
            Some(text) => match text.parse::<usize>() {
                Ok(number) if (1..=count).contains(&number) => Ok(Some(number - 1)),
                _ => Err(format!("{key}: must be a number up to {count}")),
            },
        };
        let selection = Selection { profile: row("profile")?, base: row("base")? };
        self.profiles.open(selection).map_err(|error| error.to_string())
    }

    /// Whether to work ahead now; that is so once.
    pub(crate) fn begin_ahead(&self) -> bool {
        !self.is_ahead.swap(true, Ordering::Relaxed)
    }
}
