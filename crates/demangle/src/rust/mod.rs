//! Rust names: those of the `v0` scheme, which is the compiler's default now, and the older ones that look like C++.

mod constant;
pub(crate) mod legacy;
mod punycode;
pub(crate) mod v0;
