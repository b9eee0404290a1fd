//! What is pushed comes back in every form that is asked for.

mod support;

use prost::Message;
use serde_json::Value;
use support::{cpu, cpu_query, encode, file, get, get_with, json, post, post_with, read, serve};

/// Two services with a profile each.
fn filled() -> support::Served {
    let served = serve();
    let push = |query: &str, stacks: &[(&str, i64)]| {
        let (status, body) = post(&format!("{}/api/v1/profiles?{query}", served.url), &file(&cpu(stacks)));
        assert_eq!(status, 200, "{body}");
        let body: Value = serde_json::from_str(&body).unwrap();
        assert_eq!((&body["series"], &body["samples"]), (&1.into(), &stacks.len().into()));
    };
    push("service=api&label.zone=z1", &[("parse", 30), ("send", 12)]);
    push("service=api&label.zone=z2", &[("parse", 5)]);
    push("service=web&label.zone=z1", &[("draw", 7)]);
    served
}

#[test]
fn a_query_is_a_pprof_file() {
    let served = filled();
    let total = |labels: &str| {
        let url = format!("{}/api/v1/query?q={}&from=-1h", served.url, cpu_query(labels));
        let (status, body) = get_with(&url, &[]);
        assert_eq!(status, 200, "{}", String::from_utf8_lossy(&body));
        read(&body).totals()
    };
    assert_eq!(total(r#"{service="api"}"#), [47]);
    assert_eq!(total(r#"{service="api",zone=~"z[2-9]"}"#), [5]);
    assert_eq!(total(r#"{zone="z1"}"#), [49]);
    assert_eq!(total("{}"), [54]);
}

#[test]
fn a_query_is_any_report() {
    let served = filled();
    let url = format!("{}/api/v1/query?q={}&from=-1h", served.url, cpu_query(r#"{service="api"}"#));
    let (status, text) = get(&format!("{url}&format=text"));
    assert_eq!(status, 200, "{text}");
    assert!(text.contains("parse") && text.contains("35ns"), "{text}");
    let top = json(&format!("{url}&report=top&format=json&f=send"));
    assert_eq!(top["rows"][0]["place"]["label"], "send", "{top}");
    let flame = json(&format!("{url}&report=flamegraph"));
    assert_eq!(flame["shape"], "flame");
    let (status, svg) = get(&format!("{url}&format=svg&report=dot"));
    assert!(status == 200 && svg.contains("<svg"), "{svg}");
    let (status, text) = get(&format!("{url}&format=nothing"));
    assert!(status == 400 && text.contains("nothing"), "{text}");
}

#[test]
fn the_page_of_a_query_is_below_its_path() {
    let served = filled();
    let selection = encode(&format!("q={}&from=-1h&to=now", cpu_query(r#"{service="api"}"#)));
    let view = format!("{}/view/{selection}", served.url);
    let (status, page) = get(&format!("{view}/ui/flamegraph"));
    assert!(status == 200 && page.contains("../assets/app.js"), "{page}");
    assert_eq!(get(&format!("{view}/assets/app.js")).0, 200);
    let top = json(&format!("{view}/api/v1/top"));
    assert_eq!(top["header"]["total"], 47);
}

#[test]
fn two_queries_are_compared() {
    let served = filled();
    let (api, web) = (cpu_query(r#"{service="api"}"#), cpu_query(r#"{service="web"}"#));
    let url = format!("{}/api/v1/diff?q={api}&base_q={web}", served.url);
    let top = json(&format!("{url}&report=top&format=json"));
    let weight = |label: &str| {
        let rows = top["rows"].as_array().unwrap();
        rows.iter().find(|row| row["place"]["label"] == label).map(|row| row["flat"].as_i64().unwrap())
    };
    assert_eq!((weight("parse"), weight("draw")), (Some(35), Some(-7)), "{top}");
    let (status, body) = get_with(&url, &[]);
    assert_eq!(status, 200);
    assert_eq!(read(&body).sample_types.len(), 1);
}

#[test]
fn labels_and_types_are_listed() {
    let served = filled();
    let api = format!("{}/api/v1", served.url);
    assert_eq!(
        json(&format!("{api}/types"))["types"][0]["id"],
        "process_cpu:cpu:nanoseconds:cpu:nanoseconds"
    );
    assert_eq!(json(&format!("{api}/labels"))["names"], serde_json::json!(["service", "zone"]));
    assert_eq!(json(&format!("{api}/labels/service/values"))["values"], serde_json::json!(["api", "web"]));
    let matched = format!("{api}/labels/zone/values?match={}", encode(r#"{service="web"}"#));
    assert_eq!(json(&matched)["values"], serde_json::json!(["z1"]));
    assert_eq!(json(&format!("{api}/series"))["series"].as_array().unwrap().len(), 3);
    assert_eq!(json(&format!("{api}/types?from=-3d&to=-2d"))["types"], serde_json::json!([]));
}

#[test]
fn sums_over_time_are_grouped() {
    let served = filled();
    let answer =
        json(&format!("{}/api/v1/query_range?q={}&from=-1h&step=1h&by=service", served.url, cpu_query("{}")));
    let sums: Vec<(String, i64)> = answer["series"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| {
            let points = line["points"].as_array().unwrap();
            let sum = points.iter().map(|point| point[1].as_i64().unwrap()).sum();
            (line["labels"]["service"].as_str().unwrap().to_owned(), sum)
        })
        .collect();
    assert_eq!(sums, [("api".to_owned(), 47), ("web".to_owned(), 7)], "{answer}");
}

#[test]
fn ingest_takes_forms_and_folded_stacks() {
    let served = serve();
    let ingest = |query: &str, body: &[u8], kind: &str| {
        post_with(&format!("{}/ingest?{query}", served.url), body, &[("content-type", kind)])
    };
    let name = encode("shop.cpu{zone=z1}");
    assert_eq!(
        ingest(&format!("name={name}&format=folded&sampleRate=100"), b"main;a 3\nmain;b 1\n", "text/plain").0,
        200
    );
    assert_eq!(ingest(&format!("name={name}&format=lines"), b"main;a\nmain;a\n", "text/plain").0, 200);
    let mut form =
        b"--B\r\nContent-Disposition: form-data; name=\"profile\"; filename=\"p\"\r\n\r\n".to_vec();
    form.extend(file(&cpu(&[("c", 500_000_000)])));
    form.extend(b"\r\n--B--\r\n");
    let (status, body) =
        ingest(&format!("name={name}&format=pprof"), &form, "multipart/form-data; boundary=B");
    assert_eq!(status, 200, "{}", String::from_utf8_lossy(&body));
    // Three and one samples of ten milliseconds, two of them, and half a second.
    let url = format!("{}/api/v1/query?q={}", served.url, cpu_query(r#"{service="shop",zone="z1"}"#));
    assert_eq!(read(&get_with(&url, &[]).1).totals(), [40_000_000 + 20_000_000 + 500_000_000]);
    for (query, words) in [
        ("name=x&format=trie", "trie"),
        ("name=", "application"),
        ("name=x&format=folded&units=miles", "miles"),
    ] {
        let (status, body) = ingest(query, b"main;a 3\n", "text/plain");
        let body = String::from_utf8_lossy(&body);
        assert!(status == 400 && body.contains(words), "{query}: {body}");
    }
}

#[derive(Clone, PartialEq, Message)]
struct Label {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "2")]
    value: String,
}

#[derive(Clone, PartialEq, Message)]
struct Push {
    #[prost(message, repeated, tag = "1")]
    series: Vec<Series>,
}

#[derive(Clone, PartialEq, Message)]
struct Series {
    #[prost(message, repeated, tag = "1")]
    labels: Vec<Label>,
    #[prost(message, repeated, tag = "2")]
    samples: Vec<Raw>,
}

#[derive(Clone, PartialEq, Message)]
struct Raw {
    #[prost(bytes = "vec", tag = "1")]
    profile: Vec<u8>,
}

#[test]
fn pyroscopes_push_and_queries() {
    let served = serve();
    let label = |name: &str, value: &str| Label { name: name.to_owned(), value: value.to_owned() };
    let push = Push {
        series: vec![Series {
            labels: vec![label("__name__", "process_cpu"), label("service_name", "api"), label("pod", "p1")],
            samples: vec![Raw { profile: file(&cpu(&[("parse", 30), ("send", 12)])) }],
        }],
    };
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packer, &push.encode_to_vec()).unwrap();
    let url = format!("{}/push.v1.PusherService/Push", served.url);
    let headers = [
        ("content-type", "application/proto"),
        ("content-encoding", "gzip"),
        ("connect-protocol-version", "1"),
    ];
    let (status, body) = post_with(&url, &packer.finish().unwrap(), &headers);
    assert_eq!(status, 200, "{}", String::from_utf8_lossy(&body));

    let call = |method: &str, body: Value| -> Value {
        let url = format!("{}/querier.v1.QuerierService/{method}", served.url);
        let (status, answer) =
            post_with(&url, body.to_string().as_bytes(), &[("content-type", "application/json")]);
        let text = String::from_utf8_lossy(&answer).into_owned();
        assert_eq!(status, 200, "{method}: {text}");
        serde_json::from_str(&text).unwrap()
    };
    let kind = "process_cpu:cpu:nanoseconds:cpu:nanoseconds";
    assert_eq!(call("ProfileTypes", serde_json::json!({}))["profileTypes"][0]["ID"], kind);
    assert_eq!(
        call("LabelNames", serde_json::json!({}))["names"],
        serde_json::json!(["pod", "service_name"])
    );
    let values = serde_json::json!({ "name": "service_name", "matchers": ["{pod=\"p1\"}"] });
    assert_eq!(call("LabelValues", values)["names"], serde_json::json!(["api"]));
    let series = call("Series", serde_json::json!({ "labelNames": ["service_name", "__profile_type__"] }));
    assert_eq!(series["labelsSet"][0]["labels"][0]["value"], kind);
    let selected = serde_json::json!({ "profileTypeID": kind, "labelSelector": "{service_name=\"api\"}" });
    let flame = call("SelectMergeStacktraces", selected.clone());
    assert_eq!(flame["flamegraph"]["names"], serde_json::json!(["total", "main", "parse", "send"]));
    assert_eq!(
        (&flame["flamegraph"]["total"], &flame["flamegraph"]["maxSelf"]),
        (&"42".into(), &"30".into())
    );
    let mut timeline = selected.clone();
    timeline["step"] = 3600.into();
    timeline["groupBy"] = serde_json::json!(["service_name"]);
    let lines = call("SelectSeries", timeline);
    assert_eq!(lines["series"][0]["labels"][0]["name"], "service_name");
    let diff = call("Diff", serde_json::json!({ "left": selected, "right": selected }));
    assert_eq!(
        (&diff["flamegraph"]["leftTicks"], &diff["flamegraph"]["rightTicks"]),
        (&"42".into(), &"42".into())
    );

    // Errors are Connect's.
    let url = format!("{}/querier.v1.QuerierService/SelectMergeSpanProfile", served.url);
    let (status, body) = post_with(&url, b"{}", &[("content-type", "application/json")]);
    assert_eq!(status, 501);
    assert!(String::from_utf8_lossy(&body).contains(r#""code":"unimplemented""#));
    let url = format!("{}/querier.v1.QuerierService/SelectMergeStacktraces", served.url);
    let (status, body) =
        post_with(&url, b"{\"profileTypeID\":\"x\"}", &[("content-type", "application/json")]);
    assert_eq!(status, 400);
    assert!(String::from_utf8_lossy(&body).contains(r#""code":"invalid_argument""#));
}

#[test]
fn metrics_and_readiness() {
    let served = filled();
    assert_eq!(get(&format!("{}/-/ready", served.url)), (200, "ready\n".to_owned()));
    let (status, text) = get(&format!("{}/metrics", served.url));
    assert!(status == 200 && text.contains("hotlist_requests_total{status=\"2xx\"} 4"), "{text}");
}
