//! What a request must be before it is answered.

use hyper::header::{HOST, HeaderMap, HeaderName, ORIGIN};
use hyper::{Method, StatusCode, Uri};

use crate::address::Hosts;
use crate::response::Answer;

/// The header with the token.
pub(crate) const TOKEN: HeaderName = HeaderName::from_static("x-hotlist-token");
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");

/// Checks requests.
#[derive(Debug)]
pub(crate) struct Guard {
    hosts: Hosts,
    token: String,
}

impl Guard {
    /// A guard with a new token.
    ///
    /// # Errors
    /// When the system has no random numbers.
    pub(crate) fn new(hosts: Hosts) -> std::io::Result<Guard> {
        let mut bytes = [0u8; 16];
        getrandom::fill(&mut bytes).map_err(std::io::Error::other)?;
        Ok(Guard { hosts, token: bytes.iter().map(|byte| format!("{byte:02x}")).collect() })
    }

    /// What the page must send with each change.
    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    /// Refuses a request that must not be answered.
    pub(crate) fn check(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<(), Box<Answer>> {
        let text = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
        let refuse = |why: &str| Err(Box::new(Answer::error(StatusCode::FORBIDDEN, why)));
        let several = headers.get_all(HOST).iter().count() > 1;
        // A request line may name a host too, and then that one counts.
        let host = uri.authority().map(|authority| authority.as_str()).or_else(|| text(&HOST));
        if several || !host.is_some_and(|host| self.hosts.allows(host)) {
            return refuse("the Host header is not the address of this server");
        }
        // Browsers say where a request comes from. A link from elsewhere may open the page, no more.
        if matches!(text(&FETCH_SITE), Some("cross-site" | "same-site"))
            && text(&FETCH_MODE) != Some("navigate")
        {
            return refuse("the request comes from another site");
        }
        match *method {
            Method::GET | Method::HEAD => Ok(()),
            Method::POST => {
                let own = text(&ORIGIN).is_none_or(|origin| {
                    origin.strip_prefix("http://").is_some_and(|host| self.hosts.allows(host))
                });
                let known = text(&TOKEN).is_some_and(|token| same(token, &self.token));
                if own && known { Ok(()) } else { refuse("the token of the page is missing or wrong") }
            }
            _ => Err(Box::new(Answer::error(
                StatusCode::METHOD_NOT_ALLOWED,
                "only GET, HEAD and POST are answered",
            ))),
        }
    }
}

/// Equality in a time that does not tell where the texts differ.
fn same(one: &str, other: &str) -> bool {
    one.len() == other.len() && one.bytes().zip(other.bytes()).fold(0, |diff, (a, b)| diff | (a ^ b)) == 0
}
