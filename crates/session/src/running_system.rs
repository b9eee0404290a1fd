//! What Linux shows of itself: the library that it gives to every process, the kernel's symbols, and the functions
//! that just-in-time compilers have written down.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use hotlist_symbolize::{Bytes, OpenError, Running};

/// Nothing of the system is larger; lists of symbols have some ten megabytes.
const LARGEST: u64 = 256 << 20;

/// Lists of compilers that run for days have some ten megabytes.
#[cfg(target_os = "linux")]
const LARGEST_MAP: u64 = 64 << 20;

/// Reads a part of the running system; [`OpenError::Missing`] where there is none.
pub(crate) fn read(what: Running) -> Result<Bytes, OpenError> {
    let bytes = match what {
        Running::Vdso => vdso(),
        Running::KernelNotes => whole("/sys/kernel/notes"),
        Running::KernelSymbols => whole("/proc/kallsyms"),
        Running::PerfMap(process) => perf_map(Path::new("/tmp"), process),
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

/// The list of a compiler, in a folder where everybody may write: only a regular file that belongs to the user or
/// to root is read, as `perf` does.
#[cfg(target_os = "linux")]
fn perf_map(folder: &Path, process: u32) -> io::Result<Vec<u8>> {
    use std::os::unix::fs::MetadataExt;
    let path = folder.join(format!("perf-{process}.map"));
    // What the name stands for is looked at before it is opened, which could wait for ever, and again behind it, when
    // somebody may have put something else in its place.
    let named = std::fs::symlink_metadata(&path)?;
    // The folder of a process belongs to its user.
    let user = std::fs::metadata("/proc/self")?.uid();
    let refuse = |reason: &str| Err(io::Error::other(reason.to_owned()));
    if !named.is_file() {
        return refuse("it is no regular file");
    }
    if ![0, user].contains(&named.uid()) {
        return refuse("it belongs to another user");
    }
    let file = File::open(&path)?;
    let opened = file.metadata()?;
    if (opened.dev(), opened.ino()) != (named.dev(), named.ino()) {
        return refuse("it was replaced while it was opened");
    }
    if opened.len() > LARGEST_MAP {
        return refuse("it is larger than 64 MiB");
    }
    let mut bytes = Vec::new();
    file.take(LARGEST_MAP).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(not(target_os = "linux"))]
fn perf_map(_: &Path, _: u32) -> io::Result<Vec<u8>> {
    Err(io::ErrorKind::NotFound.into())
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

#[cfg(all(test, target_os = "linux"))]
mod perf_map_tests {
    use super::*;

    #[test]
    fn only_regular_files_of_the_user_or_root_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let error = |process| perf_map(folder.path(), process).err().map(|error| error.to_string());
        std::fs::write(folder.path().join("perf-1.map"), "1000 10 work\n").unwrap();
        assert_eq!(perf_map(folder.path(), 1).unwrap(), b"1000 10 work\n");
        std::os::unix::fs::symlink("perf-1.map", folder.path().join("perf-2.map")).unwrap();
        assert_eq!(error(2).as_deref(), Some("it is no regular file"));
        std::fs::create_dir(folder.path().join("perf-3.map")).unwrap();
        assert_eq!(error(3).as_deref(), Some("it is no regular file"));
        let large = File::create(folder.path().join("perf-4.map")).unwrap();
        large.set_len(LARGEST_MAP + 1).unwrap();
        assert_eq!(error(4).as_deref(), Some("it is larger than 64 MiB"));
        let foreign = folder.path().join("perf-5.map");
        std::fs::write(&foreign, "1000 10 work\n").unwrap();
        // Only root may give a file away.
        if std::os::unix::fs::chown(&foreign, Some(12345), None).is_ok() {
            assert_eq!(error(5).as_deref(), Some("it belongs to another user"));
        }
        assert_eq!(perf_map(folder.path(), 6).unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
