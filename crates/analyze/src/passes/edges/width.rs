//! How many bits the number of a node takes while edges are weighed.

/// In how many bits the numbers of nodes are kept while edges are weighed: tables of half the size stay in
/// the caches, and few graphs have more nodes than fit into them.
pub(crate) trait Width: Copy + std::fmt::Debug + 'static {
    /// A node, in [`BITS`](Self::BITS) bits.
    type Half: Copy + Send + Sync + std::fmt::Debug;
    /// Two nodes.
    type Edge: Copy + Send + Sync + std::fmt::Debug;
    /// Size of a half.
    const BITS: u32;

    /// The top bit of a half.
    const MARK: u64 = 1 << (Self::BITS - 1);
    /// The other bits of a half.
    const SLOT: u64 = Self::MARK - 1;
    /// The two nodes of an edge, without its marks.
    const EDGE: u64 = Self::SLOT << Self::BITS | Self::SLOT;
    /// No edge at all.
    const FREE: u64 = Self::EDGE | Self::MARK | Self::MARK << Self::BITS;

    /// A node as a number.
    fn half_bits(half: Self::Half) -> u64;
    /// The lower bits.
    fn half(bits: u64) -> Self::Half;
    /// An edge as a number.
    fn edge_bits(edge: Self::Edge) -> u64;
    /// The lower bits.
    fn edge(bits: u64) -> Self::Edge;
    /// A bit for each of `edges` that is `edge` but for its marks.
    fn matching(edges: &[Self::Edge; WAYS], edge: Self::Edge) -> u32;
}

/// How many edges are compared at once.
pub(crate) const WAYS: usize = 4;

/// Up to 32,765 nodes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Narrow;

/// Up to 2^31 nodes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wide;

macro_rules! width {
    ($width:ident: $half:ident, $edge:ident) => {
        impl Width for $width {
            type Half = $half;
            type Edge = $edge;
            const BITS: u32 = $half::BITS;

            #[inline(always)]
            fn half_bits(half: $half) -> u64 {
                u64::from(half)
            }

            #[inline(always)]
            fn half(bits: u64) -> $half {
                bits as $half
            }

            #[inline(always)]
            fn edge_bits(edge: $edge) -> u64 {
                u64::from(edge)
            }

            #[inline(always)]
            fn edge(bits: u64) -> $edge {
                bits as $edge
            }

            #[inline(always)]
            fn matching(edges: &[$edge; WAYS], edge: $edge) -> u32 {
                const EDGE: $edge = $width::EDGE as $edge;
                let bits: [$edge; WAYS] =
                    std::array::from_fn(|way| if (edges[way] ^ edge) & EDGE == 0 { 1 << way } else { 0 });
                (bits[0] | bits[1] | bits[2] | bits[3]) as u32
            }
        }
    };
}

width!(Narrow: u16, u32);
width!(Wide: u32, u64);
