//! Linux: anonymous memory, futexes between processes, process descriptors, descriptors in flight.

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::fs::{FallocateFlags, MemfdFlags, SealFlags};
use rustix::mm::{MapFlags, ProtFlags};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use rustix::thread::futex;
use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
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
    // Nobody can cut it short under a mapping.
    let seals = SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL;
    rustix::fs::fcntl_add_seals(&fd, seals)?;
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

/// How a piece of memory is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Writes are seen by all who map it.
    Shared,
    /// As `Shared`, but this mapping cannot write.
    ReadOnly,
    /// Copy on write: a page that is written here is this mapping's own from then on.
    Private,
}

/// Map `[offset, offset + len)` of `fd`; costs address space, not memory.
pub(crate) fn map(
    fd: BorrowedFd<'_>,
    offset: u64,
    len: usize,
    access: Access,
) -> io::Result<NonNull<u8>> {
    let mut protection = ProtFlags::READ;
    if access != Access::ReadOnly {
        protection |= ProtFlags::WRITE;
    }
    let sharing = if access == Access::Private { MapFlags::PRIVATE } else { MapFlags::SHARED };
    let flags = sharing | MapFlags::NORESERVE;
    let anywhere = std::ptr::null_mut();
    let place = if len < HUGE_PAGE { None } else { Some(find_room(offset, len)?) };
    let base = match place {
        // SAFETY: a fresh mapping at an address of the kernel's choice overlaps no other object;
        // `fd` is open during the call and the mapping keeps its own reference afterwards.
        None => unsafe { rustix::mm::mmap(anywhere, len, protection, flags, fd, offset)? },
        Some(place) => {
            let fixed = flags | MapFlags::FIXED;
            // SAFETY: as above; what it replaces is `find_room`'s, made for it, and nobody else's.
            let mapped = unsafe { rustix::mm::mmap(place, len, protection, fixed, fd, offset) };
            mapped.inspect_err(|_| {
                // SAFETY: `find_room` left exactly this, and nothing refers to it.
                let _ = unsafe { rustix::mm::munmap(place, len) };
            })?
        }
    };
    if access != Access::Private {
        // SAFETY: advice on the mapping just made. A core dump of this process would otherwise
        // look through all of its address space.
        let _ = unsafe { rustix::mm::madvise(base, len, rustix::mm::Advice::LinuxDontDump) };
    }
    NonNull::new(base.cast()).ok_or_else(|| io::Error::other("mmap answered the null address"))
}

/// Size of what the page tables can map at once, on the machines that this runs on.
pub(crate) const HUGE_PAGE: usize = 2 << 20;

/// Address space of `len` bytes, at such an address that huge pages of the file fit.
fn find_room(offset: u64, len: usize) -> io::Result<*mut std::ffi::c_void> {
    let none = ProtFlags::empty();
    let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
    let whole = len + HUGE_PAGE;
    let len = len.next_multiple_of(4096);
    // SAFETY: fresh address space of the kernel's choice, which cannot even be read.
    let start = unsafe { rustix::mm::mmap_anonymous(std::ptr::null_mut(), whole, none, flags)? };
    let skip = (offset as usize).wrapping_sub(start.addr()) % HUGE_PAGE;
    // SAFETY: `skip` is below `HUGE_PAGE`, so `place` and `len` bytes from it on are inside what
    // was mapped; the ends are unmapped, page by page, and nothing refers to them.
    unsafe {
        let place = start.byte_add(skip);
        if skip > 0 {
            let _ = rustix::mm::munmap(start, skip);
        }
        let rest = whole.next_multiple_of(4096) - skip - len;
        if rest > 0 {
            let _ = rustix::mm::munmap(place.byte_add(len), rest);
        }
        Ok(place)
    }
}

/// Have `[base, base + len)`, whole huge pages of a shared mapping with at least their first page
/// there, become huge pages. A kernel that cannot (before 6.1) leaves them as they are.
///
/// # Safety
/// The range is part of one mapping made by [`map`].
pub(crate) unsafe fn collapse(base: NonNull<u8>, len: usize) {
    const MADV_COLLAPSE: libc::c_int = 25;
    // SAFETY: as the caller promises; the call changes no contents.
    unsafe { libc::madvise(base.as_ptr().cast(), len, MADV_COLLAPSE) };
}

/// Fill in the page tables of `[base, base + len)` at once, which is ten times faster than one
/// fault a page. A kernel that cannot (before 5.14) lets each page fault when it is written.
///
/// # Safety
/// The range is part of one mapping made by [`map`] that can be written.
pub(crate) unsafe fn populate(base: NonNull<u8>, len: usize) {
    const MADV_POPULATE_WRITE: libc::c_int = 23;
    // SAFETY: as the caller promises; the call changes no contents.
    unsafe { libc::madvise(base.as_ptr().cast(), len, MADV_POPULATE_WRITE) };
}

/// Whether a page of the private mapping `[base, base + len)` was written, so that it is a copy.
///
/// Asked of the page tables (`PAGEMAP_SCAN`, Linux 6.7), some 3 ns a page. An older kernel cannot
/// say, and then the answer is yes.
pub(crate) fn is_written(base: usize, len: usize) -> bool {
    /// `struct pm_scan_arg` of `linux/fs.h`.
    #[repr(C)]
    #[derive(Default)]
    struct Scan {
        size: u64,
        flags: u64,
        start: u64,
        end: u64,
        walk_end: u64,
        vec: u64,
        vec_len: u64,
        max_pages: u64,
        category_inverted: u64,
        category_mask: u64,
        category_anyof_mask: u64,
        return_mask: u64,
    }
    const IS_FILE: u64 = 1 << 2;
    const IS_PRESENT: u64 = 1 << 3;
    const IS_SWAPPED: u64 = 1 << 4;
    const PAGEMAP_SCAN: u32 = 0xC060_6610; // _IOWR('f', 16, struct pm_scan_arg)
    const PAGE: usize = 4096;
    if len == 0 {
        return false;
    }
    // Opened each time: after a fork an open one would speak of the other process.
    let Ok(pagemap) = rustix::fs::open(
        "/proc/self/pagemap",
        rustix::fs::OFlags::RDONLY | rustix::fs::OFlags::CLOEXEC,
        rustix::fs::Mode::empty(),
    ) else {
        return true;
    };
    let mut found = [0_u64; 3];
    let mut scan = Scan {
        size: size_of::<Scan>() as u64,
        start: (base / PAGE * PAGE) as u64,
        end: (base + len).next_multiple_of(PAGE) as u64,
        vec: found.as_mut_ptr() as u64,
        vec_len: 1,
        max_pages: 1,
        // A page of the file that is not written here is "file"; a copy is not, in memory or out.
        category_inverted: IS_FILE,
        category_mask: IS_FILE,
        category_anyof_mask: IS_PRESENT | IS_SWAPPED,
        return_mask: IS_PRESENT,
        ..Scan::default()
    };
    // SAFETY: `scan` has the layout and size that the kernel expects and points to room for one
    // region of three words; the call only reads page tables and writes those two.
    let regions = unsafe { libc::ioctl(pagemap.as_raw_fd(), PAGEMAP_SCAN.into(), &raw mut scan) };
    regions != 0
}

/// Page faults of this process so far: a first write to a private page always is one.
pub fn faults() -> u64 {
    let usage = usage();
    usage.ru_minflt.cast_unsigned() + usage.ru_majflt.cast_unsigned()
}

fn usage() -> libc::rusage {
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: the call fills the struct it is given, which is plain data and was zeroed.
    unsafe {
        libc::getrusage(libc::RUSAGE_SELF, usage.as_mut_ptr());
        usage.assume_init()
    }
}

/// A file without a name in `folder`: it goes with its last descriptor.
pub fn create_unnamed_file(folder: &std::path::Path, len: u64) -> io::Result<OwnedFd> {
    use rustix::fs::{Mode, OFlags};
    let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
    let fd = rustix::fs::open(folder, flags, Mode::RUSR | Mode::WUSR)?;
    rustix::fs::ftruncate(&fd, len)?;
    Ok(fd)
}

/// Read `[offset, offset + target.len())` of `fd`.
pub(crate) fn read_at(fd: BorrowedFd<'_>, target: &mut [u8], offset: u64) -> io::Result<()> {
    let mut done = 0;
    while done < target.len() {
        match rustix::io::pread(fd, &mut target[done..], offset + done as u64) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(read) => done += read,
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
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

/// Collect how the child behind `process` ended, and the most memory in bytes that it or, before it
/// became what it is, its parent had; `None` while it still runs.
pub fn ending(process: BorrowedFd<'_>) -> Option<(Ending, u64)> {
    let mut status = MaybeUninit::<libc::siginfo_t>::zeroed();
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: the call fills the structs it is given, which are plain data and were zeroed; the
    // descriptor is open as long as it is borrowed. libc's own `waitid` leaves out the last one.
    let (failed, status, usage) = unsafe {
        let failed = libc::syscall(
            libc::SYS_waitid,
            libc::P_PIDFD,
            process.as_raw_fd(),
            status.as_mut_ptr(),
            libc::WEXITED | libc::WNOHANG,
            usage.as_mut_ptr(),
        );
        (failed != 0, status.assume_init(), usage.assume_init())
    };
    if failed {
        // Not our child any more: reaped elsewhere. Its descriptor still tells whether it lives.
        return is_readable(process).then_some((Ending::Unknown, 0));
    }
    // SAFETY: the kernel fills these fields for a child that ended, and zeroes them otherwise.
    let (pid, value) = unsafe { (status.si_pid(), status.si_status()) };
    if pid == 0 {
        return None;
    }
    let ending = match status.si_code {
        libc::CLD_EXITED => Ending::Exited(value),
        libc::CLD_KILLED | libc::CLD_DUMPED => Ending::Killed(value),
        _ => Ending::Unknown,
    };
    Some((ending, usage.ru_maxrss.cast_unsigned() * 1024))
}

/// Most memory in bytes that this process ever had, shared memory included.
pub fn peak_memory() -> u64 {
    usage().ru_maxrss.cast_unsigned() * 1024
}

/// Give back memory that was freed and that the allocator keeps.
pub fn trim_heap() {
    // SAFETY: the call touches nothing but what the allocator holds free, under its own locks.
    #[cfg(target_env = "gnu")]
    unsafe {
        libc::malloc_trim(0);
    }
}

/// Memory in bytes that is this process's own: neither shared nor a file's.
pub fn own_memory() -> u64 {
    let Ok(text) = std::fs::read_to_string("/proc/self/statm") else { return 0 };
    let mut pages = text.split(' ').map(|word| word.parse::<u64>().unwrap_or(0));
    let (resident, shared) = (pages.nth(1).unwrap_or(0), pages.next().unwrap_or(0));
    resident.saturating_sub(shared) * rustix::param::page_size() as u64
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
