//! The distributions against their theory: chi-square, Kolmogorov-Smirnov, moments, correlations.
//!
//! Seeds are fixed, so a test passes always or never; the bounds are those that chance alone passes
//! once in some ten thousand seeds.

use std::f64::consts::PI;

use random::{
    Beta, Binomial, BitGenerator, ChiSquare, Dirichlet, Distribution, Exponential, F, Gamma,
    Generator, Geometric, Gumbel, Hypergeometric, Integers, InverseExponential, Laplace, LogNormal,
    LogSeries, Logistic, Mt19937, NegativeBinomial, NoncentralChiSquare, NoncentralF, Normal,
    Pareto, Pcg64, Pcg64Dxsm, Philox4x32, Philox4x64, Poisson, Power, Rayleigh, SeedSequence,
    Sfc64, StandardCauchy, StandardExponential, StandardGamma, StandardNormal, StandardT,
    StandardUniform, Triangular, Uniform, VonMises, Wald, Weibull, Zipf, default_rng,
};

const MANY: usize = 50_000;

fn drawn<T: Copy + Default>(distribution: &impl Distribution<T>) -> Vec<T> {
    let mut out = vec![T::default(); MANY];
    distribution.fill(&mut Pcg64::new(20_240_229) as &mut dyn BitGenerator, &mut out);
    out
}

/// The largest distance between what was drawn and the distribution function.
fn follows(name: &str, mut values: Vec<f64>, function: impl Fn(f64) -> f64) {
    values.sort_by(f64::total_cmp);
    let n = values.len() as f64;
    let distances = values.iter().enumerate().map(|(at, &value)| {
        let expected = function(value);
        (expected - at as f64 / n).max((at + 1) as f64 / n - expected)
    });
    let distance = distances.fold(0.0, f64::max) * n.sqrt();
    assert!(distance < 2.2, "{name}: Kolmogorov-Smirnov {distance}");
}

/// Mean and variance.
fn has_moments(name: &str, values: &[f64], mean: f64, variance: f64) {
    let n = values.len() as f64;
    let found = values.iter().sum::<f64>() / n;
    assert!((found - mean).abs() < 4.0 * (variance / n).sqrt(), "{name}: mean {found}, not {mean}");
    let power = |power| values.iter().map(|x| (x - mean).powi(power)).sum::<f64>() / n;
    let (found, fourth) = (power(2), power(4));
    let error = ((fourth - found * found) / n).sqrt();
    assert!((found - variance).abs() < 4.5 * error, "{name}: variance {found}, not {variance}");
}

/// Counts of each value against their chances; values of small chances are put together.
fn has_chances(name: &str, values: &[i64], first: i64, chances: impl Iterator<Item = f64>) {
    let n = values.len() as f64;
    let (mut statistic, mut cells, mut at) = (0.0, 0, first);
    let (mut found, mut expected, mut left) = (0.0, 0.0, n);
    for chance in chances {
        found += values.iter().filter(|&&value| value == at).count() as f64;
        expected += chance * n;
        at += 1;
        if expected >= 20.0 {
            statistic += (found - expected).powi(2) / expected;
            left -= expected;
            (found, expected, cells) = (0.0, 0.0, cells + 1);
        }
        if left < 40.0 || cells == 200 {
            break;
        }
    }
    let above = values.iter().filter(|&&value| value >= at).count() as f64 + found;
    if left > 1.0 {
        statistic += (above - left).powi(2) / left;
        cells += 1;
    }
    assert!(values.iter().all(|&value| value >= first), "{name}: below {first}");
    // Wilson and Hilferty: the cube root is nearly normal.
    let freedom = f64::from(cells - 1).max(1.0);
    let spread = 2.0 / (9.0 * freedom);
    let z = ((statistic / freedom).cbrt() - (1.0 - spread)) / spread.sqrt();
    assert!(z < 4.0, "{name}: chi-square {statistic} of {freedom} degrees");
}

/// The normal distribution function, by a series or a continued fraction.
fn normal(x: f64) -> f64 {
    let density = (-0.5 * x * x).exp() / (2.0 * PI).sqrt();
    if x.abs() > 6.0 {
        let tail = density / (x.abs() + 1.0 / (x.abs() + 2.0 / x.abs()));
        return if x > 0.0 { 1.0 - tail } else { tail };
    }
    let (mut term, mut sum) = (x, x);
    for k in 1..200 {
        term *= x * x / f64::from(2 * k + 1);
        sum += term;
    }
    0.5 + density * sum
}

/// The distribution function of gamma, scale 1, by its series. The gamma function of the shape is
/// given.
fn gamma(shape: f64, function: f64, x: f64) -> f64 {
    let mut term = x.powf(shape) * (-x).exp() / (function * shape);
    let mut sum = term;
    for k in 1..300 {
        term *= x / (shape + f64::from(k));
        sum += term;
    }
    sum
}

#[test]
fn continuous_distributions_follow_their_functions() {
    let singles = |values: Vec<f32>| values.into_iter().map(f64::from).collect::<Vec<_>>();
    let decay = |x: f64| 1.0 - (-x).exp();
    follows("random", drawn(&StandardUniform), |x| x);
    follows("random single", singles(drawn(&StandardUniform)), |x| x);
    follows("uniform", drawn(&Uniform::new(-2.0, 3.0).unwrap()), |x| (x + 2.0) / 5.0);
    follows("normal", drawn(&StandardNormal), normal);
    follows("normal single", singles(drawn(&StandardNormal)), normal);
    follows("normal 2", drawn(&Normal::new(3.0, 0.5).unwrap()), |x| normal((x - 3.0) / 0.5));
    follows("lognormal", drawn(&LogNormal::new(1.0, 2.0).unwrap()), |x| {
        normal((x.ln() - 1.0) / 2.0)
    });
    follows("exponential", drawn(&StandardExponential), decay);
    follows("exponential single", singles(drawn(&StandardExponential)), decay);
    follows("exponential inverse", drawn(&InverseExponential), decay);
    follows("exponential inverse single", singles(drawn(&InverseExponential)), decay);
    follows("exponential 2", drawn(&Exponential::new(4.0).unwrap()), |x| decay(x / 4.0));
    follows("pareto", drawn(&Pareto::new(2.5).unwrap()), |x| 1.0 - (1.0 + x).powf(-2.5));
    follows("weibull", drawn(&Weibull::new(1.7).unwrap()), |x| decay(x.powf(1.7)));
    follows("power", drawn(&Power::new(3.0).unwrap()), |x| x.powi(3));
    follows("rayleigh", drawn(&Rayleigh::new(2.0).unwrap()), |x| decay(x * x / 8.0));
    follows("cauchy", drawn(&StandardCauchy), |x| 0.5 + x.atan() / PI);
    follows("laplace", drawn(&Laplace::new(1.0, 2.0).unwrap()), |x| {
        let tail = 0.5 * (-(x - 1.0).abs() / 2.0).exp();
        if x < 1.0 { tail } else { 1.0 - tail }
    });
    follows("logistic", drawn(&Logistic::new(1.0, 2.0).unwrap()), |x| {
        1.0 / (1.0 + (-(x - 1.0) / 2.0).exp())
    });
    follows("gumbel", drawn(&Gumbel::new(1.0, 2.0).unwrap()), |x| {
        (-(-(x - 1.0) / 2.0).exp()).exp()
    });
    follows("triangular", drawn(&Triangular::new(0.0, 1.0, 3.0).unwrap()), |x| {
        if x < 1.0 { x * x / 3.0 } else { 1.0 - (3.0 - x).powi(2) / 6.0 }
    });
    follows("gamma 1/2", drawn(&Gamma::new(0.5, 2.0).unwrap()), |x| gamma(0.5, PI.sqrt(), x / 2.0));
    follows("gamma 4", drawn(&StandardGamma::<f64>::new(4.0).unwrap()), |x| gamma(4.0, 6.0, x));
    follows("gamma 4 single", singles(drawn(&StandardGamma::<f32>::new(4.0).unwrap())), |x| {
        gamma(4.0, 6.0, x)
    });
    follows("gamma 1/2 single", singles(drawn(&StandardGamma::<f32>::new(0.5).unwrap())), |x| {
        gamma(0.5, PI.sqrt(), x)
    });
    follows("chi-square 3", drawn(&ChiSquare::new(3.0).unwrap()), |x| {
        gamma(1.5, PI.sqrt() / 2.0, x / 2.0)
    });
    // One degree of freedom is Cauchy's, two have a root.
    follows("t 1", drawn(&StandardT::new(1.0).unwrap()), |x| 0.5 + x.atan() / PI);
    follows("t 2", drawn(&StandardT::new(2.0).unwrap()), |x| {
        0.5 + x / (2.0 * (2.0 + x * x).sqrt())
    });
    follows("f 2, 2", drawn(&F::new(2.0, 2.0).unwrap()), |x| x / (1.0 + x));
    follows("beta 2, 1", drawn(&Beta::new(2.0, 1.0).unwrap()), |x| x * x);
    follows("beta 1/2, 1/2", drawn(&Beta::new(0.5, 0.5).unwrap()), |x| 2.0 / PI * x.sqrt().asin());
}

#[test]
fn continuous_distributions_have_their_moments() {
    let beta = |a: f64, b: f64| (a / (a + b), a * b / (a + b).powi(2) / (a + b + 1.0));
    for (a, b) in [(0.3, 0.9), (2.5, 0.7), (30.0, 20.0)] {
        let (mean, variance) = beta(a, b);
        has_moments("beta", &drawn(&Beta::new(a, b).unwrap()), mean, variance);
    }
    for (mean, scale) in [(1.0, 3.0), (5.0, 40.0)] {
        let variance: f64 = mean * mean * mean / scale;
        has_moments("wald", &drawn(&Wald::new(mean, scale).unwrap()), mean, variance);
    }
    for (df, nonc) in [(0.7, 2.0), (4.0, 3.0)] {
        let values = drawn(&NoncentralChiSquare::new(df, nonc).unwrap());
        has_moments("noncentral chi-square", &values, df + nonc, 2.0 * (df + 2.0 * nonc));
    }
    has_moments("t 9", &drawn(&StandardT::new(9.0).unwrap()), 0.0, 9.0 / 7.0);
    let (m, n, nonc) = (5.0_f64, 20.0_f64, 2.0_f64);
    let mean = n * (m + nonc) / (m * (n - 2.0));
    let variance = 2.0 * (n / m).powi(2) * ((m + nonc).powi(2) + (m + 2.0 * nonc) * (n - 2.0))
        / ((n - 2.0).powi(2) * (n - 4.0));
    has_moments("noncentral f", &drawn(&NoncentralF::new(m, n, nonc).unwrap()), mean, variance);
    // The mean of the cosines is a quotient of Bessel functions: at 2, 0.697775.
    let angles = drawn(&VonMises::new(0.0, 2.0).unwrap());
    let cosine = angles.iter().map(|angle| angle.cos()).sum::<f64>() / MANY as f64;
    assert!((cosine - 0.697_775).abs() < 0.008, "vonmises: {cosine}");
    let mut shares = vec![0.0; 3 * MANY];
    Dirichlet::new(&[0.05, 0.02, 0.03]).unwrap().fill(&mut Pcg64::new(3), &mut shares);
    let first: Vec<f64> = shares.iter().step_by(3).copied().collect();
    let (mean, variance) = beta(0.05, 0.05);
    has_moments("dirichlet", &first, mean, variance);
}

/// Chances from the first one and the quotient of each to the one before.
fn chain(first: f64, quotient: impl Fn(f64) -> f64) -> impl Iterator<Item = f64> {
    let mut at = 0.0;
    std::iter::successors(Some(first), move |chance| {
        at += 1.0;
        Some(chance * quotient(at))
    })
}

#[test]
fn discrete_distributions_have_their_chances() {
    for lam in [0.3, 7.0, 10.0, 60.0] {
        let values = drawn(&Poisson::new(lam).unwrap());
        has_chances("poisson", &values, 0, chain((-lam).exp(), |k| lam / k));
    }
    for (n, p) in [(10_i64, 0.3), (200, 0.4), (500, 0.9), (3, 1.0)] {
        let (trials, q) = (n as f64, 1.0 - p);
        // From the likelier side, where the first chance is not too small.
        let values = drawn(&Binomial::new(n, p).unwrap());
        let values: Vec<i64> = values.iter().map(|k| if p > 0.5 { n - k } else { *k }).collect();
        let (p, q) = if p > 0.5 { (q, p) } else { (p, q) };
        let chances = chain(q.powf(trials), |k| (trials - k + 1.0) / k * p / q);
        has_chances("binomial", &values, 0, chances);
    }
    for p in [0.05, 0.3, 0.6] {
        let values = drawn(&Geometric::new(p).unwrap());
        has_chances("geometric", &values, 1, chain(p, |_| 1.0 - p));
    }
    for (n, p) in [(0.5, 0.3), (4.0, 0.2)] {
        let chances = chain(f64::powf(p, n), |k| (n + k - 1.0) / k * (1.0 - p));
        has_chances("negative", &drawn(&NegativeBinomial::new(n, p).unwrap()), 0, chances);
    }
    for p in [0.1, 0.9] {
        let values = drawn(&LogSeries::new(p).unwrap());
        let chances = chain(-p / (1.0 - p).ln(), |k| k / (k + 1.0) * p);
        has_chances("logseries", &values, 1, chances);
    }
    // Of the exponent 2, the sum of the squares' reciprocals.
    let chances = (1..).map(|k| 6.0 / (PI * f64::from(k)).powi(2));
    has_chances("zipf", &drawn(&Zipf::new(2.0).unwrap()), 1, chances);
    for (good, bad, sample) in [(8_i64, 12_i64, 5_i64), (20, 30, 25)] {
        let (g, b, s) = (good as f64, bad as f64, sample as f64);
        let none: f64 = (0..sample).map(|k| (b - k as f64) / (g + b - k as f64)).product();
        let chances = chain(none, |k| (g - k + 1.0) / k * (s - k + 1.0) / (b - s + k));
        let values = drawn(&Hypergeometric::new(good, bad, sample).unwrap());
        has_chances("hypergeometric", &values, 0, chances);
    }
    let values = drawn(&Integers::new(0..10).unwrap());
    has_chances("integers", &values, 0, std::iter::repeat_n(0.1, 10));
    let values: Vec<i64> =
        drawn(&Integers::new(0..10_u8).unwrap()).into_iter().map(i64::from).collect();
    has_chances("bytes", &values, 0, std::iter::repeat_n(0.1, 10));
    let mut rng = default_rng(5);
    let first: Vec<i64> = (0..MANY).map(|_| rng.permutation(6)[0]).collect();
    has_chances("permutation", &first, 0, std::iter::repeat_n(1.0 / 6.0, 6));
}

/// Correlation of uniform numbers, in units of its deviation.
fn correlation(left: &[f64], right: &[f64]) -> f64 {
    let product: f64 = left.iter().zip(right).map(|(x, y)| (x - 0.5) * (y - 0.5)).sum();
    12.0 * product / (left.len().min(right.len()) as f64).sqrt()
}

fn uniforms(mut bits: impl BitGenerator) -> Vec<f64> {
    (0..MANY).map(|_| bits.next_double()).collect()
}

fn streams_are_apart<B: BitGenerator + for<'a> From<&'a SeedSequence>>(jumped: Vec<B>) {
    let spawned = Generator::<B>::seeded(11).spawn(4).unwrap();
    // Seeds 0, 1, 2 as people choose them, children of one seed, and pieces of one stream.
    let mut streams: Vec<Vec<f64>> =
        (0..3).map(|seed| uniforms(Generator::<B>::seeded(seed).into_bits())).collect();
    streams.extend(spawned.into_iter().map(|rng| uniforms(rng.into_bits())));
    streams.extend(jumped.into_iter().map(uniforms));
    for (at, stream) in streams.iter().enumerate() {
        for lag in 1..=10 {
            let apart = correlation(stream, &stream[lag..]);
            assert!(apart.abs() < 4.5, "stream {at}, lag {lag}: {apart}");
        }
        for (other, second) in streams.iter().enumerate().skip(at + 1) {
            for lag in [0, 1] {
                let apart = correlation(stream, &second[lag..]);
                assert!(apart.abs() < 4.5, "streams {at} and {other}, lag {lag}: {apart}");
            }
        }
    }
}

#[test]
fn streams_are_not_correlated() {
    streams_are_apart((1..4).map(|jumps| Pcg64::new(1).jumped(jumps)).collect());
    streams_are_apart((1..4).map(|jumps| Pcg64Dxsm::new(1).jumped(jumps)).collect());
    streams_are_apart((1..3).map(|jumps| Mt19937::new(1).jumped(jumps)).collect());
    streams_are_apart((1..4).map(|jumps| Philox4x64::new(1).jumped(jumps)).collect());
    streams_are_apart((1..4).map(|jumps| Philox4x32::new(1).jumped(jumps)).collect());
    streams_are_apart(Vec::<Sfc64>::new());
}
