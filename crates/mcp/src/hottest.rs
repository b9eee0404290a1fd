//! Lines and instructions around the hottest ones.

/// The rows of the `count` heaviest weights, with `context` rows before and after each, in order. Rows without a weight
/// are no centre.
pub(crate) fn around(weights: &[(i64, i64)], count: usize, context: usize) -> Vec<usize> {
    let size = |row: usize| {
        let (flat, cum) = weights[row];
        (cum.unsigned_abs().max(flat.unsigned_abs()), flat.unsigned_abs())
    };
    let mut rows: Vec<usize> = (0..weights.len()).filter(|&row| size(row) != (0, 0)).collect();
    rows.sort_by_key(|&row| (std::cmp::Reverse(size(row)), row));
    let mut chosen = vec![false; weights.len()];
    for &row in rows.iter().take(count) {
        let last = (row + context).min(weights.len() - 1);
        chosen[row.saturating_sub(context)..=last].fill(true);
    }
    (0..weights.len()).filter(|&row| chosen[row]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_heaviest_and_what_is_around_them() {
        let weights = [(0, 0), (1, 1), (0, 0), (0, 0), (0, 0), (0, 9), (0, 0), (3, 3), (0, 0)];
        assert_eq!(around(&weights, 1, 1), [4, 5, 6]);
        assert_eq!(around(&weights, 2, 1), [4, 5, 6, 7, 8]);
        assert_eq!(around(&weights, 9, 0), [1, 5, 7]);
        assert_eq!(around(&weights, 0, 3), [0; 0]);
        assert_eq!(around(&[], 3, 3), [0; 0]);
    }
}
