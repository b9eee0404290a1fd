//! The labels of a series.

use std::collections::BTreeMap;

/// The label that names the program that was measured.
pub const SERVICE: &str = "service";

/// The labels of a series: names and values, sorted by name. An empty value is as good as no label.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub struct Labels(BTreeMap<String, String>);

impl Labels {
    /// No labels.
    pub fn new() -> Self {
        Labels::default()
    }

    /// Sets a label; the earlier value of that name is lost.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<String>) {
        let (name, value) = (name.into(), value.into());
        if value.is_empty() {
            self.0.remove(&name);
        } else {
            self.0.insert(name, value);
        }
    }

    /// The value of a label; the empty text where it is not there.
    pub fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// The value of the label `service`.
    pub fn service(&self) -> &str {
        self.get(SERVICE)
    }

    /// Names and values, sorted by name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// How many labels there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no label.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Heap bytes held, roughly.
    pub(crate) fn memory(&self) -> usize {
        self.0.iter().map(|(name, value)| name.len() + value.len() + 2 * size_of::<String>()).sum()
    }

    /// Why a series cannot have these labels: a name that is not `[a-zA-Z_][a-zA-Z0-9_.]*`, or a name or value
    /// of more than 4096 bytes.
    pub(crate) fn fault(&self) -> Option<String> {
        const LONGEST: usize = 4096;
        self.iter().find_map(|(name, value)| {
            let is_first = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
            let is_other = |byte: u8| is_first(byte) || byte.is_ascii_digit() || byte == b'.';
            let is_name = name.bytes().next().is_some_and(is_first) && name.bytes().all(is_other);
            if !is_name || name.len() > LONGEST {
                let shown: String = name.chars().take(40).collect();
                Some(format!("{shown:?} cannot be the name of a label"))
            } else if value.len() > LONGEST {
                Some(format!("the label {name} has a value of more than {LONGEST} bytes"))
            } else {
                None
            }
        })
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Labels {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        let mut labels = Labels::new();
        for (name, value) in pairs {
            labels.set(name, value);
        }
        labels
    }
}
