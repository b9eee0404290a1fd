//! What the query of Pyroscope's `/ingest` says: the name of an application with its labels, and what is sent.
//!
//! Source: <https://grafana.com/docs/pyroscope/latest/reference-server-api/>.

use std::collections::BTreeMap;

/// An application as `/ingest` names it: `app.cpu{region=eu,pod=a}`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct IngestName {
    /// The name with its ending, such as `app.cpu`.
    pub(crate) app: String,
    /// Its labels.
    pub(crate) labels: BTreeMap<String, String>,
}

impl std::str::FromStr for IngestName {
    type Err = String;

    fn from_str(text: &str) -> Result<IngestName, String> {
        let text = text.trim();
        let wrong = |why: &str| format!("name: {why} in {text:?}; it is app{{label=value,...}}");
        let (app, labels) = match text.split_once('{') {
            None => (text, ""),
            Some((app, rest)) => (app.trim(), rest.strip_suffix('}').ok_or_else(|| wrong("a } is missing"))?),
        };
        if app.is_empty() {
            return Err(wrong("there is no application"));
        }
        let mut name = IngestName { app: app.to_owned(), labels: BTreeMap::new() };
        for pair in labels.split(',').filter(|pair| !pair.trim().is_empty()) {
            let (key, value) = pair.split_once('=').ok_or_else(|| wrong("a = is missing"))?;
            let value = value.trim();
            let value = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value);
            if key.trim().is_empty() {
                return Err(wrong("a label has no name"));
            }
            name.labels.insert(key.trim().to_owned(), value.to_owned());
        }
        Ok(name)
    }
}

/// Endings of names by which older clients tell what they measured, with the name of such a profile here.
const ENDINGS: [(&str, &str); 9] = [
    ("cpu", "process_cpu"),
    ("itimer", "process_cpu"),
    ("wall", "wall"),
    ("alloc_objects", "memory"),
    ("alloc_space", "memory"),
    ("inuse_objects", "memory"),
    ("inuse_space", "memory"),
    ("goroutines", "goroutine"),
    ("samples", "process_cpu"),
];

impl IngestName {
    /// The service, without an ending that tells the kind of profile, and the name of that kind.
    pub(crate) fn service_and_kind(&self) -> (&str, Option<&'static str>) {
        let service = self.labels.get("service_name").map(String::as_str);
        let ending = self.app.rsplit_once('.').and_then(|(app, ending)| {
            let (_, kind) = ENDINGS.iter().find(|(known, _)| *known == ending)?;
            Some((app, *kind))
        });
        match ending {
            Some((app, kind)) => (service.unwrap_or(app), Some(kind)),
            None => (service.unwrap_or(&self.app), None),
        }
    }
}

/// How the body of `/ingest` is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum IngestFormat {
    /// As its first bytes say: pprof, JFR and whatever else hotlist reads.
    #[default]
    Sniffed,
    /// A stack and a count in each line, `main;work 3`.
    Folded,
    /// A stack in each line.
    Lines,
}

impl IngestFormat {
    /// The format by the name that clients give.
    ///
    /// # Errors
    /// In words, for formats that are not read.
    pub(crate) fn named(name: &str) -> Result<IngestFormat, String> {
        match name {
            "" | "pprof" | "jfr" | "speedscope" => Ok(IngestFormat::Sniffed),
            "folded" | "groups" | "collapsed" => Ok(IngestFormat::Folded),
            "lines" => Ok(IngestFormat::Lines),
            "trie" | "tree" => Err(format!("format: {name} is not read; send pprof, folded or lines")),
            other => Err(format!("format: {other:?} is none of pprof, folded, lines, jfr, speedscope")),
        }
    }
}

/// Lines of stacks as lines of stacks and counts: equal ones are counted together.
///
/// # Errors
/// When the text is not UTF-8.
pub(crate) fn counted_lines(lines: &[u8]) -> Result<Vec<u8>, String> {
    let text = std::str::from_utf8(lines).map_err(|_| "the lines are not UTF-8".to_owned())?;
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for line in text.lines().map(str::trim_end).filter(|line| !line.is_empty()) {
        *counts.entry(line).or_default() += 1;
    }
    let mut folded = String::with_capacity(text.len());
    for (stack, count) in counts {
        folded += &format!("{stack} {count}\n");
    }
    Ok(folded.into_bytes())
}

/// One sample type of a `sample_type_config`, by which clients say what the values of their pprof file are.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub(crate) struct SampleTypeConfig {
    /// The unit of the values.
    pub(crate) units: String,
    /// What to call the type.
    #[serde(alias = "display_name")]
    pub(crate) display_name: String,
    /// Whether values grow from profile to profile, so that each has to have the one before taken away.
    pub(crate) cumulative: bool,
}

/// Sample types by their name in the file.
pub(crate) type SampleTypeConfigs = BTreeMap<String, SampleTypeConfig>;

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<(&str, &[(&str, &str)])>) {
        let expected = expected.map(|(app, labels)| IngestName {
            app: app.to_owned(),
            labels: labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
        });
        assert_eq!(text.parse().ok(), expected, "{text}");
    }

    #[test]
    fn names_are_taken_apart() {
        check("app", Some(("app", &[])));
        check("app.cpu{}", Some(("app.cpu", &[])));
        check("my app{a=b, c = \"d\" ,}", Some(("my app", &[("a", "b"), ("c", "d")])));
        check("app{url=a=b}", Some(("app", &[("url", "a=b")])));
        for wrong in ["", "{a=b}", "app{a=b", "app{a}", "app{=b}"] {
            check(wrong, None);
        }
    }

    #[test]
    fn endings_tell_the_kind() {
        let check = |text: &str, expected: (&str, Option<&str>)| {
            let name: IngestName = text.parse().unwrap();
            assert_eq!(name.service_and_kind(), expected, "{text}");
        };
        check("shop.api.cpu{}", ("shop.api", Some("process_cpu")));
        check("shop.api", ("shop.api", None));
        check("shop.inuse_space{service_name=checkout}", ("checkout", Some("memory")));
    }

    #[test]
    fn equal_lines_are_counted() {
        let folded = counted_lines(b"main;a\nmain;b\r\n\nmain;a\n").unwrap();
        assert_eq!(String::from_utf8(folded).unwrap(), "main;a 2\nmain;b 1\n");
        assert!(counted_lines(b"\xff").is_err());
    }

    #[test]
    fn formats_that_are_not_read_say_so() {
        assert_eq!(IngestFormat::named("pprof"), Ok(IngestFormat::Sniffed));
        assert_eq!(IngestFormat::named("lines"), Ok(IngestFormat::Lines));
        assert!(IngestFormat::named("trie").unwrap_err().contains("send pprof"));
        assert!(IngestFormat::named("xml").is_err());
    }
}
