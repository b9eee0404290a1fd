//! The built-in server: plain threads, HTTP/1.1, one request per connection.

use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::endpoints::answer;
use super::limits::{CONNECTIONS, LARGEST_REQUEST};
use super::reply::Reply;
use super::request::ProfileRequest;
use crate::Error;
use crate::countdown::Unsampled;
use crate::error::whole_text;
use crate::own_threads::OwnThread;

/// A request must be complete within this time.
const REQUEST_TIME: Duration = Duration::from_secs(10);
/// A reader may not pause longer than this.
const WRITE_TIME: Duration = Duration::from_secs(30);
/// Nor may it take longer for all of an answer than that time and a second for each of this many bytes: whoever
/// reads a byte in a second would keep its place for days.
const SLOWEST: usize = 32 * 1024;

/// How [`serve_with`] serves.
///
/// ```
/// let mut options = hotlist_collect::ServerOptions::default();
/// options.token = Some("secret".to_owned());
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct ServerOptions {
    /// When set, requests must carry `Authorization: Bearer <token>`.
    pub token: Option<String>,
    /// Listen on an address that other machines can reach although there is no token.
    pub allow_remote: bool,
}

/// A running server; it stops when this value is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    is_stopped: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// The address it listens on, with the port the system chose when port 0 was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.is_stopped.store(true, Ordering::Release);
        // A connection ends the wait for one.
        drop(TcpStream::connect_timeout(&self.address, Duration::from_secs(1)));
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

/// Serves `/debug/pprof/` on a loopback address such as `127.0.0.1:6060`.
///
/// A failure is written to standard error as well, because `let _server = serve(…)` would hide it, and so that a
/// program need not end for want of a profile. [`serve_with`] leaves that to its caller.
///
/// # Errors
/// When the address is taken or is not a loopback address.
pub fn serve(address: &str) -> Result<Server, Error> {
    let served = serve_with(address, ServerOptions::default());
    if let Err(error) = &served {
        drop(writeln!(std::io::stderr(), "hotlist-collect: {}", whole_text(error)));
    }
    served
}

/// Serves `/debug/pprof/` as the options say.
///
/// # Errors
/// When the address is taken, or can be reached from elsewhere without a token.
pub fn serve_with(address: &str, options: ServerOptions) -> Result<Server, Error> {
    let _quiet = Unsampled::enter();
    let failed = |source| Error::Listen { address: address.to_owned(), source };
    let addresses: Vec<SocketAddr> = address.to_socket_addrs().map_err(failed)?.collect();
    let is_loopback = addresses.iter().all(|address| address.ip().is_loopback());
    if !is_loopback && options.token.is_none() && !options.allow_remote {
        return Err(Error::NotLoopback { address: address.to_owned() });
    }
    let listener = TcpListener::bind(&*addresses).map_err(failed)?;
    let guard =
        Guard { token: options.token, any_host: options.allow_remote, bound: host(address).to_owned() };
    let address = listener.local_addr().map_err(failed)?;
    let is_stopped = Arc::new(AtomicBool::new(false));
    let thread = std::thread::Builder::new()
        .name("hotlist-server".to_owned())
        .spawn({
            let is_stopped = Arc::clone(&is_stopped);
            move || accept(&listener, &is_stopped, &Arc::new(guard))
        })
        .map_err(failed)?;
    Ok(Server { address, is_stopped, thread: Some(thread) })
}

/// Who is answered.
#[derive(Debug)]
struct Guard {
    /// What requests must carry.
    token: Option<String>,
    /// Answer whatever host is named, although there is no token.
    any_host: bool,
    /// The name that the server was asked to listen on.
    bound: String,
}

fn accept(listener: &TcpListener, is_stopped: &AtomicBool, guard: &Arc<Guard>) {
    let _own = OwnThread::enter();
    let open = Arc::new(AtomicUsize::new(0));
    loop {
        let connection = listener.accept();
        if is_stopped.load(Ordering::Acquire) {
            return;
        }
        let Ok((stream, _)) = connection else {
            // Such as too many open files: waiting is all that can be done.
            std::thread::sleep(Duration::from_millis(50));
            continue;
        };
        if open.fetch_add(1, Ordering::AcqRel) >= CONNECTIONS {
            open.fetch_sub(1, Ordering::AcqRel);
            let answer = Reply::error(503, "too many requests at once");
            drop(send(&stream, &answer, false, Duration::from_secs(1)));
            continue;
        }
        let (guard, open) = (Arc::clone(guard), Open(Arc::clone(&open)));
        let started = std::thread::Builder::new().name("hotlist-request".to_owned()).spawn(move || {
            let _own = OwnThread::enter();
            let _open = open;
            serve_one(&stream, &guard);
        });
        // The connection is counted until its thread ends, or fails to begin.
        drop(started);
    }
}

/// One open connection.
struct Open(Arc<AtomicUsize>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

fn serve_one(stream: &TcpStream, guard: &Guard) {
    let Some(request) = read_request(stream) else {
        drop(send(stream, &Reply::error(400, "malformed request"), false, WRITE_TIME));
        return;
    };
    let is_head = request.method == "HEAD";
    let answer = if !guard.knows_host(&request) {
        Some(Reply::error(403, "this server is not known by that host name"))
    } else if !guard.is_allowed(&request) {
        Some(Reply::error(401, "a bearer token is needed"))
    } else {
        answer(&request, &|| has_left(stream))
    };
    if let Some(answer) = answer {
        drop(send(stream, &answer, is_head, WRITE_TIME));
    }
}

impl Guard {
    /// A page from elsewhere may make its own name lead here (DNS rebinding), and a browser then sends that name.
    /// Where a token is needed the page does not have it. What is no browser may send none.
    fn knows_host(&self, request: &ProfileRequest) -> bool {
        if self.any_host || self.token.is_some() {
            return true;
        }
        let Some(named) = &request.host else { return true };
        let named = host(named);
        let is_loopback = named.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        is_loopback || named.eq_ignore_ascii_case("localhost") || named.eq_ignore_ascii_case(&self.bound)
    }

    /// Compares every byte, so that the time says nothing about the token.
    fn is_allowed(&self, request: &ProfileRequest) -> bool {
        let Some(token) = &self.token else { return true };
        let given = request.authorization.as_deref().and_then(|value| value.strip_prefix("Bearer "));
        let given = given.unwrap_or_default().as_bytes();
        given.len() == token.len()
            && given.iter().zip(token.as_bytes()).fold(0, |sum, (one, other)| sum | (one ^ other)) == 0
    }
}

/// The host of an address with or without a port, without the brackets of IPv6.
fn host(address: &str) -> &str {
    if let Some((inside, _)) = address.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return inside;
    }
    match address.rsplit_once(':') {
        Some((host, _)) if !host.contains(':') => host,
        _ => address,
    }
}

/// Whether the other side has closed the connection.
fn has_left(stream: &TcpStream) -> bool {
    drop(stream.set_nonblocking(true));
    let seen = stream.peek(&mut [0]);
    drop(stream.set_nonblocking(false));
    match seen {
        Ok(bytes) => bytes == 0,
        Err(error) => error.kind() != std::io::ErrorKind::WouldBlock,
    }
}

fn read_request(mut stream: &TcpStream) -> Option<ProfileRequest> {
    let end = Instant::now() + REQUEST_TIME;
    let mut bytes = Vec::new();
    let mut read_more = |bytes: &mut Vec<u8>| -> Option<()> {
        let left = end.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())?;
        stream.set_read_timeout(Some(left)).ok()?;
        let mut part = [0; 4096];
        let count = stream.read(&mut part).ok().filter(|&count| count > 0)?;
        bytes.extend_from_slice(&part[..count]);
        Some(())
    };
    let head_end = loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at;
        }
        if bytes.len() > LARGEST_REQUEST {
            return None;
        }
        read_more(&mut bytes)?;
    };
    let head = String::from_utf8_lossy(&bytes[..head_end]).into_owned();
    let mut lines = head.split("\r\n");
    let mut words = lines.next()?.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    words.next().filter(|version| version.starts_with("HTTP/1."))?;
    let headers = lines.filter_map(|line| line.split_once(':'));
    let header = |wanted: &str| {
        let found = headers.clone().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        found.map(|(_, value)| value.trim().to_owned())
    };
    let (authorization, host) = (header("authorization"), header("host"));
    let body_size = header("content-length").map_or(Some(0), |size| size.parse::<usize>().ok())?;
    if body_size > LARGEST_REQUEST {
        return None;
    }
    while bytes.len() < head_end + 4 + body_size {
        read_more(&mut bytes)?;
    }
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let body = bytes[head_end + 4..][..body_size].to_vec();
    Some(ProfileRequest { method, path: path.to_owned(), query: query.to_owned(), authorization, host, body })
}

/// Sends the answer, unless its reader pauses for longer than `pause` or is slower than [`SLOWEST`] altogether.
fn send(stream: &TcpStream, answer: &Reply, is_head: bool, pause: Duration) -> std::io::Result<()> {
    let reason = match answer.status {
        200 => "OK",
        301 => "Moved Permanently",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        429 => "Too Many Requests",
        501 => "Not Implemented",
        503 => "Service Unavailable",
        _ => "Internal Server Error",
    };
    let mut head = format!("HTTP/1.1 {} {reason}\r\n", answer.status);
    for (name, value) in &answer.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("Content-Length: {}\r\nConnection: close\r\n\r\n", answer.body.len()));
    let mut bytes = head.into_bytes();
    if !is_head {
        bytes.extend_from_slice(&answer.body);
    }
    let end = Instant::now() + pause + Duration::from_secs((bytes.len() / SLOWEST) as u64);
    send_until(stream, &bytes, pause, end)
}

fn send_until(mut stream: &TcpStream, bytes: &[u8], pause: Duration, end: Instant) -> std::io::Result<()> {
    let mut rest = bytes;
    while !rest.is_empty() {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(std::io::ErrorKind::TimedOut.into());
        }
        stream.set_write_timeout(Some(left.min(pause)))?;
        match stream.write(rest) {
            Ok(0) => return Err(std::io::ErrorKind::WriteZero.into()),
            Ok(count) => rest = &rest[count..],
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_told_from_ports() {
        let hosts = ["a.example:80", "a.example", "127.0.0.1:6060", "[::1]:6060", "[::1]", "::1"];
        let expected = ["a.example", "a.example", "127.0.0.1", "::1", "::1", "::1"];
        assert_eq!(hosts.map(host), expected);
    }

    /// A reader that takes some bytes every now and then never pauses for long, but is given up all the same.
    #[test]
    fn slow_readers_are_given_up() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut reader = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (writer, _) = listener.accept().unwrap();
        let slow = std::thread::spawn(move || {
            let mut some = [0; 1 << 16];
            // Until the writer has left and everything was read.
            while reader.read(&mut some).is_ok_and(|count| count > 0) {
                std::thread::sleep(Duration::from_millis(20));
            }
        });
        let begin = Instant::now();
        let answer = vec![1; 64 << 20];
        let sent = send_until(&writer, &answer, Duration::from_secs(20), begin + Duration::from_millis(400))
            .unwrap_err();
        assert!(
            matches!(sent.kind(), std::io::ErrorKind::TimedOut | std::io::ErrorKind::WouldBlock),
            "{sent}"
        );
        assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
        drop(writer);
        slow.join().unwrap();
    }
}
