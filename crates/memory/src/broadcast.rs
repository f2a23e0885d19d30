//! Shapes that go together.

use crate::PerAxis;
use crate::layout_error::{Fault, LayoutError, tuple};

/// The shape that several shapes broadcast to: counted from the last axis, lengths are equal or 1.
pub fn broadcast_shapes(operation: &str, shapes: &[&[usize]]) -> Result<Vec<usize>, LayoutError> {
    let rank = shapes.iter().map(|shape| shape.len()).max().unwrap_or(0);
    let mut answer = vec![1; rank];
    for shape in shapes {
        for (slot, &length) in answer[rank - shape.len()..].iter_mut().zip(*shape) {
            if *slot == 1 {
                *slot = length;
            } else if length != 1 && length != *slot {
                let given: Vec<_> = shapes.iter().map(|shape| tuple(shape)).collect();
                return Err(LayoutError::new(
                    Fault::Shape,
                    format!("{operation}: shapes {} do not broadcast", given.join(" and ")),
                    "counted from the last axis, lengths must be equal or 1",
                ));
            }
        }
    }
    Ok(answer)
}

/// Strides of a shape seen in a larger one.
pub(crate) fn strides(from: &[usize], strides: &[isize], to: &[usize]) -> Option<PerAxis<isize>> {
    let new = to.len().checked_sub(from.len())?;
    let mut answer = PerAxis::same(0, to.len());
    for (axis, (&length, &stride)) in from.iter().zip(strides).enumerate() {
        let wanted = to[new + axis];
        if length == wanted {
            answer[new + axis] = stride;
        } else if length != 1 {
            return None;
        }
    }
    Some(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_equal_or_one() {
        let cases: &[(&[&[usize]], &[usize])] = &[
            (&[], &[]),
            (&[&[]], &[]),
            (&[&[3], &[]], &[3]),
            (&[&[3, 1], &[4]], &[3, 4]),
            (&[&[1, 0], &[5, 1]], &[5, 0]),
            (&[&[2, 1, 3], &[7, 1], &[1]], &[2, 7, 3]),
        ];
        for &(shapes, expected) in cases {
            assert_eq!(broadcast_shapes("add", shapes).unwrap(), expected);
        }
    }

    #[test]
    fn a_refusal_names_all_shapes() {
        let error = broadcast_shapes("add", &[&[3, 4], &[3]]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "add: shapes (3, 4) and (3,) do not broadcast\n\
             hint: counted from the last axis, lengths must be equal or 1"
        );
        assert_eq!(error.fault(), Fault::Shape);
        assert!(broadcast_shapes("add", &[&[0], &[2]]).is_err());
    }
}
