//! From a [`Profile`](hotlist_profile::Profile) and a question about it to sums.
//!
//! A [`View`] is the part of a profile that a question is about: which samples, which frames of
//! them, which value. It selects and never copies. From a view come
//!
//! * [`weigh`]: what every place weighs by itself and with its callees,
//! * [`trimmed_graph`]: the call graph of the places that matter,
//! * [`flame()`]: the heaviest frames of the call tree,
//! * [`sum_tags`]: what each tag value weighs,
//! * [`View::timeline`]: what each slice of time weighs,
//! * [`View::to_profile`]: the selected part as a new profile.
//!
//! All passes run over dense ids and are split over threads by stack; since they add integers, the
//! answer does not depend on the number of threads.

mod model;
mod passes;

pub use model::exact::{ExactFilter, Side, TagText};
pub use model::filter::Filters;
pub use model::granularity::{Detail, Granularity};
pub use model::graph::{Edge, EdgeId, Graph, Node, NodeTags, Tag};
pub use model::memo::Memo;
pub use model::node::NodeTable;
pub use model::node_id::NodeId;
pub use model::number_units::{ConflictingUnits, NumberUnits};
pub use model::parallel::Threads;
pub use model::path::{PathTrim, base_name, clean_path};
pub use model::place::{NodeInfo, PlaceIds, object_label};
pub use model::place_key::{PlaceKey, PlaceKeyError};
pub use model::sample_value::{SampleValue, choose_sample_type};
pub use model::sides::Sides;
pub use model::tag_filter::{TagFilter, TagFilterError};
pub use model::tag_frames::with_tag_frames;
pub use model::view::{View, Warning};
pub use model::view_error::ViewError;
pub use model::weight::{SideWeights, Weight, Weights};
pub use model::window::{PointInTime, Window, has_times};
pub use passes::edges::weigh_edges::Interest;
pub use passes::expansion::Growth;
pub use passes::flame::{Flame, FlameSpec, Frame, FrameKind, flame};
pub use passes::groups::{NO_GROUP, weigh_groups};
pub use passes::order::{Name, Names, Order, sort_edges};
pub use passes::tags::{TagSums, TagValue, sum_tags};
pub use passes::timeline::Timeline;
pub use passes::together::{TogetherWeight, weigh_together};
pub use passes::trim::{Trim, Trimmed, trimmed_graph};
pub use passes::weigh::{weigh, weigh_chosen, weigh_sides};
