//! What is below a frame of a call tree: its stacks, sorted by their next frame.
//!
//! Expansions of frames that are not above each other do not depend on each other, so those that a tree
//! will need are made ahead, on all threads, and depth first: the stacks of a frame and what they point to are
//! still in the caches when the frames below it are expanded.

use hotlist_profile::LocationId;

use crate::model::node::NodeTable;
use crate::model::node_id::NodeId;
use crate::model::parallel::Threads;
use crate::model::sides::Sides;

/// From which end of the stacks a tree grows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Growth {
    /// From the roots: below a frame are its callees.
    #[default]
    Callees,
    /// From the leaves: below a frame are its callers.
    Callers,
}

/// A stack on its way into the tree, with all that is needed to take it further: the stacks of a frame
/// lie side by side, but what they point to is spread over memory.
///
/// A profile has as many of them as stacks, and they are moved often, so they are small. A stack with samples
/// above zero and others below has two.
#[derive(Clone, Copy)]
pub(crate) struct Cursor {
    /// The locations that are still to come, leaf first: from here
    pub(crate) start: u32,
    /// to here among the frames of all stacks.
    pub(crate) end: u32,
    /// How many nodes of the next location are in the tree already.
    pub(crate) inline: u32,
    /// The sum of its samples.
    pub(crate) weight: i64,
}

/// A way through stacks.
#[derive(Clone, Copy)]
pub(crate) struct Walk<'g, 'v, 'p> {
    pub(crate) table: &'g NodeTable<'v, 'p>,
    /// The frames of all stacks.
    pub(crate) frames: &'p [LocationId],
    pub(crate) growth: Growth,
    /// Whether a frame takes in those that it calls and that are the same place.
    pub(crate) collapse: bool,
}

impl Walk<'_, '_, '_> {
    /// The next location of a stack.
    #[inline]
    fn location(self, cursor: Cursor) -> Option<LocationId> {
        let is_more = cursor.start < cursor.end;
        is_more.then(|| match self.growth {
            Growth::Callers => self.frames[cursor.start as usize],
            Growth::Callees => self.frames[cursor.end as usize - 1],
        })
    }

    /// A cursor behind the next location.
    #[inline]
    fn skip(self, cursor: Cursor) -> Cursor {
        match self.growth {
            _ if cursor.start >= cursor.end => Cursor { inline: 0, ..cursor },
            Growth::Callers => Cursor { start: cursor.start + 1, inline: 0, ..cursor },
            Growth::Callees => Cursor { end: cursor.end - 1, inline: 0, ..cursor },
        }
    }

    /// The next frame of a stack, whether it was inlined into its caller, and the cursor behind it.
    pub(crate) fn step(self, cursor: Cursor) -> Option<(NodeId, bool, Cursor)> {
        let (node, inline, after) = self.step_once(cursor)?;
        Some((node, inline, self.past_repeats(node, after)))
    }

    /// The cursor behind further frames of the same place, where those collapse.
    #[inline]
    fn past_repeats(self, node: NodeId, mut cursor: Cursor) -> Cursor {
        while self.collapse
            && let Some((next, _, after)) = self.step_once(cursor)
            && next == node
        {
            cursor = after;
        }
        cursor
    }

    fn step_once(self, mut cursor: Cursor) -> Option<(NodeId, bool, Cursor)> {
        loop {
            let nodes = self.table.nodes(self.location(cursor)?);
            let position = cursor.inline as usize;
            if position < nodes.len() {
                // Nodes begin with the innermost one.
                let index = match self.growth {
                    Growth::Callers => position,
                    Growth::Callees => nodes.len() - 1 - position,
                };
                let after = if position + 1 == nodes.len() {
                    self.skip(cursor)
                } else {
                    Cursor { inline: cursor.inline + 1, ..cursor }
                };
                return Some((nodes[index], index + 1 != nodes.len(), after));
            }
            cursor = self.skip(cursor);
        }
    }

    /// [`step`](Self::step) with the next location at hand, short where it has one node.
    #[inline]
    fn step_from(self, cursor: Cursor, location: Option<LocationId>) -> Option<(NodeId, bool, Cursor)> {
        match self.table.step(location?).node() {
            None => self.step(cursor),
            Some(node) => {
                let node = NodeId::new(node);
                Some((node, false, self.past_repeats(node, self.skip(cursor))))
            }
        }
    }

    /// The cursor at the occurrence of `pivot` that is nearest to the root.
    pub(crate) fn find(self, mut cursor: Cursor, pivot: NodeId) -> Option<Cursor> {
        let mut found = None;
        while let Some((node, _, after)) = self.step(cursor) {
            if node == pivot {
                found = Some(cursor);
                if self.growth == Growth::Callees {
                    break;
                }
            }
            cursor = after;
        }
        found
    }
}

/// What is below a frame.
#[derive(Default)]
pub(crate) struct Expansion {
    /// What stops at the frame.
    pub(crate) flat: Sides,
    /// The frames below it, in the order in which they were found.
    pub(crate) below: Vec<Below>,
}

/// A frame below another one.
pub(crate) struct Below {
    pub(crate) node: NodeId,
    pub(crate) cum: Sides,
    /// Whether it is inlined wherever it occurs here.
    pub(crate) inline: bool,
    /// The number of its stacks.
    pub(crate) stacks: usize,
    /// Its own expansion, where that was made ahead: its row among [`Expansions`].
    pub(crate) ahead: Option<usize>,
}

/// Expansions that were made ahead; each is taken once.
pub(crate) type Expansions = Vec<Expansion>;

/// Room in which stacks are sorted.
pub(crate) struct Sorter {
    /// For each node the row it became in the expansion under way, with the number of that.
    seen: Vec<(u32, u32)>,
    expansion: u32,
    unsorted: Vec<Cursor>,
    rows: Vec<u32>,
    next: Vec<Option<LocationId>>,
    starts: Vec<usize>,
}

/// Stands for a stack that has no further frame.
const ENDS: u32 = u32::MAX;

impl Sorter {
    pub(crate) fn new(nodes: usize) -> Self {
        Sorter {
            seen: vec![(0, 0); nodes],
            expansion: 0,
            unsorted: Vec::new(),
            rows: Vec::new(),
            next: Vec::new(),
            starts: Vec::new(),
        }
    }

    /// Sorts the stacks of a frame by their next frame and moves them on; those that end come last.
    pub(crate) fn expand(&mut self, walk: Walk<'_, '_, '_>, cursors: &mut [Cursor]) -> Expansion {
        self.expansion += 1;
        let mut found = Expansion::default();
        self.rows.clear();
        // What comes next is fetched for all first, so that many reads are under way at the same time.
        let mut next = std::mem::take(&mut self.next);
        next.clear();
        next.extend(cursors.iter().map(|&cursor| walk.location(cursor)));
        for (cursor, &location) in cursors.iter_mut().zip(&next) {
            let weight = Sides::of(cursor.weight);
            let Some((node, inline, after)) = walk.step_from(*cursor, location) else {
                found.flat += weight;
                self.rows.push(ENDS);
                continue;
            };
            *cursor = after;
            let row = self.row_of(node, &mut found);
            let below = &mut found.below[row as usize];
            below.cum += weight;
            below.inline &= inline;
            below.stacks += 1;
            self.rows.push(row);
        }
        self.next = next;
        // A counting sort: stacks that end are not looked at again.
        self.begin_sort(&found, cursors);
        for (cursor, &row) in self.unsorted.iter().zip(&self.rows) {
            if let Some(place) = self.starts.get_mut(row as usize) {
                cursors[*place] = *cursor;
                *place += 1;
            }
        }
        found
    }

    /// As [`expand`](Self::expand), with the work divided where there is much of it.
    fn expand_on(&mut self, threads: Threads, walk: Walk<'_, '_, '_>, cursors: &mut [Cursor]) -> Expansion {
        /// Simple steps for each stack: it is read from places all over memory.
        const STEPS: usize = 10;
        let nodes = self.seen.len();
        let share = cursors.len().div_ceil(threads.parts(cursors.len(), STEPS * cursors.len())).max(1);
        if share >= cursors.len() {
            return self.expand(walk, cursors);
        }
        let parts: Vec<&mut [Cursor]> = cursors.chunks_mut(share).collect();
        let parts = threads.each(parts, |part| Sorter::new(nodes).expand(walk, part));
        // Frames are in the order in which one thread would have found them.
        self.expansion += 1;
        let mut found = Expansion::default();
        for part in &parts {
            found.flat += part.flat;
            for below in &part.below {
                let row = self.row_of(below.node, &mut found);
                let sum = &mut found.below[row as usize];
                sum.cum += below.cum;
                sum.inline &= below.inline;
                sum.stacks += below.stacks;
            }
        }
        self.begin_sort(&found, cursors);
        for (part, cursors_of_part) in parts.iter().zip(self.unsorted.chunks(share)) {
            let mut rest = cursors_of_part;
            for below in &part.below {
                let (same, others) = rest.split_at(below.stacks);
                let (_, row) = self.seen[below.node.index()];
                let place = &mut self.starts[row as usize];
                cursors[*place..*place + same.len()].copy_from_slice(same);
                *place += same.len();
                rest = others;
            }
        }
        // The whole list of stacks is the longest; no later one needs as much room.
        self.unsorted = Vec::new();
        found
    }

    /// The row of `node` among what was found in the expansion under way, a new one where it is the first time.
    #[inline]
    fn row_of(&mut self, node: NodeId, found: &mut Expansion) -> u32 {
        let (expansion, row) = self.seen[node.index()];
        if expansion == self.expansion {
            return row;
        }
        let row = found.below.len() as u32;
        self.seen[node.index()] = (self.expansion, row);
        found.below.push(Below { node, cum: Sides::default(), inline: true, stacks: 0, ahead: None });
        row
    }

    /// Puts the stacks aside, and finds where those of each frame begin when they are sorted.
    fn begin_sort(&mut self, found: &Expansion, cursors: &[Cursor]) {
        self.starts.clear();
        let mut start = 0;
        for below in &found.below {
            self.starts.push(start);
            start += below.stacks;
        }
        self.unsorted.clear();
        self.unsorted.extend_from_slice(cursors);
    }
}

/// A frame whose expansion is to be made, with its stacks.
struct Task<'c> {
    /// Where it is below: a row of the expansions, and of what is below that.
    place: (usize, usize),
    cursors: &'c mut [Cursor],
}

/// Which expansions to make ahead.
#[derive(Clone, Copy)]
pub(crate) struct Ahead {
    /// Those of frames that weigh at least this much.
    pub(crate) heavy: i64,
    /// The most in a row.
    pub(crate) most: usize,
}

/// Makes the expansion of the frame with these stacks, and of the heavy frames below it, on several threads.
/// The first of the answer is that of the frame itself.
pub(crate) fn expand_ahead(
    walk: Walk<'_, '_, '_>,
    sorter: &mut Sorter,
    threads: Threads,
    cursors: &mut [Cursor],
    ahead: Ahead,
) -> Expansions {
    let total = cursors.len();
    let mut tasks = Vec::new();
    let mut made = vec![sorter.expand_on(threads, walk, cursors)];
    push_heavy(&mut tasks, 0, &made[0], cursors, ahead.heavy);
    // One after the other as long as one frame has more than its share.
    let share = total / threads.count() + 1;
    while made.len() < ahead.most
        && let Some(largest) = tasks.iter().position(|task| task.cursors.len() > share)
    {
        let task = tasks.swap_remove(largest);
        expand_task(walk, (sorter, threads), &mut made, &mut tasks, task, ahead.heavy);
    }
    let nodes = walk.table.len();
    let lots = deal(tasks, threads.count());
    let done = threads.each(lots, |lot| {
        let mut sorter = Sorter::new(nodes);
        lot.into_iter()
            .map(|task| {
                let place = task.place;
                let task = Task { place: (0, 0), ..task };
                let (mut made, mut tasks) = (Vec::new(), Vec::new());
                // Stands in for what the task is below, which is for all threads.
                made.push(Expansion::default());
                tasks.push(task);
                while made.len() <= ahead.most
                    && let Some(task) = tasks.pop()
                {
                    expand_task(walk, (&mut sorter, Threads::ONE), &mut made, &mut tasks, task, ahead.heavy);
                }
                (place, made)
            })
            .collect::<Vec<_>>()
    });
    for ((parent, row), part) in done.into_iter().flatten() {
        // The stand-in goes, so rows move down by one.
        let offset = made.len() - 1;
        made[parent].below[row].ahead = (part.len() > 1).then_some(offset + 1);
        made.extend(part.into_iter().skip(1).map(|mut expansion| {
            for below in &mut expansion.below {
                below.ahead = below.ahead.map(|row| row + offset);
            }
            expansion
        }));
    }
    made
}

/// Makes one expansion and notes what is to be made below it.
fn expand_task<'c>(
    walk: Walk<'_, '_, '_>,
    (sorter, threads): (&mut Sorter, Threads),
    made: &mut Expansions,
    tasks: &mut Vec<Task<'c>>,
    task: Task<'c>,
    heavy: i64,
) {
    let row = made.len();
    let Task { place: (parent, below), cursors } = task;
    let expansion = sorter.expand_on(threads, walk, cursors);
    if let Some(below) = made[parent].below.get_mut(below) {
        below.ahead = Some(row);
    }
    push_heavy(tasks, row, &expansion, cursors, heavy);
    made.push(expansion);
}

fn push_heavy<'c>(
    tasks: &mut Vec<Task<'c>>,
    row: usize,
    expansion: &Expansion,
    cursors: &'c mut [Cursor],
    heavy: i64,
) {
    let mut rest = cursors;
    for (number, below) in expansion.below.iter().enumerate() {
        let (cursors, others) = rest.split_at_mut(below.stacks);
        if below.cum.size() >= heavy {
            tasks.push(Task { place: (row, number), cursors });
        }
        rest = others;
    }
}

/// Deals tasks out so that all lots have about the same number of stacks.
fn deal(mut tasks: Vec<Task<'_>>, lots: usize) -> Vec<Vec<Task<'_>>> {
    tasks.sort_by_key(|task| std::cmp::Reverse(task.cursors.len()));
    let mut dealt: Vec<(usize, Vec<Task<'_>>)> = Vec::new();
    dealt.resize_with(lots.max(1), Default::default);
    for task in tasks {
        if let Some((stacks, lot)) = dealt.iter_mut().min_by_key(|(stacks, _)| *stacks) {
            *stacks += task.cursors.len();
            lot.push(task);
        }
    }
    dealt.into_iter().map(|(_, lot)| lot).collect()
}
