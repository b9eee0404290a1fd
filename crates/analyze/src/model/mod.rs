//! What passes work on, and what they fill.
//!
//! * The question: [`view`] with its filters ([`filter`], [`exact`], [`tag_filter`]) and [`sample_value`].
//! * The places: [`node`] numbers them ([`node_id`]); a [`place`] is what frames have in common at a [`granularity`], and
//!   a [`step`] says which of them a location stands for.
//! * The sums: [`weight`], [`stack_weights`], [`graph`], and [`memo`], which keeps some of them.

pub(crate) mod exact;
pub(crate) mod filter;
pub(crate) mod granularity;
pub(crate) mod graph;
pub(crate) mod location_set;
pub(crate) mod memo;
pub(crate) mod node;
pub(crate) mod node_id;
pub(crate) mod number_units;
pub(crate) mod parallel;
pub(crate) mod path;
pub(crate) mod place;
pub(crate) mod place_key;
pub(crate) mod sample_value;
pub(crate) mod sides;
pub(crate) mod stack_weights;
pub(crate) mod step;
pub(crate) mod tag_filter;
pub(crate) mod tag_frames;
pub(crate) mod view;
pub(crate) mod view_error;
pub(crate) mod weight;
pub(crate) mod window;
