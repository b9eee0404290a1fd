//! libFuzzer's entry to the harness of this name.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| hotlist_fuzz::import::run(data));
