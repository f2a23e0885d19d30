//! How many operations each elementary function is: a second instance of `Emit`, which writes them down.
//!
//!     cargo run -p abreast-ir --example elementary_operations
//!
//! Equal operations on equal values count once, those that nothing needs do not count, nor do constants.

#![expect(clippy::print_stdout, reason = "a table for people")]

use std::cell::RefCell;
use std::collections::HashMap;

use ir::elementary::{Bits, Element, Emit, Float, Format, Function, Integer, Number};

/// An operation: its name with what belongs to it, and the numbers of its arguments.
type Operation = (String, Vec<usize>);

#[derive(Default)]
struct Recorder {
    operations: RefCell<Vec<Operation>>,
    known: RefCell<HashMap<Operation, usize>>,
}

impl Recorder {
    fn record<T: Element>(&self, name: &str, arguments: &[usize]) -> usize {
        let operation = (format!("{name} {:?}", T::KIND), arguments.to_vec());
        *self.known.borrow_mut().entry(operation.clone()).or_insert_with(|| {
            let mut operations = self.operations.borrow_mut();
            operations.push(operation);
            operations.len() - 1
        })
    }

    /// How many operations lead to `outputs`; divisions and roots, which are slow, apart.
    fn needed(&self, outputs: &[usize]) -> (usize, usize) {
        let operations = self.operations.borrow();
        let mut needed = vec![false; operations.len()];
        let mut waiting = outputs.to_vec();
        while let Some(number) = waiting.pop() {
            if !std::mem::replace(&mut needed[number], true) {
                waiting.extend(&operations[number].1);
            }
        }
        let names: Vec<&str> = needed
            .iter()
            .zip(operations.iter())
            .filter(|(needed, (name, _))| **needed && !name.starts_with(['=', '%']))
            .map(|(_, (name, _))| name.as_str())
            .collect();
        let slow = |name: &&&str| name.starts_with("div ") || name.starts_with("sqrt ");
        (names.len(), names.iter().filter(slow).count())
    }
}

macro_rules! record {
    ($($name:ident<T: $bound:ident>($($argument:ident),*);)*) => {
        $(fn $name<T: $bound>(&self, $($argument: usize),*) -> usize {
            self.record::<T>(stringify!($name), &[$($argument),*])
        })*
    };
}

impl Emit for Recorder {
    type Value<T: Element> = usize;

    fn constant<T: Element>(&self, value: T) -> usize {
        self.record::<T>(&format!("= {value:?}"), &[])
    }

    record! {
        add<T: Number>(a, b);
        sub<T: Number>(a, b);
        mul<T: Float>(a, b);
        div<T: Float>(a, b);
        fma<T: Float>(a, b, c);
        sqrt<T: Float>(a);
        abs<T: Float>(a);
        neg<T: Float>(a);
        rint<T: Float>(a);
        floor<T: Float>(a);
        less<T: Number>(a, b);
        at_most<T: Number>(a, b);
        equal<T: Number>(a, b);
        and<T: Bits>(a, b);
        or<T: Bits>(a, b);
        xor<T: Bits>(a, b);
        to_integer<T: Float>(a);
        float_of_integer<T: Float>(a);
    }

    fn select<T: Element>(&self, mask: usize, a: usize, b: usize) -> usize {
        self.record::<T>("select", &[mask, a, b])
    }
    fn shl<T: Integer>(&self, a: usize, count: u32) -> usize {
        self.record::<T>(&format!("shl {count}"), &[a])
    }
    fn shr<T: Integer>(&self, a: usize, count: u32) -> usize {
        self.record::<T>(&format!("shr {count}"), &[a])
    }
    // The same register by another name: free.
    fn to_bits<T: Float>(&self, a: usize) -> usize {
        self.record::<T>("= bits", &[a])
    }
    fn float_of_bits<T: Float>(&self, a: usize) -> usize {
        self.record::<T>("= float", &[a])
    }
    fn widen(&self, a: usize) -> usize {
        self.record::<f64>("widen", &[a])
    }
    fn narrow(&self, a: usize) -> usize {
        self.record::<f32>("narrow", &[a])
    }
    fn lookup<T: Float>(&self, table: &'static [T], index: usize) -> usize {
        self.record::<T>(&format!("lookup {:p}", table.as_ptr()), &[index])
    }
}

fn row<T: Format>(function: Function) -> String {
    let emit = Recorder::default();
    let arguments = [emit.record::<T>("% x", &[]), emit.record::<T>("% y", &[])];
    let (value, common) = function.fast::<_, T>(&emit, &arguments);
    let (fast, slow) = emit.needed(&[value, common]);
    let value = function.exact::<_, T>(&emit, &arguments);
    let (exact, _) = emit.needed(&[value]);
    format!("{fast:5} {slow:3} {exact:5}")
}

fn main() {
    println!("          f32: fast, of these div and sqrt, exact    f64: the same");
    for function in Function::ALL {
        println!("{:8} {}    {}", function.name(), row::<f32>(*function), row::<f64>(*function));
    }
}
