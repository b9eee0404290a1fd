//! What several questions to one profile have in common, worked out once.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::model::granularity::Detail;
use crate::model::path::PathTrim;
use crate::model::sample_value::SampleValue;
use crate::model::weight::Weights;

/// Keeps the weights of all places of one profile, those that were asked for last.
///
/// Most views of a page begin with them, and they are a small part of what it takes to work them out: one
/// number or two for each place in place of a pass over all stacks. Questions that need the same weights at the
/// same time wait for the first of them. Only views that leave nothing out are served, since there is no end
/// of filters.
#[derive(Debug, Default)]
pub struct Memo {
    kept: Mutex<VecDeque<(Key, Cell)>>,
}

/// How many are kept: enough for a user who goes through the sample types and granularities.
const MOST: usize = 6;

type Cell = Arc<OnceLock<Arc<Weights>>>;

/// What weights of everything in a profile depend on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) value: SampleValue,
    pub(crate) detail: Detail,
    pub(crate) trim: Option<PathTrim>,
}

impl Memo {
    /// Nothing known yet.
    pub fn new() -> Memo {
        Memo::default()
    }

    /// The weights for `key`, from `compute` when they are not known.
    pub(crate) fn weights(&self, key: Key, compute: impl FnOnce() -> Weights) -> Arc<Weights> {
        let cell = self.cell(key);
        Arc::clone(cell.get_or_init(|| Arc::new(compute())))
    }

    /// Where the weights for `key` are, or will be.
    fn cell(&self, key: Key) -> Cell {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let known = kept.iter().position(|(other, _)| *other == key).and_then(|row| kept.remove(row));
        let (key, cell) = known.unwrap_or_else(|| (key, Cell::default()));
        kept.push_front((key, Arc::clone(&cell)));
        kept.truncate(MOST);
        cell
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::node::NodeTable;
    use crate::model::parallel::Threads;
    use crate::model::view::View;
    use crate::passes::weigh::weigh;

    #[test]
    fn weights_are_worked_out_once_for_each_key_and_the_oldest_go() {
        let mut builder = hotlist_profile::Builder::new(&[("samples", "count"), ("time", "ms")]);
        let main = builder.named_function("main", "main.rs");
        let frame = builder.source_location(main, 7);
        builder.sample(&[frame], &[], &[3, 50]).expect("one frame fits");
        let profile = builder.finish();
        let memo = Memo::new();
        let flat = |column, detail| {
            let value = SampleValue { column, mean: false };
            let view = View::new(&profile, value, Threads::ONE, &mut Vec::new()).expect("sums fit");
            let view = view.with_memo(&memo);
            let table = NodeTable::new(&view, detail, None);
            let weights = weigh(&table);
            (weights.flat(table.ids().next().expect("one place")).value, Arc::as_ptr(&weights))
        };
        let plain = Detail::default();
        let (value, first) = flat(0, plain);
        assert_eq!((value, flat(0, plain).1), (3, first));
        assert_eq!(flat(1, plain).0, 50);
        assert_eq!(memo.kept.lock().unwrap().len(), 2);
        for number in 0..16u8 {
            let [no_inlines, show_columns, object_names] = [1, 2, 4].map(|bit| number & bit != 0);
            flat(usize::from(number >> 3), Detail { no_inlines, show_columns, object_names, ..plain });
        }
        assert_eq!(memo.kept.lock().unwrap().len(), MOST);
    }
}
