//! The distributions against NumPy: golden files made by `golden/make.py`.

mod golden;

use golden::{cases, digest};
use random::{
    Beta, Binomial, BitGenerator, ChiSquare, Choice, Dirichlet, Distribution, Draw, Exponential, F,
    Gamma, Generator, Geometric, Gumbel, Hypergeometric, Integer, Integers, InverseExponential,
    Laplace, LogNormal, LogSeries, Logistic, Mt19937, Multinomial, MultivariateHypergeometric,
    NegativeBinomial, NoncentralChiSquare, NoncentralF, Normal, Pareto, Pcg64, Poisson, Power,
    Rayleigh, Sfc64, Shared, StandardCauchy, StandardExponential, StandardGamma, StandardNormal,
    StandardT, StandardUniform, Triangular, Uniform, VonMises, Wald, Weibull, Zipf, default_rng,
};

/// The digest of a call of `fill` on the first of two equal generators, after a check that single
/// draws from the second give the same.
fn filled<T: Copy + Default>(
    [bits, again]: [&mut dyn BitGenerator; 2],
    count: usize,
    distribution: &impl Distribution<T>,
    word: impl Fn(T) -> u64,
) -> u64 {
    let mut out = vec![T::default(); count];
    distribution.fill(bits, &mut out);
    for &value in out.iter().take(50) {
        assert_eq!(word(distribution.draw(again)), word(value));
    }
    digest(out.into_iter().map(word))
}

/// The bits of a number; all that is not a number is the same.
fn double_word(value: f64) -> u64 {
    if value.is_nan() { f64::NAN.to_bits() } else { value.to_bits() }
}

fn double(name: &str, p: &[f64], bits: [&mut dyn BitGenerator; 2], count: usize) -> u64 {
    macro_rules! real {
        ($distribution:expr) => {
            filled(bits, count, &$distribution, double_word)
        };
    }
    macro_rules! whole {
        ($distribution:expr) => {
            filled(bits, count, &$distribution, i64::cast_unsigned)
        };
    }
    match name {
        "random" => real!(StandardUniform),
        "standard_normal" => real!(StandardNormal),
        "standard_exponential" => real!(StandardExponential),
        "standard_exponential_inv" => real!(InverseExponential),
        "standard_cauchy" => real!(StandardCauchy),
        "uniform" => real!(Uniform::new(p[0], p[1]).unwrap()),
        "normal" => real!(Normal::new(p[0], p[1]).unwrap()),
        "lognormal" => real!(LogNormal::new(p[0], p[1]).unwrap()),
        "exponential" => real!(Exponential::new(p[0]).unwrap()),
        "rayleigh" => real!(Rayleigh::new(p[0]).unwrap()),
        "standard_gamma" => real!(StandardGamma::<f64>::new(p[0]).unwrap()),
        "gamma" => real!(Gamma::new(p[0], p[1]).unwrap()),
        "chisquare" => real!(ChiSquare::new(p[0]).unwrap()),
        "noncentral_chisquare" => real!(NoncentralChiSquare::new(p[0], p[1]).unwrap()),
        "f" => real!(F::new(p[0], p[1]).unwrap()),
        "noncentral_f" => real!(NoncentralF::new(p[0], p[1], p[2]).unwrap()),
        "standard_t" => real!(StandardT::new(p[0]).unwrap()),
        "beta" => real!(Beta::new(p[0], p[1]).unwrap()),
        "pareto" => real!(Pareto::new(p[0]).unwrap()),
        "weibull" => real!(Weibull::new(p[0]).unwrap()),
        "power" => real!(Power::new(p[0]).unwrap()),
        "laplace" => real!(Laplace::new(p[0], p[1]).unwrap()),
        "gumbel" => real!(Gumbel::new(p[0], p[1]).unwrap()),
        "logistic" => real!(Logistic::new(p[0], p[1]).unwrap()),
        "wald" => real!(Wald::new(p[0], p[1]).unwrap()),
        "triangular" => real!(Triangular::new(p[0], p[1], p[2]).unwrap()),
        "vonmises" => real!(VonMises::new(p[0], p[1]).unwrap()),
        "poisson" => whole!(Poisson::new(p[0]).unwrap()),
        "binomial" => whole!(Binomial::new(p[0] as i64, p[1]).unwrap()),
        "negative_binomial" => whole!(NegativeBinomial::new(p[0], p[1]).unwrap()),
        "geometric" => whole!(Geometric::new(p[0]).unwrap()),
        "hypergeometric" => {
            whole!(Hypergeometric::new(p[0] as i64, p[1] as i64, p[2] as i64).unwrap())
        }
        "logseries" => whole!(LogSeries::new(p[0]).unwrap()),
        "zipf" => whole!(Zipf::new(p[0]).unwrap()),
        other => panic!("{other}"),
    }
}

fn single(name: &str, p: &[f64], bits: [&mut dyn BitGenerator; 2], count: usize) -> u64 {
    let word = |value: f32| value.to_bits().into();
    match name {
        "random" => filled(bits, count, &StandardUniform, word),
        "standard_normal" => filled(bits, count, &StandardNormal, word),
        "standard_exponential" => filled(bits, count, &StandardExponential, word),
        "standard_exponential_inv" => filled(bits, count, &InverseExponential, word),
        "standard_gamma" => {
            filled(bits, count, &StandardGamma::<f32>::new(p[0] as f32).unwrap(), word)
        }
        other => panic!("{other}"),
    }
}

#[test]
fn distributions() {
    let mut wrong = Vec::new();
    for [case, expected] in cases(include_str!("../golden/distributions.txt")) {
        let parts: Vec<&str> = case.split(' ').collect();
        let (name, precision) = (parts[0], parts[1]);
        let seed: u128 = parts[2].parse().unwrap();
        let count = parts[3].parse().unwrap();
        let p: Vec<f64> = parts[4..].iter().map(|text| text.parse().unwrap()).collect();
        let make: fn(u128) -> Box<dyn BitGenerator> = match seed % 3 {
            0 => |seed| Box::new(Pcg64::new(seed)),
            1 => |seed| Box::new(Mt19937::new(seed)),
            _ => |seed| Box::new(Sfc64::new(seed)),
        };
        let (mut bits, mut again) = (make(seed), make(seed));
        let both: [&mut dyn BitGenerator; 2] = [&mut *bits, &mut *again];
        let drawn = match precision {
            "float64" => double(name, &p, both, count),
            _ => single(name, &p, both, count),
        };
        let got = format!("{drawn:x} {:x}", bits.next_raw());
        if got != expected {
            wrong.push(case);
        }
    }
    assert!(wrong.is_empty(), "{} cases differ:\n{}", wrong.len(), wrong.join("\n"));
}

fn few_and_many<T: Integer + TryFrom<i128> + Default + Copy>(
    rng: &mut Generator<Pcg64>,
    low: i128,
    high: i128,
    word: impl Fn(T) -> u64,
) -> u64 {
    let bound = |value: i128| T::try_from(value).ok().expect("a bound of this type");
    of(&Integers::new(bound(low)..=bound(high)).unwrap(), rng, word)
}

fn of<T: Integer + Default + Copy>(
    integers: &Integers<T>,
    rng: &mut Generator<Pcg64>,
    word: impl Fn(T) -> u64,
) -> u64 {
    let mut all = vec![T::default(); 208];
    for one in &mut all[..5] {
        *one = rng.draw(integers);
    }
    rng.fill(integers, &mut all[5..]);
    digest(all.into_iter().map(word))
}

/// Bounds 0 to 0, 1, 2, ..., that share what is left of a word.
fn sharing<T: Integer + TryFrom<i128>>(rng: &mut Generator<Pcg64>, word: impl Fn(T) -> u64) -> u64 {
    let bound = |value: i128| T::try_from(value).ok().expect("a bound of this type");
    let mut shared = Shared::default();
    digest((0..101).map(|high| {
        let integers = Integers::new(bound(0)..=bound(high)).unwrap();
        word(integers.draw_sharing(rng.bits_mut(), &mut shared))
    }))
}

#[test]
fn integers() {
    for [case, expected] in cases(include_str!("../golden/integers.txt")) {
        let parts: Vec<&str> = case.split(' ').collect();
        let numbers: Vec<i128> = parts[1..].iter().map(|text| text.parse().unwrap()).collect();
        let (low, high) = (numbers[1], numbers[2]);
        let mut rng = default_rng(numbers[0] as u128);
        let rng = &mut rng;
        let drawn = match parts[0] {
            "int8" => few_and_many(rng, low, high, |value: i8| value as u64),
            "int16" => few_and_many(rng, low, high, |value: i16| value as u64),
            "int32" => few_and_many(rng, low, high, |value: i32| value as u64),
            "int64" => few_and_many(rng, low, high, |value: i64| value as u64),
            "uint8" => few_and_many(rng, low, high, |value: u8| value.into()),
            "uint16" => few_and_many(rng, low, high, |value: u16| value.into()),
            "uint32" => few_and_many(rng, low, high, |value: u32| value.into()),
            "uint64" => few_and_many(rng, low, high, |value: u64| value),
            "bool" => of(&Integers::new(low == 1..=high == 1).unwrap(), rng, u64::from),
            "array-int8" => sharing(rng, |value: i8| value as u64),
            "array-int16" => sharing(rng, |value: i16| value as u64),
            "array-int32" => sharing(rng, |value: i32| value as u64),
            "array-int64" => sharing(rng, |value: i64| value as u64),
            "array-uint8" => sharing(rng, |value: u8| value.into()),
            "array-uint16" => sharing(rng, |value: u16| value.into()),
            "array-uint32" => sharing(rng, |value: u32| value.into()),
            "array-uint64" => sharing(rng, |value: u64| value),
            "array-bool" => {
                let mut shared = Shared::default();
                digest((0..101).map(|at| {
                    let integers = Integers::new(false..=at % 2 == 1).unwrap();
                    integers.draw_sharing(rng.bits_mut(), &mut shared).into()
                }))
            }
            other => panic!("{other}"),
        };
        let got = format!("{drawn:x} {:x}", rng.bits_mut().next_raw());
        assert_eq!(got, expected, "{case}");
    }
}

fn ordered(kind: &str, numbers: &[f64], rng: &mut Generator<Pcg64>) -> u64 {
    let whole = |values: Vec<i64>| digest(values.into_iter().map(i64::cast_unsigned));
    let count = numbers[0] as usize;
    let choose = |choice: Choice, rng: &mut Generator<Pcg64>| {
        whole(choice.draw(rng.bits_mut(), numbers[1] as usize).unwrap())
    };
    match kind {
        "permutation" => whole(rng.permutation(count)),
        "permuted" => {
            let mut items: Vec<i64> = (0..7 * numbers[0] as i64).collect();
            rng.permuted(&mut items, 7);
            whole(items)
        }
        "bytes" => {
            let mut bytes = vec![0; count];
            rng.bytes(&mut bytes);
            digest(bytes.into_iter().map(u64::from))
        }
        "choice" => choose(Choice::new(count), rng),
        "distinct" => choose(Choice::new(count).without_replacement(), rng),
        "unordered" => choose(Choice::new(count).unordered(), rng),
        "weighted" | "weighted-distinct" => {
            let squares: Vec<f64> = (1..=count).map(|at| (at * at) as f64).collect();
            // Whole numbers below 2^53: their sum is the same in any order.
            let sum: f64 = squares.iter().sum();
            let shares: Vec<f64> = squares.iter().map(|square| square / sum).collect();
            let choice = Choice::weighted(&shares).unwrap();
            choose(if kind == "weighted" { choice } else { choice.without_replacement() }, rng)
        }
        "multinomial" => {
            let multinomial = Multinomial::new(numbers[0] as i64, &numbers[1..]).unwrap();
            let mut out = vec![7; 50 * multinomial.outcomes()];
            multinomial.fill(rng.bits_mut(), &mut out);
            whole(out)
        }
        "dirichlet" => {
            let dirichlet = Dirichlet::new(&numbers[1..]).unwrap();
            let mut out = vec![7.0; 200 * dirichlet.shares()];
            dirichlet.fill(rng.bits_mut(), &mut out);
            digest(out.into_iter().map(f64::to_bits))
        }
        _ => {
            let method = if kind == "urn-count" { Draw::Count } else { Draw::Marginals };
            let colors: Vec<i64> = numbers[1..].iter().map(|&color| color as i64).collect();
            let urn = MultivariateHypergeometric::new(&colors, numbers[0] as i64, method).unwrap();
            let mut out = vec![7; 40 * urn.colors()];
            urn.fill(rng.bits_mut(), &mut out);
            whole(out)
        }
    }
}

#[test]
fn orders_choices_and_vectors() {
    for [case, expected] in cases(include_str!("../golden/orders.txt")) {
        let parts: Vec<&str> = case.split(' ').collect();
        let numbers: Vec<f64> = parts[2..].iter().map(|text| text.parse().unwrap()).collect();
        let mut rng = default_rng(parts[1].parse().unwrap());
        let drawn = ordered(parts[0], &numbers, &mut rng);
        let got = format!("{drawn:x} {:x}", rng.bits_mut().next_raw());
        assert_eq!(got, expected, "{case}");
    }
}

/// What NumPy would say.
fn said<T>(made: Result<T, random::ParameterError>) -> String {
    match made {
        Ok(_) => "fine".into(),
        Err(error) if error.is_overflow() => format!("OverflowError {error}"),
        Err(error) => format!("ValueError {error}"),
    }
}

#[test]
fn errors() {
    for [case, expected] in cases(include_str!("../golden/errors.txt")) {
        let (name, numbers) = case.split_once(' ').unwrap();
        let p: Vec<f64> = numbers.split(' ').map(|text| text.parse().unwrap()).collect();
        let said = match name {
            "uniform" => said(Uniform::new(p[0], p[1])),
            "normal" => said(Normal::new(p[0], p[1])),
            "lognormal" => said(LogNormal::new(p[0], p[1])),
            "exponential" => said(Exponential::new(p[0])),
            "rayleigh" => said(Rayleigh::new(p[0])),
            "standard_gamma" => said(StandardGamma::<f64>::new(p[0])),
            "gamma" => said(Gamma::new(p[0], p[1])),
            "chisquare" => said(ChiSquare::new(p[0])),
            "noncentral_chisquare" => said(NoncentralChiSquare::new(p[0], p[1])),
            "f" => said(F::new(p[0], p[1])),
            "noncentral_f" => said(NoncentralF::new(p[0], p[1], p[2])),
            "standard_t" => said(StandardT::new(p[0])),
            "beta" => said(Beta::new(p[0], p[1])),
            "pareto" => said(Pareto::new(p[0])),
            "weibull" => said(Weibull::new(p[0])),
            "power" => said(Power::new(p[0])),
            "laplace" => said(Laplace::new(p[0], p[1])),
            "gumbel" => said(Gumbel::new(p[0], p[1])),
            "logistic" => said(Logistic::new(p[0], p[1])),
            "wald" => said(Wald::new(p[0], p[1])),
            "triangular" => said(Triangular::new(p[0], p[1], p[2])),
            "vonmises" => said(VonMises::new(p[0], p[1])),
            "poisson" => said(Poisson::new(p[0])),
            "binomial" => said(Binomial::new(p[0] as i64, p[1])),
            "negative_binomial" => said(NegativeBinomial::new(p[0], p[1])),
            "geometric" => said(Geometric::new(p[0])),
            "hypergeometric" => said(Hypergeometric::new(p[0] as i64, p[1] as i64, p[2] as i64)),
            "logseries" => said(LogSeries::new(p[0])),
            "zipf" => said(Zipf::new(p[0])),
            other => panic!("{other}"),
        };
        assert_eq!(said, expected, "{case}");
    }
}
