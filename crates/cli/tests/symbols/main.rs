//! Symbols from end to end: programs are built and run here, profiles are made of their addresses, and the
//! binary says which functions and lines these are.

#![cfg(unix)]

mod alone;
mod damage;
mod debuginfod;
mod options;
mod processes;
mod remote;
mod sources;
mod support;
