//! From what a sampling allocator saw to what the program did.

/// Count and size of all allocations, of which `count` with `size` bytes together were seen by a
/// sampler that takes one every `rate` bytes on average.
///
/// Such a sampler is a Poisson process: it takes an allocation of `s` bytes with probability
/// `1 - exp(-s / rate)`, by whose inverse the seen ones are multiplied (gperftools,
/// `docs/heapprofile.html`; pprof's `heapz_v2`). A rate of 1 means that all were seen, and less that
/// the rate is unknown. `None` when the result does not fit.
pub(crate) fn unsample(count: i64, size: i64, rate: i64) -> Option<(i64, i64)> {
    if count == 0 || size == 0 {
        return Some((0, 0));
    }
    if rate <= 1 {
        return Some((count, size));
    }
    let average = size as f64 / count as f64;
    let scale = 1.0 / (1.0 - (-average / rate as f64).exp());
    Some((to_integer(count as f64 * scale)?, to_integer(size as f64 * scale)?))
}

/// `value` without its fraction; `None` when it does not fit.
pub(crate) fn to_integer(value: f64) -> Option<i64> {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    (-LIMIT..LIMIT).contains(&value).then_some(value as i64)
}

#[test]
fn large_allocations_are_always_seen() {
    assert_eq!(unsample(1, 1 << 40, 512 << 10), Some((1, 1 << 40)));
    assert_eq!(unsample(1, 524_288, 524_288), Some((1, 829_411)));
    assert_eq!(unsample(3, 300, 1), Some((3, 300)));
    assert_eq!(unsample(0, 300, 512), Some((0, 0)));
    assert_eq!(unsample(i64::MAX, 1, 1 << 20), None);
}
