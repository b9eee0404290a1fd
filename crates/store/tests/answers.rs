//! What was pushed is what comes back.

mod common;

use bytes::Bytes;
use common::{CPU, START, labels, profile, push, settings};
use hotlist_store::{Labels, Matcher, Push, Range, Refused, Selector, Store, Tenant};

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
