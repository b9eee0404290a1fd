//! Bytes to a profile and back, and two profiles to one.
#![allow(missing_docs, reason = "criterion makes undocumented items")]

use std::time::Duration;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use hotlist_benches::{SHAPES, Shape, generate};
use hotlist_profile::{decode, encode_to_vec, merge};

fn codec(criterion: &mut Criterion) {
    for shape in SHAPES {
        let profile = generate(shape);
        let other = generate(Shape { seed: 2, ..shape });
        let encoded = encode_to_vec(&profile);
        let mut file = Vec::new();
        hotlist_formats::write(&profile, &mut file).expect("a vector takes everything");
        let mut group = criterion.benchmark_group("codec");
        group
            .sample_size(10)
            .warm_up_time(Duration::from_millis(100))
            .measurement_time(Duration::from_millis(700));
        group.throughput(Throughput::Bytes(encoded.len() as u64));
        let name = shape.name();
        group.bench_function(BenchmarkId::new("decode", &name), |bencher| {
            bencher.iter(|| decode(&encoded).expect("a profile"));
        });
        group.bench_function(BenchmarkId::new("encode", &name), |bencher| {
            bencher.iter(|| encode_to_vec(&profile));
        });
        group.bench_function(BenchmarkId::new("read gzip", &name), |bencher| {
            bencher.iter(|| {
                hotlist_formats::read_bytes(&file, hotlist_formats::Limits::default()).expect("a file")
            });
        });
        group.bench_function(BenchmarkId::new("write gzip", &name), |bencher| {
            bencher.iter(|| {
                let mut out = Vec::with_capacity(file.len());
                hotlist_formats::write(&profile, &mut out).expect("a vector takes everything");
                out
            });
        });
        group.bench_function(BenchmarkId::new("merge two", &name), |bencher| {
            let inputs = || [profile.clone(), other.clone()];
            bencher.iter_batched(inputs, |two| merge(two).expect("alike"), BatchSize::PerIteration);
        });
        group.finish();
    }
}

criterion_group!(benches, codec);
criterion_main!(benches);
