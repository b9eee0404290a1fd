//! Fetching from real servers on loopback: over HTTP, over https, and from Go's profile endpoints.

mod go_endpoints;
mod http;
mod https;
mod support;
