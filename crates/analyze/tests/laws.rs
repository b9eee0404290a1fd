//! Laws of views and of the sums over them, on random profiles.

use std::borrow::Cow;

use hotlist_analyze::{
    Detail, Edge, Filters, Flame, FlameSpec, Frame, FrameKind, Granularity, Growth, Interest, Names, NodeId,
    NodeTable, PointInTime, SampleValue, TagFilter, Threads, Trim, View, Window, flame, sum_tags,
    trimmed_graph, weigh, weigh_chosen,
};
use hotlist_pattern::Pattern;
use hotlist_profile::Profile;
use hotlist_testkit::{Values, describe, profiles, sums, tall_profile, with_times};
use proptest::prelude::*;

const GRANULARITIES: [Granularity; 5] = [
    Granularity::Functions,
    Granularity::FileFunctions,
    Granularity::Files,
    Granularity::Lines,
    Granularity::Addresses,
];

/// One detail of functions and one of lines.
fn two_details() -> impl Iterator<Item = Detail> {
    details().step_by(6)
}

fn details() -> impl Iterator<Item = Detail> {
    GRANULARITIES.into_iter().flat_map(|granularity| {
        [false, true].map(|no_inlines| Detail { granularity, no_inlines, ..Detail::default() })
    })
}

fn view(profile: &Profile, threads: usize) -> View<'_> {
    let value = SampleValue { column: 0, mean: false };
    View::new(profile, value, Threads::new(threads), &mut Vec::new()).expect("small values can be summed")
}

fn pattern(text: &str) -> Option<Pattern> {
    Some(Pattern::new(text).expect("the pattern is one"))
}

/// Name, flat and cum of every place, sorted by name, without those that weigh nothing.
fn places(view: &View<'_>, detail: Detail) -> Vec<(String, i64, i64)> {
    let table = NodeTable::new(view, detail, None);
    let weights = weigh(&table);
    let mut places: Vec<_> = table
        .ids()
        .map(|node| {
            let name = table.info(node).printable_name();
            (name, weights.flat(node).value, weights.cum(node).value)
        })
        .filter(|&(_, flat, cum)| flat != 0 || cum != 0)
        .collect();
    places.sort_unstable();
    places
}

/// The part of `profile` in a window of time, its ends in nanoseconds after the first time.
fn window(profile: &Profile, from: Option<i64>, to: Option<i64>) -> View<'_> {
    let mut view = view(profile, 1);
    let [from, to] = [from, to].map(|nanos| nanos.map(PointInTime::AfterStart));
    view.apply(&Filters { window: Window { from, to }, ..Filters::default() }, &mut Vec::new());
    view
}

/// The same with the sum over several views.
fn add_up(parts: impl IntoIterator<Item = Vec<(String, i64, i64)>>) -> Vec<(String, i64, i64)> {
    let mut sums = std::collections::BTreeMap::<String, (i64, i64)>::new();
    for (name, flat, cum) in parts.into_iter().flatten() {
        let sum = sums.entry(name).or_default();
        *sum = (sum.0 + flat, sum.1 + cum);
    }
    sums.into_iter()
        .map(|(name, (flat, cum))| (name, flat, cum))
        .filter(|row| (row.1, row.2) != (0, 0))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn windows_of_time_add_up_to_everything(
        profile in profiles(Values::NonNegative),
        one in 0i64..1000,
        two in 0i64..1000,
    ) {
        let profile = with_times(profile.into());
        let cuts = [one.min(two), one.max(two)].map(Some);
        let parts = [(None, cuts[0]), (cuts[0], cuts[1]), (cuts[1], None)];
        let everything = view(&profile, 1);
        for detail in two_details() {
            let whole = add_up([places(&everything, detail)]);
            let in_parts = parts.iter().map(|&(from, to)| places(&window(&profile, from, to), detail));
            prop_assert_eq!(&add_up(in_parts), &whole);
        }
        // What is written down of a window is what it shows, with the times in it.
        let mut written = Vec::new();
        for (from, to) in parts {
            let part = window(&profile, from, to);
            let weight: i64 = part.samples().map(|sample| part.weight(sample).0).sum();
            let part = part.to_profile(false, false).expect("a part is no larger").into_owned();
            prop_assert_eq!(part.totals()[0], i128::from(weight));
            written.push(part);
        }
        let times = |profile: &Profile| {
            let times = profile.samples.times().into_iter().flat_map(hotlist_profile::Times::iter);
            times.filter(|moment| moment.values.iter().any(|&value| value != 0)).count()
        };
        prop_assert_eq!(written.iter().map(times).sum::<usize>(), times(&profile));
        let merged = hotlist_profile::merge(written).expect("parts fit together").expect("there are parts");
        prop_assert_eq!(sums(&merged), sums(&profile));
        prop_assert_eq!(times(&merged), times(&profile));
    }

    #[test]
    fn times_in_labels_are_as_good_as_those_in_the_column(
        profile in profiles(Values::NonNegative),
        from in 0i64..1000,
    ) {
        let profile = with_times(profile.into());
        let labelled = profile.with_timestamps().expect("a few labels fit");
        prop_assert_eq!(labelled.totals(), profile.totals());
        prop_assert!(labelled.samples.times().is_none());
        let detail = Detail::default();
        for (from, to) in [(Some(from), None), (None, Some(from))] {
            let expected = places(&window(&profile, from, to), detail);
            prop_assert_eq!(places(&window(&labelled, from, to), detail), expected);
        }
        prop_assert_eq!(view(&labelled, 1).timeline(10), view(&profile, 1).timeline(10));
    }

    #[test]
    fn the_bins_of_a_timeline_add_up_to_everything(profile in profiles(Values::NonNegative), bins in 1usize..50) {
        let profile = with_times(profile.into());
        let everything = view(&profile, 1);
        match everything.timeline(bins) {
            None => prop_assert!(profile.samples.is_empty()),
            Some(timeline) => {
                prop_assert!(timeline.bins.len() <= bins);
                prop_assert_eq!(timeline.bins.iter().sum::<i64>(), everything.total());
                // A bin weighs what a window of its width does.
                for (number, &weight) in timeline.bins.iter().enumerate() {
                    let from = number as i64 * timeline.width;
                    let part = window(&profile, Some(from), Some(from + timeline.width));
                    prop_assert_eq!(part.samples().map(|sample| part.weight(sample).0).sum::<i64>(), weight);
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn flat_sums_to_the_total(profile in profiles(Values::NonNegative)) {
        let view = view(&profile, 1);
        let without_frames: i64 = view
            .samples()
            .filter(|&sample| profile.frames(sample).is_empty())
            .map(|sample| profile.samples.value(sample, 0))
            .sum();
        for detail in details() {
            let flat: i64 = places(&view, detail).iter().map(|&(_, flat, _)| flat).sum();
            prop_assert_eq!(flat + without_frames, view.total(), "{:?}", detail);
        }
    }

    #[test]
    fn every_place_weighs_between_its_flat_and_the_total(profile in profiles(Values::NonNegative)) {
        let view = view(&profile, 1);
        for detail in details() {
            for (name, flat, cum) in places(&view, detail) {
                prop_assert!(0 <= flat && flat <= cum && cum <= view.total(), "{name}: {flat} {cum}");
            }
        }
    }

    /// Every function weighs the samples that it is on, each once: computed here name by name.
    #[test]
    fn cum_counts_a_sample_once(profile in profiles(Values::Any)) {
        let view = view(&profile, 1);
        let places = places(&view, Detail::default());
        for function in &profile.functions {
            let name = profile.lossy(function.name);
            let on_stack = |line: &hotlist_profile::Line| profile.function(line.function).name == function.name;
            let expected: i64 = view
                .samples()
                .filter(|&sample| {
                    profile.frames(sample).iter().any(|&at| profile.locations.lines(at).iter().any(on_stack))
                })
                .map(|sample| profile.samples.value(sample, 0))
                .sum();
            let cum = places.iter().find(|place| place.0 == name).map_or(0, |place| place.2);
            prop_assert_eq!(cum, expected, "{}", name);
        }
    }

    #[test]
    fn focus_and_ignore_part_the_samples(profile in profiles(Values::NonNegative), which in 0..4usize) {
        let text = ["main", "push|call", "lib", "nosuch"][which];
        let whole = view(&profile, 1);
        let mut focused = view(&profile, 1);
        focused.apply(&Filters { focus: pattern(text), ..Filters::default() }, &mut Vec::new());
        let mut ignored = view(&profile, 1);
        ignored.apply(&Filters { ignore: pattern(text), ..Filters::default() }, &mut Vec::new());
        let mut both: Vec<_> = focused.samples().chain(ignored.samples()).collect();
        both.sort_unstable();
        // Samples without frames pass no filter on names, as in pprof.
        let with_frames: Vec<_> =
            whole.samples().filter(|&sample| !profile.frames(sample).is_empty()).collect();
        prop_assert_eq!(&both, &with_frames);
        focused.take_total();
        ignored.take_total();
        let total: i64 = with_frames.into_iter().map(|sample| profile.samples.value(sample, 0)).sum();
        prop_assert_eq!(focused.total() + ignored.total(), total);
    }

    #[test]
    fn everything_as_a_profile_is_the_profile(profile in profiles(Values::Any)) {
        let view = view(&profile, 1);
        prop_assert!(view.is_everything());
        let same = view.to_profile(false, true).expect("it fits");
        prop_assert!(matches!(same, Cow::Borrowed(same) if std::ptr::eq(same, &raw const profile.0)));
        // The long way round, by a filter that keeps everything.
        let mut view = view.clone();
        let nothing = TagFilter::parse("nosuch").expect("it is a pattern");
        view.apply(&Filters { tag_ignore: Some(nothing), ..Filters::default() }, &mut Vec::new());
        prop_assert!(!view.is_everything());
        prop_assert_eq!(describe(&view.to_profile(false, true).expect("it fits")), describe(&profile));
    }

    /// What is selected weighs the same in the profile that is made of it.
    #[test]
    fn a_selection_as_a_profile_weighs_the_same(profile in profiles(Values::Any), which in 0..5usize) {
        let some = pattern("main|push");
        let filters = [
            Filters { focus: some.clone(), ..Filters::default() },
            Filters { ignore: some.clone(), ..Filters::default() },
            Filters { hide: some.clone(), ..Filters::default() },
            Filters { show: some.clone(), ..Filters::default() },
            Filters { show_from: some, ..Filters::default() },
        ];
        let mut selected = view(&profile, 1);
        selected.apply(&filters[which], &mut Vec::new());
        let made = selected.to_profile(false, true).expect("it fits").into_owned();
        let whole = view(&made, 1);
        for detail in details() {
            prop_assert_eq!(places(&selected, detail), places(&whole, detail), "{:?}", detail);
        }
    }

    /// No tag weighs more than the samples that have it, and so not more than everything.
    #[test]
    fn chosen_places_weigh_the_same_alone(profile in profiles(Values::Any), step in 1..5usize) {
        let hide = Filters { hide: pattern("a"), ..Filters::default() };
        for filters in [Filters::default(), hide] {
            let mut view = view(&profile, 1);
            view.apply(&filters, &mut Vec::new());
            for detail in two_details() {
                let table = NodeTable::new(&view, detail, None);
                let chosen: Vec<bool> = table.ids().map(|node| node.index() % step == 0).collect();
                let (all, some) = (weigh(&table), weigh_chosen(&table, &chosen));
                for node in table.ids() {
                    let of = |weights: &hotlist_analyze::Weights| (weights.flat(node), weights.cum(node));
                    let expected = if chosen[node.index()] { of(&all) } else { Default::default() };
                    prop_assert_eq!(of(&some), expected);
                }
            }
        }
    }

    #[test]
    fn edges_of_interest_are_those_among_all(
        profile in profiles(Values::Any),
        node_count in 0..8usize,
        step in 1..5usize,
    ) {
        let hide = Filters { hide: pattern("a"), ..Filters::default() };
        for filters in [Filters::default(), hide] {
            let mut view = view(&profile, 1);
            view.apply(&filters, &mut Vec::new());
            for detail in two_details() {
                let table = NodeTable::new(&view, detail, None);
                let all = edges(&table, node_count, Interest::All);
                let marked: Vec<bool> = table.ids().map(|node| node.index() % step == 0).collect();
                let is_marked = |node: NodeId| marked[node.index()];
                let touching: Vec<_> =
                    all.iter().filter(|(from, to, _)| is_marked(*from) || is_marked(*to)).copied().collect();
                prop_assert_eq!(edges(&table, node_count, Interest::Touching(marked.clone())), touching);
                let inlined: Vec<NodeId> =
                    all.iter().filter(|(_, _, edge)| edge.inline).map(|&(_, to, _)| to).collect();
                let mut telling = edges(&table, node_count, Interest::Inlining);
                telling.retain(|(_, to, _)| inlined.contains(to));
                let into = all.iter().filter(|(_, to, _)| inlined.contains(to));
                let expected: Vec<_> =
                    into.map(|&(from, to, edge)| (from, to, Edge { residual: false, ..edge })).collect();
                prop_assert_eq!(telling, expected);
            }
        }
    }

    #[test]
    fn tags_weigh_at_most_the_total(profile in profiles(Values::NonNegative)) {
        let view = view(&profile, 1);
        for key in sum_tags(&view, "minimum") {
            let expected: i64 = view
                .samples()
                .filter(|&sample| {
                    let labels = profile.labels.get(profile.samples.labels(sample));
                    labels.iter().any(|label| profile.lossy(label.key) == key.key)
                })
                .map(|sample| profile.samples.value(sample, 0))
                .sum();
            prop_assert_eq!(key.total, expected, "{}", key.key);
            prop_assert!(key.values.iter().all(|value| (0..=key.total).contains(&value.weight)));
        }
    }
}

/// The rows of the frames below each frame.
fn below(flame: &Flame) -> Vec<Vec<usize>> {
    let mut below = vec![Vec::new(); flame.frames.len()];
    for (row, frame) in flame.frames.iter().enumerate().skip(1) {
        below[frame.parent].push(row);
    }
    below
}

/// Whether the same place is above a frame.
fn recursive(flame: &Flame, row: usize) -> bool {
    let mut above = row;
    while above != 0 {
        above = flame.frames[above].parent;
        if above != 0 && flame.frames[above].kind == flame.frames[row].kind {
            return true;
        }
    }
    false
}

fn node(frame: &Frame) -> Option<NodeId> {
    match frame.kind {
        FrameKind::Place(node) => Some(node),
        FrameKind::Root | FrameKind::Others(_) => None,
    }
}

/// The places on the way from the root to a frame.
fn way(flame: &Flame, mut row: usize) -> Vec<NodeId> {
    let mut way = Vec::new();
    while row != 0 {
        way.extend(node(&flame.frames[row]));
        row = flame.frames[row].parent;
    }
    way.reverse();
    way
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever was left out, the sums below a frame make up the frame.
    #[test]
    fn frames_of_a_flame_add_up(profile in profiles(Values::Any), frames in 0..40usize, callers: bool) {
        let view = view(&profile, 1);
        let table = NodeTable::new(&view, Detail::default(), None);
        let growth = if callers { Growth::Callers } else { Growth::Callees };
        let flame = flame(&table, &FlameSpec { growth, frames, ..FlameSpec::default() });
        prop_assert!(flame.frames.iter().filter(|frame| node(frame).is_some()).count() <= frames);
        for (row, rows) in below(&flame).into_iter().enumerate() {
            let frame = flame.frames[row];
            let mut sum = frame.flat;
            let mut last = i64::MAX;
            for &row in &rows {
                let callee = flame.frames[row];
                prop_assert!(row > callee.parent && callee.depth == frame.depth + 1);
                sum += callee.cum;
                if node(&callee).is_some() {
                    prop_assert!(callee.cum.size() <= last, "the heaviest come first");
                    last = callee.cum.size();
                }
            }
            if !matches!(frame.kind, FrameKind::Others(_)) {
                prop_assert_eq!(sum, frame.cum);
            }
        }
    }

    /// The whole tree weighs every place as all other reports do.
    #[test]
    fn a_whole_flame_agrees_with_the_places(profile in profiles(Values::Any)) {
        let view = view(&profile, 1);
        let table = NodeTable::new(&view, Detail::default(), None);
        let weights = weigh(&table);
        let flame = flame(&table, &FlameSpec { frames: usize::MAX, ..FlameSpec::default() });
        for place in table.ids() {
            let (mut flat, mut cum) = (0, 0);
            for (row, frame) in flame.frames.iter().enumerate().filter(|(_, f)| node(f) == Some(place)) {
                flat += frame.flat.net();
                if !recursive(&flame, row) {
                    cum += frame.cum.net();
                }
            }
            prop_assert_eq!((flat, cum), (weights.flat(place).value, weights.cum(place).value));
        }
    }

    /// Both halves of a sandwich weigh what the place in its middle does, and a path leads to the tree
    /// that a complete one has there.
    #[test]
    fn pivots_and_paths(profile in profiles(Values::NonNegative)) {
        let view = view(&profile, 1);
        let table = NodeTable::new(&view, Detail::default(), None);
        let weights = weigh(&table);
        let whole = flame(&table, &FlameSpec { frames: usize::MAX, ..FlameSpec::default() });
        for pivot in table.ids().filter(|&node| weights.cum(node).value != 0) {
            for growth in [Growth::Callees, Growth::Callers] {
                let spec = FlameSpec { growth, pivot: Some(pivot), frames: usize::MAX, ..FlameSpec::default() };
                let half = flame(&table, &spec);
                prop_assert_eq!(half.frames[0].cum.net(), weights.cum(pivot).value);
                prop_assert_eq!(node(&half.frames[1]), Some(pivot));
                prop_assert_eq!(half.frames[1].cum, half.frames[0].cum);
            }
        }
        for row in 1..whole.frames.len() {
            let path = way(&whole, row);
            let steps = path.len();
            let part = flame(&table, &FlameSpec { path, frames: 0, ..FlameSpec::default() });
            let tip = part.frames.iter().enumerate().find(|(row, _)| way(&part, *row).len() == steps);
            prop_assert_eq!(tip.map(|(_, frame)| frame.cum), Some(whole.frames[row].cum));
        }
    }
}

/// The edges of a graph with this many nodes, by the places at their ends.
fn edges(table: &NodeTable<'_, '_>, node_count: usize, interest: Interest) -> Vec<(NodeId, NodeId, Edge)> {
    let trim = Trim { node_count, interest, ..Trim::default() };
    let graph = trimmed_graph(table, &Names::new(table), &trim).graph;
    let mut edges: Vec<_> = graph
        .edges
        .iter()
        .map(|edge| (graph.nodes[edge.from].place, graph.nodes[edge.to].place, *edge))
        .collect();
    edges.sort_unstable_by_key(|&(from, to, _)| (from, to));
    edges
}

/// Large enough that the passes are really split.
#[test]
fn weights_do_not_depend_on_the_number_of_threads() {
    let profile = tall_profile(16_000, 100);
    for granularity in GRANULARITIES {
        let detail = Detail { granularity, ..Detail::default() };
        let alone = places(&view(&profile, 1), detail);
        assert!(!alone.is_empty());
        for threads in [2, 7] {
            assert_eq!(places(&view(&profile, threads), detail), alone, "{threads} threads, {granularity:?}");
        }
    }
}

/// A handful of places is looked for in stacks, others are passed one by one.
#[test]
fn few_places_have_the_edges_that_they_have_among_many() {
    let profile = tall_profile(200, 100);
    for (view, detail) in [1, 2].map(|threads| view(&profile, threads)).iter().zip(details()) {
        let table = NodeTable::new(view, detail, None);
        for node_count in [1, 2, 5, 8] {
            let all = edges(&table, node_count, Interest::All);
            assert!(node_count == 1 || !all.is_empty());
            assert_eq!(all, edges(&table, node_count, Interest::Touching(vec![true; table.len()])));
        }
    }
}
