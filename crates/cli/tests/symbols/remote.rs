//! Names from the program itself: a real Go program serves profiles that have addresses only, and the names
//! of addresses to those who send them.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use hotlist_testkit::go;

use crate::support::World;

/// A program with a goroutine that waits in `parked`. Its profile as text has addresses; what the program says
/// of them stands behind `#` signs, which readers pass over.
const SERVER: &str = r#"package main

import (
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
)

//go:noinline
func parked(wait chan int) int { return <-wait }

func main() {
	go parked(make(chan int))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(listener.Addr())
	// The standard library takes addresses in the query only, and others by POST.
	post := http.NewServeMux()
	post.HandleFunc("/post/debug/pprof/", pprof.Index)
	post.HandleFunc("/post/debug/pprof/goroutine", pprof.Handler("goroutine").ServeHTTP)
	post.HandleFunc("POST /post/debug/pprof/symbol", pprof.Symbol)
	http.Handle("/post/", post)
	http.Serve(listener, nil)
}
"#;

/// Ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_server_names_its_functions() {
    let Some(go) = go() else { return };
    let world = World::new();
    world.hotlist.write("main.go", SERVER);
    let built = Command::new(go)
        .args(["build", "-o", "server", "main.go"])
        .current_dir(world.folder())
        .envs([("GOFLAGS", "-mod=mod"), ("GOPROXY", "off"), ("GOTOOLCHAIN", "local"), ("GOWORK", "off")])
        .output()
        .unwrap();
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    let mut server =
        Running(Command::new(world.folder().join("server")).stdout(Stdio::piped()).spawn().unwrap());
    let mut address = String::new();
    BufReader::new(server.0.stdout.take().unwrap()).read_line(&mut address).unwrap();
    let functions = |folder: &str, words: &[&str]| -> Vec<String> {
        let url = format!("http://{}{folder}/debug/pprof/goroutine?debug=1", address.trim());
        let (found, _) = world.symbolize(&[words, &[&url]].concat(), &[]);
        assert!(found.keys().any(|&address| address != 0));
        let mut names: Vec<String> = found.into_values().flatten().map(|frame| frame.0).collect();
        names.sort();
        names
    };
    for (folder, mode) in [("", ""), ("", "remote"), ("/post", ""), ("/post", "remote:force")] {
        let names = functions(folder, &[&format!("-symbolize={mode}")]);
        for name in ["main.parked", "main.main"] {
            assert!(names.iter().any(|found| found == name), "-symbolize={mode}: {name} is not in {names:?}");
        }
    }
    // Without the server there are the names of the text.
    for mode in ["local", "none"] {
        let names = functions("", &[&format!("-symbolize={mode}")]);
        assert!(names.iter().any(|name| name == "main.parked"), "{names:?}");
    }
    // The copy that is kept needs no server.
    let saved = std::fs::read_dir(world.folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_string_lossy().contains("goroutine"))
        .min()
        .unwrap();
    drop(server);
    let again = world.run(&["-top", &saved.display().to_string()], &[]);
    assert!(again.text().contains("main.parked"), "{}", again.snapshot());
}
