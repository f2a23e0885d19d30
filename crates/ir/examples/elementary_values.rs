//! Values of an elementary function, for comparison with others.
//!
//!     elementary_values sin f64 < arguments > values
//!
//! Arguments are raw little-endian numbers (two for each value of a function of two); what comes out are
//! the values of `exact`.

use std::io::{self, Read, Write};

use ir::elementary::{Function, Scalar};

fn main() -> io::Result<()> {
    let words: Vec<String> = std::env::args().collect();
    let [_, name, format] = words.as_slice() else {
        return Err(io::Error::other("usage: elementary_values FUNCTION f32|f64"));
    };
    let function =
        Function::named(name).ok_or_else(|| io::Error::other(format!("no function {name}")))?;
    let mut input = Vec::new();
    io::stdin().read_to_end(&mut input)?;
    let mut output = Vec::new();
    let arity = function.arity();
    if format == "f32" {
        let x: Vec<f32> = input.as_chunks().0.iter().map(|it| f32::from_le_bytes(*it)).collect();
        for arguments in x.chunks_exact(arity) {
            output.extend(function.exact(&Scalar, arguments).to_le_bytes());
        }
    } else {
        let x: Vec<f64> = input.as_chunks().0.iter().map(|it| f64::from_le_bytes(*it)).collect();
        for arguments in x.chunks_exact(arity) {
            output.extend(function.exact(&Scalar, arguments).to_le_bytes());
        }
    }
    io::stdout().write_all(&output)
}
