//! The types that options can have: how each is read from text and written again.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use hotlist_analyze::{Granularity, TagFilter, TagFilterError};
use hotlist_formats::Format;
use hotlist_pattern::Pattern;
use hotlist_profile::unit;
use hotlist_report::Sort;

/// What kind of value an option has, for faces that treat some kinds in their own way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueType {
    /// On or off; its flag may stand alone.
    Switch,
    /// A whole number.
    Whole,
    /// A number.
    Number,
    /// Any text.
    Text,
    /// A regular expression.
    Pattern,
    /// A range of numbers or regular expressions for the values of tags.
    TagFilter,
    /// An amount of memory.
    Size,
    /// A file.
    File,
    /// Several values with a mark between them.
    Several,
    /// A list that grows each time it is set.
    List,
    /// One of a few, each of which is also a flag.
    Choice(&'static [Choice]),
}

/// One of the values of a [`ValueType::Choice`].
#[derive(Debug, PartialEq, Eq)]
pub struct Choice {
    /// Its name, also as a flag.
    pub name: &'static str,
    /// What it means, in a line.
    pub help: &'static str,
}

/// A type that an option can have.
pub(crate) trait OptionValue {
    /// Its kind.
    const TYPE: ValueType;
    /// What stands for a value in help, such as `regexp`.
    const NAME: &'static str;

    /// Reads `text`. A value that makes no sense changes nothing.
    fn set(&mut self, text: &OsStr) -> Result<(), String>;

    /// The value as text, as [`set`](Self::set) would read it; empty when there is none.
    fn get(&self) -> String;
}

fn utf8(text: &OsStr) -> Result<&str, String> {
    text.to_str().ok_or_else(|| format!("{text:?} is not UTF-8"))
}

impl OptionValue for bool {
    const TYPE: ValueType = ValueType::Switch;
    const NAME: &'static str = "";

    fn set(&mut self, text: &OsStr) -> Result<(), String> {
        let text = utf8(text)?;
        *self = match text.to_ascii_lowercase().as_str() {
            "true" | "t" | "yes" | "y" | "1" | "" => true,
            "false" | "f" | "no" | "n" | "0" => false,
            _ => return Err(format!("{text:?} is neither true nor false")),
        };
        Ok(())
    }

    fn get(&self) -> String {
        self.to_string()
    }
}

impl OptionValue for i64 {
    const TYPE: ValueType = ValueType::Whole;
    const NAME: &'static str = "n";

    fn set(&mut self, text: &OsStr) -> Result<(), String> {
        *self = whole_number(utf8(text)?)?;
        Ok(())
    }

    fn get(&self) -> String {
        self.to_string()
    }
}

impl OptionValue for Option<i64> {
    const TYPE: ValueType = ValueType::Whole;
    const NAME: &'static str = "n";

    fn set(&mut self, text: &OsStr) -> Result<(), String> {
        *self = Some(whole_number(utf8(text)?)?);
        Ok(())
    }

    fn get(&self) -> String {
        self.map(|number| number.to_string()).unwrap_or_default()
    }
}

/// The format in which a source is read; none for the one that its first bytes tell.
#[derive(Debug, Clone, Copy, Default)]
pub struct SourceFormat(pub Option<&'static Format>);

/// Formats are told apart by their names.
impl PartialEq for SourceFormat {
    fn eq(&self, other: &SourceFormat) -> bool {
        self.0.map(|format| format.name) == other.0.map(|format| format.name)
    }
}

impl OptionValue for SourceFormat {
    const TYPE: ValueType = ValueType::Text;
    const NAME: &'static str = "format";

    fn set(&mut self, text: &OsStr) -> Result<(), String> {
        let text = utf8(text)?;
        self.0 = match text {
            "" => None,
            name => Some(hotlist_formats::named(name).ok_or_else(|| {
                let names: Vec<&str> = hotlist_formats::ALL.iter().map(|format| format.name).collect();
                format!("{name:?} is no format; there are {}", names.join(", "))
            })?),
        };
        Ok(())
    }

    fn get(&self) -> String {
        self.0.map_or_else(String::new, |format| format.name.to_owned())
    }
}

/// A whole number in decimal, or with the prefixes `0x`, `0o`, `0b` of Go.
fn whole_number(text: &str) -> Result<i64, String> {
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

/// A number that is neither infinite nor missing.
fn number(text: &OsStr) -> Result<f64, String> {
    let text = utf8(text)?;
    let number: f64 = text.trim().parse().map_err(|_| format!("{text:?} is not a number"))?;
    if number.is_finite() { Ok(number) } else { Err(format!("must not be {number}")) }
}

impl OptionValue for f64 {
    const TYPE: ValueType = ValueType::Number;
    const NAME: &'static str = "n";

    fn set(&mut self, text: &OsStr) -> Result<(), String> {
        *self = number(text)?;
        Ok(())
    }

    fn get(&self) -> String {
        self.to_string()
    }
}

/// A number that values can be divided by: not zero.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Divisor(f64);

impl Divisor {
    /// Leaves values as they are.
    pub const ONE: Divisor = Divisor(1.0);

    /// The number.
    pub fn number(self) -> f64 {
        self.0
    }
}

impl OptionValue for Divisor {
    const TYPE: ValueType = ValueType::Number;
    const NAME: &'static str = "n";

    fn set(&mut self, text: &OsStr) -> Result<(), String> {
        *self = match number(text)? {
            0.0 => return Err("zero divisor specified".to_owned()),
            number => Divisor(number),
        };
        Ok(())
    }

    fn get(&self) -> String {
        self.0.to_string()
    }
}

impl OptionValue for String {
    const TYPE: ValueType = ValueType::Text;
    const NAME: &'static str = "text";

    fn set(&mut self, text: &OsStr) -> Result<(), String> {
        utf8(text)?.clone_into(self);
        Ok(())
    }

    fn get(&self) -> String {
        self.clone()
    }
}

impl OptionValue for Option<Pattern> {
    const TYPE: ValueType = ValueType::Pattern;
    const NAME: &'static str = "regexp";

    fn set(&mut self, text: &OsStr) -> Result<(), String> {
        *self = match utf8(text)? {
            "" => None,
            text => Some(Pattern::new(text).map_err(|error| error.to_string())?),
        };
        Ok(())
    }

    fn get(&self) -> String {
        self.as_ref().map(|pattern| pattern.as_str().to_owned()).unwrap_or_default()
    }
}

impl OptionValue for Option<TagFilter> {
    const TYPE: ValueType = ValueType::TagFilter;
    const NAME: &'static str = "filter";

    fn set(&mut self, text: &OsStr) -> Result<(), String> {
        *self = match utf8(text)? {
            "" => None,
            text => Some(TagFilter::parse(text).map_err(|error: TagFilterError| error.to_string())?),
        };
        Ok(())
    }

    fn get(&self) -> String {
        self.as_ref().map(|filter| filter.as_str().to_owned()).unwrap_or_default()
    }
}

/// An amount of memory in bytes, written as `500MB` or `16GB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size(pub u64);

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Size, String> {
        let wrong = || format!("{text:?} is not a size such as 500MB");
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at(digits);
        let number: i64 = number.parse().map_err(|_| wrong())?;
        let unit = if unit.is_empty() { "bytes" } else { unit };
        if !unit::convertible(unit, "bytes") {
            return Err(wrong());
        }
        let (bytes, _) = unit::scale(number, unit, "bytes");
        Ok(Size(bytes as u64))
    }
}

impl fmt::Display for Size {
    /// In the largest unit in which it is a whole number.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [(40, "TB"), (30, "GB"), (20, "MB"), (10, "kB")];
        let whole = |&(bits, _): &(u32, &str)| self.0 != 0 && self.0.trailing_zeros() >= bits;
        match units.into_iter().find(whole) {
            Some((bits, unit)) => write!(out, "{}{unit}", self.0 >> bits),
            None => write!(out, "{}", self.0),
        }
    }
}

impl OptionValue for Size {
    const TYPE: ValueType = ValueType::Size;
    const NAME: &'static str = "size";

    fn set(&mut self, text: &OsStr) -> Result<(), String> {
        *self = utf8(text)?.parse()?;
        Ok(())
    }

    fn get(&self) -> String {
        self.to_string()
    }
}

impl OptionValue for Option<PathBuf> {
    const TYPE: ValueType = ValueType::File;
    const NAME: &'static str = "file";

    fn set(&mut self, text: &OsStr) -> Result<(), String> {
        *self = (!text.is_empty()).then(|| text.into());
        Ok(())
    }

    fn get(&self) -> String {
        self.as_ref().map(|path| path.display().to_string()).unwrap_or_default()
    }
}

/// Several texts, written with `MARK` between them; empty ones are left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Separated<const MARK: char>(pub Vec<String>);

/// Keys of tags, separated by commas.
pub type Keys = Separated<','>;

/// Folders, separated by colons.
pub type Folders = Separated<':'>;

impl<const MARK: char> OptionValue for Separated<MARK> {
    const TYPE: ValueType = ValueType::Several;
    const NAME: &'static str = if MARK == ',' { "keys" } else { "folders" };

    fn set(&mut self, text: &OsStr) -> Result<(), String> {
        self.0 = utf8(text)?.split(MARK).filter(|part| !part.is_empty()).map(str::to_owned).collect();
        Ok(())
    }

    fn get(&self) -> String {
        self.0.join(MARK.encode_utf8(&mut [0; 4]))
    }
}

impl OptionValue for Vec<OsString> {
    const TYPE: ValueType = ValueType::List;
    const NAME: &'static str = "source";

    fn set(&mut self, text: &OsStr) -> Result<(), String> {
        if !text.is_empty() {
            self.push(text.to_owned());
        }
        Ok(())
    }

    fn get(&self) -> String {
        self.join(OsStr::new(",")).to_string_lossy().into_owned()
    }
}

/// The value that belongs to the choice with this name.
fn choose<T: Copy>(text: &OsStr, choices: &[Choice], values: &[T]) -> Result<T, String> {
    let chosen = choices.iter().zip(values).find(|(choice, _)| text == choice.name);
    chosen.map(|(_, value)| *value).ok_or_else(|| {
        let names: Vec<&str> = choices.iter().map(|choice| choice.name).collect();
        format!("must be one of {}", names.join(", "))
    })
}

fn chosen<T: PartialEq>(value: &T, choices: &[Choice], values: &[T]) -> String {
    let choice = choices.iter().zip(values).find(|(_, other)| *other == value);
    choice.map_or(String::new(), |(choice, _)| choice.name.to_owned())
}

const GRANULARITIES: [Granularity; 5] = [
    Granularity::Functions,
    Granularity::FileFunctions,
    Granularity::Files,
    Granularity::Lines,
    Granularity::Addresses,
];

const GRANULARITY_CHOICES: &[Choice; 5] = &[
    Choice { name: "functions", help: "Sum by function (the default)" },
    Choice { name: "filefunctions", help: "Sum by function, telling files apart" },
    Choice { name: "files", help: "Sum by source file" },
    Choice { name: "lines", help: "Sum by source line" },
    Choice { name: "addresses", help: "Sum by instruction address" },
];

impl OptionValue for Option<Granularity> {
    const TYPE: ValueType = ValueType::Choice(GRANULARITY_CHOICES);
    const NAME: &'static str = "granularity";

    fn set(&mut self, text: &OsStr) -> Result<(), String> {
        *self = Some(choose(text, GRANULARITY_CHOICES, &GRANULARITIES)?);
        Ok(())
    }

    fn get(&self) -> String {
        self.map_or(String::new(), |granularity| chosen(&granularity, GRANULARITY_CHOICES, &GRANULARITIES))
    }
}

const ORDERS: [Sort; 2] = [Sort::Flat, Sort::Cum];

const ORDER_CHOICES: &[Choice; 2] = &[
    Choice { name: "flat", help: "Sort by own weight (the default)" },
    Choice { name: "cum", help: "Sort by weight with callees" },
];

impl OptionValue for Sort {
    const TYPE: ValueType = ValueType::Choice(ORDER_CHOICES);
    const NAME: &'static str = "order";

    fn set(&mut self, text: &OsStr) -> Result<(), String> {
        *self = choose(text, ORDER_CHOICES, &ORDERS)?;
        Ok(())
    }

    fn get(&self) -> String {
        chosen(self, ORDER_CHOICES, &ORDERS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sets `text` and expects that `expected` is read back; for an error, that nothing changes.
    fn check<T: OptionValue + Clone + PartialEq + fmt::Debug>(
        start: &T,
        text: &str,
        expected: Result<&str, &str>,
    ) {
        let mut value = start.clone();
        let outcome = value.set(OsStr::new(text));
        match expected {
            Ok(expected) => {
                assert_eq!((outcome, value.get().as_str()), (Ok(()), expected), "{text:?}");
                let mut again = start.clone();
                assert_eq!(again.set(OsStr::new(&value.get())), Ok(()), "{text:?}");
                assert_eq!(again.get(), value.get(), "{text:?} is not read back as it was set");
            }
            Err(reason) => {
                assert_eq!(outcome, Err(reason.to_owned()), "{text:?}");
                assert_eq!(value, *start, "a wrong value changes nothing");
            }
        }
    }

    #[test]
    fn numbers() {
        check(&1i64, "0x10", Ok("16"));
        check(&1i64, "-5", Ok("-5"));
        check(&1i64, "+-1", Err("\"+-1\" is not a whole number"));
        check(&1i64, "99999999999999999999", Err("\"99999999999999999999\" does not fit in 64 bits"));
        check(&1.0f64, " .5", Ok("0.5"));
        check(&1.0f64, "inf", Err("must not be inf"));
        check(&1.0f64, "much", Err("\"much\" is not a number"));
        check(&Divisor::ONE, "8", Ok("8"));
        check(&Divisor::ONE, "0", Err("zero divisor specified"));
        check(&Divisor::ONE, "-0", Err("zero divisor specified"));
    }

    #[test]
    fn patterns_and_filters() {
        let old = Some(Pattern::new("old").unwrap());
        check(&old, "a.*b", Ok("a.*b"));
        check(&old, "", Ok(""));
        check(&old, "(", Err("error parsing regexp: missing closing ): `(`"));
        let old = Some(TagFilter::parse("old").unwrap());
        check(&old, "bytes=:64kb", Ok("bytes=:64kb"));
        check(&old, "99999999999999999999kb", Err("number 99999999999999999999 does not fit in 64 bits"));
        check(&old, "a=(", Err("error parsing regexp: missing closing ): `(`"));
    }

    #[test]
    fn sizes() {
        let old = Size(1);
        check(&old, "500MB", Ok("500MB"));
        check(&old, "2048", Ok("2kB"));
        check(&old, "1000", Ok("1000"));
        check(&old, "0", Ok("0"));
        check(&old, "16gb", Ok("16GB"));
        check(&old, "4 parsecs", Err("\"4 parsecs\" is not a size such as 500MB"));
        check(&old, "", Err("\"\" is not a size such as 500MB"));
        assert_eq!("4GB".parse(), Ok(Size(4 << 30)));
    }

    #[test]
    fn lists_and_files() {
        check(&Keys::default(), "a,,b", Ok("a,b"));
        check(&Folders::default(), "/a:/b", Ok("/a:/b"));
        check(&Some(PathBuf::from("old")), "new", Ok("new"));
        check(&Some(PathBuf::from("old")), "", Ok(""));
        let mut sources: Vec<OsString> = Vec::new();
        for text in ["a", "", "b"] {
            sources.set(OsStr::new(text)).unwrap();
        }
        assert_eq!(sources, ["a", "b"]);
    }

    #[test]
    fn choices() {
        check(&None::<Granularity>, "lines", Ok("lines"));
        check(
            &None::<Granularity>,
            "inches",
            Err("must be one of functions, filefunctions, files, lines, addresses"),
        );
        check(&Sort::Flat, "cum", Ok("cum"));
        check(&true, "no", Ok("false"));
        check(&true, "maybe", Err("\"maybe\" is neither true nor false"));
    }

    #[cfg(unix)]
    #[test]
    fn only_files_and_sources_may_be_other_than_utf8() {
        use std::os::unix::ffi::OsStrExt;
        let strange = OsStr::from_bytes(b"a\xff");
        let mut path = None::<PathBuf>;
        assert_eq!(path.set(strange), Ok(()));
        assert_eq!(path, Some(PathBuf::from(strange)));
        assert!(String::new().set(strange).is_err());
    }
}
