//! The class of compiled functions that Python calls.

use std::sync::{Arc, Mutex, PoisonError, RwLock};

use pyo3::exceptions::{PyIndexError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use super::argument::{Given, types};
use super::glance::Glance;
use super::program::{Program, told};
use super::programs::Programs;
use super::source::JitSource;
use crate::compile::heed_forks;
use crate::enter::outside;
use devices::PerProcess;
use source::Raise;

/// A function that is compiled for the types of arguments that it meets.
///
/// Python's class above it finds the source when it is first needed (`_source`) and raises what a
/// compiled function raises (`_raised`).
#[pyclass(subclass, dict, weakref, frozen, module = "abreast._abreast")]
pub(crate) struct JitCall {
    name: String,
    parameters: Vec<String>,
    defaults: Py<PyDict>,
    boundscheck: bool,
    domain: bool,
    races: bool,
    programs: Programs,
    /// Held while a program is made, so that several first calls make it once.
    making: PerProcess<Mutex<()>>,
    /// Arrays of the closure, once the source was looked at.
    closure: RwLock<Option<Arc<Vec<Py<PyAny>>>>>,
}

#[pymethods]
impl JitCall {
    #[new]
    fn new(
        name: String,
        parameters: Vec<String>,
        defaults: Py<PyDict>,
        boundscheck: bool,
        domain: bool,
        races: bool,
    ) -> Self {
        Self {
            name,
            parameters,
            defaults,
            boundscheck,
            domain,
            races,
            programs: Programs::default(),
            making: PerProcess::new(Mutex::default(), Mutex::default),
            closure: RwLock::default(),
        }
    }

    #[pyo3(signature = (*args, **kwargs))]
    fn __call__<'py>(
        slf: &Bound<'py, Self>,
        args: &Bound<'py, PyTuple>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let raise = |raise: &Raise| match slf.call_method1("_raised", told(raise)) {
            Ok(error) => PyErr::from_value(error),
            Err(error) => error,
        };
        if let Some(done) = slf.get().soon(args, kwargs, raise)? {
            return Ok(done);
        }
        let given = Self::given(slf, args, kwargs)?;
        let program = Self::program(slf, &given)?;
        // The first call did not know of the arrays of the closure.
        let given = if given.key == program.key { given } else { Self::given(slf, args, kwargs)? };
        program.run(slf.py(), &given, raise)
    }

    /// Compile for such arguments, and do not run.
    #[pyo3(signature = (*args, **kwargs))]
    fn compile<'py>(
        slf: &Bound<'py, Self>,
        args: &Bound<'py, PyTuple>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<()> {
        let given = Self::given(slf, args, kwargs)?;
        Self::program(slf, &given).map(|_| ())
    }

    /// The type of the one number that it returns for such arguments.
    #[pyo3(signature = (*args))]
    fn _result<'py>(slf: &Bound<'py, Self>, args: &Bound<'py, PyTuple>) -> PyResult<&'static str> {
        let given = Self::given(slf, args, None)?;
        let found = Self::program(slf, &given)?.result();
        found.ok_or_else(|| {
            let name = &slf.get().name;
            PyTypeError::new_err(format!(
                "{name} does not return one number\n\
                 hint: functions that are vectorized return one number for each element"
            ))
        })
    }

    /// Names of the parameters.
    #[getter]
    fn _parameters(&self) -> Vec<String> {
        self.parameters.clone()
    }

    /// The types that it was compiled for, in words.
    fn _signatures(&self) -> Vec<String> {
        self.programs.iter().map(|it| said(&types(&it.key))).collect()
    }

    /// What became of the loops of the program at a place: line, function, depth, in words.
    fn _told(&self, py: Python<'_>, place: usize) -> PyResult<Vec<(usize, String, usize, String)>> {
        let program = self.programs.iter().nth(place);
        program.ok_or_else(|| PyIndexError::new_err("no such program"))?.told(py)
    }

    /// Text of the program at a place: `ir`, `llvm` or `asm`.
    fn _shown(&self, py: Python<'_>, what: &str, place: usize) -> PyResult<String> {
        let program = self.programs.iter().nth(place);
        program.ok_or_else(|| PyIndexError::new_err("no such program"))?.shown(py, what)
    }
}

impl JitCall {
    /// Call it with arguments of the usual kinds, for which it was compiled before; nothing where they
    /// are others, and nothing was begun then.
    fn soon<'py>(
        &self,
        args: &Bound<'py, PyTuple>,
        kwargs: Option<&Bound<'py, PyDict>>,
        raise: impl Fn(&Raise) -> PyErr,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        if kwargs.is_some() || args.len() != self.parameters.len() {
            return Ok(None);
        }
        let mut glance = Glance::new();
        if glance.look(args).is_none() {
            return Ok(None);
        }
        // Arrays of a closure are part of the keys of its programs, so none is found here.
        let Some(program) = self.programs.find(glance.key()) else { return Ok(None) };
        program.run_words(args, &glance, raise)
    }

    fn given<'py>(
        slf: &Bound<'py, Self>,
        args: &Bound<'py, PyTuple>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Given<'py>> {
        let it = slf.get();
        let mut given = Given::default();
        if kwargs.is_none() && args.len() == it.parameters.len() {
            for (place, object) in args.iter_borrowed().enumerate() {
                given.add(place, &object).map_err(|error| it.named(slf.py(), place, &error))?;
            }
        } else {
            for (place, object) in it.bound(args, kwargs)?.iter().enumerate() {
                given.add(place, object).map_err(|error| it.named(slf.py(), place, &error))?;
            }
        }
        let closure = it.closure.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(closure) = closure {
            given.distinct = true;
            for object in closure.iter() {
                given.add(it.parameters.len(), object.bind(slf.py()))?;
            }
        }
        Ok(given)
    }

    /// An error of an argument that is not taken, with the names that its place has here.
    fn named(&self, py: Python<'_>, place: usize, error: &PyErr) -> PyErr {
        let told = error.value(py).to_string();
        let numbered = format!("argument {} of a jit function ", place + 1);
        let Some(rest) = told.strip_prefix(&numbered) else { return error.clone_ref(py) };
        let what = self.parameters.get(place);
        let what = what.map_or("an array from outside".into(), |it| format!("the argument {it}"));
        PyErr::from_type(error.get_type(py), format!("{}: {what} {rest}", self.name))
    }

    /// One argument for each parameter, as Python would pass them.
    fn bound<'py>(
        &self,
        args: &Bound<'py, PyTuple>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let py = args.py();
        let (name, count) = (&self.name, self.parameters.len());
        if args.len() > count {
            return Err(PyTypeError::new_err(format!(
                "{name}() takes {count} positional arguments but {} were given",
                args.len()
            )));
        }
        let mut used = 0;
        let mut found = Vec::with_capacity(count);
        for (place, parameter) in self.parameters.iter().enumerate() {
            let named = kwargs.map(|it| it.get_item(parameter)).transpose()?.flatten();
            used += usize::from(named.is_some());
            let value = match (args.get_item(place), named) {
                (Ok(_), Some(_)) => {
                    return Err(PyTypeError::new_err(format!(
                        "{name}() got multiple values for argument '{parameter}'"
                    )));
                }
                (Ok(value), None) | (Err(_), Some(value)) => value,
                (Err(_), None) => self.defaults.bind(py).get_item(parameter)?.ok_or_else(|| {
                    PyTypeError::new_err(format!(
                        "{name}() missing required argument: '{parameter}'"
                    ))
                })?,
            };
            found.push(value);
        }
        if let Some(kwargs) = kwargs
            && used < kwargs.len()
        {
            for key in kwargs.keys() {
                let key: String = key.extract()?;
                if !self.parameters.contains(&key) {
                    return Err(PyTypeError::new_err(format!(
                        "{name}() got an unexpected keyword argument '{key}'"
                    )));
                }
            }
        }
        Ok(found)
    }

    fn program<'a, 'py>(slf: &'a Bound<'py, Self>, given: &Given<'py>) -> PyResult<&'a Program> {
        let it = slf.get();
        if let Some(program) = it.programs.find(&given.key) {
            return Ok(program);
        }
        let py = slf.py();
        let found = slf.call_method0("_source")?;
        let (source, arrays): (Bound<'py, JitSource>, Vec<Py<PyAny>>) = found.extract()?;
        let mut key = given.key.clone();
        let closure = {
            let mut known = it.closure.write().unwrap_or_else(PoisonError::into_inner);
            known.get_or_insert_with(|| Arc::new(arrays)).clone()
        };
        // The first call did not know of them, nor did others that came before it was here.
        if !given.distinct {
            let mut more = Given { distinct: true, ..Given::default() };
            for array in closure.iter() {
                let place = it.parameters.len();
                let added = more.add(place, array.bind(py));
                added.map_err(|error| it.named(py, place, &error))?;
            }
            key.extend(&more.key);
        }
        let closure = closure.len();
        heed_forks(py)?;
        // Whoever makes a program needs the interpreter now and then: wait without it.
        let held =
            outside(py, || Held(it.making.get().lock().unwrap_or_else(PoisonError::into_inner)));
        if let Some(program) = it.programs.find(&key) {
            return Ok(program);
        }
        let unit = source.get().unit.clone();
        let made = Program::make(py, &unit, &key, closure, (it.boundscheck, it.domain, it.races))?;
        let made = it.programs.push(made);
        drop(held);
        Ok(made)
    }
}

/// A lock that another thread's closure took for this one: it is the same thread.
struct Held<'a>(#[expect(dead_code, reason = "held until dropped")] std::sync::MutexGuard<'a, ()>);

// SAFETY: `outside` runs its closure on the calling thread, so the lock never changes threads.
unsafe impl Send for Held<'_> {}

fn said(types: &[source::ArgumentType]) -> String {
    use source::ArgumentType;
    let words: Vec<_> = types
        .iter()
        .map(|it| match it {
            ArgumentType::Number { dtype, weak: false } => dtype.name().to_owned(),
            ArgumentType::Number { dtype, .. } => match dtype.kind() {
                memory::Kind::Bool => "bool".into(),
                memory::Kind::Signed | memory::Kind::Unsigned => "int".into(),
                memory::Kind::Float => "float".into(),
                memory::Kind::Complex => "complex".into(),
            },
            ArgumentType::Array(ty) => {
                let axes: Vec<_> = ty
                    .strides
                    .iter()
                    .map(|it| if *it == ir::Stride::Unit { "::1" } else { ":" })
                    .collect();
                format!("{}[{}]", ty.dtype.name(), axes.join(", "))
            }
            ArgumentType::Same(place) => format!("the same as array {}", place + 1),
            ArgumentType::Tuple(items) => {
                let name = items.class().map_or("", |it| it.name.as_str());
                format!("{name}({})", said(items))
            }
            ArgumentType::Generator { bits, many: false } => format!("Generator({})", bits.name()),
            ArgumentType::Generator { bits, .. } => format!("list of Generator({})", bits.name()),
            ArgumentType::None => "None".into(),
        })
        .collect();
    words.join(", ")
}
