//! Tools that ask a store of profiles.

#[expect(dead_code, reason = "each file of tests uses a part")]
mod support;

use hotlist_fetch::{Environment, Fetcher, TlsOptions};
use hotlist_mcp::Access;
use hotlist_serve::{Server, Site, Tell, Tenants};
use hotlist_store::{Push, Settings, Store, Tenant};
use serde_json::json;
use support::{Client, LARGEST, site};

/// A server of a store with two services, and its address.
fn served(folder: &std::path::Path) -> String {
    let store = Store::open(folder, Settings::default()).expect("a store can be made");
    let now = hotlist_serve::moment::now();
    for (service, zone, leaf, weight) in
        [("api", "z1", "decode", 3), ("api", "z2", "decode", 1), ("worker", "z1", "sort", 2)]
    {
        for minutes in [5, 15, 25] {
            let body = format!("main;{leaf} {weight}\n").into_bytes().into();
            let labels = [("service", service), ("zone", zone)].into_iter().collect();
            let time = Some(now - minutes * 60_000_000_000);
            let push = Push { labels, name: None, time, body };
            store.push(&Tenant::default(), push).expect("a profile can be kept");
        }
    }
    let fetcher =
        Fetcher::new(TlsOptions::default(), Environment::from_lookup(|_| None)).expect("no certificates");
    let site = Site {
        store,
        address: "127.0.0.1:".parse().expect("an address"),
        names: Vec::new(),
        tenants: Tenants::default(),
        tls: None,
        scrape: None,
        authorities: fetcher.tls().expect("authorities"),
        max_profile: 1 << 20,
        request_memory: 16 << 20,
        tell: Tell::default(),
    };
    let server = Server::bind(site).expect("a port is free");
    let url = server.url();
    std::thread::spawn(move || server.run());
    url
}

#[test]
fn a_store_is_asked_until_the_culprit_is_found() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let url = served(&folder.path().join("store"));
    let root = folder.path().join("root");
    std::fs::create_dir(&root).expect("a folder can be made");
    let mut site = site(&root, &[]);
    site.access = Access::new(std::slice::from_ref(&root), std::slice::from_ref(&url), LARGEST)
        .expect("the root is a folder");
    let client = Client::with(site);

    let services = client.answer("services", json!({}));
    assert_eq!(
        services.value["services"],
        json!([
            { "service": "api", "types": ["profile:samples"], "series": 2 },
            { "service": "worker", "types": ["profile:samples"], "series": 1 },
        ])
    );
    assert_eq!(services.value["labels"], json!(["service", "zone"]));
    assert!(services.text.contains("\"api\": profile:samples (2 series)"), "{}", services.text);

    let line = client.answer("timeline", json!({ "query": "samples{service=\"api\"}", "by": "zone" }));
    assert_eq!(line.value["total"], json!("12 samples"));
    assert_eq!(line.value["profiles"], json!(6));
    let lines: Vec<_> = line.value["lines"]
        .as_array()
        .expect("lines")
        .iter()
        .map(|line| (&line["value"], &line["total"], &line["percent"]))
        .collect();
    assert_eq!(
        lines,
        [
            (&json!("z1"), &json!("9 samples"), &json!(75.0)),
            (&json!("z2"), &json!("3 samples"), &json!(25.0))
        ]
    );
    assert_eq!(line.value["lines"][0]["points"].as_array().expect("points").len(), 3);

    let opened = client.answer("open", json!({ "source": line.value["open"] }));
    assert_eq!(opened.value["profile"]["sample_types"][0]["total"], json!("12 samples"));
    let top = client.answer("top", json!({}));
    assert_eq!(top.value["rows"][0]["function"], json!("decode"));

    assert!(client.refusal("timeline", json!({ "query": "heap" })).contains("400"));
    assert!(client.refusal("services", json!({ "from": "yesterday" })).contains("400"));
    let refusal = client.refusal("services", json!({ "store": "http://127.0.0.1:1" }));
    assert!(refusal.contains("may not be asked; given with -url are http://127.0.0.1"), "{refusal}");
    let nothing = client.answer("timeline", json!({ "query": "samples{service=\"none\"}" }));
    assert!(nothing.text.contains("nothing was kept of this"), "{}", nothing.text);
}

#[test]
fn without_a_store_the_tools_say_how_to_name_one() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let client = Client::of(folder.path(), &[]);
    for (tool, arguments) in [("services", json!({})), ("timeline", json!({ "query": "cpu" }))] {
        let refusal = client.refusal(tool, arguments);
        assert!(refusal.contains("has to be started with -url"), "{refusal}");
    }
}
