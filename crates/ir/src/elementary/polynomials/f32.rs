//! Coefficients for `f32`, written by `golden/elementary/polynomials.py`.

use super::Polynomials;

#[rustfmt::skip]
impl Polynomials for f32 {
    const LOG2_E: Self = 1.442695e0;
    const LN2: [Self; 3] = [6.931472e-1, -1.9046542e-9, -8.783184e-17];
    const TWO_OVER_PI: Self = 6.3661975e-1;
    const HALF_PI: [Self; 3] = [1.5707964e0, -4.371139e-8, -1.7151245e-15];

    // greatest error 2^-28.2
    const EXP: &'static [Self] = &[
        4.9999994e-1,
        1.6666515e-1,
        4.1668084e-2,
        8.36935e-3,
        1.384043e-3,
    ];

    // greatest error 2^-31.0
    const SIN_HALF: &'static [Self] = &[
        -1.6666667e-1,
        8.3333505e-3,
        -1.9843093e-4,
        2.7627061e-6,
        -2.5503287e-8,
    ];

    // greatest error 2^-27.8
    const SIN: &'static [Self] = &[
        -1.6666654e-1,
        8.332106e-3,
        -1.9507883e-4,
    ];

    // greatest error 2^-33.0
    const COS: &'static [Self] = &[
        4.1666646e-2,
        -1.3887308e-3,
        2.4432102e-5,
    ];
}
