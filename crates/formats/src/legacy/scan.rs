//! Matching the patterns of the text formats: a cursor over a line, and numbers.

/// A position in a line. The methods consume what they match and nothing else.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scan<'a> {
    rest: &'a [u8],
}

impl<'a> Scan<'a> {
    pub(crate) fn new(text: &'a [u8]) -> Self {
        Scan { rest: text }
    }

    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Consumes the longest run of bytes for which `wanted` is true.
    pub(crate) fn run(&mut self, wanted: impl Fn(u8) -> bool) -> &'a [u8] {
        let length = self.rest.iter().position(|&byte| !wanted(byte)).unwrap_or(self.rest.len());
        let (run, rest) = self.rest.split_at(length);
        self.rest = rest;
        run
    }

    /// Like [`run`](Self::run), but wants at least one byte.
    pub(crate) fn some(&mut self, wanted: impl Fn(u8) -> bool) -> Option<&'a [u8]> {
        let run = self.run(wanted);
        (!run.is_empty()).then_some(run)
    }

    /// Consumes `literal` if it comes next.
    pub(crate) fn literal(&mut self, literal: &[u8]) -> Option<()> {
        self.rest = self.rest.strip_prefix(literal)?;
        Some(())
    }

    /// Any number of spaces.
    pub(crate) fn spaces(&mut self) -> usize {
        self.run(|byte| byte == b' ').len()
    }

    /// At least one decimal digit.
    pub(crate) fn digits(&mut self) -> Option<&'a [u8]> {
        self.some(|byte| byte.is_ascii_digit())
    }

    /// At least one hexadecimal digit of either case.
    pub(crate) fn hex_digits(&mut self) -> Option<&'a [u8]> {
        self.some(|byte| byte.is_ascii_hexdigit())
    }
}

/// Tries `pattern` wherever a run of digits begins in `line`, from the left.
///
/// Starting inside of a run would not match what starting at its beginning does not, so that a long
/// line costs no more than its length.
pub(crate) fn at_digit_runs<'a, T>(
    line: &'a [u8],
    mut pattern: impl FnMut(Scan<'a>) -> Option<T>,
) -> Option<T> {
    let mut at = 0;
    while at < line.len() {
        if line[at].is_ascii_digit() {
            let sign = usize::from(at > 0 && line[at - 1] == b'-');
            if let Some(found) = pattern(Scan::new(&line[at - sign..])) {
                return Some(found);
            }
            at += Scan::new(&line[at..]).run(|byte| byte.is_ascii_digit()).len();
        } else {
            at += 1;
        }
    }
    None
}

/// Tries `pattern` after every `word` in `line`, from the left.
pub(crate) fn after_word<'a, T>(
    line: &'a [u8],
    word: &'a [u8],
    mut pattern: impl FnMut(Scan<'a>) -> Option<T>,
) -> Option<T> {
    memchr::memmem::find_iter(line, word).find_map(|at| pattern(Scan::new(&line[at + word.len()..])))
}

/// A decimal number, perhaps with a minus; `None` when it does not fit.
pub(crate) fn decimal(text: &[u8]) -> Option<i64> {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    integer(digits, 10, digits.len() < text.len())
}

/// A number as it stands in Go source: decimal, `0x…`, `0o…`, `0b…`, or octal after a 0, with
/// underscores between digits.
pub(crate) fn go_integer(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let (radix, prefix, digits) = match digits {
        [b'0', b'x' | b'X', rest @ ..] => (16, true, rest),
        [b'0', b'o' | b'O', rest @ ..] => (8, true, rest),
        [b'0', b'b' | b'B', rest @ ..] => (2, true, rest),
        [b'0', rest @ ..] if !rest.is_empty() => (8, true, rest),
        _ => (10, false, digits),
    };
    let misplaced = digits.windows(2).any(|pair| pair == b"__")
        || digits.ends_with(b"_")
        || (!prefix && digits.starts_with(b"_"));
    if misplaced {
        return None;
    }
    if digits.contains(&b'_') {
        let digits: Vec<u8> = digits.iter().copied().filter(|&byte| byte != b'_').collect();
        return integer(&digits, radix, negative);
    }
    integer(digits, radix, negative)
}

fn integer(digits: &[u8], radix: u32, negative: bool) -> Option<i64> {
    let value = unsigned(digits, radix)?;
    if negative { 0i64.checked_sub_unsigned(value) } else { i64::try_from(value).ok() }
}

/// A hexadecimal number without prefix; `None` when it does not fit.
pub(crate) fn hexadecimal(digits: &[u8]) -> Option<u64> {
    unsigned(digits, 16)
}

fn unsigned(digits: &[u8], radix: u32) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0u64, |value, &byte| {
        let digit = char::from(byte).to_digit(radix)?;
        value.checked_mul(u64::from(radix))?.checked_add(u64::from(digit))
    })
}

/// The characters of which a list of addresses after `@` consists.
pub(crate) fn is_address_list(byte: u8) -> bool {
    matches!(byte, b' ' | b'x' | b'0'..=b'9' | b'a'..=b'f')
}

/// Every `0x…` in `text`, in lower-case digits.
///
/// # Errors
/// The first address that takes more than 64 bits.
pub(crate) fn addresses(text: &[u8], mut take: impl FnMut(u64)) -> Result<(), String> {
    let mut at = 0;
    while let Some(found) = memchr::memmem::find(&text[at..], b"0x") {
        let start = at + found;
        let mut scan = Scan::new(&text[start + 2..]);
        let digits = scan.run(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        at = start + 2 + digits.len();
        if !digits.is_empty() {
            let address = hexadecimal(digits)
                .ok_or_else(|| format!("address {} takes more than 64 bits", excerpt(&text[start..at])))?;
            take(address);
        }
    }
    Ok(())
}

/// `text` for an error message: printable and not too long.
pub(crate) fn excerpt(text: &[u8]) -> String {
    const LONGEST: usize = 60;
    let shown = text[..text.len().min(LONGEST)].escape_ascii();
    if text.len() > LONGEST { format!("\"{shown}...\"") } else { format!("\"{shown}\"") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_go_source() {
        for (text, expected) in [
            ("0", Some(0)),
            ("12", Some(12)),
            ("-12", Some(-12)),
            ("010", Some(8)),
            ("08", None),
            ("0x_1f", Some(31)),
            ("1_000", Some(1000)),
            ("1__0", None),
            ("_1", None),
            ("", None),
            ("1 2", None),
            ("-9223372036854775808", Some(i64::MIN)),
            ("9223372036854775808", None),
        ] {
            assert_eq!(go_integer(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn addresses_are_found_in_any_text() {
        let check = |text: &str, expected: &[u64]| {
            let mut found = Vec::new();
            addresses(text.as_bytes(), |address| found.push(address)).unwrap();
            assert_eq!(found, expected, "{text}");
        };
        check(" 0x1 0x2", &[1, 2]);
        check("PC:  0x0040be31: main", &[0x40be31]);
        check("0x0x12 00x3 0xg 0X5", &[0, 3]);
        check("0x00000000000000000000ff", &[255]);
        assert!(addresses(b"0x10000000000000000", |_| ()).is_err());
    }
}
