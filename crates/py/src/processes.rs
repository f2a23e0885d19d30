//! Pools of worker processes, for Python.

use crate::call::{FAILURE, GARBLED, LOST, VALUE};
use crate::codec;
use crate::enter::{enter, interrupt_soon, outside};
use crate::journal::{Clock, Entry, Journal};
use crate::memory::{Clerk, Memory, read_value};
use crate::originals::Originals;
use pyo3::exceptions::{PyKeyboardInterrupt, PyMemoryError, PyOSError, PyRuntimeError};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use pyo3::types::{PyBytes, PyList, PyString, PyTuple};
use shm::os::Ending;
use shm::{Loan, Store};
use std::collections::HashMap;
use std::ffi::OsString;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use workers::{Delivery, Event, Items, Job, Loss, MESSAGES, Outcome, Pool, Said, Settings};

/// Most bytes in one block of several tasks.
const BLOCK_BYTES: usize = 64 << 10;

/// What `pull` answers: tasks that ended, notes, outcomes, what was said.
type Pulled<'py> = (usize, usize, Vec<Bound<'py, PyTuple>>, Vec<Bound<'py, PyTuple>>);

type Callbacks = Arc<Mutex<HashMap<usize, Py<PyAny>>>>;

/// A pool of worker processes.
#[pyclass(frozen, module = "abreast._abreast")]
pub(crate) struct ProcessPool {
    /// Taken by `disarm`, in a child that user code forked.
    pool: Arc<Pool>,
    callbacks: Callbacks,
    dumps: Py<PyAny>,
    loads: Py<PyAny>,
}

/// The tasks of one call.
#[pyclass(frozen, module = "abreast._abreast")]
pub(crate) struct ProcessJob {
    pool: Arc<Pool>,
    job: Arc<Job>,
    callbacks: Callbacks,
    dumps: Py<PyAny>,
    loads: Py<PyAny>,
    originals: Originals,
}

impl Drop for ProcessJob {
    fn drop(&mut self) {
        self.pool.end(&self.job);
    }
}

fn entry(pool: &Pool) -> Entry<'_> {
    Entry { journal: pool.journal(), plan: pool.plan(), workers: pool.workers() }
}

fn key(job: &Arc<Job>) -> usize {
    Arc::as_ptr(job) as usize
}

fn io_error(error: io::Error) -> PyErr {
    match error.kind() {
        io::ErrorKind::OutOfMemory => PyMemoryError::new_err(error.to_string()),
        _ => PyOSError::new_err(error.to_string()),
    }
}

#[pymethods]
impl ProcessPool {
    #[new]
    #[pyo3(signature = (workers, command, environment, hello, idle, dumps, loads, memory, speak, journal, plan))]
    #[expect(clippy::too_many_arguments, reason = "settings, each named by its one caller")]
    fn new(
        workers: usize,
        command: Vec<OsString>,
        environment: Vec<(OsString, OsString)>,
        hello: Vec<u8>,
        idle: f64,
        dumps: Py<PyAny>,
        loads: Py<PyAny>,
        memory: &Memory,
        speak: Py<PyAny>,
        journal: &Journal,
        plan: &str,
    ) -> PyResult<Self> {
        let idle = Duration::try_from_secs_f64(idle).unwrap_or(Duration::MAX / 4);
        let (journal, plan) = (journal.journal.clone(), plan.into());
        let settings = Settings { workers, command, environment, hello, idle, journal, plan };
        let callbacks = Callbacks::default();
        let called = callbacks.clone();
        let pool = Pool::new(settings, memory.store.clone(), move |job, event| {
            if event == Event::Spoke {
                let speech = Speech { job: job.clone() };
                Python::try_attach(|py| {
                    if let Err(error) = speak.call1(py, (speech,)) {
                        error.write_unraisable(py, None);
                    }
                });
                return;
            }
            let callback = called.lock().expect("callbacks").remove(&key(job));
            if let Some(callback) = callback {
                Python::try_attach(|py| {
                    if let Err(error) = callback.call0(py) {
                        error.write_unraisable(py, None);
                    }
                    drop(callback);
                });
            }
        })
        .map_err(io_error)?;
        Ok(Self { pool: Arc::new(pool), callbacks, dumps, loads })
    }

    /// A job whose tasks call `function` (none: each brings its own), as it is now, in this style.
    ///
    /// `settings` are what they find around them, with a number that tells them from others.
    /// `aloud`: have the pool's `speak` called when tasks say something. `title` says caller and
    /// function to the journal.
    #[pyo3(signature = (function, style, settings, aloud, title = None))]
    fn open(
        &self,
        py: Python<'_>,
        function: Option<Bound<'_, PyAny>>,
        style: u64,
        settings: Option<(u32, Vec<u8>)>,
        aloud: bool,
        title: Option<(PyBackedStr, PyBackedStr)>,
    ) -> PyResult<ProcessJob> {
        let title = title.as_ref().map(|(caller, function)| (&**caller, &**function));
        let call = entry(&self.pool).begin(title);
        let mut clerk = Clerk::new(self.pool.store());
        let mut bytes = Vec::new();
        let mut style = style;
        let brings = function.is_none() && settings.is_none();
        if let Some((version, settings)) = settings {
            // Before the function stand the settings and their length.
            style |= u64::from(version) << 32;
            bytes.extend_from_slice(&(settings.len() as u64).to_ne_bytes());
            bytes.extend_from_slice(&settings);
        }
        if let Some(function) = &function {
            codec::encode(function, &mut bytes, self.dumps.bind(py), &mut clerk)?;
        }
        let function = (!brings).then_some((&bytes[..], clerk.loans));
        let job = self.pool.open(function, style).map_err(io_error)?;
        job.enter(call, 0);
        if aloud {
            job.speak_up();
        }
        Ok(ProcessJob {
            pool: self.pool.clone(),
            job,
            callbacks: self.callbacks.clone(),
            dumps: self.dumps.clone_ref(py),
            loads: self.loads.clone_ref(py),
            originals: Originals::default(),
        })
    }

    /// Process ids of the live workers.
    fn processes(&self, py: Python<'_>) -> Vec<u32> {
        outside(py, || self.pool.processes()).into_iter().flatten().collect()
    }

    /// Tasks that are neither done nor withdrawn.
    fn outstanding(&self, py: Python<'_>) -> u64 {
        outside(py, || {
            // Results that nobody asked for yet are no reason to wait.
            self.pool.poll();
            self.pool.outstanding()
        })
    }

    /// End the workers, by force after `grace` seconds.
    fn close(&self, py: Python<'_>, grace: f64) {
        let grace = Duration::try_from_secs_f64(grace).unwrap_or(Duration::MAX / 4);
        outside(py, || self.pool.close(grace));
    }

    /// Forget everything without a trace: for a forked child, where neither threads nor workers
    /// are this process's own.
    fn disarm(&self) {
        std::mem::forget(self.pool.clone());
    }
}

#[pymethods]
impl ProcessJob {
    /// How many more tasks are wanted now: no more than run, while half of the memory is in use.
    fn want(&self) -> usize {
        let store = self.pool.store();
        let want = self.job.appetite().0;
        if store.used() > store.limit() / 2 {
            let busy = self.pool.workers().saturating_sub(self.job.outstanding() as usize);
            return want.min(busy);
        }
        want
    }

    /// Append a task for each of `items`, copied before the next is asked for; answers how many.
    ///
    /// An item that cannot be pickled raises the pickler's error with attribute `item` = its place
    /// in `items`; those before it are appended. `steady`: nothing runs between two items that could
    /// change one, so that memory which several share need not be compared. With `at`, tasks get
    /// the indices from there on. `name`: that of the function which the only item brings, for the
    /// journal.
    #[pyo3(signature = (items, steady, at = None, name = None))]
    fn push(
        &self,
        items: &Bound<'_, PyAny>,
        steady: bool,
        mut at: Option<u64>,
        name: Option<&Bound<'_, PyString>>,
    ) -> PyResult<usize> {
        let py = items.py();
        let start = self.pool.journal().is_on().then(shm::os::now);
        let mut counted = 0;
        if let Some(name) = name {
            let (call, first) = entry(&self.pool).join(name.to_str()?, 1);
            self.job.enter(call, first);
            counted = 1;
        }
        let dumps = self.dumps.bind(py);
        let most = self.job.appetite().1;
        let mut block = Items::default();
        let mut count = 0;
        let mut clerk = Clerk::of(self.pool.store(), &self.originals, steady);
        for (place, item) in items.try_iter()?.enumerate() {
            if let Err(error) = codec::encode(&item?, block.bytes(), dumps, &mut clerk) {
                block.undo();
                self.publish(py, &mut block, &mut at)?;
                // Best effort: an exception that refuses attributes still says what is wrong.
                let _ = error.value(py).setattr("item", place);
                return Err(error);
            }
            block.end();
            clerk.loans.drain(..).for_each(|loan| block.keep(loan));
            count = place + 1;
            if block.len() >= most || block.size() >= BLOCK_BYTES {
                self.publish(py, &mut block, &mut at)?;
            }
        }
        self.publish(py, &mut block, &mut at)?;
        if let Some((start, mut journal)) = start.zip(self.pool.journal().write()) {
            let now = shm::os::now();
            journal.level(self.pool.store().used(), now);
            journal.pushed(self.job.entry().0, (count - counted) as u64, now - start, now);
        }
        Ok(count)
    }

    /// Wait at most `timeout` seconds until something happened; take it.
    ///
    /// Values go to their place in `results`, if given. Answers how many tasks ended, how many of
    /// them carry a note, and everything not put into `results`: tuples of index, kind and value;
    /// then what tasks said: tuples of index, tag and bytes.
    fn pull<'py>(
        &self,
        py: Python<'py>,
        timeout: Option<f64>,
        results: Option<Bound<'py, PyList>>,
    ) -> PyResult<Pulled<'py>> {
        let mut clock = Clock::new(self.pool.journal());
        if !self.job.has_arrivals() {
            enter(py, timeout, |slice| self.pool.wait(&self.job, slice))?;
            clock.waited();
        }
        let inbox = self.job.take();
        let loads = self.loads.bind(py);
        let said = told(py, &inbox.bytes, &inbox.said)?;
        let (mut events, mut notes, mut finished) = (Vec::new(), 0, 0);
        let store = self.pool.store();
        // One after the other, so that what is not needed any more goes before the next comes.
        for Delivery { index, outcome, note, elsewhere, loans } in inbox.deliveries {
            notes += usize::from(note != 0);
            finished += 1;
            let far;
            let found = |range: std::ops::Range<usize>| &inbox.bytes[range];
            let bytes = match (&outcome, elsewhere) {
                (Outcome::Lost(_), _) => &[][..],
                (Outcome::Value(_) | Outcome::Failure(_), Some((_loan, span))) => {
                    let mut bytes = vec![0; span.len as usize];
                    store.files().read(span, &mut bytes).map_err(io_error)?;
                    far = bytes;
                    &far
                }
                (Outcome::Value(range) | Outcome::Failure(range), None) => found(range.clone()),
            };
            let (kind, value) = match outcome {
                Outcome::Value(_) => match read_whole(py, bytes, loads, store, &loans) {
                    Ok(value) => {
                        if let Some(results) = &results {
                            results.set_item(index as usize, value)?;
                            continue;
                        }
                        (VALUE, value)
                    }
                    Err(error) => (GARBLED, error.into_value(py).into_bound(py).into_any()),
                },
                Outcome::Failure(_) => (FAILURE, PyBytes::new(py, bytes).into_any()),
                Outcome::Lost(loss) => (LOST, describe(py, loss)?.into_any()),
            };
            events.push((index, kind, value).into_pyobject(py)?);
        }
        clock.pulled(self.pool.journal(), self.job.entry().0, Some(self.pool.store().used()));
        Ok((finished, notes, events, said))
    }

    /// Number of the call in the journal; zero for none.
    fn entry(&self) -> u32 {
        self.job.entry().0
    }

    /// Wait at most `timeout` seconds until something arrived; true when it did.
    fn wait(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<bool> {
        if self.ready(py) {
            return Ok(true);
        }
        enter(py, timeout, |slice| self.pool.wait(&self.job, slice))
    }

    /// Whether something arrived.
    fn ready(&self, py: Python<'_>) -> bool {
        if !self.job.has_arrivals() {
            outside(py, || self.pool.poll());
        }
        self.job.has_arrivals()
    }

    /// Pass over an index, of an item that cannot be pushed.
    fn skip(&self) {
        self.job.skip();
    }

    /// Tasks that are neither delivered nor withdrawn.
    fn outstanding(&self) -> u64 {
        self.job.outstanding()
    }

    /// Whether a worker runs one of the tasks.
    fn running(&self, py: Python<'_>) -> bool {
        outside(py, || self.pool.is_running(&self.job))
    }

    /// Withdraw what no worker has taken, from index `first` on; answers how many.
    #[pyo3(signature = (first = 0))]
    fn cancel(&self, py: Python<'_>, first: u64) -> u64 {
        outside(py, || self.pool.cancel(&self.job, first))
    }

    /// What runs now: tuples of index, seconds and process id.
    fn started(&self, py: Python<'_>) -> Vec<(u64, f64, u32)> {
        let running = outside(py, || self.pool.started(&self.job));
        running.into_iter().map(|it| (it.index, it.since.as_secs_f64(), it.pid)).collect()
    }

    /// Ask (`kill`: force) the worker of one running task to stop it; answers whether it ran.
    fn halt(&self, py: Python<'_>, index: u64, kill: bool) -> bool {
        outside(py, || self.pool.halt(&self.job, index, kill))
    }

    /// Ask (`kill`: force) workers to stop the tasks they run.
    fn interrupt(&self, py: Python<'_>, kill: bool) {
        outside(py, || self.pool.interrupt(&self.job, kill));
    }

    /// Have `callback()` called, on a thread of the pool, when nothing is outstanding any more.
    fn watch(&self, py: Python<'_>, callback: Py<PyAny>) {
        self.callbacks.lock().expect("callbacks").insert(key(&self.job), callback);
        outside(py, || self.pool.watch(&self.job));
    }
}

impl ProcessJob {
    fn publish(&self, py: Python<'_>, block: &mut Items, at: &mut Option<u64>) -> PyResult<()> {
        if block.is_empty() {
            return Ok(());
        }
        let count = block.len() as u64;
        match outside(py, || self.pool.push(&self.job, block, *at)) {
            Ok(true) => {
                *at = at.map(|at| at + count);
                Ok(())
            }
            Ok(false) => Err(PyRuntimeError::new_err("the pool is closed")),
            Err(error) => Err(io_error(error)),
        }
    }
}

/// What tasks of one job said, for who writes it.
#[pyclass(frozen, module = "abreast._abreast")]
pub(crate) struct Speech {
    job: Arc<Job>,
}

#[pymethods]
impl Speech {
    /// Take it: tuples of index, tag and bytes.
    fn take<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyTuple>>> {
        let (bytes, said) = self.job.listen();
        told(py, &bytes, &said)
    }
}

/// Tuples of index, tag and bytes; text that a task wrote in a row is one, a message is one.
fn told<'py>(py: Python<'py>, bytes: &[u8], said: &[Said]) -> PyResult<Vec<Bound<'py, PyTuple>>> {
    let mut told = Vec::new();
    let mut whole: Vec<u8> = Vec::new();
    for (place, it) in said.iter().enumerate() {
        whole.extend_from_slice(&bytes[it.bytes.clone()]);
        let follows = said
            .get(place + 1)
            .is_some_and(|next| next.index == it.index && next.tag == it.tag && it.tag < MESSAGES);
        if !follows {
            told.push((it.index, it.tag, PyBytes::new(py, &whole)).into_pyobject(py)?);
            whole.clear();
        }
    }
    Ok(told)
}

/// As [`read_value`]; Ctrl-C is for the caller, later, and not for what is being read.
fn read_whole<'py>(
    py: Python<'py>,
    bytes: &[u8],
    loads: &Bound<'py, PyAny>,
    store: &Arc<Store>,
    loans: &[Arc<Loan>],
) -> PyResult<Bound<'py, PyAny>> {
    match read_value(py, bytes, loads, store, loans) {
        Err(error) if error.is_instance_of::<PyKeyboardInterrupt>(py) => {
            let value = read_value(py, bytes, loads, store, loans);
            interrupt_soon();
            value
        }
        result => result,
    }
}

/// A loss as a tuple: reason, process id, exit status, signal, most bytes of memory.
fn describe(py: Python<'_>, loss: Loss) -> PyResult<Bound<'_, PyTuple>> {
    let (reason, pid, ending, peak) = match loss {
        Loss::Died { pid, ending, peak } => ("died", Some(pid), Some(ending), peak),
        Loss::CannotStart { ending } => ("start", None, ending, None),
        Loss::Closed => ("closed", None, None, None),
    };
    let (status, signal) = match ending {
        Some(Ending::Exited(status)) => (Some(status), None),
        Some(Ending::Killed(signal)) => (None, Some(signal)),
        Some(Ending::Unknown) | None => (None, None),
    };
    (reason, pid, status, signal, peak).into_pyobject(py)
}
