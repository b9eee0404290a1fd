//! What a just-in-time compiler wrote down about its code while it ran: functions, lines and the code itself
//! (`tools/perf/Documentation/jitdump-specification.txt` of Linux).

use std::ops::Range;

use thiserror::Error;

use crate::code_map::CodeMap;
use crate::positions::{Frame, Positions};

/// The first four bytes, read in the order of bytes of the machine that wrote them.
const MAGIC: u32 = 0x4a69_5444;

/// V8 counts the addresses of lines from where `perf inject` puts the code of a function into a file of its own:
/// behind a header of this size.
const V8_OFFSET: u64 = 0x40;

/// A file of a just-in-time compiler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JitDump<'a> {
    /// The process that wrote it.
    pub process: u32,
    /// The processor that the code is for, as in the header of an ELF file.
    pub machine: u32,
    /// Whether times are ticks of the processor; otherwise they are nanoseconds, mostly of the monotonic clock.
    pub has_processor_time: bool,
    /// What happened, in the order in which it was written.
    pub events: Vec<JitEvent<'a>>,
    /// Why the file was not read to its end; `None` when it was. A process that was killed leaves half a record.
    pub damage: Option<JitDumpError>,
}

/// Something that happened to code, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JitEvent<'a> {
    /// When.
    pub time: u64,
    /// What.
    pub kind: JitEventKind<'a>,
}

/// What happened to code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JitEventKind<'a> {
    /// A function was compiled.
    Load(JitFunction<'a>),
    /// Code was moved to a range of the same size.
    Move {
        /// Where it was.
        from: u64,
        /// Where it is.
        to: Range<u64>,
    },
    /// The compiler writes no more.
    Close,
}

/// A function that was compiled.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct JitFunction<'a> {
    /// Its name as the compiler tells it.
    pub name: &'a [u8],
    /// Where its code was put.
    pub range: Range<u64>,
    /// Its code; empty where the file has none.
    pub code: &'a [u8],
    /// The lines it was compiled from, by address; empty where the compiler does not tell them.
    pub lines: Vec<JitLine<'a>>,
}

/// From an address on, code is of this line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JitLine<'a> {
    /// How far behind the start of the function.
    pub offset: u64,
    /// The source file.
    pub file: &'a [u8],
    /// The line.
    pub line: u32,
    /// The column, for compilers that put it there; 0 when unknown.
    pub discriminator: u32,
}

/// Why a file cannot be read, or not to its end.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
pub enum JitDumpError {
    /// It does not begin as such files do.
    #[error("not a jitdump file")]
    Magic,
    /// It is of a version that is not known.
    #[error("version {0} of jitdump is not known")]
    Version(u32),
    /// It ends within its header.
    #[error("the header of the jitdump file is cut off")]
    Header,
    /// A record ends beyond the file, or is smaller than what it holds.
    #[error("the record at byte {0} of the jitdump file is cut off")]
    Record(usize),
}

impl<'a> JitDump<'a> {
    /// Reads a file of either order of bytes.
    ///
    /// # Errors
    /// When it is no such file. One that is damaged further on is read up to there; `damage` says so.
    pub fn parse(bytes: &'a [u8]) -> Result<JitDump<'a>, JitDumpError> {
        let magic = bytes.first_chunk().ok_or(JitDumpError::Magic)?;
        let is_big = match (u32::from_le_bytes(*magic), u32::from_be_bytes(*magic)) {
            (MAGIC, _) => false,
            (_, MAGIC) => true,
            _ => return Err(JitDumpError::Magic),
        };
        let mut header = Fields { bytes: &bytes[4..], is_big };
        let mut next = || header.u32().ok_or(JitDumpError::Header);
        let version = next()?;
        if version != 1 {
            return Err(JitDumpError::Version(version));
        }
        let (size, machine, _, process) = (next()?, next()?, next()?, next()?);
        let flags = header.u64().and_then(|_| header.u64()).ok_or(JitDumpError::Header)?;
        let mut dump = JitDump {
            process,
            machine,
            has_processor_time: flags & 1 != 0,
            events: Vec::new(),
            damage: None,
        };
        dump.read_records(bytes, size as usize, is_big);
        dump.correct_lines();
        Ok(dump)
    }

    fn read_records(&mut self, bytes: &'a [u8], start: usize, is_big: bool) {
        // Lines stand before the function that they are of.
        let mut lines: Option<(u64, Vec<JitLine<'a>>)> = None;
        let mut at = start;
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            let mut fields = Fields { bytes: rest, is_big };
            let head = (|| Some((fields.u32()?, fields.u32()? as usize, fields.u64()?)))();
            let record = head.and_then(|(kind, size, time)| Some((kind, size, time, rest.get(16..size)?)));
            let Some((kind, size, time, body)) = record else {
                self.damage = Some(JitDumpError::Record(at));
                return;
            };
            let mut fields = Fields { bytes: body, is_big };
            let kind = match kind {
                0 => fields.function().map(|mut function| {
                    if let Some((_, lines)) = lines.take_if(|lines| lines.0 == function.range.start) {
                        function.lines = lines;
                    }
                    Some(JitEventKind::Load(function))
                }),
                1 => fields.movement().map(Some),
                2 => {
                    lines = fields.lines();
                    lines.is_some().then_some(None)
                }
                3 => Some(Some(JitEventKind::Close)),
                // Tables for unwinding, and what later versions add.
                _ => Some(None),
            };
            match kind {
                Some(kind) => self.events.extend(kind.map(|kind| JitEvent { time, kind })),
                None => self.damage = self.damage.or(Some(JitDumpError::Record(at))),
            }
            at += size;
        }
    }

    /// Takes away what V8 adds to the addresses of lines, and lines that are not in their function at all.
    fn correct_lines(&mut self) {
        let functions = || {
            self.events.iter().filter_map(|event| match &event.kind {
                JitEventKind::Load(function) if !function.lines.is_empty() => Some(function),
                _ => None,
            })
        };
        let first = functions().map(|function| function.lines[0].offset).min().unwrap_or(0);
        let shift = if first == V8_OFFSET { V8_OFFSET } else { 0 };
        for event in &mut self.events {
            if let JitEventKind::Load(function) = &mut event.kind {
                let size = function.range.end - function.range.start;
                // Damaged names make addresses out of text.
                if function.lines.iter().any(|line| line.offset - shift > size) {
                    function.lines.clear();
                }
                function.lines.iter_mut().for_each(|line| line.offset -= shift);
            }
        }
    }

    /// The functions that are in memory when the last event has happened.
    pub fn functions(&self) -> JitFunctions<'_, 'a> {
        let mut functions = JitFunctions::default();
        self.events.iter().for_each(|event| functions.apply(&event.kind));
        functions
    }
}

/// The functions that are in memory at some time.
#[derive(Debug, Clone, Default)]
pub struct JitFunctions<'d, 'a> {
    /// For each range the function, and where the range begins in it.
    at: CodeMap<(u64, &'d JitFunction<'a>)>,
}

impl<'d, 'a> JitFunctions<'d, 'a> {
    /// Does to the functions what happened to them next.
    pub fn apply(&mut self, event: &'d JitEventKind<'a>) {
        match event {
            JitEventKind::Load(function) => {
                self.at.insert(function.range.clone(), (function.range.start, function));
            }
            JitEventKind::Move { from, to } => {
                if let Some(&(_, function)) = self.at.get(*from) {
                    self.at.remove(*from..from.saturating_add(to.end - to.start));
                    self.at.insert(to.clone(), (to.start, function));
                }
            }
            JitEventKind::Close => {}
        }
    }

    /// The function at `address`, and the line, where the compiler tells it.
    pub fn lookup(&self, address: u64) -> Option<(&'d JitFunction<'a>, Option<&'d JitLine<'a>>)> {
        let &(start, function) = self.at.get(address)?;
        let offset = address - start;
        let after = function.lines.partition_point(|line| line.offset <= offset);
        Some((function, after.checked_sub(1).map(|row| &function.lines[row])))
    }

    pub(crate) fn frame(&self, address: u64, positions: &mut Positions) -> Option<Frame> {
        let (function, line) = self.lookup(address)?;
        let mut frame = Frame { function: positions.strings.intern(function.name), ..Frame::default() };
        if let Some(line) = line {
            frame.file = positions.strings.intern(line.file);
            frame.line = line.line;
        }
        Some(frame)
    }
}

/// Numbers and texts one after the other.
struct Fields<'a> {
    bytes: &'a [u8],
    is_big: bool,
}

impl<'a> Fields<'a> {
    fn u32(&mut self) -> Option<u32> {
        let (first, rest) = self.bytes.split_first_chunk()?;
        self.bytes = rest;
        Some(if self.is_big { u32::from_be_bytes(*first) } else { u32::from_le_bytes(*first) })
    }

    fn u64(&mut self) -> Option<u64> {
        let (first, rest) = self.bytes.split_first_chunk()?;
        self.bytes = rest;
        Some(if self.is_big { u64::from_be_bytes(*first) } else { u64::from_le_bytes(*first) })
    }

    /// A text that ends with a zero.
    fn text(&mut self) -> Option<&'a [u8]> {
        let end = self.bytes.iter().position(|&byte| byte == 0)?;
        let text = &self.bytes[..end];
        self.bytes = &self.bytes[end + 1..];
        Some(text)
    }

    /// What `JIT_CODE_LOAD` holds.
    fn function(&mut self) -> Option<JitFunction<'a>> {
        let (_process, _thread, _address) = (self.u32()?, self.u32()?, self.u64()?);
        let (start, size, _number) = (self.u64()?, self.u64()?, self.u64()?);
        let range = start..start.checked_add(size)?;
        let name = self.text()?;
        let code = usize::try_from(size).ok().and_then(|size| self.bytes.get(..size)).unwrap_or_default();
        Some(JitFunction { name, range, code, lines: Vec::new() })
    }

    /// What `JIT_CODE_MOVE` holds.
    fn movement(&mut self) -> Option<JitEventKind<'a>> {
        let (_process, _thread, _address) = (self.u32()?, self.u32()?, self.u64()?);
        let (from, to, size, _number) = (self.u64()?, self.u64()?, self.u64()?, self.u64()?);
        Some(JitEventKind::Move { from, to: to..to.checked_add(size)? })
    }

    /// What `JIT_CODE_DEBUG_INFO` holds: the start of the function, and its lines by address.
    fn lines(&mut self) -> Option<(u64, Vec<JitLine<'a>>)> {
        /// In place of a name: the same as before.
        const SAME: &[u8] = b"\xff";
        let (start, count) = (self.u64()?, self.u64()?);
        let mut lines: Vec<JitLine<'a>> = Vec::new();
        let mut file: &[u8] = b"";
        for _ in 0..count {
            let (address, line, discriminator) = (self.u64()?, self.u32()?, self.u32()?);
            let name = self.text()?;
            file = if name == SAME { file } else { name };
            lines.push(JitLine { offset: address.wrapping_sub(start), file, line, discriminator });
        }
        lines.sort_by_key(|line| line.offset);
        Some((start, lines))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file as a compiler writes it.
    struct Writer {
        bytes: Vec<u8>,
        is_big: bool,
    }

    impl Writer {
        fn new(is_big: bool) -> Writer {
            let mut writer = Writer { bytes: Vec::new(), is_big };
            for number in [MAGIC, 1, 40, 62, 0, 4711] {
                writer.u32(number);
            }
            writer.u64(1).u64(0);
            writer
        }

        fn u32(&mut self, number: u32) -> &mut Self {
            self.bytes.extend(if self.is_big { number.to_be_bytes() } else { number.to_le_bytes() });
            self
        }

        fn u64(&mut self, number: u64) -> &mut Self {
            self.bytes.extend(if self.is_big { number.to_be_bytes() } else { number.to_le_bytes() });
            self
        }

        fn text(&mut self, text: &[u8]) -> &mut Self {
            self.bytes.extend(text);
            self.bytes.push(0);
            self
        }

        fn record(&mut self, kind: u32, time: u64, body: impl FnOnce(&mut Writer)) -> &mut Self {
            let mut inner = Writer { bytes: Vec::new(), is_big: self.is_big };
            body(&mut inner);
            self.u32(kind).u32(16 + inner.bytes.len() as u32).u64(time);
            self.bytes.extend(inner.bytes);
            self
        }

        fn load(&mut self, time: u64, name: &str, start: u64, code: &[u8]) -> &mut Self {
            self.record(0, time, |body| {
                body.u32(4711).u32(4711).u64(start).u64(start).u64(code.len() as u64).u64(0);
                body.text(name.as_bytes()).bytes.extend(code);
            })
        }

        fn lines(&mut self, start: u64, lines: &[(u64, u32, &[u8])]) -> &mut Self {
            self.record(2, 0, |body| {
                body.u64(start).u64(lines.len() as u64);
                for &(address, line, file) in lines {
                    body.u64(address).u32(line).u32(0).text(file);
                }
            })
        }

        fn moved(&mut self, time: u64, from: u64, to: u64, size: u64) -> &mut Self {
            self.record(1, time, |body| {
                body.u32(4711).u32(4711).u64(from).u64(from).u64(to).u64(size).u64(0);
            })
        }
    }

    /// The function, file and line at an address.
    fn at(functions: &JitFunctions<'_, '_>, address: u64) -> Option<(String, String, u32)> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (function, line) = functions.lookup(address)?;
        Some((
            text(function.name),
            line.map_or_else(String::new, |line| text(line.file)),
            line.map_or(0, |line| line.line),
        ))
    }

    fn named(name: &str, file: &str, line: u32) -> Option<(String, String, u32)> {
        Some((name.to_owned(), file.to_owned(), line))
    }

    #[test]
    fn functions_and_lines_of_either_order_of_bytes_are_read() {
        for is_big in [false, true] {
            let mut writer = Writer::new(is_big);
            writer
                .lines(0x1000, &[(0x1000, 7, b"a.js"), (0x1004, 8, b"\xff"), (0x1006, 3, b"b.js")])
                .load(5, "work", 0x1000, &[0x90; 8])
                .load(6, "plain", 0x2000, &[0xc3])
                .record(4, 7, |body| {
                    body.u64(0);
                })
                .load(8, "again", 0x1006, &[0xcc; 4])
                .moved(9, 0x2000, 0x3000, 1)
                .record(3, 10, |_| {});
            let dump = JitDump::parse(&writer.bytes).expect("it is such a file");
            assert_eq!(
                (dump.process, dump.machine, dump.has_processor_time, dump.damage),
                (4711, 62, false, None)
            );
            let times: Vec<u64> = dump.events.iter().map(|event| event.time).collect();
            assert_eq!(times, [5, 6, 8, 9, 10]);
            let functions = dump.functions();
            assert_eq!(at(&functions, 0xfff), None);
            assert_eq!(at(&functions, 0x1003), named("work", "a.js", 7));
            assert_eq!(at(&functions, 0x1005), named("work", "a.js", 8));
            assert_eq!(at(&functions, 0x1007), named("again", "", 0));
            assert_eq!((at(&functions, 0x2000), at(&functions, 0x3000)), (None, named("plain", "", 0)));
            // As it was before the last events.
            let mut earlier = JitFunctions::default();
            dump.events
                .iter()
                .take_while(|event| event.time < 8)
                .for_each(|event| earlier.apply(&event.kind));
            assert_eq!(at(&earlier, 0x1007), named("work", "b.js", 3));
            assert_eq!(at(&earlier, 0x2000), named("plain", "", 0));
            assert_eq!(earlier.lookup(0x2000).map(|(function, _)| function.code), Some(&[0xc3][..]));
        }
    }

    #[test]
    fn lines_of_v8_are_where_its_code_is() {
        let mut writer = Writer::new(false);
        writer
            .lines(0x1000, &[(0x1040, 1, b"a.js"), (0x1048, 2, b"a.js")])
            .load(1, "first", 0x1000, &[0x90; 16])
            // Names that are no longer in memory when they are written make addresses out of text.
            .lines(0x2000, &[(0x2040, 1, b"a"), (0x4c_2f2f_6970, 2, b"b")])
            .load(1, "damaged", 0x2000, &[0x90; 16]);
        let dump = JitDump::parse(&writer.bytes).expect("it is such a file");
        let functions = dump.functions();
        assert_eq!(at(&functions, 0x1007), named("first", "a.js", 1));
        assert_eq!(at(&functions, 0x1008), named("first", "a.js", 2));
        assert_eq!(at(&functions, 0x2001), named("damaged", "", 0));
    }

    #[test]
    fn damage_is_told_and_what_is_before_it_is_read() {
        assert_eq!(JitDump::parse(b"\x7fELF"), Err(JitDumpError::Magic));
        assert_eq!(JitDump::parse(b"DTi"), Err(JitDumpError::Magic));
        let mut writer = Writer::new(false);
        writer.load(1, "work", 0x1000, &[0x90; 4]);
        let whole = writer.bytes;
        for size in 0..whole.len() {
            match JitDump::parse(&whole[..size]) {
                Ok(dump) => assert_eq!((dump.events.len(), dump.damage.is_some()), (0, size > 40), "{size}"),
                Err(error) => {
                    let expected = if size < 4 { JitDumpError::Magic } else { JitDumpError::Header };
                    assert_eq!((error, size < 40), (expected, true), "{size}");
                }
            }
        }
        for at in 0..whole.len() {
            for byte in [0, 1, 0x7f, 0x80, 0xff] {
                let mut bytes = whole.clone();
                bytes[at] = byte;
                if let Ok(dump) = JitDump::parse(&bytes) {
                    dump.functions().lookup(0x1000);
                }
            }
        }
    }
}
