//! Which changes a comparison shows.

use hotlist_report::Compared;

/// Which changes a comparison shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Changes {
    /// All of them.
    #[default]
    All,
    /// What is in the profile alone.
    New,
    /// What is in the base alone.
    Gone,
    /// What is in both and weighs more than in the base.
    Grown,
    /// What is in both and weighs less than in the base.
    Shrunk,
}

impl Changes {
    const EVERY: [Changes; 5] = [Changes::All, Changes::New, Changes::Gone, Changes::Grown, Changes::Shrunk];

    /// What the screen calls it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Changes::All => "all changes",
            Changes::New => "only new",
            Changes::Gone => "only gone",
            Changes::Grown => "only grown",
            Changes::Shrunk => "only shrunk",
        }
    }

    /// The one behind it, in a circle.
    pub(crate) fn next(self) -> Changes {
        let at = Changes::EVERY.iter().position(|&other| other == self).unwrap_or(0);
        Changes::EVERY[(at + 1) % Changes::EVERY.len()]
    }

    /// Whether what weighs this much with callees, in the base and in the profile, is to be shown.
    pub(crate) fn shows(self, before: i64, after: i64) -> bool {
        match self {
            Changes::All => true,
            Changes::New => before == 0 && after != 0,
            Changes::Gone => before != 0 && after == 0,
            Changes::Grown => before != 0 && after > before,
            Changes::Shrunk => after != 0 && after < before,
        }
    }

    /// Whether a place is to be shown that weighs this much.
    pub(crate) fn shows_place(self, compared: Option<&Compared>) -> bool {
        compared.is_none_or(|sides| self.shows(sides.before_cum, sides.after_cum))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_change_is_one_of_four_kinds() {
        for (before, after, expected) in [
            (0, 5, Some(Changes::New)),
            (5, 0, Some(Changes::Gone)),
            (5, 6, Some(Changes::Grown)),
            (6, 5, Some(Changes::Shrunk)),
            (5, 5, None),
            (0, 0, None),
        ] {
            let kinds = &Changes::EVERY[1..];
            let shown: Vec<_> = kinds.iter().copied().filter(|kind| kind.shows(before, after)).collect();
            assert_eq!(shown, Vec::from_iter(expected), "{before} {after}");
            assert!(Changes::All.shows(before, after));
        }
        assert_eq!(Changes::Shrunk.next(), Changes::All);
    }
}
