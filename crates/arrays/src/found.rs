//! Which nodes a walk has met: a table of addresses that costs a few instructions a look.

/// From what tells a node from others to a number.
#[derive(Debug)]
pub(crate) struct Found {
    /// The identity, zero where nothing is, and the number. The length is a power of two.
    slots: Vec<(usize, u32)>,
    count: usize,
}

impl Found {
    pub(crate) fn new() -> Self {
        Self { slots: vec![(0, 0); 64], count: 0 }
    }

    pub(crate) fn get(&self, identity: usize) -> Option<usize> {
        let (found, number) = self.slots[self.place(identity)];
        (found == identity).then_some(number as usize)
    }

    /// Note a number for an identity that has none.
    pub(crate) fn insert(&mut self, identity: usize, number: usize) {
        if self.count * 2 >= self.slots.len() {
            let larger = vec![(0, 0); self.slots.len() * 4];
            let slots = std::mem::replace(&mut self.slots, larger);
            for (identity, number) in slots.into_iter().filter(|slot| slot.0 != 0) {
                let place = self.place(identity);
                self.slots[place] = (identity, number);
            }
        }
        let place = self.place(identity);
        self.slots[place] = (identity, number as u32);
        self.count += 1;
    }

    /// Where an identity is, or where it would be.
    fn place(&self, identity: usize) -> usize {
        let mask = self.slots.len() - 1;
        // Fibonacci's hash: addresses differ in their middle bits.
        let mixed = (identity as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        let mut place = mixed as usize & mask;
        while self.slots[place].0 != 0 && self.slots[place].0 != identity {
            place = (place + 1) & mask;
        }
        place
    }
}

#[cfg(test)]
mod tests {
    use super::Found;

    #[test]
    fn what_was_met_is_found() {
        let mut found = Found::new();
        for number in 0..1000 {
            assert_eq!(found.get(64 * (number + 1)), None);
            found.insert(64 * (number + 1), number);
        }
        for number in 0..1000 {
            assert_eq!(found.get(64 * (number + 1)), Some(number));
        }
        assert_eq!(found.get(63), None);
    }
}
