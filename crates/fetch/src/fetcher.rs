//! Opening sources: the trait that callers depend on, and the real thing.

use std::ffi::OsStr;
use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::environment::Environment;
use crate::error::{Error, one_line};
use crate::file;
use crate::http::Client;
use crate::locator::{Locator, Query};
use crate::notice::Notice;
use crate::tls::{Credentials, TlsOptions, Verification};
use crate::url::{Url, UrlError};

/// Opens a source. The session uses [`Fetcher`]; tests bring small ones.
pub trait Fetch: Sync {
    /// Opens a source as the user typed it. `notify` is called with what the user should see meanwhile.
    ///
    /// Returns when the first bytes can be read, which for a server that measures first is after the
    /// measurement.
    ///
    /// # Errors
    /// Any [`Error`] about files, URLs and servers; its text names the source.
    fn fetch(
        &self,
        source: &OsStr,
        timing: &Timing,
        notify: &mut dyn FnMut(Notice),
    ) -> Result<Fetched, Error>;

    /// Sends `body` to a server and returns what it answers, up to [`Limits::answer`] bytes.
    ///
    /// # Errors
    /// As [`fetch`](Self::fetch); always where there is no network.
    fn post(&self, url: &Url, body: &str) -> Result<Vec<u8>, Error> {
        let _ = body;
        let reason = "nothing is sent from here".to_owned();
        Err(Error::Transport { address: url.redacted(), url: url.redacted(), reason })
    }

    /// Asks a server for a short answer, of up to [`Limits::answer`] bytes.
    ///
    /// # Errors
    /// As [`fetch`](Self::fetch); always where there is no network.
    fn get(&self, url: &Url) -> Result<Vec<u8>, Error> {
        self.post(url, "")
    }
}

/// The numbers of `-seconds` and `-timeout`; they matter for servers only. Zero counts as not given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timing {
    /// How long the server shall measure, in whole seconds.
    pub seconds: Option<Duration>,
    /// How long the server may take to answer.
    pub timeout: Option<Duration>,
}

/// An open source.
pub struct Fetched {
    /// The bytes as they arrive. Its errors are complete phrases without the name of the source; one of
    /// kind [`std::io::ErrorKind::TimedOut`] can be cured by `-timeout`.
    pub reader: Box<dyn Read + Send>,
    /// Where they come from.
    pub origin: Origin,
    /// How many bytes there will be, where that is known before.
    pub length: Option<u64>,
}

/// A file on its way from a server.
pub struct Download {
    /// Its bytes; errors are as those of [`Fetched::reader`].
    pub reader: Box<dyn Read + Send>,
    /// How many there will be, where the server says so.
    pub length: Option<u64>,
}

/// Where bytes come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A file, device or pipe with a name.
    File(PathBuf),
    /// Standard input.
    Stdin,
    /// A server; a copy of such a profile is worth keeping.
    Remote {
        /// The URL in full, as asked (a password is not hidden here).
        url: String,
    },
}

/// Bounds on the patience with servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Time on top of the request's timeout until we give up, for connecting and transfer.
    pub grace: Duration,
    /// How many requests one fetch may need, the first and those after redirects.
    pub requests: u32,
    /// How many bytes of a server's error text are shown.
    pub error_text: u64,
    /// How long a server may take for an answer to what was sent.
    pub patience: Duration,
    /// How many bytes of such an answer are read.
    pub answer: u64,
}

impl Default for Limits {
    /// Go's: five seconds, ten requests; and 4 KiB of text, a minute and 256 MiB for answers.
    fn default() -> Limits {
        Limits {
            grace: Duration::from_secs(5),
            requests: 10,
            error_text: 4096,
            patience: Duration::from_secs(60),
            answer: 256 << 20,
        }
    }
}

/// Opens files, standard input and URLs.
#[derive(Debug)]
pub struct Fetcher {
    client: Client,
}

impl Fetcher {
    /// Loads the certificates that the options name.
    ///
    /// # Errors
    /// [`Error::Tls`] when they contradict each other or cannot be used.
    pub fn new(options: TlsOptions, environment: Environment) -> Result<Fetcher, Error> {
        Fetcher::with_limits(options, environment, Limits::default())
    }

    /// As [`Fetcher::new`], with other bounds.
    ///
    /// # Errors
    /// As [`Fetcher::new`].
    #[expect(clippy::needless_pass_by_value, reason = "a constructor takes what it is made of")]
    pub fn with_limits(
        options: TlsOptions,
        environment: Environment,
        limits: Limits,
    ) -> Result<Fetcher, Error> {
        let credentials = Credentials::load(&options)?;
        Ok(Fetcher { client: Client { credentials, environment, limits } })
    }

    /// What connections over https of other clients than this one need: whom to trust, and how to show who we are.
    ///
    /// # Errors
    /// [`Error::Tls`] when the authorities cannot be used.
    pub fn tls(&self) -> Result<Arc<rustls::ClientConfig>, Error> {
        let Client { credentials, environment, .. } = &self.client;
        credentials.configuration(Verification::Full, environment).map_err(Error::Tls)
    }

    /// The file at `url`, as it is there. Redirects are followed; `limit` is the time for everything, the last
    /// byte included.
    ///
    /// # Errors
    /// As [`fetch`](Fetch::fetch); [`Error::Status`] when the server does not have it.
    pub fn download(&self, url: &Url, limit: Duration) -> Result<Download, Error> {
        let answer = self.client.get_within(&url.redacted(), url, limit)?;
        Ok(Download { length: answer.length, reader: Box::new(answer) })
    }
}

impl Fetch for Fetcher {
    fn fetch(
        &self,
        source: &OsStr,
        timing: &Timing,
        notify: &mut dyn FnMut(Notice),
    ) -> Result<Fetched, Error> {
        let url = match Locator::parse(source, &|path| path.exists())? {
            Locator::Stdin => {
                return Ok(Fetched {
                    reader: Box::new(std::io::stdin()),
                    origin: Origin::Stdin,
                    length: None,
                });
            }
            Locator::File(path) => return file::open(path),
            Locator::Url(url) => url,
        };
        let scheme = url.scheme();
        if !matches!(scheme, "http" | "https" | "https+insecure") {
            let cause = UrlError::Scheme(scheme.to_string());
            return Err(Error::Url { address: one_line(&source.to_string_lossy()), cause });
        }
        let query = Query::new(&url, timing);
        notify(Notice::Fetching { url: query.url.redacted() });
        if let Some(duration) = timing.seconds.filter(|duration| !duration.is_zero()) {
            notify(Notice::Waiting { duration });
        }
        let address =
            if url.user().is_some() { query.url.redacted() } else { one_line(&source.to_string_lossy()) };
        let answer = self.client.get(&address, &query)?;
        Ok(Fetched {
            length: answer.length,
            reader: Box::new(answer),
            origin: Origin::Remote { url: query.url.to_string() },
        })
    }

    fn post(&self, url: &Url, body: &str) -> Result<Vec<u8>, Error> {
        let limits = self.client.limits;
        self.client.post(url, body, limits.patience, limits.answer)
    }

    fn get(&self, url: &Url) -> Result<Vec<u8>, Error> {
        let limits = self.client.limits;
        let address = url.redacted();
        let answer = self.client.get_within(&address, url, limits.patience)?;
        let mut bytes = Vec::new();
        answer.take(limits.answer).read_to_end(&mut bytes).map_err(|error| {
            let reason = one_line(&error.to_string());
            Error::Transport { address: address.clone(), url: address, reason }
        })?;
        Ok(bytes)
    }
}
