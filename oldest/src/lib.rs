//! Only builds what it depends on.

pub use {hotlist_collect as collect, hotlist_demangle as demangle, hotlist_profile as profile};
