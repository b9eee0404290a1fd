//! Binaries and debug information from servers: only when asked for, kept, checked, and never waited for
//! too long.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use hotlist_testkit::installed;

use crate::support::{Map, World, address_in, build_id, names};

/// What a server does when it is asked for a path.
enum Answer {
    File(Vec<u8>),
    /// Fewer bytes than it has announced.
    Half(Vec<u8>),
    Status(u16),
    /// Nothing, for a long time.
    Stall,
    /// A byte now and then, for a long time.
    Drip,
    /// No end.
    Endless,
    Redirect(String),
}

/// A server of this process; it ends with the test process.
struct Server {
    url: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start(answer: impl Fn(&str) -> Answer + Send + Sync + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let (answer, log) = (Arc::new(answer), Arc::clone(&asked));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (answer, log) = (Arc::clone(&answer), Arc::clone(&log));
                std::thread::spawn(move || serve(stream.unwrap(), &*answer, &log));
            }
        });
        Server { url, asked }
    }

    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }
}

fn serve(mut stream: TcpStream, answer: &dyn Fn(&str) -> Answer, log: &Mutex<Vec<String>>) -> Option<()> {
    let mut lines = BufReader::new(stream.try_clone().ok()?).lines();
    let request = lines.next()?.ok()?;
    while !lines.next()?.ok()?.is_empty() {}
    let path = request.split(' ').nth(1)?.to_owned();
    log.lock().unwrap().push(path.clone());
    let head = |status: &str, length: usize| {
        format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n").into_bytes()
    };
    // Who asks may have gone meanwhile.
    match answer(&path) {
        Answer::File(bytes) => {
            stream.write_all(&head("200 OK", bytes.len())).ok()?;
            stream.write_all(&bytes).ok()?;
        }
        Answer::Half(bytes) => {
            stream.write_all(&head("200 OK", bytes.len())).ok()?;
            stream.write_all(&bytes[..bytes.len() / 2]).ok()?;
        }
        Answer::Status(code) => stream.write_all(&head(&format!("{code} No"), 0)).ok()?,
        Answer::Stall => drop(stream.read(&mut [0; 1])),
        Answer::Drip => {
            stream.write_all(&head("200 OK", 1 << 20)).ok()?;
            loop {
                stream.write_all(b"\x7f").ok()?;
                std::thread::sleep(Duration::from_millis(50));
            }
        }
        Answer::Endless => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n").ok()?;
            loop {
                stream.write_all(&[0; 65536]).ok()?;
            }
        }
        Answer::Redirect(place) => {
            let text = format!("HTTP/1.1 302 Found\r\nLocation: {place}\r\nContent-Length: 0\r\n\r\n");
            stream.write_all(text.as_bytes()).ok()?;
        }
    }
    Some(())
}

/// A binary that is nowhere on this machine, and a profile of it.
struct Elsewhere {
    world: World,
    work: u64,
    build_id: String,
    /// Without symbols.
    executable: Vec<u8>,
    debuginfo: Vec<u8>,
}

impl Elsewhere {
    fn new() -> Option<Elsewhere> {
        if !installed(&["gcc", "nm", "readelf", "objcopy"]) {
            return None;
        }
        let world = World::new();
        world.gcc("program", &["-no-pie"]);
        let (work, build_id) = (address_in(&world, "program", "work"), build_id(&world, "program"));
        world.tool("objcopy", &["--only-keep-debug", "program", "debuginfo"]);
        world.tool("objcopy", &["--strip-all", "program", "executable"]);
        let read = |name: &str| std::fs::read(world.folder().join(name)).unwrap();
        let (executable, debuginfo) = (read("executable"), read("debuginfo"));
        for name in ["program", "debuginfo", "executable"] {
            std::fs::remove_file(world.folder().join(name)).unwrap();
        }
        let map = Map {
            start: 0x40_0000,
            limit: 0x50_0000,
            offset: 0,
            file: "/opt/shop/server".to_owned(),
            build_id: build_id.clone(),
        };
        world.profile("profile.pb", &[map], &[work]);
        Some(Elsewhere { world, work, build_id, executable, debuginfo })
    }

    /// The names at the address, and what was said.
    fn look_up(&self, variables: &[(&str, &str)]) -> (Vec<String>, String) {
        let (found, stderr) = self.world.symbolize(&["{home}/profile.pb"], variables);
        (names(&found[&self.work]).into_iter().map(str::to_owned).collect(), stderr)
    }

    fn server(&self) -> Server {
        let (executable, debuginfo, id) =
            (self.executable.clone(), self.debuginfo.clone(), self.build_id.clone());
        Server::start(move |path| match path.strip_prefix(&format!("/buildid/{id}/")) {
            Some("executable") => Answer::File(executable.clone()),
            Some("debuginfo") => Answer::File(debuginfo.clone()),
            _ => Answer::Status(404),
        })
    }

    fn cached(&self, folder: &str) -> Vec<String> {
        let folder = self.world.folder().join(folder).join(&self.build_id);
        let mut names: Vec<String> = std::fs::read_dir(folder)
            .map(|entries| entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect())
            .unwrap_or_default();
        names.sort();
        names
    }
}

#[test]
fn files_come_from_servers_and_are_kept() {
    let Some(elsewhere) = Elsewhere::new() else { return };
    let (good, empty) = (elsewhere.server(), Server::start(|_| Answer::Status(404)));
    // No server is asked unless the variable names some.
    let (found, stderr) = elsewhere.look_up(&[]);
    assert!(found.is_empty() && stderr.contains("no such file"), "{stderr}");
    // Several servers, one after the other.
    let urls = format!("ima:ignore {} {}/", empty.url, good.url);
    let variables = [("DEBUGINFOD_URLS", urls.as_str())];
    assert_eq!(elsewhere.look_up(&variables), (vec!["twice".to_owned(), "work".to_owned()], String::new()));
    let paths = ["executable", "debuginfo"].map(|what| format!("/buildid/{}/{what}", elsewhere.build_id));
    assert_eq!((empty.asked(), good.asked()), (paths.to_vec(), paths.to_vec()));
    // The second time they come from the cache, where debuggers find them too.
    assert_eq!(elsewhere.cached(".cache/debuginfod_client"), ["debuginfo", "executable"]);
    assert_eq!(elsewhere.look_up(&variables).0, ["twice", "work"]);
    assert_eq!((empty.asked().len(), good.asked().len()), (0, 0));
    // Other places for the cache.
    let other = elsewhere.world.path("other");
    assert_eq!(elsewhere.look_up(&[variables[0], ("XDG_CACHE_HOME", &other)]).0, ["twice", "work"]);
    assert_eq!(elsewhere.cached("other/debuginfod_client"), ["debuginfo", "executable"]);
    assert_eq!(elsewhere.look_up(&[variables[0], ("DEBUGINFOD_CACHE_PATH", &other)]).0, ["twice", "work"]);
    assert_eq!(elsewhere.cached("other"), ["debuginfo", "executable"]);
    // Where nothing can be kept, files are used all the same.
    elsewhere.world.hotlist.write("file", "");
    let below_file = elsewhere.world.path("file/cache");
    let (found, stderr) = elsewhere.look_up(&[variables[0], ("DEBUGINFOD_CACHE_PATH", &below_file)]);
    assert_eq!((found, stderr), (vec!["twice".to_owned(), "work".to_owned()], String::new()));
    // A redirect leads to another server.
    let to = good.url.clone();
    let redirecting = Server::start(move |path| Answer::Redirect(format!("{to}{path}")));
    let third = elsewhere.world.path("third");
    let variables = [("DEBUGINFOD_URLS", redirecting.url.as_str()), ("DEBUGINFOD_CACHE_PATH", &third)];
    assert_eq!(elsewhere.look_up(&variables).0, ["twice", "work"]);
    let table = elsewhere.world.symbols(&["{home}/profile.pb"], &variables);
    assert!(
        table.contains(&format!("+ {third}/{}/debuginfo: debug information", elsewhere.build_id)),
        "{table}"
    );
}

#[test]
fn debug_information_of_a_binary_that_is_here() {
    let Some(elsewhere) = Elsewhere::new() else { return };
    let server = elsewhere.server();
    std::fs::create_dir_all(elsewhere.world.folder().join("pprof/binaries")).unwrap();
    std::fs::write(elsewhere.world.folder().join("pprof/binaries/server"), &elsewhere.executable).unwrap();
    let (found, stderr) = elsewhere.look_up(&[("DEBUGINFOD_URLS", &server.url)]);
    assert_eq!((found, stderr), (vec!["twice".to_owned(), "work".to_owned()], String::new()));
    assert_eq!(server.asked(), [format!("/buildid/{}/debuginfo", elsewhere.build_id)]);
}

#[test]
fn source_files_come_from_servers() {
    let Some(elsewhere) = Elsewhere::new() else { return };
    let (executable, debuginfo, id) =
        (elsewhere.executable.clone(), elsewhere.debuginfo.clone(), elsewhere.build_id.clone());
    let server = Server::start(move |path| match path.strip_prefix(&format!("/buildid/{id}/")) {
        Some("executable") => Answer::File(executable.clone()),
        Some("debuginfo") => Answer::File(debuginfo.clone()),
        Some(path) if path.starts_with("source/") && path.ends_with("/program.c") => {
            Answer::File(crate::support::PROGRAM.as_bytes().to_vec())
        }
        _ => Answer::Status(404),
    });
    std::fs::remove_file(elsewhere.world.folder().join("program.c")).unwrap();
    let variables = [("DEBUGINFOD_URLS", server.url.as_str())];
    let list = elsewhere.world.run(&["-list=work", "{home}/profile.pb"], &variables);
    assert!(list.text().contains("return twice(count + 1);"), "{}", list.snapshot());
    let asked = server.asked();
    assert_eq!(asked.iter().filter(|path| path.contains("/source/")).count(), 1, "{asked:?}");
    // From the cache now.
    let again = elsewhere.world.run(&["-list=work", "{home}/profile.pb"], &variables);
    assert_eq!((again.text(), server.asked().len()), (list.text(), 0));
}

#[test]
fn what_no_server_has_is_not_asked_for_again() {
    let Some(elsewhere) = Elsewhere::new() else { return };
    let server = Server::start(|_| Answer::Status(404));
    let variables = [("DEBUGINFOD_URLS", server.url.as_str())];
    let (found, stderr) = elsewhere.look_up(&variables);
    assert!(found.is_empty() && stderr.contains("no such file"), "{stderr}");
    assert_eq!(server.asked().len(), 2);
    elsewhere.look_up(&variables);
    assert_eq!(server.asked().len(), 0);
    // Until some time has passed.
    let folder = elsewhere.world.folder().join(".cache/debuginfod_client").join(&elsewhere.build_id);
    let file = std::fs::File::options().write(true).open(folder.join("debuginfo")).unwrap();
    file.set_modified(std::time::SystemTime::now() - Duration::from_secs(3600)).unwrap();
    let table = elsewhere.world.symbols(&["{home}/profile.pb"], &variables);
    assert_eq!(server.asked(), [format!("/buildid/{}/debuginfo", elsewhere.build_id)]);
    let line = format!("- {}/buildid/{}/debuginfo: no such file", server.url, elsewhere.build_id);
    assert!(table.contains(&line), "{table}");
}

#[test]
fn bad_answers_are_named_and_never_kept() {
    let Some(elsewhere) = Elsewhere::new() else { return };
    let executable = elsewhere.executable.clone();
    let half = Server::start(move |_| Answer::Half(executable.clone()));
    let mut other = elsewhere.executable.clone();
    let id: Vec<u8> = (0..elsewhere.build_id.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&elsewhere.build_id[at..at + 2], 16).unwrap())
        .collect();
    let place = other.windows(id.len()).position(|window| window == id).unwrap();
    other[place] ^= 0xff;
    let other = Server::start(move |_| Answer::File(other.clone()));
    let text = Server::start(|_| Answer::File(b"<html>Welcome</html>".to_vec()));
    let broken = Server::start(|_| Answer::Status(500));
    let endless = Server::start(|_| Answer::Endless);
    let closed = format!("http://{}", TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap());
    for (url, reason) in [
        (&half.url, "closed the connection early"),
        (&other.url, "the build id of what it sent is"),
        (&text.url, "not an ELF, Mach-O or PE file"),
        (&broken.url, "500"),
        (&endless.url, "larger than 1000000 bytes"),
        (&closed, "refused"),
        (&"nonsense".to_owned(), "scheme"),
    ] {
        let variables = [("DEBUGINFOD_URLS", url.as_str()), ("DEBUGINFOD_MAXSIZE", "1000000")];
        let (found, stderr) = elsewhere.look_up(&variables);
        assert!(found.is_empty(), "{url}");
        let is_named = |line: &str| line.contains(url) && line.contains(reason);
        assert!(stderr.lines().any(is_named), "{reason}: {stderr}");
        let table = elsewhere.world.symbols(&["{home}/profile.pb"], &variables);
        assert!(table.lines().any(is_named), "{reason}: {table}");
        assert_eq!(elsewhere.cached(".cache/debuginfod_client"), Vec::<String>::new(), "{reason}");
    }
    // The next server helps.
    let good = elsewhere.server();
    let urls = format!("{} {} {} {}", half.url, other.url, broken.url, good.url);
    let (found, stderr) = elsewhere.look_up(&[("DEBUGINFOD_URLS", &urls)]);
    assert_eq!(found, ["twice", "work"]);
    assert!(stderr.contains(&half.url) && stderr.contains(&broken.url), "{stderr}");
}

#[test]
fn one_deadline_for_all_servers() {
    let Some(elsewhere) = Elsewhere::new() else { return };
    let (stalls, drips) = (Server::start(|_| Answer::Stall), Server::start(|_| Answer::Drip));
    for (urls, reason) in [
        (format!("{0} {0} {0}", stalls.url), "no answer within"),
        (format!("{0} {0} {0}", drips.url), "did not send all within"),
    ] {
        let start = Instant::now();
        let (found, stderr) = elsewhere.look_up(&[("DEBUGINFOD_URLS", &urls), ("DEBUGINFOD_TIMEOUT", "1")]);
        // Much less than a second for each of the six questions, and much more than one on a busy machine.
        assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());
        assert!(found.is_empty());
        assert!(stderr.contains(reason) && stderr.contains("DEBUGINFOD_TIMEOUT is over"), "{stderr}");
    }
}
