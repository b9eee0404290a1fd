//! Which proxy a URL is fetched through.
//!
//! The rules are those of Go's `net/http` (golang.org/x/net/http/httpproxy): `HTTP_PROXY` and
//! `HTTPS_PROXY` by the scheme of the URL, never for this machine, and not for what `NO_PROXY` lists.

use std::net::IpAddr;

use ureq::Proxy;

use crate::environment::Environment;
use crate::url::Url;

/// The proxy for a URL, `None` for a direct connection.
///
/// # Errors
/// The reason, when a proxy is set that cannot be used.
pub(crate) fn proxy_for(environment: &Environment, scheme: &str, url: &Url) -> Result<Option<Proxy>, String> {
    let is_secure = scheme == "https";
    let setting = if is_secure { &environment.https_proxy } else { &environment.http_proxy };
    let Some(setting) = setting else { return Ok(None) };
    if !is_secure && environment.is_cgi {
        return Err("refusing to use HTTP_PROXY in a CGI environment".to_string());
    }
    let (host, port) = url.host_and_port();
    let port = port.unwrap_or(if is_secure { "443" } else { "80" });
    if is_direct(environment.no_proxy.as_deref().unwrap_or_default(), host, port) {
        return Ok(None);
    }
    let address = if setting.contains("://") { setting.clone() } else { format!("http://{setting}") };
    // Go lets a SOCKS proxy look the name up; here that is another scheme.
    let address = match address.strip_prefix("socks5://") {
        Some(rest) => format!("socks5h://{rest}"),
        None => address,
    };
    Proxy::new(&address)
        .map(Some)
        .map_err(|_| "the proxy address in the environment is not valid".to_string())
}

/// Whether a host is reached without a proxy.
fn is_direct(no_proxy: &str, host: &str, port: &str) -> bool {
    let host = host.to_ascii_lowercase();
    let address = host.parse::<IpAddr>().ok();
    if host == "localhost" || address.is_some_and(|address| address.is_loopback()) {
        return true;
    }
    no_proxy.split(',').map(|entry| entry.trim().to_ascii_lowercase()).any(|entry| {
        if entry.is_empty() || entry == "*" {
            return !entry.is_empty();
        }
        if let Some((network, bits)) = entry.split_once('/') {
            let network = network.parse::<IpAddr>().ok().zip(bits.parse::<u32>().ok());
            return network
                .zip(address)
                .is_some_and(|((network, bits), address)| is_within(network, bits, address));
        }
        let (name, entry_port) = split_port(&entry);
        if entry_port.is_some_and(|entry_port| entry_port != port) {
            return false;
        }
        match (name.parse::<IpAddr>(), address) {
            (Ok(listed), Some(address)) => listed == address,
            (Ok(_), None) | (Err(_), Some(_)) => false,
            (Err(_), None) => matches_domain(name, &host),
        }
    })
}

/// `name` matches itself and what lies below it; `.name` and `*.name` only what lies below.
fn matches_domain(name: &str, host: &str) -> bool {
    let name = name.strip_prefix('*').filter(|rest| rest.starts_with('.')).unwrap_or(name);
    if name.starts_with('.') {
        host.ends_with(name)
    } else {
        !name.is_empty() && host.strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    }
}

fn split_port(entry: &str) -> (&str, Option<&str>) {
    let (name, port) = match entry.rsplit_once(':') {
        // More than one colon without brackets is an IPv6 address.
        Some((name, port)) if name.ends_with(']') || !name.contains(':') => (name, Some(port)),
        _ => (entry, None),
    };
    (name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name), port)
}

fn is_within(network: IpAddr, bits: u32, address: IpAddr) -> bool {
    let (network, address, width) = match (network, address) {
        (IpAddr::V4(network), IpAddr::V4(address)) => {
            (u128::from(network.to_bits()), u128::from(address.to_bits()), 32)
        }
        (IpAddr::V6(network), IpAddr::V6(address)) => (network.to_bits(), address.to_bits(), 128),
        _ => return false,
    };
    bits <= width && (bits == 0 || (network ^ address) >> (width - bits) == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_proxy_lists() {
        let check = |list: &str, host: &str, port: &str, expected: bool| {
            assert_eq!(is_direct(list, host, port), expected, "{list} {host}:{port}");
        };
        check("", "example.com", "80", false);
        check("", "localhost", "80", true);
        check("", "127.3.0.1", "80", true);
        check("", "::1", "80", true);
        check("*", "example.com", "80", true);
        check("foo.com", "foo.com", "80", true);
        check("foo.com", "bar.foo.com", "80", true);
        check("foo.com", "barfoo.com", "80", false);
        check(".foo.com", "foo.com", "80", false);
        check("*.foo.com", "bar.foo.com", "80", true);
        check("foo.com:81", "foo.com", "80", false);
        check(" , foo.com:80", "FOO.com", "80", true);
        check("10.0.0.0/8", "10.1.2.3", "80", true);
        check("10.0.0.0/8", "11.1.2.3", "80", false);
        check("10.0.0.0/8", "ten.com", "80", false);
        check("0.0.0.0/0", "1.2.3.4", "80", true);
        check("10.0.0.0/99", "10.0.0.0", "80", false);
        check("fe80::/10", "fe80::1", "80", true);
        check("1.2.3.4:80", "1.2.3.4", "80", true);
        check("[fd00::1]:81", "fd00::1", "80", false);
        check("fd00::1", "fd00::1", "80", true);
    }

    #[test]
    fn the_scheme_chooses_the_proxy() {
        let environment = Environment {
            http_proxy: Some("proxy:3128".into()),
            https_proxy: Some("socks5://proxy:1080".into()),
            ..Environment::default()
        };
        let check = |environment: &Environment, scheme: &str, expected: Option<&str>| {
            let url = Url::parse("http://example.com/").unwrap();
            let proxy = proxy_for(environment, scheme, &url).ok().flatten();
            assert_eq!(proxy.map(|proxy| proxy.uri().to_string()).as_deref(), expected);
        };
        check(&environment, "http", Some("http://proxy:3128/"));
        check(&environment, "https", Some("socks5h://proxy:1080/"));
        check(&Environment::default(), "http", None);
        let cgi = Environment { is_cgi: true, ..environment };
        let url = Url::parse("http://example.com/").unwrap();
        assert!(proxy_for(&cgi, "http", &url).is_err());
    }
}
