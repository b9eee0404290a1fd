//! What is searched for, and where it is.

use hotlist_pattern::{Error, Pattern};

/// A pattern that is searched for.
#[derive(Debug, Clone)]
pub(crate) struct Search {
    pub(crate) text: String,
    pub(crate) pattern: Pattern,
}

impl Search {
    /// What is searched for when people type `text`.
    ///
    /// # Errors
    /// When it is no regular expression.
    pub(crate) fn new(text: &str) -> Result<Search, Error> {
        Ok(Search { text: text.to_owned(), pattern: search_pattern(text)? })
    }

    pub(crate) fn is_match(&self, text: &str) -> bool {
        self.pattern.is_match(text.as_bytes())
    }
}

/// Capitals count only where one is typed, as in many editors.
///
/// # Errors
/// When `text` is no regular expression.
pub(crate) fn search_pattern(text: &str) -> Result<Pattern, Error> {
    match text.chars().any(char::is_uppercase) {
        true => Pattern::new(text),
        false => Pattern::new(&format!("(?i){text}")),
    }
}

/// The rows of a view that match, in the order in which they are visited.
#[derive(Debug, Clone)]
pub(crate) struct Hits {
    pub(crate) rows: Vec<usize>,
    /// There are others among frames that are summed up.
    pub(crate) is_partial: bool,
}

impl Hits {
    /// The hit `by` places after the one in row `at`, in a circle. From a row that is none, the next one
    /// is the first for which `is_behind` holds.
    pub(crate) fn next(&self, at: usize, by: isize, is_behind: impl Fn(usize) -> bool) -> Option<usize> {
        let count = self.rows.len() as isize;
        let position = match self.rows.iter().position(|&row| row == at) {
            Some(position) => position as isize + by,
            None => {
                let behind = self.rows.iter().position(|&row| is_behind(row));
                behind.unwrap_or(self.rows.len()) as isize + if by > 0 { by - 1 } else { by }
            }
        };
        if count == 0 { None } else { self.rows.get(position.rem_euclid(count) as usize).copied() }
    }

    /// Such as `3 of 17`.
    pub(crate) fn position(&self, at: usize) -> String {
        let count = self.rows.len();
        let more = if self.is_partial { "+" } else { "" };
        match self.rows.iter().position(|&row| row == at) {
            Some(position) => format!("{} of {count}{more}", position + 1),
            None if count == 1 && !self.is_partial => "1 hit".to_owned(),
            None => format!("{count}{more} hits"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hits_are_visited_in_a_circle() {
        let hits = Hits { rows: vec![2, 5, 9], is_partial: false };
        let next = |at, by| hits.next(at, by, |row| row > at);
        assert_eq!([next(0, 1), next(2, 1), next(9, 1)], [Some(2), Some(5), Some(2)]);
        assert_eq!([next(0, -1), next(5, -1), next(2, -1)], [Some(9), Some(2), Some(9)]);
        assert_eq!([next(6, 1), next(6, -1)], [Some(9), Some(5)]);
        assert_eq!(hits.position(5), "2 of 3");
        assert_eq!(hits.position(6), "3 hits");
        let none = Hits { rows: Vec::new(), is_partial: false };
        assert_eq!([none.next(0, 1, |_| true), none.next(0, -1, |_| false)], [None, None]);
    }

    #[test]
    fn capitals_count_where_one_is_typed() {
        let matches = |text, name| Search::new(text).expect("a pattern").is_match(name);
        assert!(matches("json", "encoding/JSON"));
        assert!(!matches("JSON", "encoding/json"));
    }
}
