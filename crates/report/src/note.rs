//! What people should know beside an answer.

use crate::shape::{Listing, Shape};

/// Something that people should know; a face decides where it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// Something that went well, such as where a file was found.
    Info(String),
    /// Something that may not be as intended.
    Warning(String),
}

impl Shape<'_> {
    /// What people should know about how this shape came about.
    pub fn notes(&self) -> Vec<Note> {
        match self {
            Shape::Listing(listing) => listing.notes(),
            Shape::Table(_)
            | Shape::Neighbours(_)
            | Shape::Graph(_)
            | Shape::Flame(_)
            | Shape::Stacks(_)
            | Shape::Assembly(_)
            | Shape::Tags(_)
            | Shape::Notes(_)
            | Shape::Comparison(_)
            | Shape::Sensitivity(_)
            | Shape::Profile(_) => Vec::new(),
        }
    }
}

impl Listing {
    /// Why there is no assembly, which files were shown in place of others, and what casts doubt on them.
    fn notes(&self) -> Vec<Note> {
        let mut notes: Vec<Note> =
            self.problems.iter().map(|text| Note::Warning(format!("no assembly: {text}"))).collect();
        for routine in &self.routines {
            if let (Some(file), Some(place)) = (&routine.file, &routine.found_at) {
                notes.push(Note::Info(format!("{file}: showing {place}")));
            }
            notes.extend(routine.warnings.iter().cloned().map(Note::Warning));
        }
        notes
    }
}
