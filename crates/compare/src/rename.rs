//! Functions that have another name now.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use crate::matrix::Side;
use crate::run::WeighedRun;

/// Lines by which a function may have moved within its file.
const MOVED_LINES: i64 = 20;
/// The part of neighbours that has to be the same.
const ALIKE: f64 = 0.7;

/// What is known of a function beside its name.
#[derive(Debug, Default)]
struct Surroundings {
    file: String,
    line: i64,
    /// Direct callers and callees, by row.
    neighbours: BTreeSet<usize>,
}

/// Which of `new` seem to be which of `gone`: pairs of rows (gone, new), each row at most once. `agree` tells whether
/// the weights of two rows could be those of one.
pub(crate) fn renames(
    runs: &[&WeighedRun<'_>],
    sides: &[Side],
    gone: &[usize],
    new: &[usize],
    agree: impl Fn(usize, usize) -> bool,
) -> Vec<(usize, usize)> {
    if gone.is_empty() || new.is_empty() {
        return Vec::new();
    }
    let around = surroundings(runs, sides, gone, new);
    let mut found = Vec::new();
    let mut taken = BTreeSet::new();
    for &old in gone {
        let likeness = |&candidate: &usize| alike(&around[&old], &around[&candidate], old, candidate);
        let best = new
            .iter()
            .filter(|&&candidate| !taken.contains(&candidate) && agree(old, candidate))
            .filter_map(|candidate| likeness(candidate).map(|likeness| (*candidate, likeness)))
            .max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)));
        if let Some((candidate, _)) = best {
            taken.insert(candidate);
            found.push((old, candidate));
        }
    }
    found
}

/// How alike two functions are, if they are alike enough.
fn alike(old: &Surroundings, new: &Surroundings, old_row: usize, new_row: usize) -> Option<f64> {
    // A recursive function is its own neighbour, under either name.
    let without = |set: &BTreeSet<usize>| -> BTreeSet<usize> {
        set.iter().copied().filter(|row| *row != old_row && *row != new_row).collect()
    };
    let (a, b) = (without(&old.neighbours), without(&new.neighbours));
    let union = a.union(&b).count();
    let common = if union == 0 { 0.0 } else { a.intersection(&b).count() as f64 / union as f64 };
    let same_file = !old.file.is_empty()
        && old.file == new.file
        && old.line > 0
        && new.line > 0
        && (old.line - new.line).abs() <= MOVED_LINES;
    (same_file || common >= ALIKE).then_some(common + f64::from(u8::from(same_file)))
}

fn surroundings(
    runs: &[&WeighedRun<'_>],
    sides: &[Side],
    gone: &[usize],
    new: &[usize],
) -> FxHashMap<usize, Surroundings> {
    let mut around: FxHashMap<usize, Surroundings> =
        gone.iter().chain(new).map(|&row| (row, Surroundings::default())).collect();
    for (run, side) in runs.iter().zip(sides) {
        let of_side = if *side == Side::Base { gone } else { new };
        for (row, file, line) in run.sources() {
            if let Some(place) = around.get_mut(&row) {
                (place.file, place.line) = (file, line);
            }
        }
        run.walk(|_, _, stack| {
            for pair in stack.windows(2) {
                for (row, neighbour) in [(pair[0], pair[1]), (pair[1], pair[0])] {
                    if of_side.contains(&row)
                        && let Some(place) = around.get_mut(&row)
                    {
                        place.neighbours.insert(neighbour);
                    }
                }
            }
        });
    }
    around
}
