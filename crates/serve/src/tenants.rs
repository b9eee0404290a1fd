//! Whose requests these are: tokens and the tenants that they stand for.

use std::path::{Path, PathBuf};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hotlist_store::Tenant;
use hyper::header::{AUTHORIZATION, HeaderMap};
use thiserror::Error;

use crate::failure::Failure;

/// The tokens that are let in.
#[derive(Debug, Default)]
pub struct Tenants {
    /// Empty where no token is asked for.
    tokens: Vec<(String, Tenant)>,
}

/// Why a file of tokens cannot be used.
#[derive(Debug, Error)]
pub enum TokenFileError {
    /// It cannot be read.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A line is not a token and a tenant.
    #[error("{}:{line}: {reason}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The number of the line.
        line: usize,
        /// What is wrong.
        reason: &'static str,
    },
}

/// The fewest characters of a token.
const SHORTEST: usize = 8;

impl Tenants {
    /// Reads a file with a token and a tenant in each line. Empty lines and those that begin with `#` say nothing; a
    /// token without a tenant stands for the tenant `default`.
    ///
    /// # Errors
    /// When the file cannot be read, has no token, or a line is none.
    pub fn read(path: &Path) -> Result<Tenants, TokenFileError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| TokenFileError::File { path: path.to_owned(), source })?;
        Tenants::parse(&text).map_err(|(line, reason)| TokenFileError::Line {
            path: path.to_owned(),
            line,
            reason,
        })
    }

    fn parse(text: &str) -> Result<Tenants, (usize, &'static str)> {
        let mut tokens: Vec<(String, Tenant)> = Vec::new();
        for (number, line) in (1..).zip(text.lines()) {
            let mut words = line.split_whitespace();
            let Some(token) = words.next().filter(|word| !word.starts_with('#')) else { continue };
            let tenant = words.next().map_or(Some(Tenant::default()), Tenant::new);
            let tenant = tenant.ok_or((number, "a tenant is 1 to 64 letters, digits, - and _"))?;
            if words.next().is_some() {
                return Err((number, "a line is a token and a tenant"));
            }
            if token.len() < SHORTEST {
                return Err((number, "a token has at least 8 characters"));
            }
            if tokens.iter().any(|(other, _)| other == token) {
                return Err((number, "the token is there already"));
            }
            tokens.push((token.to_owned(), tenant));
        }
        // Otherwise an empty file would let all in.
        if tokens.is_empty() { Err((1, "there is no token")) } else { Ok(Tenants { tokens }) }
    }

    /// Whether requests need a token.
    pub(crate) fn are_asked_for(&self) -> bool {
        !self.tokens.is_empty()
    }

    /// Whose request this is: `Authorization: Bearer TOKEN`, or the token as the password of `Basic`.
    ///
    /// # Errors
    /// Without a token, with one that is not known, and when the request names another tenant.
    pub(crate) fn of(&self, headers: &HeaderMap) -> Result<Tenant, Failure> {
        if self.tokens.is_empty() {
            return Ok(Tenant::default());
        }
        let value =
            headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).ok_or(Failure::NoToken)?;
        let given = given_token(value).ok_or(Failure::NoToken)?;
        // All are compared, each in a time that does not tell where it differs.
        let mut found = None;
        for (token, tenant) in &self.tokens {
            if same(token.as_bytes(), given.as_bytes()) {
                found = Some(tenant);
            }
        }
        let tenant = found.ok_or_else(|| Failure::Forbidden("the token is not known here".to_owned()))?;
        // What Pyroscope's clients call a tenant.
        let named = headers.get("x-scope-orgid").map(|value| value.as_bytes());
        if named.is_some_and(|named| named != tenant.as_str().as_bytes()) {
            return Err(Failure::Forbidden("the token is not one of the tenant of X-Scope-OrgID".to_owned()));
        }
        Ok(tenant.clone())
    }
}

fn given_token(value: &str) -> Option<String> {
    let (scheme, rest) = value.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(rest.trim().to_owned());
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let pair = String::from_utf8(BASE64_STANDARD.decode(rest.trim()).ok()?).ok()?;
    Some(pair.split_once(':')?.1.to_owned())
}

fn same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && one.iter().zip(other).fold(0, |diff, (a, b)| diff | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(tenants: &Tenants, headers: &[(&'static str, &str)], expected: Result<&str, u16>) {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().unwrap());
        }
        let got = tenants.of(&map);
        let got = got.as_ref().map(Tenant::as_str).map_err(|failure| failure.status().as_u16());
        assert_eq!(got, expected, "{headers:?}");
    }

    #[test]
    fn a_token_opens_one_tenant() {
        let tenants = Tenants::parse("# ours\nsecret-one a\n\nsecret-two b\nsecret-three\n").unwrap();
        check(&tenants, &[("authorization", "Bearer secret-one")], Ok("a"));
        check(&tenants, &[("authorization", "bearer secret-three")], Ok("default"));
        let basic = format!("Basic {}", BASE64_STANDARD.encode("any:secret-two"));
        check(&tenants, &[("authorization", &basic)], Ok("b"));
        check(&tenants, &[], Err(401));
        check(&tenants, &[("authorization", "Digest x")], Err(401));
        check(&tenants, &[("authorization", "Bearer secret-on")], Err(403));
        check(&tenants, &[("authorization", "Bearer ")], Err(403));
        check(&tenants, &[("authorization", "Bearer secret-one"), ("x-scope-orgid", "b")], Err(403));
        check(&tenants, &[("authorization", "Bearer secret-one"), ("x-scope-orgid", "a")], Ok("a"));
        check(&Tenants::default(), &[("authorization", "Bearer x")], Ok("default"));
    }

    #[test]
    fn files_that_are_wrong_name_the_line() {
        for (text, line) in [
            ("", 1),
            ("# nothing\n", 1),
            ("short a\n", 1),
            ("long-enough a\nlong-enough b\n", 2),
            ("long-enough ../b\n", 1),
            ("long-enough a b\n", 1),
        ] {
            assert_eq!(Tenants::parse(text).map(|_| ()).map_err(|(line, _)| line), Err(line), "{text:?}");
        }
    }
}
