//! From a [`Profile`](hotlist_profile::Profile) and a question about it to sums.
//!
//! A [`View`] is the part of a profile that a question is about: which samples, which frames of
//! them, which value. It selects and never copies. From a view come
//!
//! * [`weigh`](NodeTable::weigh): what every place weighs by itself and with its callees,
//! * [`trimmed_graph`]: the call graph of the places that matter,
//! * [`NodeTable::flame`]: the heaviest frames of the call tree,
//! * [`sum_tags`]: what each tag value weighs,
//! * [`View::to_profile`]: the selected part as a profile of its own.
//!
//! All passes run over dense ids and are split over threads by stack; since they add integers, the
//! answer does not depend on the number of threads.

mod call;
mod calls;
mod codes;
mod connect;
mod edges;
mod entrances;
mod exact;
mod expansion;
mod filter;
mod flame;
mod granularity;
mod graph;
mod groups;
mod location_set;
mod matches;
mod materialize;
mod memo;
mod node;
mod node_tags;
mod number_units;
mod order;
mod parallel;
mod path;
mod place_key;
mod sides;
mod tag_filter;
mod tag_frames;
mod tags;
mod tree;
mod trim;
mod view;
mod weigh;

pub use connect::Interest;
pub use exact::{ExactFilter, Side, TagText};
pub use filter::Filters;
pub use flame::{Flame, FlameSpec, Frame, FrameKind, Growth};
pub use granularity::{Detail, Granularity};
pub use graph::{Edge, EdgeId, Graph, Node, Tag};
pub use groups::NO_GROUP;
pub use matches::TogetherWeight;
pub use memo::Memo;
pub use node::{NodeId, NodeInfo, NodeTable, Place, object_label};
pub use node_tags::NodeTags;
pub use number_units::{ConflictingUnits, NumberUnits};
pub use order::{Name, Names, Order, sort_edges};
pub use parallel::Threads;
pub use path::{PathTrim, base_name, clean_path};
pub use place_key::{PlaceKey, PlaceKeyError};
pub use sides::Sides;
pub use tag_filter::{TagFilter, TagFilterError};
pub use tag_frames::with_tag_frames;
pub use tags::{TagSums, TagValue, sum_tags};
pub use trim::{Trim, Trimmed, trimmed_graph};
pub use view::{SampleValue, View, ViewError, Warning, choose_sample_type};
pub use weigh::{SideWeights, Weight, Weights};
