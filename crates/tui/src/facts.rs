//! What is known of a profile before anything is asked of it.

use hotlist_session::OpenProfile;

/// What is known of a profile before anything is asked of it.
#[derive(Debug, Clone)]
pub struct Facts {
    /// What people call it, and what it is compared with.
    pub(crate) name: String,
    /// The names of the sample types.
    pub(crate) sample_types: Vec<String>,
    /// How many samples there are.
    pub(crate) samples: usize,
    /// Whether there are samples below zero, which come from a base.
    pub(crate) is_comparison: bool,
    /// Whether sets of runs were compared, so that it is known what really differs.
    pub(crate) has_verdicts: bool,
}

impl Facts {
    pub(crate) fn of(opened: &OpenProfile) -> Facts {
        let profile = opened.session.profile();
        let samples = &profile.samples;
        let kinds = profile.sample_types.iter().map(|kind| profile.lossy(kind.kind).into_owned());
        Facts {
            name: opened.title(),
            sample_types: kinds.collect(),
            samples: samples.len(),
            has_verdicts: opened.verdicts.is_some(),
            is_comparison: samples.ids().any(|id| samples.values(id).iter().any(|&value| value < 0)),
        }
    }
}
