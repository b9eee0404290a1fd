//! Mangled names to readable ones.
#![allow(missing_docs, reason = "criterion makes undocumented items")]

use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use hotlist_demangle::{Mode, demangle};

/// Names that `crates/demangle/testdata/record` took from programs.
const NAMES: [(&str, &str); 2] = [
    ("C++", include_str!("../../crates/demangle/testdata/cpp.tsv")),
    ("Rust", include_str!("../../crates/demangle/testdata/rust.tsv")),
];

fn names(criterion: &mut Criterion) {
    for (language, table) in NAMES {
        let names: Vec<&str> = table.lines().filter_map(|line| line.split('\t').next()).collect();
        let mut group = criterion.benchmark_group("demangle");
        group
            .sample_size(20)
            .warm_up_time(Duration::from_millis(100))
            .measurement_time(Duration::from_millis(700));
        group.throughput(Throughput::Elements(names.len() as u64));
        for (mode_name, mode) in
            [("default", Mode::Default), ("templates", Mode::Templates), ("full", Mode::Full)]
        {
            group.bench_function(BenchmarkId::new(language, mode_name), |bencher| {
                bencher.iter(|| {
                    names.iter().filter_map(|name| demangle(name, mode)).map(|text| text.len()).sum::<usize>()
                });
            });
        }
        group.finish();
    }
}

criterion_group!(benches, names);
criterion_main!(benches);
