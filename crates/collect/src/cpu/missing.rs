//! Stands for the sampler on systems that it does not know.

use std::time::Duration;

use super::Captured;
use crate::Error;

/// No capture exists.
#[derive(Debug)]
pub(super) enum Id {}

/// Says that there are no captures.
pub(super) fn start(_period: Duration) -> Result<Id, Error> {
    let reason = "there are no CPU profiles on this system";
    Err(Error::Cpu(std::io::Error::new(std::io::ErrorKind::Unsupported, reason)))
}

/// There is no capture to finish.
pub(super) fn finish(id: &Id) -> Option<Captured> {
    match *id {}
}

/// There is no capture to give up.
pub(super) fn cancel(id: &Id) {
    match *id {}
}

/// There is nothing to begin anew.
pub(crate) fn start_over_in_child() {}
