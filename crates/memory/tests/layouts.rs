//! Laws of views: each is compared with the positions that plain enumeration gives.

use memory::{Axes, DType, Fault, Index, Layout, Slice};
use proptest::prelude::*;

const DTYPES: [DType; 4] = [DType::I8, DType::F32, DType::F64, DType::C128];

/// Any layout with few elements: lengths 0 to 4, strides of any sign.
fn layouts() -> impl Strategy<Value = Layout> {
    let axes = prop::collection::vec((0usize..5, -40isize..40), 0..5);
    (0..4usize, axes, -50isize..50).prop_map(|(dtype, axes, offset)| {
        let (shape, strides): (Vec<_>, Vec<_>) = axes.into_iter().unzip();
        Layout::new(DTYPES[dtype], &shape, &strides, offset).unwrap()
    })
}

/// A layout without gaps whose axes stand in any order, then sliced: what users really have.
fn sliced() -> impl Strategy<Value = Layout> {
    let axes = prop::collection::vec((0usize..5, any::<u32>()), 0..5);
    let cuts = prop::collection::vec(slices(), 5);
    (axes, cuts).prop_map(|(axes, cuts)| {
        let shape: Vec<_> = axes.iter().map(|axis| axis.0).collect();
        let mut order: Vec<_> = (0..axes.len().cast_signed()).collect();
        order.sort_by_key(|&axis| axes[axis.unsigned_abs()].1);
        let layout = Layout::contiguous(DType::F32, &shape).unwrap().permute(&order).unwrap();
        let parts: Vec<_> = cuts[..axes.len()].iter().map(|&cut| Index::Slice(cut)).collect();
        layout.index(&parts).unwrap()
    })
}

fn slices() -> impl Strategy<Value = Slice> {
    let end = || prop::option::of(-7isize..7);
    let step = prop::option::of(prop_oneof![-3isize..0, 1isize..4]);
    (end(), end(), step).prop_map(|(start, stop, step)| Slice { start, stop, step })
}

/// The positions that a slice means, by walking as Python defines it.
fn walked(slice: Slice, length: usize) -> Vec<usize> {
    let length = length.cast_signed();
    let step = slice.step.unwrap_or(1);
    let from_end = |given: isize| if given < 0 { given + length } else { given };
    let (first, last) = if step > 0 { (0, length) } else { (length - 1, -1) };
    let mut position = slice.start.map_or(first, from_end);
    let stop = slice.stop.map_or(last, |stop| from_end(stop).max(-1));
    if step > 0 {
        position = position.max(0);
    } else {
        position = position.min(length - 1);
    }
    let mut positions = Vec::new();
    while (step > 0 && position < stop) || (step < 0 && position > stop) {
        if (0..length).contains(&position) {
            positions.push(position.unsigned_abs());
        }
        position += step;
    }
    positions
}

/// Every index of a shape in row-major order.
fn indices(shape: &[usize]) -> Vec<Vec<usize>> {
    let mut all = vec![Vec::new()];
    for &length in shape {
        all = all
            .iter()
            .flat_map(|index| (0..length).map(move |i| [index.as_slice(), &[i]].concat()))
            .collect();
    }
    all
}

proptest! {
    #[test]
    fn positions_are_those_of_the_indices(layout in layouts()) {
        let each: Vec<_> =
            indices(layout.shape()).iter().map(|index| layout.position(index).unwrap()).collect();
        prop_assert_eq!(layout.count(), each.len());
        prop_assert_eq!(layout.positions(), each);
    }

    #[test]
    fn bounds_hold_every_byte_and_no_more(layout in layouts()) {
        let positions = layout.positions();
        let size = layout.dtype().size().cast_signed();
        let low = positions.iter().min();
        let high = positions.iter().max();
        let expected = low.zip(high).map(|(&low, &high)| low..high + size);
        prop_assert_eq!(layout.bounds(), expected);
    }

    #[test]
    fn a_slice_is_what_python_walks(slice in slices(), length in 0usize..9) {
        let run = slice.resolve(length).unwrap();
        let positions: Vec<_> =
            (0..run.count.cast_signed()).map(|i| (run.start + i * run.step).unsigned_abs()).collect();
        prop_assert_eq!(positions, walked(slice, length));
    }

    #[test]
    fn indexing_selects(layout in layouts(), cuts in prop::collection::vec(slices(), 4), at in 0usize..4) {
        let mut parts: Vec<_> = cuts[..layout.rank().min(4)].iter().map(|&cut| Index::Slice(cut)).collect();
        if at < parts.len() && layout.shape()[at] > 0 {
            parts[at] = Index::At(-1);
        }
        let view = layout.index(&parts).unwrap();
        let mut expected = vec![layout.offset()];
        for (axis, part) in parts.iter().enumerate() {
            let positions = match *part {
                Index::Slice(slice) => walked(slice, layout.shape()[axis]),
                _ => vec![layout.shape()[axis] - 1],
            };
            let stride = layout.strides()[axis];
            expected = expected
                .iter()
                .flat_map(|start| positions.iter().map(move |&i| start + i.cast_signed() * stride))
                .collect();
        }
        prop_assert_eq!(view.positions(), expected);
    }

    #[test]
    fn broadcasting_repeats(layout in layouts(), front in prop::collection::vec(0usize..3, 0..3), other in 0usize..4) {
        let mut shape = front.clone();
        shape.extend(layout.shape().iter().map(|&length| if length == 1 { other } else { length }));
        let view = layout.broadcast_to(&shape).unwrap();
        let expected: Vec<_> = indices(&shape)
            .iter()
            .map(|index| {
                let own: Vec<_> = index[front.len()..]
                    .iter()
                    .zip(layout.shape())
                    .map(|(&i, &length)| if length == 1 { 0 } else { i })
                    .collect();
                layout.position(&own).unwrap()
            })
            .collect();
        prop_assert_eq!(view.positions(), expected);
    }

    #[test]
    fn axes_move_and_turn_around(layout in layouts(), keys in prop::collection::vec(any::<u32>(), 5)) {
        let mut order: Vec<_> = (0..layout.rank()).collect();
        order.sort_by_key(|&axis| keys[axis]);
        let axes: Vec<_> = order.iter().map(|&axis| axis.cast_signed()).collect();
        let view = layout.permute(&axes).unwrap();
        for index in indices(view.shape()) {
            let mut own = vec![0; layout.rank()];
            for (&axis, &i) in order.iter().zip(&index) {
                own[axis] = i;
            }
            prop_assert_eq!(view.position(&index), layout.position(&own));
        }
        let backwards: Vec<_> = (0..layout.rank().cast_signed()).rev().collect();
        prop_assert_eq!(layout.transpose(), layout.permute(&backwards).unwrap());
        for axis in 0..layout.rank().cast_signed() {
            let turned = layout.reverse(axis).unwrap();
            prop_assert_eq!(turned.reverse(axis).unwrap(), layout.clone());
            let mut parts = vec![Index::Slice(Slice::default()); axis.unsigned_abs()];
            parts.push(Index::Slice(Slice { step: Some(-1), ..Slice::default() }));
            prop_assert_eq!(turned.positions(), layout.index(&parts).unwrap().positions());
        }
    }

    #[test]
    fn a_reshape_keeps_the_order(layout in sliced(), cut in 0usize..5) {
        let count = layout.count();
        let mut shapes = vec![vec![count], vec![1, count, 1]];
        shapes.extend([2, 3, 4, 6].iter().filter(|&&n| count % n == 0).map(|&n| vec![count / n, n]));
        let mut split: Vec<_> = layout.shape().to_vec();
        split.insert(cut.min(split.len()), 1);
        shapes.push(split);
        for shape in shapes {
            if let Some(view) = layout.reshape(&shape) {
                prop_assert_eq!(view.shape(), &shape[..]);
                prop_assert_eq!(view.positions(), layout.positions());
            } else {
                prop_assert!(!layout.is_contiguous());
                // One axis is only refused if no single stride leads through all elements.
                if shape.len() == 1 {
                    let steps: Vec<_> =
                        layout.positions().windows(2).map(|pair| pair[1] - pair[0]).collect();
                    prop_assert!(steps.windows(2).any(|pair| pair[0] != pair[1]));
                }
            }
        }
    }

    #[test]
    fn contiguous_means_one_after_the_other(layout in sliced()) {
        let positions = layout.positions();
        let straight = positions.windows(2).all(|pair| pair[1] - pair[0] == 4);
        prop_assert_eq!(layout.is_contiguous(), straight);
    }

    #[test]
    fn collapsed_axes_walk_the_same_way(first in layouts(), strides in prop::collection::vec(-9isize..9, 5)) {
        let second = &strides[..first.rank()];
        let axes = Axes { lengths: first.shape().to_vec(), strides: vec![first.strides().to_vec(), second.to_vec()] };
        let fewer = axes.collapsed();
        let walk = |axes: &Axes, operand: usize| {
            Layout::new(DType::I8, &axes.lengths, &axes.strides[operand], 0).unwrap().positions()
        };
        for operand in 0..2 {
            prop_assert_eq!(walk(&axes, operand), walk(&fewer, operand));
        }
        let mut order = axes.memory_order();
        order.sort_unstable();
        prop_assert!(order.into_iter().eq(0..first.rank()));
    }

    #[test]
    fn apart_means_apart(left in layouts(), right in layouts()) {
        let bytes = |layout: &Layout| -> Vec<isize> {
            let size = layout.dtype().size().cast_signed();
            layout.positions().iter().flat_map(|start| *start..start + size).collect()
        };
        let (left_bytes, right_bytes) = (bytes(&left), bytes(&right));
        let share = left_bytes.iter().any(|byte| right_bytes.contains(byte));
        prop_assert!(left.may_overlap(&right) || !share);
        prop_assert_eq!(left.may_overlap(&right), right.may_overlap(&left));
    }
}

#[test]
fn halves_of_one_array_are_apart() {
    let whole = Layout::contiguous(DType::F32, &[10]).unwrap();
    let every_other = |start| Index::Slice(Slice { start: Some(start), step: Some(2), stop: None });
    let even = whole.index(&[every_other(0)]).unwrap();
    let odd = whole.index(&[every_other(1)]).unwrap();
    assert!(!even.may_overlap(&odd));
    assert!(even.may_overlap(&whole));
}

#[test]
fn refusals_say_what_was_given_and_what_to_do() {
    let layout = Layout::contiguous(DType::F64, &[3, 4]).unwrap();
    let cases = [
        (
            layout.broadcast_to(&[3, 5]).unwrap_err(),
            Fault::Shape,
            "broadcast_to: shape (3, 4) cannot become (3, 5)\n\
             hint: counted from the last, each length must be 1 or the one asked for",
        ),
        (
            layout.index(&[Index::At(3)]).unwrap_err(),
            Fault::Index,
            "index: 3 is out of bounds for axis 0 of shape (3, 4)\n\
             hint: positions count from 0, or from -1 backwards; a slice is cut to the axis instead",
        ),
        (
            layout.index(&[Index::At(0); 3]).unwrap_err(),
            Fault::Index,
            "index: 3 indices for shape (3, 4)\n\
             hint: give one index an axis at most, and one ellipsis at most",
        ),
        (
            layout.index(&[Index::Slice(Slice { step: Some(0), ..Slice::default() })]).unwrap_err(),
            Fault::Shape,
            "index: step 0 of a slice for axis 0\nhint: a step is positive or negative",
        ),
        (
            layout.permute(&[0, 0]).unwrap_err(),
            Fault::Axis,
            "permute: axes (0, 0) of shape (3, 4)\nhint: name each axis once",
        ),
        (
            layout.reverse(2).unwrap_err(),
            Fault::Axis,
            "reverse: axis 2 of shape (3, 4)\nhint: axes count from 0, or from -1 backwards",
        ),
        (
            layout.reshaped(&[5, -1]).unwrap_err(),
            Fault::Shape,
            "reshape: shape (3, 4), 12 elements, cannot become (5, -1)\n\
             hint: the lengths must multiply to as many elements",
        ),
        (
            Layout::contiguous(DType::I8, &[usize::MAX, 2]).unwrap_err(),
            Fault::Size,
            "contiguous: shape (18446744073709551615, 2) takes more bytes than an address can count\n\
             hint: split the array, or take a smaller element type",
        ),
    ];
    for (error, fault, message) in cases {
        assert_eq!(error.to_string(), message);
        assert_eq!(error.fault(), fault);
    }
    assert_eq!(layout.reshaped(&[2, -1, 3]).unwrap(), [2, 2, 3]);
    assert!(layout.reshaped(&[-1, -1]).is_err());
    assert!(layout.reshaped(&[0, -1]).is_err());
    assert!(layout.expand(3).is_err());
    assert_eq!(layout.expand(-1).unwrap().shape(), [3, 4, 1]);
    assert!(Layout::new(DType::I8, &[2], &[isize::MAX], 5).is_err());
    assert!(Layout::new(DType::I8, &[2], &[], 5).is_err());
}
