//! A package for Debian and its kin: an `ar` file with what to know and what to unpack
//! (<https://manpages.debian.org/deb.5>).

use std::io::Write;
use std::path::Path;

use flate2::{Compression, GzBuilder};
use md5::{Digest, Md5};

use super::archive::{Entry, plain, tar_gz};
use super::contents::Contents;
use super::hex;

/// The name of the file of a package.
pub(super) fn name(version: &str, architecture: &str) -> String {
    format!("hotlist_{version}_{architecture}.deb")
}

pub(super) fn write(folder: &Path, contents: &Contents, architecture: &str) -> anyhow::Result<()> {
    let (manual, changes) = (gzip(&contents.manual)?, gzip(&contents.changes)?);
    let notices = gzip(contents.notices.as_bytes())?;
    let copyright = copyright(contents);
    let entries = [
        Entry { path: "./usr/bin/hotlist".to_owned(), content: &contents.program, is_program: true },
        plain("./usr/share/bash-completion/completions/hotlist", &contents.completions.bash),
        plain("./usr/share/doc/hotlist/THIRD-PARTY-NOTICES.txt.gz", &notices),
        plain("./usr/share/doc/hotlist/changelog.gz", &changes),
        plain("./usr/share/doc/hotlist/copyright", copyright.as_bytes()),
        plain("./usr/share/fish/vendor_completions.d/hotlist.fish", &contents.completions.fish),
        plain("./usr/share/man/man1/hotlist.1.gz", &manual),
        plain("./usr/share/zsh/vendor-completions/_hotlist", &contents.completions.zsh),
    ];
    let (control, sums) = (control(contents, architecture, &entries), sums(&entries));
    let control = [plain("./control", control.as_bytes()), plain("./md5sums", sums.as_bytes())];
    let (control, data) = (tar_gz(&control, contents.time)?, tar_gz(&entries, contents.time)?);
    let members = [("debian-binary", &b"2.0\n"[..]), ("control.tar.gz", &control), ("data.tar.gz", &data)];
    std::fs::write(folder.join(name(&contents.version, architecture)), ar(&members, contents.time))?;
    Ok(())
}

/// The fields of the package (<https://www.debian.org/doc/debian-policy/ch-controlfields.html>). The program is
/// static, so it depends on nothing.
fn control(contents: &Contents, architecture: &str, entries: &[Entry<'_>]) -> String {
    let bytes: usize = entries.iter().map(|entry| entry.content.len()).sum();
    format!(
        "Package: hotlist\n\
         Version: {}\n\
         Architecture: {architecture}\n\
         Maintainer: hotlist developers <hotlist-dev@users.noreply.github.com>\n\
         Installed-Size: {}\n\
         Section: devel\n\
         Priority: optional\n\
         Homepage: https://github.com/hotlist-dev/hotlist\n\
         Description: reads pprof profiles and shows where time and memory go\n \
         hotlist takes the command lines of pprof and gives the same answers, as text,\n \
         graphs and flame graphs, in a browser or on the full screen of a terminal. It\n \
         finds symbols and draws pictures itself and needs no other program.\n",
        contents.version,
        bytes.div_ceil(1024)
    )
}

fn sums(entries: &[Entry<'_>]) -> String {
    let line = |entry: &Entry<'_>| {
        format!("{}  {}\n", hex(&Md5::digest(entry.content)), entry.path.trim_start_matches("./"))
    };
    entries.iter().map(line).collect()
}

/// Who has which rights (<https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/>).
fn copyright(contents: &Contents) -> String {
    let [_, (_, mit)] = &contents.licences;
    let mit = String::from_utf8_lossy(mit);
    let holder = mit.lines().find(|line| line.starts_with("Copyright")).unwrap_or("Copyright: see below");
    let holder = holder.trim_start_matches("Copyright").trim_start_matches([':', ' ']);
    let indented: String = mit
        .lines()
        .map(|line| if line.trim().is_empty() { " .\n".to_owned() } else { format!(" {line}\n") })
        .collect();
    format!(
        "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\
         Upstream-Name: hotlist\n\
         Source: https://github.com/hotlist-dev/hotlist\n\
         Comment: The crates that are built in, with their licences, are listed in\n \
         /usr/share/doc/hotlist/THIRD-PARTY-NOTICES.txt.gz.\n\n\
         Files: *\n\
         Copyright: {holder}\n\
         License: MIT or Apache-2.0\n\n\
         License: MIT\n{indented}\n\
         License: Apache-2.0\n On Debian systems it is in /usr/share/common-licenses/Apache-2.0.\n"
    )
}

/// Without name and time, as Debian's policy asks.
fn gzip(bytes: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut packed = GzBuilder::new().write(Vec::new(), Compression::best());
    packed.write_all(bytes)?;
    Ok(packed.finish()?)
}

/// An archive of the old kind: a header of 60 characters before each member, which starts at an even place.
fn ar(members: &[(&str, &[u8])], time: u64) -> Vec<u8> {
    let mut archive = b"!<arch>\n".to_vec();
    for (name, content) in members {
        archive.extend(
            format!("{name:<16}{time:<12}{:<6}{:<6}{:<8}{:<10}`\n", 0, 0, "100644", content.len()).bytes(),
        );
        archive.extend_from_slice(content);
        if content.len() % 2 == 1 {
            archive.push(b'\n');
        }
    }
    archive
}
