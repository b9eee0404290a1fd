//! Flame graphs as files.

mod colour;
pub(crate) mod html;
pub(crate) mod picture;

pub use colour::package_of;
