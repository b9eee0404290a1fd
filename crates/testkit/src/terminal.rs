//! A program in a separate terminal, and what is on the screen.

use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use crate::Program;

/// A terminal with a program in it.
pub struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    writer: Box<dyn Write + Send>,
    parser: Arc<Mutex<vt100::Parser>>,
    received: Arc<AtomicUsize>,
}

/// The colour of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// That of the terminal.
    Default,
    /// A number of the palette of 256.
    Indexed(u8),
    /// Red, green and blue.
    Rgb(u8, u8, u8),
}

/// How a cell looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Style {
    pub foreground: Colour,
    pub background: Colour,
    pub bold: bool,
    pub dim: bool,
    pub underline: bool,
    pub inverse: bool,
}

/// How long a program may take to show what a test waits for.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long a screen must stay unchanged to be at rest.
const REST: Duration = Duration::from_millis(60);

impl Terminal {
    /// Starts `program` with `words` in a terminal of `columns` and `rows`. `variables` are added to
    /// its environment, which is clean otherwise.
    ///
    /// # Panics
    /// When there are no terminals.
    pub fn open(
        program: &Program,
        words: &[&str],
        (columns, rows): (u16, u16),
        variables: &[(&str, &str)],
    ) -> Terminal {
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("a terminal can be opened");
        let std = program.command(words);
        let mut command = CommandBuilder::new(std.get_program());
        command.env_clear();
        command.args(std.get_args());
        if let Some(folder) = std.get_current_dir() {
            command.cwd(folder);
        }
        for (name, value) in std.get_envs() {
            if let (Some(value), true) = (value, name != "NO_COLOR") {
                command.env(name, value);
            }
        }
        for (name, value) in variables {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).expect("the program can be started");
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().expect("the terminal can be read");
        let writer = pair.master.take_writer().expect("the terminal can be written");
        let parser = Arc::new(Mutex::new(vt100::Parser::new(at_least_one(rows), at_least_one(columns), 200)));
        let received = Arc::new(AtomicUsize::new(0));
        let (screen, count) = (Arc::clone(&parser), Arc::clone(&received));
        thread::spawn(move || {
            let mut bytes = [0; 16 << 10];
            while let Ok(length @ 1..) = reader.read(&mut bytes) {
                screen.lock().unwrap_or_else(PoisonError::into_inner).process(&bytes[..length]);
                count.fetch_add(length, Ordering::Release);
            }
        });
        Terminal { child, master: pair.master, writer, parser, received }
    }

    fn parser(&self) -> MutexGuard<'_, vt100::Parser> {
        self.parser.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Types `keys`, which may hold the sequences that special keys send.
    ///
    /// # Panics
    /// When the terminal is closed.
    pub fn send(&mut self, keys: &str) {
        self.writer.write_all(keys.as_bytes()).expect("the terminal takes keys");
        self.writer.flush().expect("the terminal takes keys");
    }

    /// Types `keys` and waits until the program has reacted: a full screen is drawn after each key, be it
    /// the same as before.
    ///
    /// # Panics
    /// When nothing is drawn.
    pub fn press(&mut self, keys: &str) {
        self.time_to_react(keys);
    }

    /// Types `keys`, and tells how long it takes until anything is drawn.
    ///
    /// # Panics
    /// When nothing is.
    pub fn time_to_react(&mut self, keys: &str) -> Duration {
        let before = self.received.load(Ordering::Acquire);
        let start = Instant::now();
        self.send(keys);
        while self.received.load(Ordering::Acquire) == before {
            assert!(start.elapsed() < PATIENCE, "{keys:?} changes nothing");
            thread::sleep(Duration::from_micros(200));
        }
        start.elapsed()
    }

    /// What is on the screen, without spaces at the ends of rows.
    pub fn text(&self) -> String {
        let parser = self.parser();
        let screen = parser.screen();
        let (_, columns) = screen.size();
        let rows: Vec<String> = screen.rows(0, columns.get()).map(|row| row.trim_end().to_owned()).collect();
        rows.join("\n") + "\n"
    }

    /// Columns and rows.
    pub fn size(&self) -> (u16, u16) {
        let (rows, columns) = self.parser().screen().size();
        (columns.get(), rows.get())
    }

    /// The character and the look of a cell.
    pub fn cell(&self, column: u16, row: u16) -> Option<(String, Style)> {
        let parser = self.parser();
        let cell = parser.screen().cell(row, column)?;
        let colour = |colour: vt100::Color| match colour {
            vt100::Color::Default => Colour::Default,
            vt100::Color::Idx(number) => Colour::Indexed(number),
            vt100::Color::Rgb(red, green, blue) => Colour::Rgb(red, green, blue),
        };
        let style = Style {
            foreground: colour(cell.fgcolor()),
            background: colour(cell.bgcolor()),
            bold: cell.bold(),
            dim: cell.dim(),
            underline: cell.underline(),
            inverse: cell.inverse(),
        };
        Some((cell.contents().to_owned(), style))
    }

    /// Whether the terminal is as a shell expects it: its normal screen, a cursor, no mouse reports, and
    /// lines that are edited and echoed by the system.
    pub fn is_restored(&self) -> bool {
        let parser = self.parser();
        let screen = parser.screen();
        let is_cooked = self.master.get_termios().is_none_or(|termios| {
            let flags = format!("{:?}", termios.local_flags);
            flags.contains("ICANON") && flags.contains("ECHO")
        });
        is_cooked
            && !screen.alternate_screen()
            && !screen.hide_cursor()
            && !screen.bracketed_paste()
            && screen.mouse_protocol_mode() == vt100::MouseProtocolMode::None
    }

    /// Waits until `is_there` holds for the text on the screen and nothing changes any more.
    ///
    /// # Panics
    /// When that takes too long, with what is on the screen.
    pub fn wait_for(&self, what: &str, is_there: impl Fn(&str) -> bool) -> String {
        let start = Instant::now();
        let mut last = (usize::MAX, Instant::now());
        loop {
            let received = self.received.load(Ordering::Acquire);
            if received != last.0 {
                last = (received, Instant::now());
            }
            let text = self.text();
            if last.1.elapsed() > REST && is_there(&text) {
                return text;
            }
            assert!(start.elapsed() < PATIENCE, "{what} does not come up:\n{text}");
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits for a text, be the screen at rest or not.
    ///
    /// # Panics
    /// As [`wait_for`](Self::wait_for).
    pub fn wait_for_now(&self, expected: &str) {
        let start = Instant::now();
        while !self.text().contains(expected) {
            assert!(start.elapsed() < PATIENCE, "{expected:?} does not come up:\n{}", self.text());
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// Waits for a text.
    ///
    /// # Panics
    /// As [`wait_for`](Self::wait_for).
    pub fn wait_for_text(&self, expected: &str) -> String {
        self.wait_for(&format!("{expected:?}"), |text| text.contains(expected))
    }

    /// Changes the size of the window.
    ///
    /// # Panics
    /// When the terminal is closed.
    pub fn resize(&mut self, columns: u16, rows: u16) {
        // The program draws for the new size only after it was told.
        self.parser().screen_mut().set_size(at_least_one(rows), at_least_one(columns));
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        self.master.resize(size).expect("the terminal can be resized");
    }

    /// Sends a signal such as `TERM` to the program.
    ///
    /// # Panics
    /// When there is no command `kill`.
    pub fn signal(&self, name: &str) {
        let process = self.child.process_id().unwrap_or(0).to_string();
        let status = std::process::Command::new("kill").args(["-s", name, &process]).status();
        assert!(status.is_ok_and(|status| status.success()), "the signal can be sent");
    }

    /// Waits for the program to end: its exit status, and the name of the signal that ended it.
    ///
    /// # Panics
    /// When it does not.
    pub fn wait(&mut self) -> (u32, Option<String>) {
        let status =
            wait_for_end(&mut *self.child).unwrap_or_else(|| panic!("still running:\n{}", self.text()));
        (status.exit_code(), status.signal().map(str::to_owned))
    }
}

fn wait_for_end(child: &mut dyn Child) -> Option<portable_pty::ExitStatus> {
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        if let Ok(Some(status)) = child.try_wait() {
            // What was written last arrives.
            thread::sleep(REST);
            return Some(status);
        }
        thread::sleep(Duration::from_millis(5));
    }
    None
}

fn at_least_one(number: u16) -> NonZeroU16 {
    NonZeroU16::new(number).unwrap_or(NonZeroU16::MIN)
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // It has ended where a test got as far as that.
        let _ = self.child.kill();
    }
}
