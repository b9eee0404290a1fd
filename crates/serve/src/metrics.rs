//! What the server counts, as Prometheus reads it.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};

use hotlist_store::Stats;

/// Counters since the start.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    /// Requests by the hundreds of their status, from 100 on.
    by_status: [AtomicU64; 5],
    /// Connections that are open.
    pub(crate) connections: AtomicU64,
    /// Bytes of bodies of profiles that were kept.
    pub(crate) pushed_bytes: AtomicU64,
    /// Scrapes that gave a profile.
    pub(crate) scrapes: AtomicU64,
    /// Scrapes that failed.
    pub(crate) scrape_failures: AtomicU64,
    /// Programs that are asked for profiles.
    pub(crate) targets: AtomicU64,
}

impl Metrics {
    /// Counts an answer.
    pub(crate) fn count(&self, status: u16) {
        let row = usize::from(status / 100).clamp(1, 5) - 1;
        self.by_status[row].fetch_add(1, Ordering::Relaxed);
    }

    /// All of it in the text format of Prometheus
    /// (<https://prometheus.io/docs/instrumenting/exposition_formats/>).
    pub(crate) fn text(&self, stats: &Stats, request_bytes: u64) -> String {
        let mut text = String::new();
        let mut metric = |name: &str, kind: &str, help: &str, rows: &[(String, u64)]| {
            let _ = writeln!(text, "# HELP hotlist_{name} {help}\n# TYPE hotlist_{name} {kind}");
            for (labels, value) in rows {
                let _ = writeln!(text, "hotlist_{name}{labels} {value}");
            }
        };
        let one = |value: u64| [(String::new(), value)];
        let counter = |counter: &AtomicU64| one(counter.load(Ordering::Relaxed));
        let by_status: Vec<(String, u64)> = (1..)
            .zip(&self.by_status)
            .map(|(row, count)| (format!("{{status=\"{row}xx\"}}"), count.load(Ordering::Relaxed)))
            .collect();
        metric("requests_total", "counter", "Answers by status.", &by_status);
        metric("connections", "gauge", "Open connections.", &counter(&self.connections));
        metric("request_bytes", "gauge", "Bytes that requests hold.", &one(request_bytes));
        metric(
            "pushed_bytes_total",
            "counter",
            "Bytes of profiles that were kept.",
            &counter(&self.pushed_bytes),
        );
        metric("profiles_total", "counter", "Profiles that were kept.", &one(stats.profiles));
        metric("samples_total", "counter", "Samples that were kept.", &one(stats.samples));
        metric("refused_total", "counter", "Profiles that were refused.", &one(stats.refused));
        metric("store_memory_bytes", "gauge", "Memory of the store.", &one(stats.memory));
        metric("inbox_bytes", "gauge", "Size of the inbox.", &one(stats.inbox_bytes));
        metric("damaged_files", "gauge", "Files that cannot be read.", &one(stats.damaged.len() as u64));
        metric(
            "storage_failing",
            "gauge",
            "Whether writing failed last.",
            &one(u64::from(!stats.last_failure.is_empty())),
        );
        let of_tenants = |value: &dyn Fn(&hotlist_store::TenantStats) -> u64| -> Vec<(String, u64)> {
            stats.tenants.iter().map(|t| (format!("{{tenant=\"{}\"}}", t.tenant), value(t))).collect()
        };
        metric("series", "gauge", "Series of a tenant.", &of_tenants(&|tenant| tenant.series));
        let bytes = |tenant: &hotlist_store::TenantStats| tenant.tables.iter().map(|table| table.bytes).sum();
        metric("file_bytes", "gauge", "Size of the files of a tenant.", &of_tenants(&bytes));
        metric("scrape_targets", "gauge", "Programs that are asked for profiles.", &counter(&self.targets));
        metric("scrapes_total", "counter", "Scrapes that gave a profile.", &counter(&self.scrapes));
        metric("scrape_failures_total", "counter", "Scrapes that failed.", &counter(&self.scrape_failures));
        text
    }
}

#[test]
fn every_metric_has_help_and_a_type() {
    let metrics = Metrics::default();
    metrics.count(204);
    metrics.count(413);
    let text = metrics.text(&Stats::default(), 7);
    assert!(text.contains("hotlist_requests_total{status=\"2xx\"} 1\n"), "{text}");
    assert!(text.contains("hotlist_requests_total{status=\"4xx\"} 1\n"), "{text}");
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let name = line.split(['{', ' ']).next().unwrap();
        assert!(text.contains(&format!("# TYPE {name} ")), "{line}");
    }
}
