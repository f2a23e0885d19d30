//! Arguments as a kernel finds them.

use ir::{Kernel, ParameterKind, Stride};
use memory::DType;

use crate::text::{Operand, Text, Type};

/// A stride of a buffer.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    /// Known when the kernel is compiled.
    Bytes(i64),
    /// An argument.
    Given(Operand),
}

/// A buffer's address and strides.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) address: Operand,
    pub(crate) steps: Vec<Step>,
}

/// What the words of a frame hold, read at the beginning of a function.
#[derive(Debug, Default)]
pub(crate) struct Frame {
    /// For each parameter that is a buffer.
    pub(crate) places: Vec<Option<Place>>,
    /// For each other parameter, with its value.
    pub(crate) scalars: Vec<(ir::Value, Operand)>,
    /// Of those that are complex their parts, a word each.
    pub(crate) pairs: Vec<(ir::Value, [Operand; 2])>,
    /// Words in all, before that of the scratch memory and those of functions.
    pub(crate) words: usize,
}

fn word(text: &mut Text, index: usize, ty: &str) -> Operand {
    let place = text.define(format_args!("getelementptr inbounds i64, ptr %frame, i64 {index}"));
    let place = text.show(place, 1);
    text.define(format_args!("load {ty}, ptr {place}, align 8, !invariant.load !1"))
}

/// A word that is never negative.
fn length(text: &mut Text, index: usize) -> Operand {
    let from = text.mark();
    let found = word(text, index, "i64");
    text.tag(from, ", !range !5");
    found
}

impl Frame {
    /// The scratch memory, as it stands behind `ptr`.
    pub(crate) fn scratch(&self, text: &mut Text) -> String {
        let address = word(text, self.words, "ptr");
        text.show(address, 1)
    }

    /// The services of the caller: addresses of functions, to launch a loop and to ask whether to stop.
    pub(crate) fn services(&self, text: &mut Text) -> String {
        let address = word(text, self.words + 1, "ptr");
        text.show(address, 1)
    }

    /// A function that the caller provides.
    pub(crate) fn pointer(&self, text: &mut Text, place: usize) -> String {
        let address = word(text, self.words + 2 + place, "ptr");
        text.show(address, 1)
    }

    pub(crate) fn read(text: &mut Text, kernel: &Kernel) -> Self {
        let mut frame = Self::default();
        for parameter in &kernel.parameters {
            let mut place = None;
            match &parameter.kind {
                ParameterKind::Extent(value) => {
                    let extent = length(text, frame.words);
                    frame.scalars.push((*value, extent));
                    frame.words += 1;
                }
                ParameterKind::Scalar(value) => {
                    let dtype = kernel.dtype(*value);
                    if dtype.is_complex() {
                        let part = Type::new(dtype.part(), 1).to_string();
                        let parts = [0, 1].map(|place| word(text, frame.words + place, &part));
                        frame.pairs.push((*value, parts));
                        frame.words += 2;
                        frame.places.push(None);
                        continue;
                    }
                    let ty = Type::new(dtype, 1);
                    let stored = word(text, frame.words, &ty.stored().to_string());
                    let scalar = if dtype == DType::Bool {
                        text.op("icmp ne", ty.stored(), &[stored, Operand::Constant(DType::U8, 0)])
                    } else {
                        stored
                    };
                    frame.scalars.push((*value, scalar));
                    frame.words += 1;
                }
                ParameterKind::Buffer(buffer) => {
                    let address = word(text, frame.words, "ptr");
                    frame.words += 1;
                    let mut steps = Vec::new();
                    for stride in &buffer.strides {
                        steps.push(match stride {
                            Stride::Unit => Step::Bytes(buffer.dtype.size().cast_signed() as i64),
                            Stride::Pair => {
                                Step::Bytes(2 * buffer.dtype.size().cast_signed() as i64)
                            }
                            Stride::Zero => Step::Bytes(0),
                            Stride::Any => {
                                frame.words += 1;
                                Step::Given(word(text, frame.words - 1, "i64"))
                            }
                        });
                    }
                    place = Some(Place { address, steps });
                }
            }
            frame.places.push(place);
        }
        frame
    }
}
