//! Statistics of many measurements.

/// The value below which this share of the values lies.
pub(crate) fn quantile(values: &[f64], part: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index")]
    let at = (part * (sorted.len().saturating_sub(1)) as f64).round() as usize;
    sorted.get(at).copied().unwrap_or(f64::NAN)
}

pub(crate) fn median(values: &[f64]) -> f64 {
    quantile(values, 0.5)
}

/// The minimum. Other load only adds time, so it is the best estimate of a cost.
pub(crate) fn least(values: &[f64]) -> f64 {
    quantile(values, 0.0)
}

/// The maximum. Other load only lowers a rate.
pub(crate) fn most(values: &[f64]) -> f64 {
    quantile(values, 1.0)
}

/// The median of the ratios within a round, because other load changes both values alike.
pub(crate) fn beside(measured: &[f64], others: &[f64]) -> f64 {
    median(&measured.iter().zip(others).map(|(one, other)| one / other).collect::<Vec<_>>())
}

/// Mann and Whitney's test (1947): the probability that two samples of one distribution differ at least as much as these.
/// Two-sided, by the normal approximation with the corrections for ties and for continuity.
pub(crate) fn mann_whitney(one: &[f64], other: &[f64]) -> f64 {
    let (n, m) = (one.len() as f64, other.len() as f64);
    let mut all: Vec<_> = one.iter().map(|value| (*value, true)).chain(other.iter().map(|value| (*value, false))).collect();
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    // Equal values share the mean of their ranks.
    let (mut ranks_of_one, mut ties, mut before) = (0.0, 0.0, 0.0);
    for equal in all.chunk_by(|a, b| a.0.total_cmp(&b.0).is_eq()) {
        let count = equal.len() as f64;
        ranks_of_one += equal.iter().filter(|value| value.1).count() as f64 * (before + f64::midpoint(count, 1.0));
        ties += count.powi(3) - count;
        before += count;
    }
    let (u, mean) = (ranks_of_one - n * (n + 1.0) / 2.0, n * m / 2.0);
    let deviation = (n * m / 12.0 * (n + m + 1.0 - ties / ((n + m) * (n + m - 1.0)))).sqrt();
    if deviation == 0.0 {
        return 1.0;
    }
    let z = ((u - mean).abs() - 0.5).max(0.0) / deviation;
    erfc(z / std::f64::consts::SQRT_2)
}

/// The complementary error function for non-negative arguments (Chebyshev fit of Numerical Recipes: relative error below 1.2e-7).
fn erfc(x: f64) -> f64 {
    const FIT: [f64; 10] = [
        -1.265_512_23,
        1.000_023_68,
        0.374_091_96,
        0.096_784_18,
        -0.186_288_06,
        0.278_868_07,
        -1.135_203_98,
        1.488_515_87,
        -0.822_152_23,
        0.170_872_77,
    ];
    let t = 1.0 / (1.0 + 0.5 * x);
    t * (FIT.iter().rev().fold(0.0, |sum, term| sum * t + term) - x * x).exp()
}

#[cfg(test)]
mod tests {
    use super::{erfc, least, mann_whitney, median, most, quantile};

    fn near(value: f64, expected: f64) {
        assert!((value - expected).abs() <= 1e-6 * expected.abs().max(1e-9), "{value} is not {expected}");
    }

    #[test]
    fn quantiles() {
        let values = [5.0, 1.0, 4.0, 2.0, 3.0];
        near(median(&values), 3.0);
        near(quantile(&values, 0.0), 1.0);
        near(quantile(&values, 0.99), 5.0);
        near(least(&values), 1.0);
        near(most(&values), 5.0);
        assert!(median(&[]).is_nan());
    }

    /// Against `SciPy`'s `mannwhitneyu(…, method="asymptotic")`; the first is the example of R's `wilcox.test`.
    #[test]
    fn known_p_values() {
        let permeability = [0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46];
        near(mann_whitney(&permeability, &[1.15, 0.88, 0.90, 0.74, 1.21]), 0.244_623_605_126_983_33);
        let (one, other) = ([1.0, 2.0, 2.0, 3.0, 4.0, 5.0, 5.0, 5.0], [4.0, 5.0, 6.0, 6.0, 7.0, 8.0]);
        near(mann_whitney(&one, &other), 0.015_384_121_860_817_94);
        near(mann_whitney(&other, &one), 0.015_384_121_860_817_94);
        let low: Vec<_> = (0..100).map(f64::from).collect();
        let high: Vec<_> = low.iter().map(|value| value + 30.5).collect();
        near(mann_whitney(&low, &high), 2.702_687_958_137_030_5e-10);
        near(mann_whitney(&[1.0; 3], &[1.0; 3]), 1.0);
    }

    #[test]
    fn known_values_of_erfc() {
        near(erfc(0.0), 1.0);
        near(erfc(0.5), 0.479_500_122_186_953_5);
        near(erfc(2.0), 0.004_677_734_981_047_266);
    }
}
