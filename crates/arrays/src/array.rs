//! The array: a node of the lazy graph.

use std::fmt;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use devices::Storage;
use memory::{DType, Layout, PerAxis, Scalar};

use crate::division;
use crate::error::tuple;
use crate::operation::Operation;
use crate::{Error, ErrorKind};

/// An array: element type, shape, and how to get the elements. Never changes its value.
#[derive(Clone)]
pub struct Array(Arc<Node>);

struct Node {
    dtype: DType,
    shape: PerAxis<usize>,
    /// At most so many operations stand behind it; 0 once it is computed.
    pending: AtomicU32,
    /// Operations made before the first of those that stand behind it.
    oldest: AtomicU64,
    /// Operations made before its own.
    serial: u64,
    /// Whether there may be a division of integers among what it needs.
    divides: bool,
    state: Mutex<State>,
}

/// So many equal elements are written to memory when the array is made.
const MATERIAL: usize = 1024;

/// Operations made by this process.
static MADE: AtomicU64 = AtomicU64::new(0);

enum State {
    Lazy(Arc<Operation>),
    Ready(Data),
}

/// Elements in memory.
#[derive(Clone, Debug)]
pub struct Data {
    /// What keeps the memory.
    pub storage: Arc<Storage>,
    /// Where the elements lie in it.
    pub layout: Layout,
}

/// How an array stands at the moment.
pub(crate) enum Standing {
    Lazy(Arc<Operation>),
    Ready(Data),
}

impl Array {
    /// Elements that lie in memory already.
    pub fn from_data(data: Data) -> Self {
        let (dtype, shape) = (data.layout.dtype(), data.layout.shape().into());
        Self::node(dtype, shape, (0, 0, 0), false, State::Ready(data))
    }

    /// One value everywhere.
    pub fn full(value: Scalar, shape: &[usize]) -> Result<Self, Error> {
        // What could never lie in memory is refused now, where the mistake is.
        Layout::contiguous(value.dtype(), shape)?;
        Ok(Self::lazy(value.dtype(), shape, Operation::Full(value)))
    }

    /// One value everywhere, in memory if that is little: a loop that begins with it then goes on with
    /// the kernels it begins with.
    pub fn filled(value: Scalar, shape: &[usize]) -> Result<Self, Error> {
        let layout = Layout::contiguous(value.dtype(), shape)?;
        if shape.is_empty() || !(2..=MATERIAL).contains(&layout.count()) {
            return Self::full(value, shape);
        }
        let storage = Storage::filled(value, layout.count())?;
        Ok(Self::from_data(Data { storage, layout }))
    }

    /// The numbers `0, 1, ...`, as int64.
    pub fn iota(count: usize) -> Result<Self, Error> {
        Layout::contiguous(DType::I64, &[count])?;
        Ok(Self::lazy(DType::I64, [count], Operation::Iota))
    }

    pub(crate) fn lazy(
        dtype: DType,
        shape: impl Into<PerAxis<usize>>,
        operation: Operation,
    ) -> Self {
        let before = MADE.fetch_add(1, Ordering::Relaxed);
        let (mut sum, mut oldest) = (1u32, before);
        let mut divides = division::may_tell(&operation, dtype);
        operation.each_input(|input| {
            let pending = input.pending();
            if pending > 0 {
                sum = sum.saturating_add(pending);
                oldest = oldest.min(input.0.oldest.load(Ordering::Relaxed));
                divides |= input.0.divides;
            }
        });
        // Counted as a tree, shared ones count twice; counted by age, foreign ones count too. Both are
        // too many at most.
        let since = u32::try_from(before + 1 - oldest).unwrap_or(u32::MAX);
        let pending = (sum.min(since), oldest, before);
        Self::node(dtype, shape.into(), pending, divides, State::Lazy(Arc::new(operation)))
    }

    fn node(
        dtype: DType,
        shape: PerAxis<usize>,
        pending: (u32, u64, u64),
        divides: bool,
        state: State,
    ) -> Self {
        let (serial, state) = (pending.2, Mutex::new(state));
        let (pending, oldest) = (AtomicU32::new(pending.0), AtomicU64::new(pending.1));
        Self(Arc::new(Node { dtype, shape, pending, oldest, serial, divides, state }))
    }

    /// Type of the elements.
    pub fn dtype(&self) -> DType {
        self.0.dtype
    }

    /// Length of each axis.
    pub fn shape(&self) -> &[usize] {
        &self.0.shape
    }

    /// Number of axes.
    pub fn rank(&self) -> usize {
        self.0.shape.len()
    }

    /// Number of elements.
    pub fn count(&self) -> usize {
        self.0.shape.iter().copied().fold(1, usize::saturating_mul)
    }

    /// Whether the elements lie in memory.
    pub fn is_ready(&self) -> bool {
        matches!(*self.state(), State::Ready(_))
    }

    /// The elements, if they lie in memory already.
    pub fn data(&self) -> Option<Data> {
        match &*self.state() {
            State::Ready(data) => Some(data.clone()),
            State::Lazy(_) => None,
        }
    }

    /// Look at the elements, if they lie in memory already.
    pub(crate) fn look<R>(&self, look: impl FnOnce(&Data) -> R) -> Option<R> {
        match &*self.state() {
            State::Ready(data) => Some(look(data)),
            State::Lazy(_) => None,
        }
    }

    /// Whether there may be a division of integers among what it still needs.
    pub(crate) fn may_divide(&self) -> bool {
        self.0.divides && self.pending() > 0
    }

    /// How many operations wait behind it, at most.
    pub fn pending(&self) -> u32 {
        self.0.pending.load(Ordering::Relaxed)
    }

    /// It was counted that so many wait behind it. To be called before others are made of it.
    pub(crate) fn set_pending(&self, pending: u32) {
        let oldest = MADE.load(Ordering::Relaxed).saturating_sub(pending.into());
        self.0.oldest.store(oldest, Ordering::Relaxed);
        self.0.pending.store(pending, Ordering::Relaxed);
    }

    /// What it comes from, for messages.
    pub(crate) fn operation_name(&self) -> &'static str {
        match &*self.state() {
            State::Lazy(operation) => operation.name(),
            State::Ready(_) => "array",
        }
    }

    /// Greater than that of all arrays made before.
    pub(crate) fn serial(&self) -> u64 {
        self.0.serial
    }

    /// How many hold the array.
    pub(crate) fn holders(&self) -> usize {
        Arc::strong_count(&self.0)
    }

    /// What tells it from all other arrays that live.
    pub(crate) fn identity(&self) -> usize {
        Arc::as_ptr(&self.0) as usize
    }

    pub(crate) fn standing(&self) -> Standing {
        match &*self.state() {
            State::Lazy(operation) => Standing::Lazy(operation.clone()),
            State::Ready(data) => Standing::Ready(data.clone()),
        }
    }

    /// From now on the elements lie here; what they came from is let go.
    pub(crate) fn become_ready(&self, data: Data) {
        debug_assert_eq!((data.layout.dtype(), data.layout.shape()), (self.dtype(), self.shape()));
        let before = std::mem::replace(&mut *self.state(), State::Ready(data));
        self.set_pending(0);
        // Not under the lock: letting go of inputs may free what a foreign keeper holds.
        if let State::Lazy(operation) = before {
            release(operation);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Its only element.
    ///
    /// # Errors
    ///
    /// When it has more, or none.
    pub fn check_single(&self, operation: &str) -> Result<(), Error> {
        if self.count() == 1 {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Type,
            format!(
                "{operation}: shape {} has {} elements, only one element is a number\n\
                 hint: reduce it first, as with any() or all(), or take one element",
                tuple(self.shape()),
                self.count()
            ),
        ))
    }
}

impl fmt::Debug for Array {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Array({}, {})", self.dtype(), tuple(self.shape()))
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let State::Lazy(operation) = state {
            let nothing = Arc::new(Operation::Iota);
            release(std::mem::replace(operation, nothing));
        }
    }
}

/// Let go of an operation and of all that only it needs, without recursion.
fn release(operation: Arc<Operation>) {
    let mut pending = vec![operation];
    while let Some(operation) = pending.pop() {
        let Some(operation) = Arc::into_inner(operation) else { continue };
        for input in operation.into_inputs() {
            let Some(mut node) = Arc::into_inner(input.0) else { continue };
            let state = node.state.get_mut().unwrap_or_else(PoisonError::into_inner);
            if let State::Lazy(operation) = state {
                pending.push(std::mem::replace(operation, Arc::new(Operation::Iota)));
            }
        }
    }
}
