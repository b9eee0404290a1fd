//! A network simplex over one integer coordinate per variable.
//!
//! It minimizes the sum over arcs of a convex cost of `t = x[head] - x[tail] - length`, which is
//! `below * t` for negative `t` and `above * t` for positive `t`; an arc whose `below` is
//! [`FORBIDDEN`] keeps `t` at zero or more. Ranks (section 2 of Gansner, Koutsofios, North, Vo: "A
//! Technique for Drawing Directed Graphs", 1993) and x coordinates (section 4) are both of that form.
//! The paper splits each `|x[u] - x[v]|` with a helper node; a cost with a kink needs none, and a
//! pivot may run through many kinks at once for as long as the cost falls.
//!
//! As in the paper, positions stay feasible all the time, so the work can be limited: what there is
//! when the budget ends is the answer.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

/// The cost of an arc that must not be shorter than its length.
pub(crate) const FORBIDDEN: i64 = -(1 << 40);

const NONE: u32 = u32::MAX;

/// A bit of a stamp that walks up the tree use, so that the stamps of the current slide survive.
const MARK: u32 = 1 << 31;

/// One term of the cost.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Arc {
    pub(crate) tail: u32,
    pub(crate) head: u32,
    /// The difference of positions at which the cost has its kink.
    pub(crate) length: i64,
    /// Slope while the arc is shorter than its length, or [`FORBIDDEN`].
    pub(crate) below: i64,
    /// Slope while the arc is longer than its length.
    pub(crate) above: i64,
}

impl Arc {
    /// `head` stays at least `length` after `tail`, and each unit more costs `slope`.
    pub(crate) fn at_least(tail: u32, head: u32, length: i64, slope: i64) -> Self {
        Self { tail, head, length, below: FORBIDDEN, above: slope }
    }

    /// Each unit of distance between `head` and `tail + length` costs `weight`.
    pub(crate) fn attract(tail: u32, head: u32, length: i64, weight: i64) -> Self {
        Self { tail, head, length, below: -weight, above: weight }
    }
}

/// Improves `positions`, which must keep all [`FORBIDDEN`] arcs, until they are optimal or about
/// `budget` arcs have been looked at.
pub(crate) fn minimize(arcs: &[Arc], positions: &mut [i64], budget: u64) {
    if positions.len() < 2 || arcs.is_empty() {
        return;
    }
    let mut solver = Solver::new(arcs, positions, budget);
    solver.join_tight();
    solver.slide_together();
    solver.hang_trees();
    solver.pivot();
}

/// A nontree arc that stops or changes the slope of a slide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Kink {
    distance: i64,
    arc: u32,
}

struct Solver<'a> {
    arcs: &'a [Arc],
    positions: &'a mut [i64],
    budget: u64,
    /// Incident arcs of each node, in one vector with offsets.
    incident: Vec<u32>,
    offsets: Vec<u32>,
    in_tree: Vec<bool>,
    /// The slope of an arc at present; for a tree arc any value that balances the tree.
    slope: Vec<i64>,
    /// Representative of each node's component while trees are joined.
    component: Vec<u32>,
    members: Vec<Vec<u32>>,
    parent: Vec<u32>,
    parent_arc: Vec<u32>,
    violated: VecDeque<u32>,
    queued: Vec<bool>,
    stamp: Vec<u32>,
    epoch: u32,
    kinks: Vec<Reverse<Kink>>,
}

impl<'a> Solver<'a> {
    fn new(arcs: &'a [Arc], positions: &'a mut [i64], budget: u64) -> Self {
        let nodes = positions.len();
        let mut offsets = vec![0u32; nodes + 1];
        for arc in arcs {
            offsets[arc.tail as usize + 1] += 1;
            offsets[arc.head as usize + 1] += 1;
        }
        for node in 0..nodes {
            offsets[node + 1] += offsets[node];
        }
        let mut next = offsets.clone();
        let mut incident = vec![0u32; arcs.len() * 2];
        for (index, arc) in arcs.iter().enumerate() {
            for node in [arc.tail, arc.head] {
                let place = &mut next[node as usize];
                incident[*place as usize] = index as u32;
                *place += 1;
            }
        }
        let slope = arcs
            .iter()
            .map(|arc| {
                let t = positions[arc.head as usize] - positions[arc.tail as usize] - arc.length;
                if t < 0 { arc.below } else { arc.above }
            })
            .collect();
        Self {
            arcs,
            positions,
            budget,
            incident,
            offsets,
            in_tree: vec![false; arcs.len()],
            slope,
            component: (0..nodes as u32).collect(),
            members: (0..nodes as u32).map(|node| vec![node]).collect(),
            parent: vec![NONE; nodes],
            parent_arc: vec![NONE; nodes],
            violated: VecDeque::new(),
            queued: vec![false; arcs.len()],
            stamp: vec![0; nodes],
            epoch: 0,
            kinks: Vec::new(),
        }
    }

    fn range(&self, node: u32) -> std::ops::Range<usize> {
        self.offsets[node as usize] as usize..self.offsets[node as usize + 1] as usize
    }

    /// How much longer than its length the arc is.
    fn excess(&self, arc: u32) -> i64 {
        let arc = &self.arcs[arc as usize];
        self.positions[arc.head as usize] - self.positions[arc.tail as usize] - arc.length
    }

    fn spend(&mut self, work: usize) {
        self.budget = self.budget.saturating_sub(work as u64 + 1);
    }

    /// Makes one component of the two that `arc` connects, and a tree arc of `arc`.
    fn join(&mut self, arc: u32) {
        let Arc { tail, head, .. } = self.arcs[arc as usize];
        let (mut from, mut into) = (self.component[tail as usize], self.component[head as usize]);
        if self.members[from as usize].len() > self.members[into as usize].len() {
            std::mem::swap(&mut from, &mut into);
        }
        let moved = std::mem::take(&mut self.members[from as usize]);
        for &node in &moved {
            self.component[node as usize] = into;
        }
        self.members[into as usize].extend(moved);
        self.in_tree[arc as usize] = true;
    }

    /// Trees of the arcs that are exactly as long as they should be, heavy ones first.
    fn join_tight(&mut self) {
        let mut tight: Vec<u32> = (0..self.arcs.len() as u32).filter(|&arc| self.excess(arc) == 0).collect();
        tight.sort_by_key(|&arc| Reverse(self.arcs[arc as usize].above));
        for arc in tight {
            let Arc { tail, head, .. } = self.arcs[arc as usize];
            if self.component[tail as usize] != self.component[head as usize] {
                self.join(arc);
            }
        }
    }

    /// Slides whole trees downhill until they touch others, smallest first.
    fn slide_together(&mut self) {
        let mut heap: BinaryHeap<Reverse<(usize, u32)>> = (0..self.members.len() as u32)
            .filter(|&component| !self.members[component as usize].is_empty())
            .map(|component| Reverse((self.members[component as usize].len(), component)))
            .collect();
        while let Some(Reverse((size, component))) = heap.pop() {
            if self.members[component as usize].len() != size {
                if size < self.members[component as usize].len() {
                    heap.push(Reverse((self.members[component as usize].len(), component)));
                }
                continue;
            }
            if self.budget == 0 {
                return;
            }
            let moved = std::mem::take(&mut self.members[component as usize]);
            let touched = self.slide_component(component, &moved);
            self.members[component as usize] = moved;
            if let Some(arc) = touched {
                let Arc { tail, head, .. } = self.arcs[arc as usize];
                self.join(arc);
                debug_assert_eq!(self.component[tail as usize], self.component[head as usize]);
                let joined = self.component[tail as usize];
                heap.push(Reverse((self.members[joined as usize].len(), joined)));
            }
        }
    }

    /// Slides `moved` in the direction in which the cost falls, or falls least slowly, to the place
    /// where it would rise again, and returns an arc that is tight there.
    fn slide_component(&mut self, component: u32, moved: &[u32]) -> Option<u32> {
        let (mut right, mut left) = (0i64, 0i64);
        let mut crossing = Vec::new();
        for &node in moved {
            for place in self.range(node) {
                let index = self.incident[place];
                let arc = self.arcs[index as usize];
                let other = if arc.tail == node { arc.head } else { arc.tail };
                if self.component[other as usize] == component {
                    continue;
                }
                let excess = self.excess(index);
                let (shorter, longer) = match excess.cmp(&0) {
                    std::cmp::Ordering::Less => (arc.below, arc.below),
                    std::cmp::Ordering::Equal => (arc.below, arc.above),
                    std::cmp::Ordering::Greater => (arc.above, arc.above),
                };
                let sign = if arc.head == node { 1 } else { -1 };
                // Moving right lengthens arcs whose head moves and shortens the others.
                right += if sign > 0 { longer } else { -shorter };
                left += if sign > 0 { -shorter } else { longer };
                crossing.push((index, sign, excess));
            }
            self.spend(self.range(node).len());
        }
        // Where the cost falls neither way, there is a kink right here or it is level: the nearest will do.
        let falls = right < 0 || left < 0;
        let mut best = None;
        for (direction, mut slope) in [(1i64, right), (-1, left)] {
            if falls && slope >= 0 {
                continue;
            }
            let mut kinks: Vec<Kink> = crossing
                .iter()
                .filter(|(_, sign, excess)| excess * sign * direction <= 0)
                .map(|&(arc, _, excess)| Kink { distance: excess.abs(), arc })
                .collect();
            kinks.sort_unstable();
            // At distance zero the slope already contains the kink.
            for kink in &kinks {
                if kink.distance > 0 {
                    let arc = &self.arcs[kink.arc as usize];
                    slope += arc.above - arc.below;
                }
                if slope >= 0 {
                    if best.is_none_or(|(distance, _, _)| kink.distance < distance) {
                        best = Some((kink.distance, direction, kink.arc));
                    }
                    break;
                }
            }
        }
        let (distance, direction, touched) = best?;
        for &node in moved {
            self.positions[node as usize] += distance * direction;
        }
        for (index, _, _) in crossing {
            let excess = self.excess(index);
            let arc = &self.arcs[index as usize];
            if excess != 0 {
                self.slope[index as usize] = if excess < 0 { arc.below } else { arc.above };
            }
        }
        Some(touched)
    }

    /// Gives every tree a root and every tree arc the slope that balances what hangs below it.
    fn hang_trees(&mut self) {
        let nodes = self.positions.len();
        let mut order = Vec::with_capacity(nodes);
        let mut seen = vec![false; nodes];
        for root in 0..nodes as u32 {
            if std::mem::replace(&mut seen[root as usize], true) {
                continue;
            }
            let mut next = order.len();
            order.push(root);
            while let Some(&node) = order.get(next) {
                next += 1;
                for place in self.range(node) {
                    let index = self.incident[place];
                    if !self.in_tree[index as usize] {
                        continue;
                    }
                    let arc = &self.arcs[index as usize];
                    let other = if arc.tail == node { arc.head } else { arc.tail };
                    if !std::mem::replace(&mut seen[other as usize], true) {
                        self.parent[other as usize] = node;
                        self.parent_arc[other as usize] = index;
                        order.push(other);
                    }
                }
            }
        }
        let mut surplus = vec![0i64; nodes];
        for (index, arc) in self.arcs.iter().enumerate() {
            if !self.in_tree[index] {
                surplus[arc.head as usize] += self.slope[index];
                surplus[arc.tail as usize] -= self.slope[index];
            }
        }
        for &node in order.iter().rev() {
            let (up, parent) = (self.parent_arc[node as usize], self.parent[node as usize]);
            if up == NONE {
                continue;
            }
            let rest = surplus[node as usize];
            let heads_down = self.arcs[up as usize].head == node;
            self.slope[up as usize] = if heads_down { -rest } else { rest };
            surplus[parent as usize] += rest;
            self.note(up);
        }
    }

    /// Queues a tree arc whose slope is outside what its kink allows.
    fn note(&mut self, arc: u32) {
        if self.violation(arc) > 0 && !std::mem::replace(&mut self.queued[arc as usize], true) {
            self.violated.push_back(arc);
        }
    }

    fn violation(&self, arc: u32) -> i64 {
        let slope = self.slope[arc as usize];
        let arc = &self.arcs[arc as usize];
        (arc.below - slope).max(slope - arc.above)
    }

    /// The worst of the next few violated arcs.
    fn leaving(&mut self) -> Option<u32> {
        const LOOK_AHEAD: usize = 24;
        let mut best = NONE;
        let mut best_violation = 0;
        for _ in 0..LOOK_AHEAD.min(self.violated.len()) {
            let Some(arc) = self.violated.pop_front() else { break };
            let violation = if self.in_tree[arc as usize] { self.violation(arc) } else { 0 };
            if violation <= 0 {
                self.queued[arc as usize] = false;
            } else if violation > best_violation {
                if best != NONE {
                    self.violated.push_back(best);
                }
                (best, best_violation) = (arc, violation);
            } else {
                self.violated.push_back(arc);
            }
        }
        if best == NONE {
            return None;
        }
        self.queued[best as usize] = false;
        Some(best)
    }

    fn pivot(&mut self) {
        while self.budget > 0 {
            match self.leaving() {
                Some(arc) => self.replace(arc),
                None if self.violated.is_empty() => break,
                None => {}
            }
        }
    }

    /// Takes `leaving` out of its tree, slides the smaller side downhill and ties it again.
    fn replace(&mut self, leaving: u32) {
        let Arc { tail, head, below, above, .. } = self.arcs[leaving as usize];
        let longer = self.slope[leaving as usize] > above;
        let (side, side_stamp, head_moves) = self.smaller_side(leaving, tail, head);
        // The head's side moves right to make the arc longer, the tail's side left.
        let direction = if longer == head_moves { 1 } else { -1 };
        let mut slope = -self.violation(leaving);
        let mut kinks = std::mem::take(&mut self.kinks);
        kinks.clear();
        let mut work = 0;
        for &node in &side {
            for place in self.range(node) {
                let index = self.incident[place];
                let arc = &self.arcs[index as usize];
                let other = if arc.tail == node { arc.head } else { arc.tail };
                if self.stamp[other as usize] == side_stamp || index == leaving {
                    continue;
                }
                let grows = (arc.head == node) == (direction > 0);
                let on_top = self.slope[index as usize] == arc.above;
                if grows != on_top && arc.above != arc.below {
                    kinks.push(Reverse(Kink { distance: self.excess(index).abs(), arc: index }));
                }
            }
            work += self.range(node).len();
        }
        self.spend(work * 2);
        let mut heap = BinaryHeap::from(kinks);
        let mut entering = None;
        while let Some(Reverse(kink)) = heap.pop() {
            let arc = self.arcs[kink.arc as usize];
            let change = arc.above - arc.below;
            if slope + change >= 0 {
                entering = Some(kink);
                break;
            }
            slope += change;
            let was_above = self.slope[kink.arc as usize] == arc.above;
            let value = if was_above { arc.below } else { arc.above };
            let difference = value - self.slope[kink.arc as usize];
            self.slope[kink.arc as usize] = value;
            self.push_around(kink.arc, difference);
        }
        self.kinks = heap.into_vec();
        let Some(Kink { distance, arc: entering }) = entering else { return };
        for &node in &side {
            self.positions[node as usize] += distance * direction;
        }
        let bound = if longer { above } else { below };
        // The flow round the cycle that `entering` closes must bring `leaving` to its bound.
        let before = self.slope[leaving as usize];
        self.push_around(entering, 1);
        let per_unit = self.slope[leaving as usize] - before;
        let units = (bound - before) * per_unit;
        self.push_around(entering, units - 1);
        self.slope[entering as usize] += units;
        debug_assert_eq!(self.slope[leaving as usize], bound);
        self.in_tree[leaving as usize] = false;
        self.in_tree[entering as usize] = true;
        self.rehang(leaving, entering, side_stamp);
        self.note(entering);
    }

    /// The nodes of the smaller of the two trees that removing `leaving` makes, the stamp they bear,
    /// and whether the head of `leaving` is among them.
    fn smaller_side(&mut self, leaving: u32, tail: u32, head: u32) -> (Vec<u32>, u32, bool) {
        if self.epoch >= MARK - 4 {
            self.stamp.fill(0);
            self.epoch = 0;
        }
        let stamps = [self.epoch + 1, self.epoch + 2];
        self.epoch += 2;
        let mut sides = [vec![tail], vec![head]];
        let mut next = [0usize; 2];
        self.stamp[tail as usize] = stamps[0];
        self.stamp[head as usize] = stamps[1];
        let mut work = 0;
        let smaller = 'search: loop {
            for which in 0..2 {
                let Some(&node) = sides[which].get(next[which]) else { break 'search which };
                next[which] += 1;
                for place in self.range(node) {
                    let index = self.incident[place];
                    if !self.in_tree[index as usize] || index == leaving {
                        continue;
                    }
                    let arc = &self.arcs[index as usize];
                    let other = if arc.tail == node { arc.head } else { arc.tail };
                    if self.stamp[other as usize] != stamps[which] {
                        self.stamp[other as usize] = stamps[which];
                        sides[which].push(other);
                    }
                }
                work += self.range(node).len();
            }
        };
        self.spend(work);
        let [tails, heads] = sides;
        (if smaller == 0 { tails } else { heads }, stamps[smaller], smaller == 1)
    }

    /// Balances the tree after the slope of the nontree arc `index` has risen by `change`.
    fn push_around(&mut self, index: u32, change: i64) {
        if change == 0 {
            return;
        }
        let Arc { tail, head, .. } = self.arcs[index as usize];
        let meeting = self.meeting(tail, head);
        for (start, surplus) in [(head, change), (tail, -change)] {
            let mut node = start;
            while node != meeting {
                let up = self.parent_arc[node as usize];
                if self.arcs[up as usize].head == node {
                    self.slope[up as usize] -= surplus;
                } else {
                    self.slope[up as usize] += surplus;
                }
                self.note(up);
                node = self.parent[node as usize];
            }
        }
    }

    /// The nearest common ancestor of two nodes of one tree.
    fn meeting(&mut self, a: u32, b: u32) -> u32 {
        let mut trail = Vec::new();
        let (mut a, mut b) = (a, b);
        let found = loop {
            if a == b {
                break a;
            }
            if a != NONE {
                if self.stamp[a as usize] & MARK != 0 {
                    break a;
                }
                self.stamp[a as usize] |= MARK;
                trail.push(a);
                a = self.parent[a as usize];
            }
            if b != NONE {
                if self.stamp[b as usize] & MARK != 0 {
                    break b;
                }
                self.stamp[b as usize] |= MARK;
                trail.push(b);
                b = self.parent[b as usize];
            }
            if a == NONE && b == NONE {
                // Not reached: both ends of an arc hang in one tree.
                break a;
            }
        };
        self.spend(trail.len());
        for node in trail {
            self.stamp[node as usize] &= !MARK;
        }
        found
    }

    /// Turns the parents between the two changed arcs round.
    fn rehang(&mut self, leaving: u32, entering: u32, side_stamp: u32) {
        let Arc { tail, head, .. } = self.arcs[leaving as usize];
        let child = if self.parent_arc[tail as usize] == leaving { tail } else { head };
        let child_in_side = self.stamp[child as usize] == side_stamp;
        let Arc { tail, head, .. } = self.arcs[entering as usize];
        let tail_in_side = self.stamp[tail as usize] == side_stamp;
        let (inside, outside) = if tail_in_side == child_in_side { (tail, head) } else { (head, tail) };
        let (mut node, mut parent, mut arc) = (inside, outside, entering);
        loop {
            let next = std::mem::replace(&mut self.parent[node as usize], parent);
            let next_arc = std::mem::replace(&mut self.parent_arc[node as usize], arc);
            if node == child {
                break;
            }
            (parent, arc, node) = (node, next_arc, next);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(arcs: &[Arc], start: &[i64], expected: &[i64]) {
        let mut positions = start.to_vec();
        minimize(arcs, &mut positions, 1_000_000);
        let least = positions.iter().min().copied().unwrap_or(0);
        let positions: Vec<i64> = positions.iter().map(|x| x - least).collect();
        assert_eq!(positions, expected);
    }

    #[test]
    fn slack_goes_where_it_costs_least() {
        // A diamond with a long and a short side: the node of the short side leans to its heavier arc.
        let arcs = [
            Arc::at_least(0, 1, 1, 1),
            Arc::at_least(1, 2, 1, 1),
            Arc::at_least(2, 3, 1, 1),
            Arc::at_least(0, 4, 1, 1),
            Arc::at_least(4, 3, 1, 5),
        ];
        check(&arcs, &[0, 1, 2, 3, 1], &[0, 1, 2, 3, 2]);
        check(&arcs, &[0, 3, 5, 9, 2], &[0, 1, 2, 3, 2]);
    }

    #[test]
    fn attracted_positions_meet_at_the_weighted_median() {
        let arcs = [
            Arc::at_least(0, 1, 10, 0),
            Arc::at_least(1, 2, 10, 0),
            Arc::attract(0, 3, 0, 1),
            Arc::attract(1, 3, 0, 1),
            Arc::attract(2, 3, 0, 1),
        ];
        check(&arcs, &[0, 10, 20, 0], &[0, 10, 20, 10]);
    }

    #[test]
    fn the_optimum_is_as_good_as_trying_everything() {
        let mut state = 7u64;
        let mut random = |limit: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % limit
        };
        for _ in 0..300 {
            let nodes = 4u32;
            let mut arcs = Vec::new();
            for tail in 0..nodes {
                for head in tail + 1..nodes {
                    match random(3) {
                        0 => arcs.push(Arc::at_least(tail, head, random(3) as i64, random(3) as i64)),
                        1 => arcs.push(Arc::attract(tail, head, random(3) as i64 - 1, random(4) as i64)),
                        _ => {}
                    }
                }
            }
            let cost = |x: &[i64]| -> Option<i64> {
                arcs.iter()
                    .map(|arc| {
                        let t = x[arc.head as usize] - x[arc.tail as usize] - arc.length;
                        if t >= 0 {
                            Some(t * arc.above)
                        } else {
                            (arc.below != FORBIDDEN).then_some(t * arc.below)
                        }
                    })
                    .sum()
            };
            let mut positions = vec![0, 3, 6, 9];
            minimize(&arcs, &mut positions, 1_000_000);
            let found = cost(&positions).expect("feasible");
            let range = 0..14i64;
            let best = range
                .clone()
                .flat_map(|a| range.clone().map(move |b| (a, b)))
                .flat_map(|(a, b)| (0..14i64).map(move |c| [a, b, c, 7]))
                .filter_map(|x| cost(&x))
                .min()
                .expect("some");
            assert_eq!(found, best, "{arcs:?} {positions:?}");
        }
    }
}
