//! What is known about an option beside its value, and the macro that declares options.

use std::ffi::OsStr;

use crate::option_value::ValueType;
use crate::options::Options;

/// An option: one entry of [`ALL`](crate::ALL).
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
    /// What stands for its value in help, such as `regexp`; empty for a switch.
    pub value_name: &'static str,
    /// What kind of value it has.
    pub value: ValueType,
    /// What its value can be completed with.
    pub completion: ValueSource,
    set: fn(&mut Options, &OsStr) -> Result<(), String>,
    get: fn(&Options) -> String,
}

/// What the value of an option can be completed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueSource {
    /// The type of the option: its choices, true and false, or files.
    Type,
    /// Functions of the profile.
    Functions,
    /// Sample types of the profile.
    SampleTypes,
    /// Units of measurement.
    Units,
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
    /// Every group.
    pub const ALL: [Group; 9] = [
        Group::Filter,
        Group::Value,
        Group::Granularity,
        Group::Display,
        Group::Tags,
        Group::Compare,
        Group::Source,
        Group::Code,
        Group::Other,
    ];

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

impl OptionSpec {
    /// Who may change it.
    pub fn scope(&self) -> Scope {
        match self.group {
            Group::Source | Group::Compare | Group::Other => Scope::Invocation,
            _ => Scope::View,
        }
    }

    /// Whether its flag may stand without a value.
    pub fn is_switch(&self) -> bool {
        self.value == ValueType::Switch
    }

    /// Reads `text` into the field of this option. A value that makes no sense changes nothing.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn set(&self, options: &mut Options, text: impl AsRef<OsStr>) -> Result<(), String> {
        (self.set)(options, text.as_ref())
    }

    /// The value as text, as [`set`](Self::set) would read it; empty when there is none.
    pub fn get(&self, options: &Options) -> String {
        (self.get)(options)
    }
}

/// The part of an [`OptionSpec`] that is written down by hand.
#[derive(Clone, Copy)]
pub(crate) struct About {
    group: Group,
    help: &'static str,
    details: &'static str,
    url_key: Option<&'static str>,
    value_name: Option<&'static str>,
    completion: ValueSource,
}

/// An option under the heading `group`, and what it does, in a line.
pub(crate) const fn about(group: Group, help: &'static str) -> About {
    About { group, help, details: "", url_key: None, value_name: None, completion: ValueSource::Type }
}

impl About {
    /// More about it, for the long help.
    pub(crate) const fn details(self, details: &'static str) -> About {
        About { details, ..self }
    }

    /// Its name in URLs of the page.
    pub(crate) const fn url(self, key: &'static str) -> About {
        About { url_key: Some(key), ..self }
    }

    /// What stands for its value in help, where that says more than the type does.
    pub(crate) const fn value(self, name: &'static str) -> About {
        About { value_name: Some(name), ..self }
    }

    /// What its value can be completed with.
    pub(crate) const fn from(self, completion: ValueSource) -> About {
        About { completion, ..self }
    }

    /// The whole entry.
    pub(crate) const fn entry(
        self,
        name: &'static str,
        type_name: &'static str,
        value: ValueType,
        set: fn(&mut Options, &OsStr) -> Result<(), String>,
        get: fn(&Options) -> String,
    ) -> OptionSpec {
        let About { group, help, details, url_key, value_name, completion } = self;
        let value_name = match value_name {
            Some(name) => name,
            None => type_name,
        };
        OptionSpec { name, help, details, group, url_key, value_name, value, completion, set, get }
    }
}

/// Declares options: the structs that hold them, their defaults, and the table `ALL`.
///
/// An entry is `name: Type = default, about(Group, "help")…;`. Its type must be an
/// [`OptionValue`](crate::option_value::OptionValue).
macro_rules! options {
    ($(
        $(#[$attribute:meta])*
        $part:ident: $struct:ident {
            $( $name:ident: $type:ty = $default:expr, $about:expr; )*
        }
    )*) => {
        $(
            $(#[$attribute])*
            #[derive(Debug, Clone, PartialEq)]
            #[expect(missing_docs, reason = "each field is explained by the help of its option")]
            pub struct $struct {
                $( pub $name: $type, )*
            }

            impl Default for $struct {
                fn default() -> Self {
                    $struct { $( $name: $default, )* }
                }
            }
        )*

        /// Every option, in the order of the help.
        pub const ALL: &[OptionSpec] = &[
            $($(
                $about.entry(
                    stringify!($name),
                    <$type as OptionValue>::NAME,
                    <$type as OptionValue>::TYPE,
                    |options, text| options.$part.$name.set(text),
                    |options| options.$part.$name.get(),
                ),
            )*)*
        ];
    };
}
pub(crate) use options;
