//! What whoever runs the server should know.

use std::fmt;
use std::sync::Arc;

/// Where the server says what whoever runs it should know, in lines: programs that cannot be scraped any more, and
/// that can be again; a disk that is full.
#[derive(Clone)]
pub struct Tell(Arc<dyn Fn(&str) + Send + Sync>);

impl Tell {
    /// Lines go to `line`, from any thread.
    pub fn new(line: impl Fn(&str) + Send + Sync + 'static) -> Tell {
        Tell(Arc::new(line))
    }

    pub(crate) fn say(&self, line: &str) {
        (self.0)(line);
    }
}

impl Default for Tell {
    /// Nobody is told anything.
    fn default() -> Tell {
        Tell::new(|_| {})
    }
}

impl fmt::Debug for Tell {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Tell")
    }
}
