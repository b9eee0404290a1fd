//! What all processes have written, as one profile.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use hotlist_preload::layout::{ENDING, FRACTION_BITS, TRUNCATED, flag};
use hotlist_profile::{
    Builder, Label, LabelValue, Location, LocationId, Mapping, MappingId, Profile, StringId,
};

use super::folder::Folder;
use super::process_file::{Code, Object, ProcessHeap, Sums, address_and_object};

/// Functions that only hand a request on, which say nothing about the program. Readers drop them and what they call.
const DROPPED: &str = concat!(
    r"operator new(\[\])?(\(.*\))?|_Zn[wa][mj].*|__gnu_cxx::(__aligned_membuf|new_allocator)(<.*>)?::.*",
    r"|std::(__new_allocator|allocator|allocator_traits|pmr::polymorphic_allocator)(<.*>)?::allocate.*",
    r"|std::_Vector_base(<.*>)?::_M_allocate|std::__detail::_Hashtable_alloc(<.*>)?::_M_allocate_.*",
    r"|(__GI_)?(__libc_)?(malloc|calloc|realloc|reallocarray|memalign|posix_memalign|aligned_alloc|valloc)",
    r"|__rust_(alloc|alloc_zeroed|realloc)|.*__rustc.*::__(rust|rdl)_(alloc|alloc_zeroed|realloc)",
    r"|std::sys::alloc::.*|std::alloc::System.*|alloc::alloc::(alloc|alloc_zeroed|realloc|exchange_malloc|Global::.*)",
    r"|.*<?alloc::alloc::Global( as .*)?>?::.*|.*alloc::raw_vec::.*",
);

/// Rows of a profile at most.
const MOST_ROWS: usize = 8 << 20;

/// The profile so far.
pub(super) struct Gathered {
    builder: Builder,
    keys: Keys,
    mappings: HashMap<(StringId, StringId, u64, u64, u64), MappingId>,
    locations: HashMap<(Option<MappingId>, u64), LocationId>,
    truncated: Option<LocationId>,
    rows: usize,
    samples: u64,
    lost: u64,
    processes: u64,
    /// Programs that have an allocator of their own.
    own_allocators: BTreeMap<String, u64>,
    is_full: bool,
    /// The first file that could not be read.
    unreadable: Option<String>,
}

struct Keys {
    bytes: StringId,
    pid: StringId,
    command: StringId,
    none: StringId,
}

impl Gathered {
    pub(super) fn new(rate: u64) -> Gathered {
        let mut builder = Builder::new(&[
            ("alloc_objects", "count"),
            ("alloc_space", "bytes"),
            ("inuse_objects", "count"),
            ("inuse_space", "bytes"),
        ]);
        builder.period("space", "bytes", i64::try_from(rate).unwrap_or(i64::MAX));
        builder.profile.drop_frames = builder.string(DROPPED);
        let keys = Keys {
            bytes: builder.string("bytes"),
            pid: builder.string("pid"),
            command: builder.string("comm"),
            none: builder.string(""),
        };
        Gathered {
            builder,
            keys,
            mappings: HashMap::new(),
            locations: HashMap::new(),
            truncated: None,
            rows: 0,
            samples: 0,
            lost: 0,
            processes: 0,
            own_allocators: BTreeMap::new(),
            is_full: false,
            unreadable: None,
        }
    }

    /// Takes in the files of processes that have ended, or run another program now, and removes them.
    pub(super) fn sweep(&mut self, folder: &Folder) {
        let files = files(folder.path());
        for (at, (process, _, path)) in files.iter().enumerate() {
            // The files of a process stand in the order of time.
            let is_last = files.get(at + 1).is_none_or(|next| next.0 != *process);
            if !is_last || !Path::new(&format!("/proc/{process}")).exists() {
                self.take(path);
                // Where it cannot be removed now, it goes with the folder.
                let _ = std::fs::remove_file(path);
            }
        }
    }

    /// Takes in all files that there are.
    pub(super) fn finish(&mut self, folder: &Folder) {
        for (_, _, path) in files(folder.path()) {
            self.take(&path);
        }
    }

    fn take(&mut self, path: &Path) {
        match ProcessHeap::read(path) {
            Ok(Some(heap)) => self.add(&heap),
            Ok(None) => {}
            Err(error) => {
                self.unreadable.get_or_insert_with(|| error.to_string());
            }
        }
    }

    fn add(&mut self, heap: &ProcessHeap) {
        let program = String::from_utf8_lossy(&heap.path).trim_end_matches(" (deleted)").to_owned();
        let name = program.rsplit('/').next().unwrap_or_default();
        self.lost += heap.lost;
        if heap.flags & flag::OWN_ALLOCATOR != 0 {
            *self.own_allocators.entry(program.clone()).or_default() += 1;
        }
        if heap.sums.is_empty() {
            return;
        }
        self.processes += 1;
        let number = i64::try_from(heap.process).unwrap_or(i64::MAX);
        let labels = [
            Label { key: self.keys.pid, value: LabelValue::Number { value: number, unit: self.keys.none } },
            Label { key: self.keys.command, value: LabelValue::Text(self.builder.string(name)) },
        ];
        let mut objects = HashMap::new();
        // Readers take the first mapping for that of the program.
        let (own, others): (Vec<_>, Vec<_>) =
            heap.objects.iter().partition(|object| object.path.is_empty() || object.path == heap.path);
        for object in own.into_iter().chain(others).filter(|object| !is_preloaded(object)) {
            let code = self.map(object, &program);
            objects.insert(object.number, code);
        }
        for sums in &heap.sums {
            self.add_sums(sums, &labels, &objects);
        }
    }

    /// The mappings of an object.
    fn map(&mut self, object: &Object, program: &str) -> Vec<(Code, MappingId)> {
        let path = String::from_utf8_lossy(&object.path);
        let path = if path.is_empty() { program } else { path.trim_end_matches(" (deleted)") };
        let file = self.builder.string(path);
        let digits: String = object.build_id.iter().map(|byte| format!("{byte:02x}")).collect();
        let build_id = self.builder.string(digits);
        let own = object.code.iter().filter(|code| object.start <= code.start && code.start < object.end);
        own.map(|&code| {
            let Code { start, end, offset } = code;
            let builder = &mut self.builder;
            let new = || {
                let mapping = Mapping { start, limit: end, offset, file, build_id, ..Mapping::default() };
                builder.mapping(mapping)
            };
            (code, *self.mappings.entry((file, build_id, start, end, offset)).or_insert_with(new))
        })
        .collect()
    }

    fn add_sums(&mut self, sums: &Sums, labels: &[Label; 2], objects: &HashMap<u64, Vec<(Code, MappingId)>>) {
        if sums.samples == 0 {
            return;
        }
        self.samples = self.samples.saturating_add(sums.samples);
        self.rows += 1;
        if self.rows > MOST_ROWS {
            self.is_full = true;
            return;
        }
        let mut stack = Vec::with_capacity(sums.frames.len());
        for &frame in &sums.frames {
            if frame == TRUNCATED {
                let builder = &mut self.builder;
                stack.push(*self.truncated.get_or_insert_with(|| {
                    let function = builder.named_function("[truncated]", "");
                    builder.source_location(function, 0)
                }));
                break;
            }
            let (address, number) = address_and_object(frame);
            let code = objects.get(&number).map_or(&[][..], Vec::as_slice);
            let mapping =
                code.iter().find(|(code, _)| (code.start..code.end).contains(&address)).map(|&(_, id)| id);
            let builder = &mut self.builder;
            let new = || builder.location(Location { mapping, address, ..Location::default() }, &[]);
            stack.push(*self.locations.entry((mapping, address)).or_insert_with(new));
        }
        let whole = |fixed: u64| {
            let half = 1 << (FRACTION_BITS - 1);
            i64::try_from(fixed.saturating_add(half) >> FRACTION_BITS).unwrap_or(i64::MAX)
        };
        let bytes = |bytes: u64| i64::try_from(bytes).unwrap_or(i64::MAX);
        let [objects, space, freed_objects, freed_space] = sums.values;
        // A process that was killed between two additions has freed what was never counted.
        let values = [
            whole(objects),
            bytes(space),
            whole(objects.saturating_sub(freed_objects)),
            bytes(space.saturating_sub(freed_space)),
        ];
        let size = bytes(sums.sampled_bytes / sums.samples);
        let size = LabelValue::Number { value: size, unit: self.keys.none };
        let labels = [labels[0], labels[1], Label { key: self.keys.bytes, value: size }];
        if self.builder.sample(&stack, &labels, &values).is_err() {
            self.is_full = true;
        }
    }

    pub(super) fn samples(&self) -> u64 {
        self.samples
    }

    pub(super) fn lost(&self) -> u64 {
        self.lost
    }

    pub(super) fn processes(&self) -> u64 {
        self.processes
    }

    /// What is missing.
    pub(super) fn warnings(&self) -> Vec<String> {
        let own = self.own_allocators.keys().map(|program| {
            format!(
                "{program} has an allocator of its own (malloc is part of the program, or of a library without \
                 memalign), so its heap was not seen: build it with the system's, or take the profile that its allocator \
                 writes"
            )
        });
        let mut all: Vec<String> = own.collect();
        if self.is_full {
            all.push("the profile is full, and some stacks were left out: take a larger -rate".to_owned());
        }
        if self.lost > 0 {
            all.push(format!(
                "{} samples were lost, as a table was full or there was no room on the disk: take a larger -rate",
                self.lost
            ));
        }
        all.extend(
            self.unreadable.iter().map(|error| format!("what a process has written cannot be read: {error}")),
        );
        all
    }

    /// The profile. Of a program that has come to its end nothing may be in use any more, so what it has allocated is
    /// shown first.
    pub(super) fn profile(self, is_over: bool) -> Profile {
        let mut builder = self.builder;
        builder.profile.default_sample_type =
            builder.string(if is_over { "alloc_space" } else { "inuse_space" });
        builder.finish()
    }
}

/// Whether this is the object that takes the samples, which no frame is left of.
fn is_preloaded(object: &Object) -> bool {
    object.path.ends_with(super::folder::OBJECT.as_bytes())
}

/// Files of processes, by their number and time.
fn files(folder: &Path) -> Vec<(u64, u64, PathBuf)> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<_> = entries
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let name = path.file_name()?.to_str()?.strip_suffix(ENDING)?;
            let (process, time) = name.split_once('.')?;
            Some((process.parse().ok()?, time.parse().ok()?, path))
        })
        .collect();
    files.sort();
    files
}
