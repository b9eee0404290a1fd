//! Stands for the stacks of threads on systems where threads cannot be asked.

use super::ThreadStack;
use crate::Error;

/// Says that there are none.
pub(super) fn stacks(_caller: &[u64]) -> Result<Vec<ThreadStack>, Error> {
    let reason = "the stacks of threads are not available on this system";
    Err(Error::Threads(std::io::Error::new(std::io::ErrorKind::Unsupported, reason)))
}

/// There is nothing to begin anew.
pub(crate) fn start_over_in_child() {}
