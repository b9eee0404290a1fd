//! What one name may cost.
//!
//! Names come from strangers. A mangled name of some hundred bytes can stand for a text of any length, since
//! substitutions refer to what contains substitutions, and a name can nest as deep as it is long. So each name
//! gets a number of steps and a greatest depth; when either is used up the name is refused, and its owner shows
//! it as it is.

/// The name is not mangled, is damaged, or costs more than the [limits](self) allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refused;

/// A part of a name that was understood, or not.
pub(crate) type Parsed<T> = Result<T, Refused>;

/// How deep the parts of a name may nest. Names of real programs stay below a tenth of it.
const DEPTH: u32 = 600;

/// Steps that every name gets: parts read, parts replaced, parts written.
const STEPS: u32 = 50_000;

/// Steps for each byte of a name. Names of real programs need less than ten in all.
const STEPS_PER_BYTE: u32 = 50;

/// Steps that no name gets more of.
const MOST_STEPS: u32 = 2_000_000;

/// The longest demangled name, in bytes.
pub(crate) const LONGEST: usize = 1 << 18;

/// What is left for the name at hand.
#[derive(Debug)]
pub(crate) struct Limit {
    steps: u32,
    depth: u32,
}

impl Limit {
    /// The allowance of a name of this length in bytes.
    pub(crate) fn new(length: usize) -> Self {
        let length = u32::try_from(length).unwrap_or(u32::MAX);
        let steps = length.saturating_mul(STEPS_PER_BYTE).saturating_add(STEPS).min(MOST_STEPS);
        Self { steps, depth: DEPTH }
    }

    /// Takes one step.
    #[inline]
    pub(crate) fn step(&mut self) -> Parsed<()> {
        self.steps = self.steps.checked_sub(1).ok_or(Refused)?;
        Ok(())
    }

    /// Takes many steps at once.
    pub(crate) fn steps(&mut self, count: usize) -> Parsed<()> {
        let count = u32::try_from(count).map_err(|_| Refused)?;
        self.steps = self.steps.checked_sub(count).ok_or(Refused)?;
        Ok(())
    }

    /// Takes a step one level deeper; [`leave`](Limit::leave) comes back.
    #[inline]
    pub(crate) fn enter(&mut self) -> Parsed<()> {
        self.step()?;
        self.depth = self.depth.checked_sub(1).ok_or(Refused)?;
        Ok(())
    }

    /// Comes back from one level.
    #[inline]
    pub(crate) fn leave(&mut self) {
        self.depth += 1;
    }

    /// How much deeper one may go.
    pub(crate) fn depth(&self) -> u32 {
        self.depth
    }

    /// Comes back to a depth from wherever an attempt was given up.
    pub(crate) fn set_depth(&mut self, depth: u32) {
        self.depth = depth;
    }
}
