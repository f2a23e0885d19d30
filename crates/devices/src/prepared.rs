//! A launch that was made once and is made again, over other elements and other scalars.
//!
//! Extents and strides stay, so which code runs and most words of its frame do too.

use std::fmt;
use std::sync::Arc;

use ir::{ParameterKind, Stride};
use memory::Scalar;

use crate::{Argument, DeviceError, Executable, Storage};

/// Most words of a frame.
const WORDS: usize = 64;

/// Code that a device chose for some arguments.
pub trait Chosen: Send + Sync + fmt::Debug {
    /// Words of the frame in all: those of the parameters, and room for those of the device.
    fn words(&self) -> usize;

    /// Run it over a frame that begins with the words of the parameters.
    ///
    /// # Safety
    ///
    /// As for [`Executable::launch_words`]; extents and strides are those that it was chosen for.
    unsafe fn run(
        &self,
        frame: &mut [u64],
        interrupted: &mut dyn FnMut() -> bool,
    ) -> Result<(), DeviceError>;
}

/// A launch but for its addresses and scalars.
#[derive(Debug)]
pub struct Prepared {
    chosen: Arc<dyn Chosen>,
    words: Vec<Word>,
}

#[derive(Debug)]
enum Word {
    Known(u64),
    /// The address of the element at index zero: so many bytes from where the elements of an operand
    /// begin, all of which lie between these bounds.
    Address {
        operand: usize,
        offset: isize,
        low: isize,
        high: isize,
    },
    /// The bits of a number, or of one part of a complex one.
    Bits(usize),
    Imaginary(usize),
}

impl Prepared {
    /// A launch of these arguments; those that differ from launch to launch are operands with a number, and
    /// their layouts are counted from where an operand begins. Nothing where the device may choose other code next
    /// time, or where that is much.
    pub fn new(
        executable: &dyn Executable,
        arguments: &[Argument],
        operands: &[Option<usize>],
    ) -> Option<Self> {
        let parameters = executable.parameters();
        if parameters.len() != arguments.len() || operands.len() != arguments.len() {
            return None;
        }
        let mut words = Vec::new();
        for ((argument, parameter), &operand) in arguments.iter().zip(parameters).zip(operands) {
            match (argument, parameter, operand) {
                (Argument::Extent(extent), ParameterKind::Extent(_), None) => {
                    words.push(Word::Known(extent.cast_unsigned()));
                }
                (Argument::Scalar(scalar), ParameterKind::Scalar(_), operand) => {
                    words
                        .push(operand.map_or(Word::Known(scalar.real().bits() as u64), Word::Bits));
                    if scalar.dtype().is_complex() {
                        let known = Word::Known(scalar.imag().bits() as u64);
                        words.push(operand.map_or(known, Word::Imaginary));
                    }
                }
                (Argument::Buffer(place), ParameterKind::Buffer(buffer), Some(operand)) => {
                    let (layout, dtype) = (place.unshifted(), buffer.dtype);
                    let bounds = layout.bounds()?;
                    let (low, high, offset) = (bounds.start, bounds.end, layout.offset());
                    words.push(Word::Address { operand, offset, low, high });
                    if layout.dtype() != dtype || layout.rank() != buffer.rank() {
                        return None;
                    }
                    for (&bytes, class) in layout.strides().iter().zip(&buffer.strides) {
                        if !class.admits(bytes as i64, dtype) {
                            return None;
                        }
                        if *class == Stride::Any {
                            words.push(Word::Known((bytes as i64).cast_unsigned()));
                        }
                    }
                }
                _ => return None,
            }
        }
        let chosen = executable.chosen(arguments)?;
        (words.len() <= chosen.words() && chosen.words() <= WORDS).then_some(Self { chosen, words })
    }

    /// Make the launch, with operands by their numbers: storages and how many bytes into them elements begin,
    /// and scalars.
    ///
    /// # Errors
    ///
    /// As [`Executable::launch`].
    ///
    /// # Panics
    ///
    /// When elements would lie outside of their storage.
    pub fn launch<'a>(
        &self,
        elements: impl Fn(usize) -> (&'a Storage, isize),
        scalar: impl Fn(usize) -> Scalar,
        interrupted: &mut dyn FnMut() -> bool,
    ) -> Result<(), DeviceError> {
        let mut frame = [0; WORDS];
        for (slot, word) in frame.iter_mut().zip(&self.words) {
            *slot = match *word {
                Word::Known(word) => word,
                Word::Bits(operand) => scalar(operand).real().bits() as u64,
                Word::Imaginary(operand) => scalar(operand).imag().bits() as u64,
                Word::Address { operand, offset, low, high } => {
                    let (storage, shift) = elements(operand);
                    let inside = |at: isize| at.checked_add(shift).filter(|&at| at >= 0);
                    assert!(
                        inside(low).is_some()
                            && inside(high).is_some_and(|end| end.cast_unsigned() <= storage.len()),
                        "elements from byte {low} to {high}, moved by {shift}, in {storage:?}"
                    );
                    storage.address().wrapping_offset(offset + shift) as u64
                }
            };
        }
        let frame = &mut frame[..self.chosen.words()];
        // SAFETY: the words are those of the parameters, which were compared one by one; elements lie in their
        // storages, which whoever gives them keeps. Who may write where is settled as for other launches.
        unsafe { self.chosen.run(frame, interrupted) }
    }
}
