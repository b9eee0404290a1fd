//! How to get from a frame to its caller: one row of the unwind table, small enough to be cached.

/// Where the caller of a frame is found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rule {
    /// An ordinary frame.
    Frame(FrameRule),
    /// The frame that the kernel pushes for a signal handler; the interrupted registers are in it.
    SignalFrame,
    /// The outermost frame.
    End,
    /// The table has no entry; the frame pointer is the only hope.
    FramePointer,
}

/// The rule of an ordinary frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FrameRule {
    /// The canonical frame address: the stack pointer before the call.
    pub cfa: Cfa,
    /// Where the caller's frame pointer is.
    pub frame_pointer: Saved,
    /// Where the return address is.
    pub return_address: Saved,
}

/// How the canonical frame address is computed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cfa {
    /// Stack pointer plus an offset.
    StackPointer(i32),
    /// Frame pointer plus an offset.
    FramePointer(i32),
    /// What is stored at frame pointer plus an offset (functions that realign their stack).
    AtFramePointer(i32),
    /// A stub of the procedure linkage table: stack pointer plus 8, plus 8 more from this offset in its
    /// 16 bytes on.
    LinkageStub(i32),
}

/// Where the value of a register of the caller is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Saved {
    /// Still in the register.
    InRegister,
    /// In memory at the canonical frame address plus an offset.
    AtCfa(i32),
    /// In memory at the frame pointer plus an offset.
    AtFramePointer(i32),
}

/// A [`Rule`] in 64 bits, as caches keep it and walks take it.
///
/// A rule with an offset that does not fit, which no compiler writes, is taken for [`Rule::FramePointer`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PackedRule(pub(crate) u64);

const FRAME: u64 = 0;
const SIGNAL_FRAME: u64 = 1;
const END: u64 = 2;
const FRAME_POINTER: u64 = 3;

impl From<Rule> for PackedRule {
    fn from(rule: Rule) -> PackedRule {
        PackedRule(match rule {
            Rule::SignalFrame => SIGNAL_FRAME,
            Rule::End => END,
            Rule::FramePointer => FRAME_POINTER,
            Rule::Frame(rule) => pack(rule).unwrap_or(FRAME_POINTER),
        })
    }
}

/// 2 bits of kind, 2 + 26 for the CFA, and 2 + 15 for each register, whose offsets are multiples of 8.
fn pack(rule: FrameRule) -> Option<u64> {
    let (kind, offset) = match rule.cfa {
        Cfa::StackPointer(offset) => (0, offset),
        Cfa::FramePointer(offset) => (1, offset),
        Cfa::AtFramePointer(offset) => (2, offset),
        Cfa::LinkageStub(offset) => (3, offset),
    };
    let cfa = kind | field(offset, 26)? << 2;
    let frame_pointer = pack_saved(rule.frame_pointer)?;
    let return_address = pack_saved(rule.return_address)?;
    Some(FRAME | cfa << 2 | frame_pointer << 30 | return_address << 47)
}

impl PackedRule {
    /// The rule.
    #[inline(always)]
    pub fn unpack(self) -> Rule {
        let PackedRule(packed) = self;
        match packed & 3 {
            SIGNAL_FRAME => return Rule::SignalFrame,
            END => return Rule::End,
            FRAME_POINTER => return Rule::FramePointer,
            _ => {}
        }
        let offset = signed(packed >> 4, 26);
        let cfa = match packed >> 2 & 3 {
            0 => Cfa::StackPointer(offset),
            1 => Cfa::FramePointer(offset),
            2 => Cfa::AtFramePointer(offset),
            _ => Cfa::LinkageStub(offset),
        };
        Rule::Frame(FrameRule {
            cfa,
            frame_pointer: unpack_saved(packed >> 30),
            return_address: unpack_saved(packed >> 47),
        })
    }
}

fn pack_saved(saved: Saved) -> Option<u64> {
    let (kind, offset) = match saved {
        Saved::InRegister => (0, 0),
        Saved::AtCfa(offset) => (1, offset),
        Saved::AtFramePointer(offset) => (2, offset),
    };
    (offset % 8 == 0).then_some(())?;
    Some(kind | field(offset / 8, 15)? << 2)
}

#[inline(always)]
fn unpack_saved(packed: u64) -> Saved {
    let offset = signed(packed >> 2, 15) * 8;
    match packed & 3 {
        0 => Saved::InRegister,
        1 => Saved::AtCfa(offset),
        _ => Saved::AtFramePointer(offset),
    }
}

/// `value` as a two's complement field of `bits` bits.
fn field(value: i32, bits: u32) -> Option<u64> {
    let limit = 1_i32 << (bits - 1);
    (-limit..limit).contains(&value).then_some(value as u64 & ((1 << bits) - 1))
}

/// The signed number in the lowest `bits` bits.
#[inline(always)]
fn signed(value: u64, bits: u32) -> i32 {
    let unused = 64 - bits;
    ((value << unused) as i64 >> unused) as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packing_keeps_every_part() {
        let offsets = [0, 8, -8, 16, -16, 4096, -4096, 131_064, -131_072];
        for cfa in [Cfa::StackPointer, Cfa::FramePointer, Cfa::AtFramePointer, Cfa::LinkageStub] {
            for cfa_offset in [0, 1, 8, -8, 33_554_431, -33_554_432] {
                for offset in offsets {
                    for saved in [Saved::InRegister, Saved::AtCfa(offset), Saved::AtFramePointer(offset)] {
                        let rule = Rule::Frame(FrameRule {
                            cfa: cfa(cfa_offset),
                            frame_pointer: saved,
                            return_address: Saved::AtCfa(-8),
                        });
                        assert_eq!(PackedRule::from(rule).unpack(), rule);
                    }
                }
            }
        }
        for rule in [Rule::SignalFrame, Rule::End, Rule::FramePointer] {
            assert_eq!(PackedRule::from(rule).unpack(), rule);
        }
    }

    #[test]
    fn what_does_not_fit_is_left_by_the_frame_pointer() {
        let rule = |cfa, saved| {
            let rule = FrameRule { cfa, frame_pointer: saved, return_address: Saved::InRegister };
            PackedRule::from(Rule::Frame(rule)).unpack()
        };
        assert_eq!(rule(Cfa::StackPointer(1 << 25), Saved::InRegister), Rule::FramePointer);
        assert_eq!(rule(Cfa::StackPointer(0), Saved::AtCfa(131_072)), Rule::FramePointer);
        assert_eq!(rule(Cfa::StackPointer(0), Saved::AtCfa(-4)), Rule::FramePointer);
    }
}
