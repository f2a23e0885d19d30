//! Objects on disk: one file an entry, written by many processes at once.
//!
//! An entry is written to a file of its own and renamed, so nobody sees half of one; what is damaged
//! all the same is no entry. Nothing here is an error to the caller: a folder that cannot be read
//! has no entries, and what cannot be written is not kept.

use crate::claim::Claim;
use crate::digest::digest;
use rustix::fs::OFlags;
use std::fs::{self, DirBuilder, Metadata, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

/// First bytes of an entry; another format gets another number.
const MAGIC: &[u8; 16] = b"abreast code 01\n";
/// No entry is as large: there would be no memory for what only looks like one.
const LARGEST: u64 = 256 << 20;
const HEAD: usize = 16 + 8 + 8 + 16; // magic, length of the key, of the object, digest of both
/// Suffixes of entries, of files on the way to become one, and of the locks of those who compile.
const ENTRY: &str = "code";
const FRESH: &str = "new";
const CLAIM: &str = "busy";
/// A file of a writer that did not come to its end is removed when it is so old.
const STALE: Duration = Duration::from_secs(3600);
/// How old an entry may look before a use makes it look young again.
const YOUNG: Duration = Duration::from_secs(24 * 3600);
/// Entries are counted at the first write of a process, and then every so many.
const SWEEP: u64 = 64;

/// What an entry of the folder is found by.
#[derive(Debug)]
pub(crate) struct Entry {
    key: Vec<u8>,
    path: PathBuf,
}

impl Entry {
    /// Its object, if it is there.
    pub(crate) fn read(&self) -> Found {
        // A pipe of that name would have it wait for a writer.
        let flags = OFlags::NONBLOCK.bits().cast_signed();
        let open = OpenOptions::new().read(true).custom_flags(flags).open(&self.path);
        let Ok(mut file) = open else { return Found::Absent };
        let Ok(metadata) = file.metadata() else { return Found::Absent };
        if !is_trusted(&metadata) {
            return Found::Absent;
        }
        if metadata.len() > LARGEST {
            return Found::Damaged;
        }
        let mut bytes = Vec::with_capacity(metadata.len() as usize + 1);
        if file.read_to_end(&mut bytes).is_err() {
            return Found::Damaged;
        }
        if age(&metadata) > YOUNG {
            // Not allowed here: then it looks old, no more.
            let _ = file.set_modified(SystemTime::now());
        }
        match unpack(bytes, &self.key) {
            Some(object) => Found::Object(object),
            None => Found::Damaged,
        }
    }
}

/// What became of the search for an entry.
#[derive(Debug)]
pub(crate) enum Found {
    Object(Vec<u8>),
    Absent,
    Damaged,
}

/// A folder of entries, bounded in size.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    limit: u64, // bytes
    writes: AtomicU64,
}

impl Folder {
    pub(crate) fn new(path: PathBuf, limit: u64) -> Self {
        Self { path, limit, writes: AtomicU64::new(0) }
    }

    /// The entry of this key, there or not. The key is kept in the file and compared: that two of
    /// them have the same name costs a compilation, nothing else.
    pub(crate) fn entry(&self, key: &[&[u8]]) -> Entry {
        let path = self.path.join(format!("{:032x}.{ENTRY}", digest(key)));
        let mut whole = Vec::with_capacity(key.iter().map(|part| part.len() + 1).sum());
        for part in key {
            whole.extend_from_slice(part);
            whole.push(0);
        }
        Entry { key: whole, path }
    }

    /// Wait until no other process compiles this entry. Nothing if there is no telling.
    pub(crate) fn claim(&self, entry: &Entry) -> Option<Claim> {
        // Mostly it is there.
        let _ = self.make();
        Claim::wait(entry.path.with_extension(CLAIM))
    }

    fn make(&self) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.path)
    }

    /// Keep an object; whether that was possible.
    pub(crate) fn write(&self, entry: &Entry, object: &[u8]) -> bool {
        let number = self.writes.fetch_add(1, Ordering::Relaxed);
        let fresh = self.path.join(format!(
            "{}-{number}-{:x}.{FRESH}",
            std::process::id(),
            // Processes of other machines or containers may have the same number.
            SystemTime::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_nanos()),
        ));
        let written = self.write_file(&fresh, &pack(&entry.key, object));
        let kept = written.and_then(|()| fs::rename(&fresh, &entry.path)).is_ok();
        if !kept {
            let _ = fs::remove_file(&fresh);
        }
        if number.is_multiple_of(SWEEP) {
            self.sweep();
        }
        kept
    }

    fn write_file(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let open = || OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        let mut file = match open() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.make()?;
                open()?
            }
            other => other?,
        };
        file.write_all(bytes)
    }

    /// Remove the oldest entries until three quarters of the limit are left, if it is exceeded; and
    /// files of writers that died.
    fn sweep(&self) {
        let Ok(listing) = fs::read_dir(&self.path) else { return };
        let mut entries = Vec::new();
        for file in listing.flatten() {
            let (path, Ok(metadata)) = (file.path(), file.metadata()) else { continue };
            match path.extension().and_then(|suffix| suffix.to_str()) {
                Some(ENTRY) => entries.push((age(&metadata), metadata.len(), path)),
                Some(FRESH | CLAIM) if age(&metadata) > STALE => {
                    let _ = fs::remove_file(path);
                }
                _ => {}
            }
        }
        let mut total: u64 = entries.iter().map(|(_, len, _)| len).sum();
        if total <= self.limit {
            return;
        }
        entries.sort_unstable_by(|one, other| other.cmp(one)); // the oldest first
        for (_, len, path) in entries {
            if total <= self.limit / 4 * 3 {
                break;
            }
            let _ = fs::remove_file(path);
            total -= len;
        }
    }
}

/// What runs as code here was written by this user or by the system's, and nobody else may change it.
fn is_trusted(metadata: &Metadata) -> bool {
    let owner = metadata.uid();
    metadata.is_file()
        && (owner == rustix::process::geteuid().as_raw() || owner == 0)
        && metadata.mode() & 0o022 == 0
}

fn age(metadata: &Metadata) -> Duration {
    metadata.modified().ok().and_then(|at| at.elapsed().ok()).unwrap_or_default()
}

fn pack(key: &[u8], object: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEAD + key.len() + object.len());
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&(key.len() as u64).to_le_bytes());
    bytes.extend_from_slice(&(object.len() as u64).to_le_bytes());
    bytes.extend_from_slice(&digest(&[key, object]).to_le_bytes());
    bytes.extend_from_slice(key);
    bytes.extend_from_slice(object);
    bytes
}

/// The object, if the bytes are an entry of this key and whole.
fn unpack(mut bytes: Vec<u8>, key: &[u8]) -> Option<Vec<u8>> {
    let (head, rest) = bytes.split_at_checked(HEAD)?;
    let word = |at: usize| u64::from_le_bytes(head[at..at + 8].try_into().expect("eight bytes"));
    let sum = u128::from_le_bytes(head[32..48].try_into().expect("sixteen bytes"));
    let (lengths, total) = ((word(16), word(24)), rest.len() as u64);
    if &head[..16] != MAGIC || lengths.0.checked_add(lengths.1) != Some(total) {
        return None;
    }
    let (found, object) = rest.split_at(lengths.0 as usize);
    if found != key || digest(&[found, object]) != sum {
        return None;
    }
    let start = HEAD + found.len();
    bytes.drain(..start);
    Some(bytes)
}
