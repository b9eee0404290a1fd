//! Sending profiles to a server every few seconds.

mod client;
mod queue;
mod sender;
mod url;

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use crate::Error;
use crate::heap::snapshot::Snapshot;
use sender::{Plan, Shared};
use url::Url;

/// What is sent to whom; see [`push_to_hotlist`] and [`push_to_pyroscope`].
#[derive(Clone, Debug)]
#[must_use]
pub struct Push {
    destination: Destination,
    url: String,
    service: String,
    labels: Vec<(String, String)>,
    token: Option<String>,
    every: Duration,
    hertz: u32,
    heap: bool,
}

/// Whose way of taking profiles a server has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Destination {
    Hotlist,
    Pyroscope,
}

/// Profiles of this program for the store of a hotlist server such as `http://127.0.0.1:4040`, to be
/// [started](Push::start).
///
/// ```no_run
/// let pushing = hotlist_collect::push_to_hotlist("http://127.0.0.1:4040", "shop")
///     .label("region", "eu")
///     .start()?;
/// // … the program …
/// drop(pushing);
/// # Ok::<(), hotlist_collect::Error>(())
/// ```
pub fn push_to_hotlist(url: &str, service: &str) -> Push {
    Push::new(Destination::Hotlist, url, service)
}

/// The same for a Pyroscope server such as `http://127.0.0.1:4040`, which shows functions only where the program finds
/// their names itself: with the feature `symbolize`.
pub fn push_to_pyroscope(url: &str, application: &str) -> Push {
    Push::new(Destination::Pyroscope, url, application)
}

impl Push {
    fn new(destination: Destination, url: &str, service: &str) -> Push {
        Push {
            destination,
            url: url.to_owned(),
            service: service.to_owned(),
            labels: Vec::new(),
            token: None,
            every: Duration::from_secs(15),
            hertz: 100,
            heap: true,
        }
    }

    /// Adds a label to all profiles.
    pub fn label(mut self, key: &str, value: &str) -> Push {
        self.labels.push((key.to_owned(), value.to_owned()));
        self
    }

    /// Requests carry `Authorization: Bearer <token>`.
    pub fn token(self, token: &str) -> Push {
        Push { token: Some(token.to_owned()), ..self }
    }

    /// How much time a profile covers: 15 seconds at first, and no less than one.
    pub fn every(self, time: Duration) -> Push {
        Push { every: time.max(Duration::from_secs(1)), ..self }
    }

    /// Samples per second of each thread's CPU time: 100 at first; 0 for no CPU profiles.
    pub fn cpu_hertz(self, hertz: u32) -> Push {
        Push { hertz, ..self }
    }

    /// Whether heap profiles are sent, which they are at first where [`Heap`](crate::Heap) is the global allocator.
    /// They show what was allocated since the last one, and what is in use.
    pub fn heap(self, is_sent: bool) -> Push {
        Push { heap: is_sent, ..self }
    }

    /// Begins. Profiles are taken and sent by a thread of the profiler, whose own work is not part of them. While the
    /// server does not answer they are kept, up to 64 of them and 16 MiB, and it is asked again after one second, two,
    /// four and so on up to a minute.
    ///
    /// # Errors
    /// When the address is not one of `http`, a name or a label cannot be sent, or there is no thread.
    pub fn start(self) -> Result<Pushing, Error> {
        let _quiet = crate::countdown::Unsampled::enter();
        let refused = |reason: &'static str| Error::Push {
            url: self.url.clone(),
            source: std::io::Error::new(std::io::ErrorKind::InvalidInput, reason),
        };
        let url = Url::parse(&self.url).map_err(refused)?;
        let target = match self.destination {
            Destination::Hotlist => hotlist_target(&self.service, &self.labels),
            Destination::Pyroscope => pyroscope_target(&self.service, &self.labels),
        };
        if self.token.as_ref().is_some_and(|token| !token.bytes().all(|byte| byte.is_ascii_graphic())) {
            return Err(refused("the token has characters that no header has"));
        }
        let plan = Plan {
            target: target.map_err(refused)?,
            has_kinds: self.destination == Destination::Hotlist,
            has_times: self.destination == Destination::Pyroscope,
            has_names: self.destination == Destination::Pyroscope,
            url,
            token: self.token,
            every: self.every,
            hertz: self.hertz,
            heap: self.heap,
        };
        let shared = Arc::new(Shared::default());
        // Before the thread runs: what is allocated from here on belongs to the first profile.
        let base = plan.heap.then(Snapshot::take);
        let thread = std::thread::Builder::new().name("hotlist-push".to_owned()).spawn({
            let shared = Arc::clone(&shared);
            move || sender::run(&plan, base, &shared)
        });
        let thread = thread.map_err(|source| Error::Push { url: self.url, source })?;
        Ok(Pushing { shared, thread: Some(thread) })
    }
}

/// Profiles are being sent. Dropping it sends what is there already, unless that takes longer than a few seconds, and
/// ends it.
#[derive(Debug)]
pub struct Pushing {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Pushing {
    /// How it goes.
    pub fn status(&self) -> PushStatus {
        self.shared.status()
    }
}

impl Drop for Pushing {
    fn drop(&mut self) {
        self.shared.stop();
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

/// How the sending of profiles goes.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
#[non_exhaustive]
pub struct PushStatus {
    /// Profiles that the server has taken.
    pub sent: u64,
    /// Profiles that wait for the server.
    pub waiting: usize,
    /// Profiles that were given up: the server refused them, or too many had to wait.
    pub dropped: u64,
    /// What went wrong last, in one line; `None` once the server has taken a profile again.
    pub failure: Option<String>,
}

/// The path and the query of a profile for a hotlist server, but for the name of its kind.
fn hotlist_target(service: &str, labels: &[(String, String)]) -> Result<String, &'static str> {
    if service.is_empty() {
        return Err("the service needs a name");
    }
    let mut target = format!("/api/v1/profiles?service={}", url::escape(service));
    for (key, value) in labels {
        if key.is_empty() {
            return Err("a label needs a name");
        }
        target.push_str(&format!("&label.{}={}", url::escape(key), url::escape(value)));
    }
    Ok(target)
}

/// The path and the query of a profile for a Pyroscope server, but for its times. Labels stand in braces behind the
/// name there, without quotes.
fn pyroscope_target(application: &str, labels: &[(String, String)]) -> Result<String, &'static str> {
    let is_plain = |text: &str| !text.is_empty() && !text.contains(['{', '}', '=', ',', '"']);
    let has_no_space = |text: &str| !text.contains(char::is_whitespace);
    if !is_plain(application) {
        return Err("the name of an application must not be empty or have one of { } = , \" in it");
    }
    if !labels.iter().all(|(key, value)| is_plain(key) && has_no_space(key) && is_plain(value)) {
        return Err("labels must not be empty or have one of { } = , \" in them");
    }
    let labels: Vec<String> = labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let name = format!("{application}{{{}}}", labels.join(","));
    Ok(format!("/ingest?format=pprof&spyName=hotlist-collect&name={}", url::escape(&name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect()
    }

    #[test]
    fn targets_carry_service_and_labels() {
        let pairs = labels(&[("region", "eu west"), ("a&b", "1/2")]);
        assert_eq!(
            hotlist_target("shop", &pairs).unwrap(),
            "/api/v1/profiles?service=shop&label.region=eu%20west&label.a%26b=1%2F2"
        );
        assert_eq!(
            pyroscope_target("shop", &pairs[..1]).unwrap(),
            "/ingest?format=pprof&spyName=hotlist-collect&name=shop%7Bregion%3Deu%20west%7D"
        );
        assert!(hotlist_target("", &[]).is_err());
        for wrong in [[("a", "b,c")], [("", "b")], [("a b", "c")], [("a", "")]] {
            assert!(pyroscope_target("shop", &labels(&wrong)).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn what_cannot_be_sent_is_refused_at_once() {
        for url in ["", "127.0.0.1:1", "https://a.example", "http://", "http://a b/", "http://a:99999"] {
            let error = push_to_hotlist(url, "shop").start().unwrap_err();
            assert!(crate::error::whole_text(&error).starts_with("cannot send profiles to"), "{error}");
        }
        assert!(push_to_pyroscope("http://127.0.0.1:1", "a{").start().is_err());
    }
}
