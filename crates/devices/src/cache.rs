//! Code that was compiled before: in memory, and on disk for the next process.

use crate::folder::{Entry, Folder, Found};
use crate::{Assembler, AssemblyError, Code, LoadError, PerProcess, Target};
use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Most codes kept in memory; the ones that were not used for longest go first.
const KEPT: usize = 2048;

/// Why there is no code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CompileError {
    /// The text did not become an object.
    Assembly(AssemblyError),
    /// The object cannot be loaded.
    Load(LoadError),
}

impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Assembly(error) => error.fmt(f),
            Self::Load(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for CompileError {}

/// How often code came from where.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// It was in memory.
    pub memory: u64,
    /// It was on disk.
    pub disk: u64,
    /// It had to be compiled.
    pub compiled: u64,
    /// Of these: because what was on disk was damaged.
    pub damaged: u64,
    /// Of these: could not be kept on disk.
    pub unwritten: u64,
}

/// Text to code, each text once.
pub struct Cache {
    assembler: Arc<dyn Assembler>,
    folder: Option<Folder>,
    kept: PerProcess<Mutex<Kept>>,
    counts: [AtomicU64; 5], // in the order of `Counts`
}

/// The place of one text's code; whoever fills it holds the lock meanwhile, and others wait.
type Slot = Arc<Mutex<Option<Arc<Code>>>>;

#[derive(Default)]
struct Kept {
    slots: HashMap<(Arc<str>, Arc<Target>), (Slot, u64)>, // with the time of its last use
    now: u64,                                             // counts uses
    target: Option<Arc<Target>>,                          // nearly always the same
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache")
            .field("folder", &self.folder)
            .field("counts", &self.counts())
            .finish_non_exhaustive()
    }
}

impl Cache {
    /// A cache before this assembler, with at most `limit` bytes in `folder`; `None`: in memory
    /// alone.
    pub fn new(assembler: Arc<dyn Assembler>, folder: Option<PathBuf>, limit: u64) -> Self {
        let folder = folder.map(|path| Folder::new(path, limit));
        let kept = PerProcess::new(Mutex::default(), Mutex::default);
        Self { assembler, folder, kept, counts: Default::default() }
    }

    /// The code of the module `text`.
    ///
    /// The text itself is the key, with the target and the assembler's version: so code can never
    /// be that of another text, of another version of what wrote the text, or of another machine.
    /// Several callers that ask for the same at once compile it once. Waits for the assembler, so
    /// it must not be called with a lock in hand that the assembler needs, such as Python's.
    pub fn code(&self, text: &str, target: &Target) -> Result<Arc<Code>, CompileError> {
        let slot = self.slot(text, target);
        let mut place = slot.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(code) = &*place {
            self.count(0);
            return Ok(code.clone());
        }
        let code = self.fetch(text, target)?;
        *place = Some(code.clone());
        Ok(code)
    }

    /// As [`Cache::code`], for whoever does not know which locks are held: on a thread that runs a kernel.
    pub(crate) fn code_within(
        &self,
        text: &str,
        target: &Target,
    ) -> Result<Arc<Code>, CompileError> {
        let mut found = None;
        self.assembler.without_locks(&mut || found = Some(self.code(text, target)));
        let ended = || CompileError::Assembly(AssemblyError::Missing("the process ends".into()));
        found.unwrap_or_else(|| Err(ended()))
    }

    /// From the disk, or from the assembler.
    fn fetch(&self, text: &str, target: &Target) -> Result<Arc<Code>, CompileError> {
        let Some(folder) = &self.folder else {
            self.count(2);
            return Code::load(&self.assemble(text, target)?).map_err(CompileError::Load);
        };
        let Target { triple, cpu, features } = target;
        let key =
            [env!("CARGO_PKG_VERSION"), self.assembler.version(), triple, cpu, features, text];
        let entry = folder.entry(&key.map(str::as_bytes));
        let mut damaged = false;
        if let Some(code) = self.kept_code(&entry, &mut damaged)? {
            return Ok(code);
        }
        let _claim = folder.claim(&entry);
        // Another process may have been at it just now.
        if let Some(code) = self.kept_code(&entry, &mut damaged)? {
            return Ok(code);
        }
        self.count(2);
        if damaged {
            self.count(3);
        }
        let object = self.assemble(text, target)?;
        // Only what loads is kept.
        let code = Code::load(&object).map_err(CompileError::Load)?;
        if !folder.write(&entry, &object) {
            self.count(4);
        }
        Ok(code)
    }

    /// The code of an entry, if it is there and whole.
    fn kept_code(
        &self,
        entry: &Entry,
        damaged: &mut bool,
    ) -> Result<Option<Arc<Code>>, CompileError> {
        *damaged = match entry.read() {
            Found::Object(object) => match Code::load(&object) {
                Ok(code) => {
                    self.count(1);
                    return Ok(Some(code));
                }
                Err(LoadError::Memory(why)) => {
                    return Err(CompileError::Load(LoadError::Memory(why)));
                }
                Err(_) => true,
            },
            Found::Absent => false,
            Found::Damaged => true,
        };
        Ok(None)
    }

    fn assemble(&self, text: &str, target: &Target) -> Result<Vec<u8>, CompileError> {
        self.assembler.object(text, target).map_err(CompileError::Assembly)
    }

    /// The place of this text's code, marked as used now.
    fn slot(&self, text: &str, target: &Target) -> Slot {
        let mut kept = self.kept.get().lock().unwrap_or_else(PoisonError::into_inner);
        kept.now += 1;
        let now = kept.now;
        let target = match &kept.target {
            Some(known) if **known == *target => known.clone(),
            _ => kept.target.insert(Arc::new(target.clone())).clone(),
        };
        let (slot, used) = kept.slots.entry((text.into(), target)).or_default();
        *used = now;
        let slot = slot.clone();
        if kept.slots.len() > KEPT {
            kept.trim();
        }
        slot
    }

    /// How often code came from where.
    pub fn counts(&self) -> Counts {
        let [memory, disk, compiled, damaged, unwritten] =
            std::array::from_fn(|which| self.counts[which].load(Ordering::Relaxed));
        Counts { memory, disk, compiled, damaged, unwritten }
    }

    fn count(&self, which: usize) {
        self.counts[which].fetch_add(1, Ordering::Relaxed);
    }

    /// Whoever makes objects for this cache.
    pub fn assembler(&self) -> &dyn Assembler {
        &*self.assembler
    }
}

impl Kept {
    /// Let go of the quarter that was not used for longest. Code that runs stays until it has ended.
    fn trim(&mut self) {
        let mut uses: Vec<u64> = self.slots.values().map(|(_, used)| *used).collect();
        let at = uses.len() / 4;
        let (_, &mut limit, _) = uses.select_nth_unstable(at);
        self.slots.retain(|_, (_, used)| *used >= limit);
    }
}
