//! What the compiler hands on.

/// A kernel as the text of an LLVM module with functions of one signature:
/// `fn(frame: *const u64, begin: i64, end: i64) -> i64`.
///
/// | function | what it does |
/// |---|---|
/// | `count` | answers the number of blocks; where it `weighs` and `begin` is not 0, how many steps of a processor all take, about; `end` means nothing |
/// | `kernel` | runs the blocks `begin..end`, in any order, on any thread; answers 0 or the code of a check |
/// | `finish` | only if `scratch` is not 0: combines the blocks `0..end`, once, after all have run |
///
/// The frame has `words` words: one for each extent, scalar and buffer address, a buffer's followed by a
/// word for each of its strides of class `any`, in bytes. Then comes the address of `scratch` bytes for
/// each block and 16 more, aligned to 16 and zero, that the caller provides (anything, if `scratch` is 0), then that
/// of the services, then the addresses of the functions `exact` of the modules in `exacts`, where those are not late.
///
/// Services are addresses of functions, in this order. `launch(services, region, context, blocks, effort) -> i64` calls
/// `region(context, begin, end)`, of the signature above, until the blocks `0..blocks` are done, on
/// any threads; all together take about `effort` steps of a processor, if that is known. It answers 0, the code of the first block that ended with one, or
/// [`INTERRUPTED`](crate::INTERRUPTED). `poll(services) -> i64` answers 0, or anything else to have the
/// function that asks end with `INTERRUPTED`. `room(services, bytes) -> address` gives memory, aligned to 16,
/// until it is asked again or the kernel ends, or nothing, at which the kernel ends with
/// [`NO_ROOM`](crate::NO_ROOM). `outside(services, index, length)` hears of an index before the check of it ends the
/// kernel. `exact(services, place) -> address` gives the function of one of the modules in `exacts`, late or
/// not, on any thread, or nothing, at which the kernel ends with [`NO_CODE`](crate::NO_CODE). `limit(services)
/// -> address` answers how low the stack of this thread may reach. `say(services, number, words, count)` is told
/// `count` values of eight bytes each. `thread_id(services)` and `thread_count(services)` answer what
/// [`ir::Callee`] says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compiled {
    /// The module. It names no symbol that it does not define, other than LLVM's intrinsics.
    pub text: String,
    /// Modules of elementary functions, which kernels have in common: for arguments that are rare, in
    /// as many lanes as the kernel has.
    pub exacts: Vec<ExactModule>,
    /// Words of the frame, without the scratch memory's.
    pub words: usize,
    /// Bytes of scratch memory a block.
    pub scratch: usize,
    /// Bytes of the stack that its functions use for what they hold, beside little else.
    pub stack: usize,
    /// Whether [`compile_streaming`](crate::compile_streaming) has something else to offer.
    pub streams: bool,
    /// Whether [`compile_split`](crate::compile_split) has.
    pub splits: bool,
    /// Where [`compile_short`](crate::compile_short) has: the places of the parameters, extents all, whose
    /// product is how many values each point reduces.
    pub short: Option<Vec<usize>>,
    /// Where [`compile_turned`](crate::compile_turned) has: the places of the extents of all axes but the first.
    pub turned: Option<Vec<usize>>,
    /// Where [`compile_across`](crate::compile_across) has: what says whether it should be used.
    pub across: Option<Across>,
    /// Whether `count` can say how much there is to do.
    pub weighs: bool,
    /// Of loops that may run in lanes and have names, the name and how they run; nothing for one turn
    /// after the other.
    pub ways: Vec<(String, String)>,
}

/// A loop whose points may lie closer in memory than the values that each of them reduces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Across {
    /// The place of the parameter that says how many points lie along one line.
    pub points: usize,
    /// Buffers that are read: the place of the parameter, and its axes along points and along values.
    pub strides: Vec<[usize; 3]>,
}

/// A module with a function `exact`, which other code calls by its address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExactModule {
    /// The module.
    pub text: String,
    /// Whether kernels ask for the function when they need it; else it is there before they run.
    pub late: bool,
}
