//! The options table: every option of hotlist, declared once.
//!
//! Flags, shell variables, URL parameters, help, completions and the reference page all come from
//! [`ALL`]. An option is typed from the moment it is read: setting one parses it into its field, and a value
//! that makes no sense is refused at once.

use std::ffi::OsString;
use std::path::PathBuf;

use hotlist_analyze::{Granularity, TagFilter};
use hotlist_pattern::Pattern;
use hotlist_report::Sort;

use crate::option_spec::{Group, OptionSpec, ValueSource, about, options};
use crate::option_value::{Divisor, Folders, Keys, OptionValue, Size, SourceFormat};
use crate::time_point::TimePoint;

/// All options, with their defaults.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Options {
    /// What to look at and how. The shell and the page change these.
    pub view: ViewOptions,
    /// Where profiles come from.
    pub source: SourceOptions,
    /// What becomes of the answer.
    pub output: OutputOptions,
}

const NAMES: &str = "Matching includes the function name, file name and object file.";

options! {
    /// What to look at and how. Names are those of pprof.
    view: ViewOptions {
        focus: Option<Pattern> = None,
            about(Group::Filter, "Keep samples that pass through a place that matches a regexp")
                .url("f").details(NAMES).from(ValueSource::Functions);
        ignore: Option<Pattern> = None,
            about(Group::Filter, "Drop samples that pass through a place that matches a regexp")
                .url("i").details(NAMES).from(ValueSource::Functions);
        hide: Option<Pattern> = None,
            about(Group::Filter, "Leave out places that match a regexp")
                .url("h").details(NAMES).from(ValueSource::Functions);
        show: Option<Pattern> = None,
            about(Group::Filter, "Show only places that match a regexp")
                .url("s").details(NAMES).from(ValueSource::Functions);
        show_from: Option<Pattern> = None,
            about(Group::Filter, "Drop callers above the first match of a regexp")
                .url("sf").details(NAMES).from(ValueSource::Functions);
        prune_from: Option<Pattern> = None,
            about(Group::Filter, "Drop what is called by functions that match a regexp")
                .url("prunefrom").from(ValueSource::Functions);
        tagfocus: Option<TagFilter> = None,
            about(Group::Filter, "Keep samples with tags in a range or matching a regexp")
                .url("tf")
                .details("[key=]regexp[,regexp...] or [key=]range; ranges are 32kb, :64kb, 4mb: and 12kb:64mb.");
        tagignore: Option<TagFilter> = None,
            about(Group::Filter, "Drop samples with tags in a range or matching a regexp")
                .url("ti").details("Written like -tagfocus.");
        tagshow: Option<Pattern> = None,
            about(Group::Filter, "Show only tags whose key matches a regexp").url("ts");
        taghide: Option<Pattern> = None,
            about(Group::Filter, "Leave out tags whose key matches a regexp").url("th");

        from: TimePoint = TimePoint(None),
            about(Group::Filter, "Count only what came at this time or later")
                .url("from").value("time")
                .details("A time after the start such as 1.5s or 2m30s, before the end such as -10s, or on the clock \
                          such as 2026-11-30T20:00:00Z, for profiles with times of samples.");
        to: TimePoint = TimePoint(None),
            about(Group::Filter, "Count only what came before this time")
                .url("to").value("time").details("Written like -from.");

        sample_index: String = String::new(),
            about(Group::Value, "Which value of the samples to show, by name or number from 0")
                .url("si").value("type").from(ValueSource::SampleTypes)
                .details("A profile holds several values for each sample, such as counts and bytes.");
        mean: bool = false,
            about(Group::Value, "Divide by the first value: bytes an object, time a contention").url("mean");
        unit: String = "minimum".to_owned(),
            about(Group::Value, "Unit of the values shown")
                .url("unit").value("unit").from(ValueSource::Units)
                .details("A unit such as ms, seconds, kb or MB; minimum takes one for all values, auto one for each.");
        divide_by: Divisor = Divisor::ONE,
            about(Group::Value, "Divide all values by a number")
                .details("Such as the number of processors or jobs.");
        relative_percentages: bool = false,
            about(Group::Value, "Percentages of what the filters leave, not of everything").url("rel");

        granularity: Option<Granularity> = None,
            about(Group::Granularity, "What counts as one place").url("g");
        noinlines: bool = false,
            about(Group::Granularity, "Book inlined functions on their first caller that is not inlined")
                .url("noinlines");
        showcolumns: bool = false,
            about(Group::Granularity, "Tell columns of a source line apart").url("showcolumns");

        sort: Sort = Sort::Flat,
            about(Group::Display, "The order of places").url("sort");
        nodecount: i64 = -1,
            about(Group::Display, "The most places to show; -1 lets the report decide").url("n");
        nodefraction: f64 = 0.005,
            about(Group::Display, "Leave out places below this share of the total").url("nf").value("share");
        edgefraction: f64 = 0.001,
            about(Group::Display, "Leave out calls below this share of the total").url("ef").value("share");
        trim: bool = true,
            about(Group::Display, "Apply nodecount, nodefraction and edgefraction")
                .url("trim").details("Off shows everything.");
        drop_negative: bool = false,
            about(Group::Display, "Leave out places with negative values").url("dropneg");
        call_tree: bool = false,
            about(Group::Display, "In graphs, tell calls from different callers apart").url("calltree");
        inverted: bool = false,
            about(Group::Display, "In flame graphs, put callers below what they call").url("inverted");
        upwards: bool = false,
            about(Group::Display, "In flame graphs, put the root at the bottom").url("flip");
        collapse_recursion: bool = false,
            about(Group::Display, "In flame graphs, show a function and its direct calls of itself as one frame")
                .url("collapse");
        timestamps: bool = false,
            about(Group::Display, "In profiles that are written, label samples with their times")
                .details("There is a sample for each time then, with a label timestamp in nanoseconds.");
        compact_labels: bool = false,
            about(Group::Display, "Leave the description of the profile out").url("compact");

        tagroot: Keys = Keys::default(),
            about(Group::Tags, "Put the values of tags into stacks as callers of everything")
                .url("tagroot").details("A comma-separated list of keys; the first is outermost.");
        tagleaf: Keys = Keys::default(),
            about(Group::Tags, "Put the values of tags into stacks as callees of everything")
                .url("tagleaf").details("A comma-separated list of keys; the last is innermost.");

        source_path: Folders = Folders::default(),
            about(Group::Code, "Folders to search for source files, separated by colons");
        trim_path: Folders = Folders::default(),
            about(Group::Code, "Prefixes to take off source paths, separated by colons").value("prefixes");
        intel_syntax: bool = false,
            about(Group::Code, "Show assembly in Intel syntax").url("intel");
    }

    /// Where profiles come from.
    source: SourceOptions {
        base: Vec<OsString> = Vec::new(),
            about(Group::Compare, "Subtract this profile").details("May be given several times.");
        diff_base: Vec<OsString> = Vec::new(),
            about(Group::Compare, "Subtract this profile, with percentages of it")
                .details("May be given several times.");
        normalize: bool = false,
            about(Group::Compare, "Scale to the total of the base profile").url("norm");

        seconds: Option<i64> = None,
            about(Group::Source, "How long a server is to measure");
        timeout: Option<i64> = None,
            about(Group::Source, "How many seconds a server may take to answer");
        buildid: String = String::new(),
            about(Group::Source, "Build id of the main binary, where the profile has none").value("id");
        add_comment: String = String::new(),
            about(Group::Source, "A comment to add to the profile");
        all_frames: bool = false,
            about(Group::Source, "Keep frames that the profile says to drop");
        format: SourceFormat = SourceFormat(None),
            about(Group::Source, "Read sources in this format, whatever they look like")
                .details("The formats are listed by `hotlist formats`.");
        max_size: Size = Size(4 << 30),
            about(Group::Source, "Refuse profiles that unpack to more than this")
                .details("A size such as 500MB or 16GB.");
        tls_cert: Option<PathBuf> = None,
            about(Group::Source, "Certificate to show to https servers (PEM file)");
        tls_key: Option<PathBuf> = None,
            about(Group::Source, "Private key of that certificate (PEM file)");
        tls_ca: Option<PathBuf> = None,
            about(Group::Source, "Authorities to trust in place of the system's (PEM file)");
        symbolize: String = String::new(),
            about(Group::Source, "Where symbols come from: none, local, fastlocal, remote, force")
                .value("mode")
                .details("Parts are separated by colons. local looks into binaries on this machine, fastlocal only into \
                          their symbol tables, remote asks the server of the profile; without any of them both are done. \
                          force replaces symbols that the profile has. demangle=none|full|templates|default chooses how \
                          names of C++ and Rust are shown. none leaves everything as it is.");
        tools: String = String::new(),
            about(Group::Source, "Accepted and not needed: no other program is ever started");
    }

    /// What becomes of the answer.
    output: OutputOptions {
        output: Option<PathBuf> = None,
            about(Group::Other, "Write to this file (also -o)")
                .details("The file is replaced only when the report is complete.");
        http: String = String::new(),
            about(Group::Other, "Serve a web page at [host]:[port]")
                .value("address")
                .details("Without a host only this machine can reach it; without a port a free one is taken.");
        no_browser: bool = false,
            about(Group::Other, "Do not open a browser with -http");
    }
}

/// A flag that stands for others: a sample type by its name.
#[derive(Debug)]
pub struct Shortcut {
    /// Its name.
    pub name: &'static str,
    /// What it does, in a line.
    pub help: &'static str,
    /// The sample type that it chooses, unless one is chosen by name.
    sample_index: &'static str,
    /// Whether it divides by the first value.
    mean: bool,
}

/// Every shortcut. Where several are given, the first one of this table holds.
pub const SHORTCUTS: &[Shortcut] = &[
    Shortcut {
        name: "total_delay",
        help: "Short for -sample_index=delay",
        sample_index: "delay",
        mean: false,
    },
    Shortcut {
        name: "mean_delay",
        help: "Short for -mean -sample_index=delay",
        sample_index: "delay",
        mean: true,
    },
    sample_type("contentions", "Short for -sample_index=contentions"),
    sample_type("inuse_space", "Short for -sample_index=inuse_space"),
    sample_type("inuse_objects", "Short for -sample_index=inuse_objects"),
    sample_type("alloc_space", "Short for -sample_index=alloc_space"),
    sample_type("alloc_objects", "Short for -sample_index=alloc_objects"),
];

const fn sample_type(name: &'static str, help: &'static str) -> Shortcut {
    Shortcut { name, help, sample_index: name, mean: false }
}

impl Shortcut {
    /// Sets what the shortcut stands for. A sample type that is chosen already stays.
    pub fn apply(&self, options: &mut Options) {
        if options.view.sample_index.is_empty() {
            self.sample_index.clone_into(&mut options.view.sample_index);
        }
        options.view.mean |= self.mean;
    }
}

/// The option with this name.
pub fn find(name: &str) -> Option<&'static OptionSpec> {
    ALL.iter().find(|option| option.name == name)
}

/// The profiles to compare with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Base<'a> {
    /// None.
    Nothing,
    /// Subtract these.
    Subtract(&'a [OsString]),
    /// Subtract these, and let percentages refer to them.
    Compare(&'a [OsString]),
}

impl SourceOptions {
    /// What to compare with.
    pub fn comparison(&self) -> Base<'_> {
        match (self.base.as_slice(), self.diff_base.as_slice()) {
            ([], []) => Base::Nothing,
            (base, []) => Base::Subtract(base),
            (_, base) => Base::Compare(base),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::option_value::ValueType;

    #[test]
    fn names_are_unique_and_explained() {
        let mut names: Vec<&str> = Vec::new();
        for option in ALL {
            names.push(option.name);
            if let ValueType::Choice(choices) = option.value {
                names.extend(choices.iter().map(|choice| choice.name));
            }
            assert!(!option.help.is_empty() && !option.help.ends_with('.'), "{}", option.name);
            assert_eq!(option.value_name.is_empty(), option.is_switch(), "{}", option.name);
        }
        names.extend(SHORTCUTS.iter().map(|shortcut| shortcut.name));
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }

    #[test]
    fn url_keys_are_unique() {
        let mut keys: Vec<&str> = ALL.iter().filter_map(|option| option.url_key).collect();
        let count = keys.len();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), count);
    }

    #[test]
    fn defaults_are_what_their_text_says() {
        for option in ALL {
            let default = option.get(&Options::default());
            let mut options = Options::default();
            if !default.is_empty() {
                option.set(&mut options, &default).expect(option.name);
            }
            assert_eq!(options, Options::default(), "{}", option.name);
        }
    }

    #[test]
    fn wrong_values_are_refused_and_the_old_ones_stay() {
        let mut options = Options::default();
        for (name, good, bad) in [
            ("focus", "a.*", "("),
            ("tagfocus", "a=b", "a=("),
            ("nodecount", "12", "99999999999999999999"),
            ("divide_by", "2", "0"),
            ("max_size", "1GB", "1 parsec"),
            ("granularity", "lines", "inches"),
            ("mean", "true", "maybe"),
        ] {
            let option = find(name).expect(name);
            assert_ne!(option.get(&options), good);
            option.set(&mut options, good).expect("a good value");
            assert!(option.set(&mut options, bad).is_err(), "{name}={bad}");
            assert_eq!(option.get(&options), good);
        }
    }
}
