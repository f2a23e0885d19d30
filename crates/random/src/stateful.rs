//! The one shape of generators that are their states.

use crate::StateError;

/// What a generator can be in.
pub(crate) trait State {
    /// The error of a state that no generator can be in.
    fn check(&self) -> Result<(), StateError> {
        Ok(())
    }
}

/// `state` and `from_state` of `$name`, which holds a `$state` and nothing else. States that no
/// generator can be in are found by its `check`.
macro_rules! stateful {
    ($name:ident, $state:ident) => {
        impl $name {
            /// The state, to be stored or handed to NumPy.
            pub fn state(&self) -> $state {
                self.0.clone()
            }

            /// The generator in this state.
            pub fn from_state(state: &$state) -> Result<Self, $crate::StateError> {
                $crate::stateful::State::check(state)?;
                Ok(Self(state.clone()))
            }
        }
    };
    // Of 64-bit words, half of which may be kept in `half`.
    ($name:ident, $state:ident, half) => {
        $crate::stateful::stateful!($name, $state);

        impl $name {
            #[inline]
            fn word(&mut self) -> u32 {
                let mut half = self.0.half;
                let word = half.next(|| self.long());
                self.0.half = half;
                word
            }
        }
    };
}
pub(crate) use stateful;
