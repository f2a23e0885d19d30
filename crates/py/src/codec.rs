//! Python objects as bytes.
//!
//! Plain values (numbers, strings, bytes, tuples of them) have an encoding of their own, some ten
//! times cheaper than a pickle each; they are immutable, so nobody can tell a copy from the
//! original. Everything else is one pickle an item, whose buffers (pickle protocol 5) stand beside
//! it: small ones as they are, large ones as the place in shared memory where a copy was put once.

mod reader;
mod writer;

pub(crate) use reader::{Opener, decode};
pub(crate) use writer::{Depot, PARCEL_TAG, copying, encode};

const NONE: u8 = 0;
const TRUE: u8 = 1;
const FALSE: u8 = 2;
const INT: u8 = 3;
const FLOAT: u8 = 4;
const STR: u8 = 5;
const BYTES: u8 = 6;
const TUPLE: u8 = 7;
/// A pickle without buffers, to the end.
const PICKLE: u8 = 8;
/// Their number, buffers, and a pickle: to the end, or in shared memory.
const BUFFERED: u8 = 9;
/// Bytes in shared memory.
const LARGE_BYTES: u8 = 10;

/// Kinds of buffers: the bytes themselves, a place in shared memory, a parcel.
const INLINE: u8 = 0;
const PLACED: u8 = 1;
const PARCEL: u8 = 2;

/// Tuples nested deeper than this are pickled.
const DEPTH: u32 = 4;
/// Bytes from which on memory is placed once and mapped, and not copied along: about where a
/// mapping costs less than a copy.
pub(crate) const LARGE: usize = 128 << 10;
