//! Many tests at once.

/// For each probability the smallest rate of false discoveries at which its test is one (Benjamini and Hochberg 1995).
pub(crate) fn false_discovery_rates(probabilities: &[f64]) -> Vec<f64> {
    let count = probabilities.len();
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by(|&a, &b| probabilities[a].total_cmp(&probabilities[b]));
    let mut rates = vec![1.0; count];
    let mut least = 1.0_f64;
    for (rank, &row) in order.iter().enumerate().rev() {
        least = least.min(probabilities[row] * count as f64 / (rank + 1) as f64);
        rates[row] = least;
    }
    rates
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_those_of_the_paper() {
        let rates = false_discovery_rates(&[0.01, 0.5, 0.02, 0.9]);
        assert_eq!(rates, [0.04, 0.5 * 4.0 / 3.0, 0.04, 0.9]);
        assert!(false_discovery_rates(&[]).is_empty());
    }
}
