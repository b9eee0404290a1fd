//! Sections of a program with tables of frames.

/// Bytes together with the address of the first, which relative pointers refer to.
#[derive(Clone, Copy, Debug, Default)]
pub struct Section<'a> {
    /// Address of the first byte.
    pub address: u64,
    /// The bytes.
    pub bytes: &'a [u8],
}

/// The two forms in which tables are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Table {
    /// `.eh_frame`, which is loaded with the program.
    EhFrame,
    /// `.debug_frame`, which is part of the debug information.
    DebugFrame,
}
