//! Guards at the ends of all integers.

mod written;

use ir::{Argument, Failure, interpret};
use memory::{DType, Layout, Scalar};
use written::{expanded, improved};

/// `for i in range(begin, end, step): x[scale * i + shift] = 1`, for an array of six.
#[derive(Clone, Copy, Debug)]
struct Fill {
    begin: i64,
    end: i64,
    step: i64,
    scale: i64,
    shift: i64,
}

/// How it ended, and the array.
type Filled = (Result<(), Failure>, Vec<f64>);

impl Fill {
    /// As improved; the numbers are known when it is compiled, or are arguments.
    fn found(self, known: bool) -> Filled {
        let Self { begin, end, step, scale, shift } = self;
        let names = [("begin", begin), ("end", end), ("scale", scale), ("shift", shift)];
        let parameters = names.map(|(name, _)| format!("%{name}: i64, ")).concat();
        let constants = names.map(|(name, it)| format!("%{name} = const i64 {it}\n")).concat();
        let (parameters, constants) =
            if known { (String::new(), constants) } else { (parameters, String::new()) };
        let kernel = improved(&expanded(&format!(
            "kernel @fill(%n: extent, {parameters} %x: update f64[unit]) {{
              {constants}
              %step = const i64 {step}
              %v = const f64 1.0
              for (%i) in (%begin..%end step %step) {{
                %product = mul %i, %scale
                %at = add %product, %shift
                @index at n w 1
                store %v, %x[%w]
              }}
            }}"
        )));
        let layout = Layout::contiguous(DType::F64, &[6]).unwrap();
        let mut bytes = vec![0; 48];
        let mut arguments = vec![Argument::Extent(6)];
        if !known {
            arguments.extend(names.map(|(_, it)| Argument::Scalar(Scalar::from(it))));
        }
        arguments.push(Argument::Write(&mut bytes, &layout));
        let ended = interpret(&kernel, &mut arguments);
        let elements =
            bytes.chunks(8).map(|it| f64::from_le_bytes(it.try_into().unwrap())).collect();
        (ended, elements)
    }

    /// In order, wrapping as i64 does.
    fn wanted(self) -> Filled {
        let mut elements = vec![0.0; 6];
        let mut i = i128::from(self.begin);
        let more = |i: i128| if self.step > 0 { i < self.end.into() } else { i > self.end.into() };
        while more(i) {
            let index = i64::try_from(i).unwrap();
            let at = index.wrapping_mul(self.scale).wrapping_add(self.shift);
            let at = if at < 0 { at.wrapping_add(6) } else { at };
            let Some(at) = usize::try_from(at).ok().filter(|&at| at < 6) else {
                return (Err(Failure::Check(1)), elements);
            };
            elements[at] = 1.0;
            i += i128::from(self.step);
        }
        (Ok(()), elements)
    }
}

#[test]
fn guards_hold_at_the_ends_of_all_integers() {
    let numbers = [
        0,
        1,
        -1,
        2,
        -2,
        3,
        1 << 30,
        1 << 31,
        1 << 62,
        -(1 << 62),
        i64::MAX,
        i64::MIN,
        i64::MAX - 1,
    ];
    let (max, min) = (i64::MAX, i64::MIN);
    let ranges = [
        (0, 3, 1),
        (-2, 1, 1),
        (max - 3, max, 1),
        (min, min + 2, 1),
        (5, -2, 1),
        (1 << 62, (1 << 62) + 2, 1),
        (1, -1, -1),
        (2, -1, -2),
        (5, 0, -3),
        (0, 6, 2),
        (0, 5, 2),
        (min, max, max),
        (max, min, -max),
    ];
    for scale in numbers {
        for shift in numbers {
            for (begin, end, step) in ranges {
                let fill = Fill { begin, end, step, scale, shift };
                let wanted = fill.wanted();
                for known in [true, false] {
                    assert_eq!(fill.found(known), wanted, "{fill:?} {known}");
                }
            }
        }
    }
}
