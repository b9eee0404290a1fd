//! MiniDebugInfo: a second ELF file with the names of local functions, packed by xz into the section
//! `.gnu_debugdata` of a stripped binary
//! (<https://sourceware.org/gdb/current/onlinedocs/gdb.html/MiniDebugInfo.html>).

use std::io::{self, Write};
use std::sync::Arc;

use thiserror::Error;

use crate::object_file::{ObjectError, ObjectFile};

/// The packed file may have this size; real ones have a few megabytes.
const MOST_UNPACKED: usize = 256 << 20;

/// Why there is no second file.
#[derive(Debug, Error)]
pub enum MiniError {
    /// It cannot be unpacked.
    #[error("cannot unpack .gnu_debugdata: {0}")]
    Unpack(String),
    /// What was unpacked is no object file.
    #[error(transparent)]
    Object(#[from] ObjectError),
}

/// The packed file; `None` when there is no such section.
pub(crate) fn read(file: &ObjectFile) -> Result<Option<ObjectFile>, MiniError> {
    let packed = file.contents(".gnu_debugdata")?;
    if packed.is_empty() {
        return Ok(None);
    }
    let mut unpacked = Bounded(Vec::new());
    lzma_rs::xz_decompress(&mut io::BufReader::new(packed), &mut unpacked)
        .map_err(|error| MiniError::Unpack(format!("{error:?}")))?;
    Ok(Some(ObjectFile::parse(Arc::new(unpacked.0))?))
}

/// Bytes up to a limit.
struct Bounded(Vec<u8>);

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MOST_UNPACKED {
            return Err(io::Error::other("it unpacks to more than 256 MiB"));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
