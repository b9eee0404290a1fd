//! Stands for the stacks of threads on systems where threads cannot be asked.

use super::thread_stack::ThreadStack;
use crate::Error;

/// Says that there are none.
pub(crate) fn stacks(_caller: &[u64]) -> Result<Vec<ThreadStack>, Error> {
    let reason = "the stacks of threads are not available on this system";
    Err(Error::Threads(std::io::Error::new(std::io::ErrorKind::Unsupported, reason)))
}
