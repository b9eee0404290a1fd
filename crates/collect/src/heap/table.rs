//! What is remembered of the samples: stacks, sums for each stack and size, and the blocks in use.

use super::countdown::Weight;
use super::index::{Index, mix};
use crate::sys::Column;

const STACKS: usize = 1 << 16;
const FRAMES: usize = 1 << 22;
const BUCKETS: usize = 1 << 18;
const LIVE: usize = 1 << 20;

/// A stack has exact sizes up to this many different ones; further sizes are grouped, eight groups to
/// each power of two.
const EXACT_SIZES: u16 = 8;

/// Rows of live blocks that are kept for samples under way.
const UNDER_WAY: usize = 1 << 16;

const NO_ROW: u32 = u32::MAX;

/// All samples. Every part has an upper limit; what does not fit is counted.
#[derive(Debug)]
pub(crate) struct Table {
    frames: Column<u64>,
    stacks: Column<Stack>,
    stack_index: Index,
    buckets: Column<Bucket>,
    bucket_index: Index,
    live: Column<Live>,
    live_index: Index,
    /// The first of the unused rows of `live`, which are chained by their `bucket`.
    unused: u32,
    /// Samples that were left out because a part was full.
    pub(crate) lost: u64,
    is_ready: bool,
}

#[derive(Clone, Copy, Debug)]
struct Stack {
    hash: u64,
    start: u32,
    length: u16,
    sizes: u16,
}

/// The sums for one stack and size.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bucket {
    /// Where the stack stands in the frames.
    start: u32,
    length: u32,
    stack: u32,
    /// The number of samples ever.
    pub(crate) samples: u32,
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

impl Bucket {
    /// The mean size of the blocks, which is exact while their sizes are equal.
    pub(crate) fn block_size(&self) -> u64 {
        self.sampled_bytes / u64::from(self.samples.max(1))
    }
}

impl Table {
    /// A table that gets its memory with the first sample.
    pub(crate) const fn empty() -> Self {
        Table {
            frames: Column::empty(),
            stacks: Column::empty(),
            stack_index: Index::empty(),
            buckets: Column::empty(),
            bucket_index: Index::empty(),
            live: Column::empty(),
            live_index: Index::empty(),
            unused: NO_ROW,
            lost: 0,
            is_ready: false,
        }
    }

    /// Whether a sample can be added. A sampled block that is missing here would be given back with the
    /// wrong layout, so this is asked before the block is made, and the answer leaves room for all threads
    /// that were told yes and have not come back yet.
    pub(crate) fn has_room(&mut self) -> bool {
        if !self.is_ready {
            self.get_memory();
        }
        let has_room = self.live_index.len() + UNDER_WAY < self.live.capacity();
        self.lost += u64::from(!has_room);
        has_room
    }

    /// Adds the sample of a block; says whether there was room.
    pub(crate) fn insert(&mut self, address: u64, size: u64, frames: &[u64], weight: Weight) -> bool {
        if !self.is_ready {
            self.get_memory();
        }
        let bucket = self.stack(frames).and_then(|stack| self.bucket(stack, size));
        let Some(bucket) = bucket else {
            self.lost += 1;
            return self.add_live(Live { address, weight, bucket: NO_ROW });
        };
        if !self.add_live(Live { address, weight, bucket }) {
            self.lost += 1;
            return false;
        }
        let row = &mut self.buckets[bucket as usize];
        row.samples = row.samples.saturating_add(1);
        row.sampled_bytes = row.sampled_bytes.saturating_add(size);
        row.allocated.add(weight);
        row.in_use.add(weight);
        true
    }

    /// Removes a block that was freed.
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
        if let Some(bucket) = self.buckets.get_mut(removed.bucket as usize) {
            bucket.in_use.subtract(removed.weight);
        }
        Some(removed)
    }

    /// Takes back a removal: the block was not freed after all.
    pub(crate) fn put_back(&mut self, address: u64, live: Live) {
        if self.add_live(Live { address, ..live }) {
            super::filter::add(address);
            if let Some(bucket) = self.buckets.get_mut(live.bucket as usize) {
                bucket.in_use.add(live.weight);
            }
        }
    }

    /// The sums of all stacks and sizes. Rows keep their place for ever.
    pub(crate) fn buckets(&self) -> &[Bucket] {
        &self.buckets
    }

    /// The stack of a bucket, leaf first.
    pub(crate) fn frames(&self, bucket: &Bucket) -> &[u64] {
        let start = bucket.start as usize;
        self.frames.get(start..start + bucket.length as usize).unwrap_or_default()
    }

    fn get_memory(&mut self) {
        self.is_ready = true;
        self.frames = Column::with_capacity(FRAMES);
        self.stacks = Column::with_capacity(STACKS);
        self.stack_index = Index::with_capacity(STACKS);
        self.buckets = Column::with_capacity(BUCKETS);
        self.bucket_index = Index::with_capacity(BUCKETS);
        self.live = Column::with_capacity(LIVE);
        self.live_index = Index::with_capacity(LIVE);
    }

    /// The row of a stack. When there is no room for another one, the row of the stack without frames.
    fn stack(&mut self, frames: &[u64]) -> Option<u32> {
        if let Some(row) = self.find_or_add_stack(frames) {
            return Some(row);
        }
        self.lost += 1;
        self.find_or_add_stack(&[])
    }

    fn find_or_add_stack(&mut self, frames: &[u64]) -> Option<u32> {
        let hash = frames.iter().fold(frames.len() as u64, |hash, &frame| mix(hash ^ frame));
        let (stacks, all) = (&self.stacks, &self.frames);
        let is_it = |row: u32| {
            let stack = stacks[row as usize];
            let start = stack.start as usize;
            stack.hash == hash && all[start..start + usize::from(stack.length)] == *frames
        };
        if let Some(row) = self.stack_index.find(hash, is_it) {
            return Some(row);
        }
        // The last row is kept for the stack without frames.
        if !frames.is_empty() && self.stacks.len() + 1 >= self.stacks.capacity() {
            return None;
        }
        let start = u32::try_from(self.frames.len()).ok()?;
        let length = u16::try_from(frames.len()).ok()?;
        if !self.frames.extend(frames) {
            return None;
        }
        let row = u32::try_from(self.stacks.len()).ok()?;
        let stacks = &self.stacks;
        if !self.stack_index.insert(hash, row, |row| stacks[row as usize].hash)
            || !self.stacks.push(Stack { hash, start, length, sizes: 0 })
        {
            return None;
        }
        Some(row)
    }

    fn bucket(&mut self, stack: u32, size: u64) -> Option<u32> {
        if let Some(row) = self.find_bucket(stack, size) {
            return Some(row);
        }
        let row = self.stacks[stack as usize];
        let size = if row.sizes < EXACT_SIZES { size } else { size_group(size) };
        if let Some(row) = self.find_bucket(stack, size) {
            return Some(row);
        }
        let new = u32::try_from(self.buckets.len()).ok()?;
        let buckets = &self.buckets;
        if buckets.len() >= buckets.capacity()
            || !self.bucket_index.insert(bucket_hash(stack, size), new, |row| {
                let bucket = &buckets[row as usize];
                bucket_hash(bucket.stack, bucket.size)
            })
        {
            return None;
        }
        let nothing = Sums::default();
        self.buckets.push(Bucket {
            start: row.start,
            length: u32::from(row.length),
            stack,
            samples: 0,
            size,
            sampled_bytes: 0,
            allocated: nothing,
            in_use: nothing,
        });
        self.stacks[stack as usize].sizes = row.sizes.saturating_add(1);
        Some(new)
    }

    fn find_bucket(&self, stack: u32, size: u64) -> Option<u32> {
        self.bucket_index.find(bucket_hash(stack, size), |row| {
            let bucket = &self.buckets[row as usize];
            bucket.stack == stack && bucket.size == size
        })
    }

    fn add_live(&mut self, live: Live) -> bool {
        let row = self.unused;
        let is_reused = row != NO_ROW;
        let row = if is_reused { row } else { self.live.len() as u32 };
        if !is_reused && self.live.len() >= self.live.capacity() {
            return false;
        }
        let rows = &self.live;
        if !self.live_index.insert(mix(live.address), row, |row| mix(rows[row as usize].address)) {
            return false;
        }
        if is_reused {
            self.unused = self.live[row as usize].bucket;
            self.live[row as usize] = live;
            true
        } else {
            self.live.push(live)
        }
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

fn bucket_hash(stack: u32, size: u64) -> u64 {
    mix(u64::from(stack) << 40 ^ size)
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

    fn weight(size: u64) -> Weight {
        Weight::of(size, 512 * 1024)
    }

    #[test]
    fn in_use_returns_to_exactly_zero() {
        let mut table = Table::empty();
        for block in 1..=5000_u64 {
            assert!(table.insert(block * 4096, block % 700 + 1, &[block % 13, 7], weight(block % 700 + 1)));
        }
        for block in (1..=5000_u64).rev() {
            assert!(table.remove(block * 4096).is_some());
            assert!(table.remove(block * 4096).is_none());
        }
        assert!(table.buckets().iter().all(|bucket| bucket.in_use == Sums::default()));
        assert!(table.buckets().iter().all(|bucket| bucket.allocated.objects > 0));
        assert_eq!(table.buckets().iter().map(|bucket| bucket.samples).sum::<u32>(), 5000);
        assert!(table.live.len() == 5000, "rows are reused");
        assert!(table.insert(4096, 1, &[1], weight(1)));
        assert!(table.live.len() == 5000);
    }

    #[test]
    fn few_sizes_are_kept_apart_and_many_are_grouped() {
        let mut table = Table::empty();
        for block in 1..=2000_u64 {
            table.insert(block * 4096, 1000 + block, &[1, 2, 3], weight(1000 + block));
        }
        // Eight exact ones, then the groups that lie from 1000 to 3000.
        assert!(table.buckets().len() <= 8 + 16, "{}", table.buckets().len());
        assert_eq!(table.buckets()[0].block_size(), 1001);
        assert_eq!(table.frames(&table.buckets()[20 % table.buckets().len()]), [1, 2, 3]);
    }

    #[test]
    fn groups_are_eight_to_a_power_of_two() {
        let groups: std::collections::BTreeSet<u64> = (1024..2048).map(size_group).collect();
        assert_eq!(groups.len(), 8);
        assert_eq!([size_group(0), size_group(1), size_group(15), size_group(17)], [0, 1, 15, 16]);
    }
}
