//! The example that leaks, as its profile is read. Skipped where hotlist was not built.
#![cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]

use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder of what was built for the tests, where binaries and examples are.
fn built() -> PathBuf {
    std::env::current_exe().unwrap().parent().and_then(Path::parent).unwrap().to_owned()
}

/// The summed value in a listing of the line with this source code, which may also be around that of others.
fn value<'a>(listing: &'a str, source: &str) -> &'a str {
    let found = listing.lines().filter(|line| line.ends_with(source));
    let mut values = found.filter_map(|line| line.split_whitespace().nth(1)).filter(|value| *value != ".");
    let first = values.next().unwrap_or_else(|| panic!("{source} in {listing}"));
    assert_eq!(values.next(), None, "{listing}");
    first
}

#[test]
fn the_leak_is_in_its_line_and_in_the_flame_graph() {
    let hotlist = built().join("hotlist");
    if !hotlist.exists() {
        return hotlist_testkit::skip("hotlist is not built");
    }
    let folder = std::env::temp_dir().join(format!("hotlist-collect-leaky-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let profile = folder.join("leaky.pb.gz");
    // At a rate at which every block of the leak is a sample.
    let leaky = Command::new(built().join("examples/leaky"))
        .args(["20", profile.to_str().unwrap()])
        .env("HOTLIST_HEAP_RATE", "1")
        .output()
        .unwrap();
    assert!(leaky.status.success(), "{}", String::from_utf8_lossy(&leaky.stderr));
    let run = |arguments: &[&str]| {
        let output =
            Command::new(&hotlist).args(arguments).arg(&profile).env("PPROF_TMPDIR", &folder).output();
        let output = output.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };

    // The line that allocates, in a function without code of its own, and the line that calls it.
    let listing = run(&["-list=^(leaky::)?(block|remember_forever)$"]);
    assert_eq!(value(&listing, "    vec![1; 64 * 1024]"), "1.25MB");
    assert_eq!(value(&listing, "    kept.push(block());"), "1.25MB");
    // What is given back is not there.
    let allocated = run(&["-list=^leaky::use_and_give_back$", "-sample_index=alloc_objects"]);
    let count: f64 = value(&allocated, "format!(\"word {number}\")).collect();").parse().unwrap();
    assert!(count >= 20_000.0, "{allocated}");

    let flames = run(&["-folded", "-unit=bytes"]);
    let (mut leaked, mut total) = (0, 0);
    for (stack, value) in flames.lines().filter_map(|line| line.rsplit_once(' ')) {
        let value: u64 = value.parse().unwrap();
        total += value;
        if stack.contains("leaky::remember_forever;block")
            || stack.contains("leaky::remember_forever;leaky::block")
        {
            leaked += value;
        }
    }
    assert!(leaked == 20 * 64 * 1024 && leaked * 100 > total * 98, "{leaked} of {total}: {flames}");

    // The picture has a bar for it.
    let page = run(&["-flamegraph"]);
    assert!(page.contains("<html") && page.contains("remember_forever"), "{}", &page[..page.len().min(2000)]);
    std::fs::remove_dir_all(&folder).unwrap();
}
