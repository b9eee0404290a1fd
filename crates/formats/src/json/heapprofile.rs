//! Heap profiles of V8: `node --heap-prof`, Chrome's allocation sampling.
//!
//! ```text
//! {"head": {"callFrame": {"functionName": "f", "url": "a.js", "lineNumber": 3}, "selfSize": 10, "children": […]}, …}
//! ```
//! Source: <https://chromedevtools.github.io/devtools-protocol/tot/HeapProfiler/#type-SamplingHeapProfile>.

use hotlist_profile::{LocationId, Profile};

use super::cpuprofile::CallFrame;
use super::decode::{decode, integer, wrong};
use super::scan::{Step, after_blanks, string, value_length};
use crate::error::{Malformed, Position};
use crate::format::{Format, Reader};
use crate::named_stacks::NamedStacks;
use crate::read::Limits;
use crate::sniff::Sniff;

pub(crate) const FORMAT: Format = Format {
    name: "heapprofile",
    title: "V8 heap",
    writers: "node --heap-prof, Chrome",
    lost: "columns, the order of samples",
    sniff: Sniff::Keys(&[&["head", "head.callFrame", "head.selfSize"]]),
    reader: Reader::Whole(read),
};

/// Calls may be nested as deeply as this, far deeper than other values of JSON.
const DEEPEST: usize = 100_000;

/// A node whose fields are being read.
#[derive(Default)]
struct Node {
    size: i64,
    location: Option<LocationId>,
    /// Whether its children are being read.
    is_in_children: bool,
}

fn read(data: &[u8], limits: Limits) -> Result<Profile, Malformed> {
    let data = data.strip_prefix(b"\xef\xbb\xbf").unwrap_or(data);
    let mut stacks = NamedStacks::new(&[("inuse_space", "bytes")]).limited(limits);
    stacks.builder.period("space", "bytes", 1);
    let mut cursor = Cursor { data, at: 0 };
    cursor.expect(b'{')?;
    while let Some(key) = cursor.key()? {
        if key == "head" {
            cursor.expect(b'{')?;
            read_tree(&mut cursor, &mut stacks)?;
        } else {
            cursor.value()?;
        }
    }
    Ok(stacks.finish())
}

/// Reads the tree whose root begins at the cursor, without recursion.
fn read_tree(cursor: &mut Cursor<'_>, stacks: &mut NamedStacks) -> Result<(), Malformed> {
    let mut open = vec![Node::default()];
    while let Some(node) = open.last_mut() {
        if node.is_in_children {
            match cursor.peek() {
                Some(b',') => cursor.at += 1,
                Some(b'{') => {
                    cursor.at += 1;
                    if open.len() >= DEEPEST {
                        return Err(cursor.wrong("calls are nested too deeply"));
                    }
                    open.push(Node::default());
                }
                Some(b']') => {
                    cursor.at += 1;
                    node.is_in_children = false;
                }
                _ => return Err(cursor.wrong("a node is missing")),
            }
            continue;
        }
        match cursor.key()?.as_deref() {
            Some("callFrame") => {
                let frame: CallFrame = decode(cursor.value()?)?;
                node.location = frame.location(stacks);
            }
            Some("selfSize") => {
                let size: f64 = decode(cursor.value()?)?;
                let bytes = integer(size).filter(|bytes| *bytes >= 0);
                node.size = bytes.ok_or_else(|| cursor.wrong(format!("a size of {size}")))?;
            }
            Some("children") => {
                cursor.expect(b'[')?;
                node.is_in_children = true;
            }
            Some(_) => {
                cursor.value()?;
            }
            None => {
                if node.size > 0 {
                    let size = node.size;
                    let stack: Vec<LocationId> = open.iter().rev().filter_map(|node| node.location).collect();
                    stacks.add(&stack, &[], &[size]).map_err(wrong)?;
                }
                open.pop();
            }
        }
    }
    Ok(())
}

/// A place in JSON.
struct Cursor<'d> {
    data: &'d [u8],
    at: usize,
}

impl<'d> Cursor<'d> {
    fn wrong(&self, reason: impl Into<String>) -> Malformed {
        Malformed::new(Position::Byte(self.at as u64), reason)
    }

    /// The next byte that is no blank.
    fn peek(&mut self) -> Option<u8> {
        self.at += after_blanks(&self.data[self.at..]);
        self.data.get(self.at).copied()
    }

    fn expect(&mut self, byte: u8) -> Result<(), Malformed> {
        if self.peek() != Some(byte) {
            return Err(self.wrong(format!("there should be a {}", char::from(byte))));
        }
        self.at += 1;
        Ok(())
    }

    /// The next key of an object, whose value follows; `None` at its end.
    fn key(&mut self) -> Result<Option<String>, Malformed> {
        while self.peek() == Some(b',') {
            self.at += 1;
        }
        match self.peek() {
            Some(b'}') => {
                self.at += 1;
                Ok(None)
            }
            Some(b'"') => {
                let raw = self.value()?;
                let key = string(raw).ok_or_else(|| self.wrong("a key that is no text"))?.into_owned();
                self.expect(b':')?;
                Ok(Some(key))
            }
            _ => Err(self.wrong("a key is missing, or the data is cut off")),
        }
    }

    /// The bytes of the next value.
    fn value(&mut self) -> Result<&'d [u8], Malformed> {
        self.peek();
        let rest = &self.data[self.at..];
        match value_length(rest, 128) {
            Step::Done(length) => {
                self.at += length;
                Ok(&rest[..length])
            }
            Step::Cut | Step::Wrong => Err(self.wrong("a value is missing, or cut off")),
        }
    }
}
