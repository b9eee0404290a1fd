//! Constants in Rust names: the arguments of generic parameters that are values.

use super::v0::{Position, Reader};
use crate::limit::{Parsed, Refused};

impl<'a> Reader<'a> {
    /// A constant. In a type, one that is no plain value stands in braces.
    ///
    /// `<const> = <type> <const-data> | "p" | <backref>`, and for values of other types `"e" <string>`,
    /// `("R" | "Q") <const>`, `"A" {<const>} "E"`, `"T" {<const>} "E"`, `"V" <path> <fields>`.
    pub(super) fn constant(&mut self, position: Position) -> Parsed<()> {
        self.enter()?;
        let code = self.cursor.next()?;
        match code {
            b'B' => self.back_reference(|reader| reader.constant(position))?,
            b'p' => self.write("_"),
            b'h' | b't' | b'm' | b'y' | b'o' | b'j' => self.integer()?,
            b'a' | b's' | b'l' | b'x' | b'n' | b'i' => {
                if self.cursor.eat(b'n') {
                    self.write("-");
                }
                self.integer()?;
            }
            b'b' => {
                let value = match self.hexadecimal()? {
                    "0" => "false",
                    "1" => "true",
                    _ => return Err(Refused),
                };
                self.write(value);
            }
            b'c' => {
                let digits = self.hexadecimal()?;
                let value = u32::from_str_radix(digits, 16).map_err(|_| Refused)?;
                let character = char::from_u32(value).ok_or(Refused)?;
                self.write("'");
                self.write_escaped(character, '\'');
                self.write("'");
            }
            b'R' if self.cursor.eat(b'e') => self.string()?,
            _ => {
                let needs_braces = position == Position::Type;
                self.write(if needs_braces { "{" } else { "" });
                self.composite(code)?;
                self.write(if needs_braces { "}" } else { "" });
            }
        }
        self.limit.leave();
        Ok(())
    }

    /// A constant with others inside.
    fn composite(&mut self, code: u8) -> Parsed<()> {
        let value = |reader: &mut Self| reader.constant(Position::Value);
        match code {
            // A string itself has no literal, only a reference to it.
            b'e' => {
                self.write("*");
                self.string()?;
            }
            b'R' | b'Q' => {
                self.write(if code == b'R' { "&" } else { "&mut " });
                value(self)?;
            }
            b'A' => {
                self.write("[");
                self.until_end(", ", value)?;
                self.write("]");
            }
            b'T' => {
                self.write("(");
                let count = self.until_end(", ", value)?;
                self.write(if count == 1 { ",)" } else { ")" });
            }
            b'V' => {
                self.path(Position::Value)?;
                match self.cursor.next()? {
                    b'U' => {}
                    b'T' => {
                        self.write("(");
                        self.until_end(", ", value)?;
                        self.write(")");
                    }
                    b'S' => {
                        self.write(" { ");
                        self.until_end(", ", |reader| {
                            reader.disambiguator()?;
                            let name = reader.identifier()?;
                            reader.write_identifier(&name)?;
                            reader.write(": ");
                            reader.constant(Position::Value)
                        })?;
                        self.write(" }");
                    }
                    _ => return Err(Refused),
                }
            }
            _ => return Err(Refused),
        }
        Ok(())
    }

    /// Hexadecimal digits and their `_`.
    fn hexadecimal(&mut self) -> Parsed<&'a str> {
        let digits = self.cursor.take_while(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        self.cursor.expect(b'_')?;
        Ok(digits)
    }

    /// An integer: in decimal, or as it stands when it has more than 64 bits.
    fn integer(&mut self) -> Parsed<()> {
        let digits = self.hexadecimal()?;
        if digits.is_empty() || (digits.len() > 1 && digits.starts_with('0')) {
            return Err(Refused);
        }
        match u64::from_str_radix(digits, 16) {
            Ok(value) => self.write(&value.to_string()),
            Err(_) => self.write(&format!("0x{digits}")),
        }
        Ok(())
    }

    /// A string literal: its bytes in hexadecimal, which are UTF-8.
    fn string(&mut self) -> Parsed<()> {
        let digits = self.hexadecimal()?;
        let bytes: Option<Vec<u8>> = digits
            .as_bytes()
            .chunks(2)
            .map(|pair| match pair {
                [high, low] => {
                    let digit =
                        |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
                    Some(digit(*high)? << 4 | digit(*low)?)
                }
                _ => None,
            })
            .collect();
        let text = String::from_utf8(bytes.ok_or(Refused)?).map_err(|_| Refused)?;
        self.write("\"");
        for character in text.chars() {
            self.write_escaped(character, '"');
        }
        self.write("\"");
        Ok(())
    }

    /// Writes a character as it stands between such quotes.
    fn write_escaped(&mut self, character: char, quote: char) {
        match character {
            '\t' => self.write("\\t"),
            '\r' => self.write("\\r"),
            '\n' => self.write("\\n"),
            '\\' => self.write("\\\\"),
            ' '..='~' => {
                let is_quote = character == quote;
                self.write(if is_quote { "\\" } else { "" });
                self.write(character.encode_utf8(&mut [0; 4]));
            }
            _ => self.write(&format!("\\u{{{:x}}}", u32::from(character))),
        }
    }
}
