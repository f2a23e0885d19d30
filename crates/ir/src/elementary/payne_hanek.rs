//! Huge angles: 2/pi to as many bits as the argument asks for.
//!
//! M. H. Payne and R. N. Hanek, "Radian reduction for trigonometric functions" (1983). The leading bits of
//! 2/pi times a huge number give multiples of 4 quadrants, which do not matter; a table of pieces of 48
//! bits begins where they end. Products with such a piece are exact as a [`Double`].

use super::angle::Angle;
use super::double::Double;
use super::emit::Emit;
use super::exp::power_of_two;
use super::lane::Lane;
use super::polynomials::{Polynomials, TWO_OVER_PI_BITS};

/// Bits of a piece of the table.
const PIECE: i32 = 48;
/// Pieces that a product takes: down to 2^-138, where no double comes nearer to a multiple of pi/2 than 2^-62.
const PIECES: i64 = 5;

/// The remainder by 4, at most 2 in magnitude; exact.
fn modulo_4<'e, E: Emit>(x: Lane<'e, E, f64>) -> Lane<'e, E, f64> {
    x - (x * 0.25).rint() * 4.0
}

/// The angle of a finite `x`; NaN of others. The quadrant is 0 to 3.
pub(super) fn reduce<'e, E: Emit>(x: Lane<'e, E, f64>) -> Angle<'e, E, f64> {
    let field = x.abs().bits().right(52);
    let exponent = Lane::<E, f64>::from_integer(field) - 1023.0;
    // The last bit of x / 2^(48 skip) is worth 4 or more, so the pieces before `skip` do not matter. (The
    // half keeps the product off the integers.)
    let skip = ((exponent - 53.5) * (1.0 / f64::from(PIECE))).floor();
    let skip = skip.larger(skip.of(0.0)).integer();
    let shift = skip.left(5) + skip.left(4);
    let scaled = x * power_of_two::<E, f64>(shift.int(0) - shift);

    let mut sum = x.of(0.0);
    let mut small = x.of(0.0);
    let mut smallest = x.of(0.0);
    for i in 0..PIECES {
        let piece = Lane::lookup(&TWO_OVER_PI_BITS, skip + skip.int(i));
        let weight = f64::powi(2.0, -PIECE * (i as i32 + 1));
        let product = Double::product(scaled, piece * weight);
        for part in [product.high, product.low] {
            let total = Double::sum(sum, modulo_4(part));
            sum = total.high;
            let rest = Double::sum(small, total.low);
            small = rest.high;
            smallest = smallest + rest.low;
        }
    }
    let whole = sum.rint();
    let fraction = Double::sum(sum - whole, small);
    let low = fraction.low + smallest;
    let [first, second] = f64::HALF_PI.map(|piece| x.like(piece));
    let product = Double::product(fraction.high, first);
    let low = fraction.high.fma(second, low.fma(first, product.low));
    let angle = Double::new(product.high, low).tidy();
    let quadrant = (whole + x.like(<f64 as super::element::Float>::MAGIC)).bits();
    Angle { part: angle.high, tail: angle.low, quadrant: quadrant & quadrant.int(3) }
}
