//! Rust names of the `v0` scheme.
//!
//! Source of the grammar: <https://doc.rust-lang.org/rustc/symbol-mangling/v0.html> (RFC 2603). A name is written
//! while it is read: what it says comes in the order in which it is shown, and back references are places in
//! the name to read again.

use super::punycode;
use crate::Mode;
use crate::cursor::Cursor;
use crate::limit::{LONGEST, Limit, Parsed, Refused};

/// The readable form of a name of the `v0` scheme.
pub(crate) fn demangle(name: &str, mode: Mode) -> Parsed<String> {
    let mangled = name.strip_prefix("_R").ok_or(Refused)?;
    // What LLVM appends is left out.
    let mangled = mangled.split('.').next().unwrap_or("");
    if mangled.starts_with(|digit: char| digit.is_ascii_digit()) {
        // Of a version to come.
        return Err(Refused);
    }
    let mut reader = Reader {
        cursor: Cursor::new(mangled),
        out: String::with_capacity(mangled.len()),
        is_silent: false,
        has_arguments: mode != Mode::Default,
        lifetimes: 0,
        limit: Limit::new(mangled.len()),
    };
    reader.path(Position::Value)?;
    if !reader.cursor.at_end() {
        // The crate that needed this instance of a generic function.
        reader.silently(|reader| reader.path(Position::Type))?;
    }
    if reader.cursor.at_end() { Ok(reader.out) } else { Err(Refused) }
}

/// Where a path stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Position {
    /// In an expression, where generic arguments stand behind `::`.
    Value,
    /// In a type.
    Type,
}

pub(super) struct Reader<'a> {
    pub(super) cursor: Cursor<'a>,
    out: String,
    /// Reading without writing.
    is_silent: bool,
    /// Whether generic arguments are written.
    has_arguments: bool,
    /// How many lifetimes the binders around have.
    lifetimes: u64,
    pub(super) limit: Limit,
}

/// An identifier.
pub(super) struct Identifier<'a> {
    text: &'a str,
    is_punycode: bool,
}

impl<'a> Reader<'a> {
    pub(super) fn write(&mut self, text: &str) {
        if !self.is_silent {
            self.out.push_str(text);
        }
    }

    fn silently<T>(&mut self, read: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        let before = std::mem::replace(&mut self.is_silent, true);
        let result = read(self);
        self.is_silent = before;
        result
    }

    /// Takes a step deeper.
    pub(super) fn enter(&mut self) -> Parsed<()> {
        if self.out.len() > LONGEST {
            return Err(Refused);
        }
        self.limit.enter()
    }

    /// Reads parts until `E`, and writes `separator` between them. Returns how many there were.
    pub(super) fn until_end(
        &mut self,
        separator: &str,
        mut part: impl FnMut(&mut Self) -> Parsed<()>,
    ) -> Parsed<usize> {
        let mut count = 0;
        while !self.cursor.eat(b'E') {
            if count > 0 {
                self.write(separator);
            }
            part(self)?;
            count += 1;
        }
        Ok(count)
    }

    /// Reads again what stands at a place before this one.
    ///
    /// `<backref> = "B" <base-62-number>`, whose letter was read. In silence, there is no need to.
    pub(super) fn back_reference<T: Default>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Parsed<T>,
    ) -> Parsed<T> {
        let here = self.cursor.position() - 1;
        let target = usize::try_from(self.base_62()?).map_err(|_| Refused)?;
        if target >= here {
            return Err(Refused);
        }
        if self.is_silent {
            return Ok(T::default());
        }
        let after = self.cursor;
        self.cursor = after.moved_to(target);
        let result = read(self);
        self.cursor = after;
        result
    }

    /// A path.
    pub(super) fn path(&mut self, position: Position) -> Parsed<()> {
        self.enter()?;
        match self.cursor.next()? {
            b'C' => {
                self.disambiguator()?;
                let identifier = self.identifier()?;
                self.write_identifier(&identifier)?;
            }
            kind @ (b'M' | b'X' | b'Y') => {
                if kind != b'Y' {
                    // Where the implementation stands.
                    self.silently(|reader| {
                        reader.disambiguator()?;
                        reader.path(Position::Type)
                    })?;
                }
                self.write("<");
                self.type_name()?;
                if kind != b'M' {
                    self.write(" as ");
                    self.path(Position::Type)?;
                }
                self.write(">");
            }
            b'N' => {
                let namespace = self.cursor.next()?;
                self.path(position)?;
                let disambiguator = self.disambiguator()?;
                let identifier = self.identifier()?;
                self.nested(namespace, disambiguator, &identifier)?;
            }
            b'I' => {
                self.path(position)?;
                self.write(if position == Position::Value { "::<" } else { "<" });
                self.arguments()?;
                self.write(">");
            }
            b'B' => self.back_reference(|reader| reader.path(position))?,
            _ => return Err(Refused),
        }
        self.limit.leave();
        Ok(())
    }

    /// Writes the last part of a path. Capital letters are for what has no name of its own.
    fn nested(&mut self, namespace: u8, disambiguator: u64, identifier: &Identifier<'a>) -> Parsed<()> {
        let kind = match namespace {
            b'a'..=b'z' => {
                self.write("::");
                return self.write_identifier(identifier);
            }
            b'C' => "closure",
            b'S' => "shim",
            b'A'..=b'Z' => &char::from(namespace).to_string(),
            _ => return Err(Refused),
        };
        self.write("::{");
        self.write(kind);
        if !identifier.text.is_empty() {
            self.write(":");
            self.write_identifier(identifier)?;
        }
        self.write(&format!("#{disambiguator}}}"));
        Ok(())
    }

    /// Generic arguments up to `E`.
    fn arguments(&mut self) -> Parsed<()> {
        let before = self.is_silent;
        self.is_silent |= !self.has_arguments;
        let result = self.until_end(", ", |reader| {
            if reader.cursor.eat(b'L') {
                let lifetime = reader.base_62()?;
                reader.write_lifetime(lifetime)
            } else if reader.cursor.eat(b'K') {
                reader.constant(Position::Type)
            } else {
                reader.type_name()
            }
        });
        self.is_silent = before;
        result.map(drop)
    }

    /// `<disambiguator> = "s" <base-62-number>`, or 0.
    pub(super) fn disambiguator(&mut self) -> Parsed<u64> {
        if !self.cursor.eat(b's') {
            return Ok(0);
        }
        self.base_62()?.checked_add(1).ok_or(Refused)
    }

    /// `<undisambiguated-identifier> = ["u"] <decimal-number> ["_"] <bytes>`
    pub(super) fn identifier(&mut self) -> Parsed<Identifier<'a>> {
        let is_punycode = self.cursor.eat(b'u');
        // A zero is a number of its own: digits behind it begin what follows.
        let length = if self.cursor.eat(b'0') { 0 } else { self.cursor.decimal()? };
        self.cursor.eat(b'_');
        let text = self.cursor.take(length as usize)?;
        if !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            return Err(Refused);
        }
        Ok(Identifier { text, is_punycode })
    }

    pub(super) fn write_identifier(&mut self, identifier: &Identifier<'a>) -> Parsed<()> {
        if identifier.is_punycode {
            let text = punycode::decode(identifier.text)?;
            self.write(&text);
        } else {
            self.write(identifier.text);
        }
        Ok(())
    }

    /// `<base-62-number> = {<0-9a-zA-Z>} "_"`
    fn base_62(&mut self) -> Parsed<u64> {
        if self.cursor.eat(b'_') {
            return Ok(0);
        }
        let mut value = 0_u64;
        loop {
            let digit = match self.cursor.next()? {
                b'_' => return value.checked_add(1).ok_or(Refused),
                byte @ b'0'..=b'9' => byte - b'0',
                byte @ b'a'..=b'z' => byte - b'a' + 10,
                byte @ b'A'..=b'Z' => byte - b'A' + 36,
                _ => return Err(Refused),
            };
            value =
                value.checked_mul(62).and_then(|value| value.checked_add(u64::from(digit))).ok_or(Refused)?;
        }
    }

    /// A type.
    fn type_name(&mut self) -> Parsed<()> {
        self.enter()?;
        let code = self.cursor.peek();
        if let Some(name) = basic_type(code) {
            self.cursor.skip(1);
            self.write(name);
            self.limit.leave();
            return Ok(());
        }
        if matches!(code, b'C' | b'M' | b'X' | b'Y' | b'N' | b'I') {
            self.path(Position::Type)?;
            self.limit.leave();
            return Ok(());
        }
        self.cursor.skip(1);
        match code {
            b'A' | b'S' => {
                self.write("[");
                self.type_name()?;
                if code == b'A' {
                    self.write("; ");
                    self.constant(Position::Type)?;
                }
                self.write("]");
            }
            b'T' => {
                self.write("(");
                let count = self.until_end(", ", Self::type_name)?;
                self.write(if count == 1 { ",)" } else { ")" });
            }
            b'R' | b'Q' => {
                self.write("&");
                if self.cursor.eat(b'L') {
                    let lifetime = self.base_62()?;
                    if lifetime > 0 {
                        self.write_lifetime(lifetime)?;
                        self.write(" ");
                    }
                }
                self.write(if code == b'Q' { "mut " } else { "" });
                self.type_name()?;
            }
            b'P' => {
                self.write("*const ");
                self.type_name()?;
            }
            b'O' => {
                self.write("*mut ");
                self.type_name()?;
            }
            b'F' => self.in_binder(Self::function)?,
            b'D' => self.dyn_type()?,
            b'W' => {
                self.type_name()?;
                self.write(" is ");
                self.pattern()?;
            }
            b'B' => self.back_reference(Self::type_name)?,
            _ => return Err(Refused),
        }
        self.limit.leave();
        Ok(())
    }

    /// What a type is restricted to.
    fn pattern(&mut self) -> Parsed<()> {
        self.enter()?;
        match self.cursor.next()? {
            b'R' => {
                self.constant(Position::Type)?;
                self.write("..=");
                self.constant(Position::Type)?;
            }
            b'O' => {
                self.until_end(" | ", Self::pattern)?;
            }
            b'N' => self.write("!null"),
            _ => return Err(Refused),
        }
        self.limit.leave();
        Ok(())
    }

    /// Lifetimes that are bound, and what they are bound in.
    ///
    /// `<binder> = "G" <base-62-number>`, or nothing.
    fn in_binder(&mut self, read: impl FnOnce(&mut Self) -> Parsed<()>) -> Parsed<()> {
        let before = self.lifetimes;
        if self.cursor.eat(b'G') {
            let count = self.base_62()?.checked_add(1).ok_or(Refused)?;
            // Each one is mentioned later.
            if count >= self.cursor.rest().len() as u64 {
                return Err(Refused);
            }
            self.write("for<");
            for index in 0..count {
                self.write(if index > 0 { ", " } else { "" });
                self.lifetimes += 1;
                self.write_lifetime(1)?;
            }
            self.write("> ");
        }
        let result = read(self);
        self.lifetimes = before;
        result
    }

    /// Writes the lifetime that was bound so many lifetimes ago.
    fn write_lifetime(&mut self, index: u64) -> Parsed<()> {
        if index == 0 {
            self.write("'_");
            return Ok(());
        }
        let depth = self.lifetimes.checked_sub(index).ok_or(Refused)?;
        match u8::try_from(depth) {
            Ok(depth @ 0..=25) => self.write(&format!("'{}", char::from(b'a' + depth))),
            _ => self.write(&format!("'z{}", depth - 25)),
        }
        Ok(())
    }

    /// `<fn-sig> = ["U"] ["K" <abi>] {<type>} "E" <type>`
    fn function(&mut self) -> Parsed<()> {
        if self.cursor.eat(b'U') {
            self.write("unsafe ");
        }
        if self.cursor.eat(b'K') {
            self.write("extern \"");
            if self.cursor.eat(b'C') {
                self.write("C");
            } else {
                let abi = self.identifier()?;
                if abi.is_punycode {
                    return Err(Refused);
                }
                self.write(&abi.text.replace('_', "-"));
            }
            self.write("\" ");
        }
        self.write("fn(");
        self.until_end(", ", Self::type_name)?;
        self.write(")");
        if self.cursor.eat(b'u') {
            return Ok(());
        }
        self.write(" -> ");
        self.type_name()
    }

    /// `<dyn-bounds> <lifetime>`, where `<dyn-bounds> = [<binder>] {<dyn-trait>} "E"`
    fn dyn_type(&mut self) -> Parsed<()> {
        self.write("dyn ");
        self.in_binder(|reader| reader.until_end(" + ", Self::dyn_trait).map(drop))?;
        self.cursor.expect(b'L')?;
        let lifetime = self.base_62()?;
        if lifetime > 0 {
            let needs_space = !self.out.ends_with(' ');
            self.write(if needs_space { " + " } else { "+ " });
            self.write_lifetime(lifetime)?;
        }
        Ok(())
    }

    /// `<dyn-trait> = <path> {"p" <undisambiguated-identifier> <type>}`: associated types stand with the generic
    /// arguments.
    fn dyn_trait(&mut self) -> Parsed<()> {
        let mut is_open = self.path_with_open_arguments()?;
        while self.cursor.eat(b'p') {
            self.write(if is_open { ", " } else { "<" });
            is_open = true;
            let name = self.identifier()?;
            self.write_identifier(&name)?;
            self.write(" = ");
            self.type_name()?;
        }
        self.write(if is_open { ">" } else { "" });
        Ok(())
    }

    /// A path, without the end of its generic arguments. Returns whether it has some.
    fn path_with_open_arguments(&mut self) -> Parsed<bool> {
        self.enter()?;
        let is_open = if self.cursor.eat(b'B') {
            self.back_reference(Self::path_with_open_arguments)?
        } else if self.cursor.eat(b'I') {
            self.path(Position::Type)?;
            self.write("<");
            self.arguments()?;
            true
        } else {
            self.path(Position::Type)?;
            false
        };
        self.limit.leave();
        Ok(is_open)
    }
}

/// The types that have a letter.
fn basic_type(code: u8) -> Option<&'static str> {
    Some(match code {
        b'a' => "i8",
        b'b' => "bool",
        b'c' => "char",
        b'd' => "f64",
        b'e' => "str",
        b'f' => "f32",
        b'h' => "u8",
        b'i' => "isize",
        b'j' => "usize",
        b'l' => "i32",
        b'm' => "u32",
        b'n' => "i128",
        b'o' => "u128",
        b'p' => "_",
        b's' => "i16",
        b't' => "u16",
        b'u' => "()",
        b'v' => "...",
        b'x' => "i64",
        b'y' => "u64",
        b'z' => "!",
        _ => return None,
    })
}
