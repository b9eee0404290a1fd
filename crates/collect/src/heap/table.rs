//! What is remembered of the samples: sums for each stack, size and set of labels, and the blocks in use.

use super::weight::{FRACTION_BITS, Weight};
use crate::store::{Index, Stacks, mix};
use crate::sys::Column;

const STACKS: usize = 1 << 16;
const FRAMES: usize = 1 << 22;
const BUCKETS: usize = 1 << 18;
const LIVE: usize = 1 << 20;

/// A stack has exact sizes up to this many different ones; further sizes are grouped, eight groups to
/// each power of two.
const EXACT_SIZES: u16 = 8;

const NO_ROW: u32 = u32::MAX;

/// All samples. Every part has an upper limit; what does not fit is counted.
#[derive(Debug)]
pub(crate) struct Table {
    stacks: Stacks,
    /// How many different sizes each stack has.
    sizes: Column<u16>,
    buckets: Column<Bucket>,
    bucket_index: Index,
    live: Column<Live>,
    live_index: Index,
    /// The first of the unused rows of `live`, which are chained by their `bucket`.
    unused: u32,
    /// The number of rows of `live` that are in use or promised.
    taken: usize,
    /// What is in use altogether, the blocks without a row included.
    in_use: Sums,
    /// Samples that were left out because a part was full.
    pub(crate) lost: u64,
    is_ready: bool,
}

/// The sums for one stack, size and set of labels.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bucket {
    /// The number of the stack.
    pub(crate) stack: u32,
    /// The number of the set of labels.
    pub(crate) labels: u32,
    /// The number of samples ever.
    samples: u32,
    /// The size that all blocks have, or that of their group.
    size: u64,
    /// The sum of the sizes of the samples.
    sampled_bytes: u64,
    /// Everything allocated, as fixed point numbers.
    pub(crate) allocated: Sums,
    /// What is in use.
    pub(crate) in_use: Sums,
}

/// Objects and bytes as fixed point numbers.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct Sums {
    /// Objects.
    pub(crate) objects: u128,
    /// Bytes.
    pub(crate) bytes: u128,
}

/// A sampled block that is in use.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Live {
    address: u64,
    weight: Weight,
    bucket: u32,
}

/// What is to be remembered of one sampled block.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample<'a> {
    /// Where the block is.
    pub(crate) address: u64,
    /// The size that was asked for.
    pub(crate) size: u64,
    /// Code addresses, leaf first.
    pub(crate) frames: &'a [u64],
    /// The number of the set of labels of the thread.
    pub(crate) labels: u32,
    /// What it stands for.
    pub(crate) weight: Weight,
}

impl Bucket {
    /// The mean size of the blocks, which is exact while their sizes are equal.
    pub(crate) fn block_size(&self) -> u64 {
        self.sampled_bytes / u64::from(self.samples.max(1))
    }

    fn hash(&self) -> u64 {
        bucket_hash(self.stack, self.size, self.labels)
    }
}

impl Table {
    /// A table that gets its memory with the first sample.
    pub(crate) const fn empty() -> Self {
        Table {
            stacks: Stacks::empty(),
            sizes: Column::empty(),
            buckets: Column::empty(),
            bucket_index: Index::empty(),
            live: Column::empty(),
            live_index: Index::empty(),
            unused: NO_ROW,
            taken: 0,
            in_use: Sums { objects: 0, bytes: 0 },
            lost: 0,
            is_ready: false,
        }
    }

    /// Promises a place for one sampled block; says whether there is one, and counts the loss if not.
    ///
    /// A sampled block has another layout than the one that was asked for, and only this table knows. A
    /// block that could not be remembered would be given back with the wrong layout, so the place comes
    /// before the block, and [`insert`](Self::insert) cannot fail.
    pub(crate) fn promise(&mut self) -> bool {
        if !self.is_ready {
            self.get_memory();
        }
        let live = &self.live;
        let has_room = self.taken < live.capacity()
            && self
                .live_index
                .make_room(self.taken + 1 - self.live_index.len(), |row| mix(live[row as usize].address));
        self.taken += usize::from(has_room);
        self.lost += u64::from(!has_room);
        has_room
    }

    /// Takes a promise back: no block was made.
    pub(crate) fn break_promise(&mut self) {
        self.taken -= 1;
    }

    /// Adds the sample of a block for which a place was promised.
    pub(crate) fn insert(&mut self, sample: &Sample<'_>) {
        let stack = self.stacks.intern_or_nothing(sample.frames);
        let bucket = stack.and_then(|stack| self.bucket(stack, sample.size, sample.labels));
        let bucket = bucket.unwrap_or_else(|| {
            self.lost += 1;
            NO_ROW
        });
        self.add_live(Live { address: sample.address, weight: sample.weight, bucket });
        self.in_use.add(sample.weight);
        if let Some(row) = self.buckets.get_mut(bucket as usize) {
            row.samples = row.samples.saturating_add(1);
            row.sampled_bytes = row.sampled_bytes.saturating_add(sample.size);
            row.allocated.add(sample.weight);
            row.in_use.add(sample.weight);
        }
    }

    /// Removes a block that is about to be freed. Its place stays promised to the caller, who calls
    /// either [`break_promise`](Self::break_promise) or [`put_back`](Self::put_back).
    pub(crate) fn remove(&mut self, address: u64) -> Option<Live> {
        let live = &self.live;
        let row = self.live_index.remove(
            mix(address),
            |row| live[row as usize].address == address,
            |row| mix(live[row as usize].address),
        )?;
        let removed = self.live[row as usize];
        self.live[row as usize].bucket = self.unused;
        self.unused = row;
        self.in_use.subtract(removed.weight);
        if let Some(bucket) = self.buckets.get_mut(removed.bucket as usize) {
            bucket.in_use.subtract(removed.weight);
        }
        Some(removed)
    }

    /// Takes back a removal: the block was not freed after all.
    pub(crate) fn put_back(&mut self, live: Live) {
        self.add_live(live);
        self.in_use.add(live.weight);
        if let Some(bucket) = self.buckets.get_mut(live.bucket as usize) {
            bucket.in_use.add(live.weight);
        }
    }

    /// The sums of all stacks and sizes. Rows keep their place for ever.
    pub(crate) fn buckets(&self) -> &[Bucket] {
        &self.buckets
    }

    /// The bytes in use, as the samples tell.
    pub(crate) fn bytes_in_use(&self) -> u64 {
        u64::try_from(self.in_use.bytes >> FRACTION_BITS).unwrap_or(u64::MAX)
    }

    /// A stack, leaf first.
    pub(crate) fn frames(&self, stack: u32) -> &[u64] {
        self.stacks.frames(stack)
    }

    fn get_memory(&mut self) {
        self.is_ready = true;
        self.stacks = Stacks::with_capacity(STACKS, FRAMES);
        self.sizes = Column::with_capacity(STACKS);
        self.buckets = Column::with_capacity(BUCKETS);
        self.bucket_index = Index::with_capacity(BUCKETS);
        self.live = Column::with_capacity(LIVE);
        self.live_index = Index::with_capacity(LIVE);
    }

    fn bucket(&mut self, stack: u32, size: u64, labels: u32) -> Option<u32> {
        if let Some(row) = self.find_bucket(stack, size, labels) {
            return Some(row);
        }
        if self.sizes.len() <= stack as usize {
            self.sizes.resize(stack as usize + 1, 0);
        }
        let sizes = self.sizes.get(stack as usize).copied()?;
        let size = if sizes < EXACT_SIZES { size } else { size_group(size) };
        if let Some(row) = self.find_bucket(stack, size, labels) {
            return Some(row);
        }
        let new = u32::try_from(self.buckets.len()).ok()?;
        let buckets = &self.buckets;
        if buckets.len() >= buckets.capacity()
            || !self.bucket_index.make_room(1, |row| buckets[row as usize].hash())
        {
            return None;
        }
        let nothing = Sums::default();
        let bucket =
            Bucket { stack, labels, samples: 0, size, sampled_bytes: 0, allocated: nothing, in_use: nothing };
        self.bucket_index.insert(bucket.hash(), new);
        self.buckets.push(bucket);
        self.sizes[stack as usize] = sizes.saturating_add(1);
        Some(new)
    }

    fn find_bucket(&self, stack: u32, size: u64, labels: u32) -> Option<u32> {
        self.bucket_index.find(bucket_hash(stack, size, labels), |row| {
            let bucket = &self.buckets[row as usize];
            bucket.stack == stack && bucket.size == size && bucket.labels == labels
        })
    }

    /// Fills a promised place.
    fn add_live(&mut self, live: Live) {
        let row = if self.unused == NO_ROW {
            let row = self.live.len() as u32;
            self.live.push(live);
            row
        } else {
            let row = self.unused;
            self.unused = self.live[row as usize].bucket;
            self.live[row as usize] = live;
            row
        };
        self.live_index.insert(mix(live.address), row);
    }
}

impl Sums {
    fn add(&mut self, weight: Weight) {
        self.objects += u128::from(weight.objects);
        self.bytes += u128::from(weight.bytes);
    }

    fn subtract(&mut self, weight: Weight) {
        self.objects = self.objects.saturating_sub(u128::from(weight.objects));
        self.bytes = self.bytes.saturating_sub(u128::from(weight.bytes));
    }
}

fn bucket_hash(stack: u32, size: u64, labels: u32) -> u64 {
    mix(mix(u64::from(stack) << 32 | u64::from(labels)) ^ size)
}

/// The smallest size of the group of `size`: its four highest binary digits.
fn size_group(size: u64) -> u64 {
    let digits = u64::BITS - size.leading_zeros();
    let dropped = digits.saturating_sub(4);
    size >> dropped << dropped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(table: &mut Table, block: u64, size: u64, frames: &[u64]) {
        assert!(table.promise());
        let weight = Weight::of(size, 512 * 1024);
        table.insert(&Sample { address: block * 4096, size, frames, labels: 0, weight });
    }

    #[test]
    fn in_use_returns_to_exactly_zero() {
        let mut table = Table::empty();
        for block in 1..=5000_u64 {
            add(&mut table, block, block % 700 + 1, &[block % 13, 7]);
        }
        for block in (1..=5000_u64).rev() {
            assert!(table.remove(block * 4096).is_some());
            assert!(table.remove(block * 4096).is_none());
            table.break_promise();
        }
        assert!(table.buckets().iter().all(|bucket| bucket.in_use == Sums::default()));
        assert_eq!((table.in_use, table.bytes_in_use()), (Sums::default(), 0));
        assert!(table.buckets().iter().all(|bucket| bucket.allocated.objects > 0));
        assert_eq!(table.buckets().iter().map(|bucket| bucket.samples).sum::<u32>(), 5000);
        assert!(table.live.len() == 5000, "rows are reused");
        add(&mut table, 1, 1, &[1]);
        assert!(table.live.len() == 5000);
        assert_eq!((table.taken, table.live_index.len()), (1, 1));
    }

    #[test]
    fn few_sizes_are_kept_apart_and_many_are_grouped() {
        let mut table = Table::empty();
        for block in 1..=2000_u64 {
            add(&mut table, block, 1000 + block, &[1, 2, 3]);
        }
        // Eight exact ones, then the groups that lie from 1000 to 3000.
        assert!(table.buckets().len() <= 8 + 16, "{}", table.buckets().len());
        assert_eq!(table.buckets()[0].block_size(), 1001);
        assert_eq!(table.frames(table.buckets()[0].stack), [1, 2, 3]);
    }

    #[test]
    fn groups_are_eight_to_a_power_of_two() {
        let groups: std::collections::BTreeSet<u64> = (1024..2048).map(size_group).collect();
        assert_eq!(groups.len(), 8);
        assert_eq!([size_group(0), size_group(1), size_group(15), size_group(17)], [0, 1, 15, 16]);
    }

    #[test]
    fn labels_keep_rows_apart() {
        let mut table = Table::empty();
        for labels in [0, 1, 1] {
            assert!(table.promise());
            let weight = Weight::of(64, 1);
            let address = u64::from(labels) + 1;
            table.insert(&Sample { address, size: 64, frames: &[5], labels, weight });
        }
        let rows: Vec<_> = table.buckets().iter().map(|bucket| (bucket.labels, bucket.samples)).collect();
        assert_eq!(rows, [(0, 1), (1, 2)]);
    }

    #[test]
    fn a_full_table_promises_nothing_until_something_is_freed() {
        let mut table = Table::empty();
        let mut block = 0;
        while table.promise() {
            block += 1;
            let weight = Weight::of(64, 1);
            table.insert(&Sample { address: block, size: 64, frames: &[5], labels: 0, weight });
        }
        assert_eq!((block as usize, table.lost), (LIVE, 1));
        let removed = table.remove(7).unwrap();
        assert!(!table.promise());
        table.put_back(removed);
        assert!(table.remove(7).is_some());
        table.break_promise();
        assert!(table.promise());
    }
}
