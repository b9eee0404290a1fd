//! What a question leaves out.

use hotlist_pattern::Pattern;

use crate::model::tag_filter::TagFilter;
use crate::model::window::Window;

/// The filters of a view, in pprof's words. Each is off when `None`.
///
/// Names are function names, file names and the object file of the mapping.
#[derive(Clone, Debug, Default)]
pub struct Filters {
    /// Keep samples with a frame that matches.
    pub focus: Option<Pattern>,
    /// Drop samples with a frame that matches.
    pub ignore: Option<Pattern>,
    /// Drop frames that match.
    pub hide: Option<Pattern>,
    /// Keep only frames that match.
    pub show: Option<Pattern>,
    /// Drop frames on the root side of the first match, and samples without one.
    pub show_from: Option<Pattern>,
    /// Keep samples with a matching tag.
    pub tag_focus: Option<TagFilter>,
    /// Drop samples with a matching tag.
    pub tag_ignore: Option<TagFilter>,
    /// Keep only tags whose key matches.
    pub tag_show: Option<Pattern>,
    /// Drop tags whose key matches.
    pub tag_hide: Option<Pattern>,
    /// Drop frames on the leaf side of the innermost function that matches.
    pub prune_from: Option<Pattern>,
    /// Count only what came in a window of time.
    pub window: Window,
}
