//! An object file as an image: what of it goes into memory, where, and with which places filled in.
//!
//! Nothing here touches memory outside of the image's own bytes, so objects for any machine can be
//! read on any other.

use crate::builtin::Builtin;
use crate::relocation::{self, Patch};
use object::elf::{SHF_ALLOC, SHF_EXECINSTR, SHF_TLS, SHF_WRITE};
use object::{
    Architecture, Object, ObjectSection, ObjectSymbol, RelocationFlags, RelocationTarget,
    SectionFlags, SectionIndex, SymbolSection,
};
use std::collections::{BTreeMap, HashMap};
use std::fmt;

/// Code and constants begin on pages of their own; the largest size a page may have here.
pub const PAGE: usize = if cfg!(target_arch = "x86_64") { 4096 } else { 65536 };

/// Why an object cannot be loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoadError {
    /// The bytes are no object file, or a damaged one.
    Damaged(String),
    /// Code for another architecture.
    Foreign(String),
    /// The code asks for something that kernels may not have.
    Refused(String),
    /// The code calls a function that nobody provides.
    Symbol(String),
    /// A kernel was asked for that the object does not have.
    Absent(String),
    /// The system gives no memory for code.
    Memory(String),
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Damaged(what) => write!(f, "this is no object file that can be loaded: {what}"),
            Self::Foreign(what) => write!(f, "this object is made for another machine: {what}"),
            Self::Refused(what) => write!(f, "a kernel may not have {what}"),
            Self::Symbol(name) => write!(
                f,
                "a kernel calls `{name}`, which is not part of it\n\
                 hint: kernels call nothing outside themselves; of what LLVM adds by itself only \
                 memcpy, memmove and memset are there"
            ),
            Self::Absent(name) => write!(f, "the object has no kernel `{name}`"),
            Self::Memory(why) => write!(f, "no memory for code: {why}"),
        }
    }
}

impl std::error::Error for LoadError {}

impl From<object::Error> for LoadError {
    fn from(error: object::Error) -> Self {
        Self::Damaged(error.to_string())
    }
}

/// The bytes of an object as they lie in memory: first code, then, on other pages, constants.
#[derive(Debug)]
pub struct Image {
    architecture: Architecture,
    bytes: Vec<u8>,
    constants: usize, // where they begin: whole pages below it are code
    symbols: BTreeMap<String, usize>,
    patches: Vec<Patch>,
}

impl Image {
    /// Read the object and lay out its sections.
    pub fn read(object: &[u8]) -> Result<Self, LoadError> {
        let file = object::File::parse(object)?;
        if file.format() != object::BinaryFormat::Elf || !file.is_64() || !file.is_little_endian() {
            return Err(LoadError::Damaged("not a 64-bit little-endian ELF file".into()));
        }
        let architecture = file.architecture();
        if !matches!(architecture, Architecture::X86_64 | Architecture::Aarch64) {
            return Err(LoadError::Foreign(format!("{architecture:?}")));
        }
        let mut image = Self {
            architecture,
            bytes: Vec::new(),
            constants: 0,
            symbols: BTreeMap::new(),
            patches: Vec::new(),
        };
        let mut places = image.place(&file, true)?;
        // Stubs count as code; there is one for each function that LLVM itself may call.
        let stubs = image.stubs();
        image.bytes.resize(image.bytes.len().next_multiple_of(PAGE), 0);
        image.constants = image.bytes.len();
        places.extend(image.place(&file, false)?);
        image.name(&file, &places)?;
        image.resolve(&file, &places, stubs)?;
        Ok(image)
    }

    /// Append the sections that are code, or those that are not; returns where they are.
    fn place(
        &mut self,
        file: &object::File<'_>,
        code: bool,
    ) -> Result<HashMap<SectionIndex, usize>, LoadError> {
        let mut places = HashMap::new();
        for section in file.sections() {
            let SectionFlags::Elf { sh_flags, .. } = section.flags() else { continue };
            // No stack is ever unwound through a kernel.
            if !has(sh_flags.0, SHF_ALLOC.0) || section.name()? == ".eh_frame" {
                continue;
            }
            if has(sh_flags.0, SHF_EXECINSTR.0) != code || section.size() == 0 {
                continue;
            }
            // Constants that hold addresses are only written while they are loaded.
            let constant = section.name()?.starts_with(".data.rel.ro");
            if has(sh_flags.0, SHF_TLS.0) || (has(sh_flags.0, SHF_WRITE.0) && !constant) {
                let name = section.name()?;
                return Err(LoadError::Refused(format!("memory of its own (section {name})")));
            }
            let align = section.align().max(1) as usize;
            if align > PAGE || !align.is_power_of_two() {
                return Err(LoadError::Damaged(format!("a section aligned to {align}")));
            }
            let data = section.data()?;
            if data.len() as u64 != section.size() || data.len() > 1 << 28 {
                return Err(LoadError::Damaged("a section without its bytes".into()));
            }
            self.bytes.resize(self.bytes.len().next_multiple_of(align), 0);
            places.insert(section.index(), self.bytes.len());
            self.bytes.extend_from_slice(data);
        }
        Ok(places)
    }

    /// Append a jump to each function of [`Builtin`]; returns where the first is.
    fn stubs(&mut self) -> usize {
        self.bytes.resize(self.bytes.len().next_multiple_of(16), 0);
        let start = self.bytes.len();
        for builtin in Builtin::ALL {
            let jump: &[u8] = match self.architecture {
                Architecture::X86_64 => &[0xff, 0x25, 2, 0, 0, 0, 0xcc, 0xcc], // jmp *2(%rip)
                _ => &[0x50, 0, 0, 0x58, 0, 2, 0x1f, 0xd6], // ldr x16, #8; br x16
            };
            self.bytes.extend_from_slice(jump);
            self.bytes.extend_from_slice(&builtin.address().to_le_bytes());
        }
        start
    }

    /// Note where each function and constant with a name is.
    fn name(
        &mut self,
        file: &object::File<'_>,
        places: &HashMap<SectionIndex, usize>,
    ) -> Result<(), LoadError> {
        for symbol in file.symbols().filter(ObjectSymbol::is_global) {
            if let SymbolSection::Section(section) = symbol.section()
                && let Some(place) = places.get(&section)
            {
                let at = self.inside(place.wrapping_add(symbol.address() as usize))?;
                self.symbols.insert(symbol.name()?.to_owned(), at);
            }
        }
        Ok(())
    }

    /// Find out what every relocation points to.
    fn resolve(
        &mut self,
        file: &object::File<'_>,
        places: &HashMap<SectionIndex, usize>,
        stubs: usize,
    ) -> Result<(), LoadError> {
        for section in file.sections() {
            let Some(&place) = places.get(&section.index()) else { continue };
            for (offset, relocation) in section.relocations() {
                let RelocationTarget::Symbol(index) = relocation.target() else {
                    return Err(LoadError::Damaged("a relocation without a symbol".into()));
                };
                let symbol = file.symbol_by_index(index)?;
                let target = match symbol.section() {
                    SymbolSection::Section(section) => match places.get(&section) {
                        Some(place) => place.wrapping_add(symbol.address() as usize),
                        None => return Err(LoadError::Symbol(symbol.name()?.to_owned())),
                    },
                    SymbolSection::Undefined => {
                        let name = symbol.name()?;
                        let found = Builtin::ALL.iter().position(|it| it.name() == name);
                        stubs + 16 * found.ok_or_else(|| LoadError::Symbol(name.to_owned()))?
                    }
                    other => return Err(LoadError::Damaged(format!("a symbol in {other:?}"))),
                };
                let RelocationFlags::Elf { r_type } = relocation.flags() else {
                    return Err(LoadError::Damaged("a relocation of another format".into()));
                };
                if offset >= section.size() {
                    return Err(LoadError::Damaged("a relocation outside its section".into()));
                }
                let at = self.inside(place.wrapping_add(offset as usize))?;
                let target = self.inside(target)?;
                let kind = relocation::Kind::new(self.architecture, r_type.0)?;
                self.patches.push(Patch { kind, at, target, addend: relocation.addend() });
            }
        }
        Ok(())
    }

    fn inside(&self, at: usize) -> Result<usize, LoadError> {
        if at <= self.bytes.len() {
            return Ok(at);
        }
        Err(LoadError::Damaged("a place outside of the object's sections".into()))
    }

    /// Size in memory, in bytes: whole pages.
    pub fn len(&self) -> usize {
        self.bytes.len().next_multiple_of(PAGE)
    }

    /// Whether there is nothing to load.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Bytes at the start that are code; a whole number of pages. The rest is constant.
    pub fn code(&self) -> usize {
        self.constants
    }

    /// Where the function of this name begins.
    pub fn symbol(&self, name: &str) -> Result<usize, LoadError> {
        match self.symbols.get(name) {
            Some(&at) if at < self.constants => Ok(at),
            _ => Err(LoadError::Absent(name.to_owned())),
        }
    }

    /// Names of all functions and constants that can be asked for.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.symbols.keys().map(String::as_str)
    }

    /// Whether this machine can run the code.
    pub fn is_native(&self) -> bool {
        self.architecture() == std::env::consts::ARCH
    }

    /// What it is made for, in a word.
    pub fn architecture(&self) -> &'static str {
        match self.architecture {
            Architecture::X86_64 => "x86_64",
            _ => "aarch64",
        }
    }

    /// The bytes as they must lie at the address `base`, a multiple of [`PAGE`].
    pub fn at(&self, base: u64) -> Result<Vec<u8>, LoadError> {
        let mut bytes = self.bytes.clone();
        for patch in &self.patches {
            patch.apply(&mut bytes, base)?;
        }
        Ok(bytes)
    }
}

fn has(flags: u64, flag: u64) -> bool {
    flags & flag != 0
}
