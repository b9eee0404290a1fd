//! Places that people pointed at to keep, drop or hide them: exactly these, whatever else is called alike.

use hotlist_analyze::{ExactFilter, PlaceKey};

use crate::chosen::Chosen;
use crate::prompt::Purpose;

/// A place that people pointed at, and what is to become of its samples.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pointed {
    purpose: Purpose,
    key: PlaceKey,
    label: String,
}

impl Pointed {
    pub(crate) fn new(purpose: Purpose, chosen: &Chosen) -> Pointed {
        Pointed { purpose, key: chosen.key.clone(), label: chosen.label.clone() }
    }

    /// The filter for it.
    pub(crate) fn filter(&self) -> ExactFilter {
        let key = self.key.clone();
        match self.purpose {
            Purpose::Ignore => ExactFilter::Without(key),
            Purpose::Hide => ExactFilter::Hidden(key),
            Purpose::Focus | Purpose::Search => ExactFilter::Through(key),
        }
    }

    /// What the title says of it.
    pub(crate) fn told(&self) -> String {
        format!("{}={}", self.purpose.title(), self.label)
    }
}
