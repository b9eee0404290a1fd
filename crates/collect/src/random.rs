//! Random numbers that need no state of their own: small, quick and good enough for sampling.

/// A number above 0 and not above 1 (S. Vigna, "An experimental exploration of Marsaglia's xorshift
/// generators", xorshift64*), with 53 random bits.
pub(crate) fn uniform(mut state: u64) -> (u64, f64) {
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    let bits = state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11;
    (state, (bits + 1) as f64 / (1_u64 << 53) as f64)
}
