//! What is asked for, independent of how it is carried.

use std::time::Duration;

use super::reply::Reply;

/// The longest time that is waited.
const LONGEST: u64 = 300;

/// A parsed request.
#[derive(Clone, Debug, Default)]
pub(crate) struct ProfileRequest {
    /// The method, in capitals.
    pub(crate) method: String,
    /// The path of the target, without its query.
    pub(crate) path: String,
    /// The query, without the question mark.
    pub(crate) query: String,
    /// The value of the header of that name.
    pub(crate) authorization: Option<String>,
    /// The host that the client believes it talks to, where the built-in server asks.
    pub(crate) host: Option<String>,
    /// The body, of which only `symbol` makes use.
    pub(crate) body: Vec<u8>,
}

impl ProfileRequest {
    /// The value of a key of the query. Go's rule: the first one counts.
    pub(super) fn parameter(&self, key: &str) -> Option<&str> {
        let pairs = self.query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        pairs.into_iter().find(|(name, _)| *name == key).map(|(_, value)| value)
    }

    /// Which text form is wanted, 0 for none. What is not a number counts as 0, as in Go.
    pub(super) fn debug(&self) -> i64 {
        self.parameter("debug").and_then(|value| value.parse().ok()).unwrap_or(0)
    }

    /// Whether names are to be looked up here.
    pub(super) fn wants_symbols(&self) -> bool {
        self.parameter("symbolize").is_some_and(|value| !matches!(value, "" | "0" | "false" | "none"))
    }

    /// The time of a difference; `None` when there is no such parameter.
    pub(super) fn seconds(&self) -> Result<Option<Duration>, Reply> {
        let Some(text) = self.parameter("seconds").filter(|text| !text.is_empty()) else { return Ok(None) };
        let Some(seconds) = positive(text) else {
            return Err(Reply::error(400, "invalid value for \"seconds\" - must be a positive integer"));
        };
        if self.debug() != 0 {
            return Err(Reply::error(400, "seconds and debug params are incompatible"));
        }
        Ok(Some(seconds))
    }

    /// The time of a capture: 30 seconds when the parameter is missing or no positive number, as in Go.
    pub(super) fn capture_time(&self) -> Duration {
        self.parameter("seconds").and_then(positive).unwrap_or(Duration::from_secs(30))
    }
}

/// A positive number of seconds, at most [`LONGEST`]. Any number of digits is a number, so that a huge one
/// is shortened and not refused.
fn positive(text: &str) -> Option<Duration> {
    let digits = text.strip_prefix('+').unwrap_or(text);
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    let is_positive = is_number && digits.bytes().any(|byte| byte != b'0');
    is_positive.then(|| Duration::from_secs(digits.parse().unwrap_or(LONGEST).min(LONGEST)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(query: &str) -> ProfileRequest {
        ProfileRequest { query: query.to_owned(), ..ProfileRequest::default() }
    }

    #[test]
    fn seconds_are_positive_and_not_endless() {
        let seconds = |query: &str| request(query).seconds().map_err(|answer| answer.status);
        assert_eq!(seconds(""), Ok(None));
        assert_eq!(seconds("seconds="), Ok(None));
        assert_eq!(seconds("seconds=5&seconds=7"), Ok(Some(Duration::from_secs(5))));
        assert_eq!(seconds(&format!("seconds={}", "9".repeat(400))), Ok(Some(Duration::from_secs(300))));
        for wrong in ["0", "-1", "x", "1.5", "000", "%31"] {
            assert_eq!(seconds(&format!("seconds={wrong}")), Err(400), "{wrong}");
            assert_eq!(request(&format!("seconds={wrong}")).capture_time(), Duration::from_secs(30));
        }
        assert_eq!(seconds("debug=1&seconds=1"), Err(400));
        assert_eq!(request("seconds=2").capture_time(), Duration::from_secs(2));
    }

    #[test]
    fn debug_is_a_number_or_nothing() {
        let debug = |query: &str| request(query).debug();
        assert_eq!([debug("debug=1"), debug("debug=x"), debug(""), debug("debug=-1")], [1, 0, 0, -1]);
    }
}
