//! The options table: every option of hotlist, declared once.
//!
//! Flags, shell variables, URL parameters, help, completions and the reference page all come from
//! [`ALL`]. An option is typed from the moment it is read: setting one parses it into its field.

use std::ffi::{OsStr, OsString};

use hotlist_analyze::Granularity;
use hotlist_report::Sort;

/// All options as typed in by people, with their defaults.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Options {
    /// What to look at and how. The shell and the page change these.
    pub view: ViewOptions,
    /// Where profiles come from.
    pub source: SourceOptions,
    /// What becomes of the answer.
    pub output: OutputOptions,
}

/// What to look at and how. Names are those of pprof.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "each field is explained by the help of its option")]
pub struct ViewOptions {
    pub call_tree: bool,
    pub inverted: bool,
    /// In flame graphs: the root is at the bottom.
    pub upwards: bool,
    pub relative_percentages: bool,
    pub unit: String,
    pub compact_labels: bool,
    pub source_path: String,
    pub trim_path: String,
    pub intel_syntax: bool,
    pub mean: bool,
    pub sample_index: String,
    pub divide_by: f64,
    pub sort: Sort,
    pub tagroot: String,
    pub tagleaf: String,
    pub drop_negative: bool,
    pub nodecount: i64,
    pub nodefraction: f64,
    pub edgefraction: f64,
    pub trim: bool,
    pub focus: String,
    pub ignore: String,
    pub prune_from: String,
    pub hide: String,
    pub show: String,
    pub show_from: String,
    pub tagfocus: String,
    pub tagignore: String,
    pub tagshow: String,
    pub taghide: String,
    pub noinlines: bool,
    pub showcolumns: bool,
    /// `None` leaves the choice to the report.
    pub granularity: Option<Granularity>,
}

impl Default for ViewOptions {
    fn default() -> Self {
        ViewOptions {
            call_tree: false,
            inverted: false,
            upwards: false,
            relative_percentages: false,
            unit: "minimum".to_owned(),
            compact_labels: false,
            source_path: String::new(),
            trim_path: String::new(),
            intel_syntax: false,
            mean: false,
            sample_index: String::new(),
            divide_by: 1.0,
            sort: Sort::Flat,
            tagroot: String::new(),
            tagleaf: String::new(),
            drop_negative: false,
            nodecount: -1,
            nodefraction: 0.005,
            edgefraction: 0.001,
            trim: true,
            focus: String::new(),
            ignore: String::new(),
            prune_from: String::new(),
            hide: String::new(),
            show: String::new(),
            show_from: String::new(),
            tagfocus: String::new(),
            tagignore: String::new(),
            tagshow: String::new(),
            taghide: String::new(),
            noinlines: false,
            showcolumns: false,
            granularity: None,
        }
    }
}

/// Where profiles come from.
#[derive(Debug, Clone, Default, PartialEq)]
#[expect(missing_docs, reason = "each field is explained by the help of its option")]
pub struct SourceOptions {
    pub seconds: Option<i64>,
    pub timeout: Option<i64>,
    pub buildid: String,
    pub add_comment: String,
    pub base: Vec<OsString>,
    pub diff_base: Vec<OsString>,
    pub normalize: bool,
    pub symbolize: String,
    pub tools: String,
    pub all_frames: bool,
    pub max_size: Option<String>,
    pub tls_cert: String,
    pub tls_key: String,
    pub tls_ca: String,
}

/// What becomes of the answer.
#[derive(Debug, Clone, Default, PartialEq)]
#[expect(missing_docs, reason = "each field is explained by the help of its option")]
pub struct OutputOptions {
    pub output: String,
    pub http: String,
    pub no_browser: bool,
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

/// An option: one entry of [`ALL`].
#[derive(Debug)]
pub struct OptionSpec {
    /// Its name.
    pub name: &'static str,
    /// What it does, in a line.
    pub help: &'static str,
    /// More about it, for the long help; may be empty.
    pub details: &'static str,
    /// Under which heading it stands.
    pub group: Group,
    /// Its name in URLs of the page, where it has one.
    pub url_key: Option<&'static str>,
    /// Where it is kept, and so what type it has.
    pub field: Field,
}

/// Headings of the help, in its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Which samples and frames.
    Filter,
    /// What is summed and in which unit.
    Value,
    /// At which level of detail.
    Granularity,
    /// How much, in which order, how it looks.
    Display,
    /// Tags as frames.
    Tags,
    /// Comparing profiles.
    Compare,
    /// Reading profiles.
    Source,
    /// Names and source code.
    Code,
    /// Everything else.
    Other,
}

impl Group {
    /// The heading.
    pub fn title(self) -> &'static str {
        match self {
            Group::Filter => "Filters",
            Group::Value => "Values",
            Group::Granularity => "Granularity (at most one)",
            Group::Display => "Display",
            Group::Tags => "Tags",
            Group::Compare => "Comparison",
            Group::Source => "Sources",
            Group::Code => "Symbols and source code",
            Group::Other => "Other",
        }
    }
}

/// Who may change an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The command line, the shell and the page.
    View,
    /// The command line alone.
    Invocation,
}

type Access<T> = fn(&mut Options) -> &mut T;

/// Where an option is kept.
#[derive(Debug, Clone, Copy)]
pub enum Field {
    /// On or off.
    Bool(Access<bool>),
    /// A whole number.
    Int(Access<i64>),
    /// A whole number that may be missing.
    OptionalInt(Access<Option<i64>>),
    /// A number.
    Float(Access<f64>),
    /// Text; what it means is decided when it is used.
    Text(Access<String>),
    /// Text that may be missing.
    OptionalText(Access<Option<String>>),
    /// Text that may be given several times.
    List(Access<Vec<OsString>>),
    /// One of a few, each of which is a flag of its own.
    Choice(&'static [Choice]),
    /// Short for other options.
    Shortcut(fn(&mut Options)),
}

/// One of the values of a [`Field::Choice`].
#[derive(Debug)]
pub struct Choice {
    /// Its name, also as a flag.
    pub name: &'static str,
    /// What it means, in a line.
    pub help: &'static str,
    /// Chooses it.
    pub choose: fn(&mut Options),
    /// Whether it is chosen.
    pub is_chosen: fn(&Options) -> bool,
}

impl Field {
    /// Whether a flag for this may stand without a value.
    pub fn is_switch(&self) -> bool {
        matches!(self, Field::Bool(_) | Field::Shortcut(_))
    }
}

impl OptionSpec {
    /// Who may change it.
    pub fn scope(&self) -> Scope {
        match self.group {
            Group::Source | Group::Compare | Group::Other => Scope::Invocation,
            _ => Scope::View,
        }
    }

    /// Reads `text` into the field of this option.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn set(&self, options: &mut Options, text: &str) -> Result<(), String> {
        match self.field {
            Field::Bool(field) => *field(options) = parse_bool(text)?,
            Field::Int(field) => *field(options) = parse_int(text)?,
            Field::OptionalInt(field) => *field(options) = Some(parse_int(text)?),
            Field::Float(field) => {
                *field(options) = text.trim().parse().map_err(|_| format!("{text:?} is not a number"))?;
            }
            Field::Text(field) => text.clone_into(field(options)),
            Field::OptionalText(field) => *field(options) = Some(text.to_owned()),
            Field::List(field) => {
                if !text.is_empty() {
                    field(options).push(text.into());
                }
            }
            Field::Choice(choices) => match choices.iter().find(|choice| choice.name == text) {
                Some(choice) => (choice.choose)(options),
                None => {
                    let names: Vec<&str> = choices.iter().map(|choice| choice.name).collect();
                    return Err(format!("must be one of {}", names.join(", ")));
                }
            },
            Field::Shortcut(apply) => {
                if parse_bool(text)? {
                    apply(options);
                }
            }
        }
        Ok(())
    }

    /// The value as text, as [`set`](Self::set) would read it.
    pub fn get(&self, options: &Options) -> String {
        let mut options = options.clone();
        match self.field {
            Field::Bool(field) => field(&mut options).to_string(),
            Field::Int(field) => field(&mut options).to_string(),
            Field::OptionalInt(field) => field(&mut options).map(|n| n.to_string()).unwrap_or_default(),
            Field::Float(field) => field(&mut options).to_string(),
            Field::Text(field) => field(&mut options).clone(),
            Field::OptionalText(field) => field(&mut options).clone().unwrap_or_default(),
            Field::List(field) => field(&mut options).join(OsStr::new(",")).to_string_lossy().into_owned(),
            Field::Choice(choices) => choices
                .iter()
                .find(|choice| (choice.is_chosen)(&options))
                .map_or(String::new(), |choice| choice.name.to_owned()),
            Field::Shortcut(_) => String::new(),
        }
    }
}

/// The option with this name.
pub fn find(name: &str) -> Option<&'static OptionSpec> {
    ALL.iter().find(|option| option.name == name)
}

fn parse_bool(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "t" | "yes" | "y" | "1" | "" => Ok(true),
        "false" | "f" | "no" | "n" | "0" => Ok(false),
        _ => Err(format!("{text:?} is neither true nor false")),
    }
}

/// A whole number in decimal, or with the prefixes `0x`, `0o`, `0b` of Go.
fn parse_int(text: &str) -> Result<i64, String> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let (radix, digits) = match digits.get(..2).map(str::to_ascii_lowercase).as_deref() {
        Some("0x") => (16, &digits[2..]),
        Some("0o") => (8, &digits[2..]),
        Some("0b") => (2, &digits[2..]),
        _ => (10, digits),
    };
    if digits.starts_with(['+', '-']) {
        return Err(format!("{text:?} is not a whole number"));
    }
    i64::from_str_radix(&format!("{sign}{digits}"), radix).map_err(|error| match error.kind() {
        std::num::IntErrorKind::PosOverflow | std::num::IntErrorKind::NegOverflow => {
            format!("{text:?} does not fit in 64 bits")
        }
        _ => format!("{text:?} is not a whole number"),
    })
}

macro_rules! field {
    ($kind:ident, $($path:ident).+) => {
        Field::$kind(|options| &mut options.$($path).+)
    };
}

const fn option(
    group: Group,
    name: &'static str,
    url_key: Option<&'static str>,
    field: Field,
    help: &'static str,
    details: &'static str,
) -> OptionSpec {
    OptionSpec { name, help, details, group, url_key, field }
}

macro_rules! granularity {
    ($name:literal, $variant:ident, $help:literal) => {
        Choice {
            name: $name,
            help: $help,
            choose: |options| options.view.granularity = Some(Granularity::$variant),
            is_chosen: |options| options.view.granularity == Some(Granularity::$variant),
        }
    };
}

const NAMES: &str = "Matching includes the function name, file name and object file.";

/// Every option, in the order of the help.
pub const ALL: &[OptionSpec] = &[
    option(
        Group::Filter,
        "focus",
        Some("f"),
        field!(Text, view.focus),
        "Keep samples that pass through a place that matches a regexp",
        NAMES,
    ),
    option(
        Group::Filter,
        "ignore",
        Some("i"),
        field!(Text, view.ignore),
        "Drop samples that pass through a place that matches a regexp",
        NAMES,
    ),
    option(
        Group::Filter,
        "hide",
        Some("h"),
        field!(Text, view.hide),
        "Leave out places that match a regexp",
        NAMES,
    ),
    option(
        Group::Filter,
        "show",
        Some("s"),
        field!(Text, view.show),
        "Show only places that match a regexp",
        NAMES,
    ),
    option(
        Group::Filter,
        "show_from",
        Some("sf"),
        field!(Text, view.show_from),
        "Drop callers above the first match of a regexp",
        NAMES,
    ),
    option(
        Group::Filter,
        "prune_from",
        Some("prunefrom"),
        field!(Text, view.prune_from),
        "Drop what is called by functions that match a regexp",
        "",
    ),
    option(
        Group::Filter,
        "tagfocus",
        Some("tf"),
        field!(Text, view.tagfocus),
        "Keep samples with tags in a range or matching a regexp",
        "[key=]regexp[,regexp...] or [key=]range; ranges are 32kb, :64kb, 4mb: and 12kb:64mb.",
    ),
    option(
        Group::Filter,
        "tagignore",
        Some("ti"),
        field!(Text, view.tagignore),
        "Drop samples with tags in a range or matching a regexp",
        "Written like -tagfocus.",
    ),
    option(
        Group::Filter,
        "tagshow",
        Some("ts"),
        field!(Text, view.tagshow),
        "Heed only tags whose key matches a regexp",
        "",
    ),
    option(
        Group::Filter,
        "taghide",
        Some("th"),
        field!(Text, view.taghide),
        "Leave out tags whose key matches a regexp",
        "",
    ),
    option(
        Group::Value,
        "sample_index",
        Some("si"),
        field!(Text, view.sample_index),
        "Which value of the samples to show, by name or number from 0",
        "A profile holds several values for each sample, such as counts and bytes.",
    ),
    option(
        Group::Value,
        "mean",
        Some("mean"),
        field!(Bool, view.mean),
        "Divide by the first value: bytes an object, time a contention",
        "",
    ),
    option(
        Group::Value,
        "unit",
        Some("unit"),
        field!(Text, view.unit),
        "Unit of the values shown",
        "A unit such as ms, seconds, kb or MB; minimum takes one for all values, auto one for each.",
    ),
    option(
        Group::Value,
        "divide_by",
        None,
        field!(Float, view.divide_by),
        "Divide all values by a number",
        "Such as the number of processors or jobs.",
    ),
    option(
        Group::Value,
        "relative_percentages",
        Some("rel"),
        field!(Bool, view.relative_percentages),
        "Percentages of what the filters leave, not of everything",
        "",
    ),
    option(
        Group::Value,
        "total_delay",
        None,
        Field::Shortcut(|o| sample_index(o, "delay")),
        "Short for -sample_index=delay",
        "",
    ),
    option(
        Group::Value,
        "mean_delay",
        None,
        Field::Shortcut(|o| {
            sample_index(o, "delay");
            o.view.mean = true;
        }),
        "Short for -mean -sample_index=delay",
        "",
    ),
    option(
        Group::Value,
        "contentions",
        None,
        Field::Shortcut(|o| sample_index(o, "contentions")),
        "Short for -sample_index=contentions",
        "",
    ),
    option(
        Group::Value,
        "inuse_space",
        None,
        Field::Shortcut(|o| sample_index(o, "inuse_space")),
        "Short for -sample_index=inuse_space",
        "",
    ),
    option(
        Group::Value,
        "inuse_objects",
        None,
        Field::Shortcut(|o| sample_index(o, "inuse_objects")),
        "Short for -sample_index=inuse_objects",
        "",
    ),
    option(
        Group::Value,
        "alloc_space",
        None,
        Field::Shortcut(|o| sample_index(o, "alloc_space")),
        "Short for -sample_index=alloc_space",
        "",
    ),
    option(
        Group::Value,
        "alloc_objects",
        None,
        Field::Shortcut(|o| sample_index(o, "alloc_objects")),
        "Short for -sample_index=alloc_objects",
        "",
    ),
    option(
        Group::Granularity,
        "granularity",
        Some("g"),
        Field::Choice(&[
            granularity!("functions", Functions, "Sum by function (the default)"),
            granularity!("filefunctions", FileFunctions, "Sum by function, telling files apart"),
            granularity!("files", Files, "Sum by source file"),
            granularity!("lines", Lines, "Sum by source line"),
            granularity!("addresses", Addresses, "Sum by instruction address"),
        ]),
        "What counts as one place",
        "",
    ),
    option(
        Group::Granularity,
        "noinlines",
        Some("noinlines"),
        field!(Bool, view.noinlines),
        "Book inlined functions on their first caller that is not inlined",
        "",
    ),
    option(
        Group::Granularity,
        "showcolumns",
        Some("showcolumns"),
        field!(Bool, view.showcolumns),
        "Tell columns of a source line apart",
        "",
    ),
    option(
        Group::Display,
        "sort",
        Some("sort"),
        Field::Choice(&[
            Choice {
                name: "flat",
                help: "Sort by own weight (the default)",
                choose: |options| options.view.sort = Sort::Flat,
                is_chosen: |options| options.view.sort == Sort::Flat,
            },
            Choice {
                name: "cum",
                help: "Sort by weight with callees",
                choose: |options| options.view.sort = Sort::Cum,
                is_chosen: |options| options.view.sort == Sort::Cum,
            },
        ]),
        "The order of places",
        "",
    ),
    option(
        Group::Display,
        "nodecount",
        Some("n"),
        field!(Int, view.nodecount),
        "Show at most so many places; -1 lets the report decide",
        "",
    ),
    option(
        Group::Display,
        "nodefraction",
        Some("nf"),
        field!(Float, view.nodefraction),
        "Leave out places below this share of the total",
        "",
    ),
    option(
        Group::Display,
        "edgefraction",
        Some("ef"),
        field!(Float, view.edgefraction),
        "Leave out calls below this share of the total",
        "",
    ),
    option(
        Group::Display,
        "trim",
        Some("trim"),
        field!(Bool, view.trim),
        "Heed nodecount, nodefraction and edgefraction",
        "Off shows everything.",
    ),
    option(
        Group::Display,
        "drop_negative",
        Some("dropneg"),
        field!(Bool, view.drop_negative),
        "Leave out places with negative values",
        "",
    ),
    option(
        Group::Display,
        "call_tree",
        Some("calltree"),
        field!(Bool, view.call_tree),
        "In graphs, tell calls from different callers apart",
        "",
    ),
    option(
        Group::Display,
        "inverted",
        Some("inverted"),
        field!(Bool, view.inverted),
        "In flame graphs, put callers below what they call",
        "",
    ),
    option(
        Group::Display,
        "upwards",
        Some("flip"),
        field!(Bool, view.upwards),
        "In flame graphs, put the root at the bottom",
        "",
    ),
    option(
        Group::Display,
        "compact_labels",
        Some("compact"),
        field!(Bool, view.compact_labels),
        "Leave the description of the profile out",
        "",
    ),
    option(
        Group::Tags,
        "tagroot",
        Some("tagroot"),
        field!(Text, view.tagroot),
        "Put the values of tags into stacks as callers of everything",
        "A comma-separated list of keys; the first is outermost.",
    ),
    option(
        Group::Tags,
        "tagleaf",
        Some("tagleaf"),
        field!(Text, view.tagleaf),
        "Put the values of tags into stacks as callees of everything",
        "A comma-separated list of keys; the last is innermost.",
    ),
    option(
        Group::Code,
        "source_path",
        None,
        field!(Text, view.source_path),
        "Folders to search for source files, separated by colons",
        "",
    ),
    option(
        Group::Code,
        "trim_path",
        None,
        field!(Text, view.trim_path),
        "Prefixes to take off source paths, separated by colons",
        "",
    ),
    option(
        Group::Code,
        "intel_syntax",
        Some("intel"),
        field!(Bool, view.intel_syntax),
        "Show assembly in Intel syntax",
        "",
    ),
    option(
        Group::Compare,
        "base",
        None,
        field!(List, source.base),
        "Subtract this profile",
        "May be given several times.",
    ),
    option(
        Group::Compare,
        "diff_base",
        None,
        field!(List, source.diff_base),
        "Subtract this profile, with percentages of it",
        "May be given several times.",
    ),
    option(
        Group::Compare,
        "normalize",
        Some("norm"),
        field!(Bool, source.normalize),
        "Scale to the total of the base profile",
        "",
    ),
    option(
        Group::Source,
        "seconds",
        None,
        field!(OptionalInt, source.seconds),
        "How long a server is to measure",
        "",
    ),
    option(
        Group::Source,
        "timeout",
        None,
        field!(OptionalInt, source.timeout),
        "How many seconds a server may take to answer",
        "",
    ),
    option(
        Group::Source,
        "buildid",
        None,
        field!(Text, source.buildid),
        "Build id of the main binary, where the profile has none",
        "",
    ),
    option(
        Group::Source,
        "add_comment",
        None,
        field!(Text, source.add_comment),
        "A comment to add to the profile",
        "",
    ),
    option(
        Group::Source,
        "all_frames",
        None,
        field!(Bool, source.all_frames),
        "Keep frames that the profile says to drop",
        "",
    ),
    option(
        Group::Source,
        "max_size",
        None,
        field!(OptionalText, source.max_size),
        "Refuse profiles that unpack to more than this",
        "A size such as 500MB or 16GB; 4GB unless said otherwise.",
    ),
    option(
        Group::Source,
        "tls_cert",
        None,
        field!(Text, source.tls_cert),
        "Certificate to show to https servers (PEM file)",
        "",
    ),
    option(
        Group::Source,
        "tls_key",
        None,
        field!(Text, source.tls_key),
        "Private key of that certificate (PEM file)",
        "",
    ),
    option(
        Group::Source,
        "tls_ca",
        None,
        field!(Text, source.tls_ca),
        "Authorities to trust in place of the system's (PEM file)",
        "",
    ),
    option(
        Group::Source,
        "symbolize",
        None,
        field!(Text, source.symbolize),
        "Where symbols come from: none, local, fastlocal, remote, force",
        "Parts are separated by colons. local looks into binaries on this machine, fastlocal only into their symbol tables, \
         remote asks the server of the profile; without any of them both are done. force replaces symbols that the \
         profile has. demangle=none|full|templates|default chooses how names of C++ and Rust are shown. none leaves \
         everything as it is.",
    ),
    option(
        Group::Source,
        "tools",
        None,
        field!(Text, source.tools),
        "Accepted and not needed: no other program is ever started",
        "",
    ),
    option(
        Group::Other,
        "output",
        None,
        field!(Text, output.output),
        "Write to this file (also -o)",
        "The file is replaced only when the report is complete.",
    ),
    option(
        Group::Other,
        "http",
        None,
        field!(Text, output.http),
        "Serve a web page at [host]:[port]",
        "Without a host only this machine can reach it; without a port a free one is taken.",
    ),
    option(
        Group::Other,
        "no_browser",
        None,
        field!(Bool, output.no_browser),
        "Do not open a browser with -http",
        "",
    ),
];

/// The first shortcut of the table wins over later ones; an explicit sample index wins over all.
fn sample_index(options: &mut Options, kind: &str) {
    if options.view.sample_index.is_empty() {
        kind.clone_into(&mut options.view.sample_index);
    }
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

    #[test]
    fn names_are_unique_and_explained() {
        let mut names: Vec<&str> = Vec::new();
        for option in ALL {
            names.push(option.name);
            if let Field::Choice(choices) = option.field {
                names.extend(choices.iter().map(|choice| choice.name));
            }
            assert!(!option.help.is_empty() && !option.help.ends_with('.'), "{}", option.name);
        }
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
    fn what_is_set_is_read_back() {
        let mut options = Options::default();
        for (name, text) in
            [("focus", "a.*"), ("nodecount", "12"), ("mean", "true"), ("granularity", "lines")]
        {
            let option = find(name).expect(name);
            assert_ne!(option.get(&options), text);
            option.set(&mut options, text).expect("a good value");
            assert_eq!(option.get(&options), text);
        }
        assert!(find("nodecount").expect("option").set(&mut options, "99999999999999999999").is_err());
        assert!(find("granularity").expect("option").set(&mut options, "inches").is_err());
        assert_eq!(parse_int("0x10"), Ok(16));
        assert!(parse_int("+-1").is_err());
    }
}
