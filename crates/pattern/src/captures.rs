//! Where the groups of a pattern matched.

use std::ops::Range;

/// The places of one match and of the capturing groups in it, as byte ranges of the haystack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Captures {
    whole: Range<usize>,
    groups: Vec<Option<Range<usize>>>,
}

impl Captures {
    /// `groups` holds the capturing groups from number 1 on.
    pub(crate) fn new(whole: Range<usize>, groups: Vec<Option<Range<usize>>>) -> Captures {
        Captures { whole, groups }
    }

    /// The whole match.
    pub fn whole(&self) -> Range<usize> {
        self.whole.clone()
    }

    /// The place of a group by its number; group 0 is the whole match.
    ///
    /// Nothing if the group took no part in the match or does not exist. A group that matched repeatedly
    /// has its last place.
    pub fn get(&self, group: usize) -> Option<Range<usize>> {
        match group.checked_sub(1) {
            None => Some(self.whole()),
            Some(index) => self.groups.get(index).cloned().flatten(),
        }
    }

    /// The capturing groups in order, without the whole match.
    pub fn groups(&self) -> impl ExactSizeIterator<Item = Option<Range<usize>>> + '_ {
        self.groups.iter().cloned()
    }
}
