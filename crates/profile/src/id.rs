//! Dense row numbers, one type for each table, so that mixing tables does not compile.

macro_rules! row_ids {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
        pub struct $name(u32);

        impl $name {
            /// The id of row `index`.
            ///
            /// # Panics
            /// When `index` does not fit in 32 bits; the tables refuse to grow that far.
            #[inline]
            pub fn new(index: usize) -> Self {
                match u32::try_from(index) {
                    Ok(raw) => Self(raw),
                    Err(_) => panic!("row number {index} does not fit in 32 bits"),
                }
            }

            /// The id whose 32-bit representation is `raw`.
            #[inline]
            pub const fn from_raw(raw: u32) -> Self {
                Self(raw)
            }

            /// The 32-bit representation.
            #[inline]
            pub const fn raw(self) -> u32 {
                self.0
            }

            /// The row number.
            #[inline]
            pub const fn index(self) -> usize {
                self.0 as usize
            }
        }
    )+};
}

row_ids! {
    /// A row of [`Strings`](crate::Strings). Row 0 is the empty string.
    StringId;
    /// A row of [`Profile::functions`](crate::Profile::functions).
    FunctionId;
    /// A row of [`Profile::mappings`](crate::Profile::mappings).
    MappingId;
    /// A row of [`Locations`](crate::Locations).
    LocationId;
    /// A row of [`Stacks`](crate::Stacks).
    StackId;
    /// A row of [`LabelSets`](crate::LabelSets). Row 0 is the empty set.
    LabelSetId;
    /// A row of [`Samples`](crate::Samples).
    SampleId;
}

impl StringId {
    /// The empty string, which every string table holds first.
    pub const EMPTY: StringId = StringId(0);

    /// Whether this is the empty string.
    #[inline]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl LabelSetId {
    /// The set without labels, which every label table holds first.
    pub const EMPTY: LabelSetId = LabelSetId(0);
}
