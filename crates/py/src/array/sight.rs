//! Memory that Python and arrays both see, through the buffer protocol.

use std::ffi::{CStr, c_int, c_void};

use arrays::{Array, Data};
use devices::Storage;
use memory::{DType, Kind, Layout, Scalar};
use pyo3::exceptions::PyBufferError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyComplex, PyList};

/// The elements of an object that has the buffer protocol, where they are. None if their type, byte
/// order or alignment is one that no kernel reads.
pub(crate) fn shown(object: &Bound<'_, PyAny>) -> PyResult<Option<Array>> {
    let py = object.py();
    let mut view = std::mem::MaybeUninit::<ffi::Py_buffer>::zeroed();
    // SAFETY: the interpreter fills the view or fails.
    let failed =
        unsafe { ffi::PyObject_GetBuffer(object.as_ptr(), view.as_mut_ptr(), ffi::PyBUF_FULL_RO) };
    if failed != 0 {
        return Err(PyErr::fetch(py));
    }
    // SAFETY: it was filled.
    let mut view = unsafe { view.assume_init() };
    // SAFETY: the view is valid, and its lists are as long as it says.
    let seen = unsafe { seen(&view) };
    let address = view.buf as usize;
    let Some((layout, low, len)) = seen else {
        // SAFETY: it was filled above, and is released once.
        unsafe { ffi::PyBuffer_Release(&raw mut view) };
        return Ok(None);
    };
    let keeper = Box::new(Viewed { view });
    let start = address.wrapping_add_signed(low) as *mut u8;
    // SAFETY: the object shows these bytes until the view is released, which the keeper does. They
    // are read alone: arrays write to memory of their own.
    let storage = unsafe { Storage::kept(start, len, keeper) };
    Ok(Some(Array::from_data(Data { storage, layout })))
}

/// A view that somebody else's memory is held by.
struct Viewed {
    view: ffi::Py_buffer,
}

// SAFETY: the view is touched by nobody until it is released, with the interpreter's lock.
unsafe impl Send for Viewed {}
// SAFETY: as above.
unsafe impl Sync for Viewed {}

impl Drop for Viewed {
    fn drop(&mut self) {
        // When the interpreter has ended there is nobody to give anything back to.
        let _ended = Python::try_attach(|_| {
            // SAFETY: it was filled when this was made, and is released once.
            unsafe { ffi::PyBuffer_Release(&raw mut self.view) }
        });
    }
}

/// The layout of a view, relative to its lowest byte; that byte, and how many there are.
///
/// # Safety
/// The view is one that the interpreter filled.
unsafe fn seen(view: &ffi::Py_buffer) -> Option<(Layout, isize, usize)> {
    let format = if view.format.is_null() {
        c"B"
    } else {
        // SAFETY: the protocol says that it is a string.
        unsafe { CStr::from_ptr(view.format) }
    };
    let dtype = of_format(format.to_bytes())?;
    if dtype.size().cast_signed() != view.itemsize {
        return None;
    }
    let rank = usize::try_from(view.ndim).ok()?;
    let list = |from: *const ffi::Py_ssize_t| -> Vec<isize> {
        if rank == 0 || from.is_null() {
            return Vec::new();
        }
        // SAFETY: the protocol says that there are as many as axes.
        unsafe { std::slice::from_raw_parts(from, rank) }.to_vec()
    };
    let shape: Vec<_> = list(view.shape).into_iter().map(isize::cast_unsigned).collect();
    let strides = list(view.strides);
    if shape.len() != rank || strides.len() != rank {
        return None;
    }
    let layout = Layout::new(dtype, &shape, &strides, 0).ok()?;
    let (low, high) = layout.bounds().map_or((0, 0), |bounds| (bounds.start, bounds.end));
    let layout = Layout::new(dtype, &shape, &strides, -low).ok()?;
    let aligned = (view.buf as usize).wrapping_add_signed(low).is_multiple_of(dtype.alignment())
        && layout.is_aligned();
    (aligned || layout.is_empty()).then_some((layout, low, (high - low).cast_unsigned()))
}

/// The type that a format stands for, if the bytes are in the machine's order.
fn of_format(format: &[u8]) -> Option<DType> {
    let format = match format {
        [b'@' | b'=', rest @ ..] => rest,
        [b'<', rest @ ..] if cfg!(target_endian = "little") => rest,
        _ => format,
    };
    Some(match format {
        b"?" => DType::Bool,
        b"b" => DType::I8,
        b"h" => DType::I16,
        b"i" => DType::I32,
        b"l" | b"q" => DType::I64,
        b"B" => DType::U8,
        b"H" => DType::U16,
        b"I" => DType::U32,
        b"L" | b"Q" => DType::U64,
        b"e" => DType::F16,
        b"f" => DType::F32,
        b"d" => DType::F64,
        b"Zf" => DType::C64,
        b"Zd" => DType::C128,
        _ => return None,
    })
}

fn format(dtype: DType) -> &'static CStr {
    match dtype {
        DType::Bool => c"?",
        DType::I8 => c"b",
        DType::I16 => c"h",
        DType::I32 => c"i",
        DType::I64 => c"l",
        DType::U8 => c"B",
        DType::U16 => c"H",
        DType::U32 => c"I",
        DType::U64 => c"L",
        DType::F16 => c"e",
        DType::F32 => c"f",
        DType::F64 => c"d",
        DType::C64 => c"Zf",
        DType::C128 => c"Zd",
    }
}

/// What a view that was handed out needs as long as it is used.
struct Shown {
    lists: Vec<isize>,
    _data: Data,
}

/// Fill a view with the elements of an array, to read alone.
///
/// # Safety
/// The view is one that may be filled.
pub(super) unsafe fn show(
    owner: Bound<'_, PyAny>,
    data: &Data,
    view: *mut ffi::Py_buffer,
    flags: c_int,
) -> PyResult<()> {
    let layout = &data.layout;
    let asked = |flag: c_int| flags & flag == flag;
    let refuse = |why: &str| Err(PyBufferError::new_err(why.to_owned()));
    // SAFETY: it may be filled; no owner means that it was not.
    unsafe { (*view).obj = std::ptr::null_mut() };
    if asked(ffi::PyBUF_WRITABLE) {
        return refuse("arrays do not change: ask for memory to read, or copy with numpy.array(x)");
    }
    if !layout.is_contiguous() && (!asked(ffi::PyBUF_STRIDES) || asked(ffi::PyBUF_C_CONTIGUOUS)) {
        return refuse("the elements are not contiguous: ask for strides");
    }
    let rank = layout.rank();
    let mut lists: Vec<isize> = layout.shape().iter().map(|it| it.cast_signed()).collect();
    lists.extend(layout.strides());
    let shown = Box::new(Shown { lists, _data: data.clone() });
    let lists = shown.lists.as_ptr().cast_mut();
    let bytes = layout.count() * layout.dtype().size();
    // SAFETY: the view may be filled. The lists and the memory live in `shown`, which `release`
    // drops; the reference to the owner is dropped by the interpreter.
    unsafe {
        (*view).buf = data.storage.address().wrapping_offset(layout.offset()).cast();
        (*view).len = bytes.cast_signed();
        (*view).itemsize = layout.dtype().size().cast_signed();
        (*view).readonly = 1;
        (*view).ndim = c_int::try_from(rank).unwrap_or(c_int::MAX);
        (*view).format = if asked(ffi::PyBUF_FORMAT) {
            format(layout.dtype()).as_ptr().cast_mut()
        } else {
            std::ptr::null_mut()
        };
        (*view).shape = if asked(ffi::PyBUF_ND) { lists } else { std::ptr::null_mut() };
        (*view).strides =
            if asked(ffi::PyBUF_STRIDES) { lists.add(rank) } else { std::ptr::null_mut() };
        (*view).suboffsets = std::ptr::null_mut();
        (*view).internal = Box::into_raw(shown).cast::<c_void>();
        (*view).obj = owner.into_ptr();
    }
    Ok(())
}

/// Let go of what a view needed.
///
/// # Safety
/// The view was filled by [`show`].
pub(super) unsafe fn release(view: *mut ffi::Py_buffer) {
    // SAFETY: `show` put it there.
    drop(unsafe { Box::from_raw((*view).internal.cast::<Shown>()) });
}

/// Whether one of a few integers has these bits; None if they are many, or do not lie side by side.
pub(super) fn some_is(data: &Data, bits: u64) -> Option<bool> {
    const FEW: usize = 4096;
    let layout = &data.layout;
    if layout.count() > FEW || !layout.is_contiguous() {
        return None;
    }
    let size = layout.dtype().size();
    let from = data.storage.address().wrapping_offset(layout.offset());
    // SAFETY: the elements lie in the storage, one after the other.
    let bytes = unsafe { std::slice::from_raw_parts(from.cast_const(), layout.count() * size) };
    let wanted = bits.to_ne_bytes();
    Some(match size {
        1 => some(bytes, [wanted[0]]),
        2 => some(bytes, (bits as u16).to_ne_bytes()),
        4 => some(bytes, (bits as u32).to_ne_bytes()),
        _ => some(bytes, wanted),
    })
}

/// Whether some piece of these bytes is the one wanted.
fn some<const SIZE: usize>(bytes: &[u8], wanted: [u8; SIZE]) -> bool {
    // Counted, a stretch takes vectors.
    let (pieces, _) = bytes.as_chunks::<SIZE>();
    pieces.chunks(256).any(|stretch| stretch.iter().filter(|&&it| it == wanted).count() > 0)
}

/// The elements along the only axis as numbers of Python.
pub(super) fn numbers<'py>(py: Python<'py>, data: &Data) -> PyResult<Bound<'py, PyList>> {
    let (&[count], &[stride]) = (data.layout.shape(), data.layout.strides()) else {
        return Err(PyBufferError::new_err("there is more than one axis"));
    };
    let begin = data.layout.offset();
    let one = |place: usize| number_at(py, data, begin + place.cast_signed() * stride);
    PyList::new(py, (0..count).map(one).collect::<PyResult<Vec<_>>>()?)
}

/// The only element as a number of Python.
pub(super) fn number<'py>(py: Python<'py>, data: &Data) -> PyResult<Bound<'py, PyAny>> {
    number_at(py, data, data.layout.offset())
}

/// The element that begins so many bytes into the storage.
fn number_at<'py>(py: Python<'py>, data: &Data, offset: isize) -> PyResult<Bound<'py, PyAny>> {
    let dtype = data.layout.dtype();
    let mut bytes = [0; 16];
    let from = data.storage.address().wrapping_offset(offset);
    // SAFETY: the element lies in the storage, and is no larger than 16 bytes.
    unsafe { std::ptr::copy_nonoverlapping(from, bytes.as_mut_ptr(), dtype.size()) };
    let scalar = Scalar::from_bytes(dtype, &bytes);
    Ok(match dtype.kind() {
        Kind::Bool => scalar.is_true().into_pyobject(py)?.to_owned().into_any(),
        Kind::Signed | Kind::Unsigned => scalar.to_i128().into_pyobject(py)?.into_any(),
        Kind::Float => scalar.to_f64().into_pyobject(py)?.into_any(),
        Kind::Complex => {
            let (real, imag) = (scalar.real().to_f64(), scalar.imag().to_f64());
            PyComplex::from_doubles(py, real, imag).into_any()
        }
    })
}
