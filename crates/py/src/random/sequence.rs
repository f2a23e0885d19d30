//! `abreast.random.SeedSequence`.

#![allow(clippy::doc_markdown, reason = "NumPy's way to write of parameters")]

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyTuple};
use std::sync::{Arc, Mutex, PoisonError};

/// Seeds of any size, stirred into well mixed bits, with a tree of children: NumPy's.
///
/// The same words as `numpy.random.SeedSequence` of the same arguments, and NumPy takes it as its
/// own. Children are made a hundred times faster.
///
/// Parameters
/// ----------
/// entropy : None, int or sequence of int
///     The seed; with None the operating system is asked for one, which `entropy` then tells.
/// spawn_key : sequence of int
///     The place in the tree: the number of the child, at each step from the root.
/// pool_size : int
///     How many words of mixed bits are kept.
///
/// Examples
/// --------
/// >>> from abreast.random import SeedSequence
/// >>> first, second = SeedSequence(7).spawn(2)
/// >>> second
/// SeedSequence(entropy=7, spawn_key=(1,))
/// >>> second.generate_state(2).tolist()
/// [4061402889, 3551961174]
#[pyclass(frozen, module = "abreast.random", name = "SeedSequence")]
pub(crate) struct SeedSequence {
    entropy: Py<PyAny>, // as it was given
    stage: Mutex<Stage>,
}

/// A child is made when something is asked of it: most of a million never are.
enum Stage {
    Made(::random::SeedSequence),
    Child(Arc<::random::SeedSequence>, u32),
}

impl SeedSequence {
    fn with<R>(&self, work: impl FnOnce(&mut ::random::SeedSequence) -> R) -> R {
        let mut stage = self.stage.lock().unwrap_or_else(PoisonError::into_inner);
        if let Stage::Child(parent, number) = &*stage {
            *stage = Stage::Made(parent.child(*number));
        }
        match &mut *stage {
            Stage::Made(sequence) => work(sequence),
            Stage::Child(..) => unreachable!("it was made above"),
        }
    }

    pub(super) fn inner(&self) -> ::random::SeedSequence {
        self.with(|sequence| sequence.clone())
    }
}

#[pymethods]
impl SeedSequence {
    #[new]
    #[pyo3(signature = (entropy=None, *, spawn_key=None, pool_size=4, n_children_spawned=0))]
    fn new(
        py: Python<'_>,
        entropy: Option<Bound<'_, PyAny>>,
        spawn_key: Option<Bound<'_, PyAny>>,
        pool_size: i64,
        n_children_spawned: u32,
    ) -> PyResult<Self> {
        // What NumPy would make of it: checks, words, and entropy where none is given.
        let seen = py.import("abreast.random.entropy")?.getattr("seen")?;
        let (entropy, words, key): (Bound<'_, PyAny>, Vec<u32>, Vec<u64>) =
            seen.call1((entropy, spawn_key, pool_size))?.extract()?;
        let sequence = ::random::SeedSequence::from_words(&words)
            .with_pool_size(pool_size.unsigned_abs() as usize)
            .with_spawn_key(&key)
            .with_children_spawned(n_children_spawned);
        Ok(Self { entropy: entropy.unbind(), stage: Mutex::new(Stage::Made(sequence)) })
    }

    /// The seed, as it was given.
    #[getter]
    fn entropy(&self, py: Python<'_>) -> Py<PyAny> {
        self.entropy.clone_ref(py)
    }

    /// The place in the tree.
    #[getter]
    fn spawn_key<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.inner().spawn_key())
    }

    /// How many words of mixed bits there are.
    #[getter]
    fn pool_size(&self) -> usize {
        self.inner().pool().len()
    }

    /// How many children were spawned so far.
    #[getter]
    fn n_children_spawned(&self) -> u32 {
        self.inner().children_spawned()
    }

    /// The mixed bits, an array of 32-bit words.
    #[getter]
    fn pool<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        array(py, &bytes(self.inner().pool()), "uint32")
    }

    /// The arguments that make this sequence again.
    #[getter]
    fn state<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let state = PyDict::new(py);
        state.set_item("entropy", self.entropy(py))?;
        state.set_item("spawn_key", self.spawn_key(py)?)?;
        state.set_item("pool_size", self.pool_size())?;
        state.set_item("n_children_spawned", self.n_children_spawned())?;
        Ok(state)
    }

    /// Return `n_words` words to seed a generator with, of 32 or 64 bits.
    #[pyo3(signature = (n_words, dtype=None))]
    fn generate_state<'py>(
        &self,
        py: Python<'py>,
        n_words: usize,
        dtype: Option<Bound<'_, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let name: String = match dtype {
            None => "uint32".into(),
            Some(dtype) => py.import("numpy")?.call_method1("dtype", (dtype,))?.str()?.extract()?,
        };
        let long = match name.as_str() {
            "uint32" => false,
            "uint64" => true,
            _ => {
                return Err(PyValueError::new_err(format!(
                    "only support uint32 or uint64, and dtype is {name}"
                )));
            }
        };
        let words = self.inner().generate_u32(if long { 2 * n_words } else { n_words });
        array(py, &bytes(&words), &name)
    }

    /// Return the next `n_children` sequences below this one.
    fn spawn<'py>(&self, py: Python<'py>, n_children: u32) -> PyResult<Bound<'py, PyList>> {
        let (first, parent) = self.with(|sequence| {
            let first = sequence.children_spawned();
            let Some(children) = first.checked_add(n_children) else {
                return Err(PyValueError::new_err(format!(
                    "n_children={n_children} after {first} of them: 4294967295 is the most"
                )));
            };
            let parent = sequence.clone();
            *sequence = parent.clone().with_children_spawned(children);
            Ok((first, Arc::new(parent)))
        })?;
        let list = PyList::empty(py);
        for child in first..first + n_children {
            let stage = Mutex::new(Stage::Child(parent.clone(), child));
            list.append(Bound::new(py, Self { entropy: self.entropy(py), stage })?)?;
        }
        Ok(list)
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let mut parts = vec![format!("entropy={}", self.entropy.bind(py).repr()?)];
        let sequence = self.inner();
        if !sequence.spawn_key().is_empty() {
            parts.push(format!("spawn_key={}", self.spawn_key(py)?.repr()?));
        }
        if sequence.pool().len() != 4 {
            parts.push(format!("pool_size={}", sequence.pool().len()));
        }
        if sequence.children_spawned() > 0 {
            parts.push(format!("n_children_spawned={}", sequence.children_spawned()));
        }
        Ok(format!("SeedSequence({})", parts.join(", ")))
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<Self>().is_ok_and(|other| {
            std::ptr::eq(self, other.get()) || {
                let other = other.get().inner();
                self.inner() == other
            }
        })
    }

    fn __hash__(&self) -> u64 {
        self.inner().generate_u64(1)[0]
    }

    fn __reduce__<'py>(
        slf: &Bound<'py, Self>,
    ) -> PyResult<(Bound<'py, PyAny>, (Bound<'py, PyDict>,))> {
        let restored = slf.py().import("abreast.random.entropy")?.getattr("restored")?;
        Ok((restored, (slf.get().state(slf.py())?,)))
    }
}

fn bytes(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// An array of NumPy's that can be written to.
fn array<'py>(py: Python<'py>, bytes: &[u8], dtype: &str) -> PyResult<Bound<'py, PyAny>> {
    let little = match dtype {
        "uint32" => "<u4",
        "uint64" => "<u8",
        _ => return Err(PyTypeError::new_err(dtype.to_owned())),
    };
    py.import("numpy")?
        .call_method1("frombuffer", (PyBytes::new(py, bytes), little))?
        .call_method0("copy")
}
