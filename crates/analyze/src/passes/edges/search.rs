//! How the calls of stacks are found.

use hotlist_profile::LocationId;

use crate::model::node_id::NodeId;
use crate::passes::edges::width::Width;

/// How the calls of stacks are found.
pub(crate) trait Search<W: Width>: Sync {
    /// The kept nodes by their slots.
    fn kept(&self) -> &[NodeId];

    /// What finds the calls, with its own working memory.
    fn finder(&self) -> impl Finder<W>;
}

/// Finds the calls of stacks.
pub(crate) trait Finder<W: Width> {
    /// Gives the wanted calls of a stack to `take`, the outermost first.
    fn find(&mut self, frames: &[LocationId], take: impl FnMut(&[W::Edge]));
}
