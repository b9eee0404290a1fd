//! What the formats written as JSON have in common.

mod outline;

pub(crate) use outline::Outline;
