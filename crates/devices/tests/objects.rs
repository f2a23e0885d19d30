//! Objects for aarch64 are laid out and filled in right, checked on any machine by reading the
//! instructions back.
#![expect(clippy::cast_possible_wrap, reason = "counts of tests are small")]

use devices::{Image, LoadError, PAGE};

const TABLE: &[u8] = include_bytes!("../golden/table.aarch64.o");
const COPY: &[u8] = include_bytes!("../golden/copy.aarch64.o");
const BASE: u64 = 0x7f12_3450_0000;

fn words(bytes: &[u8]) -> Vec<u32> {
    bytes.chunks_exact(4).map(|word| u32::from_le_bytes(word.try_into().unwrap())).collect()
}

fn signed(value: u32, bits: u32) -> i64 {
    i64::from((value << (32 - bits)).cast_signed() >> (32 - bits))
}

/// A stub: `ldr x16, #8; br x16`, and behind it an address of this process.
const STUB: [u32; 2] = [0x5800_0050, 0xd61f_0200];

/// What the object itself has: the addresses that stubs hold may look like any instruction.
fn own(code: &[u32]) -> &[u32] {
    let end = code.windows(2).position(|words| words == STUB).expect("stubs");
    &code[..end]
}

/// Addresses made by `adrp` and the `add` that follows on the same register.
fn addresses(code: &[u32]) -> Vec<u64> {
    let mut found = Vec::new();
    for (at, &word) in
        code.iter().enumerate().filter(|(_, word)| **word & 0x9f00_0000 == 0x9000_0000)
    {
        let pages = signed((word >> 5 & 0x7_ffff) << 2 | word >> 29 & 3, 21);
        let page = ((BASE + 4 * at as u64) & !0xfff).wrapping_add_signed(pages << 12);
        let register = word & 31;
        let add = code[at + 1..]
            .iter()
            .find(|&&next| next & 0xffc0_0000 == 0x9100_0000 && next >> 5 & 31 == register);
        found.push(page + u64::from(add.expect("an add after each adrp") >> 10 & 0xfff));
    }
    found
}

#[test]
fn constants_are_where_the_code_looks() {
    let image = Image::read(TABLE).unwrap();
    let bytes = image.at(BASE).unwrap();
    let code = words(&bytes[..image.code()]);
    let found = addresses(own(&code));
    assert_eq!(found.len(), 2);
    let inside = |address: u64| (address - BASE) as usize;
    // One is the table of numbers, the other that of functions.
    let long = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap());
    let entries = [1.0, 0.5, -3.25, 8.0, 1.0e300, 0.1, 7.0, -0.0_f64].map(f64::to_bits);
    let is_entries = |&address: &u64| {
        entries.iter().enumerate().all(|(i, &bits)| long(inside(address) + 8 * i) == bits)
    };
    assert_eq!(found.iter().filter(|address| is_entries(address)).count(), 1);
    let functions = *found.iter().find(|address| !is_entries(address)).unwrap();
    assert!(inside(functions) >= image.code());
    for i in 0..8 {
        let target = long(inside(functions) + 8 * i);
        assert_eq!(target, BASE + 4 * (i as u64 % 2), "function {i}");
    }
}

#[test]
fn calls_go_to_the_stubs() {
    let image = Image::read(COPY).unwrap();
    let bytes = image.at(BASE).unwrap();
    let code = words(&bytes[..image.code()]);
    let calls: Vec<_> =
        own(&code).iter().enumerate().filter(|(_, word)| **word >> 26 == 0b10_0101).collect();
    assert_eq!(calls.len(), 3);
    for (at, word) in calls {
        let target = (4 * at as i64 + 4 * signed(word & 0x3ff_ffff, 26)) as usize / 4;
        assert_eq!(code[target..target + 2], STUB);
        assert_ne!(code[target + 2..target + 4], [0, 0]);
    }
}

#[test]
fn an_image_is_whole_pages_of_code_and_then_constants() {
    let image = Image::read(TABLE).unwrap();
    assert_eq!((image.code() % PAGE, image.len() % PAGE), (0, 0));
    assert!(image.code() > 0 && image.len() > image.code() && !image.is_empty());
    assert_eq!(image.architecture(), "aarch64");
    assert_eq!(image.symbol("nothing"), Err(LoadError::Absent("nothing".into())));
}

#[test]
#[cfg(not(target_arch = "x86_64"))]
#[ignore = "the golden kernels are x86-64 code: here only their layout is tested, they are not run"]
fn kernels_run() {}
