//! Places in code that depend on where it lies: which there are, and how they are filled in.
//!
//! S is the address of what is meant, A the addend, P the address of the place. The numbers are
//! those of the psABI of x86-64 and of "ELF for the Arm 64-bit Architecture".

use crate::object::LoadError;
use object::Architecture;

/// How a place is filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// 64 bits: S + A.
    Absolute64,
    /// 64 bits: S + A - P.
    Relative64,
    /// 32 bits, signed: S + A - P.
    Relative32,
    /// `adrp`: the distance of the pages of 4 KiB of S + A and P, 21 bits.
    Page21,
    /// `add`: the low 12 bits of S + A.
    Add12,
    /// `ldr` or `str` of 1 << scale bytes: the same, in units of its size.
    Load12 {
        /// Power of two of the size.
        scale: u8,
    },
    /// `b`, `bl`: S + A - P in units of 4, 26 bits.
    Branch26,
}

impl Kind {
    /// The kind with this number on this architecture.
    pub(crate) fn new(architecture: Architecture, number: u32) -> Result<Self, LoadError> {
        Ok(match (architecture, number) {
            (Architecture::X86_64, 1) | (Architecture::Aarch64, 257) => Self::Absolute64,
            (Architecture::X86_64, 24) | (Architecture::Aarch64, 260) => Self::Relative64,
            // PLT32 asks for a stub where the target is far; here all targets are near.
            (Architecture::X86_64, 2 | 4) | (Architecture::Aarch64, 261) => Self::Relative32,
            (Architecture::Aarch64, 275 | 276) => Self::Page21,
            (Architecture::Aarch64, 277) => Self::Add12,
            (Architecture::Aarch64, 278) => Self::Load12 { scale: 0 },
            (Architecture::Aarch64, 284..=286) => Self::Load12 { scale: (number - 283) as u8 },
            (Architecture::Aarch64, 299) => Self::Load12 { scale: 4 },
            (Architecture::Aarch64, 282 | 283) => Self::Branch26,
            _ => {
                return Err(LoadError::Refused(format!(
                    "relocations of kind {number} ({architecture:?}): its constants must be \
                     private or internal, its code position-independent"
                )));
            }
        })
    }
}

/// One place to fill in; `at` and `target` count from the start of the image.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patch {
    /// How.
    pub(crate) kind: Kind,
    /// Where the place is.
    pub(crate) at: usize,
    /// What is meant.
    pub(crate) target: usize,
    /// Added to the target's address.
    pub(crate) addend: i64,
}

impl Patch {
    /// Fill in the place for an image that lies at `base`.
    pub(crate) fn apply(&self, bytes: &mut [u8], base: u64) -> Result<(), LoadError> {
        let value = base.wrapping_add(self.target as u64).wrapping_add_signed(self.addend);
        let distance = value.wrapping_sub(base.wrapping_add(self.at as u64)).cast_signed();
        match self.kind {
            Kind::Absolute64 => self.write(bytes, &value.to_le_bytes()),
            Kind::Relative64 => self.write(bytes, &distance.to_le_bytes()),
            Kind::Relative32 => {
                let near = i32::try_from(distance).map_err(|_| far(distance))?;
                self.write(bytes, &near.to_le_bytes())
            }
            Kind::Page21 => {
                let place = base.wrapping_add(self.at as u64);
                let pages = ((value >> 12).wrapping_sub(place >> 12)).cast_signed();
                if !(-(1 << 20)..1 << 20).contains(&pages) {
                    return Err(far(distance));
                }
                let pages = pages as u32;
                // The two low bits stand at 29, the other 19 at 5.
                self.insert(bytes, 0x60ff_ffe0, (pages & 3) << 29 | (pages >> 2 & 0x7_ffff) << 5)
            }
            Kind::Add12 => self.insert(bytes, 0xfff << 10, (value as u32 & 0xfff) << 10),
            Kind::Load12 { scale } => {
                let low = value as u32 & 0xfff;
                if !low.is_multiple_of(1 << scale) {
                    return Err(LoadError::Damaged("a constant that is not aligned".into()));
                }
                self.insert(bytes, 0xfff << 10, (low >> scale) << 10)
            }
            Kind::Branch26 => {
                if distance % 4 != 0 || !(-(1 << 27)..1 << 27).contains(&distance) {
                    return Err(far(distance));
                }
                self.insert(bytes, 0x03ff_ffff, (distance >> 2) as u32 & 0x03ff_ffff)
            }
        }
    }

    fn write(&self, bytes: &mut [u8], value: &[u8]) -> Result<(), LoadError> {
        let end = self.at.wrapping_add(value.len());
        let place = bytes.get_mut(self.at..end).ok_or_else(outside)?;
        place.copy_from_slice(value);
        Ok(())
    }

    /// Set the bits of `mask` in the instruction at the place.
    fn insert(&self, bytes: &mut [u8], mask: u32, bits: u32) -> Result<(), LoadError> {
        let place = bytes.get(self.at..).and_then(|rest| rest.first_chunk()).ok_or_else(outside)?;
        let word = u32::from_le_bytes(*place) & !mask | bits;
        self.write(bytes, &word.to_le_bytes())
    }
}

fn outside() -> LoadError {
    LoadError::Damaged("a relocation outside of its section".into())
}

fn far(distance: i64) -> LoadError {
    LoadError::Damaged(format!("a relocation over {distance} bytes, too far for its instruction"))
}
