//! What takes a terminal with a shell in it: stopping, going on, and terminals that are closed. Without tmux these
//! tests say so and pass.

use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use hotlist_testkit::{Program, skip, testdata};

/// A separate server of tmux, with one window in which a shell runs.
struct Window {
    socket: String,
    program: Program,
}

const PATIENCE: Duration = Duration::from_secs(20);

impl Window {
    /// A window of this many columns and rows; `None` where there is no tmux.
    fn open(columns: u16, rows: u16) -> Option<Window> {
        if !Command::new("tmux").arg("-V").output().is_ok_and(|output| output.status.success()) {
            skip("tmux is not installed");
            return None;
        }
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let window = Window {
            socket: format!("hotlist-{}-{number}", std::process::id()),
            program: Program::new(env!("CARGO_BIN_EXE_hotlist"), testdata("profiles")),
        };
        let size = [columns, rows].map(|size| size.to_string());
        let home = window.program.folder().display();
        let shell = format!(
            "cd '{}'; exec env -i HOME='{home}' PATH=/usr/bin:/bin TERM=xterm-256color PS1='READY ' \
             PPROF_BINARY_PATH=/binaries sh -i",
            testdata("profiles").display(),
        );
        window.tmux(&["-f", "/dev/null", "new-session", "-d", "-x", &size[0], "-y", &size[1], &shell]);
        window.tmux(&["set-option", "-g", "status", "off"]);
        window.wait_for("READY");
        Some(window)
    }

    fn tmux(&self, words: &[&str]) -> Output {
        Command::new("tmux").args(["-L", &self.socket]).args(words).output().expect("tmux can be started")
    }

    /// Types a text.
    fn write(&self, text: &str) {
        self.tmux(&["send-keys", "-l", text]);
    }

    /// Presses a key, by the name that tmux has for it.
    fn press(&self, key: &str) {
        self.tmux(&["send-keys", key]);
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.tmux(&["capture-pane", "-p"]).stdout).into_owned()
    }

    fn wait_for(&self, expected: &str) -> String {
        let start = Instant::now();
        loop {
            let text = self.text();
            if text.contains(expected) {
                return text;
            }
            assert!(start.elapsed() < PATIENCE, "{expected:?} does not come up:\n{text}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Types the command that runs the program with `words`.
    fn run(&self, words: &str) {
        self.write(&format!("clear; {} {words}", env!("CARGO_BIN_EXE_hotlist")));
        self.press("Enter");
    }

    /// Checks that lines are edited and echoed by the system, as shells that do neither expect.
    fn check_modes(&self) {
        self.write("clear; stty -a | tr ' ;' '\\n\\n' | grep -x -e icanon -e echo -e isig | tr '\\n' +");
        self.press("Enter");
        self.wait_for("isig+icanon+echo+");
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]);
    }
}

#[test]
fn the_prompt_stops_and_goes_on() {
    let Some(window) = Window::open(80, 24) else { return };
    window.run("seed.pb.gz");
    window.wait_for("(hotlist)");
    window.write("nodec");
    window.wait_for("(hotlist) nodec");
    window.press("C-z");
    window.wait_for("READY");
    window.check_modes();
    window.write("clear; fg");
    window.press("Enter");
    // What was typed is still there.
    window.wait_for("(hotlist) nodec");
    window.write("ount=1");
    window.press("Enter");
    window.write("top");
    window.press("Enter");
    window.wait_for("Showing top 1 nodes out of");
    window.press("C-d");
    window.wait_for("READY");
}

#[test]
fn the_full_screen_stops_and_goes_on() {
    let Some(window) = Window::open(80, 24) else { return };
    window.run("tui seed.pb.gz");
    let before = window.wait_for("100%");
    window.press("C-z");
    window.wait_for("READY");
    window.check_modes();
    window.write("fg");
    window.press("Enter");
    assert_eq!(window.wait_for("100%"), before);
    // The window may have another size by then.
    window.press("C-z");
    window.wait_for("READY");
    window.tmux(&["resize-window", "-x", "60", "-y", "20"]);
    window.write("fg");
    window.press("Enter");
    window.wait_for("100%");
    window.press("2");
    window.wait_for("flat%");
    window.press("q");
    window.wait_for("READY");
    window.check_modes();
}

#[test]
fn closed_terminals_end_the_program() {
    for words in ["seed.pb.gz", "tui seed.pb.gz"] {
        let Some(window) = Window::open(80, 24) else { return };
        window.write(&format!("echo $$ > $HOME/process; exec {} {words}", env!("CARGO_BIN_EXE_hotlist")));
        window.press("Enter");
        window.wait_for(if words.starts_with("tui") { "100%" } else { "(hotlist)" });
        let process = std::fs::read_to_string(window.program.folder().join("process"));
        let process = process.expect("the shell has written its number");
        let is_alive = || {
            let output = Command::new("kill").args(["-0", process.trim()]).output();
            output.expect("kill can be started").status.success()
        };
        assert!(is_alive());
        window.tmux(&["kill-server"]);
        let start = Instant::now();
        while is_alive() {
            assert!(start.elapsed() < PATIENCE, "{words}: still there without a terminal");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}
