//! Stands for the CPU profiler on systems that it does not know.

use crate::Error;
use crate::encode::Captured;

/// Says that there is none.
pub(crate) fn capture(_hertz: u32, _is_over: impl FnMut() -> bool) -> Result<Captured, Error> {
    let reason = "there are no CPU profiles on this system";
    Err(Error::Cpu(std::io::Error::new(std::io::ErrorKind::Unsupported, reason)))
}
