//! Handing profiles to the store, with the names that other programs give to labels translated.

use std::sync::atomic::Ordering;

use bytes::Bytes;
use hotlist_store::{Labels, Push, Receipt, SERVICE, Tenant};

use crate::failure::Failure;
use crate::server::Shared;

/// The label by which Prometheus' relatives name what is measured.
const NAME: &str = "__name__";
/// What Pyroscope and OpenTelemetry call a service.
const SERVICE_NAMES: [&str; 3] = ["service_name", "service.name", "job"];

/// Labels with the name of the kind of profile taken out of them, and a service among them.
pub(crate) fn translated(pairs: impl IntoIterator<Item = (String, String)>) -> (Labels, Option<String>) {
    let mut labels = Labels::new();
    let mut kind = None;
    for (name, value) in pairs {
        match name.as_str() {
            NAME => kind = Some(value).filter(|value| !value.is_empty()),
            // What clients say about how they work: __session_id__, __delta__ and such.
            name if name.starts_with("__") => {}
            _ => labels.set(name, value),
        }
    }
    for name in SERVICE_NAMES {
        if labels.service().is_empty() {
            let value = labels.get(name).to_owned();
            labels.set(SERVICE, value);
        }
    }
    // The same under two names would only be twice as long.
    for name in ["service_name", "service.name"] {
        if labels.get(name) == labels.service() {
            labels.set(name, "");
        }
    }
    if labels.service().is_empty() {
        labels.set(SERVICE, "unknown");
    }
    (labels, kind)
}

/// Keeps a profile. This may take long.
pub(crate) fn keep(
    shared: &Shared,
    tenant: &Tenant,
    labels: Labels,
    kind: Option<&str>,
    time: Option<i64>,
    body: Bytes,
) -> Result<Receipt, Failure> {
    let size = body.len() as u64;
    let receipt = shared.store.push(tenant, Push { labels, name: kind, time, body })?;
    shared.metrics.pushed_bytes.fetch_add(size, Ordering::Relaxed);
    Ok(receipt)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pairs: &[(&str, &str)], expected: &[(&str, &str)], kind: Option<&str>) {
        let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let (labels, found) = translated(pairs);
        assert_eq!(labels, expected.iter().copied().collect());
        assert_eq!(found.as_deref(), kind);
    }

    #[test]
    fn services_have_one_name() {
        check(
            &[("__name__", "process_cpu"), ("service_name", "api"), ("pod", "a"), ("__session_id__", "1")],
            &[("service", "api"), ("pod", "a")],
            Some("process_cpu"),
        );
        check(&[("job", "go")], &[("service", "go"), ("job", "go")], None);
        check(&[("service", "x"), ("service_name", "y")], &[("service", "x"), ("service_name", "y")], None);
        check(&[], &[("service", "unknown")], None);
    }
}
