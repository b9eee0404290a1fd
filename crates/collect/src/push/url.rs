//! The address of a server.

/// An address of the scheme `http`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Url {
    /// Name or number of the server and its port, as `ToSocketAddrs` takes them.
    pub(super) server: String,
    /// The same as the header `Host` has it.
    pub(super) host: String,
    /// What stands in front of every path; without a slash at its end.
    pub(super) prefix: String,
}

impl Url {
    /// Reads `http://server`, `http://server:port/path`.
    pub(super) fn parse(text: &str) -> Result<Url, &'static str> {
        if text.starts_with("https://") {
            return Err("https is not spoken here; use a proxy on this machine");
        }
        let rest = text.strip_prefix("http://").ok_or("the address does not begin with http://")?;
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        if path.contains(['?', '#']) || host.contains(['?', '#', '@']) {
            return Err("the address has more than a server, a port and a path");
        }
        let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic());
        if host.is_empty() || !is_plain(host) || !is_plain(path) {
            return Err("the address has no server, or characters that no address has");
        }
        let port = match host.rsplit_once(':') {
            // The colons inside of the brackets of an IPv6 address are no port.
            Some((_, port)) if !port.ends_with(']') => {
                Some(port.parse::<u16>().map_err(|_not_a_port| "the port is not a number below 65536")?)
            }
            _ => None,
        };
        let server = if port.is_some() { host.to_owned() } else { format!("{host}:80") };
        let path = path.trim_end_matches('/');
        let prefix = if path.is_empty() { String::new() } else { format!("/{path}") };
        Ok(Url { server, host: host.to_owned(), prefix })
    }
}

/// A text as part of a query (RFC 3986, 2.1).
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for &byte in text.as_bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_a_server_and_maybe_a_port_and_a_path() {
        let check = |text: &str, server: &str, prefix: &str| {
            let url = Url::parse(text).unwrap();
            assert_eq!((&*url.server, &*url.prefix), (server, prefix), "{text}");
        };
        check("http://a.example", "a.example:80", "");
        check("http://a.example:4040/", "a.example:4040", "");
        check("http://127.0.0.1:1/b/c/", "127.0.0.1:1", "/b/c");
        check("http://[::1]", "[::1]:80", "");
        check("http://[::1]:4040", "[::1]:4040", "");
        for wrong in ["http://a?b", "http://a/b?c", "http://u@a", "http://a:b", "http://a\r\nb", "ftp://a"] {
            assert!(Url::parse(wrong).is_err(), "{wrong}");
        }
    }
}
