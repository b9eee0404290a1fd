//! Frames of stacks that were recorded as memory, by the files of this machine.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::sync::Arc;

use hotlist_formats::perf::{AddressSpace, Mapped, Processor, SampledStack, StackEnd, Summary, Unwinder};
use hotlist_symbolize::{Finder, Found, MappedRange, ObjectFile, Translation, Wanted};
use hotlist_unwind::{
    Aarch64, Architecture, Cache, Code, Depth, Dump, EntryList, PackedRule, Registers, Rule, Section, Table,
    X86_64, rule_by_header, walk,
};

/// No stack has more frames than this.
const MOST_FRAMES: usize = 1024;

/// Keys of the cache have the number of a file above an address of it.
const ADDRESS_BITS: u32 = 48;

/// Unwinds stacks of a recording.
pub struct StackFiles<'a> {
    finder: &'a dyn Finder,
    tables: HashMap<u32, Option<FrameTables>>,
    /// For a file and where it is mapped.
    translations: HashMap<(u32, u64, u64), Option<Translation>>,
    cache: Box<Cache>,
    frames: Vec<u64>,
    /// What was in the recording, once it was read.
    pub summary: Option<Summary>,
}

impl std::fmt::Debug for StackFiles<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("StackFiles").field("files", &self.tables.len()).finish_non_exhaustive()
    }
}

/// What a file says about its frames.
struct FrameTables {
    found: Arc<Found>,
    /// The address of `.eh_frame_hdr`, and the segment that it is in: its address, and where it is in the file.
    header: Option<(u64, u64, std::ops::Range<usize>)>,
    /// For files without an index.
    frames: OnceCell<EntryList>,
    debug_frames: OnceCell<EntryList>,
}

impl<'a> StackFiles<'a> {
    /// Looks for files with `finder`.
    pub fn new(finder: &'a dyn Finder) -> StackFiles<'a> {
        StackFiles {
            finder,
            tables: HashMap::new(),
            translations: HashMap::new(),
            cache: Box::default(),
            frames: vec![0; MOST_FRAMES],
            summary: None,
        }
    }

    fn rule<A: Architecture>(&mut self, maps: &AddressSpace, address: u64) -> Option<PackedRule> {
        let mapped = maps.find(address)?;
        let number = mapped.file.number;
        let finder = self.finder;
        let tables = self.tables.entry(number).or_insert_with(|| FrameTables::of(finder, mapped));
        let tables = tables.as_ref()?;
        let translation = self
            .translations
            .entry((number, mapped.start, mapped.offset))
            .or_insert_with(|| tables.translation(mapped));
        let address = translation.as_ref()?.to_virtual(address)?;
        let is_small = number < 1 << (64 - ADDRESS_BITS) && address < 1 << ADDRESS_BITS;
        let key = is_small.then_some(u64::from(number) << ADDRESS_BITS | address).filter(|&key| key != 0);
        if let Some(known) = key.and_then(|key| self.cache.lookup(key)) {
            return Some(known);
        }
        let rule = PackedRule::from(tables.rule::<A>(address).unwrap_or(Rule::FramePointer));
        if let Some(key) = key {
            self.cache.remember(key, rule);
        }
        Some(rule)
    }

    fn walk<A: Architecture>(
        &mut self,
        maps: &AddressSpace,
        stack: &SampledStack<'_>,
        frames: &mut Vec<u64>,
    ) -> StackEnd {
        let registers = Registers {
            instruction: stack.instruction,
            stack_pointer: stack.stack_pointer,
            frame_pointer: stack.frame_pointer,
            link: stack.link,
        };
        let mut dump = Dump::new(stack.stack_pointer, stack.bytes);
        let mut buffer = std::mem::take(&mut self.frames);
        let mut code = RecordedCode::<A> { files: self, maps, architecture: std::marker::PhantomData };
        let (count, depth) = walk::<A>(registers, &mut code, &mut dump, &mut buffer[..]);
        frames.extend_from_slice(&buffer[..count]);
        self.frames = buffer;
        match depth {
            Depth::Whole => StackEnd::Root,
            Depth::Cut => StackEnd::Truncated,
            Depth::Lost if dump.ran_out() => StackEnd::Truncated,
            Depth::Lost => StackEnd::Lost,
        }
    }
}

impl Unwinder for StackFiles<'_> {
    fn unwind(&mut self, maps: &AddressSpace, stack: &SampledStack<'_>, frames: &mut Vec<u64>) -> StackEnd {
        match stack.processor {
            Processor::X86_64 => self.walk::<X86_64>(maps, stack, frames),
            Processor::Aarch64 => self.walk::<Aarch64>(maps, stack, frames),
        }
    }

    fn summary(&mut self, summary: &Summary) {
        self.summary = Some(*summary);
    }
}

/// The code of a process of a recording.
struct RecordedCode<'s, 'f, A> {
    files: &'s mut StackFiles<'f>,
    maps: &'s AddressSpace,
    architecture: std::marker::PhantomData<A>,
}

impl<A: Architecture> Code for RecordedCode<'_, '_, A> {
    fn rule(&mut self, address: u64) -> PackedRule {
        self.files.rule::<A>(self.maps, address).unwrap_or_else(|| Rule::FramePointer.into())
    }
}

impl FrameTables {
    fn of(finder: &dyn Finder, mapped: &Mapped) -> Option<FrameTables> {
        let wanted = Wanted { file: &mapped.file.path, build_id: &mapped.file.build_id, is_named: false };
        let found = finder.find(wanted);
        let object = &found.binary.as_ref()?.file;
        let header = object.section(".eh_frame_hdr").and_then(|header| {
            let is_inside = |segment: &&hotlist_symbolize::Segment| {
                header.address.checked_sub(segment.address).is_some_and(|at| at < segment.file_size)
            };
            let segment = object.segments.iter().find(is_inside)?;
            let start = usize::try_from(segment.file_offset).ok()?;
            let end = start.checked_add(usize::try_from(segment.file_size).ok()?)?;
            Some((header.address, segment.address, start..end))
        });
        Some(FrameTables { found, header, frames: OnceCell::new(), debug_frames: OnceCell::new() })
    }

    fn object(&self) -> Option<&ObjectFile> {
        self.found.binary.as_ref().map(|binary| &*binary.file)
    }

    fn translation(&self, mapped: &Mapped) -> Option<Translation> {
        let range = MappedRange {
            start: mapped.start,
            limit: mapped.limit,
            offset: mapped.offset,
            relocation_symbol: "",
        };
        Translation::new(self.object()?, &mapped.file.path, &range).ok()
    }

    /// The rule for a virtual address of the file.
    fn rule<A: Architecture>(&self, address: u64) -> Option<Rule> {
        let object = self.object()?;
        let by_header = self.header.as_ref().and_then(|(header, start, range)| {
            let bytes = object.data().get(range.clone())?;
            rule_by_header::<A>(Section { address: *start, bytes }, *header, address)
        });
        let by_list = |list: &OnceCell<EntryList>, name: &str, table: Table| {
            let bytes = object.contents(name).ok().filter(|bytes| !bytes.is_empty())?;
            let section = Section { address: object.section(name)?.address, bytes };
            list.get_or_init(|| EntryList::new(section, table)).rule::<A>(section, address)
        };
        let by_frames = || match self.header {
            Some(_) => None,
            None => by_list(&self.frames, ".eh_frame", Table::EhFrame),
        };
        by_header
            .or_else(by_frames)
            .or_else(|| by_list(&self.debug_frames, ".debug_frame", Table::DebugFrame))
    }
}
