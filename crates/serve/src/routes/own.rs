//! The own interface below `/api/v1/`.

use std::time::Duration;

use hotlist_store::{Matcher, Range};
use hotlist_web::{Answer, Query};
use hyper::header::HeaderValue;
use hyper::{Method, Request, StatusCode};
use serde_json::{Value, json};

use super::{Asked, json as answer_json};
use crate::failure::Failure;
use crate::intake::{keep, translated};
use crate::moment;
use crate::server::Shared;
use crate::short_type;
use crate::viewers::{Selected, Shown};

/// The parameters of [`query`] and [`diff`] that are not those of a report.
const OWN: [&str; 9] = ["q", "from", "to", "base_q", "base_from", "base_to", "format", "report", "seconds"];

/// How many steps a timeline has when the question does not say.
const STEPS: i64 = 120;

pub(crate) fn answer(shared: &Shared, asked: &mut Asked, path: &str) -> Result<Answer, Failure> {
    if path == "profiles" {
        return push(shared, asked);
    }
    asked.must(&Method::GET)?;
    let query = asked.query()?;
    let tenant = &asked.tenant;
    match path {
        "types" => {
            let types = shared.store.types(tenant, range(&query)?)?;
            let types = types.iter().map(|profile_type| {
                json!({
                    "id": profile_type.to_string(), "name": profile_type.name,
                    "sample_type": profile_type.sample_type, "sample_unit": profile_type.sample_unit,
                    "period_type": profile_type.period_type, "period_unit": profile_type.period_unit,
                    "delta": profile_type.is_delta,
                })
            });
            Ok(answer_json(&json!({ "types": types.collect::<Vec<_>>() })))
        }
        "labels" => {
            let names = shared.store.label_names(tenant, &matchers(&query)?, range(&query)?)?;
            Ok(answer_json(&json!({ "names": names })))
        }
        "series" => {
            let series = shared.store.series(tenant, &matchers(&query)?, range(&query)?)?;
            let series = series.iter().map(|series| {
                let labels: serde_json::Map<String, Value> =
                    series.labels.iter().map(|(name, value)| (name.to_owned(), json!(value))).collect();
                json!({ "type": series.profile_type.to_string(), "labels": labels })
            });
            Ok(answer_json(&json!({ "series": series.collect::<Vec<_>>() })))
        }
        "query_range" => timeline(shared, asked, &query),
        "query" => drawn(shared, asked, &query, None),
        "diff" => {
            let base = selected(&query, "base_q", "base_from", "base_to", Some("q"))?;
            drawn(shared, asked, &query, Some(base))
        }
        path => match path.strip_prefix("labels/").and_then(|rest| rest.strip_suffix("/values")) {
            Some(name) => {
                let name = percent_encoding::percent_decode_str(name).decode_utf8_lossy();
                let values = shared.store.label_values(tenant, &name, &matchers(&query)?, range(&query)?)?;
                Ok(answer_json(&json!({ "values": values })))
            }
            None => Err(Failure::Missing("there is nothing here".to_owned())),
        },
    }
}

/// `POST profiles?service=api&label.zone=z1`, with a profile in any format as its body.
fn push(shared: &Shared, asked: &mut Asked) -> Result<Answer, Failure> {
    asked.must(&Method::POST)?;
    asked.body.unpack(&asked.head.headers, &shared.bodies)?;
    let query = asked.query()?;
    let service = query.get("service").ok_or_else(|| Failure::Bad("service: a name is needed".to_owned()))?;
    let pairs = query.with_prefix("label.").map(|(name, value)| (name.to_owned(), value.to_owned()));
    let (labels, _) = translated(pairs.chain([("service".to_owned(), service.to_owned())]));
    let time = query.get("time").map(|text| moment::point(text, moment::now())).transpose();
    let time = time.map_err(|why| Failure::Bad(format!("time: {why}")))?;
    let body = std::mem::take(&mut asked.body.bytes);
    let receipt = keep(shared, &asked.tenant, labels, query.get("name"), time, body)?;
    let (series, samples, durable) = (receipt.series, receipt.samples, receipt.durable);
    Ok(answer_json(&json!({ "series": series, "samples": samples, "durable": durable })))
}

/// The range of `from` and `to`: the last hour by default.
fn range(query: &Query) -> Result<Range, Failure> {
    range_of(query, "from", "to")
}

fn range_of(query: &Query, from: &str, to: &str) -> Result<Range, Failure> {
    let now = moment::now();
    let point = |name: &str, usual: &str| {
        let text = query.get(name).unwrap_or(usual);
        moment::point(text, now).map_err(|why| Failure::Bad(format!("{name}: {why}")))
    };
    let range = Range { from: point(from, "-1h")?, to: point(to, "now")? };
    if range.from >= range.to {
        return Err(Failure::Bad(format!("{from} must be before {to}")));
    }
    Ok(range)
}

fn matchers(query: &Query) -> Result<Vec<Matcher>, Failure> {
    Ok(Matcher::parse_all(query.get("match").unwrap_or("{}"))?)
}

/// What two parameters of a range and one of a selector choose; `usual` names a parameter that stands in for the selector.
pub(super) fn selected(
    query: &Query,
    q: &str,
    from: &str,
    to: &str,
    usual: Option<&str>,
) -> Result<Selected, Failure> {
    let selector = query.get(q).or_else(|| query.get(usual?));
    let selector = selector
        .ok_or_else(|| Failure::Bad(format!("{q}: a selector is needed, such as cpu{{service=\"api\"}}")))?;
    Ok(Selected { selector: selector.to_owned(), range: range_of(query, from, to)? })
}

/// A merged profile as a file, or any report of it in any drawing.
fn drawn(shared: &Shared, asked: &Asked, query: &Query, base: Option<Selected>) -> Result<Answer, Failure> {
    let selected = selected(query, "q", "from", "to", None)?;
    let format = query.get("format");
    let report = query.get("report");
    let is_file = matches!((format, report), (None | Some("proto" | "pprof"), None));
    if is_file && base.is_none() {
        let profile = selected.merge(shared, &asked.tenant)?;
        let mut file = Vec::new();
        hotlist_formats::write(&profile, &mut file).map_err(|error| Failure::Internal(error.to_string()))?;
        return Ok(Answer::new(StatusCode::OK, "application/octet-stream", file).named("profile.pb.gz"));
    }
    let path = if is_file {
        "/ui/download".to_owned()
    } else {
        format!("/api/v1/{}", report_and_drawing(report, format.unwrap_or("json"))?)
    };
    let shown = Shown { tenant: asked.tenant.clone(), selected, base };
    let viewer = shared.viewers.open(shared, &shown)?;
    let address = format!("{path}?{}", query.without(&OWN));
    let request =
        Request::builder().uri(address).body(()).map_err(|error| Failure::Bad(error.to_string()))?;
    let mut answer = viewer.answer(&request);
    // It is shown where it was asked for, unless it has scripts.
    if answer.headers.get("content-type").is_some_and(|kind| kind != "application/octet-stream") {
        answer.headers.remove("content-disposition");
    } else if format == Some("html") {
        answer
            .headers
            .insert("content-disposition", HeaderValue::from_static("attachment; filename=\"profile.html\""));
    }
    Ok(answer)
}

/// The report and the drawing of an address; each follows from the other where it is not given.
fn report_and_drawing(report: Option<&str>, format: &str) -> Result<String, Failure> {
    let format = if format == "pprof" { "proto" } else { format };
    let drawing = hotlist_render::find(format)
        .ok_or_else(|| Failure::Bad(format!("format: there is no drawing {format:?}")))?;
    let report = match report {
        Some(name) => hotlist_report::find(name)
            .ok_or_else(|| Failure::Bad(format!("report: there is no report {name:?}")))?,
        None => hotlist_report::ALL
            .iter()
            .find(|report| drawing.accepts(report.shape))
            .ok_or_else(|| Failure::Bad(format!("report: one is needed for {format}")))?,
    };
    Ok(format!("{}/{}", report.name, drawing.name))
}

/// Sums over time: `query_range?q=SELECTOR&from=&to=&step=&by=`.
fn timeline(shared: &Shared, asked: &Asked, query: &Query) -> Result<Answer, Failure> {
    let Selected { selector, range } = selected(query, "q", "from", "to", None)?;
    let selector = short_type::selector(&shared.store, &asked.tenant, &selector, range)?;
    let step = match query.get("step") {
        Some(text) => moment::duration(text).map_err(|why| Failure::Bad(format!("step: {why}")))?,
        None => Duration::from_nanos(u64::try_from((range.to - range.from) / STEPS).unwrap_or(0))
            .max(Duration::from_secs(10)),
    };
    let by: Vec<String> = query.all("by").flat_map(|list| list.split(',')).map(str::to_owned).collect();
    let lines = shared.store.timeline(&asked.tenant, &selector, range, step, &by)?;
    let lines = lines.iter().map(|line| {
        let labels: serde_json::Map<String, Value> =
            line.labels.iter().map(|(name, value)| (name.to_owned(), json!(value))).collect();
        let points =
            line.points.iter().map(|point| json!([point.time / 1_000_000, point.value, point.profiles]));
        json!({ "labels": labels, "points": points.collect::<Vec<_>>() })
    });
    Ok(answer_json(&json!({
        "from": range.from / 1_000_000, "to": range.to / 1_000_000, "step": step.as_secs_f64(),
        "unit": selector.profile_type.sample_unit, "series": lines.collect::<Vec<_>>(),
    })))
}
