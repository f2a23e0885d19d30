//! Numbers that stand for the things of a kernel.

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u32);

        impl $name {
            /// The one with this position in its list.
            pub const fn new(index: usize) -> Self {
                Self(index as u32)
            }

            /// Position in its list.
            pub const fn index(self) -> usize {
                self.0 as usize
            }
        }
    };
}

id! {
    /// A value: its place in [`crate::Kernel::values`].
    Value
}
id! {
    /// A block: its place in [`crate::Kernel::blocks`].
    BlockId
}
id! {
    /// A parameter that is a buffer: its place in [`crate::Kernel::parameters`].
    Buffer
}
id! {
    /// A table of constants: its place in [`crate::Kernel::tables`].
    TableId
}
id! {
    /// A function: its place in [`crate::Kernel::functions`].
    FunctionId
}
