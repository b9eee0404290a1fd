//! Output whose errors say what could not be written.

use std::fmt::Display;
use std::io::{self, Write};

use crate::error::plain;

/// A writer whose errors name what is written: `standard output: no space left on device`. Their kinds stay.
#[derive(Debug)]
pub struct Named<W, N> {
    pub(crate) out: W,
    name: N,
}

impl<W, N> Named<W, N> {
    /// Writes to `out`, which people know as `name`.
    pub fn new(out: W, name: N) -> Self {
        Named { out, name }
    }
}

impl<W: Write, N: Display> Named<W, N> {
    fn named<T>(&mut self, write: impl FnOnce(&mut W) -> io::Result<T>) -> io::Result<T> {
        write(&mut self.out).map_err(|error| match error.kind() {
            // The writer tries again.
            io::ErrorKind::Interrupted => error,
            kind => io::Error::new(kind, format!("{}: {}", self.name, plain(&error))),
        })
    }
}

impl<W: Write, N: Display> Write for Named<W, N> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.named(|out| out.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.named(Write::flush)
    }
}
