//! The archive: the program with its manual, completions and licences in one folder.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::contents::Contents;
use super::platform::Platform;

/// What lies in an archive: path, content, and whether it can be run.
pub(super) struct Entry<'a> {
    pub(super) path: String,
    pub(super) content: &'a [u8],
    pub(super) is_program: bool,
}

impl Entry<'_> {
    pub(super) fn mode(&self) -> u32 {
        if self.is_program { 0o755 } else { 0o644 }
    }
}

/// A file that is not run.
pub(super) fn plain(path: impl Into<String>, content: &[u8]) -> Entry<'_> {
    Entry { path: path.into(), content, is_program: false }
}

/// The name of archive and folder, without an ending.
pub(super) fn name(version: &str, platform: &Platform) -> String {
    format!("hotlist-{version}-{}", platform.triple)
}

/// Writes a zip for Windows, a tarball for others.
pub(super) fn write(folder: &Path, contents: &Contents, platform: &Platform) -> anyhow::Result<()> {
    let name = name(&contents.version, platform);
    let inside = |path: &str| format!("{name}/{path}");
    let mut entries = vec![
        Entry { path: inside(platform.program()), content: &contents.program, is_program: true },
        plain(inside("README.md"), contents.readme.as_bytes()),
        plain(inside("CHANGELOG.md"), &contents.changes),
        plain(inside("THIRD-PARTY-NOTICES.txt"), contents.notices.as_bytes()),
        plain(inside("man/hotlist.1"), &contents.manual),
        plain(inside("completions/hotlist.bash"), &contents.completions.bash),
        plain(inside("completions/_hotlist"), &contents.completions.zsh),
        plain(inside("completions/hotlist.fish"), &contents.completions.fish),
    ];
    entries.extend(contents.licences.iter().map(|(name, text)| plain(inside(name), text)));
    if platform.is_windows() {
        return zip(&folder.join(format!("{name}.zip")), &entries);
    }
    std::fs::write(folder.join(format!("{name}.tar.gz")), tar_gz(&entries, contents.time)?)?;
    Ok(())
}

/// A tarball in which everything belongs to root.
pub(super) fn tar_gz(entries: &[Entry<'_>], time: u64) -> anyhow::Result<Vec<u8>> {
    let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::best()));
    let mut folders = Vec::new();
    for entry in entries {
        let parents = entry.path.char_indices().filter(|(at, letter)| *letter == '/' && *at > 1);
        for (end, _) in parents {
            let parent = &entry.path[..=end];
            if !folders.contains(&parent) {
                folders.push(parent);
                let mut header = header(0, 0o755, time);
                header.set_entry_type(tar::EntryType::Directory);
                archive.append_data(&mut header, parent, &[][..])?;
            }
        }
        let mut header = header(entry.content.len(), entry.mode(), time);
        archive.append_data(&mut header, &entry.path, entry.content)?;
    }
    Ok(archive.into_inner()?.finish()?)
}

fn header(size: usize, mode: u32, time: u64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_size(size as u64);
    header.set_mode(mode);
    header.set_mtime(time);
    header.set_uid(0);
    header.set_gid(0);
    header
}

/// A zip file, whose entries are all of the same day: the format knows local times only.
pub(super) fn zip(path: &Path, entries: &[Entry<'_>]) -> anyhow::Result<()> {
    let mut archive = ZipWriter::new(File::create(path)?);
    for entry in entries {
        archive.start_file(&*entry.path, SimpleFileOptions::default().unix_permissions(entry.mode()))?;
        archive.write_all(entry.content)?;
    }
    archive.finish()?;
    Ok(())
}
