//! What could not be checked here, and why.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;

/// Tests and steps that were left out, by reason.
#[derive(Debug, Default)]
pub(crate) struct Skipped {
    by_reason: BTreeMap<String, Vec<String>>,
}

impl Skipped {
    /// A step of the check, or a whole test program.
    pub(crate) fn step(&mut self, name: &str, reason: &str) {
        self.by_reason.entry(reason.to_owned()).or_default().push(name.to_owned());
    }

    /// The list that tests have added to with `hotlist_testkit::skip`.
    pub(crate) fn read(&mut self, list: &Path) -> anyhow::Result<()> {
        let text = match std::fs::read_to_string(list) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", list.display())),
        };
        for line in text.lines() {
            let mut words = line.splitn(3, '\t');
            let (Some(package), Some(test), Some(reason)) = (words.next(), words.next(), words.next()) else {
                anyhow::bail!("{}: this is no skipped test: {line}", list.display());
            };
            self.step(&format!("{package} {test}"), reason);
        }
        Ok(())
    }

    pub(crate) fn count(&self) -> usize {
        self.by_reason.values().map(Vec::len).sum()
    }

    /// One line for each reason.
    pub(crate) fn print(&self) {
        for (reason, names) in &self.by_reason {
            println!("== skipped {} ({reason}): {}", names.len(), names.join(", "));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Skipped;

    #[test]
    fn lines_of_tests_are_counted_by_reason() {
        let list = std::env::temp_dir().join(format!("hotlist-skipped-{}", std::process::id()));
        std::fs::write(&list, "a\tone\tno gcc\nb\ttwo\tno gcc\na\tthree\tno tmux\n").unwrap();
        let mut skipped = Skipped::default();
        skipped.read(&list).unwrap();
        std::fs::write(&list, "nonsense\n").unwrap();
        assert!(skipped.read(&list).is_err());
        std::fs::remove_file(&list).unwrap();
        skipped.read(&list).unwrap();
        assert_eq!(skipped.count(), 3);
        assert_eq!(skipped.by_reason["no gcc"], ["a one", "b two"]);
    }
}
