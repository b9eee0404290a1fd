//! Pyroscope's `POST /ingest`, by which its older clients push.
//!
//! Source: <https://grafana.com/docs/pyroscope/latest/reference-server-api/>.

use bytes::Bytes;
use hotlist_formats::{Limits, read_bytes, read_bytes_as};
use hotlist_profile::Profile;
use hotlist_store::Labels;
use hotlist_web::{Answer, Query};
use http_body_util::{BodyDataStream, Full};
use hyper::{Method, StatusCode};
use multer::Multipart;

use super::Asked;
use crate::failure::Failure;
use crate::ingest_name::{IngestFormat, IngestName, SampleTypeConfigs, counted_lines};
use crate::intake::{keep, translated};
use crate::moment;
use crate::scrape::since;
use crate::server::Shared;

pub(crate) const PATH: &str = "/ingest";

/// The most fields of a form.
const MOST_FIELDS: usize = 16;

/// The fields of a form.
#[derive(Debug, Clone, Default)]
struct Form {
    profile: Bytes,
    before: Option<Bytes>,
    types: SampleTypeConfigs,
}

/// Takes a form apart; its fields are put beside the request.
pub(crate) async fn take_apart(asked: &mut Asked) -> Result<(), Failure> {
    let kind = asked.header("content-type").to_owned();
    let mut form = Form::default();
    match multer::parse_boundary(&kind) {
        Err(_) => form.profile = asked.body.bytes.clone(),
        Ok(boundary) => {
            let stream = BodyDataStream::new(Full::new(asked.body.bytes.clone()));
            let mut fields = Multipart::new(stream, boundary);
            let wrong = |error: multer::Error| Failure::Bad(format!("the form cannot be read: {error}"));
            let mut count = 0;
            while let Some(field) = fields.next_field().await.map_err(wrong)? {
                count += 1;
                if count > MOST_FIELDS {
                    return Err(Failure::Bad(format!("the form has more than {MOST_FIELDS} fields")));
                }
                let name = field.name().unwrap_or_default().to_owned();
                let bytes = field.bytes().await.map_err(wrong)?;
                match name.as_str() {
                    "profile" => form.profile = bytes,
                    "prev_profile" => form.before = Some(bytes).filter(|bytes| !bytes.is_empty()),
                    "sample_type_config" => {
                        form.types = serde_json::from_slice(&bytes)
                            .map_err(|error| Failure::Bad(format!("sample_type_config: {error}")))?;
                    }
                    _ => {}
                }
            }
        }
    }
    asked.head.extensions.insert(form);
    Ok(())
}

pub(crate) fn answer(shared: &Shared, asked: &mut Asked) -> Result<Answer, Failure> {
    asked.must(&Method::POST)?;
    let query = asked.query()?;
    let name: IngestName = query.get("name").unwrap_or_default().parse().map_err(Failure::Bad)?;
    let format = IngestFormat::named(query.get("format").unwrap_or_default()).map_err(Failure::Bad)?;
    let form: Form = asked.head.extensions.remove().unwrap_or_default();
    let limits = Limits { unpacked_bytes: shared.store.settings().max_unpacked_bytes };
    let (service, kind) = name.service_and_kind();
    let pairs = name.labels.iter().map(|(name, value)| (name.clone(), value.clone()));
    let (labels, _) = translated(pairs.chain([("service".to_owned(), service.to_owned())]));
    let time = query.get("from").map(|text| moment::point(text, moment::now())).transpose();
    let time = time.map_err(|why| Failure::Bad(format!("from: {why}")))?;
    let bad = |error: hotlist_formats::Error| Failure::Bad(error.to_string());
    let body = match format {
        IngestFormat::Sniffed if form.before.is_none() && form.types.is_empty() => form.profile,
        IngestFormat::Sniffed => {
            let mut profile = read_bytes(&form.profile, limits).map_err(bad)?;
            let grows = |name: &str| form.types.get(name).is_none_or(|config| config.cumulative);
            if let Some(before) = &form.before {
                let before = read_bytes(before, limits).map_err(bad)?;
                profile = since(profile, before, &grows).map_err(|error| Failure::Bad(error.to_string()))?;
            }
            rename(&mut profile, &form.types);
            encoded(&profile)
        }
        IngestFormat::Folded | IngestFormat::Lines => {
            let text = if format == IngestFormat::Lines {
                counted_lines(&form.profile).map_err(Failure::Bad)?
            } else {
                form.profile.to_vec()
            };
            let folded = hotlist_formats::named("folded");
            let mut profile = read_bytes_as(folded, &text, limits).map_err(bad)?;
            measure(&mut profile, &query, &name)?;
            encoded(&profile)
        }
    };
    push(shared, asked, labels, kind, time, body)
}

fn push(
    shared: &Shared,
    asked: &Asked,
    labels: Labels,
    kind: Option<&str>,
    time: Option<i64>,
    body: Bytes,
) -> Result<Answer, Failure> {
    keep(shared, &asked.tenant, labels, kind, time, body)?;
    Ok(Answer::new(StatusCode::OK, super::TEXT, ""))
}

fn encoded(profile: &Profile) -> Bytes {
    hotlist_profile::encode_to_vec(profile).into()
}

/// Gives sample types the names and units that a client says they have.
fn rename(profile: &mut Profile, types: &SampleTypeConfigs) {
    for row in 0..profile.sample_types.len() {
        let Some(config) = types.get(&*profile.lossy(profile.sample_types[row].kind)) else { continue };
        if !config.display_name.is_empty() {
            profile.sample_types[row].kind = profile.strings.intern(config.display_name.as_bytes());
        }
    }
}

/// Makes of the counts of folded stacks what the query says they are: times of a sampling clock, or numbers in a unit.
fn measure(profile: &mut Profile, query: &Query, name: &IngestName) -> Result<(), Failure> {
    let rate: i64 = match query.get("sampleRate") {
        None => 100,
        Some(text) => {
            text.parse().ok().filter(|rate| (1..=1_000_000_000).contains(rate)).ok_or_else(|| {
                Failure::Bad(format!("sampleRate: {text:?} is no number of samples a second"))
            })?
        }
    };
    let units = query.get("units").unwrap_or("samples");
    let (kind, unit, period) = match units {
        "samples" => ("cpu", "nanoseconds", 1_000_000_000 / rate),
        "bytes" => (name.app.rsplit('.').next().unwrap_or("space"), "bytes", 1),
        "objects" | "goroutines" => (name.app.rsplit('.').next().unwrap_or("objects"), "count", 1),
        "lock_nanoseconds" => ("delay", "nanoseconds", 1),
        "lock_samples" => ("contentions", "count", 1),
        other => {
            return Err(Failure::Bad(format!(
                "units: {other:?} are none of samples, bytes, objects, goroutines, lock_nanoseconds, lock_samples"
            )));
        }
    };
    let mut intern = |text: &str| profile.strings.intern(text.as_bytes());
    let (kind, unit) = (intern(kind), intern(unit));
    let value_type = hotlist_profile::ValueType { kind, unit };
    if let Some(first) = profile.sample_types.first_mut() {
        *first = value_type;
    }
    if units == "samples" {
        profile.samples.map_values(|_, value| value.saturating_mul(period));
        profile.period_type = value_type;
        profile.period = period;
    }
    Ok(())
}
