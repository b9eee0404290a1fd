//! The names of addresses in machine code, and which of several is shown.

use std::borrow::Cow;
use std::cmp::Ordering;

/// What a label names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LabelKind {
    /// A function.
    Function,
    /// A variable.
    Object,
    /// Anything else.
    Other,
    /// A section or a file.
    Debugging,
}

/// A name of an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The address.
    pub address: u64,
    /// The name.
    pub name: String,
    /// How many bytes it names; 0 when unknown.
    pub size: u64,
    /// What it names.
    pub kind: LabelKind,
    /// Whether other files may refer to it.
    pub global: bool,
    /// Whether no symbol table has it: `puts@plt`.
    pub synthetic: bool,
}

/// An address that the dynamic linker fills in with that of a symbol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// The address that is filled in.
    pub address: u64,
    /// The name of the symbol.
    pub name: String,
    /// Where the file itself defines the symbol.
    pub defined_at: Option<u64>,
}

/// A name and the address that has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedAddress<'s> {
    /// The name.
    pub name: Cow<'s, str>,
    /// What it names.
    pub address: u64,
}

/// All labels of an object file.
///
/// An address is named by the nearest label at or before it. Of several labels of one address the choice is
/// objdump's: functions before variables before the rest, then the larger one, then global ones, and the
/// order of the names without versions, then that of the symbol table last. An address that the dynamic linker fills in
/// has the name of what it will hold.
#[derive(Debug, Clone, Default)]
pub struct Labels {
    sorted: Vec<Label>,
    slots: Vec<Slot>,
}

impl Labels {
    /// A table of `labels` and `slots`, in any order.
    pub fn new(mut labels: Vec<Label>, mut slots: Vec<Slot>) -> Labels {
        labels.retain(|label| !label.name.is_empty() && !is_mark(&label.name));
        labels.sort_by(preferred_first);
        slots.retain(|slot| !slot.name.is_empty());
        slots.sort_by_key(|slot| slot.address);
        Labels { sorted: labels, slots }
    }

    /// The name of `address`: that of what the dynamic linker puts there, or the nearest label at or before
    /// it, or the first of all where there is none.
    pub fn nearest(&self, address: u64) -> Option<NamedAddress<'_>> {
        if let Ok(row) = self.slots.binary_search_by_key(&address, |slot| slot.address) {
            let Slot { name, defined_at, .. } = &self.slots[row];
            return Some(NamedAddress { name: Cow::Borrowed(name), address: defined_at.unwrap_or(address) });
        }
        let label = self.at_or_before(address).first()?;
        Some(NamedAddress { name: Cow::Borrowed(&label.name), address: label.address })
    }

    /// All labels of the nearest address at or before `address`, the preferred one first; those of the first
    /// address of all where there is none.
    pub fn at_or_before(&self, address: u64) -> &[Label] {
        let after = self.sorted.partition_point(|label| label.address <= address);
        let Some(nearest) = self.sorted.get(after.saturating_sub(1)) else { return &[] };
        let from = self.sorted.partition_point(|label| label.address < nearest.address);
        &self.sorted[from..after.max(from + 1)]
    }

    /// The first labelled address after `address`.
    pub fn next_address(&self, address: u64) -> Option<u64> {
        let after = self.sorted.partition_point(|label| label.address <= address);
        let is_part = |label: &&Label| label.kind != LabelKind::Debugging;
        self.sorted[after..].iter().find(is_part).map(|label| label.address)
    }

    /// The same with more labels.
    pub fn with(self, more: impl IntoIterator<Item = Label>) -> Labels {
        let labels = self.sorted.into_iter().chain(more).collect();
        Labels::new(labels, self.slots)
    }

    /// The labels in the order of their addresses; those of one address the preferred one first.
    pub fn iter(&self) -> impl Iterator<Item = &Label> {
        self.sorted.iter()
    }
}

fn preferred_first(a: &Label, b: &Label) -> Ordering {
    let debugging = |label: &Label| label.kind == LabelKind::Debugging;
    a.address
        .cmp(&b.address)
        .then(debugging(a).cmp(&debugging(b)))
        .then(a.kind.cmp(&b.kind))
        // Sizes of synthetic labels are not known.
        .then(if a.synthetic || b.synthetic { Ordering::Equal } else { b.size.cmp(&a.size) })
        .then(b.global.cmp(&a.global))
        .then(a.name.starts_with('.').cmp(&b.name.starts_with('.')))
        .then(without_version(&a.name).cmp(without_version(&b.name)))
}

/// `stat` of `stat@@GLIBC_2.33`.
fn without_version(name: &str) -> &str {
    name.split('@').next().unwrap_or(name)
}

/// Marks of ARM's tools for where code and data begin.
fn is_mark(name: &str) -> bool {
    name.strip_prefix(['$'])
        .is_some_and(|rest| rest.starts_with(['x', 'd']) && (rest.len() == 1 || rest[1..].starts_with('.')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(address: u64, name: &str, kind: LabelKind, size: u64, global: bool) -> Label {
        Label { address, name: name.to_owned(), size, kind, global, synthetic: false }
    }

    fn check(labels: &Labels, address: u64, expected: Option<(&str, u64)>) {
        let found = labels.nearest(address);
        let found = found.as_ref().map(|symbol| (&*symbol.name, symbol.address));
        assert_eq!(found, expected, "{address:#x}");
    }

    #[test]
    fn one_of_several_names_is_chosen() {
        use LabelKind::{Debugging, Function, Object, Other};
        let labels = Labels::new(
            vec![
                label(0x30, "stat64@@V2", Function, 8, true),
                label(0x30, "stat@@V2", Function, 8, true),
                label(0x10, ".text", Debugging, 0, false),
                label(0x10, "start", Other, 0, true),
                label(0x20, "variable", Object, 90, true),
                label(0x20, "local", Function, 9, false),
                label(0x20, "global", Function, 9, true),
                label(0x18, "$x", Other, 0, false),
                label(0x10, "", Other, 0, true),
            ],
            vec![
                Slot { address: 0x21, name: "puts@V".to_owned(), defined_at: None },
                Slot { address: 0x22, name: "own".to_owned(), defined_at: Some(0x10) },
            ],
        );
        check(&labels, 0x8, Some(("start", 0x10)));
        check(&labels, 0x19, Some(("start", 0x10)));
        check(&labels, 0x20, Some(("global", 0x20)));
        check(&labels, 0x21, Some(("puts@V", 0x21)));
        check(&labels, 0x22, Some(("own", 0x10)));
        check(&labels, u64::MAX, Some(("stat@@V2", 0x30)));
        check(&Labels::default(), 1, None);
    }
}
