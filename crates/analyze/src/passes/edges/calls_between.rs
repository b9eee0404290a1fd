//! Finding all calls of stacks, or those at some places.

use hotlist_profile::LocationId;

use crate::model::location_set::LocationSet;
use crate::model::node::NodeTable;
use crate::model::node_id::NodeId;
use crate::passes::edges::location_codes::LocationCodes;
use crate::passes::edges::search::{Finder, Search};
use crate::passes::edges::width::Width;

/// Kept nodes numbered densely, and for each location what is to be passed there.
///
/// That is a row of codes: the slot of a kept node, with the top bit set unless it was inlined, or
/// [`DROPPED`](LocationCodes::DROPPED) for any number of nodes that are left out.
pub(crate) struct CallsBetween<W: Width> {
    kept: Vec<NodeId>,
    codes: LocationCodes<W>,
    /// For each slot whether edges into it and out of it are wanted, unless all are.
    wanted: Vec<bool>,
    way: Way,
}

/// Which frames of a stack are looked at.
enum Way {
    /// All of them.
    All,
    /// All of them, if one is at these locations.
    Meeting(LocationSet),
    /// Those at these locations, which are few. What lies between them counts as left out.
    Few(LocationSet),
}

impl<W: Width> CallsBetween<W> {
    /// The calls between the nodes of `table` that are `kept`. `None` when they, or the locations with several of
    /// them, are too many for this width.
    ///
    /// Of the calls only those into `touching` nodes or out of them are found, if such are given.
    pub(crate) fn new(table: &NodeTable<'_, '_>, kept: &[bool], touching: Option<&[bool]>) -> Option<Self> {
        let ids: Vec<NodeId> = table.ids().filter(|node| kept[node.index()]).collect();
        let slots = LocationCodes::<W>::slots(table, &ids)?;
        let locations = &table.view().profile().locations;
        let mut search = CallsBetween {
            codes: LocationCodes::with_capacity(locations.len()),
            wanted: Vec::new(),
            way: Way::All,
            kept: ids,
        };
        let mut codes = Vec::new();
        for location in locations.ids() {
            codes.clear();
            for (position, node) in table.nodes(location).iter().rev().enumerate() {
                let slot = slots[node.index()];
                if slot != LocationCodes::<W>::DROPPED {
                    codes.push(if position == 0 { slot | W::MARK } else { slot });
                } else if codes.last() != Some(&LocationCodes::<W>::DROPPED) {
                    codes.push(LocationCodes::<W>::DROPPED);
                }
            }
            search.codes.add(&codes)?;
        }
        search.choose_way(table, touching);
        Some(search)
    }

    fn choose_way(&mut self, table: &NodeTable<'_, '_>, touching: Option<&[bool]>) {
        self.way = match touching {
            // Frames that were passed over have to be known as such, hidden ones do not count.
            None if self.kept.len() < table.len() / 16 && !table.view().hides_frames() => {
                Way::Few(self.locations(table, |_| true))
            }
            None => Way::All,
            Some(marked) => {
                self.wanted = self.kept.iter().map(|node| marked[node.index()]).collect();
                Way::Meeting(self.locations(table, |slot| self.wanted[slot]))
            }
        };
    }

    /// Where the kept nodes are for whose slots `chosen` holds.
    fn locations(&self, table: &NodeTable<'_, '_>, chosen: impl Fn(usize) -> bool) -> LocationSet {
        LocationSet::new(table.view().profile(), |location| {
            self.codes.any(location.index(), |code| {
                let slot = (code & W::SLOT) as usize;
                slot < self.kept.len() && chosen(slot)
            })
        })
    }
}

impl<W: Width> Search<W> for CallsBetween<W> {
    fn kept(&self) -> &[NodeId] {
        &self.kept
    }

    fn finder(&self) -> impl Finder<W> {
        let path = Path { wanted: &self.wanted, from: 0, gap: 0, calls: [W::edge(0); ROOM] };
        Walker { search: self, path, codes: [W::half(0); ROOM], positions: Vec::new() }
    }
}

/// How many frames of a stack are looked at together.
const MOST: usize = 128;
/// Room for the codes of that many frames: with one for what lies between them, up to three for each. Positions never
/// reach it; they are taken modulo this power of two since that is a mask, where a check of bounds is a branch.
const ROOM: usize = 4 * MOST;

/// Finds the calls of stacks.
///
/// The loops write every candidate and then move on or not, rather than branch: what a frame is cannot
/// be foreseen, and a wrong guess costs more than the rest of the work on it.
struct Walker<'t, W: Width> {
    search: &'t CallsBetween<W>,
    path: Path<'t, W>,
    /// Codes of frames that are next to each other, the outermost first.
    codes: [W::Half; ROOM],
    /// Room for the positions of the frames that matter.
    positions: Vec<u32>,
}

impl<W: Width> Finder<W> for Walker<'_, W> {
    #[inline]
    fn find(&mut self, frames: &[LocationId], mut take: impl FnMut(&[W::Edge])) {
        self.path.begin();
        match &self.search.way {
            Way::All => self.pass_all::<false>(frames, &mut take),
            Way::Meeting(wanted) => {
                if wanted.meets(frames) {
                    self.pass_all::<true>(frames, &mut take);
                }
            }
            Way::Few(locations) => {
                let mut room = std::mem::take(&mut self.positions);
                let mut last = frames.len() as u32;
                for positions in locations.positions(frames, &mut room).rchunks(MOST) {
                    let steps = positions.iter().rev().map(|&position| {
                        let is_next = position + 1 == std::mem::replace(&mut last, position);
                        (frames[position as usize], !is_next)
                    });
                    self.pass::<false>(steps, &mut take);
                }
                self.positions = room;
            }
        }
    }
}

impl<W: Width> Walker<'_, W> {
    #[inline]
    fn pass_all<const CHOOSY: bool>(&mut self, frames: &[LocationId], take: &mut impl FnMut(&[W::Edge])) {
        for frames in frames.rchunks(MOST) {
            self.pass::<CHOOSY>(frames.iter().rev().map(|&location| (location, false)), take);
        }
    }

    /// Passes up to [`MOST`] frames, and before some of them others that are left out.
    #[inline(always)]
    fn pass<const CHOOSY: bool>(
        &mut self,
        steps: impl Iterator<Item = (LocationId, bool)>,
        take: &mut impl FnMut(&[W::Edge]),
    ) {
        let search = self.search;
        let mut held = 0;
        for (location, is_after_others) in steps {
            self.codes[held % ROOM] = W::half(LocationCodes::<W>::DROPPED);
            held += usize::from(is_after_others);
            let entry = search.codes.entries()[location.index()];
            if let Some(codes) = search.codes.longer(entry) {
                self.path.pass::<CHOOSY>(&self.codes[..held], take);
                codes.chunks(ROOM).for_each(|codes| self.path.pass::<CHOOSY>(codes, take));
                held = 0;
                continue;
            }
            for code in entry {
                self.codes[held % ROOM] = code;
                held += usize::from(W::half_bits(code) != LocationCodes::<W>::ABSENT);
            }
        }
        self.path.pass::<CHOOSY>(&self.codes[..held], take);
    }
}

/// The way from the outermost frame of a stack inwards.
struct Path<'t, W: Width> {
    /// For each slot whether edges into it and out of it are wanted.
    wanted: &'t [bool],
    /// The kept node that was passed last, and a mark if others were since then.
    from: u64,
    gap: u64,
    calls: [W::Edge; ROOM],
}

impl<W: Width> Path<'_, W> {
    fn begin(&mut self) {
        (self.from, self.gap) = (LocationCodes::<W>::OUTSIDE, 0);
    }

    /// Goes on along up to [`ROOM`] codes and gives the wanted calls to `take`.
    #[inline(always)]
    fn pass<const CHOOSY: bool>(&mut self, codes: &[W::Half], take: &mut impl FnMut(&[W::Edge])) {
        let (mut from, mut gap, mut found) = (self.from, self.gap, 0);
        for &code in codes {
            let code = W::half_bits(code);
            let slot = code & W::SLOT;
            let is_kept = slot != LocationCodes::<W>::DROPPED;
            self.calls[found % ROOM] = W::edge((from | gap) << W::BITS | code);
            let mut is_call = is_kept & (slot != from) & (from != LocationCodes::<W>::OUTSIDE);
            if CHOOSY {
                let is_wanted = |slot: u64| self.wanted.get(slot as usize).copied().unwrap_or(false);
                is_call &= is_wanted(slot) | is_wanted(from);
            }
            found += usize::from(is_call);
            from = if is_kept { slot } else { from };
            gap = if is_kept { 0 } else { W::MARK };
        }
        (self.from, self.gap) = (from, gap);
        take(&self.calls[..found]);
    }
}
