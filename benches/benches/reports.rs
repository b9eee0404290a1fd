//! Questions to a loaded profile, from options to text, on one thread.
#![allow(missing_docs, reason = "criterion makes undocumented items")]

use std::num::NonZeroUsize;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use hotlist_analyze::{Detail, NodeTable, SampleValue, Threads, View, weigh};
use hotlist_benches::{SHAPES, generate};
use hotlist_render::{Context, Drawing};
use hotlist_report::NoSource;
use hotlist_session::{Options, Question, Session};

/// What is measured: a name, a report, its argument, and a focus.
const QUESTIONS: [(&str, &str, Option<&str>, &str); 7] = [
    ("top", "top", None, ""),
    ("tree", "tree", None, ""),
    ("dot", "dot", None, ""),
    ("peek", "peek", Some("package1\\b"), ""),
    ("top focus", "top", None, "package[12]\\b"),
    ("traces", "traces", None, ""),
    ("tags", "tags", None, ""),
];

fn reports(criterion: &mut Criterion) {
    for shape in SHAPES {
        let session = Session::new(generate(shape), NonZeroUsize::MIN);
        let mut group = criterion.benchmark_group("reports");
        group
            .sample_size(10)
            .warm_up_time(Duration::from_millis(100))
            .measurement_time(Duration::from_millis(500));
        group.throughput(Throughput::Elements(shape.samples as u64));
        group.bench_function(BenchmarkId::new("weigh", shape.name()), |bencher| {
            bencher.iter(|| {
                let value = SampleValue { column: 1, mean: false };
                let view =
                    View::new(session.profile(), value, Threads::ONE, &mut Vec::new()).expect("a view");
                weigh(&NodeTable::new(&view, Detail::default(), None))
            });
        });
        for (name, report, argument, focus) in QUESTIONS {
            let question = question(report, argument, focus);
            let drawing: &Drawing = hotlist_render::of_report(question.report);
            group.bench_function(BenchmarkId::new(name, shape.name()), |bencher| {
                bencher.iter(|| {
                    let mut out = Vec::new();
                    session
                        .draw(&question, drawing, &NoSource, &mut out, &Context::plain(), &mut Vec::new())
                        .expect("an answer");
                    out
                });
            });
        }
        group.finish();
    }
}

fn question(report: &str, argument: Option<&str>, focus: &str) -> Question {
    let mut options = Options::default();
    let spec = hotlist_session::find("focus").expect("an option");
    spec.set(&mut options, focus).expect("a good pattern");
    let report = hotlist_report::find(report).expect("a report");
    Question::new(report, argument, &options.view).expect("good options")
}

criterion_group!(benches, reports);
criterion_main!(benches);
