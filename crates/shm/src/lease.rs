//! What a worker lends: extents of its own that others read until they give them back.

use crate::arena::{Arena, Placed};
use crate::files::{Files, REGION, Span};
use crate::head::{Head, LEASES};
use crate::view::Views;
use crate::{Mapping, Raw};
use std::collections::BTreeSet;
use std::io;
use std::sync::{Arc, Mutex};

/// A worker's part of the shared memory: its own region, and its views of others.
#[derive(Debug)]
pub struct Lodging {
    arena: Arena,
    views: Arc<Views>,
    books: Mutex<Books>,
}

#[derive(Debug, Default)]
struct Books {
    lent: Vec<Option<Placed>>,
    free: BTreeSet<u32>,
}

/// An extent of this worker's own, until it is sent or dropped.
#[derive(Debug)]
pub struct Lease {
    lodging: Arc<Lodging>,
    number: u32,
    placed: Placed,
    sent: bool,
}

impl Lodging {
    /// Move into region `region` of what the parent sent.
    pub fn new(files: Files, region: u64) -> io::Result<Arc<Self>> {
        let files = Arc::new(files);
        let budget = Mapping::new(files.descriptors().0, 0, 4096)?;
        let budget = Head::new(Arc::new(budget));
        let arena = Arena::new(files.clone(), region, Some(budget))?;
        let views = Views::new(files, arena.head().clone());
        Ok(Arc::new(Self { arena, views, books: Mutex::default() }))
    }

    /// As much of the parent's region as its small extents fill.
    pub fn parent(files: &Files, len: usize) -> io::Result<Mapping> {
        Mapping::read_only(files.descriptors().0, 0, len)
    }

    /// Views of what others placed.
    pub fn views(&self) -> &Arc<Views> {
        &self.views
    }

    /// Put a copy of `source`, which is not empty, where others can map it.
    pub fn place(self: &Arc<Self>, source: Raw) -> io::Result<Lease> {
        self.reclaim();
        let placed = self.arena.place(source)?;
        let mut books = self.books.lock().expect("books");
        let number = if let Some(number) = books.free.pop_first() {
            books.lent[number as usize] = Some(placed);
            number
        } else {
            if books.lent.len() >= LEASES {
                drop(books);
                self.arena.free_placed(placed);
                let full = "too many results of this worker are in use";
                return Err(io::Error::new(io::ErrorKind::OutOfMemory, full));
            }
            books.lent.push(Some(placed));
            books.lent.len() as u32 - 1
        };
        drop(books);
        Ok(Lease { lodging: self.clone(), number, placed, sent: false })
    }

    /// Free what others have given back.
    pub fn reclaim(&self) {
        let mut books = self.books.lock().expect("books");
        let mut freed = Vec::new();
        self.arena.head().returned().take(books.lent.len(), |number| {
            if let Some(placed) = books.lent.get_mut(number as usize).and_then(Option::take) {
                freed.push(placed);
                books.free.insert(number);
            }
        });
        drop(books);
        for placed in freed {
            self.arena.free_settled(placed);
        }
    }

    /// Give all memory back that is kept for reuse.
    pub fn trim(&self) {
        self.reclaim();
        self.views.trim();
        self.arena.trim();
    }

    /// Forget everything without touching it: this is a child that a task forked.
    pub fn disarm(&self) {
        self.views.disarm();
    }

    fn take_back(&self, number: u32) {
        let mut books = self.books.lock().expect("books");
        let placed = books.lent[number as usize].take();
        books.free.insert(number);
        drop(books);
        if let Some(placed) = placed {
            self.arena.free_placed(placed);
        }
    }
}

impl Lease {
    /// Where it stands.
    pub fn span(&self) -> Span {
        self.placed.span
    }

    /// Its number: whoever gets it gives it back under this.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Somebody else gives it back from now on.
    pub fn send(mut self) {
        self.sent = true;
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if !self.sent && !self.lodging.views.is_disarmed() {
            self.lodging.take_back(self.number);
        }
    }
}

const _: () = assert!(REGION > 1 << 36);
