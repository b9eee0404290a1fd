//! Runs every program with every profiler in turns and prints a table for `docs/collect.md`.
//!
//! `cargo run --release -- [seconds] [work] [profiler]`: for how long altogether (320 at first), and which programs
//! and profilers, by a part of the name.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use hotlist_overhead::statistics::Median;
use hotlist_overhead::{Figures, work};

/// A way to run a program: a binary, its third argument, and its environment.
struct Variant {
    name: &'static str,
    /// The variant that it is compared with.
    base: &'static str,
    binary: &'static str,
    mode: &'static str,
    variables: &'static [(&'static str, &'static str)],
    /// It runs in one of this many rounds: what costs many times the work itself needs no second run.
    every: usize,
}

const PLAIN: &str = "no profiler";
const JEMALLOC: &str = "jemalloc, its profiler off";

const PROFILE_BY_JEMALLOC: &[(&str, &str)] = &[("_RJEM_MALLOC_CONF", "prof:true,lg_prof_sample:19")];

const fn variant(name: &'static str, base: &'static str, binary: &'static str) -> Variant {
    Variant { name, base, binary, mode: "", variables: &[], every: 1 }
}

const VARIANTS: &[Variant] = &[
    variant(PLAIN, PLAIN, "plain"),
    variant("an allocator that only passes on", PLAIN, "through"),
    Variant { variables: &[("HOTLIST_OFF", "1")], ..variant("hotlist-collect heap, off", PLAIN, "sampled") },
    variant("hotlist-collect heap", PLAIN, "sampled"),
    Variant { mode: "cpu", ..variant("hotlist-collect CPU, 100 Hz", PLAIN, "plain") },
    Variant { mode: "pprof", ..variant("pprof-rs CPU, 100 Hz", PLAIN, "plain") },
    Variant { every: usize::MAX, ..variant("dhat", PLAIN, "dhat") },
    variant(JEMALLOC, JEMALLOC, "jemalloc"),
    Variant {
        variables: PROFILE_BY_JEMALLOC,
        ..variant("jemalloc's profiler, 512 KiB", JEMALLOC, "jemalloc")
    },
    variant("hotlist-collect heap over jemalloc", JEMALLOC, "sampled_jemalloc"),
];

fn run(folder: &Path, variant: &Variant, work: &work::Work) -> Figures {
    let mut command = Command::new(folder.join(variant.binary));
    command.args([work.name, &work.size.to_string(), variant.mode]).envs(variant.variables.iter().copied());
    let output = command.output().expect("the binaries are built together");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Figures::parse(&text).unwrap_or_else(|| {
        panic!(
            "{} on {}: {} {}",
            variant.name,
            work.name,
            output.status,
            String::from_utf8_lossy(&output.stderr)
        )
    })
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let seconds = arguments.first().map_or(320, |text| text.parse().expect("a number of seconds"));
    let is_wanted =
        |name: &str, place| arguments.get(place).is_none_or(|part: &String| name.contains(&**part));
    let works: Vec<&work::Work> = work::ALL.iter().filter(|work| is_wanted(work.name, 1)).collect();
    let is_base = |name| name == PLAIN || name == JEMALLOC;
    let variants: Vec<&Variant> =
        VARIANTS.iter().filter(|variant| is_base(variant.name) || is_wanted(variant.name, 2)).collect();
    let own = std::env::current_exe().expect("the path of this program");
    let folder = own.parent().expect("a folder");

    let mut ratios: BTreeMap<(&str, &str), [Vec<f64>; 3]> = BTreeMap::new();
    let mut walls: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    let end = Instant::now() + Duration::from_secs(seconds);
    let mut round = 0;
    while round < 6 || Instant::now() < end {
        for work in &works {
            // Forwards and backwards in turns, so that what grows with time favours neither.
            let mut order: Vec<&&Variant> =
                variants.iter().filter(|variant| round % variant.every == 0).collect();
            if round % 2 == 1 {
                order.reverse();
            }
            let figures: BTreeMap<&str, Figures> =
                order.into_iter().map(|variant| (variant.name, run(folder, variant, work))).collect();
            for variant in &variants {
                let (Some(own), Some(base)) = (figures.get(variant.name), figures.get(variant.base)) else {
                    continue;
                };
                if variant.name == PLAIN {
                    walls.entry(work.name).or_default().push(own.wall);
                }
                let all = ratios.entry((work.name, variant.name)).or_default();
                let pairs = [(own.wall, base.wall), (own.cpu, base.cpu), (own.memory, base.memory)];
                for (values, (own, base)) in all.iter_mut().zip(pairs) {
                    values.push((own / base - 1.0) * 100.0);
                }
            }
        }
        round += 1;
    }

    for work in works {
        let wall = Median::of(&walls[work.name]).middle / 1e6;
        println!("\n{} ({wall:.0} ms a run)\n", work.what);
        println!(
            "| profiler | compared with | wall time | CPU time | memory | pairs |\n|---|---|---|---|---|---|"
        );
        for variant in variants.iter().filter(|variant| !is_base(variant.name)) {
            let Some([wall, cpu, memory]) = ratios.get(&(work.name, variant.name)) else { continue };
            let shown = |values: &[f64]| {
                let Median { middle, interval: (low, high) } = Median::of(values);
                format!("{middle:+.2} % ({low:+.2} to {high:+.2})")
            };
            let memory = Median::of(memory).middle;
            println!(
                "| {} | {} | {} | {} | {memory:+.0} % | {} |",
                variant.name,
                variant.base,
                shown(wall),
                shown(cpu),
                wall.len()
            );
        }
    }
}
