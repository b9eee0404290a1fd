//! Which files profiles were taken of.
//!
//! Symbols are not read here; this is what pprof does to mappings on loading, whether it symbolizes or
//! not.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use hotlist_profile::{Mapping, MappingId, Profile};

/// Whether `path` is an executable or library: ELF, Mach-O or PE, by its first bytes.
pub fn is_object_file(path: &Path) -> bool {
    let is_regular = std::fs::metadata(path).is_ok_and(|metadata| metadata.is_file());
    let mut magic = [0; 4];
    if !is_regular || File::open(path).and_then(|mut file| file.read_exact(&mut magic)).is_err() {
        return false;
    }
    matches!(
        magic,
        [0x7f, b'E', b'L', b'F']
            | [b'M', b'Z', ..]
            | [0xfe, 0xed, 0xfa, 0xce | 0xcf]
            | [0xce | 0xcf, 0xfa, 0xed, 0xfe]
            | [0xca, 0xfe, 0xba, 0xbe]
    )
}

/// Gives a profile without mappings one for everything, and applies the binary and the build id that
/// were named for the main mapping.
pub(crate) fn name_main_binary(profile: &mut Profile, binary: Option<&Path>, build_id: &str) {
    if profile.mappings.is_empty() {
        profile.mappings.push(Mapping { id: 1, ..Mapping::default() });
        for id in profile.locations.ids() {
            profile.locations.get_mut(id).mapping = Some(MappingId::new(0));
        }
    }
    let file = binary.map(|binary| profile.strings.intern(binary.as_os_str().as_encoded_bytes()));
    let build_id = profile.strings.intern(build_id.as_bytes());
    if let Some(main) = profile.mappings.first_mut() {
        main.file = file.unwrap_or(main.file);
        if main.build_id.is_empty() {
            main.build_id = build_id;
        }
    }
}

/// Forgets mapping files that are URLs: some writers put the address of a server there.
pub(crate) fn forget_urls(profile: &mut Profile) {
    let is_url = |file: &str| {
        file.split_once(':').is_some_and(|(scheme, _)| {
            scheme.starts_with(|c: char| c.is_ascii_alphabetic())
                && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
        })
    };
    for row in 0..profile.mappings.len() {
        let mapping = profile.mappings[row];
        if mapping.build_id.is_empty() && is_url(&profile.lossy(mapping.file)) {
            profile.mappings[row].file = hotlist_profile::StringId::EMPTY;
        }
    }
}

#[cfg(test)]
mod tests {
    use hotlist_profile::Builder;

    use super::*;

    #[test]
    fn profiles_without_mappings_get_one() {
        let mut builder = Builder::new(&[("cpu", "ns")]);
        let main = builder.named_function("main", "");
        builder.source_location(main, 1);
        let mut profile = builder.finish();
        name_main_binary(&mut profile, Some(Path::new("/bin/app")), "abc");
        assert_eq!(profile.locations.rows()[0].mapping, Some(MappingId::new(0)));
        assert_eq!(profile.text(profile.mappings[0].file), b"/bin/app");
        assert_eq!(profile.text(profile.mappings[0].build_id), b"abc");
    }

    #[test]
    fn urls_are_no_binaries() {
        let mut builder = Builder::new(&[("cpu", "ns")]);
        for file in ["http://host/x", "/bin/app", "app with space", "[vdso]"] {
            let file = builder.string(file);
            builder.mapping(Mapping { file, ..Mapping::default() });
        }
        let mut profile = builder.finish();
        forget_urls(&mut profile);
        let kept: Vec<bool> = profile.mappings.iter().map(|mapping| !mapping.file.is_empty()).collect();
        assert_eq!(kept, [false, true, true, true]);
    }
}
