//! Laws that hold between reports, on random profiles: whatever the view, the numbers agree.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use hotlist_analyze::Granularity;
use hotlist_profile::Profile;
use hotlist_render::Context;
use hotlist_report::{Header, NoSource, Shape, TableRow};
use hotlist_session::{Question, Session, ViewOptions};
use hotlist_testkit::{Values, profiles, tall_profile};
use proptest::prelude::*;

fn session(profile: &Profile, threads: usize) -> Session {
    Session::new(profile.clone(), NonZeroUsize::new(threads).unwrap_or(NonZeroUsize::MIN))
}

/// Everything that a profile holds, untrimmed.
fn all(granularity: Granularity) -> ViewOptions {
    ViewOptions { trim: false, granularity: Some(granularity), ..ViewOptions::default() }
}

fn question(report: &str, options: &ViewOptions) -> Question {
    let report = hotlist_report::find(report).expect("the report exists");
    Question::new(report, Some("."), options).expect("the options make sense")
}

/// What `take` makes of the shape of a report; `None` where there is nothing to show.
fn answer<R>(
    profile: &Profile,
    report: &str,
    options: &ViewOptions,
    take: impl FnOnce(&Shape<'_>) -> R,
) -> Option<R> {
    session(profile, 1)
        .answer(&question(report, options), &NoSource, &mut Vec::new(), |shape| Ok(take(shape)))
        .ok()
}

fn table(profile: &Profile, options: &ViewOptions) -> Vec<TableRow> {
    let rows = answer(profile, "top", options, |shape| match shape {
        Shape::Table(table) => table.rows.clone(),
        other => panic!("top makes a {}", other.kind().name()),
    });
    rows.expect("top answers on every profile")
}

fn header<'a>(shape: &'a Shape<'_>) -> Option<&'a Header> {
    match shape {
        Shape::Table(shape) => Some(&shape.header),
        Shape::Neighbours(shape) => Some(&shape.header),
        Shape::Graph(shape) => Some(&shape.header),
        Shape::Flame(shape) => Some(&shape.header),
        Shape::Stacks(shape) => Some(&shape.header),
        Shape::Listing(shape) => Some(&shape.header),
        Shape::Assembly(shape) => Some(&shape.header),
        Shape::Tags(shape) => Some(&shape.header),
        Shape::Notes(_) | Shape::Comparison(_) | Shape::Sensitivity(_) | Shape::Profile(_) => None,
    }
}

/// The label, flat and cum of places, sorted, without those that weigh nothing.
fn sorted(places: impl Iterator<Item = (String, i64, i64)>) -> Vec<(String, i64, i64)> {
    let mut places: Vec<_> = places.filter(|&(_, flat, cum)| flat != 0 || cum != 0).collect();
    places.sort_unstable();
    places
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_report_refers_to_the_total_of_top(profile in profiles(Values::Any)) {
        let options = all(Granularity::Functions);
        let total = |report: &str| {
            answer(&profile, report, &options, |shape| header(shape).map(|header| header.total)).flatten()
        };
        let expected = total("top");
        prop_assert!(expected.is_some());
        for report in hotlist_report::ALL {
            if let Some(other) = total(report.name) {
                prop_assert_eq!(Some(other), expected, "{}", report.name);
            }
        }
    }

    #[test]
    fn traces_add_up_to_what_top_shows(profile in profiles(Values::NonNegative)) {
        let options = all(Granularity::Functions);
        let flat: i64 = table(&profile, &options).iter().map(|row| row.flat).sum();
        let stacks = answer(&profile, "traces", &options, |shape| match shape {
            Shape::Stacks(stacks) => stacks.rows().map(|row| row.value).sum::<i64>(),
            other => panic!("traces makes {}", other.kind().name()),
        });
        prop_assert_eq!(stacks, Some(flat));
    }

    #[test]
    fn tree_and_graph_weigh_places_as_top_does(profile in profiles(Values::Any)) {
        for granularity in [Granularity::Functions, Granularity::FileFunctions, Granularity::Lines] {
            let options = all(granularity);
            let rows = table(&profile, &options);
            let expected = sorted(rows.into_iter().map(|row| (row.place.label, row.flat, row.cum)));
            let tree = answer(&profile, "tree", &options, |shape| match shape {
                Shape::Neighbours(tree) => {
                    sorted(tree.entries.iter().map(|e| (e.place.label.clone(), e.flat, e.cum)))
                }
                other => panic!("tree makes {}", other.kind().name()),
            });
            prop_assert_eq!(tree.as_ref(), Some(&expected));
            let graph = answer(&profile, "dot", &options, |shape| match shape {
                Shape::Graph(graph) => {
                    sorted(graph.nodes.iter().map(|n| (n.place.label.clone(), n.flat, n.cum)))
                }
                other => panic!("dot makes {}", other.kind().name()),
            });
            prop_assert_eq!(graph.as_ref(), Some(&expected));
        }
    }

    /// Self and total of a place have one meaning, in flame graphs and sandwiches with few frames as well.
    #[test]
    fn every_view_weighs_a_place_as_top_does(profile in profiles(Values::Any), frames in 1usize..20) {
        let options = all(Granularity::Lines);
        let tops: BTreeMap<String, (i64, i64)> = table(&profile, &options)
            .into_iter()
            .map(|row| (row.place.key().to_string(), (row.flat, row.cum)))
            .collect();
        let weight = |key: &str| tops.get(key).copied().unwrap_or_default();
        let peeked = answer(&profile, "peek", &options, |shape| match shape {
            Shape::Neighbours(neighbours) => neighbours.entries.clone(),
            other => panic!("peek makes {}", other.kind().name()),
        });
        for entry in peeked.unwrap_or_default() {
            prop_assert_eq!((entry.flat, entry.cum), weight(&entry.place.key().to_string()));
        }
        let pivots = tops.keys().take(4).cloned().chain([String::new()]);
        for (pivot, inverted) in pivots.flat_map(|pivot| [(pivot.clone(), false), (pivot, true)]) {
            let mut question = question("flamegraph", &options);
            question.options.node_count = frames;
            question.options.flame.pivot.clone_from(&pivot);
            question.options.flame.inverted = inverted;
            let places = session(&profile, 1).answer(&question, &NoSource, &mut Vec::new(), |shape| match shape {
                Shape::Flame(flame) => Ok(flame.places.clone()),
                other => panic!("flamegraph makes {}", other.kind().name()),
            });
            let mut seen = 0;
            for place in places.expect("there is a flame graph") {
                let found = (place.flat, place.cum);
                prop_assert_eq!(found, weight(&place.place.key().to_string()), "{} {}", pivot, place.place.label);
                seen += usize::from(found.1 != 0);
            }
            prop_assert_eq!(seen, tops.values().filter(|(_, cum)| *cum != 0).count());
        }
    }

    /// Also for recursive functions, which random profiles are full of.
    #[test]
    fn list_headers_agree_with_top(profile in profiles(Values::Any)) {
        let rows = table(&profile, &all(Granularity::FileFunctions));
        let mut cums = BTreeMap::<(String, String), (i64, i64)>::new();
        for row in rows {
            let sum = cums.entry((row.place.function, row.place.file)).or_default();
            sum.0 += row.flat;
            sum.1 += row.cum;
        }
        let listed = answer(&profile, "list", &all(Granularity::FileFunctions), |shape| match shape {
            Shape::Listing(listing) => listing.routines.clone(),
            other => panic!("list makes {}", other.kind().name()),
        });
        for routine in listed.unwrap_or_default() {
            let file = routine.file.clone().unwrap_or_default();
            let expected = cums.get(&(routine.name.clone(), file)).copied().unwrap_or_default();
            prop_assert_eq!((routine.flat, routine.cum), expected, "{}", routine.name);
        }
    }
}

/// The profile is large enough that passes over it are really split.
#[test]
fn no_report_depends_on_the_number_of_threads() {
    let profile = tall_profile(5_000, 160);
    let sessions = [1, 2, 7].map(|threads| session(&profile, threads));
    let context = Context { time_zone: jiff::tz::TimeZone::UTC, colour: false };
    for report in hotlist_report::ALL {
        let options = ViewOptions::default();
        let question = question(report.name, &options);
        let drawn = sessions.each_ref().map(|session| {
            let mut out = Vec::new();
            let drawing = hotlist_render::of_report(report);
            let outcome = session.draw(&question, drawing, &NoSource, &mut out, &context, &mut Vec::new());
            // There is no machine code here.
            assert!(outcome.is_ok() || report.name == "disasm", "{}: {outcome:?}", report.name);
            out
        });
        // Not assert_eq: these outputs are too long to read.
        assert!(drawn[0] == drawn[1] && drawn[0] == drawn[2], "{} differs", report.name);
    }
}
