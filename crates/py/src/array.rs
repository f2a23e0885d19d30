//! Lazy arrays as Python sees them.
//!
//! What Python's own numbers and NumPy's arrays become is in `operand`, indices are in `index`, and
//! memory that both sides see is in `sight`. What has no kernel goes to `abreast.numpy.fallback`.

mod answer;
mod compute;
mod function;
mod index;
mod missed;
mod operand;
mod order;
mod sight;

use arrays::{Array, Change, Function, Operand};
use pyo3::basic::CompareOp;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyComplex, PyDict, PyFloat, PyInt, PyList, PyTuple, PyType};
use std::ffi::c_int;

pub(crate) use compute::{
    array_compilations, array_device, array_evaluate, array_explain, array_forked, array_interpret,
    array_recipes, threads_here,
};

pub(crate) use function::{
    ElementCall, array_function, array_functions, array_joined, array_result_type, array_width,
};

pub(crate) use order::{array_ordered, array_packed, array_unpacked};

use answer::{Answer, answer, covered, protocol, python, single};
use compute::{finished, raise, ready, wrap};
use function::{apply, binary, compare};
use operand::{Given, given, to_dtype, weak};

pub(crate) use sight::shown;

/// An array: element type, shape, and how to get the elements. It never changes.
#[pyclass(frozen, weakref, name = "Array", module = "abreast.numpy")]
pub(crate) struct PyArray {
    array: Array,
}

/// A function by its name; one that is not there does not compile.
macro_rules! named {
    ($name:literal) => {
        const { Function::named($name) }
    };
}

#[pymethods]
impl PyArray {
    /// Show the memory of an object that has the buffer protocol; None if no kernel can read it.
    #[classmethod]
    fn of_buffer<'py>(
        _class: &Bound<'py, PyType>,
        object: &Bound<'py, PyAny>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let py = object.py();
        match sight::shown(object)? {
            Some(array) => Ok(Some(wrap(py, array)?)),
            None => Ok(None),
        }
    }

    /// One value everywhere.
    #[classmethod]
    #[pyo3(signature = (value, shape, dtype=None))]
    fn full<'py>(
        class: &Bound<'py, PyType>,
        value: &Bound<'py, PyAny>,
        shape: Vec<usize>,
        dtype: Option<&str>,
    ) -> Answer<'py> {
        let py = class.py();
        let Some(weak) = weak(value)? else {
            return Err(PyTypeError::new_err(format!("full: {value} is not a number")));
        };
        let dtype = dtype.map(to_dtype).transpose()?.unwrap_or_else(|| weak.dtype());
        let scalar = weak.scalar(dtype).map_err(|error| raise(py, &error))?;
        answer(py, Array::filled(scalar, &shape))
    }

    /// The numbers from 0 on.
    #[classmethod]
    fn iota<'py>(class: &Bound<'py, PyType>, count: usize) -> Answer<'py> {
        answer(class.py(), Array::iota(count))
    }

    #[getter]
    fn dtype<'py>(&self, py: Python<'py>) -> Answer<'py> {
        operand::dtype(py, self.array.dtype())
    }

    #[getter]
    fn shape<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.array.shape())
    }

    #[getter]
    fn ndim(&self) -> usize {
        self.array.rank()
    }

    #[getter]
    fn size(&self) -> usize {
        self.array.count()
    }

    #[getter]
    fn itemsize(&self) -> usize {
        self.array.dtype().size()
    }

    #[getter]
    fn nbytes(&self) -> usize {
        self.array.count() * self.array.dtype().size()
    }

    #[getter(T)]
    fn transposed<'py>(&self, py: Python<'py>) -> Answer<'py> {
        answer(py, self.array.transpose())
    }

    /// Whether the elements lie in memory.
    #[getter]
    fn is_ready(&self) -> bool {
        self.array.is_ready()
    }

    /// Compute now, and wait until it is done.
    fn block_until_ready(slf: Bound<'_, Self>) -> Answer<'_> {
        ready(slf.py(), &slf.get().array)?;
        Ok(slf.into_any())
    }

    /// The kernels that the array becomes.
    fn explain(&self, py: Python<'_>) -> PyResult<String> {
        arrays::explain(std::slice::from_ref(&self.array)).map_err(|error| raise(py, &error))
    }

    fn cast<'py>(&self, py: Python<'py>, dtype: &str) -> Answer<'py> {
        wrap(py, self.array.cast(to_dtype(dtype)?))
    }

    fn reshaped<'py>(&self, py: Python<'py>, shape: Vec<isize>) -> Answer<'py> {
        answer(py, self.array.reshape(&shape))
    }

    /// NumPy's `reshape`: lengths one by one, or a tuple of them.
    #[pyo3(signature = (*shape, **options))]
    fn reshape<'py>(
        slf: Bound<'py, Self>,
        shape: &Bound<'py, PyTuple>,
        options: Option<&Bound<'py, PyDict>>,
    ) -> Answer<'py> {
        let py = slf.py();
        let one =
            if shape.len() == 1 { shape.get_item(0)?.cast_into::<PyTuple>().ok() } else { None };
        if let (None, Some(lengths)) = (options, index::lengths(one.as_ref().unwrap_or(shape))) {
            return answer(py, slf.get().array.reshape(&lengths));
        }
        let mut given = vec![slf.into_any()];
        given.extend(shape.iter());
        python(py, "reshaped")?.call(PyTuple::new(py, given)?, options)
    }

    /// The elements as numbers in a list, if they are few on one axis.
    fn listed<'py>(slf: &Bound<'py, Self>) -> PyResult<Option<Bound<'py, PyList>>> {
        const FEW: usize = 256;
        let (py, array) = (slf.py(), &slf.get().array);
        if array.rank() != 1 || array.count() > FEW {
            return Ok(None);
        }
        let data = finished(py, array)?;
        sight::numbers(py, &data).map(Some)
    }

    fn permuted<'py>(&self, py: Python<'py>, axes: Vec<isize>) -> Answer<'py> {
        answer(py, self.array.permute(&axes))
    }

    fn reversed<'py>(&self, py: Python<'py>, axes: Vec<isize>) -> Answer<'py> {
        answer(py, self.array.reverse(&axes))
    }

    fn expanded<'py>(&self, py: Python<'py>, position: isize) -> Answer<'py> {
        answer(py, self.array.expand(position))
    }

    fn squeezed<'py>(&self, py: Python<'py>, axes: Vec<usize>) -> Answer<'py> {
        answer(py, self.array.squeeze(&axes))
    }

    fn broadcasted<'py>(&self, py: Python<'py>, shape: Vec<usize>) -> Answer<'py> {
        answer(py, self.array.broadcast_to(&shape))
    }

    /// What a reduction makes of some axes; None if there is no kernel for it.
    #[pyo3(signature = (name, axes=None, keep=false, dtype=None, correction=0.0))]
    fn reduced<'py>(
        &self,
        py: Python<'py>,
        name: &str,
        axes: Option<Vec<isize>>,
        keep: bool,
        dtype: Option<&str>,
        correction: f64,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let Some(reduction) = answer::reduction(name, correction) else { return Ok(None) };
        let dtype = dtype.map(to_dtype).transpose()?;
        let reduced = self.array.reduce(reduction, axes.as_deref(), keep, dtype);
        covered(py, reduced)
    }

    /// Each element combined with all before it along an axis: `add` or `mul`.
    #[pyo3(signature = (op, axis, dtype=None))]
    fn scanned<'py>(
        &self,
        py: Python<'py>,
        op: &str,
        axis: isize,
        dtype: Option<&str>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let dtype = dtype.map(to_dtype).transpose()?;
        covered(py, self.array.scan(op, axis, dtype))
    }

    fn __getitem__<'py>(slf: Bound<'py, Self>, key: Bound<'py, PyAny>) -> Answer<'py> {
        let py = slf.py();
        if let Some(part) = index::single(&key) {
            return answer(py, slf.get().array.index(&[part]));
        }
        match index::parts(&key)? {
            Some(parts) => answer(py, slf.get().array.index(&parts)),
            None => python(py, "getitem")?.call1((slf, key)),
        }
    }

    #[expect(clippy::unused_self, reason = "Python calls it on an array")]
    fn __setitem__(&self, key: &Bound<'_, PyAny>, value: &Bound<'_, PyAny>) -> PyResult<()> {
        Err(PyErr::from_value(python(key.py(), "refuse_write")?.call1((key, value))?))
    }

    #[expect(clippy::unused_self, reason = "Python calls it on an array")]
    fn __delitem__(&self, _key: &Bound<'_, PyAny>) -> PyResult<()> {
        Err(PyTypeError::new_err(
            "elements cannot be deleted: arrays do not change\n\
             hint: anp.delete(x, index) gives a new array",
        ))
    }

    /// The array with some elements changed; None if there is no kernel for it.
    fn updated<'py>(
        slf: Bound<'py, Self>,
        key: &Bound<'py, PyAny>,
        change: &str,
        value: &Bound<'py, PyAny>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let py = slf.py();
        let (Some(parts), Some(change)) = (index::parts(key)?, Change::from_name(change)) else {
            return Ok(None);
        };
        let Given::Operand(value) = given(value)? else { return Ok(None) };
        covered(py, slf.get().array.update(&parts, change, &value))
    }

    fn __add__<'py>(slf: Bound<'py, Self>, other: Bound<'py, PyAny>) -> Answer<'py> {
        binary(named!("add"), slf.into_any(), other)
    }

    fn __radd__<'py>(slf: Bound<'py, Self>, other: Bound<'py, PyAny>) -> Answer<'py> {
        binary(named!("add"), other, slf.into_any())
    }

    fn __sub__<'py>(slf: Bound<'py, Self>, other: Bound<'py, PyAny>) -> Answer<'py> {
        binary(named!("subtract"), slf.into_any(), other)
    }

    fn __rsub__<'py>(slf: Bound<'py, Self>, other: Bound<'py, PyAny>) -> Answer<'py> {
        binary(named!("subtract"), other, slf.into_any())
    }

    fn __mul__<'py>(slf: Bound<'py, Self>, other: Bound<'py, PyAny>) -> Answer<'py> {
        binary(named!("multiply"), slf.into_any(), other)
    }

    fn __rmul__<'py>(slf: Bound<'py, Self>, other: Bound<'py, PyAny>) -> Answer<'py> {
        binary(named!("multiply"), other, slf.into_any())
    }

    fn __truediv__<'py>(slf: Bound<'py, Self>, other: Bound<'py, PyAny>) -> Answer<'py> {
        binary(named!("divide"), slf.into_any(), other)
    }

    fn __rtruediv__<'py>(slf: Bound<'py, Self>, other: Bound<'py, PyAny>) -> Answer<'py> {
        binary(named!("divide"), other, slf.into_any())
    }

    fn __floordiv__<'py>(slf: Bound<'py, Self>, other: Bound<'py, PyAny>) -> Answer<'py> {
        binary(named!("floor_divide"), slf.into_any(), other)
    }

    fn __rfloordiv__<'py>(slf: Bound<'py, Self>, other: Bound<'py, PyAny>) -> Answer<'py> {
        binary(named!("floor_divide"), other, slf.into_any())
    }

    fn __mod__<'py>(slf: Bound<'py, Self>, other: Bound<'py, PyAny>) -> Answer<'py> {
        binary(named!("remainder"), slf.into_any(), other)
    }

    fn __rmod__<'py>(slf: Bound<'py, Self>, other: Bound<'py, PyAny>) -> Answer<'py> {
        binary(named!("remainder"), other, slf.into_any())
    }

    fn __and__<'py>(slf: Bound<'py, Self>, other: Bound<'py, PyAny>) -> Answer<'py> {
        binary(named!("bitwise_and"), slf.into_any(), other)
    }

    fn __rand__<'py>(slf: Bound<'py, Self>, other: Bound<'py, PyAny>) -> Answer<'py> {
        binary(named!("bitwise_and"), other, slf.into_any())
    }

    fn __or__<'py>(slf: Bound<'py, Self>, other: Bound<'py, PyAny>) -> Answer<'py> {
        binary(named!("bitwise_or"), slf.into_any(), other)
    }

    fn __ror__<'py>(slf: Bound<'py, Self>, other: Bound<'py, PyAny>) -> Answer<'py> {
        binary(named!("bitwise_or"), other, slf.into_any())
    }

    fn __xor__<'py>(slf: Bound<'py, Self>, other: Bound<'py, PyAny>) -> Answer<'py> {
        binary(named!("bitwise_xor"), slf.into_any(), other)
    }

    fn __rxor__<'py>(slf: Bound<'py, Self>, other: Bound<'py, PyAny>) -> Answer<'py> {
        binary(named!("bitwise_xor"), other, slf.into_any())
    }

    fn __lshift__<'py>(slf: Bound<'py, Self>, other: Bound<'py, PyAny>) -> Answer<'py> {
        binary(named!("bitwise_left_shift"), slf.into_any(), other)
    }

    fn __rlshift__<'py>(slf: Bound<'py, Self>, other: Bound<'py, PyAny>) -> Answer<'py> {
        binary(named!("bitwise_left_shift"), other, slf.into_any())
    }

    fn __rshift__<'py>(slf: Bound<'py, Self>, other: Bound<'py, PyAny>) -> Answer<'py> {
        binary(named!("bitwise_right_shift"), slf.into_any(), other)
    }

    fn __rrshift__<'py>(slf: Bound<'py, Self>, other: Bound<'py, PyAny>) -> Answer<'py> {
        binary(named!("bitwise_right_shift"), other, slf.into_any())
    }

    fn __matmul__<'py>(slf: Bound<'py, Self>, other: Bound<'py, PyAny>) -> Answer<'py> {
        function::without_kernel("matmul", &[slf.into_any(), other])
    }

    fn __rmatmul__<'py>(slf: Bound<'py, Self>, other: Bound<'py, PyAny>) -> Answer<'py> {
        function::without_kernel("matmul", &[other, slf.into_any()])
    }

    fn __pow__<'py>(
        slf: Bound<'py, Self>,
        other: Bound<'py, PyAny>,
        _modulo: &Bound<'py, PyAny>,
    ) -> Answer<'py> {
        let py = slf.py();
        apply(py, named!("pow"), &[slf.into_any(), other])
    }

    fn __rpow__<'py>(
        slf: Bound<'py, Self>,
        other: Bound<'py, PyAny>,
        _modulo: &Bound<'py, PyAny>,
    ) -> Answer<'py> {
        let py = slf.py();
        apply(py, named!("pow"), &[other, slf.into_any()])
    }

    fn __neg__(slf: Bound<'_, Self>) -> Answer<'_> {
        let py = slf.py();
        apply(py, named!("negative"), &[slf.into_any()])
    }

    fn __pos__(slf: Bound<'_, Self>) -> Answer<'_> {
        let py = slf.py();
        apply(py, named!("positive"), &[slf.into_any()])
    }

    fn __abs__(slf: Bound<'_, Self>) -> Answer<'_> {
        let py = slf.py();
        apply(py, named!("abs"), &[slf.into_any()])
    }

    fn __invert__(slf: Bound<'_, Self>) -> Answer<'_> {
        let py = slf.py();
        apply(py, named!("bitwise_invert"), &[slf.into_any()])
    }

    fn __richcmp__<'py>(
        slf: Bound<'py, Self>,
        other: Bound<'py, PyAny>,
        how: CompareOp,
    ) -> Answer<'py> {
        compare(how, &slf.into_any(), &other)
    }

    fn __len__(&self) -> PyResult<usize> {
        self.array.shape().first().copied().ok_or_else(|| {
            PyTypeError::new_err("len() of an array without axes\nhint: x.size is 1")
        })
    }

    /// The only element, or the one at a place, as a number of Python.
    #[pyo3(signature = (*place))]
    fn item<'py>(slf: Bound<'py, Self>, place: &Bound<'py, PyTuple>) -> Answer<'py> {
        if place.is_empty() {
            return single(&slf, "item");
        }
        python(slf.py(), "item")?.call1((slf, place))
    }

    fn __repr__(slf: Bound<'_, Self>) -> Answer<'_> {
        protocol(slf.py(), "represent")?.call1((slf,))
    }

    fn __str__(slf: Bound<'_, Self>) -> Answer<'_> {
        protocol(slf.py(), "represent")?.call1((slf, true))
    }

    fn __format__<'py>(slf: Bound<'py, Self>, specification: &str) -> Answer<'py> {
        protocol(slf.py(), "written")?.call1((slf, specification))
    }

    fn __iter__(slf: Bound<'_, Self>) -> Answer<'_> {
        protocol(slf.py(), "iterate")?.call1((slf,))
    }

    fn __contains__(slf: Bound<'_, Self>, value: Bound<'_, PyAny>) -> PyResult<bool> {
        protocol(slf.py(), "contains")?.call1((slf, value))?.extract()
    }

    fn __divmod__<'py>(slf: Bound<'py, Self>, other: Bound<'py, PyAny>) -> Answer<'py> {
        protocol(slf.py(), "divide")?.call1((slf, other))
    }

    fn __reduce__(slf: Bound<'_, Self>) -> Answer<'_> {
        protocol(slf.py(), "reduce")?.call1((slf,))
    }

    fn __bool__(slf: Bound<'_, Self>) -> PyResult<bool> {
        let py = slf.py();
        let count = slf.get().array.count();
        if count != 1 {
            return Err(PyValueError::new_err(format!(
                "the truth value of an array with {count} elements is ambiguous\n\
                 hint: say which is meant, x.any() or x.all()"
            )));
        }
        sight::number(py, &finished(py, &slf.get().array)?)?.is_truthy()
    }

    fn __int__(slf: Bound<'_, Self>) -> Answer<'_> {
        let py = slf.py();
        let number = single(&slf, "int")?;
        if number.is_exact_instance_of::<PyInt>() {
            return Ok(number);
        }
        py.get_type::<PyInt>().call1((number,)).map(Bound::into_any)
    }

    fn __float__(slf: Bound<'_, Self>) -> Answer<'_> {
        let py = slf.py();
        let number = single(&slf, "float")?;
        if number.is_exact_instance_of::<PyFloat>() {
            return Ok(number);
        }
        py.get_type::<PyFloat>().call1((number,)).map(Bound::into_any)
    }

    fn __complex__(slf: Bound<'_, Self>) -> Answer<'_> {
        let py = slf.py();
        py.get_type::<PyComplex>().call1((single(&slf, "complex")?,)).map(Bound::into_any)
    }

    fn __index__(slf: Bound<'_, Self>) -> Answer<'_> {
        let array = &slf.get().array;
        if array.rank() > 0 || !array.dtype().is_integer() {
            return Err(PyTypeError::new_err(
                "only integer scalar arrays can be converted to a scalar index\n\
                 hint: int(x) for one element; whole arrays are indices of arrays alone",
            ));
        }
        single(&slf, "index")
    }

    #[pyo3(signature = (dtype=None, copy=None))]
    fn __array__<'py>(
        slf: Bound<'py, Self>,
        dtype: Option<Bound<'py, PyAny>>,
        copy: Option<bool>,
    ) -> Answer<'py> {
        if let Some(error) = missed::take(slf.as_any()) {
            return Err(error);
        }
        protocol(slf.py(), "array")?.call1((slf, dtype, copy))
    }

    #[pyo3(signature = (ufunc, method, *inputs, **options))]
    fn __array_ufunc__<'py>(
        slf: Bound<'py, Self>,
        ufunc: Bound<'py, PyAny>,
        method: Bound<'py, PyAny>,
        inputs: Bound<'py, PyTuple>,
        options: Option<Bound<'py, PyDict>>,
    ) -> Answer<'py> {
        let py = slf.py();
        let mut args = vec![slf.into_any(), ufunc, method];
        args.extend(inputs.iter());
        protocol(py, "array_ufunc")?.call(PyTuple::new(py, args)?, options.as_ref())
    }

    fn __array_function__<'py>(
        slf: Bound<'py, Self>,
        function: Bound<'py, PyAny>,
        types: Bound<'py, PyAny>,
        args: Bound<'py, PyAny>,
        options: Bound<'py, PyAny>,
    ) -> Answer<'py> {
        protocol(slf.py(), "array_function")?.call1((slf, function, types, args, options))
    }

    #[pyo3(signature = (*, api_version=None))]
    fn __array_namespace__<'py>(
        slf: Bound<'py, Self>,
        api_version: Option<Bound<'py, PyAny>>,
    ) -> Answer<'py> {
        protocol(slf.py(), "namespace")?.call1((slf, api_version))
    }

    #[pyo3(signature = (*, stream=None, max_version=None, dl_device=None, copy=None))]
    fn __dlpack__<'py>(
        slf: Bound<'py, Self>,
        stream: Option<Bound<'py, PyAny>>,
        max_version: Option<Bound<'py, PyAny>>,
        dl_device: Option<Bound<'py, PyAny>>,
        copy: Option<bool>,
    ) -> Answer<'py> {
        protocol(slf.py(), "dlpack")?.call1((slf, stream, max_version, dl_device, copy))
    }

    fn __dlpack_device__(slf: Bound<'_, Self>) -> Answer<'_> {
        protocol(slf.py(), "dlpack_device")?.call1((slf,))
    }

    /// Attributes that Python implements: NumPy's methods.
    fn __getattr__<'py>(slf: Bound<'py, Self>, name: &str) -> Answer<'py> {
        let py = slf.py();
        python(py, "attribute")?.call1((slf, name))
    }

    /// # Safety
    /// The interpreter calls this, with a view to fill.
    unsafe fn __getbuffer__(
        slf: Bound<'_, Self>,
        view: *mut ffi::Py_buffer,
        flags: c_int,
    ) -> PyResult<()> {
        let data = finished(slf.py(), &slf.get().array)
            .inspect_err(|error| missed::note(slf.as_any(), error))?;
        // SAFETY: the interpreter passes a view to fill.
        unsafe { sight::show(slf.into_any(), &data, view, flags) }
    }

    /// # Safety
    /// The interpreter calls this, with a view that was filled.
    #[expect(clippy::unused_self, reason = "Python calls it on an array")]
    unsafe fn __releasebuffer__(&self, view: *mut ffi::Py_buffer) {
        // SAFETY: the view was filled by `__getbuffer__`, and is released once.
        unsafe { sight::release(view) }
    }
}

impl PyArray {
    fn operand(&self) -> Operand {
        self.array.clone().into()
    }
}
