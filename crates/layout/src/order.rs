//! The order of cells within each rank, with few crossings.
//!
//! Sweeps down and up by weighted medians and by means, each followed by exchanges of neighbours
//! (section 3 of the paper), from several first orders; then sifting, which moves each cell to its
//! best place in reach. The best order of all is kept.

use crate::layers::Layers;

/// Neighbours of each cell in the rank above or below.
struct Adjacency {
    offsets: Vec<u32>,
    cells: Vec<u32>,
    /// The places of the neighbours of each cell from left to right, as they were when the cell was refreshed.
    places: Vec<u32>,
}

impl Adjacency {
    fn new(count: usize, pairs: impl Iterator<Item = (u32, u32)> + Clone) -> Self {
        let mut offsets = vec![0u32; count + 1];
        for (from, _) in pairs.clone() {
            offsets[from as usize + 1] += 1;
        }
        for cell in 0..count {
            offsets[cell + 1] += offsets[cell];
        }
        let mut next = offsets.clone();
        let mut cells = vec![0u32; offsets[count] as usize];
        for (from, to) in pairs {
            let place = &mut next[from as usize];
            cells[*place as usize] = to;
            *place += 1;
        }
        Self { offsets, places: vec![0; cells.len()], cells }
    }

    fn range(&self, cell: u32) -> std::ops::Range<usize> {
        self.offsets[cell as usize] as usize..self.offsets[cell as usize + 1] as usize
    }

    fn of(&self, cell: u32) -> &[u32] {
        &self.cells[self.range(cell)]
    }

    fn places_of(&self, cell: u32) -> &[u32] {
        &self.places[self.range(cell)]
    }

    /// Looks up where the neighbours of `cell` are.
    fn refresh(&mut self, cell: u32, places: &[u32]) {
        let range = self.range(cell);
        for index in range.clone() {
            self.places[index] = places[self.cells[index] as usize];
        }
        if range.len() > 1 {
            self.places[range].sort_unstable();
        }
    }
}

/// How a sweep weighs the neighbours of a cell.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Center {
    Median,
    Mean,
}

/// The cells of each rank in order, and how often their links cross.
#[derive(Debug)]
pub(crate) struct Order {
    pub(crate) ranks: Vec<Vec<u32>>,
    pub(crate) crossings: u64,
    /// Steps that the search took.
    pub(crate) work: u64,
}

/// How long to look for an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Care {
    /// A single attempt, to tell how promising the layers are.
    Glance,
    /// As many attempts as are cheap.
    Full,
}

/// The best order found for the cells of `layers`.
pub(crate) fn order(layers: &Layers, care: Care) -> Order {
    let mut search = Search::new(layers);
    let size = (layers.cells.len() + layers.links.len()) as u64;
    let mut best: Option<(u64, Vec<Vec<u32>>)> = None;
    let mut random = 0x9e37_79b9_7f4a_7c15u64;
    // Small graphs have time for more attempts; tiny ones need few.
    let small_budget = SMALL_BUDGET.min(size * 4_000);
    let starts = if care == Care::Glance { GLANCE_STARTS } else { STARTS + MORE_STARTS };
    for start in 0..starts {
        let budget = if start < STARTS { START_BUDGET.max(size * 40) } else { small_budget };
        if start > 0 && search.work > budget {
            break;
        }
        search.start(layers, start);
        if start >= STARTS {
            search.shuffle(&mut random);
        }
        let crossings = search.improve();
        if best.as_ref().is_none_or(|(least, _)| crossings < *least) {
            best = Some((crossings, search.ranks.clone()));
        }
        if crossings == 0 {
            break;
        }
    }
    let Some((mut least, mut ranks)) = best else {
        return Order { ranks: search.ranks, crossings: 0, work: search.work };
    };
    // Shake the best order and let it settle again, for as long as that is cheap.
    let mut round = 0;
    while least > 0 && care == Care::Full {
        let few = round < SHAKES && search.work < SHAKE_BUDGET;
        if !few && (round >= MORE_SHAKES || search.work >= 2 * small_budget) {
            break;
        }
        round += 1;
        search.set(&ranks);
        search.shake(&mut random);
        let crossings = search.improve();
        if crossings <= least {
            least = crossings;
            ranks.clone_from(&search.ranks);
        }
    }
    Order { ranks, crossings: least, work: search.work }
}

/// No more steps than this, but for the first sweep.
const MOST_WORK: u64 = 80_000_000;
const STARTS: u32 = 4;
const GLANCE_STARTS: u32 = 1;
const START_BUDGET: u64 = 60_000_000;
const SHAKES: u32 = 10;
const MORE_SHAKES: u32 = 80;
const MORE_STARTS: u32 = 8;
const SMALL_BUDGET: u64 = 200_000;
const SHAKE_BUDGET: u64 = 40_000_000;

struct Search {
    up: Adjacency,
    down: Adjacency,
    ranks: Vec<Vec<u32>>,
    /// Place of each cell within its rank.
    places: Vec<u32>,
    rank_of: Vec<u32>,
    /// Elementary steps done so far; limits are stated in it, so that results do not depend on a clock.
    work: u64,
    tree: Vec<u32>,
}

impl Search {
    fn new(layers: &Layers) -> Self {
        let count = layers.cells.len();
        Self {
            up: Adjacency::new(count, layers.links.iter().map(|link| (link.lower, link.upper))),
            down: Adjacency::new(count, layers.links.iter().map(|link| (link.upper, link.lower))),
            ranks: vec![Vec::new(); layers.rank_count],
            places: vec![0; count],
            rank_of: layers.cells.iter().map(|cell| cell.rank).collect(),
            work: 0,
            tree: Vec::new(),
        }
    }

    fn set(&mut self, ranks: &[Vec<u32>]) {
        self.ranks.clone_from_slice(ranks);
        for rank in 0..self.ranks.len() {
            self.renumber(rank);
        }
    }

    fn renumber(&mut self, rank: usize) {
        for (place, &cell) in self.ranks[rank].iter().enumerate() {
            self.places[cell as usize] = place as u32;
        }
    }

    /// A first order: cells as a search from the top or from the bottom meets them.
    fn start(&mut self, layers: &Layers, variant: u32) {
        let (from_bottom, breadth_first) = (variant % 2 == 1, variant >= 2);
        for rank in &mut self.ranks {
            rank.clear();
        }
        let count = self.places.len();
        let mut seen = vec![false; count];
        let ends =
            |adjacency: &Adjacency| (0..count as u32).filter(|&cell| adjacency.of(cell).is_empty()).collect();
        let roots: Vec<u32> = if from_bottom { ends(&self.down) } else { ends(&self.up) };
        let mut queue = std::collections::VecDeque::new();
        for root in roots.into_iter().chain(0..layers.cells.len() as u32) {
            if seen[root as usize] {
                continue;
            }
            queue.push_back(root);
            if breadth_first {
                seen[root as usize] = true;
            }
            loop {
                let cell = if breadth_first { queue.pop_front() } else { queue.pop_back() };
                let Some(cell) = cell else { break };
                if !breadth_first && std::mem::replace(&mut seen[cell as usize], true) {
                    continue;
                }
                self.ranks[self.rank_of[cell as usize] as usize].push(cell);
                let (ahead, back) = if from_bottom { (&self.up, &self.down) } else { (&self.down, &self.up) };
                if breadth_first {
                    for &next in ahead.of(cell).iter().chain(back.of(cell)) {
                        if !std::mem::replace(&mut seen[next as usize], true) {
                            queue.push_back(next);
                        }
                    }
                } else {
                    queue.extend(ahead.of(cell).iter().rev().filter(|&&next| !seen[next as usize]));
                }
            }
        }
        for rank in 0..self.ranks.len() {
            self.renumber(rank);
        }
    }

    /// Sweeps until nothing gets better; leaves the best order found and returns its crossings.
    fn improve(&mut self) -> u64 {
        let mut best = self.ranks.clone();
        let mut least = self.crossings();
        let mut idle = 0;
        let mut pass = 0;
        while idle < 8 && pass < 32 && least > 0 && self.work < MOST_WORK {
            let center = if pass % 4 < 2 { Center::Median } else { Center::Mean };
            self.sweep(pass % 2 == 0, center, pass % 8 < 4);
            self.transpose(pass % 8 < 4);
            let crossings = self.crossings();
            if crossings < least {
                idle = if crossings * 200 < least * 199 { 0 } else { idle + 1 };
                least = crossings;
                best.clone_from(&self.ranks);
            } else {
                idle += 1;
            }
            pass += 1;
        }
        self.set(&best);
        for round in 0..8 {
            if self.work > MOST_WORK {
                break;
            }
            let gain = self.sift(round % 2 == 0);
            least -= gain;
            if gain * 500 <= least {
                break;
            }
        }
        least
    }

    fn sweep(&mut self, downwards: bool, center: Center, equal_moves: bool) {
        let count = self.ranks.len();
        for step in 1..count {
            let rank = if downwards { step } else { count - 1 - step };
            self.sort_rank(rank, downwards, center, equal_moves);
        }
    }

    /// Sorts a rank by the centers of the neighbours above (or below); cells without any stay.
    fn sort_rank(&mut self, rank: usize, by_upper: bool, center: Center, equal_moves: bool) {
        let adjacency = if by_upper { &mut self.up } else { &mut self.down };
        let mut keyed = Vec::with_capacity(self.ranks[rank].len());
        for &cell in &self.ranks[rank] {
            adjacency.refresh(cell, &self.places);
            let neighbours = adjacency.places_of(cell);
            self.work += 2 + neighbours.len() as u64;
            if !neighbours.is_empty() {
                keyed.push((center.of(neighbours), cell));
            }
        }
        if equal_moves {
            keyed.reverse();
        }
        keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut sorted = keyed.into_iter().map(|(_, cell)| cell);
        for slot in &mut self.ranks[rank] {
            if !adjacency.of(*slot).is_empty() {
                *slot = sorted.next().unwrap_or(*slot);
            }
        }
        self.renumber(rank);
    }

    /// Looks up where the neighbours of the cells of a rank are.
    fn refresh(&mut self, rank: usize) {
        for &cell in &self.ranks[rank] {
            self.up.refresh(cell, &self.places);
            self.down.refresh(cell, &self.places);
            self.work += 2;
        }
    }

    /// Crossings of the edges of two cells with `left` first, less those with `right` first.
    #[inline]
    fn excess(&self, left: u32, right: u32) -> i64 {
        difference(self.up.places_of(left), self.up.places_of(right))
            + difference(self.down.places_of(left), self.down.places_of(right))
    }

    /// Exchanges neighbours while that removes crossings; `equal_moves` also where it changes nothing.
    fn transpose(&mut self, equal_moves: bool) {
        let count = self.ranks.len();
        let mut active = vec![true; count];
        for round in 0..10 {
            let mut gained = 0;
            for rank in 0..count {
                if !std::mem::replace(&mut active[rank], false) {
                    continue;
                }
                self.refresh(rank);
                let mut changed = false;
                for place in 1..self.ranks[rank].len() {
                    let (left, right) = (self.ranks[rank][place - 1], self.ranks[rank][place]);
                    let excess = self.excess(left, right);
                    self.work += 6;
                    if excess > 0 || (excess == 0 && equal_moves && round == 0) {
                        self.ranks[rank].swap(place - 1, place);
                        self.places[left as usize] = place as u32;
                        self.places[right as usize] = place as u32 - 1;
                        changed |= excess > 0;
                        gained += excess;
                    }
                }
                if changed {
                    active[rank.saturating_sub(1)..=(rank + 1).min(count - 1)].fill(true);
                }
            }
            if gained == 0 {
                break;
            }
        }
    }

    /// Moves each cell to its best place within reach and returns the crossings removed.
    fn sift(&mut self, downwards: bool) -> u64 {
        let count = self.ranks.len();
        let mut gained = 0;
        for step in 0..count {
            let rank = if downwards { step } else { count - 1 - step };
            self.refresh(rank);
            for cell in self.ranks[rank].clone() {
                gained += self.sift_cell(rank, cell);
            }
        }
        gained
    }

    fn sift_cell(&mut self, rank: usize, cell: u32) -> u64 {
        const REACH: usize = 60;
        let from = self.places[cell as usize] as usize;
        let row = &self.ranks[rank];
        let (mut best, mut best_change) = (from, 0i64);
        let mut change = 0;
        let last = (from + REACH).min(row.len() - 1);
        for (place, &other) in row.iter().enumerate().take(last + 1).skip(from + 1) {
            change -= self.excess(cell, other);
            if change < best_change {
                (best, best_change) = (place, change);
            }
        }
        change = 0;
        let first = from.saturating_sub(REACH);
        for place in (first..from).rev() {
            change -= self.excess(row[place], cell);
            if change < best_change {
                (best, best_change) = (place, change);
            }
        }
        self.work += 5 * (last - first) as u64;
        if best != from {
            let row = &mut self.ranks[rank];
            if best > from {
                row[from..=best].rotate_left(1);
            } else {
                row[best..=from].rotate_right(1);
            }
            for place in best.min(from)..=best.max(from) {
                self.places[self.ranks[rank][place] as usize] = place as u32;
            }
        }
        (-best_change) as u64
    }

    /// Puts the cells of each rank into random order.
    fn shuffle(&mut self, random: &mut u64) {
        for rank in 0..self.ranks.len() {
            for place in 1..self.ranks[rank].len() {
                let other = (next(random) % (place as u64 + 1)) as usize;
                self.ranks[rank].swap(place, other);
            }
            self.renumber(rank);
        }
    }

    /// Disturbs some ranks a little.
    fn shake(&mut self, random: &mut u64) {
        for rank in 0..self.ranks.len() {
            let length = self.ranks[rank].len();
            if length < 2 || !next(random).is_multiple_of(3) {
                continue;
            }
            for _ in 0..=length / 8 {
                let a = (next(random) % length as u64) as usize;
                let b = (a + 1 + (next(random) % 4) as usize).min(length - 1);
                self.ranks[rank].swap(a, b);
            }
            self.renumber(rank);
        }
    }

    /// Crossings between all neighbouring ranks.
    fn crossings(&mut self) -> u64 {
        (1..self.ranks.len()).map(|rank| self.crossings_above(rank)).sum()
    }

    /// Crossings between a rank and the one above: inversions, counted with a Fenwick tree.
    fn crossings_above(&mut self, rank: usize) -> u64 {
        let width = self.ranks[rank - 1].len();
        self.tree.clear();
        self.tree.resize(width + 1, 0);
        let mut crossings = 0;
        let mut seen = 0u64;
        for &cell in &self.ranks[rank] {
            for &upper in self.up.of(cell) {
                let mut index = self.places[upper as usize] as usize + 1;
                let mut before = 0u64;
                while index > 0 {
                    before += u64::from(self.tree[index]);
                    index &= index - 1;
                }
                crossings += seen - before;
            }
            for &upper in self.up.of(cell) {
                let mut index = self.places[upper as usize] as usize + 1;
                while index <= width {
                    self.tree[index] += 1;
                    index += index & index.wrapping_neg();
                }
                seen += 1;
            }
            self.work += 4;
        }
        crossings
    }
}

impl Center {
    /// The center of neighbours at these places, which are sorted.
    fn of(self, places: &[u32]) -> f64 {
        let at = |index: usize| f64::from(places[index]);
        let count = places.len();
        let middle = count / 2;
        if self == Self::Mean {
            return (0..count).map(at).sum::<f64>() / count as f64;
        }
        if count % 2 == 1 {
            return at(middle);
        }
        if count == 2 {
            return f64::midpoint(at(0), at(1));
        }
        // Between the two medians, nearer to the side where neighbours are closer together.
        let left = at(middle - 1) - at(0);
        let right = at(count - 1) - at(middle);
        if left + right == 0.0 {
            return f64::midpoint(at(middle - 1), at(middle));
        }
        (at(middle - 1) * right + at(middle) * left) / (left + right)
    }
}

/// Inversions between two sorted lists of places in the order given, less those in the other order.
#[inline]
fn difference(left: &[u32], right: &[u32]) -> i64 {
    match (left, right) {
        ([], _) | (_, []) => 0,
        // Nearly all cells are bends of edges.
        (&[a], &[b]) => (i64::from(a) - i64::from(b)).signum(),
        _ => difference_of_many(left, right),
    }
}

fn difference_of_many(left: &[u32], right: &[u32]) -> i64 {
    // For each on the right: those on the left behind it count, those before it count off.
    let (mut before, mut not_behind, mut sum) = (0, 0, 0i64);
    for &here in right {
        while before < left.len() && left[before] < here {
            before += 1;
        }
        not_behind = not_behind.max(before);
        while not_behind < left.len() && left[not_behind] == here {
            not_behind += 1;
        }
        sum += (left.len() - not_behind) as i64 - before as i64;
    }
    sum
}

/// Next of a sequence of pseudorandom numbers (xorshift64*).
fn next(state: &mut u64) -> u64 {
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 20
}
