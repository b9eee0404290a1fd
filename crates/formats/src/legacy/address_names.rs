//! What a text says about the addresses in it.

use std::borrow::Cow;
use std::collections::HashMap;

use hotlist_profile::{Builder, Function, Line};

/// A function at an address, or one that was inlined there.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(crate) struct NamedFrame<'a> {
    pub(crate) function: Cow<'a, [u8]>,
    pub(crate) file: Cow<'a, [u8]>,
    /// 0 when the text names none.
    pub(crate) line: i64,
}

/// The functions at addresses.
#[derive(Debug, Default)]
pub(crate) struct AddressNames<'a> {
    by_address: HashMap<u64, Vec<NamedFrame<'a>>>,
    /// Names for addresses about which the text says nothing more precise.
    fallbacks: HashMap<u64, &'static str>,
    /// Whether the text may mean the address before or behind a call.
    is_approximate: bool,
}

impl<'a> AddressNames<'a> {
    /// Nothing yet; the text may mean the address before or behind a call.
    pub(crate) fn approximate() -> Self {
        AddressNames { is_approximate: true, ..AddressNames::default() }
    }

    /// Sets the functions at `address`, the innermost inlined one first, unless they are known.
    pub(crate) fn add(&mut self, address: u64, frames: impl FnOnce() -> Vec<NamedFrame<'a>>) {
        self.by_address.entry(address).or_insert_with(frames);
    }

    /// Sets what `address` is called if nothing is [added](Self::add) for it.
    pub(crate) fn add_fallback(&mut self, address: u64, name: &'static str) {
        self.fallbacks.entry(address).or_insert(name);
    }

    /// Makes the lines of the location at `address`.
    pub(crate) fn lines(&self, address: u64, builder: &mut Builder) -> Vec<Line> {
        let fallback;
        let near = || {
            let near = [address.wrapping_sub(1), address.wrapping_add(1)];
            near.iter().filter(|_| self.is_approximate).find_map(|address| self.by_address.get(address))
        };
        let frames = match (self.by_address.get(&address).or_else(near), self.fallbacks.get(&address)) {
            (Some(frames), _) => &frames[..],
            (None, Some(&name)) => {
                fallback = [NamedFrame { function: name.as_bytes().into(), ..NamedFrame::default() }];
                &fallback
            }
            (None, None) => &[],
        };
        let line = |frame: &NamedFrame<'_>| {
            let (name, filename) = (builder.string(&frame.function), builder.string(&frame.file));
            let function = Function { name, system_name: name, filename, ..Function::default() };
            Line { function: builder.function(function), line: frame.line, column: 0 }
        };
        frames.iter().map(line).collect()
    }
}
