//! URLs, parsed and written as Go's `net/url` does.
//!
//! The URL that a profile came from is shown to the user and ends up in reports, and Go re-encodes it on
//! the way (query keys sorted, spaces as `+`). A browser's rules (WHATWG) would give other text, so this is
//! RFC 3986 with Go's reading of it, for the parts that a profile source needs.

use std::fmt;

use crate::percent::{FRAGMENT, ILLEGAL_IN_QUERY, PATH, QUERY, USER, decode, decode_query, encode};

/// An absolute or relative URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url {
    /// Lower case, empty when the text had none.
    scheme: String,
    user: Option<User>,
    /// `host`, `host:port` or `[v6]:port`; empty when the text had none.
    host: String,
    /// Percent-encoded.
    path: String,
    /// Percent-encoded, without the question mark.
    query: Option<String>,
    /// Percent-encoded, without the hash sign.
    fragment: Option<String>,
}

/// Name and password before the host, decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) name: Vec<u8>,
    pub(crate) password: Option<Vec<u8>>,
}

/// The part of a text that keeps it from being a URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UrlError {
    /// A control character anywhere.
    #[error("a control character in the URL")]
    Control,
    /// A colon at the very start.
    #[error("missing protocol scheme")]
    MissingScheme,
    /// `host:port/path` cannot be told from a path with a colon.
    #[error("a colon in the first part of a path")]
    ColonInPath,
    /// Text such as `scheme:rest` without slashes.
    #[error("no host after the scheme")]
    NoHost,
    /// A percent sign that two hex digits do not follow.
    #[error("invalid URL escape {0:?}")]
    Escape(String),
    /// A letter that no host name holds.
    #[error("invalid character {0:?} in host name")]
    Host(char),
    /// Brackets that do not hold an IPv6 address.
    #[error("invalid address {0:?} in brackets")]
    Brackets(String),
    /// What follows the host's colon is not a port.
    #[error("invalid port {0:?} after host")]
    Port(String),
    /// Characters that must be escaped in a name or password.
    #[error("invalid user name or password")]
    User,
    /// A scheme that is not fetched.
    #[error("unsupported protocol scheme {0:?}")]
    Scheme(String),
}

impl Url {
    /// Parses a URL or a relative reference.
    ///
    /// # Errors
    /// The text holds something that RFC 3986 forbids.
    pub fn parse(text: &str) -> Result<Url, UrlError> {
        let (text, fragment) = match text.split_once('#') {
            Some((text, fragment)) => (text, Some(fragment)),
            None => (text, None),
        };
        if text.bytes().any(|byte| byte < b' ' || byte == 0x7f) {
            return Err(UrlError::Control);
        }
        let (scheme, rest) = split_scheme(text)?;
        let (rest, query) = match rest.split_once('?') {
            Some((rest, query)) => (rest, Some(query.to_string())),
            None => (rest, None),
        };
        if !rest.starts_with('/') {
            if !scheme.is_empty() {
                return Err(UrlError::NoHost);
            }
            if rest.split('/').next().is_some_and(|first| first.contains(':')) {
                return Err(UrlError::ColonInPath);
            }
        }
        let (mut user, mut host, mut path) = (None, String::new(), rest);
        let has_authority = rest.starts_with("//") && (!scheme.is_empty() || !rest.starts_with("///"));
        if has_authority {
            let end = rest[2..].find('/').map_or(rest.len(), |slash| slash + 2);
            path = &rest[end..];
            let authority = &rest[2..end];
            let address = match authority.rsplit_once('@') {
                Some((name, address)) => {
                    user = Some(User::parse(name)?);
                    address
                }
                None => authority,
            };
            check_host(address)?;
            host = address.to_string();
        }
        Ok(Url {
            scheme: scheme.to_ascii_lowercase(),
            user,
            host,
            path: PATH.canonical(path)?,
            query,
            fragment: match fragment {
                Some(fragment) if !fragment.is_empty() => Some(FRAGMENT.canonical(fragment)?),
                _ => None,
            },
        })
    }

    /// The scheme in lower case, empty for a relative reference.
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// Host and port as written, empty for a relative reference.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The host alone, without brackets, and the port if one is written.
    pub(crate) fn host_and_port(&self) -> (&str, Option<&str>) {
        let (host, port) = match self.host.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => (host, Some(port)),
            _ => (self.host.as_str(), None),
        };
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        (bare, port.filter(|port| !port.is_empty()))
    }

    pub(crate) fn user(&self) -> Option<&User> {
        self.user.as_ref()
    }

    /// Whether the path is missing or just a slash, as it is when a server is named and nothing on it.
    pub fn is_bare(&self) -> bool {
        matches!(decode(&self.path).as_deref(), Ok(b"" | b"/"))
    }

    /// Replaces the path, given in its encoded form.
    pub(crate) fn set_path(&mut self, path: &str) {
        self.path = path.to_string();
    }

    /// The query's pairs, decoded; parts that cannot be decoded are left out.
    pub(crate) fn query_pairs(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        let parts = self.query.as_deref().unwrap_or_default().split('&');
        parts
            .filter(|part| !part.is_empty() && !part.contains(';'))
            .filter_map(|part| {
                let (key, value) = part.split_once('=').unwrap_or((part, ""));
                Some((decode_query(key).ok()?, decode_query(value).ok()?))
            })
            .collect()
    }

    /// Replaces the query by these pairs, sorted by key; an empty `?` at the end survives as in Go.
    pub(crate) fn set_query(&mut self, mut pairs: Vec<(Vec<u8>, Vec<u8>)>) {
        pairs.sort_by(|left, right| left.0.cmp(&right.0));
        let parts: Vec<String> = pairs
            .iter()
            .map(|(key, value)| format!("{}={}", encode(key, QUERY), encode(value, QUERY)))
            .collect();
        let text = parts.join("&").replace("%20", "+");
        let keeps_mark = self.query.as_deref() == Some("");
        self.query = (keeps_mark || !text.is_empty()).then_some(text);
    }

    /// The URL that a reference found at this URL means (RFC 3986 section 5.2), for redirects.
    ///
    /// # Errors
    /// The reference is not a URL.
    pub fn join(&self, reference: &str) -> Result<Url, UrlError> {
        let mut joined = Url::parse(reference)?;
        if joined.fragment.is_none() {
            joined.fragment.clone_from(&self.fragment);
        }
        if !joined.scheme.is_empty() || !joined.host.is_empty() {
            if joined.scheme.is_empty() {
                joined.scheme.clone_from(&self.scheme);
            }
            joined.path = without_dots(&joined.path);
            return Ok(joined);
        }
        joined.scheme.clone_from(&self.scheme);
        joined.user.clone_from(&self.user);
        joined.host.clone_from(&self.host);
        if joined.path.is_empty() {
            joined.path.clone_from(&self.path);
            if joined.query.is_none() {
                joined.query.clone_from(&self.query);
            }
        } else if !joined.path.starts_with('/') {
            let folder = self.path.rfind('/').map_or("/", |slash| &self.path[..=slash]);
            joined.path = without_dots(&format!("{folder}{}", joined.path));
        } else {
            joined.path = without_dots(&joined.path);
        }
        Ok(joined)
    }

    /// Where the server of a profile at this URL tells the names of functions, by the rules of pprof: beside
    /// the profiles of Go and gperftools it is called `symbol`, elsewhere `symbolz`.
    ///
    /// ```
    /// use hotlist_fetch::Url;
    ///
    /// let symbols = |url| Url::parse(url).unwrap().symbolz().to_string();
    /// assert_eq!(symbols("http://h/debug/pprof/heap?seconds=1"), "http://h/debug/pprof/symbol");
    /// assert_eq!(symbols("http://h:80/pprof/growth"), "http://h:80/pprof/symbol");
    /// assert_eq!(symbols("http://h/profilez"), "http://h/symbolz");
    /// ```
    pub fn symbolz(&self) -> Url {
        const BESIDE: [&str; 5] =
            ["/pprof/heap", "/pprof/growth", "/pprof/profile", "/pprof/pmuprofile", "/pprof/contention"];
        let is_beside =
            self.path.contains("/debug/pprof/") || BESIDE.iter().any(|suffix| self.path.ends_with(suffix));
        let mut url = self.clone();
        let folder = self.path.trim_end_matches('/').rsplit_once('/').map_or("", |(folder, _)| folder);
        let name = if is_beside { "symbol" } else { "symbolz" };
        url.path = without_dots(&format!("{folder}/{name}"));
        url.query = None;
        url
    }

    /// The same with `query` behind the question mark, as it is.
    #[must_use]
    pub fn with_query(&self, query: &str) -> Url {
        Url { query: Some(query.to_owned()), ..self.clone() }
    }

    /// The same with these pairs as its query.
    #[must_use]
    pub fn with_parameters(&self, pairs: &[(&str, &str)]) -> Url {
        let part = |(key, value): &(&str, &str)| {
            format!("{}={}", encode(key.as_bytes(), QUERY), encode(value.as_bytes(), QUERY))
        };
        self.with_query(&pairs.iter().map(part).collect::<Vec<_>>().join("&"))
    }

    /// What is asked of the server: scheme, host, path and query, without user and fragment.
    pub(crate) fn request_text(&self, scheme: &str) -> String {
        let host = self.host.strip_suffix(':').unwrap_or(&self.host);
        let path = if self.path.is_empty() { "/" } else { &self.path };
        match &self.query {
            Some(query) => format!("{scheme}://{host}{path}?{}", encode(query.as_bytes(), ILLEGAL_IN_QUERY)),
            None => format!("{scheme}://{host}{path}"),
        }
    }

    /// The URL with the password, if any, replaced by `xxxxx`, for showing.
    pub fn redacted(&self) -> String {
        let mut shown = self.clone();
        if let Some(User { password: Some(password), .. }) = &mut shown.user {
            *password = b"xxxxx".to_vec();
        }
        shown.to_string()
    }
}

impl fmt::Display for Url {
    fn fmt(&self, text: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.scheme.is_empty() {
            write!(text, "{}:", self.scheme)?;
        }
        if !self.scheme.is_empty() || !self.host.is_empty() {
            text.write_str("//")?;
        }
        if let Some(user) = &self.user {
            text.write_str(&encode(&user.name, USER))?;
            if let Some(password) = &user.password {
                write!(text, ":{}", encode(password, USER))?;
            }
            text.write_str("@")?;
        }
        text.write_str(&self.host)?;
        text.write_str(&self.path)?;
        if let Some(query) = &self.query {
            write!(text, "?{query}")?;
        }
        match &self.fragment {
            Some(fragment) => write!(text, "#{fragment}"),
            None => Ok(()),
        }
    }
}

impl User {
    fn parse(text: &str) -> Result<User, UrlError> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(&byte);
        if !text.bytes().all(allowed) {
            return Err(UrlError::User);
        }
        Ok(match text.split_once(':') {
            Some((name, password)) => User { name: decode(name)?, password: Some(decode(password)?) },
            None => User { name: decode(text)?, password: None },
        })
    }
}

/// Splits `scheme:rest`; text that does not start with a scheme is all rest.
fn split_scheme(text: &str) -> Result<(&str, &str), UrlError> {
    let end = text.find(|letter: char| !letter.is_ascii_alphanumeric() && !"+-.".contains(letter));
    match end {
        Some(end) if text[end..].starts_with(':') => match text.chars().next() {
            Some(':') => Err(UrlError::MissingScheme),
            Some(first) if first.is_ascii_alphabetic() => Ok((&text[..end], &text[end + 1..])),
            _ => Ok(("", text)),
        },
        _ => Ok(("", text)),
    }
}

fn check_host(host: &str) -> Result<(), UrlError> {
    let port = if let Some(inner) = host.strip_prefix('[') {
        let (address, port) = inner.rsplit_once(']').ok_or_else(|| UrlError::Brackets(inner.to_string()))?;
        if address.parse::<std::net::Ipv6Addr>().is_err() {
            return Err(UrlError::Brackets(address.to_string()));
        }
        port
    } else {
        let (name, port) = host.split_at(host.find(':').unwrap_or(host.len()));
        let allowed = |letter: char| letter.is_ascii_alphanumeric() || "-_.~!$&'()*+,;=".contains(letter);
        if let Some(wrong) = name.chars().find(|&letter| !allowed(letter)) {
            return Err(UrlError::Host(wrong));
        }
        port
    };
    let is_port = match port.strip_prefix(':') {
        Some("") => true,
        Some(digits) => digits.bytes().all(|byte| byte.is_ascii_digit()) && digits.parse::<u16>().is_ok(),
        None => port.is_empty(),
    };
    if is_port { Ok(()) } else { Err(UrlError::Port(port.to_string())) }
}

/// Removes `.` and `..` from an absolute path (RFC 3986 section 5.2.4).
fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let parts: Vec<&str> = path.strip_prefix('/').unwrap_or(path).split('/').collect();
    for (index, part) in parts.iter().enumerate() {
        let is_last = index + 1 == parts.len();
        match *part {
            "." | ".." => {
                if *part == ".." {
                    kept.pop();
                }
                if is_last {
                    kept.push("");
                }
            }
            part => kept.push(part),
        }
    }
    if path.is_empty() { String::new() } else { format!("/{}", kept.join("/")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_and_writes_again() {
        let check = |text: &str, expected: &str| {
            assert_eq!(Url::parse(text).map(|url| url.to_string()).as_deref(), Ok(expected), "{text}");
        };
        check("http://localhost:1/a b", "http://localhost:1/a%20b");
        check("HTTP://LOCALHOST:1/X", "http://LOCALHOST:1/X");
        check("http://h/a%2fb(c)[d]", "http://h/a%2fb(c)[d]");
        check("http://h/é%2f", "http://h/%C3%A9/");
        check("http://[::1]:80/x#a b", "http://[::1]:80/x#a%20b");
        check("http://us%40er:p%3Aw@h/", "http://us%40er:p%3Aw@h/");
        check("//h/x", "//h/x");
        check("file:///x", "file:///x");
        check("http://h/?", "http://h/?");
    }

    #[test]
    fn refuses_what_is_no_url() {
        let check = |text: &str, expected: UrlError| assert_eq!(Url::parse(text), Err(expected), "{text}");
        check("http://h/\n", UrlError::Control);
        check(":foo", UrlError::MissingScheme);
        check("127.0.0.1:80/x", UrlError::ColonInPath);
        check("localhost:80/x", UrlError::NoHost);
        check("http://h/%zz", UrlError::Escape("%zz".into()));
        check("http://h/%a", UrlError::Escape("%a".into()));
        check("http://a b/", UrlError::Host(' '));
        check("http://[1.2.3.4]/", UrlError::Brackets("1.2.3.4".into()));
        check("http://h:99999/", UrlError::Port(":99999".into()));
        check("http://h:1:2/", UrlError::Port(":1:2".into()));
        check("http://a b@h/", UrlError::User);
    }

    #[test]
    fn joins_as_in_rfc_3986() {
        let check = |base: &str, reference: &str, expected: &str| {
            let joined = Url::parse(base).and_then(|url| url.join(reference));
            assert_eq!(joined.map(|url| url.to_string()).as_deref(), Ok(expected), "{base} + {reference}");
        };
        check("http://h/a/b?q", "/x", "http://h/x");
        check("http://h/a/b?q", "c", "http://h/a/c");
        check("http://h/a/b/c", "../d", "http://h/a/d");
        check("http://h/a", "../../..", "http://h/");
        check("http://h/a?q", "?r", "http://h/a?r");
        check("http://h/a?q", "", "http://h/a?q");
        check("https://h/a", "//other/x", "https://other/x");
        check("http://h/a", "https://other/x/../y", "https://other/y");
        check("http://h", "x", "http://h/x");
        check("http://u:p@h/a", "/x", "http://u:p@h/x");
    }

    #[test]
    fn parameters_are_encoded() {
        let url =
            Url::parse("http://h/q?x").unwrap().with_parameters(&[("q", "a{b=\"c&d\"}"), ("from", "-1h")]);
        assert_eq!(url.to_string(), "http://h/q?q=a%7Bb%3D%22c%26d%22%7D&from=-1h");
    }

    #[test]
    fn servers_are_asked_in_legal_queries() {
        let url = Url::parse("http://h/q?q=cpu{service=\"a b\"}&x=%22+1").unwrap();
        assert_eq!(url.request_text("http"), "http://h/q?q=cpu%7Bservice=%22a%20b%22%7D&x=%22+1");
    }

    #[test]
    fn passwords_are_hidden_when_shown() {
        assert_eq!(Url::parse("http://u:secret@h/").unwrap().redacted(), "http://u:xxxxx@h/");
    }
}
