//! Where to listen, and which `Host` headers mean that place.

use std::net::{IpAddr, SocketAddr};

use thiserror::Error;

/// `[host]:[port]` as typed. Without a host it is `localhost`, without a port the system chooses one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// Host name or IP address, without brackets.
    pub host: String,
    /// The port; 0 lets the system choose.
    pub port: u16,
}

/// Why an address is none.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum AddressError {
    /// No colon before a port.
    #[error("could not split http address {0:?}: missing port in address (write host:port, or :port)")]
    NoPort(String),
    /// Something else than a number up to 65535 after the colon.
    #[error("invalid port number {0:?}")]
    Port(String),
    /// A host that cannot be one.
    #[error("invalid host {0:?}")]
    Host(String),
}

impl std::str::FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Address, AddressError> {
        let (host, port) = text.rsplit_once(':').ok_or_else(|| AddressError::NoPort(text.to_owned()))?;
        let port = match port {
            "" => 0,
            port => port.parse().map_err(|_| AddressError::Port(port.to_owned()))?,
        };
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let wrong = || AddressError::Host(host.to_owned());
        let host = match (host, bare) {
            ("", _) => "localhost",
            (_, Some(bare)) if bare.parse::<IpAddr>().is_ok() => bare,
            (host, None) if !host.contains([':', '/', '[', ']', '@', ' ']) => host,
            _ => return Err(wrong()),
        };
        Ok(Address { host: host.to_owned(), port })
    }
}

/// The `Host` headers that name a server.
///
/// A web site can give its own name the address of this machine (DNS rebinding) and then talk to the server
/// as if it was the site; what gives it away is the name in this header.
#[derive(Debug, Clone)]
pub struct Hosts {
    names: Vec<String>,
    /// Any IP address will do: the server listens at all of the machine.
    any_address: bool,
    port: u16,
}

impl Hosts {
    /// The headers that mean `bound`, which is what became of `address`.
    pub fn new(address: &Address, bound: SocketAddr) -> Hosts {
        let mut names = vec![address.host.to_ascii_lowercase(), bound.ip().to_string()];
        let any_address = bound.ip().is_unspecified();
        if bound.ip().is_loopback() || any_address {
            names.extend(["localhost", "127.0.0.1", "::1"].map(str::to_owned));
        }
        Hosts { names, any_address, port: bound.port() }
    }

    /// Lets requests in that call the server by one more name.
    pub fn add(&mut self, name: &str) {
        self.names.push(name.to_ascii_lowercase());
    }

    /// Whether a request with this header is meant for the server.
    pub fn allows(&self, header: &str) -> bool {
        let (host, port) = match header.rsplit_once(':') {
            Some((host, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => {
                (host, port.parse().ok())
            }
            _ => (header, Some(80)),
        };
        let host = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
            Some(bare) => bare,
            None if host.contains(':') => return false,
            None => host,
        };
        let known = self.names.iter().any(|name| name.eq_ignore_ascii_case(host));
        port == Some(self.port) && (known || (self.any_address && host.parse::<IpAddr>().is_ok()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Result<(&str, u16), ()>) {
        let parsed = text.parse::<Address>();
        let got = parsed.as_ref().map(|address| (address.host.as_str(), address.port)).map_err(|_| ());
        assert_eq!(got, expected, "{text}");
    }

    #[test]
    fn addresses() {
        check(":", Ok(("localhost", 0)));
        check(":8080", Ok(("localhost", 8080)));
        check("0.0.0.0:80", Ok(("0.0.0.0", 80)));
        check("[::1]:80", Ok(("::1", 80)));
        check("example.com:", Ok(("example.com", 0)));
        for wrong in ["", "8080", "localhost", "::1:80x", ":http", ":65536", "[x]:1", "a/b:1", "::1:80"] {
            check(wrong, Err(()));
        }
    }

    fn hosts(address: &str, bound: &str) -> Hosts {
        Hosts::new(&address.parse().unwrap(), bound.parse().unwrap())
    }

    #[test]
    fn only_the_own_names_are_let_in() {
        let local = hosts(":8080", "127.0.0.1:8080");
        for good in ["localhost:8080", "LOCALHOST:8080", "127.0.0.1:8080", "[::1]:8080"] {
            assert!(local.allows(good), "{good}");
        }
        for bad in [
            "",
            "localhost",
            "localhost:8081",
            "evil.example:8080",
            "localhost.evil.example:8080",
            "10.0.0.1:8080",
            "::1:8080",
            "localhost:8080@evil",
            "localhost:+8080",
        ] {
            assert!(!local.allows(bad), "{bad}");
        }
        assert!(hosts("localhost:80", "127.0.0.1:80").allows("localhost"));
        let all = hosts("0.0.0.0:8080", "0.0.0.0:8080");
        assert!(all.allows("10.0.0.1:8080") && all.allows("localhost:8080"));
        assert!(!all.allows("evil.example:8080"));
        let named = hosts("profiles.test:1", "10.0.0.7:1");
        assert!(
            named.allows("profiles.test:1") && named.allows("10.0.0.7:1") && !named.allows("localhost:1")
        );
    }
}
