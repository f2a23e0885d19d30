//! What a worker process does: claim, call, report.

use crate::buffer::Buffer;
use crate::call::{APPLY, WATCHED, WATCHED_TASKS, apply, call};
use crate::codec;
use crate::enter::outside;
use crate::lodging::{Lodger, Received};
use crate::parcel::{Holds, Parcel, pickling};
use pyo3::exceptions::{PyKeyboardInterrupt, PyMemoryError, PyOSError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};
use shm::Lodging;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use workers::{Kind, Outlet, Runner, Task, Wake};

/// This process, as a worker of its parent's pool.
#[pyclass(frozen, module = "abreast._abreast")]
pub(crate) struct Worker {
    runner: Mutex<Runner>,
    /// Answers `interrupted` while `serve` holds the runner.
    interrupts: workers::Interrupts,
    lodging: Arc<Lodging>,
    outlet: Arc<Outlet>,
    /// A warning was shown: it is for the parent to say whether the next job shows it again.
    warned: Arc<AtomicBool>,
    /// This process has run as many tasks as it may.
    leaving: Arc<AtomicBool>,
    serving: AtomicBool,
}

/// What `serve` needs of Python, looked up once.
struct Hooks<'py> {
    dumps: Bound<'py, PyAny>,
    loads: Bound<'py, PyAny>,
    /// `failure(exception, index, what) -> bytes`.
    failure: Bound<'py, PyAny>,
    /// `before() -> state`, `after(state) -> bool`.
    before: Bound<'py, PyAny>,
    after: Bound<'py, PyAny>,
    /// `settle(settings)`: have what the next task is to find around it; none for the defaults.
    settle: Bound<'py, PyAny>,
    /// `renew()`: forget which warnings were shown.
    renew: Bound<'py, PyAny>,
    /// Python's own `gc.collect`.
    collect: Bound<'py, PyAny>,
}

/// A job's function, once read: or why it cannot be.
struct Function {
    read: Result<Py<PyAny>, PyErr>,
    /// The shared memory that it shows.
    buffers: Vec<Py<Buffer>>,
    /// Whether it holds shared memory.
    lent: bool,
    watched: u32,
}

/// Nanoseconds from one look at the memory of this process to the next.
const LOOK: u64 = 100_000_000;
/// Functions of jobs that are kept; a worker serves few jobs at one time.
const KEPT_JOBS: usize = 8;
/// Functions that came with their task and are kept.
const KEPT_FUNCTIONS: usize = 64;

#[pymethods]
impl Worker {
    /// Take up the connection at standard input.
    #[new]
    fn new(number: usize) -> PyResult<Self> {
        let runner =
            Runner::connect(number).map_err(|error| PyOSError::new_err(error.to_string()))?;
        let interrupts = runner.interrupts();
        let lodging = runner.lodging().clone();
        let outlet = runner.outlet().clone();
        let (serving, warned, leaving) = (AtomicBool::new(false), Arc::default(), Arc::default());
        let runner = Mutex::new(runner);
        Ok(Self { runner, interrupts, lodging, outlet, warned, leaving, serving })
    }

    /// Pack a value as it is now, to go with a result.
    fn pack(&self, object: &Bound<'_, PyAny>) -> PyResult<Parcel> {
        let dumps = pickling(object.py())?.0.bind(object.py());
        let mut lodger = Lodger::new(&self.lodging);
        let mut bytes = Vec::new();
        codec::encode(object, &mut bytes, dumps, &mut lodger)?;
        let bases = lodger.leases.iter().map(|lease| lease.span().base).collect();
        let leases = Mutex::new(lodger.leases);
        Ok(Parcel::new(bytes, Holds::Leases(self.lodging.clone(), leases, bases)))
    }

    /// What the parent tells every worker first.
    fn hello<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.runner.lock().expect("runner").hello())
    }

    /// Say that tasks may come.
    fn ready(&self) {
        self.runner.lock().expect("runner").ready();
    }

    /// Whether the running task is to be interrupted; for the signal handler.
    fn interrupted(&self) -> bool {
        self.interrupts.wanted()
    }

    /// Say something on behalf of the running task; false when there is none, or this is a fork.
    fn say(&self, py: Python<'_>, tag: u8, bytes: &[u8]) -> bool {
        if self.outlet.has_room(bytes.len()) {
            return self.outlet.say(tag, bytes);
        }
        outside(py, || self.outlet.say(tag, bytes))
    }

    /// Have what was said without the end of its line go on its way.
    fn flush(&self) {
        self.outlet.flush();
    }

    /// Note that a warning was shown.
    fn warned(&self) {
        self.warned.store(true, Ordering::Relaxed);
    }

    /// End when the running task has, and have another process take this one's place.
    fn leave(&self) {
        self.leaving.store(true, Ordering::Relaxed);
    }

    /// Forget the shared memory without touching it: for a child that a task forked.
    fn disarm(&self) {
        self.outlet.disarm();
        self.lodging.disarm();
    }

    /// Run tasks until the pool has no use for this process, or its own memory exceeds `memory`
    /// bytes (zero: whatever it takes).
    fn serve(&self, hooks: &Bound<'_, PyAny>, memory: u64) -> PyResult<()> {
        assert!(!self.serving.swap(true, Ordering::AcqRel), "serve is called once");
        let hooks = Hooks {
            dumps: hooks.getattr("dumps")?,
            loads: hooks.getattr("loads")?,
            failure: hooks.getattr("failure")?,
            before: hooks.getattr("before")?,
            after: hooks.getattr("after")?,
            settle: hooks.getattr("settle")?,
            renew: hooks.getattr("renew")?,
            collect: hooks.getattr("collect")?,
        };
        let mut runner = self.runner.lock().expect("runner");
        let (warned, leaving) = (self.warned.clone(), self.leaving.clone());
        Server::new(&mut runner, hooks, warned, leaving, memory).serve()
    }
}

struct Server<'py, 'runner> {
    py: Python<'py>,
    runner: &'runner mut Runner,
    hooks: Hooks<'py>,
    jobs: Vec<(u64, Function)>,
    functions: HashMap<Vec<u8>, Py<PyAny>>,
    arguments: Vec<u8>,
    answer: Vec<u8>,
    warned: Arc<AtomicBool>,
    leaving: Arc<AtomicBool>,
    /// The job of the task before.
    last_job: u64,
    /// Which settings are in force.
    settings: u64,
    /// Most bytes of its own memory, and when to look next.
    memory: u64,
    look: u64,
}

impl<'py, 'runner> Server<'py, 'runner> {
    fn new(
        runner: &'runner mut Runner,
        hooks: Hooks<'py>,
        warned: Arc<AtomicBool>,
        leaving: Arc<AtomicBool>,
        memory: u64,
    ) -> Self {
        Self {
            py: hooks.dumps.py(),
            runner,
            hooks,
            jobs: Vec::new(),
            functions: HashMap::new(),
            arguments: Vec::new(),
            answer: Vec::new(),
            warned,
            leaving,
            last_job: 0,
            settings: 0,
            memory: if memory == 0 { u64::MAX } else { memory },
            look: 0,
        }
    }

    fn serve(&mut self) -> PyResult<()> {
        let mut rest = true;
        loop {
            let Some(task) = self.runner.claim() else {
                self.let_go();
                let holding = |(id, function): &(u64, Function)| {
                    (!function.buffers.is_empty()).then_some(*id)
                };
                let jobs: Vec<u64> = self.jobs.iter().filter_map(holding).collect();
                let (py, runner) = (self.py, &mut *self.runner);
                match outside(py, || runner.idle(&jobs, rest)) {
                    Wake::Work => {}
                    Wake::Rest => {
                        // Arguments in circles of objects, such as an exception and its frames.
                        self.hooks.collect.call0()?;
                        rest = false;
                    }
                    Wake::Retire => return Ok(()),
                }
                // A signal that was for nobody (Ctrl-C in the parent's terminal) is handled here,
                // where no task can be hit by it.
                py.check_signals()?;
                continue;
            };
            rest = true;
            self.arguments.clear();
            self.runner.item(&task, &mut self.arguments);
            let (result, note) = self.run(&task);
            self.report(&task, note, result)?;
            if self.leaving.load(Ordering::Relaxed) {
                self.runner.outgrown(shm::os::own_memory().max(1));
                return Ok(());
            }
            if self.runner.clock().is_some_and(|now| now >= self.look) && self.has_outgrown()? {
                return Ok(());
            }
        }
    }

    /// Whether this process has more memory than it may, and cannot give it back: another is to
    /// take its place.
    fn has_outgrown(&mut self) -> PyResult<bool> {
        self.look = self.runner.clock().unwrap_or(0) + LOOK;
        if shm::os::own_memory() <= self.memory {
            return Ok(false);
        }
        self.hooks.collect.call0()?;
        shm::os::trim_heap();
        let memory = shm::os::own_memory();
        if memory > self.memory {
            self.runner.outgrown(memory);
        }
        Ok(memory > self.memory)
    }

    /// Drop the functions of jobs that are over, if they hold memory that others may want.
    fn let_go(&mut self) {
        let runner = &*self.runner;
        self.jobs.retain(|(id, function)| !function.lent || runner.is_open(*id));
    }

    fn run(&mut self, task: &Task) -> (PyResult<Bound<'py, PyAny>>, u8) {
        let (py, style) = (self.py, task.style());
        let received = Received::new(self.runner.lodging());
        let item = codec::decode(py, &self.arguments, &self.hooks.loads, &received);
        drop(received);
        let item = match item {
            Ok(item) => item,
            Err(error) => return (Err(error), 0),
        };
        if (task.job() != self.last_job || task.settings() != self.settings)
            && let Err(error) = self.begin(task)
        {
            return (Err(error), 0);
        }
        if style & !WATCHED == APPLY {
            return (apply(item, |function| self.resolve(function)), 0);
        }
        let job = self.job(task);
        let function = match &self.jobs[job].1.read {
            Ok(function) => function.bind(py).clone(),
            Err(error) => {
                let error = error.clone_ref(py);
                if error.is_instance_of::<PyKeyboardInterrupt>(py) {
                    // That one task was stopped while it read the function; the next one reads anew.
                    self.jobs.remove(job);
                }
                return (Err(error), 0);
            }
        };
        let holds = !self.jobs[job].1.buffers.is_empty();
        let faults = if holds { shm::os::faults() } else { 0 };
        let (result, note) = if style & WATCHED != 0 && self.jobs[job].1.watched < WATCHED_TASKS {
            self.jobs[job].1.watched += 1;
            self.run_watched(task, &function, item)
        } else {
            (call(&function, style, task.index(), item), 0)
        };
        if holds
            && shm::os::faults() != faults
            && self.jobs[job].1.buffers.iter().any(|buffer| buffer.get().is_written())
        {
            // What the task wrote to what it captured is not for the next one: that reads anew.
            self.jobs.remove(job);
        }
        (result, note)
    }

    /// The first task of a job after one of another.
    fn begin(&mut self, task: &Task) -> PyResult<()> {
        self.last_job = task.job();
        if self.warned.swap(false, Ordering::Relaxed) {
            self.hooks.renew.call0()?;
        }
        if task.settings() != self.settings {
            let mut bytes = Vec::new();
            if task.settings() != 0 {
                self.runner.function(task, &mut bytes);
            }
            self.hooks.settle.call1((PyBytes::new(self.py, split(task, &bytes).0),))?;
            self.settings = task.settings();
        }
        Ok(())
    }

    /// Run a task and note whether it moved a random stream that is not its own.
    fn run_watched(
        &self,
        task: &Task,
        function: &Bound<'py, PyAny>,
        item: Bound<'py, PyAny>,
    ) -> (PyResult<Bound<'py, PyAny>>, u8) {
        let before = self.hooks.before.call1((function,));
        let result = call(function, task.style(), task.index(), item);
        let drew = before
            .and_then(|before| self.hooks.after.call1((before,))?.is_truthy())
            .unwrap_or(false);
        (result, u8::from(drew))
    }

    /// Where in `jobs` the task's job stands.
    fn job(&mut self, task: &Task) -> usize {
        if let Some(known) = self.jobs.iter().rposition(|(id, _)| *id == task.job()) {
            return known;
        }
        let mut bytes = Vec::new();
        self.runner.function(task, &mut bytes);
        let received = Received::new(self.runner.lodging());
        let function = split(task, &bytes).1;
        let read = codec::decode(self.py, function, &self.hooks.loads, &received);
        let lent = received.holds.get() || !received.opened.borrow().is_empty();
        let buffers = received.opened.into_inner();
        let function = Function { read: read.map(Bound::unbind), buffers, lent, watched: 0 };
        self.let_go();
        if self.jobs.len() >= KEPT_JOBS {
            self.jobs.remove(0);
        }
        self.jobs.push((task.job(), function));
        self.jobs.len() - 1
    }

    /// A function that came with its task: as bytes when it is known by name, as a tuple of bytes
    /// or a parcel when it goes by value, as itself otherwise.
    fn resolve(&mut self, function: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        if let Ok(by_value) = function.cast::<PyTuple>() {
            return self.hooks.loads.call1((by_value.get_item(0)?,));
        }
        if let Ok(parcel) = function.cast::<Parcel>() {
            return parcel.get().open(self.py);
        }
        let Ok(bytes) = function.cast::<PyBytes>() else { return Ok(function) };
        if let Some(known) = self.functions.get(bytes.as_bytes()) {
            return Ok(known.bind(self.py).clone());
        }
        let read = self.hooks.loads.call1((bytes,))?;
        if self.functions.len() >= KEPT_FUNCTIONS {
            self.functions.clear();
        }
        self.functions.insert(bytes.as_bytes().to_vec(), read.clone().unbind());
        Ok(read)
    }

    fn report(
        &mut self,
        task: &Task,
        note: u8,
        result: PyResult<Bound<'py, PyAny>>,
    ) -> PyResult<()> {
        self.answer.clear();
        let lodging = self.runner.lodging().clone();
        let mut lodger = Lodger::new(&lodging);
        let encoded = result.map(|value| {
            let encoded = codec::encode(&value, &mut self.answer, &self.hooks.dumps, &mut lodger);
            // Here, before anybody hears of the result: what the task leaves behind is gone then.
            drop(value);
            encoded
        });
        let (kind, leases) = match encoded {
            Ok(Ok(())) => (Kind::Value, lodger.leases),
            Ok(Err(error)) => {
                self.fail(task, &error, "result")?;
                (Kind::Failure, Vec::new())
            }
            Err(error) => {
                self.fail(task, &error, "task")?;
                (Kind::Failure, Vec::new())
            }
        };
        if let Err(error) = self.runner.report(task, kind, note, &self.answer, leases) {
            let error = PyMemoryError::new_err(error.to_string());
            self.fail(task, &error, "result")?;
            self.runner
                .report(task, Kind::Failure, note, &self.answer, Vec::new())
                .map_err(|error| PyMemoryError::new_err(error.to_string()))?;
        }
        Ok(())
    }

    fn fail(&mut self, task: &Task, error: &PyErr, what: &str) -> PyResult<()> {
        let value = error.clone_ref(self.py).into_value(self.py);
        let describe = || self.hooks.failure.call1((&value, task.index(), what));
        // An interrupt of the task may come as late as this; it comes once.
        let bytes = match describe() {
            Err(error) if error.is_instance_of::<PyKeyboardInterrupt>(self.py) => describe()?,
            described => described?,
        };
        self.answer.clear();
        self.answer.extend_from_slice(bytes.cast::<PyBytes>()?.as_bytes());
        Ok(())
    }
}

/// A job's settings and its function.
fn split<'bytes>(task: &Task, bytes: &'bytes [u8]) -> (&'bytes [u8], &'bytes [u8]) {
    if task.settings() == 0 {
        return (&[], bytes);
    }
    let (len, rest) = bytes.split_at(8);
    rest.split_at(u64::from_ne_bytes(len.try_into().expect("8 bytes")) as usize)
}
