//! Calls of functions, and of whoever launched the kernel.
//!
//! A function is `call.<place>(frame, state, depth, results, arguments...) -> code`: the frame of the kernel, two
//! words of the outermost caller (iterations until the next poll, and how low the stack may reach), how many
//! more calls may stand inside, a word for each result. A code other than zero ends the caller with it.

use ir::{Call, Callee, Function, Kernel, Value};
use memory::DType;

use crate::emitter::{Emitter, Exact, Lanes};
use crate::held::Held;
use crate::poll::BUDGET;
use crate::structure::{WORD, number};
use crate::text::{Operand, Type};
use crate::{DEEPEST_CALLS, Unsupported};

/// Places in the table of services.
const LIMIT: usize = 5;
const SAY: usize = 6;
const THREAD_ID: usize = 7;
const THREAD_COUNT: usize = 8;

/// What calls of functions need beside their arguments.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Calls {
    state: Operand,
    depth: Operand,
    /// Whether this is a function that was called, and the stack was looked at.
    inside: bool,
}

/// A function and its header.
pub(crate) fn routine(
    kernel: &Kernel,
    lanes: Lanes,
    exacts: Vec<Exact>,
    place: usize,
) -> Result<(Emitter<'_>, String), Unsupported> {
    let Function { body, .. } = &kernel.functions[place];
    let mut it = Emitter::within(kernel, lanes, exacts, "");
    let (state, depth) = (Operand::Argument("state"), Operand::Argument("depth"));
    it.loops.calls = Some(Calls { state, depth, inside: true });
    it.loops.countdown = Some(state);
    it.loops.counts();
    let mut header = format!(
        "internal i64 @call.{place}(ptr noalias readonly %frame, ptr %state, i64 %depth, ptr noalias %results"
    );
    let block = kernel.block(*body);
    for &argument in &block.arguments {
        let register = it.text.register();
        let ty = Type::new(kernel.dtype(argument), 1);
        header = format!("{header}, {ty} {}", it.text.show(register, 1));
        it.hold(argument, Held::Uniform(register));
    }
    header.push(')');
    it.spend(number(1));
    it.poll();
    it.any(*body)?;
    for (word, &value) in block.yields.iter().enumerate() {
        let found = it.scalar(value);
        let room = it.word_at("%results", word);
        it.put(room, kernel.dtype(value), found);
    }
    it.text.line("ret i64 0");
    Ok((it, header))
}

impl Emitter<'_> {
    /// Write a call, in one lane.
    pub(crate) fn call(&mut self, it: &Call) -> Result<(), Unsupported> {
        let types = it.arguments.iter().chain(&it.results).map(|&value| self.kernel.dtype(value));
        if types.clone().any(DType::is_complex) {
            return Err(Unsupported::new("a call with complex numbers that are no pairs"));
        }
        match it.callee {
            Callee::ThreadId => self.ask(THREAD_ID, it.results[0]),
            Callee::ThreadCount => self.ask(THREAD_COUNT, it.results[0]),
            Callee::Say(number) => self.say(number, &it.arguments),
            Callee::Function { function, deep } => self.call_function(function.index(), deep, it),
        }
        Ok(())
    }

    fn ask(&mut self, place: usize, result: Value) {
        let services = self.frame.services(&mut self.text);
        let service = self.service(&services, place);
        let answer = self.text.define(format_args!("call i64 {service}(ptr {services}) #1"));
        self.hold(result, Held::Uniform(answer));
    }

    fn say(&mut self, number: i64, arguments: &[Value]) {
        let words = self.words(arguments.len());
        for (place, &value) in arguments.iter().enumerate() {
            let found = self.scalar(value);
            let word = self.word_at(&words, place);
            self.put(word, self.kernel.dtype(value), found);
        }
        let services = self.frame.services(&mut self.text);
        let service = self.service(&services, SAY);
        let count = arguments.len();
        self.text.line(format_args!(
            "call void {service}(ptr {services}, i64 {number}, ptr {words}, i64 {count})"
        ));
    }

    fn call_function(&mut self, place: usize, deep: i64, it: &Call) {
        let calls = self.calls();
        let results = self.words(it.results.len());
        let state = self.text.show(calls.state, 1);
        let limit = self.word_at(&state, 1);
        if !calls.inside {
            self.look_at_stack(limit);
        }
        // The results lie in this function's part of the stack.
        let here = self.text.define(format_args!("ptrtoint ptr {results} to i64"));
        let low = self.take(limit, DType::I64);
        let room = self.text.op("icmp ugt", WORD, &[here, low]);
        let more = self.text.op("icmp sgt", WORD, &[calls.depth, number(0)]);
        let fits = self.text.op("and", Type::new(DType::Bool, 1), &[room, more]);
        let (on, end) = (self.text.label(), self.text.label());
        self.text.branch_likely(fits, on, end);
        self.text.begin(end);
        self.text.line(format_args!("ret i64 {deep}"));
        self.text.begin(on);
        let depth = self.text.op("sub", WORD, &[calls.depth, number(1)]);
        let depth = self.text.show(depth, 1);
        let mut given = format!("ptr %frame, ptr {state}, i64 {depth}, ptr {results}");
        for &value in &it.arguments {
            let ty = Type::new(self.kernel.dtype(value), 1);
            let found = self.scalar(value);
            given = format!("{given}, {ty} {}", self.text.show(found, 1));
        }
        let code = self.text.define(format_args!("call i64 @call.{place}({given})"));
        self.end_unless_zero(code);
        for (word, &value) in it.results.iter().enumerate() {
            let room = self.word_at(&results, word);
            let found = self.take(room, self.kernel.dtype(value));
            self.hold(value, Held::Uniform(found));
        }
    }

    /// What the outermost caller lends to those that it calls.
    fn calls(&mut self) -> Calls {
        if let Some(calls) = self.loops.calls {
            return calls;
        }
        let state = self.text.register();
        let limit = self.text.register();
        let [shown, low] = [state, limit].map(|it| self.text.show(it, 1));
        self.rooms.push(format!("  {shown} = alloca [2 x i64], align 8"));
        self.rooms.push(format!("  store i64 {BUDGET}, ptr {shown}"));
        self.rooms.push(format!("  {low} = getelementptr inbounds i64, ptr {shown}, i64 1"));
        self.rooms.push(format!("  store i64 0, ptr {low}"));
        let calls = Calls { state, depth: number(DEEPEST_CALLS), inside: false };
        self.loops.calls = Some(calls);
        calls
    }

    /// Ask, once, how low the stack of this thread may reach.
    fn look_at_stack(&mut self, limit: Operand) {
        let (known, ask) = (self.text.label(), self.text.label());
        let found = self.take(limit, DType::I64);
        let asked = self.text.op("icmp ne", WORD, &[found, number(0)]);
        self.text.branch_likely(asked, known, ask);
        self.text.begin(ask);
        let services = self.frame.services(&mut self.text);
        let service = self.service(&services, LIMIT);
        let answer = self.text.define(format_args!("call i64 {service}(ptr {services}) #1"));
        self.put(limit, DType::I64, answer);
        self.text.jump(known);
        self.text.begin(known);
    }

    /// Memory for so many words, made once when the function begins.
    fn words(&mut self, count: usize) -> String {
        let room = self.text.register();
        let shown = self.text.show(room, 1);
        self.rooms.push(format!("  {shown} = alloca [{} x i64], align 8", count.max(1)));
        shown
    }

    fn word_at(&mut self, words: &str, place: usize) -> Operand {
        self.text.define(format_args!("getelementptr inbounds i64, ptr {words}, i64 {place}"))
    }
}
