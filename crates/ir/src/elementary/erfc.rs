//! `erfc`: see [`erf`](super::erf).

use super::double::Double;
use super::emit::Emit;
use super::erf::complement;
use super::format::Format;
use super::lane::{Lane, Mask};

/// `erfc(x)` from that of `|x|`: as it is, and in two parts scaled down to be taken from 2.
fn reflected<'e, E: Emit, T: Format>(
    x: Lane<'e, E, T>,
    scaled: Lane<'e, E, T>,
    high: Lane<'e, E, T>,
    low: Lane<'e, E, T>,
) -> Lane<'e, E, T> {
    let other = Double::ordered_sum(x.of(2.0), -high);
    x.less(x.of(0.0)).select(other.high + (other.low - low), scaled)
}

/// `erfc(x)`; common where `|x|` is up to 9 (`f32`) or 26 (`f64`).
pub(super) fn fast<'e, E: Emit, T: Format>(x: Lane<'e, E, T>) -> (Lane<'e, E, T>, Mask<'e, E>) {
    let a = x.abs();
    let (value, octave) = complement(a);
    let scale = octave.scale(x.of(1.0));
    let scaled = octave.scale(value.round());
    let value = reflected(x, scaled, value.high * scale, value.low * scale);
    (value, a.at_most(x.of(T::ERF_ENDS.2)))
}

/// `erfc(x)` for any argument.
pub(super) fn exact<'e, E: Emit, T: Format>(x: Lane<'e, E, T>) -> Lane<'e, E, T> {
    let a = x.of(T::ERF_ENDS.1).smaller(x.abs()); // of NaN: NaN
    let (value, octave) = complement(a);
    let scaled = octave.scale_far(value.round());
    let (high, low) = (octave.scale_far(value.high), octave.scale_far(value.low));
    reflected(x, scaled, high, low)
}
