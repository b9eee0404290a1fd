//! Runs the models: `cargo test --manifest-path crates/collect/models/Cargo.toml`.

#[test]
fn the_lock() {
    hotlist_collect_models::lock::one_at_a_time();
}

#[test]
fn the_ring() {
    hotlist_collect_models::ring::order_is_kept();
}

#[test]
fn the_slot() {
    hotlist_collect_models::slot::late_signals_do_no_harm();
}

#[test]
fn the_live_table() {
    hotlist_collect_models::live_table::whoever_frees_a_block_finds_it();
}
