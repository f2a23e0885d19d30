//! Coefficients for `f32`, written by `golden/elementary/polynomials.py`.

use super::Polynomials;

#[rustfmt::skip]
impl Polynomials for f32 {
    const LOG2_E: Self = 1.442695e0;
    const LN2: [Self; 3] = [6.931472e-1, -1.9046542e-9, -8.783184e-17];
    const LN2_PIECES: [Self; 2] = [6.931472e-1, -1.9046542e-9];
    const LN2_SHORT: [Self; 2] = [6.9314575e-1, 1.4286068e-6];
    const LOG10_2: [Self; 2] = [3.010254e-1, 4.605039e-6];
    const LOG2_E_PIECES: [Self; 2] = [1.442695e0, 1.925963e-8];
    const LOG10_E: [Self; 2] = [4.342945e-1, -1.010305e-8];
    const ONE_LESS_EULER: [Self; 2] = [4.2278433e-1, 6.637774e-9];
    const STIRLING_CONSTANT: [Self; 2] = [4.1893855e-1, -1.4168145e-8];
    const LOG_PI: [Self; 2] = [1.1447299e0, 3.317301e-8];
    const PI: [Self; 2] = [3.1415927e0, -8.742278e-8];
    const SQRT_HALF: Self = 7.0710677e-1;
    const TWO_OVER_PI: Self = 6.3661975e-1;
    const HALF_PI: [Self; 2] = [1.5707964e0, -4.371139e-8];
    const HALF_PI_STEPS: [Self; 3] = [1.5707964e0, -4.371139e-8, -1.7151245e-15];
    const PI_STEPS: [Self; 3] = [3.1415925e0, 1.5099579e-7, 1.0780605e-14];

    // greatest error 2^-28.2
    const EXP: &'static [Self] = &[
        4.9999994e-1,
        1.6666515e-1,
        4.1668084e-2,
        8.36935e-3,
        1.384043e-3,
    ];

    // greatest error 2^-27.5
    const EXP2: &'static [Self] = &[
        6.9314724e-1,
        2.4022655e-1,
        5.550262e-2,
        9.617453e-3,
        1.342316e-3,
        1.564252e-4,
    ];

    // greatest error 2^-31.0
    const EXPM1: &'static [Self] = &[
        5.0e-1,
        1.6666666e-1,
        4.1666467e-2,
        8.333642e-3,
        1.3934993e-3,
        1.9667455e-4,
    ];

    // greatest error 2^-34.3
    const SINH: &'static [Self] = &[
        1.6666667e-1,
        8.333175e-3,
        1.9974024e-4,
    ];

    // greatest error 2^-33.3
    const COSH: &'static [Self] = &[
        5.0e-1,
        4.166646e-2,
        1.3935453e-3,
    ];

    // greatest error 2^-27.1
    const LOG: &'static [Self] = &[
        -4.9999988e-1,
        3.3333325e-1,
        -2.5001606e-1,
        2.00021e-1,
        -1.6607587e-1,
        1.4176974e-1,
        -1.3256975e-1,
        1.2954156e-1,
        -7.648432e-2,
    ];

    // greatest error 2^-27.6
    const LOG2: &'static [Self] = &[
        -7.2134733e-1,
        4.808982e-1,
        -3.6069867e-1,
        2.8857136e-1,
        -2.3956771e-1,
        2.0448813e-1,
        -1.9138873e-1,
        1.8707666e-1,
        -1.1024383e-1,
    ];

    // greatest error 2^-27.5
    const LOG10: &'static [Self] = &[
        -2.1714719e-1,
        1.4476478e-1,
        -1.08580895e-1,
        8.686836e-2,
        -7.212271e-2,
        6.1566155e-2,
        -5.7573255e-2,
        5.623733e-2,
        -3.3188086e-2,
    ];

    // greatest error 2^-27.8
    const SIN: &'static [Self] = &[
        -1.6666654e-1,
        8.332106e-3,
        -1.9507883e-4,
    ];

    // greatest error 2^-29.9, see targets.py
    const SIN_HALF: &'static [Self] = &[
        -1.6666666e-1,
        8.33334e-3,
        -1.9843093e-4,
        2.7625406e-6,
        -2.5223919e-8,
    ];

    // greatest error 2^-33.0
    const COS: &'static [Self] = &[
        4.1666646e-2,
        -1.3887308e-3,
        2.4432102e-5,
    ];

    // greatest error 2^-27.6
    const ASIN: &'static [Self] = &[
        1.6666752e-1,
        7.4953094e-2,
        4.5469154e-2,
        2.4184741e-2,
        4.21584e-2,
    ];

    // greatest error 2^-30.3
    const ATAN: &'static [Self] = &[
        -3.3333313e-1,
        1.9998358e-1,
        -1.4241269e-1,
        1.0576283e-1,
        -6.0320355e-2,
    ];

    // greatest error 2^-30.1
    const ERF: &'static [Self] = &[
        1.2837917e-1,
        -3.7612626e-1,
        1.1283508e-1,
        -2.6842987e-2,
        5.1359236e-3,
        -6.942783e-4,
    ];

    // greatest error 2^-29.4
    const ERFC: &'static [Self] = &[
        -1.7004881e-2,
        -1.3962111e-1,
        1.5379642e-2,
        6.809676e-2,
        -1.0103919e-1,
        9.3736224e-2,
        -6.632802e-2,
        3.7150938e-2,
        -1.6209964e-2,
        5.0711636e-3,
        -7.295752e-4,
        -2.4478568e-4,
        1.2117856e-4,
    ];

    // greatest error 2^-5.1
    const ERFC_SLOPE: &'static [Self] = &[
        -1.12276845e-1,
        9.7588085e-2,
        -2.2844595e-1,
        -7.7045965e-1,
        1.3812784e0,
    ];

    // greatest error 2^-29.3
    const LGAMMA: &'static [Self] = &[
        3.2246703e-1,
        -6.735226e-2,
        2.0581098e-2,
        -7.386807e-3,
        2.8860266e-3,
        -1.1813468e-3,
        5.3352077e-4,
        -2.6340596e-4,
        6.34895e-5,
    ];

    // greatest error 2^-33.9
    const STIRLING: &'static [Self] = &[
        8.3333254e-2,
        -2.7612706e-3,
    ];

    // greatest error 2^-17.4
    const CBRT: &'static [Self] = &[
        1.781058e0,
        -1.5660297e0,
        1.2437869e0,
        -5.978738e-1,
        1.5607192e-1,
        -1.701908e-2,
    ];
}
