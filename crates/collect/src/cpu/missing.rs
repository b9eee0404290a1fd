//! Stands for the sampler on systems that it does not know.

use std::time::Duration;

use super::captured::Captured;
use crate::Error;

/// No capture exists.
#[derive(Debug)]
pub(crate) enum Id {}

/// Says that there are no captures.
pub(crate) fn start(_period: Duration, _tells_threads: bool) -> Result<Id, Error> {
    let reason = "there are no CPU profiles on this system";
    Err(Error::Cpu(std::io::Error::new(std::io::ErrorKind::Unsupported, reason)))
}

/// There is no capture to finish.
pub(crate) fn finish(id: &Id) -> Option<Captured> {
    match *id {}
}

/// There is no capture to give up.
pub(crate) fn cancel(id: &Id) {
    match *id {}
}
