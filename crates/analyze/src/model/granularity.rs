//! What counts as one place in a report.

/// The unit in which frames are summed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Granularity {
    /// Functions with the same name.
    #[default]
    Functions,
    /// Functions with the same name in the same file.
    FileFunctions,
    /// Source files.
    Files,
    /// Source lines.
    Lines,
    /// Instruction addresses.
    Addresses,
}

/// How finely a view looks at frames.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Detail {
    /// What counts as one place.
    pub granularity: Granularity,
    /// Book inlined functions on the function they were inlined into.
    pub no_inlines: bool,
    /// Tell columns of a line apart.
    pub show_columns: bool,
    /// Tell equal functions of different binaries apart.
    pub object_names: bool,
}

impl Detail {
    pub(crate) fn functions(self) -> bool {
        self.granularity != Granularity::Files
    }

    pub(crate) fn files(self) -> bool {
        self.granularity != Granularity::Functions
    }

    pub(crate) fn lines(self) -> bool {
        matches!(self.granularity, Granularity::Lines | Granularity::Addresses)
    }

    pub(crate) fn addresses(self) -> bool {
        self.granularity == Granularity::Addresses
    }

    /// Whether columns count. Addresses are finer than columns, so there they are kept unless inlined
    /// frames are folded away, which reduces lines too.
    pub(crate) fn columns(self) -> bool {
        self.lines() && (self.show_columns || (self.addresses() && !self.no_inlines))
    }
}
