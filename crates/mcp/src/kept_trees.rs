//! The call trees that were asked for last: a tree and the branches beside its shown frames are parts of one graph.

use std::collections::VecDeque;
use std::sync::Arc;

use hotlist_report::FlameGraph;
use hotlist_session::ViewOptions;

use crate::branches::Branch;

/// How many are kept.
const MOST: usize = 8;

/// What a call tree of a profile depends on.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TreeKey {
    view: ViewOptions,
    pivot: String,
    path: Vec<usize>,
    frames: usize,
}

impl TreeKey {
    /// That of a branch's tree with so many frames.
    pub(crate) fn new(branch: &Branch, frames: usize) -> TreeKey {
        // How many rows are shown does not matter: `frames` says how many there are.
        let view = ViewOptions { nodecount: -1, ..branch.options.view.clone() };
        TreeKey { view, pivot: branch.pivot.clone(), path: branch.path.clone(), frames }
    }
}

/// The trees of one profile, the one that was used last at the front.
#[derive(Debug, Default)]
pub(crate) struct KeptTrees(VecDeque<(TreeKey, Arc<FlameGraph>)>);

impl KeptTrees {
    pub(crate) fn get(&mut self, key: &TreeKey) -> Option<Arc<FlameGraph>> {
        let row = self.0.iter().position(|(kept, _)| kept == key)?;
        let kept = self.0.remove(row)?;
        let graph = Arc::clone(&kept.1);
        self.0.push_front(kept);
        Some(graph)
    }

    pub(crate) fn add(&mut self, key: TreeKey, graph: Arc<FlameGraph>) {
        self.0.push_front((key, graph));
        self.0.truncate(MOST);
    }
}
