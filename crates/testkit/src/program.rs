//! Running the built binary so that nothing of the machine shows in its answers.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A binary to run, with its own folder for files and as its home.
#[derive(Debug)]
pub struct Program {
    binary: PathBuf,
    folder: TempDir,
    working_folder: PathBuf,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The exit status; `None` after a signal.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: Vec<u8>,
    /// Standard error.
    pub stderr: String,
}

impl Outcome {
    /// Standard output as text.
    ///
    /// # Panics
    /// When it is not UTF-8.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.stdout).expect("standard output is UTF-8")
    }

    /// Exit status, standard output and standard error in one text, for a snapshot.
    pub fn snapshot(&self) -> String {
        let code = self.code.map_or("killed".to_owned(), |code| code.to_string());
        let stdout = String::from_utf8_lossy(&self.stdout);
        format!("exit status: {code}\n--- stdout\n{stdout}--- stderr\n{}", self.stderr)
    }
}

impl Program {
    /// The program `binary`, usually `env!("CARGO_BIN_EXE_hotlist")`, working in `working_folder`.
    ///
    /// # Panics
    /// When no temporary folder can be made.
    pub fn new(binary: impl Into<PathBuf>, working_folder: impl Into<PathBuf>) -> Program {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        Program { binary: binary.into(), folder, working_folder: working_folder.into() }
    }

    /// The folder that is the home of the program, empty at first.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file into [`folder`](Self::folder).
    ///
    /// # Panics
    /// When that fails.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder().join(name);
        std::fs::write(&path, content).expect("a file can be written");
        path
    }

    /// The command with a clean environment; `{home}` in `words` stands for
    /// [`folder`](Self::folder).
    pub fn command(&self, words: &[&str]) -> Command {
        let home = self.folder().to_str().unwrap_or_default();
        let mut command = Command::new(&self.binary);
        command
            .args(words.iter().map(|word| word.replace("{home}", home)))
            .current_dir(&self.working_folder)
            .env_clear()
            .env("TZ", "UTC")
            .env("NO_COLOR", "1")
            .env("HOME", self.folder())
            .env("PPROF_TMPDIR", self.folder())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs it with nothing on standard input.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn run(&self, words: &[&str]) -> Outcome {
        self.run_with(words, &[])
    }

    /// Runs it with `input` on standard input. The folder is called `{home}` in what it says.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn run_with(&self, words: &[&str], input: &[u8]) -> Outcome {
        let mut child =
            self.command(words).stdin(Stdio::piped()).spawn().expect("the program can be started");
        let mut stdin = child.stdin.take().expect("standard input is piped");
        let output = std::thread::scope(|scope| {
            // The program may end before it has read everything.
            scope.spawn(move || stdin.write_all(input).ok());
            child.wait_with_output().expect("the program can be waited for")
        });
        let home = self.folder().to_str().unwrap_or_default();
        let stderr = String::from_utf8_lossy(&output.stderr).replace(home, "{home}");
        Outcome { code: output.status.code(), stdout: output.stdout, stderr }
    }
}
