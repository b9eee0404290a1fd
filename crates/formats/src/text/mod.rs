//! Formats of text that other tools write.

pub(crate) mod folded;
