//! Arguments: their types as a key, and where their values are.

use ir::Stride;
use memory::{DType, Layout, Scalar};
use pyo3::exceptions::{PyOverflowError, PyTypeError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyComplex, PyFloat, PyInt, PyNone, PyTuple, PyType};
use source::{ArgumentType, ArrayType, Bits, Items};

use super::generators::{self, Generators};
use super::head::Head;
use super::record::{numbered, record};

/// An array as it lies in memory.
pub(super) struct Seen {
    pub(super) address: *mut u8,
    pub(super) dtype: DType,
    pub(super) shape: Vec<i64>,
    pub(super) strides: Vec<isize>,
    pub(super) writable: bool,
}

// SAFETY: an address and numbers; the arguments of the call keep the memory while they are used.
unsafe impl Send for Seen {}
// SAFETY: as above.
unsafe impl Sync for Seen {}

/// What the kernel is given for one argument.
pub(super) enum Part {
    Scalar(Scalar),
    Array(usize),
    Generators(usize),
}

/// The arguments of a call.
#[derive(Default)]
pub(super) struct Given<'py> {
    /// Says the types: calls with the same key run the same program.
    pub(super) key: Vec<u64>,
    pub(super) parts: Vec<Part>,
    pub(super) arrays: Vec<Seen>,
    /// The arrays as Python knows them.
    pub(super) objects: Vec<Bound<'py, PyAny>>,
    /// Random generators: a number or list of them.
    pub(super) generators: Vec<Generators<'py>>,
    /// Whether arrays that are the same are told apart from now on: those of a closure are, which is set
    /// once these are known.
    pub(super) distinct: bool,
}

pub(super) const FLOAT: u64 = 1;
pub(super) const INT: u64 = 2;
pub(super) const BOOL: u64 = 3;
pub(super) const COMPLEX: u64 = 4;
pub(super) const NONE: u64 = 5;
const TUPLE: u64 = 6;
const GENERATOR: u64 = 7;
const RECORD: u64 = 8;
const NUMPY: u64 = 16;
pub(super) const SAME: u64 = 1 << 40;
pub(super) const ARRAY: u64 = 1 << 41;

/// NumPy's classes.
struct Numpy {
    array: Py<PyType>,
    scalars: Vec<(DType, Py<PyAny>)>,
}

fn numpy(py: Python<'_>) -> PyResult<&'static Numpy> {
    static NUMPY: PyOnceLock<Numpy> = PyOnceLock::new();
    NUMPY.get_or_try_init(py, || {
        let module = py.import("numpy")?;
        let mut scalars = Vec::new();
        for dtype in DType::ALL {
            let name = if dtype == DType::Bool { "bool_" } else { dtype.name() };
            scalars.push((dtype, module.getattr(name)?.unbind()));
        }
        Ok(Numpy { array: module.getattr("ndarray")?.cast_into::<PyType>()?.unbind(), scalars })
    })
}

/// The class of NumPy's arrays.
pub(super) fn array_class(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    Ok(numpy(py)?.array.bind(py))
}

/// The class of NumPy's numbers of a type.
pub(super) fn scalar_class(py: Python<'_>, dtype: DType) -> PyResult<&Bound<'_, PyAny>> {
    Ok(numpy(py)?.scalars[dtype as usize].1.bind(py))
}

impl<'py> Given<'py> {
    /// Add an argument.
    pub(super) fn add(&mut self, place: usize, object: &Bound<'py, PyAny>) -> PyResult<()> {
        if let Ok(value) = object.cast_exact::<PyFloat>() {
            self.scalar(FLOAT, Scalar::from(value.value()));
            return Ok(());
        }
        if let Ok(value) = object.cast_exact::<PyInt>() {
            self.scalar(INT, Scalar::from(integer(place, value)?));
            return Ok(());
        }
        let py = object.py();
        let numpy = numpy(py)?;
        let array = numpy.array.bind(py);
        if object.is_exact_instance(array) {
            return self.array(place, object);
        }
        if object.is_instance(array)? {
            let judge = py.import("abreast.compiled.subclasses")?.getattr("means_more")?;
            if judge.call1((object.get_type(),))?.is_truthy()? {
                return Err(PyTypeError::new_err(format!(
                    "argument {} of a jit function is a {}, which is more than its numbers\n\
                     hint: numpy.asarray(x) is the numbers alone; x.filled(numpy.nan) of a masked array",
                    place + 1,
                    object.get_type().name()?
                )));
            }
            return self.array(place, object);
        }
        self.rare(place, object, numpy)
    }

    fn scalar(&mut self, code: u64, value: Scalar) {
        self.key.push(code);
        self.parts.push(Part::Scalar(value));
    }

    fn rare(&mut self, place: usize, object: &Bound<'py, PyAny>, numpy: &Numpy) -> PyResult<()> {
        let py = object.py();
        if let Ok(value) = object.cast::<PyBool>() {
            self.scalar(BOOL, Scalar::from(value.is_true()));
        } else if object.is_instance_of::<PyNone>() {
            self.key.push(NONE);
        } else if let Ok(items) = object.cast::<PyTuple>() {
            let class = if object.is_exact_instance_of::<PyTuple>() {
                None
            } else {
                record(&object.get_type())?
            };
            self.key.push(match class {
                None => TUPLE | (items.len() as u64) << 8,
                Some(it) => RECORD | (items.len() as u64) << 8 | u64::from(it.id) << 16,
            });
            for item in items.iter() {
                self.add(place, &item)?;
            }
        } else if let Ok(value) = object.cast_exact::<PyComplex>() {
            use pyo3::types::PyComplexMethods;
            self.scalar(COMPLEX, Scalar::complex64(value.real(), value.imag()));
        } else if let Some((dtype, _)) =
            numpy.scalars.iter().find(|(_, class)| object.get_type().is(class.bind(py)))
        {
            let value = object.call_method0("item")?;
            self.scalar(NUMPY + *dtype as u64, number(*dtype, &value)?);
        } else if let Some(found) = Generators::of(place, object)? {
            if self.generators.iter().any(|it| it.shares(&found)) {
                return Err(generators::twice(place));
            }
            let many = u64::from(found.many) << 16;
            self.key.push(GENERATOR | (found.bits as u64) << 8 | many);
            self.parts.push(Part::Generators(self.generators.len()));
            self.generators.push(found);
        } else if let Ok(value) = object.cast::<PyInt>() {
            self.scalar(INT, Scalar::from(integer(place, value)?));
        } else if object.get_type().getattr("__module__")?.eq("abreast.numpy")? {
            let array = py.import("numpy")?.call_method1("asarray", (object,))?;
            self.array(place, &array)?;
        } else {
            let class = object.get_type().qualname()?;
            return Err(PyTypeError::new_err(format!(
                "argument {} of a jit function is a {class}\n\
                 hint: it takes int, float, bool, complex, None, tuples of these, arrays of numbers, and random \
                 generators and lists of them; numpy.asarray(x) makes an array of a list",
                place + 1
            )));
        }
        Ok(())
    }

    fn array(&mut self, place: usize, object: &Bound<'py, PyAny>) -> PyResult<()> {
        // SAFETY: the object is an array of NumPy's, checked by whoever calls; it stays alive while it is
        // borrowed, and nothing of Python runs before the last use of what is read here.
        let head = unsafe { Head::of(object.as_ptr()) };
        let Some(dtype) = head.dtype() else {
            return Err(PyTypeError::new_err(format!(
                "argument {} of a jit function is an array of {}\n\
                 hint: arrays hold bool, integers, floats or complex numbers in the machine's byte order and \
                 aligned; x.astype(float) makes such a one",
                place + 1,
                object.getattr("dtype")?
            )));
        };
        let (address, shape, strides) = (head.address(), head.shape(), head.strides());
        let writable = head.is_writable();
        for (other, seen) in self.arrays.iter().enumerate() {
            if !self.distinct
                && seen.address == address
                && seen.dtype == dtype
                && seen.writable == writable
                && seen.strides == strides
                && seen.shape.iter().map(|it| *it as isize).eq(shape.iter().copied())
            {
                self.key.push(SAME | other as u64);
                return Ok(());
            }
        }
        let unit = head.unit(dtype);
        self.key.push(head.code(dtype, unit));
        let mut strides = strides.to_vec();
        if let Some(axis) = unit {
            strides[axis] = dtype.size().cast_signed(); // also where there is no second element
        }
        self.parts.push(Part::Array(self.arrays.len()));
        self.arrays.push(Seen {
            address,
            dtype,
            shape: shape.iter().map(|it| *it as i64).collect(),
            strides,
            writable,
        });
        self.objects.push(object.clone());
        Ok(())
    }
}

impl Seen {
    /// The lowest byte of any element, and the one after the highest.
    pub(super) fn span(&self) -> (usize, usize) {
        let (mut low, mut high) = (0isize, self.dtype.size().cast_signed());
        for (&length, &stride) in self.shape.iter().zip(&self.strides) {
            if length == 0 {
                return (0, 0);
            }
            let reach = (length as isize - 1).wrapping_mul(stride);
            if reach < 0 {
                low = low.wrapping_add(reach);
            } else {
                high = high.wrapping_add(reach);
            }
        }
        let start = self.address as usize;
        (start.wrapping_add_signed(low), start.wrapping_add_signed(high))
    }

    /// How the elements lie, from the lowest byte on; and where that is.
    pub(super) fn layout(&self) -> Option<(Layout, *mut u8, usize)> {
        let shape: Vec<_> = self.shape.iter().map(|it| it.unsigned_abs() as usize).collect();
        let layout = Layout::new(self.dtype, &shape, &self.strides, 0).ok()?;
        let (low, high) = layout.bounds().map_or((0, 0), |it| (it.start, it.end));
        let layout = Layout::new(self.dtype, &shape, &self.strides, -low).ok()?;
        Some((layout, self.address.wrapping_offset(low), (high - low).unsigned_abs()))
    }
}

fn integer(place: usize, value: &Bound<'_, PyInt>) -> PyResult<i64> {
    value.extract().map_err(|_| {
        PyOverflowError::new_err(format!(
            "argument {} of a jit function is an int that needs more than 64 bits\n\
             hint: pass float(x), or numpy.uint64(x)",
            place + 1
        ))
    })
}

fn number(dtype: DType, value: &Bound<'_, PyAny>) -> PyResult<Scalar> {
    use memory::Kind;
    use pyo3::types::PyComplexMethods;
    Ok(match dtype.kind() {
        Kind::Bool => Scalar::from(value.is_truthy()?),
        Kind::Signed => Scalar::from_i64(dtype, value.extract()?),
        Kind::Unsigned => Scalar::from_bits(dtype, value.extract::<u64>()?.into()),
        Kind::Float => Scalar::from_f64(dtype, value.extract()?),
        Kind::Complex => {
            let value = value.cast::<PyComplex>()?;
            let part = dtype.part();
            Scalar::from_parts(
                Scalar::from_f64(part, value.real()),
                Scalar::from_f64(part, value.imag()),
            )
        }
    })
}

/// The types that a key says.
pub(super) fn types(key: &[u64]) -> Vec<ArgumentType> {
    let mut left = key.iter().copied();
    let mut found = Vec::new();
    while let Some(code) = left.next() {
        found.push(one(code, &mut left));
    }
    found
}

fn one(code: u64, left: &mut impl Iterator<Item = u64>) -> ArgumentType {
    let number = |dtype, weak| ArgumentType::Number { dtype, weak };
    let dtype = |code: u64| DType::ALL[(code & 0xff) as usize % DType::ALL.len()];
    match code {
        FLOAT => number(DType::F64, true),
        INT => number(DType::I64, true),
        BOOL => number(DType::Bool, true),
        COMPLEX => number(DType::C128, true),
        NONE => ArgumentType::None,
        _ if code & ARRAY != 0 => {
            let rank = (code >> 16 & 0xff) as usize;
            let mut strides = vec![Stride::Any; rank];
            if code >> 9 & 1 == 1 {
                strides[rank - 1] = Stride::Unit;
            }
            if code >> 10 & 1 == 1 {
                strides[0] = Stride::Unit;
            }
            let writable = code >> 8 & 1 == 1;
            ArgumentType::Array(ArrayType { dtype: dtype(code), strides, writable })
        }
        _ if code & SAME != 0 => ArgumentType::Same((code & 0xffff) as usize),
        _ if code & 0xff == GENERATOR => {
            let bits = Bits::ALL[(code >> 8 & 0xff) as usize % Bits::ALL.len()];
            ArgumentType::Generator { bits, many: code >> 16 & 1 == 1 }
        }
        _ if code & 0xff == TUPLE => {
            let mut items = Vec::new();
            for _ in 0..code >> 8 {
                if let Some(code) = left.next() {
                    items.push(one(code, left));
                }
            }
            ArgumentType::Tuple(items.into())
        }
        _ if code & 0xff == RECORD => {
            let mut items = Vec::new();
            for _ in 0..code >> 8 & 0xff {
                if let Some(code) = left.next() {
                    items.push(one(code, left));
                }
            }
            ArgumentType::Tuple(match numbered(code >> 16 & 0xff_ffff) {
                Some(class) => Items::named(class, items),
                None => items.into(),
            })
        }
        _ => number(dtype(code - NUMPY), false),
    }
}
