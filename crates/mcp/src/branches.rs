//! The parts of call trees that answers summed up, by the handles under which they can be looked at.

use std::collections::VecDeque;

use hotlist_session::Options;

use crate::refusal::Refusal;
use crate::request::Request;

/// How many branches are kept; the oldest ones go first.
const MOST: usize = 10_000;

/// A part of a call tree that was summed up.
#[derive(Debug, Clone)]
pub(crate) struct Branch {
    /// The handle of the profile.
    pub(crate) profile: String,
    /// The options of the tree, which decide what its frames are.
    pub(crate) options: Options,
    /// Those that decide what is summed, as `name=value`.
    pub(crate) told: Vec<String>,
    /// The place that all stacks begin with, as a key; empty for none.
    pub(crate) pivot: String,
    /// The way from the root to the frame whose callees were summed up, as ids of places.
    pub(crate) path: Vec<usize>,
    /// What the frames on the way are called.
    pub(crate) names: Vec<String>,
    /// How many of its callees were shown, the heaviest ones.
    pub(crate) skip: usize,
}

impl Branch {
    /// The whole tree of a profile, as `request` wants it.
    pub(crate) fn whole(profile: &str, request: &Request) -> Branch {
        Branch {
            profile: profile.to_owned(),
            options: request.options.clone(),
            told: request.told.clone(),
            pivot: String::new(),
            path: Vec::new(),
            names: Vec::new(),
            skip: 0,
        }
    }
}

/// The branches that can be asked for.
#[derive(Debug, Default)]
pub(crate) struct Branches {
    /// How many were forgotten.
    first: usize,
    kept: VecDeque<Branch>,
}

impl Branches {
    /// The handle that the branch will get that is added after `more` others.
    pub(crate) fn handle(&self, more: usize) -> String {
        format!("b{}", self.first + self.kept.len() + more + 1)
    }

    pub(crate) fn add(&mut self, branches: Vec<Branch>) {
        self.kept.extend(branches);
        while self.kept.len() > MOST {
            self.kept.pop_front();
            self.first += 1;
        }
    }

    pub(crate) fn get(&self, handle: &str) -> Result<Branch, Refusal> {
        let number = handle.strip_prefix('b').and_then(|number| number.parse::<usize>().ok());
        let row = number.and_then(|number| number.checked_sub(self.first + 1));
        row.and_then(|row| self.kept.get(row)).cloned().ok_or_else(|| {
            Refusal::new(format!(
                "there is no branch {handle:?}: call tree without it and take a handle of its answer"
            ))
        })
    }
}
