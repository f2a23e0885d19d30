//! Whoever compiles an entry of the folder, so that other processes wait for it and do not compile it too.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

/// Longest wait for another process: whoever takes longer may have been halted, and compiling it twice is no
/// mistake.
const PATIENCE: Duration = Duration::from_secs(5);
/// Between two looks, which cost a call of the system each.
const PAUSE: Duration = Duration::from_millis(2);

/// The right to compile an entry. The system takes it back from a process that dies.
#[derive(Debug)]
pub(crate) struct Claim {
    file: File,
    path: PathBuf,
}

impl Claim {
    /// Wait until nobody else has it. Nothing if that takes too long, or where there are no locks: then
    /// everybody compiles for himself.
    pub(crate) fn wait(path: PathBuf) -> Option<Self> {
        let file =
            OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path);
        let file = file.ok()?;
        let begun = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Some(Self { file, path }),
                Err(fs::TryLockError::WouldBlock) if begun.elapsed() < PATIENCE => {
                    thread::sleep(PAUSE);
                }
                Err(_) => return None,
            }
        }
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        // Whoever waits has the file open, and looks for the entry once it is his.
        let _ = fs::remove_file(&self.path);
        // Closing it is not enough: a process that was forked off meanwhile has it open as well.
        let _ = self.file.unlock();
    }
}
