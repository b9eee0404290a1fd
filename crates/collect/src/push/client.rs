//! One request to a server, without more of HTTP than that needs.

use std::io::{Error, ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

use super::url::Url;

/// More of an answer is not read.
const LONGEST_ANSWER: u64 = 64 << 10;

/// What a server says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Answer {
    /// The status code.
    pub(super) status: u16,
    /// How long it asks to be left alone.
    pub(super) retry_after: Option<Duration>,
    /// The first line of what it says in words.
    pub(super) text: String,
}

/// Sends a profile; `time` is for all of it.
pub(super) fn post(
    url: &Url,
    target: &str,
    token: Option<&str>,
    body: &[u8],
    time: Duration,
) -> std::io::Result<Answer> {
    let end = Instant::now() + time;
    let left = || {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(Error::from(ErrorKind::TimedOut)) } else { Ok(left) }
    };
    let mut failed = Error::new(ErrorKind::NotFound, "the server has no address");
    let mut connected = None;
    for address in url.server.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, left()?) {
            Ok(stream) => {
                connected = Some(stream);
                break;
            }
            Err(error) => failed = error,
        }
    }
    let Some(mut stream) = connected else { return Err(failed) };
    let mut request = format!(
        "POST {}{target} HTTP/1.1\r\nHost: {}\r\nUser-Agent: hotlist-collect/{}\r\n\
         Content-Type: application/octet-stream\r\nContent-Length: {}\r\nConnection: close\r\n",
        url.prefix,
        url.host,
        env!("CARGO_PKG_VERSION"),
        body.len()
    );
    if let Some(token) = token {
        request.push_str(&format!("Authorization: Bearer {token}\r\n"));
    }
    request.push_str("\r\n");
    for mut part in [request.as_bytes(), body] {
        while !part.is_empty() {
            stream.set_write_timeout(Some(left()?))?;
            match stream.write(part) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(count) => part = &part[count..],
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // It may have answered before it read all, as where a profile is too large.
                Err(_) => break,
            }
        }
    }
    let mut answer = Vec::new();
    let mut limited = (&stream).take(LONGEST_ANSWER);
    let mut some = [0; 4096];
    loop {
        stream.set_read_timeout(Some(left()?))?;
        match limited.read(&mut some) {
            Ok(0) => break,
            Ok(count) => answer.extend_from_slice(&some[..count]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if answer.is_empty() => return Err(error),
            Err(_) => break,
        }
        if is_whole(&answer) {
            break;
        }
    }
    parse(&answer).ok_or_else(|| Error::new(ErrorKind::InvalidData, "the answer is not one of HTTP"))
}

/// The head of an answer and what follows it.
fn split(answer: &[u8]) -> Option<(String, &[u8])> {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
    Some((String::from_utf8_lossy(&answer[..end]).into_owned(), &answer[end + 4..]))
}

fn header<'a>(head: &'a str, wanted: &str) -> Option<&'a str> {
    let headers = head.split("\r\n").skip(1).filter_map(|line| line.split_once(':'));
    headers.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.trim())
}

/// Whether nothing more will come, where the answer says how long it is; the server may keep the connection.
fn is_whole(answer: &[u8]) -> bool {
    let Some((head, body)) = split(answer) else { return false };
    let length = header(&head, "content-length").and_then(|length| length.parse::<usize>().ok());
    length.is_some_and(|length| body.len() >= length)
}

fn parse(answer: &[u8]) -> Option<Answer> {
    let (head, body) = split(answer)?;
    let mut words = head.split([' ', '\r']);
    words.next().filter(|version| version.starts_with("HTTP/1."))?;
    let status = words.next()?.parse().ok().filter(|status| (100..1000).contains(status))?;
    let retry_after =
        header(&head, "retry-after").and_then(|text| text.parse().ok()).map(Duration::from_secs);
    let text = String::from_utf8_lossy(body);
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    // It goes to logs: no control characters, and not too much.
    let text = line.chars().filter(|letter| !letter.is_control()).take(200).collect();
    Some(Answer { status, retry_after, text })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_have_a_status_and_maybe_more() {
        let plain = |status, text: &str| Some(Answer { status, retry_after: None, text: text.to_owned() });
        assert_eq!(parse(b"HTTP/1.1 200 OK\r\n\r\n"), plain(200, ""));
        assert_eq!(parse(b"HTTP/1.0 422\r\nA: b\r\n\r\n\n no \x1b[1mgood\nmore"), plain(422, "no [1mgood"));
        let busy = parse(b"HTTP/1.1 429 Too Many\r\nretry-AFTER: 7\r\n\r\n").unwrap();
        assert_eq!((busy.status, busy.retry_after), (429, Some(Duration::from_secs(7))));
        for wrong in
            ["", "HTTP/1.1 200 OK\r\n", "SSH-2.0\r\n\r\n", "HTTP/1.1 ok\r\n\r\n", "HTTP/1.1 9\r\n\r\n"]
        {
            assert_eq!(parse(wrong.as_bytes()), None, "{wrong}");
        }
        assert!(is_whole(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
        assert!(!is_whole(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok"));
        assert!(!is_whole(b"HTTP/1.1 200 OK\r\n\r\nok"));
    }
}
