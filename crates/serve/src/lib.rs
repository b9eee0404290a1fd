//! The server of a store of profiles.
