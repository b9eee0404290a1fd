//! Medians, and how sure they are.

/// The median of the values, and an interval that holds the true one in at least 95 of 100 cases.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Median {
    /// The median.
    pub middle: f64,
    /// The ends of the interval.
    pub interval: (f64, f64),
}

impl Median {
    /// Of at least one value. The interval is that between two of the values, whose ranks come from the binomial
    /// distribution with chance 1/2 (H. A. David and H. N. Nagaraja, "Order Statistics", 7.1): nothing is assumed
    /// of how the values are distributed. With fewer than six values it is all of them, and less sure.
    pub fn of(values: &[f64]) -> Median {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let count = sorted.len();
        let middle = (sorted[(count - 1) / 2] + sorted[count / 2]) / 2.0;
        // The chance that at most `rank` of all values lie below the median must not pass 2.5 %.
        let mut chance = 0.5_f64.powi(count as i32);
        let (mut rank, mut below) = (0, chance);
        while below <= 0.025 && rank < count / 2 {
            chance *= (count - rank) as f64 / (rank + 1) as f64;
            below += chance;
            rank += 1;
        }
        let rank = rank.saturating_sub(1).min((count - 1) / 2);
        Median { middle, interval: (sorted[rank], sorted[count - 1 - rank]) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_those_of_the_tables() {
        let values = |count: u32| (1..=count).map(f64::from).collect::<Vec<f64>>();
        assert_eq!(Median::of(&values(1)), Median { middle: 1.0, interval: (1.0, 1.0) });
        assert_eq!(Median::of(&values(5)), Median { middle: 3.0, interval: (1.0, 5.0) });
        // The ranks that tables give for 95 %: 2 and 9 of 10, 6 and 15 of 20, 10 and 21 of 30.
        assert_eq!(Median::of(&values(10)), Median { middle: 5.5, interval: (2.0, 9.0) });
        assert_eq!(Median::of(&values(20)), Median { middle: 10.5, interval: (6.0, 15.0) });
        assert_eq!(Median::of(&values(30)), Median { middle: 15.5, interval: (10.0, 21.0) });
    }
}
