//! What was pushed is what comes back.

use bytes::Bytes;
use hotlist_profile::{Builder, Profile, encode_to_vec};
use hotlist_store::{Labels, Matcher, Push, Range, Refused, Selector, Settings, Store, Tenant};

const CPU: &str = "process_cpu:cpu:nanoseconds:cpu:nanoseconds";
const START: i64 = 1_795_996_800_000_000_000;

/// A profile with one stack, `main` called by `_start`, and two sample types.
fn profile(time: i64, value: i64) -> Profile {
    let mut builder = Builder::new(&[("samples", "count"), ("cpu", "nanoseconds")]);
    builder.period("cpu", "nanoseconds", 10_000_000);
    builder.profile.time_nanos = time;
    builder.profile.duration_nanos = 10_000_000_000;
    let main = builder.named_function("main", "main.rs");
    let start = builder.named_function("_start", "start.s");
    let stack = [builder.source_location(main, 3), builder.source_location(start, 1)];
    builder.sample(&stack, &[], &[1, value]).unwrap();
    builder.finish()
}

fn labels(service: &str, zone: &str) -> Labels {
    [("service", service), ("zone", zone)].into_iter().collect()
}

fn push<'a>(labels: Labels, profile: &Profile) -> Push<'a> {
    Push { labels, name: None, time: Some(profile.time_nanos), body: Bytes::from(encode_to_vec(profile)) }
}

fn settings() -> Settings {
    let mut settings = Settings::default();
    settings.retention = None;
    settings
}

#[test]
fn labels_and_range_select() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), settings()).unwrap();
    let (tenant, other) = (Tenant::default(), Tenant::new("other").unwrap());
    for (at, (service, zone)) in [("api", "z1"), ("api", "z2"), ("db", "z1")].into_iter().enumerate() {
        let profile = profile(START + at as i64 * 1_000_000_000, 1 << at);
        let receipt = store.push(&tenant, push(labels(service, zone), &profile)).unwrap();
        assert_eq!((receipt.series, receipt.samples), (2, 2));
    }
    let total = |tenant, selector: &str, range| {
        let selector = Selector::parse(&format!("{CPU}{selector}")).unwrap();
        store.merge(tenant, &selector, range).unwrap().totals()[0]
    };
    assert_eq!(total(&tenant, "", Range::ALL), 7);
    assert_eq!(total(&tenant, r#"{service="api"}"#, Range::ALL), 3);
    assert_eq!(total(&tenant, r#"{zone=~"z1|z3"}"#, Range::ALL), 5);
    assert_eq!(total(&tenant, "", Range { from: START + 1, to: START + 2_000_000_000 }), 2);
    assert_eq!(total(&other, "", Range::ALL), 0, "another tenant has nothing");
    assert_eq!(store.types(&tenant, Range::ALL).unwrap().len(), 2);
    let api = Matcher::parse_all(r#"{service="api"}"#).unwrap();
    assert_eq!(store.label_values(&tenant, "zone", &api, Range::ALL).unwrap(), ["z1", "z2"]);
    assert_eq!(store.label_names(&tenant, &[], Range::ALL).unwrap(), ["service", "zone"]);
    assert!(store.label_names(&other, &[], Range::ALL).unwrap().is_empty());
}

#[test]
fn a_timeline_adds_up_by_step_and_label() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), settings()).unwrap();
    let tenant = Tenant::default();
    for at in 0..6 {
        let zone = if at % 2 == 0 { "even" } else { "odd" };
        let profile = profile(START + at * 10_000_000_000, 1 << at);
        store.push(&tenant, push(labels("api", zone), &profile)).unwrap();
    }
    let selector = Selector::parse(CPU).unwrap();
    let range = Range { from: START, to: START + 60_000_000_000 };
    let step = std::time::Duration::from_secs(30);
    let lines = store.timeline(&tenant, &selector, range, step, &["zone".to_owned()]).unwrap();
    let values = |line: usize| lines[line].points.iter().map(|point| point.value).collect::<Vec<_>>();
    assert_eq!((lines[0].labels.get("zone"), values(0)), ("even", vec![1 + 4, 16]));
    assert_eq!((lines[1].labels.get("zone"), values(1)), ("odd", vec![2, 8 + 32]));
}

#[test]
fn limits_name_themselves() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings();
    settings.max_series = 2;
    settings.max_unpacked_bytes = 1000;
    let store = Store::open(folder.path(), settings).unwrap();
    let tenant = Tenant::default();
    let profile = profile(START, 1);
    store.push(&tenant, push(labels("api", "z1"), &profile)).unwrap();
    store.push(&tenant, push(labels("api", "z1"), &profile)).unwrap();
    let refused = store.push(&tenant, push(labels("api", "z2"), &profile)).unwrap_err();
    assert!(matches!(refused, Refused::Series { value: 2, flag: "--max-series", .. }), "{refused}");
    let large = Push { body: Bytes::from(vec![0; 2000]), ..push(labels("api", "z1"), &profile) };
    let refused = store.push(&tenant, large).unwrap_err();
    assert!(matches!(refused, Refused::TooLarge { value: 1000, .. }), "{refused}");
    let empty = Push { body: Bytes::from_static(b"no profile"), ..push(labels("api", "z1"), &profile) };
    assert!(matches!(store.push(&tenant, empty).unwrap_err(), Refused::Unreadable(_)));
    let nobody = Push { labels: Labels::new(), ..push(labels("api", "z1"), &profile) };
    assert!(matches!(store.push(&tenant, nobody).unwrap_err(), Refused::Unreadable(_)));
}
