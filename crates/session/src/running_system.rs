//! What Linux shows of itself: the library that it gives to every process, and the kernel's symbols.

use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;

use hotlist_symbolize::{Bytes, OpenError, Running};

/// Nothing of the system is larger; lists of symbols have some ten megabytes.
const LARGEST: u64 = 256 << 20;

/// Reads a part of the running system; [`OpenError::Missing`] where there is none.
pub(crate) fn read(what: Running) -> Result<Bytes, OpenError> {
    let bytes = match what {
        Running::Vdso => vdso(),
        Running::KernelNotes => whole("/sys/kernel/notes"),
        Running::KernelSymbols => whole("/proc/kallsyms"),
    };
    match bytes {
        Ok(bytes) => Ok(Arc::new(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(OpenError::Missing),
        Err(error) => Err(OpenError::Failed(error.to_string())),
    }
}

fn whole(path: &str) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(LARGEST).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The library is in the memory of this process too.
#[cfg(target_os = "linux")]
fn vdso() -> io::Result<Vec<u8>> {
    use std::os::unix::fs::FileExt;
    let maps = whole("/proc/self/maps")?;
    let maps = String::from_utf8_lossy(&maps);
    let range = maps.lines().find(|line| line.ends_with("[vdso]")).and_then(|line| {
        let (start, end) = line.split_once(' ')?.0.split_once('-')?;
        let number = |text| u64::from_str_radix(text, 16).ok();
        let (start, end) = (number(start)?, number(end)?);
        Some((start, end.checked_sub(start).filter(|&size| size <= LARGEST)?))
    });
    let (start, size) = range.ok_or(io::ErrorKind::NotFound)?;
    let mut bytes = vec![0; size as usize];
    File::open("/proc/self/mem")?.read_exact_at(&mut bytes, start)?;
    Ok(bytes)
}

#[cfg(not(target_os = "linux"))]
fn vdso() -> io::Result<Vec<u8>> {
    Err(io::ErrorKind::NotFound.into())
}

#[cfg(all(test, target_os = "linux", target_arch = "x86_64"))]
mod tests {
    use hotlist_symbolize::ObjectFile;

    use super::*;

    #[test]
    fn the_library_of_the_kernel_is_read() {
        let Ok(bytes) = read(Running::Vdso) else { return };
        let file = ObjectFile::parse(bytes).expect("it is an ELF file");
        assert!(!file.build_id.is_empty() && !file.symbols().rows().is_empty());
    }
}
