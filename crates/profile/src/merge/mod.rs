//! Merging profiles one after the other, holding one input and the result at a time.

mod align;
mod merged;

use thiserror::Error;

use crate::Profile;
use crate::scale::Incompatible;
use align::align;
use merged::Merged;

/// Why two profiles cannot be merged.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum MergeError {
    /// No sample type occurs in all of them.
    #[error("profiles have empty common sample type list: one has {one}, another {other}")]
    NothingInCommon {
        /// The types so far.
        one: String,
        /// The types of the profile to add.
        other: String,
    },
    /// They measure different things.
    #[error(transparent)]
    Incompatible(#[from] Incompatible),
    /// The sum of two values of equal samples is too large.
    #[error("the sum of two {kind} values does not fit in 64 bits")]
    Overflow {
        /// The sample type.
        kind: String,
    },
    /// The result has too many frames or labels.
    #[error(transparent)]
    Full(#[from] crate::builder::Full),
}

/// A merge in progress.
///
/// Equal samples (same stack, same labels) become one, and everything is numbered anew in the order in
/// which the samples meet it; rows that no sample needs are left out. A profile that stays the only one is
/// handed back as it was, unless the merge is [of several](Self::of_several).
///
/// Mappings are equal when size, offset and build id or file are, and locations when they are at the
/// same place of equal mappings, so runs of one program at different addresses come together.
#[derive(Debug, Default)]
pub struct Merger {
    state: State,
    /// Whether the first profile does not wait for a second one.
    is_eager: bool,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Nothing,
    One(Box<Profile>),
    Several(Box<Merged>),
}

impl Merger {
    /// Nothing merged yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Nothing merged yet, where more than one profile is expected: the first is numbered anew as soon as it comes,
    /// while the next may still be on its way.
    pub fn of_several() -> Self {
        Merger { is_eager: true, ..Self::default() }
    }

    /// Adds a profile.
    ///
    /// Sample types that are not in all profiles are dropped; values are brought to the finer of two
    /// units. A profile without a period type fits any.
    ///
    /// # Errors
    /// When the profiles do not fit together; the merge is then lost.
    pub fn add(&mut self, mut profile: Profile) -> Result<(), MergeError> {
        let mut merged = match std::mem::take(&mut self.state) {
            State::Nothing if self.is_eager => {
                self.state = State::Several(Box::new(Merged::of(&profile)?));
                return Ok(());
            }
            State::Nothing => {
                self.state = State::One(Box::new(profile));
                return Ok(());
            }
            State::One(mut first) => {
                align(&mut first, &mut profile)?;
                Box::new(Merged::of(&first)?)
            }
            State::Several(mut merged) => {
                align(&mut merged.profile, &mut profile)?;
                merged
            }
        };
        merged.take_header(&profile);
        merged.take_samples(&profile)?;
        self.state = State::Several(merged);
        Ok(())
    }

    /// The result; `None` when nothing was added.
    ///
    /// # Errors
    /// Cannot fail after [`add`](Self::add) succeeded, except for sizes beyond all limits.
    pub fn finish(self) -> Result<Option<Profile>, MergeError> {
        Ok(match self.state {
            State::Nothing => None,
            State::One(profile) => Some(*profile),
            State::Several(merged) => {
                let profile = merged.finish();
                let is_zero = |sample| profile.samples.values(sample).iter().all(|&value| value == 0);
                if profile.samples.ids().any(is_zero) {
                    // Values have cancelled out: once more, so that nothing of such samples is left.
                    Some(Merged::of(&profile)?.finish())
                } else {
                    Some(profile)
                }
            }
        })
    }
}

/// Merges all of `profiles`. See [`Merger`].
///
/// # Errors
/// When they do not fit together.
pub fn merge(profiles: impl IntoIterator<Item = Profile>) -> Result<Option<Profile>, MergeError> {
    let mut merger = Merger::new();
    for profile in profiles {
        merger.add(profile)?;
    }
    merger.finish()
}
