//! Which mapping holds an address, with pprof's repairs of what legacy handlers write.

use hotlist_profile::{Builder, Mapping, MappingId};

use super::memory_map::MapEntry;

/// The mappings of a legacy profile, as its locations are laid out over them.
#[derive(Debug)]
pub(crate) struct MappingLayout {
    entries: Vec<MapEntry>,
    /// The ranges that are known to belong to a mapping.
    known: LowestCover,
    /// The ranges that lie between where a mapping begins and where its file would.
    before: LowestCover,
    /// The mapping for addresses without one.
    catch_all: Option<usize>,
}

impl MappingLayout {
    pub(crate) fn new(entries: Vec<MapEntry>) -> Self {
        let entries = repair(entries);
        let file_start = |entry: &MapEntry| entry.start.saturating_sub(entry.offset);
        let mut edges: Vec<u64> =
            entries.iter().flat_map(|entry| [file_start(entry), entry.start, entry.limit]).collect();
        edges.extend([0, u64::MAX]);
        edges.sort_unstable();
        edges.dedup();
        let (mut known, mut before) = (LowestCover::new(edges.clone()), LowestCover::new(edges));
        for (row, entry) in entries.iter().enumerate() {
            known.cover(entry.start, entry.limit, row);
            // An offset beyond the start cannot be meant so.
            if entry.offset <= entry.start {
                before.cover(entry.start - entry.offset, entry.start, row);
            }
        }
        MappingLayout { entries, known, before, catch_all: None }
    }

    /// The mapping that holds `address`; none holds 0.
    pub(crate) fn mapping_of(&mut self, address: u64) -> Option<MappingId> {
        if address == 0 {
            return None;
        }
        let row = self.known.lowest(address).unwrap_or_else(|| match self.before.lowest(address) {
            Some(row) => self.extend_to_file_start(row),
            None => self.catch_all(),
        });
        Some(MappingId::new(row))
    }

    /// Adds the mappings to the profile, in the order that the ids of [`mapping_of`] assume.
    ///
    /// [`mapping_of`]: Self::mapping_of
    pub(crate) fn add_to(self, builder: &mut Builder) {
        for entry in self.entries {
            let MapEntry { start, limit, offset, file, build_id } = entry;
            let (file, build_id) = (builder.string(file), builder.string(build_id));
            builder.mapping(Mapping { start, limit, offset, file, build_id, ..Mapping::default() });
        }
    }

    /// Some handlers leave out the first part of a file that is mapped in several.
    fn extend_to_file_start(&mut self, row: usize) -> usize {
        let entry = &mut self.entries[row];
        let start = entry.start - entry.offset;
        self.known.cover(start, entry.start, row);
        entry.start = start;
        entry.offset = 0;
        row
    }

    /// Go's handlers write no mappings at all; everything is in one then.
    fn catch_all(&mut self) -> usize {
        *self.catch_all.get_or_insert_with(|| {
            let row = self.entries.len();
            self.entries.push(MapEntry { limit: u64::MAX, ..MapEntry::default() });
            self.known.cover(0, u64::MAX, row);
            row
        })
    }
}

/// Joins what was split, and puts the main binary first.
fn repair(entries: Vec<MapEntry>) -> Vec<MapEntry> {
    let mut joined: Vec<MapEntry> = Vec::with_capacity(entries.len());
    for entry in entries {
        match joined.last_mut() {
            Some(last) if continues(last, &entry) => {
                last.limit = entry.limit;
                if !entry.file.is_empty() {
                    last.file = entry.file;
                }
                if !entry.build_id.is_empty() {
                    last.build_id = entry.build_id;
                }
            }
            _ => joined.push(entry),
        }
    }
    if let Some(main) = joined.iter().position(|entry| is_main_binary(&entry.file)) {
        joined.swap(0, main);
    }
    // The kernel reports a program on huge pages as anonymous, with the rest of its file behind.
    if let [huge, next, ..] = &joined[..]
        && huge.file.starts_with(b"/anon_hugepage")
        && huge.limit == next.start
    {
        joined.remove(0);
    }
    const USUAL_START: u64 = 0x40_0000;
    if let Some(main) = joined.first_mut()
        && main.start.wrapping_sub(main.offset) == USUAL_START
    {
        main.start = USUAL_START;
        main.offset = 0;
    }
    joined
}

/// Whether `next` is the continuation of `last`, as far as both say.
fn continues(last: &MapEntry, next: &MapEntry) -> bool {
    let may_equal = |one: &[u8], other: &[u8]| one.is_empty() || other.is_empty() || one == other;
    let end_in_file = last.offset.wrapping_add(last.limit.wrapping_sub(last.start));
    last.limit == next.start
        && may_equal(&last.file, &next.file)
        && may_equal(&last.build_id, &next.build_id)
        && (last.offset == 0 || next.offset == 0 || end_in_file == next.offset)
}

/// Whether `file` is a file, but no shared library.
fn is_main_binary(file: &[u8]) -> bool {
    let text = String::from_utf8_lossy(file).replace("(deleted)", "");
    let name = text.trim();
    let versioned = |mark: &str| {
        name.match_indices(mark)
            .any(|(at, _)| name.as_bytes().get(at + mark.len()).is_some_and(u8::is_ascii_digit))
    };
    !(name.is_empty()
        || name.starts_with('[')
        || name.ends_with(".so")
        || versioned(".so.")
        || versioned(".so_"))
}

/// Answers which is the first of many overlapping ranges that holds a point, while ranges are added.
///
/// A segment tree over the gaps between all edges. A scan of the ranges for each address would take
/// time with the product of both.
#[derive(Debug)]
struct LowestCover {
    edges: Vec<u64>,
    /// The lowest row that covers all of a node; leaves are the second half.
    tree: Vec<u32>,
}

impl LowestCover {
    const NONE: u32 = u32::MAX;

    fn new(edges: Vec<u64>) -> Self {
        let tree = vec![Self::NONE; 2 * edges.len()];
        LowestCover { edges, tree }
    }

    /// Adds the range from `start` up to `limit`, both of which are edges.
    fn cover(&mut self, start: u64, limit: u64, row: usize) {
        let row = u32::try_from(row).unwrap_or(Self::NONE);
        let leaves = self.edges.len();
        let leaf = |edge: u64| leaves + self.edges.partition_point(|&other| other < edge);
        let (mut low, mut high) = (leaf(start), leaf(limit));
        while low < high {
            if low % 2 == 1 {
                self.tree[low] = self.tree[low].min(row);
                low += 1;
            }
            if high % 2 == 1 {
                high -= 1;
                self.tree[high] = self.tree[high].min(row);
            }
            low /= 2;
            high /= 2;
        }
    }

    fn lowest(&self, point: u64) -> Option<usize> {
        let mut node = self.edges.len() + self.edges.partition_point(|&edge| edge <= point).checked_sub(1)?;
        let mut lowest = Self::NONE;
        while node > 0 {
            lowest = lowest.min(self.tree[node]);
            node /= 2;
        }
        (lowest != Self::NONE).then_some(lowest as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(start: u64, limit: u64, offset: u64, file: &str) -> MapEntry {
        MapEntry { start, limit, offset, file: file.into(), build_id: Vec::new() }
    }

    fn names(entries: &[MapEntry]) -> Vec<&str> {
        entries.iter().map(|entry| std::str::from_utf8(&entry.file).unwrap()).collect()
    }

    #[test]
    fn the_main_binary_comes_first() {
        let check = |files: &[&str], expected: &[&str]| {
            let entries: Vec<_> =
                (1..).zip(files).map(|(n, file)| entry(n * 100, n * 100 + 50, 0, file)).collect();
            assert_eq!(names(&repair(entries)), expected);
        };
        check(&["/lib/libc.so.6", "[vdso]", "", "/bin/main"], &["/bin/main", "[vdso]", "", "/lib/libc.so.6"]);
        check(
            &["/lib/libc.so", "/lib/x.so_1", "/lib/ld-2.15.so"],
            &["/lib/libc.so", "/lib/x.so_1", "/lib/ld-2.15.so"],
        );
        check(&["/lib/a.so(deleted)", "/bin/b.sort"], &["/bin/b.sort", "/lib/a.so(deleted)"]);
    }

    #[test]
    fn split_mappings_are_joined() {
        let joined = repair(vec![entry(100, 200, 0, "/a"), entry(200, 300, 0, ""), entry(300, 400, 9, "/b")]);
        assert_eq!(joined, [entry(100, 300, 0, "/a"), entry(300, 400, 9, "/b")]);
    }

    #[test]
    fn lookups_equal_a_scan_in_order() {
        let entries = vec![
            entry(5000, 6000, 1000, "/main"),
            entry(5500, 7000, 0, "/over"),
            entry(9000, 9100, 2500, "/late"),
            entry(9050, 9200, 5000, "/last"),
        ];
        let mut layout = MappingLayout::new(entries);
        let row = |layout: &mut MappingLayout, address| layout.mapping_of(address).map(MappingId::index);
        for (address, expected) in [
            (0, None),
            (5600, Some(0)),
            (6500, Some(1)),
            (4500, Some(0)),
            (4050, Some(0)),
            // Only the last mapping reaches so far back, and then it holds the rest too.
            (7100 - 3000, Some(0)),
            (8000, Some(2)),
            (9150, Some(3)),
            (10, Some(4)),
            (u64::MAX - 1, Some(4)),
            (u64::MAX, Some(4)),
        ] {
            assert_eq!(row(&mut layout, address), expected, "{address}");
        }
        assert_eq!(layout.entries[0].start, 4000);
        assert_eq!(layout.entries[2], entry(6500, 9100, 0, "/late"));
        assert_eq!(layout.entries[3].offset, 5000);
    }
}
