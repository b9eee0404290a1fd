//! Profiles of any process on Linux.
