//! The bit generators against what their authors published.

use random::{Mt19937, Pcg64, Philox4x32, Philox4x64, Rng, Sfc64};

/// `test-high/expected/check-pcg64.out` of <https://github.com/imneme/pcg-c>, round 1, seeded there
/// by `pcg64_srandom_r(&rng, 42, 54)`.
#[test]
fn pcg64() {
    let mut bits = Pcg64::with_stream(42, 54);
    let expected = [
        0x86b1_da1d_7206_2b68,
        0x1304_aa46_c985_3d39,
        0xa367_0e9e_0dd5_0358,
        0xf909_0e52_9a7d_ae00,
        0xc85b_9fd8_3799_6f2c,
        0x6061_21f8_e391_9196,
    ];
    assert_eq!(expected.map(|_| bits.next_u64()), expected);
}

/// `mt19937ar.out` of Matsumoto and Nishimura's `mt19937ar.c`, seeded there by
/// `init_by_array({0x123, 0x234, 0x345, 0x456}, 4)`.
#[test]
fn mt19937() {
    let mut bits = Mt19937::legacy_by_words(&[0x123, 0x234, 0x345, 0x456]);
    let expected = [1_067_595_299, 955_945_823, 477_289_528, 4_107_218_783, 4_228_976_476];
    assert_eq!(expected.map(|_| bits.next_u32()), expected);
}

/// The C++ standard, [rand.predef]: the 10,000th word of a default-constructed `std::mt19937`.
#[test]
fn mt19937_of_the_standard() {
    let mut bits = Mt19937::legacy(5489);
    assert_eq!((0..10_000).map(|_| bits.next_u32()).last(), Some(4_123_659_995));
}

/// `tests/kat_vectors` of Random123, <https://github.com/DEShawResearch/random123>.
#[test]
fn philox4x64() {
    let (zero, one) = (0, u64::MAX);
    let zeros = [
        0x1655_4d9e_ca36_314c,
        0xdb20_fe9d_672d_0fdc,
        0xd7e7_72ce_e186_176b,
        0x7e68_b68a_ec7b_a23b,
    ];
    let ones = [
        0x87b0_92c3_013f_e90b,
        0x438c_3c67_be8d_0224,
        0x9cc7_d7c6_9cd7_77b6,
        0xa09c_aebf_594f_0ba0,
    ];
    let pi = [
        0x243f_6a88_85a3_08d3,
        0x1319_8a2e_0370_7344,
        0xa409_3822_299f_31d0,
        0x082e_fa98_ec4e_6c89,
        0x4528_21e6_38d0_1377,
        0xbe54_66cf_34e9_0c6c,
    ];
    let of_pi = [
        0xa528_f454_03e6_1d95,
        0x38c7_2dbd_566e_9788,
        0xa5a1_610e_72fd_18b5,
        0x57bd_43b5_e52b_7fe6,
    ];
    assert_eq!(Philox4x64::block([zero; 4], [zero; 2]), zeros);
    assert_eq!(Philox4x64::block([one; 4], [one; 2]), ones);
    assert_eq!(Philox4x64::block([pi[0], pi[1], pi[2], pi[3]], [pi[4], pi[5]]), of_pi);
}

/// As above.
#[test]
fn philox4x32() {
    let zeros = [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8];
    let ones = [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd];
    let pi = [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344];
    let of_pi = [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1];
    assert_eq!(Philox4x32::block([0; 4], [0; 2]), zeros);
    assert_eq!(Philox4x32::block([u32::MAX; 4], [u32::MAX; 2]), ones);
    assert_eq!(Philox4x32::block(pi, [0xa409_3822, 0x299f_31d0]), of_pi);
}

/// A stream of blocks is the blocks of its counters in turn, whatever the place it starts from.
#[test]
fn philox4x32_advances_from_anywhere() {
    let start = Philox4x32::with_key([1, 2], [u32::MAX - 1, u32::MAX, 0, 7]);
    let words: Vec<u32> = (0..40).scan(start.clone(), |bits, _| Some(bits.next_u32())).collect();
    for used in 0..9 {
        for delta in 0..20 {
            let mut bits = start.clone();
            for _ in 0..used {
                bits.next_u32();
            }
            bits.advance(delta);
            assert_eq!(bits.next_u32(), words[used + delta as usize], "{used} + {delta}");
        }
    }
    let second = Philox4x32::block([u32::MAX, u32::MAX, 0, 7], [1, 2]);
    let third = Philox4x32::block([0, 0, 1, 7], [1, 2]);
    assert_eq!(words[4..8], second);
    assert_eq!(words[8..12], third);
}

/// `PractRand`'s sfc64 seeded by three words, as ported and tested in the Motoko package `prng`
/// (research-ag/prng, `init3(1, 2, 3)`, where the words stand in reverse order).
#[test]
fn sfc64() {
    let mut bits = Sfc64::with_words([3, 2, 1]);
    let expected = [
        0x1ddf_8d51_6ff6_cee8,
        0x89fc_16a8_c6d8_6b58,
        0x2ee4_be4a_743a_f170,
        0xe853_a27e_5414_0aff,
    ];
    assert_eq!(expected.map(|_| bits.next_u64()), expected);
}
