//! `MRG32k3a` against R, whose values `golden/mrg32k3a.R` wrote down.

#![allow(clippy::float_cmp, reason = "bit for bit is the task")]

use random::Mrg32k3a;

/// R's `.Random.seed`: its first number names the kind, its words are signed.
fn words(numbers: &[&str]) -> [u32; 6] {
    let words = numbers[1..].iter().map(|word| word.parse::<i32>().unwrap().cast_unsigned());
    words.collect::<Vec<_>>().try_into().unwrap()
}

#[test]
fn the_streams_are_those_of_r() {
    let mut place = Mrg32k3a::seeded(0);
    let mut drawn = place.clone();
    let (mut states, mut uniforms) = (0, 0);
    for line in include_str!("../golden/mrg32k3a.txt").lines() {
        let numbers: Vec<&str> = line.split_whitespace().collect();
        let (what, numbers) = (numbers[0], &numbers[1..]);
        match what {
            "#" => continue,
            "seed" => {
                place = Mrg32k3a::seeded(numbers[0].parse().unwrap());
                continue;
            }
            "uniform" => {
                drawn = place.clone();
                for number in numbers {
                    assert_eq!(drawn.next_double(), number.parse::<f64>().unwrap(), "{line}");
                    uniforms += 1;
                }
                continue;
            }
            "after" => {
                assert_eq!(drawn.state(), words(numbers));
                continue;
            }
            "stream" => place = place.next_stream(),
            "substream" => place = place.next_substream(),
            _ => assert_eq!(what, "state"),
        }
        assert_eq!(place.state(), words(numbers), "{line}");
        states += 1;
    }
    assert_eq!((states, uniforms), (36, 60));
}

#[test]
fn states_that_are_none_are_refused() {
    for state in [[u32::MAX, 1, 1, 1, 1, 1], [1, 1, 1, 1, 1, 4_294_944_443], [0, 0, 0, 1, 1, 1]] {
        assert!(Mrg32k3a::from_state(&state).is_err(), "{state:?}");
    }
    assert!(Mrg32k3a::from_state(&[0, 0, 1, 4_294_944_442, 0, 0]).is_ok());
}
