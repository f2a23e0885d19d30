//! What a kernel is called with, and whether it fits.

use memory::{Layout, Scalar};

use crate::{BufferType, Kernel, ParameterKind};

/// One argument of a call.
#[derive(Debug)]
pub enum Argument<'a> {
    /// The length of an axis, not negative.
    Extent(i64),
    /// A value.
    Scalar(Scalar),
    /// Elements to load from.
    Read(&'a [u8], &'a Layout),
    /// Elements to store to, and to load from if the parameter is `update`.
    Write(&'a mut [u8], &'a Layout),
}

/// Check each argument against its parameter.
pub(super) fn check(kernel: &Kernel, arguments: &[Argument<'_>]) -> Result<(), String> {
    let name = &kernel.name;
    if arguments.len() != kernel.parameters.len() {
        let (given, wanted) = (arguments.len(), kernel.parameters.len());
        return Err(format!("kernel @{name}: {given} arguments for {wanted} parameters"));
    }
    for (parameter, argument) in kernel.parameters.iter().zip(arguments) {
        let fits = match (&parameter.kind, argument) {
            (ParameterKind::Extent(_), Argument::Extent(0..)) => Ok(()),
            (ParameterKind::Extent(_), Argument::Extent(length)) => {
                Err(format!("{length} is no length"))
            }
            (ParameterKind::Scalar(value), Argument::Scalar(scalar)) => {
                let wanted = kernel.dtype(*value);
                if scalar.dtype() == wanted {
                    Ok(())
                } else {
                    Err(format!("{} is given, not {wanted}", scalar.dtype()))
                }
            }
            (ParameterKind::Buffer(buffer), Argument::Read(bytes, layout)) => {
                if buffer.access.writes() {
                    Err("the memory is read only".into())
                } else {
                    fits(buffer, bytes, layout)
                }
            }
            (ParameterKind::Buffer(buffer), Argument::Write(bytes, layout)) => {
                fits(buffer, bytes, layout)
            }
            _ => Err("another kind of argument is given".into()),
        };
        fits.map_err(|reason| format!("kernel @{name}: %{}: {reason}", parameter.name))?;
    }
    Ok(())
}

fn fits(buffer: &BufferType, bytes: &[u8], layout: &Layout) -> Result<(), String> {
    if layout.dtype() != buffer.dtype {
        return Err(format!("{} is given, not {}", layout.dtype(), buffer.dtype));
    }
    if layout.rank() != buffer.rank() {
        return Err(format!("rank {} is given, not {}", layout.rank(), buffer.rank()));
    }
    let axes = layout.shape().iter().zip(layout.strides()).zip(&buffer.strides);
    for (axis, ((&length, &stride), class)) in axes.enumerate() {
        // Nobody steps along an axis of one element.
        if length > 1 && !class.admits(stride as i64, buffer.dtype) {
            return Err(format!("axis {axis} has stride {stride}, which is not {}", class.name()));
        }
    }
    let inside = layout
        .bounds()
        .is_none_or(|bounds| bounds.start >= 0 && bounds.end.unsigned_abs() <= bytes.len());
    if inside {
        Ok(())
    } else {
        Err(format!("the layout leaves its {} bytes of memory", bytes.len()))
    }
}
