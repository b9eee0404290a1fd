//! The page that lists what there is.

use std::fmt::Write;

use crate::source::ProfileKind;

/// The entries of the index with their descriptions, in the order of their names.
const ENTRIES: [(&str, &str); 10] = [
    ("allocs", "A sampling of all past memory allocations"),
    ("block", "Stack traces that led to blocking on synchronization primitives of hotlist_collect::sync"),
    ("cmdline", "The command line invocation of the current program"),
    (
        "goroutine",
        "Stack traces of all current threads. Use debug=2 as a query parameter to export them one by one, with their names.",
    ),
    (
        "heap",
        "A sampling of memory allocations of live objects. The gc GET parameter is accepted and has no effect.",
    ),
    ("mutex", "Stack traces of holders of contended mutexes of hotlist_collect::sync"),
    (
        "profile",
        "CPU profile. You can specify the duration in the seconds GET parameter, and the samples per second of CPU time in hz.",
    ),
    (
        "symbol",
        "Maps given program counters to function names. Counters can be specified in a GET raw query or POST body, multiple counters are separated by &#39;+&#39;.",
    ),
    ("threadcreate", "The same as goroutine, for scrapers"),
    ("trace", "Not available in this program"),
];

/// The page, laid out as Go's.
pub(super) fn index() -> String {
    let mut rows = String::new();
    let mut descriptions = String::new();
    for (name, description) in ENTRIES {
        let count =
            ProfileKind::ALL.into_iter().find(|kind| kind.name() == name).map_or(0, ProfileKind::count);
        _ = writeln!(rows, "<tr><td>{count}</td><td><a href='{name}?debug=1'>{name}</a></td></tr>");
        _ = writeln!(descriptions, "<li><div class=profile-name>{name}: </div> {description}</li>");
    }
    format!(
        "<html>\n<head>\n<title>/debug/pprof/</title>\n<style>\n.profile-name{{\n\tdisplay:inline-block;\n\t\
         width:6rem;\n}}\n</style>\n</head>\n<body>\n/debug/pprof/\n<br>\n<p>Set debug=1 as a query \
         parameter to export in legacy text format</p>\n<br>\nTypes of profiles available:\n<table>\n\
         <thead><td>Count</td><td>Profile</td></thead>\n{rows}</table>\n<a href=\"goroutine?debug=2\">full \
         goroutine stack dump</a>\n<br>\n<p>\nProfile Descriptions:\n<ul>\n{descriptions}</ul>\n</p>\n\
         </body>\n</html>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_profile_is_listed_in_order() {
        let names: Vec<&str> = ENTRIES.iter().map(|(name, _)| *name).collect();
        assert!(names.is_sorted());
        assert!(ProfileKind::ALL.iter().all(|kind| names.contains(&kind.name())));
        assert!(index().contains("<a href='heap?debug=1'>heap</a>"));
    }
}
