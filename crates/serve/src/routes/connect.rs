//! The calls that Grafana's data source for Pyroscope and its command line make, by the Connect protocol.
//!
//! Sources: `querier/v1/querier.proto` of <https://github.com/grafana/pyroscope>, and
//! <https://connectrpc.com/docs/protocol/>.

use std::collections::BTreeSet;
use std::time::Duration;

use hotlist_profile::Profile;
use hotlist_store::{Labels, Matcher, Range, SERVICE, Selector};
use hotlist_web::Answer;
use hyper::StatusCode;

use super::Asked;
use crate::failure::Failure;
use crate::flame_levels::NameTree;
use crate::intake::{keep, translated};
use crate::messages::{
    DiffRequest, DiffResponse, Empty, LabelNamesRequest, LabelPair, LabelSet, LabelValuesRequest,
    NamesResponse, Point, ProfileTypeMessage, ProfileTypesRequest, ProfileTypesResponse, PushRequest,
    SelectMergeRequest, SelectMergeStacktracesResponse, SelectSeriesRequest, SelectSeriesResponse,
    SeriesMessage, SeriesRequest, SeriesResponse,
};
use crate::moment;
use crate::server::Shared;
use crate::viewers::Selected;

pub(crate) const PUSH: &str = "/push.v1.PusherService/Push";

/// The nodes of a flame graph when a request does not say.
const NODES: i64 = 8192;
/// The most nodes of a flame graph.
const MOST_NODES: i64 = 1 << 20;

/// `PusherService.Push`.
pub(crate) fn push(shared: &Shared, asked: &mut Asked) -> Result<Answer, Failure> {
    let request: PushRequest = asked.message(&shared.bodies)?;
    for series in request.series {
        let (labels, kind) = translated(series.labels.into_iter().map(|pair| (pair.name, pair.value)));
        for sample in series.samples {
            keep(shared, &asked.tenant, labels.clone(), kind.as_deref(), None, sample.raw_profile)?;
        }
    }
    asked.answer(&Empty {})
}

/// `QuerierService`.
pub(crate) fn answer(shared: &Shared, asked: &mut Asked, method: &str) -> Result<Answer, Failure> {
    let limits = &shared.bodies;
    match method {
        "ProfileTypes" => {
            let ProfileTypesRequest { start, end } = asked.message(limits)?;
            let types = shared.store.types(&asked.tenant, range(start, end))?;
            let profile_types = types.into_iter().map(|profile_type| ProfileTypeMessage {
                id: profile_type.to_string(),
                name: profile_type.name,
                sample_type: profile_type.sample_type,
                sample_unit: profile_type.sample_unit,
                period_type: profile_type.period_type,
                period_unit: profile_type.period_unit,
            });
            asked.answer(&ProfileTypesResponse { profile_types: profile_types.collect() })
        }
        "LabelNames" => {
            let LabelNamesRequest { matchers, start, end } = asked.message(limits)?;
            let names =
                shared.store.label_names(&asked.tenant, &all_matchers(&matchers)?, range(start, end))?;
            let names: BTreeSet<String> = names.iter().map(|name| theirs(name).to_owned()).collect();
            asked.answer(&NamesResponse { names: names.into_iter().collect() })
        }
        "LabelValues" => {
            let LabelValuesRequest { name, matchers, start, end } = asked.message(limits)?;
            let matchers = all_matchers(&matchers)?;
            let range = range(start, end);
            let names = match name.as_str() {
                "__profile_type__" => {
                    let series = shared.store.series(&asked.tenant, &matchers, range)?;
                    let types: BTreeSet<String> =
                        series.iter().map(|series| series.profile_type.to_string()).collect();
                    types.into_iter().collect()
                }
                name => shared.store.label_values(&asked.tenant, ours(name), &matchers, range)?,
            };
            asked.answer(&NamesResponse { names })
        }
        "Series" => {
            let SeriesRequest { matchers, label_names, start, end } = asked.message(limits)?;
            let series = shared.store.series(&asked.tenant, &all_matchers(&matchers)?, range(start, end))?;
            let sets: BTreeSet<Vec<(String, String)>> = series
                .iter()
                .map(|series| {
                    let kind = series.profile_type.to_string();
                    let own = [("__profile_type__", kind.as_str())];
                    let all = own
                        .into_iter()
                        .chain(series.labels.iter().map(|(name, value)| (theirs(name), value)));
                    all.filter(|(name, _)| {
                        label_names.is_empty() || label_names.iter().any(|wanted| wanted == name)
                    })
                    .map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .collect()
                })
                .collect();
            let set = |pairs: Vec<(String, String)>| LabelSet {
                labels: pairs.into_iter().map(|(name, value)| LabelPair { name, value }).collect(),
            };
            asked.answer(&SeriesResponse { labels_set: sets.into_iter().map(set).collect() })
        }
        "SelectSeries" => {
            let request: SelectSeriesRequest = asked.message(limits)?;
            let response = select_series(shared, asked, &request)?;
            asked.answer(&response)
        }
        "SelectMergeStacktraces" => {
            let request: SelectMergeRequest = asked.message(limits)?;
            let mut tree = NameTree::default();
            tree.add(&merged(shared, asked, &request)?, 0, 0);
            let flamegraph = Some(tree.levels(nodes(&request)));
            asked.answer(&SelectMergeStacktracesResponse { flamegraph })
        }
        "SelectMergeProfile" => {
            let request: SelectMergeRequest = asked.message(limits)?;
            if asked.media_type() == "application/json" {
                return Err(Failure::Unimplemented(
                    "profiles are answered as application/proto only".to_owned(),
                ));
            }
            let profile = hotlist_profile::encode_to_vec(&merged(shared, asked, &request)?);
            Ok(Answer::new(StatusCode::OK, "application/proto", profile))
        }
        "Diff" => {
            let DiffRequest { left, right } = asked.message(limits)?;
            let mut tree = NameTree::default();
            let mut most = 0;
            for (side, request) in [left, right].into_iter().enumerate() {
                let request = request.ok_or_else(|| Failure::Bad("a side is missing".to_owned()))?;
                most = most.max(nodes(&request));
                tree.add(&merged(shared, asked, &request)?, 0, side);
            }
            asked.answer(&DiffResponse { flamegraph: Some(tree.levels_of_both(most)) })
        }
        method => Err(Failure::Unimplemented(format!("{method} is not answered"))),
    }
}

fn select_series(
    shared: &Shared,
    asked: &Asked,
    request: &SelectSeriesRequest,
) -> Result<SelectSeriesResponse, Failure> {
    let selector = selector(&request.profile_type, &request.label_selector)?;
    let by: Vec<String> = request.group_by.iter().map(|name| ours(name).to_owned()).collect();
    let step = Duration::try_from_secs_f64(request.step).unwrap_or_default().max(Duration::from_secs(1));
    let lines =
        shared.store.timeline(&asked.tenant, &selector, range(request.start, request.end), step, &by)?;
    let mut series: Vec<SeriesMessage> = lines
        .into_iter()
        .map(|line| SeriesMessage {
            labels: pairs(&line.labels),
            points: line
                .points
                .iter()
                .map(|point| Point { value: point.value as f64, timestamp: point.time / 1_000_000 })
                .collect(),
        })
        .collect();
    if let Some(limit) =
        request.limit.and_then(|limit| usize::try_from(limit).ok()).filter(|&limit| limit > 0)
    {
        let sum = |series: &SeriesMessage| series.points.iter().map(|point| point.value).sum::<f64>();
        series.sort_by(|a, b| sum(b).total_cmp(&sum(a)));
        series.truncate(limit);
    }
    Ok(SelectSeriesResponse { series })
}

fn merged(shared: &Shared, asked: &Asked, request: &SelectMergeRequest) -> Result<Profile, Failure> {
    let selected = Selected {
        selector: format!("{}{}", request.profile_type, renamed(&request.label_selector)),
        range: range(request.start, request.end),
    };
    selected.merge(shared, &asked.tenant)
}

fn nodes(request: &SelectMergeRequest) -> usize {
    let most = request.max_nodes.filter(|&most| most > 0).unwrap_or(NODES).min(MOST_NODES);
    usize::try_from(most).unwrap_or(usize::MAX)
}

/// A range in milliseconds. Zero stands for now, and for an hour ago.
fn range(start: i64, end: i64) -> Range {
    let to = if end == 0 { moment::now() } else { end.saturating_mul(1_000_000) };
    let from =
        if start == 0 { to.saturating_sub(3_600_000_000_000) } else { start.saturating_mul(1_000_000) };
    Range { from, to }
}

fn selector(profile_type: &str, labels: &str) -> Result<Selector, Failure> {
    Ok(Selector::parse(&format!("{profile_type}{}", renamed(labels)))?)
}

fn all_matchers(texts: &[String]) -> Result<Vec<Matcher>, Failure> {
    let mut all = Vec::new();
    for text in texts {
        let mut matchers = Matcher::parse_all(text)?;
        matchers.iter_mut().for_each(|matcher| matcher.name = ours(&matcher.name).to_owned());
        // The type stands among labels there; it is asked for by itself here.
        matchers.retain(|matcher| !matcher.name.starts_with("__"));
        all.extend(matchers);
    }
    Ok(all)
}

/// A selector of labels with our name of the service; its values stay as they are.
fn renamed(labels: &str) -> String {
    let mut text = String::with_capacity(labels.len());
    let mut quote = None;
    let mut name = String::new();
    let mut letters = labels.chars();
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (None, c) if c.is_ascii_alphanumeric() || c == '_' || c == '.' => name.push(c),
            (open, c) => {
                text += ours(&std::mem::take(&mut name));
                text.push(c);
                match (open, c) {
                    (Some('"'), '\\') => text.extend(letters.next()),
                    (Some(open), c) if open == c => quote = None,
                    (None, '"' | '`') => quote = Some(c),
                    _ => {}
                }
            }
        }
    }
    text + ours(&name)
}

fn pairs(labels: &Labels) -> Vec<LabelPair> {
    labels
        .iter()
        .map(|(name, value)| LabelPair { name: theirs(name).to_owned(), value: value.to_owned() })
        .collect()
}

fn ours(name: &str) -> &str {
    if name == "service_name" { SERVICE } else { name }
}

fn theirs(name: &str) -> &str {
    if name == SERVICE { "service_name" } else { name }
}

#[test]
fn names_of_labels_are_translated_and_values_are_not() {
    let check = |text: &str, expected: &str| assert_eq!(renamed(text), expected);
    check(r#"{service_name="service_name", pod=~"a.*"}"#, r#"{service="service_name", pod=~"a.*"}"#);
    check(r#"{x="a\"service_name=",service_name!="b"}"#, r#"{x="a\"service_name=",service!="b"}"#);
    check("{}", "{}");
    check("", "");
}
