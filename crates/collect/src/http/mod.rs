//! The endpoints: what is asked, what is answered, and the ways in which both are carried.

#[cfg(feature = "axum")]
pub mod axum;
mod endpoints;
#[cfg(feature = "hyper")]
pub mod hyper;
mod index;
mod limits;
mod reply;
mod request;
pub(crate) mod server;
