//! The greatest errors promised, in units of the last place: the table of
//! `docs/reference/elementary-functions.md`.

/// Function, bound in `f32`, bound in `f64`.
pub(crate) const BOUNDS: &[(&str, f64, f64)] = &[
    ("exp", 1.1, 1.1),
    ("exp2", 0.9, 0.9),
    ("expm1", 1.1, 1.1),
    ("log", 0.95, 0.9),
    ("log2", 1.0, 0.9),
    ("log10", 0.9, 0.8),
    ("log1p", 1.0, 0.9),
    ("sin", 1.95, 1.6),
    ("cos", 1.6, 0.9),
    ("tan", 1.2, 1.1),
    ("asin", 0.7, 0.7),
    ("acos", 0.7, 0.7),
    ("atan", 0.9, 0.8),
    ("atan2", 0.9, 0.8),
    ("sinh", 1.0, 0.8),
    ("cosh", 0.8, 0.8),
    ("tanh", 1.1, 1.1),
    ("asinh", 1.1, 1.0),
    ("acosh", 1.0, 1.0),
    ("atanh", 1.2, 1.0),
    ("pow", 0.8, 0.8),
    ("cbrt", 0.6, 0.6),
    ("erf", 0.8, 0.8),
    ("erfc", 1.7, 1.3),
    ("lgamma", 1.3, 1.4),
    ("hypot", 0.6, 0.6),
];

/// The bounds of a function.
pub(crate) fn of(name: &str) -> (f64, f64) {
    let found = BOUNDS.iter().find(|it| it.0 == name);
    found.map_or_else(|| panic!("no bound for {name}"), |it| (it.1, it.2))
}
