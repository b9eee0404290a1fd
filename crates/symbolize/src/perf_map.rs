//! Names of code that a just-in-time compiler has made: the list that it writes for `perf`, `/tmp/perf-PID.map`
//! (`tools/perf/Documentation/jit-interface.txt` of Linux).

use hotlist_profile::{LabelValue, Profile};

use crate::code_map::CodeMap;
use crate::positions::{Frame, Positions};

/// The keys of labels that tell the process of a sample.
const PROCESS_LABELS: [&str; 4] = ["pid", "process_id", "process", "tgid"];

/// Functions by address.
#[derive(Debug, Clone, Default)]
pub struct PerfMap<'a> {
    names: CodeMap<&'a [u8]>,
}

impl<'a> PerfMap<'a> {
    /// Reads lines such as `7f2a4c001000 1f0 name with spaces`: address and size in hexadecimal digits. Other lines
    /// are passed over. Memory is used again, so of several functions at an address the last one counts.
    pub fn parse(text: &'a [u8]) -> PerfMap<'a> {
        let mut map = PerfMap::default();
        for line in text.split(|&byte| byte == b'\n') {
            if let Some((start, end, name)) = entry(line.strip_suffix(b"\r").unwrap_or(line)) {
                map.names.insert(start..end, name);
            }
        }
        map
    }

    /// The name of the function at `address`.
    pub fn lookup(&self, address: u64) -> Option<&'a [u8]> {
        self.names.get(address).copied()
    }

    pub(crate) fn frame(&self, address: u64, positions: &mut Positions) -> Option<Frame> {
        let function = positions.strings.intern(self.lookup(address)?);
        Some(Frame { function, ..Frame::default() })
    }
}

fn entry(line: &[u8]) -> Option<(u64, u64, &[u8])> {
    let (start, rest) = split(line)?;
    let (size, name) = split(rest)?;
    let start = hexadecimal(start)?;
    let end = start.checked_add(hexadecimal(size)?)?;
    (!name.is_empty()).then_some((start, end, name))
}

/// Which processes the code of mappings is of.
pub(crate) struct Processes<'p> {
    profile: &'p Profile,
    /// The one of which all samples are, looked for once.
    only: std::cell::OnceCell<Option<u32>>,
}

impl<'p> Processes<'p> {
    pub(crate) fn new(profile: &'p Profile) -> Self {
        Processes { profile, only: std::cell::OnceCell::new() }
    }

    /// The process whose compiler has made the code of a mapping: by the name that `perf` gives to the mapping, or for
    /// memory of no file by the label of the samples, if it is the same for all.
    pub(crate) fn of_compiled(&self, file: &str) -> Option<u32> {
        let base = file.rsplit('/').next().unwrap_or(file);
        let by_name = base.strip_prefix("perf-").and_then(|rest| rest.strip_suffix(".map"));
        if let Some(number) = by_name.or_else(|| file.strip_prefix("[JIT] tid ")) {
            return number.parse().ok();
        }
        let is_anonymous = file == "//anon"
            || file.starts_with("[anon")
            || file.starts_with("/memfd:")
            || file.starts_with("/dev/zero");
        is_anonymous.then(|| *self.only.get_or_init(|| only_process(self.profile))).flatten()
    }
}

fn only_process(profile: &Profile) -> Option<u32> {
    let mut only = None;
    for labels in profile.labels.iter().filter(|labels| !labels.is_empty()) {
        let is_process = |key| PROCESS_LABELS.iter().any(|name| profile.text(key) == name.as_bytes());
        let label = labels.iter().find(|label| is_process(label.key))?;
        let process = match label.value {
            LabelValue::Number { value, .. } => u32::try_from(value).ok()?,
            LabelValue::Text(text) => profile.lossy(text).parse().ok()?,
        };
        if only.is_some_and(|other| other != process) {
            return None;
        }
        only = Some(process);
    }
    only
}

/// The first word and what stands behind the space.
fn split(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = line.iter().position(|&byte| byte == b' ')?;
    Some((&line[..at], &line[at + 1..]))
}

fn hexadecimal(digits: &[u8]) -> Option<u64> {
    let digits = digits.strip_prefix(b"0x").unwrap_or(digits);
    u64::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use hotlist_profile::Builder;

    use super::*;

    #[test]
    fn the_entry_that_was_written_last_counts() {
        let text = b"1000 100 LazyCompile:*work /app/main.js:7:3\n0x2000 10 stub\r\n\
            1080 20 reused\nnonsense\n3000 0 empty\nffffffffffffffff 2 beyond\n4000 10\n";
        let map = PerfMap::parse(text);
        for (address, expected) in [
            (0xfff, None),
            (0x1000, Some("LazyCompile:*work /app/main.js:7:3")),
            (0x1080, Some("reused")),
            (0x109f, Some("reused")),
            (0x10a0, Some("LazyCompile:*work /app/main.js:7:3")),
            (0x1100, None),
            (0x200f, Some("stub")),
            (0x3000, None),
            (u64::MAX, None),
        ] {
            assert_eq!(map.lookup(address), expected.map(str::as_bytes), "{address:#x}");
        }
    }

    #[test]
    fn the_process_is_known_by_the_mapping_or_by_the_samples() {
        let profile = |processes: &[i64]| {
            let mut profile = Builder::new(&[("samples", "count")]).finish();
            let key = profile.strings.intern(b"pid");
            let unit = profile.strings.intern(b"");
            for &value in processes {
                let value = LabelValue::Number { value, unit };
                profile.labels.intern(&[hotlist_profile::Label { key, value }]).unwrap();
            }
            profile
        };
        let of = |profile: &Profile, file| Processes::new(profile).of_compiled(file);
        let none = profile(&[]);
        for (file, expected) in [
            ("/tmp/perf-123.map", Some(123)),
            ("perf-7.map", Some(7)),
            ("[JIT] tid 42", Some(42)),
            ("/tmp/perf-x.map", None),
            ("//anon", None),
            ("/bin/perf-tool", None),
        ] {
            assert_eq!(of(&none, file), expected, "{file}");
        }
        assert_eq!(of(&profile(&[5]), "//anon"), Some(5));
        assert_eq!(of(&profile(&[5]), "[anon:v8]"), Some(5));
        assert_eq!(of(&profile(&[5]), "/bin/node"), None);
        assert_eq!(of(&profile(&[5, 6]), "//anon"), None);
    }
}
