//! Flame graphs as files.

pub(crate) mod html;
