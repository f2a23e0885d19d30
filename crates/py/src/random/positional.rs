//! `abreast.random.parallel_rng`: numbers by position, in vectors as wide as this machine has.

use ::random::{Integer, Integers, Positional};
use pyo3::buffer::Element;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use super::room::Room;
use super::sequence::SeedSequence;
use super::{blocks, refused};
use crate::enter::outside;

/// Blocks begin where groups of numbers do, and no two threads write to one page.
const UNIT: usize = 4096;

/// One draw after the other from the numbers of a seed; each value by its position.
#[pyclass(frozen, module = "abreast._abreast")]
pub(crate) struct Positions {
    numbers: Positional,
}

/// What all draws need: which one, where it begins, how many threads.
#[derive(Clone, Copy)]
struct Place {
    draw: u64,
    first: u64,
    threads: usize,
}

/// The same code compiled for several widths of vectors, and the widest of this machine called.
macro_rules! for_this_machine {
    ($name:ident<$kind:ident: $bound:path>($($argument:ident: $type:ty),*) => $body:expr) => {
        fn $name<$kind: $bound>($($argument: $type),*) {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512cd,avx2,bmi2,fma")]
                fn wide<$kind: $bound>($($argument: $type),*) {
                    $body;
                }
                #[target_feature(enable = "avx2,bmi2,fma")]
                fn middle<$kind: $bound>($($argument: $type),*) {
                    $body;
                }
                if is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512dq")
                    && is_x86_feature_detected!("avx512vl")
                    && is_x86_feature_detected!("avx512bw")
                    && is_x86_feature_detected!("avx512cd")
                    && is_x86_feature_detected!("bmi2")
                    && is_x86_feature_detected!("fma")
                {
                    // SAFETY: the machine has what the function was compiled for.
                    return unsafe { wide($($argument),*) };
                }
                if is_x86_feature_detected!("avx2")
                    && is_x86_feature_detected!("bmi2")
                    && is_x86_feature_detected!("fma")
                {
                    // SAFETY: as above.
                    return unsafe { middle($($argument),*) };
                }
            }
            $body;
        }
    };
}
for_this_machine!(uniforms<T: ::random::Float>(
    numbers: &Positional, draw: u64, first: u64, out: &mut [T]
) => numbers.fill_uniform(draw, first, out));
for_this_machine!(normals<T: ::random::Float>(
    numbers: &Positional, draw: u64, first: u64, out: &mut [T]
) => numbers.fill_normal(draw, first, out));
for_this_machine!(exponentials<T: ::random::Float>(
    numbers: &Positional, draw: u64, first: u64, out: &mut [T]
) => numbers.fill_exponential(draw, first, out));
for_this_machine!(whole<T: Integer>(
    numbers: &Positional, range: &Integers<T>, draw: u64, first: u64, out: &mut [T]
) => numbers.fill_integers(range, draw, first, out));

impl Positions {
    fn fill<T: Element + Send>(
        out: &Bound<'_, PyAny>,
        place: Place,
        work: impl Fn(u64, &mut [T]) + Sync + Send,
    ) -> PyResult<()> {
        let mut room = Room::<T>::writable(out)?;
        let values = room.values_mut();
        let work = |from: usize, block: &mut [T]| work(place.first + from as u64, block);
        if values.len() <= UNIT {
            work(0, values);
        } else {
            outside(out.py(), || blocks::fill(values, UNIT, place.threads, work));
        }
        Ok(())
    }

    fn fill_reals<T: Element + ::random::Float + Send>(
        &self,
        name: &str,
        place: Place,
        out: &Bound<'_, PyAny>,
        change: impl Fn(&mut [T]) + Sync + Send,
    ) -> PyResult<()> {
        let numbers = &self.numbers;
        let fill: fn(&Positional, u64, u64, &mut [T]) = match name {
            "uniform" => uniforms,
            "normal" => normals,
            "exponential" => exponentials,
            _ => return Err(PyTypeError::new_err(format!("no distribution {name}"))),
        };
        Self::fill(out, place, |first, out| {
            // In pieces that stay in the nearest cache while they are changed.
            for (piece, out) in out.chunks_mut(1024).enumerate() {
                fill(numbers, place.draw, first + piece as u64 * 1024, out);
                change(out);
            }
        })
    }
}

#[pymethods]
impl Positions {
    #[new]
    fn new(sequence: &SeedSequence) -> Self {
        Self { numbers: Positional::from(&sequence.inner()) }
    }

    /// Fill an array of doubles or floats, from position `first` on; then times `scale`, plus
    /// `shift`.
    #[expect(clippy::too_many_arguments, reason = "as Python passes them")]
    fn reals(
        &self,
        name: &str,
        draw: u64,
        first: u64,
        shift: f64,
        scale: f64,
        out: &Bound<'_, PyAny>,
        single: bool,
        threads: usize,
    ) -> PyResult<()> {
        let place = Place { draw, first, threads };
        let plain = (shift, scale) == (0.0, 1.0);
        if single {
            self.fill_reals(name, place, out, |out: &mut [f32]| {
                if !plain {
                    for value in out {
                        *value = shift as f32 + scale as f32 * *value;
                    }
                }
            })
        } else {
            self.fill_reals(name, place, out, |out: &mut [f64]| {
                if !plain {
                    for value in out {
                        *value = shift + scale * *value;
                    }
                }
            })
        }
    }

    /// Fill an array with integers from `low` to `high`, both included.
    #[expect(clippy::too_many_arguments, reason = "as Python passes them")]
    fn integers(
        &self,
        dtype: &str,
        low: &Bound<'_, PyAny>,
        high: &Bound<'_, PyAny>,
        draw: u64,
        first: u64,
        out: &Bound<'_, PyAny>,
        threads: usize,
    ) -> PyResult<()> {
        let place = Place { draw, first, threads };
        macro_rules! of {
            ($type:ty) => {{
                let (low, high): ($type, $type) = (low.extract()?, high.extract()?);
                let range = Integers::new(low..=high).map_err(refused)?;
                Self::fill(out, place, |first, out: &mut [$type]| {
                    whole(&self.numbers, &range, draw, first, out);
                })
            }};
        }
        match dtype {
            "int64" => of!(i64),
            "int32" => of!(i32),
            "int16" => of!(i16),
            "int8" => of!(i8),
            "uint64" => of!(u64),
            "uint32" => of!(u32),
            "uint16" => of!(u16),
            // A bool is a byte that is 0 or 1: the caller sees to the bounds.
            "uint8" | "bool" => of!(u8),
            _ => Err(PyTypeError::new_err(format!("no integers of type {dtype}"))),
        }
    }
}
