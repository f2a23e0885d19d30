//! Linux: anonymous memory, futexes between processes, process descriptors, descriptors in flight.

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::fs::{FallocateFlags, MemfdFlags};
use rustix::mm::{MapFlags, ProtFlags};
use rustix::process::{
    Pid, PidfdFlags, Signal, WaitId, WaitIdOptions, pidfd_open, pidfd_send_signal, waitid,
};
use rustix::thread::futex;
use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::ptr::NonNull;
use std::sync::atomic::AtomicU32;
use std::time::Duration;

/// Largest number of descriptors one [`send_descriptors`] carries.
pub const MAX_DESCRIPTORS: usize = 16;

/// Anonymous memory of `len` bytes, zero-filled and sparse: pages appear when first written.
pub fn create_memory(name: &str, len: u64) -> io::Result<OwnedFd> {
    let fd = rustix::fs::memfd_create(name, MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
    rustix::fs::ftruncate(&fd, len)?;
    Ok(fd)
}

/// The size in bytes of the memory behind `fd`.
pub fn memory_len(fd: BorrowedFd<'_>) -> io::Result<u64> {
    Ok(rustix::fs::fstat(fd)?.st_size.unsigned_abs())
}

/// Give the pages of `[offset, offset + len)` back to the system; they read as zero from now on.
pub fn punch_hole(fd: BorrowedFd<'_>, offset: u64, len: u64) -> io::Result<()> {
    let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
    Ok(rustix::fs::fallocate(fd, flags, offset, len)?)
}

/// Make sure that `[offset, offset + len)` has memory, so that writing there cannot fail later
/// with a signal (`SIGBUS`) where an error can be told now.
pub fn reserve(fd: BorrowedFd<'_>, offset: u64, len: u64) -> io::Result<()> {
    Ok(rustix::fs::fallocate(fd, FallocateFlags::KEEP_SIZE, offset, len)?)
}

/// Map the whole of `fd`, shared, readable and writable; costs address space, not memory.
pub(crate) fn map(fd: BorrowedFd<'_>, len: usize) -> io::Result<NonNull<u8>> {
    let protection = ProtFlags::READ | ProtFlags::WRITE;
    let flags = MapFlags::SHARED | MapFlags::NORESERVE;
    // SAFETY: a fresh mapping at an address of the kernel's choice overlaps no other object; `fd`
    // is open for the duration of the call and the mapping keeps its own reference afterwards.
    let base = unsafe { rustix::mm::mmap(std::ptr::null_mut(), len, protection, flags, fd, 0)? };
    NonNull::new(base.cast()).ok_or_else(|| io::Error::other("mmap answered the null address"))
}

/// Undo [`map`].
///
/// # Safety
/// `base` and `len` are those of one `map` that was not unmapped yet, and nothing refers into it.
pub(crate) unsafe fn unmap(base: NonNull<u8>, len: usize) {
    // SAFETY: as the caller promises. An error leaves the mapping in place: a leak, not a hazard.
    let _ = unsafe { rustix::mm::munmap(base.as_ptr().cast(), len) };
}

/// Sleep while `word` holds `expected`, at most `timeout`; also between processes that map `word`.
///
/// Returns early on a wake, a signal, or for no reason at all: the caller looks again.
pub fn wait_on(word: &AtomicU32, expected: u32, timeout: Option<Duration>) {
    let timeout = timeout.and_then(|duration| Timespec::try_from(duration).ok());
    let _ = futex::wait(word, futex::Flags::empty(), expected, timeout.as_ref());
}

/// Wake at most `count` sleepers in [`wait_on`] of `word`.
pub fn wake(word: &AtomicU32, count: u32) {
    let _ = futex::wake(word, futex::Flags::empty(), count);
}

/// A descriptor that stands for the process `pid` and becomes readable when that process ends.
pub fn open_process(pid: u32) -> io::Result<OwnedFd> {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    let pid = pid.ok_or_else(|| io::Error::other("a process id is a positive number"))?;
    Ok(pidfd_open(pid, PidfdFlags::empty())?)
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It returned or called `exit` with this status.
    Exited(i32),
    /// This signal ended it.
    Killed(i32),
    /// Somebody else collected the status (a `SIGCHLD` handler, say) before it could be read.
    Unknown,
}

/// Collect how the child behind `process` ended; `None` while it still runs.
pub fn ending(process: BorrowedFd<'_>) -> Option<Ending> {
    match waitid(WaitId::PidFd(process), WaitIdOptions::EXITED | WaitIdOptions::NOHANG) {
        Ok(None) => None,
        Ok(Some(status)) => Some(match (status.exit_status(), status.terminating_signal()) {
            (Some(code), _) => Ending::Exited(code),
            (None, Some(signal)) => Ending::Killed(signal),
            (None, None) => Ending::Unknown,
        }),
        // Not our child any more: reaped elsewhere. Its descriptor still tells whether it lives.
        Err(_) => is_readable(process).then_some(Ending::Unknown),
    }
}

/// Ask the process behind `process` to interrupt what it does (`SIGINT`).
pub fn interrupt(process: BorrowedFd<'_>) {
    let _ = pidfd_send_signal(process, Signal::INT);
}

/// End the process behind `process` at once (`SIGKILL`).
pub fn kill(process: BorrowedFd<'_>) {
    let _ = pidfd_send_signal(process, Signal::KILL);
}

fn is_readable(fd: BorrowedFd<'_>) -> bool {
    wait_readable(&[fd], Some(Duration::ZERO)).is_some()
}

/// Sleep until one of `fds` is readable, at most `timeout`; answers the position of the first.
pub fn wait_readable(fds: &[BorrowedFd<'_>], timeout: Option<Duration>) -> Option<usize> {
    let mut polled: Vec<_> = fds.iter().map(|fd| PollFd::new(fd, PollFlags::IN)).collect();
    let timeout = timeout.and_then(|duration| Timespec::try_from(duration).ok());
    rustix::event::poll(&mut polled, timeout.as_ref()).ok()?;
    polled.iter().position(|fd| !fd.revents().is_empty())
}

/// A counter behind a descriptor: [`ring`] makes it readable, [`hush`] makes it quiet again.
pub fn create_bell() -> io::Result<OwnedFd> {
    use rustix::event::{EventfdFlags, eventfd};
    Ok(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?)
}

/// Make `bell` readable.
pub fn ring(bell: BorrowedFd<'_>) {
    let _ = rustix::io::write(bell, &1_u64.to_ne_bytes());
}

/// Make `bell` quiet.
pub fn hush(bell: BorrowedFd<'_>) {
    let _ = rustix::io::read(bell, &mut [0_u8; 8]);
}

/// Send one byte and up to [`MAX_DESCRIPTORS`] descriptors through `socket`.
pub fn send_descriptors(socket: &UnixStream, fds: &[BorrowedFd<'_>]) -> io::Result<()> {
    use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_DESCRIPTORS))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !control.push(SendAncillaryMessage::ScmRights(fds)) {
        return Err(io::Error::other("too many descriptors for one message"));
    }
    sendmsg(socket, &[IoSlice::new(&[fds.len() as u8])], &mut control, SendFlags::NOSIGNAL)?;
    Ok(())
}

/// Receive what one [`send_descriptors`] sent.
pub fn receive_descriptors(socket: &UnixStream) -> io::Result<Vec<OwnedFd>> {
    use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_DESCRIPTORS))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let mut byte = [0_u8];
    let flags = RecvFlags::CMSG_CLOEXEC;
    let received = recvmsg(socket, &mut [IoSliceMut::new(&mut byte)], &mut control, flags)?;
    if received.bytes == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let mut fds = Vec::new();
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(rights) = message {
            fds.extend(rights);
        }
    }
    Ok(fds)
}

/// Take descriptor 0 out of its place and put `/dev/null` there.
///
/// A worker is started with its socket as standard input: the one descriptor that every way of
/// starting a process can hand over.
pub fn take_stdin() -> io::Result<UnixStream> {
    let stdin = std::io::stdin();
    let socket = rustix::io::fcntl_dupfd_cloexec(stdin.as_fd(), 3)?;
    let null =
        rustix::fs::open("/dev/null", rustix::fs::OFlags::RDONLY, rustix::fs::Mode::empty())?;
    rustix::stdio::dup2_stdin(&null)?;
    Ok(UnixStream::from(socket))
}

/// Keep signals away from the calling thread, so that they reach the interpreter's main thread.
pub fn block_signals() {
    let mut all = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: `sigfillset` initialises the set it is given; `pthread_sigmask` only reads it and
    // changes nothing but the calling thread's own mask.
    unsafe {
        libc::sigfillset(all.as_mut_ptr());
        libc::pthread_sigmask(libc::SIG_BLOCK, all.as_ptr(), std::ptr::null_mut());
    }
}

/// End this process now, running no handler of any kind.
pub fn exit_now(status: i32) -> ! {
    // SAFETY: `_exit` has no requirements; it is called where unwinding or running the
    // interpreter's exit handlers would be wrong: in a worker whose parent is gone.
    unsafe { libc::_exit(status) }
}

/// Nanoseconds of the monotonic clock, the same for all processes of this machine.
pub fn now() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    time.tv_sec.unsigned_abs() * 1_000_000_000 + time.tv_nsec.unsigned_abs()
}
