//! The cache compiles each text once, and never trusts what it finds on disk.
#![cfg(all(target_arch = "x86_64", target_os = "linux"))]

use devices::{Assembler, AssemblyError, Cache, Code, CompileError, Counts, Target};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

const CHECK: &[u8] = include_bytes!("../golden/check.x86_64.o");

/// An assembler whose every text means the same kernel, and that counts its calls.
#[derive(Default)]
struct Canned {
    calls: AtomicUsize,
    version: &'static str,
}

impl Assembler for Canned {
    fn version(&self) -> &str {
        self.version
    }

    fn object(&self, text: &str, _target: &Target) -> Result<Vec<u8>, AssemblyError> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        thread::sleep(Duration::from_millis(2));
        if text == "nonsense" {
            return Err(AssemblyError::Refused("expected top-level entity\n".into()));
        }
        Ok(CHECK.to_vec())
    }

    fn assembly(&self, _text: &str, _target: &Target) -> Result<String, AssemblyError> {
        Err(AssemblyError::Missing("canned".into()))
    }
}

/// A folder of its own for each test, gone afterwards.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("abreast-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        Self(path)
    }

    fn entries(&self) -> Vec<PathBuf> {
        let listing = fs::read_dir(&self.0).unwrap();
        listing.map(|entry| entry.unwrap().path()).collect()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::set_permissions(&self.0, fs::Permissions::from_mode(0o700));
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn target() -> Target {
    let (triple, cpu) = ("x86_64-unknown-linux-gnu".into(), "x86-64".into());
    Target { triple, cpu, features: String::new() }
}

fn cache(folder: &Path) -> Cache {
    Cache::new(Arc::new(Canned::default()), Some(folder.into()), 1 << 20)
}

fn works(code: &Arc<Code>) {
    let kernel = code.kernel("kernel").unwrap();
    // SAFETY: the frame of this kernel is one number, the block that fails.
    assert_eq!(unsafe { kernel.call(&[5], 0, 10) }, 1005);
}

#[test]
fn memory_then_disk_then_assembler() {
    let scratch = Scratch::new("order");
    let first = cache(&scratch.0);
    works(&first.code("one", &target()).unwrap());
    works(&first.code("one", &target()).unwrap());
    works(&first.code("two", &target()).unwrap());
    let counts = Counts { memory: 1, compiled: 2, ..Counts::default() };
    assert_eq!(first.counts(), counts);
    let second = cache(&scratch.0);
    works(&second.code("one", &target()).unwrap());
    assert_eq!(second.counts(), Counts { disk: 1, ..Counts::default() });
    // Another machine, other versions: other code.
    let other = Target { features: "+avx2".into(), ..target() };
    second.code("one", &other).unwrap();
    assert_eq!(second.counts().compiled, 1);
    let canned = Canned { version: "newer", ..Canned::default() };
    let newer = Cache::new(Arc::new(canned), Some(scratch.0.clone()), 1 << 20);
    newer.code("one", &target()).unwrap();
    assert_eq!(newer.counts().compiled, 1);
    for entry in scratch.entries() {
        assert_eq!(entry.extension().unwrap(), "code");
        assert_eq!(fs::metadata(entry).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn a_hit_on_disk_is_quick() {
    let scratch = Scratch::new("quick");
    let text = "; ".repeat(5000);
    cache(&scratch.0).code(&text, &target()).unwrap();
    let best = (0..50).map(|_| {
        let cache = cache(&scratch.0);
        let begun = Instant::now();
        cache.code(&text, &target()).unwrap();
        assert_eq!(cache.counts().disk, 1);
        begun.elapsed()
    });
    let best = best.min().unwrap();
    assert!(best < Duration::from_millis(1), "{best:?}");
}

#[test]
fn damaged_entries_are_compiled_again_and_replaced() {
    let scratch = Scratch::new("damage");
    cache(&scratch.0).code("text", &target()).unwrap();
    let entry = scratch.entries().pop().unwrap();
    let whole = fs::read(&entry).unwrap();
    let check = |bytes: &[u8], what: &str| {
        fs::write(&entry, bytes).unwrap();
        let cache = cache(&scratch.0);
        works(&cache.code("text", &target()).unwrap());
        let expected = Counts { compiled: 1, damaged: 1, ..Counts::default() };
        assert_eq!(cache.counts(), expected, "{what}");
        assert_eq!(fs::read(&entry).unwrap(), whole, "{what}");
    };
    for end in [0, 1, 15, 16, 47, 48, 60, whole.len() / 2, whole.len() - 1] {
        check(&whole[..end], &format!("{end} bytes"));
    }
    for at in (0..whole.len()).step_by(13) {
        let mut broken = whole.clone();
        broken[at] ^= 0x20;
        check(&broken, &format!("byte {at}"));
    }
    check(&[whole.as_slice(), b"more"].concat(), "longer");
    check(&vec![0; 1 << 16], "zeros");
}

#[test]
fn an_entry_of_another_key_is_none() {
    let scratch = Scratch::new("key");
    let first = cache(&scratch.0);
    first.code("one", &target()).unwrap();
    let one = scratch.entries().pop().unwrap();
    first.code("two", &target()).unwrap();
    let two = scratch.entries().into_iter().find(|entry| *entry != one).unwrap();
    fs::copy(&one, &two).unwrap();
    let second = cache(&scratch.0);
    works(&second.code("two", &target()).unwrap());
    assert_eq!((second.counts().disk, second.counts().damaged), (0, 1));
}

#[test]
fn what_others_may_change_is_not_run() {
    let scratch = Scratch::new("trust");
    cache(&scratch.0).code("text", &target()).unwrap();
    let entry = scratch.entries().pop().unwrap();
    fs::set_permissions(&entry, fs::Permissions::from_mode(0o666)).unwrap();
    let second = cache(&scratch.0);
    works(&second.code("text", &target()).unwrap());
    assert_eq!((second.counts().disk, second.counts().compiled), (0, 1));
    assert_eq!(fs::metadata(&entry).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_folder_that_cannot_be_is_no_error() {
    let scratch = Scratch::new("file");
    fs::write(&scratch.0, "a file where the folder should be").unwrap();
    for folder in [scratch.0.clone(), scratch.0.join("below"), PathBuf::from("/proc/abreast")] {
        let cache = cache(&folder);
        works(&cache.code("text", &target()).unwrap());
        works(&cache.code("text", &target()).unwrap());
        let expected = Counts { memory: 1, compiled: 1, unwritten: 1, ..Counts::default() };
        assert_eq!(cache.counts(), expected);
    }
    fs::remove_file(&scratch.0).unwrap();
    let cache = Cache::new(Arc::new(Canned::default()), None, 0);
    works(&cache.code("text", &target()).unwrap());
}

#[test]
fn the_folder_is_bounded_and_the_oldest_go() {
    let scratch = Scratch::new("bound");
    let size = {
        cache(&scratch.0).code("text 00", &target()).unwrap();
        let entry = scratch.entries().pop().unwrap();
        fs::File::open(&entry).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
        fs::metadata(entry).unwrap().len()
    };
    let fresh = scratch.0.join("1-2-3.new");
    fs::write(&fresh, "of a writer that was killed").unwrap();
    let young = scratch.0.join("4-5-6.new");
    fs::write(&young, "of one that writes now").unwrap();
    fs::File::open(&fresh).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
    for number in 1..20 {
        // Each of these processes sweeps at its first write.
        let cache = Cache::new(Arc::new(Canned::default()), Some(scratch.0.clone()), size * 8);
        cache.code(&format!("text {number:02}"), &target()).unwrap();
        let entries =
            scratch.entries().iter().filter(|it| it.extension().unwrap() == "code").count();
        assert!(entries <= 8, "{entries} entries after {number}");
        // The newest is among them.
        let again = Cache::new(Arc::new(Canned::default()), Some(scratch.0.clone()), size * 8);
        again.code(&format!("text {number:02}"), &target()).unwrap();
        assert_eq!(again.counts().disk, 1);
    }
    assert!(!fresh.exists() && young.exists());
}

#[test]
fn many_callers_compile_once() {
    let canned = Arc::new(Canned::default());
    let cache = Cache::new(canned.clone(), None, 0);
    thread::scope(|scope| {
        for number in 0..16 {
            let cache = &cache;
            scope.spawn(move || {
                works(&cache.code(&format!("text {}", number % 2), &target()).unwrap());
            });
        }
    });
    assert_eq!(canned.calls.load(Ordering::SeqCst), 2);
    assert_eq!(cache.counts().memory, 14);
}

#[test]
fn errors_are_told_and_not_kept() {
    let scratch = Scratch::new("errors");
    let cache = cache(&scratch.0);
    for _ in 0..2 {
        let error = cache.code("nonsense", &target()).unwrap_err();
        assert!(matches!(error, CompileError::Assembly(_)));
        assert_eq!(error.to_string(), "LLVM refuses a kernel: expected top-level entity");
    }
    assert_eq!(cache.counts().compiled, 2);
    assert!(scratch.entries().is_empty());
}

#[test]
fn memory_is_bounded_too() {
    struct Instant(AtomicUsize);
    impl Assembler for Instant {
        fn version(&self) -> &'static str {
            ""
        }
        fn object(&self, _: &str, _: &Target) -> Result<Vec<u8>, AssemblyError> {
            self.0.fetch_add(1, Ordering::Relaxed);
            Ok(CHECK.to_vec())
        }
        fn assembly(&self, _: &str, _: &Target) -> Result<String, AssemblyError> {
            Ok(String::new())
        }
    }
    let assembler = Arc::new(Instant(AtomicUsize::new(0)));
    let cache = Cache::new(assembler.clone(), None, 0);
    let first = cache.code("text 0", &target()).unwrap();
    let weak = Arc::downgrade(&cache.code("text 1", &target()).unwrap());
    for number in 2..3000 {
        cache.code(&format!("text {number}"), &target()).unwrap();
    }
    assert!(weak.upgrade().is_none());
    works(&first);
    assert_eq!(assembler.0.load(Ordering::Relaxed), 3000);
    cache.code("text 2999", &target()).unwrap();
    assert_eq!(assembler.0.load(Ordering::Relaxed), 3000);
}
