//! Random kernels: the builder writes legal ones, and their text reads back as the same kernel.

mod random;

use ir::{Kernel, verify};
use proptest::prelude::*;

proptest! {
    #[test]
    fn text_reads_back(choices in prop::collection::vec(any::<u32>(), 0..400)) {
        let kernel = random::kernel(&choices).renumbered();
        let text = kernel.to_string();
        let read: Kernel = text.parse().unwrap_or_else(|error| panic!("{error}\n{text}"));
        prop_assert_eq!(&read, &kernel, "{}", text);
        prop_assert_eq!(read.to_string(), text);
    }

    #[test]
    fn renumbering_changes_numbers_alone(choices in prop::collection::vec(any::<u32>(), 0..400)) {
        let kernel = random::kernel(&choices);
        let renumbered = kernel.renumbered();
        verify(&renumbered).unwrap_or_else(|error| panic!("{error}"));
        prop_assert_eq!(renumbered.to_string(), kernel.to_string());
        prop_assert_eq!(renumbered.renumbered(), renumbered);
    }

    #[test]
    fn no_text_makes_the_parser_panic(choices in prop::collection::vec(any::<u32>(), 0..200), cut in any::<usize>(), byte in 0u8..128) {
        let mut text = random::kernel(&choices).to_string().into_bytes();
        let at = cut % text.len();
        text[at] = byte;
        let _ = String::from_utf8(text.clone()).unwrap().parse::<Kernel>();
        text.remove(at);
        let _ = String::from_utf8(text.clone()).unwrap().parse::<Kernel>();
        text.truncate(at);
        let _ = String::from_utf8(text).unwrap().parse::<Kernel>();
    }
}
