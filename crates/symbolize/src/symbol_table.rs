//! The functions of an object file by its linker's symbol table.

use hashbrown::HashMap;
use object::{ExportTarget, Object, ObjectSymbol, SymbolKind};
use rustc_hash::FxBuildHasher;

use crate::object_file::{Architecture, Format, ObjectFile};

/// How far back a symbol is looked for that holds an address beside others that begin later.
const MOST_NESTING: usize = 64;

/// Functions begin at multiples of this number at most, with rare exceptions.
const MOST_PADDING: u64 = 64;

/// Functions in the order of their addresses, one for each address.
#[derive(Debug, Default)]
pub struct SymbolTable {
    rows: Vec<Symbol>,
    /// The largest end of this and all earlier rows.
    reach: Vec<u64>,
    /// Addresses in code that have a symbol which names no function.
    others: Vec<u64>,
    /// Names of source files, to which rows refer by their number plus one.
    sources: Vec<Name>,
}

/// A function of the symbol table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Symbol {
    /// Its first virtual address.
    pub address: u64,
    /// Its size in bytes; 0 when the table does not say.
    pub size: u64,
    name: Name,
    /// For symbols of one object only: the number of its source file plus one.
    source: u32,
}

/// Where a name stands in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Name {
    start: usize,
    length: u32,
}

impl Name {
    fn read<'file>(&self, file: &'file ObjectFile) -> &'file [u8] {
        file.data().get(self.start..self.start + self.length as usize).unwrap_or_default()
    }
}

impl Symbol {
    /// Its name as the linker knows it, mangled. `file` is the file that the symbol is of.
    pub fn name<'file>(&self, file: &'file ObjectFile) -> &'file [u8] {
        let name = self.name.read(file);
        // Few of many symbols are asked for their names, so versions are looked for here.
        if file.format == Format::Elf { without_version(name) } else { name }
    }

    fn end(&self) -> u64 {
        self.address.saturating_add(self.size)
    }
}

impl SymbolTable {
    /// Reads the full table, or that of the dynamic linker where there is no full one.
    pub(crate) fn read(file: &ObjectFile) -> SymbolTable {
        let Ok(view) = file.view() else { return SymbolTable::default() };
        let code = file.code_ranges();
        let is_code = |address: u64| {
            let after = code.partition_point(|range| range.start <= address);
            after > 0 && code[..after].iter().rev().take(MOST_NESTING).any(|range| range.contains(&address))
        };
        let start_of = |name: &[u8]| (name.as_ptr() as usize).checked_sub(file.data().as_ptr() as usize);
        let mut sources = Vec::new();
        let mut others = Vec::new();
        let mut row = |symbol: object::Symbol<'_, '_>| {
            if symbol.kind() == SymbolKind::File {
                let name = symbol.name_bytes().ok()?;
                let start = start_of(name).filter(|start| start + name.len() <= file.data().len())?;
                sources.push(Name { start, length: u32::try_from(name.len()).ok()? });
                return None;
            }
            let address = file.address_of(&symbol);
            if symbol.is_undefined() || !is_code(address) {
                return None;
            }
            let named = matches!(symbol.kind(), SymbolKind::Text | SymbolKind::Label | SymbolKind::Unknown);
            let name = symbol.name_bytes().ok()?;
            // `$x` and `$d` mark code and data on Arm.
            if name.starts_with(b"$") {
                return None;
            }
            if !named || name.is_empty() {
                others.push(address);
                return None;
            }
            // Mach-O puts an underscore before every name of C.
            let name = match file.format {
                Format::MachO => name.strip_prefix(b"_").unwrap_or(name),
                Format::Elf | Format::Pe => name,
            };
            let start = start_of(name).filter(|start| start + name.len() <= file.data().len())?;
            let name = Name { start, length: u32::try_from(name.len()).ok()? };
            // On 32-bit Arm the lowest bit of a function's address tells the instruction set.
            let thumb = u64::from(file.architecture == Architecture::Arm);
            let address = address & !thumb;
            // In ELF, the symbols of an object stand behind the name of its source file.
            let source = if symbol.is_local() { u32::try_from(sources.len()).ok()? } else { 0 };
            Some(Symbol { address, size: symbol.size(), name, source })
        };
        let mut rows: Vec<Symbol> = view.symbols().filter_map(&mut row).collect();
        if rows.is_empty() {
            rows = view.dynamic_symbols().filter_map(&mut row).collect();
        }
        if rows.is_empty() && file.format == Format::Pe {
            rows = exports(&view, start_of);
        }
        SymbolTable::new(rows, sources, others, file)
    }

    /// Of several symbols at one address the largest stays, of those the one with the [best name](preference), of
    /// those the last.
    fn new(rows: Vec<Symbol>, sources: Vec<Name>, mut others: Vec<u64>, file: &ObjectFile) -> SymbolTable {
        let mut all = rows;
        all.sort_by_key(|symbol| (symbol.address, symbol.size));
        others.sort_unstable();
        others.dedup();
        let best = |of_address: &[Symbol]| match of_address {
            [only] => *only,
            _ => {
                let largest = of_address.last().map_or(0, |symbol| symbol.size);
                let mut best = of_address[of_address.len() - 1];
                for symbol in of_address.iter().rev().filter(|symbol| symbol.size == largest) {
                    if preference(symbol.name, file) > preference(best.name, file) {
                        best = *symbol;
                    }
                }
                best
            }
        };
        let rows: Vec<Symbol> = all.chunk_by(|a, b| a.address == b.address).map(best).collect();
        let mut furthest = 0;
        let reach = rows
            .iter()
            .map(|symbol| {
                furthest = symbol.end().max(furthest);
                furthest
            })
            .collect();
        SymbolTable { rows, reach, others, sources }
    }

    /// The function that holds a virtual address.
    ///
    /// A symbol without a size reaches to the next one, unless a symbol with a size holds the address. That is a
    /// guess, for which there are limits: see `end_of_unsized`.
    pub fn lookup(&self, address: u64) -> Option<&Symbol> {
        let after = self.rows.partition_point(|symbol| symbol.address <= address);
        let nearest = self.rows[..after].last()?;
        if nearest.size == 0 && nearest.address == address {
            return Some(nearest);
        }
        for row in (after.saturating_sub(MOST_NESTING)..after).rev() {
            if self.reach[row] <= address {
                break;
            }
            if self.rows[row].end() > address {
                return Some(&self.rows[row]);
            }
        }
        (nearest.size == 0).then_some(nearest)
    }

    /// Where the function of a symbol without a size ends at the latest: at the next symbol of any kind.
    pub(crate) fn end_of_unsized(&self, start: u64) -> u64 {
        let next_row = self.rows.partition_point(|symbol| symbol.address <= start);
        let next_other = self.others.partition_point(|&other| other <= start);
        let next = [self.rows.get(next_row).map(|row| row.address), self.others.get(next_other).copied()];
        next.into_iter().flatten().min().unwrap_or(u64::MAX)
    }

    /// Whether `address` lies in the few bytes between two functions whose sizes are known.
    pub(crate) fn is_padding(&self, address: u64) -> bool {
        let after = self.rows.partition_point(|symbol| symbol.address <= address);
        let (Some(before), Some(next)) = (self.rows[..after].last(), self.rows.get(after)) else {
            return false;
        };
        let end = self.reach[after - 1];
        before.size > 0 && end <= address && next.address - end < MOST_PADDING
    }

    /// The name of the source file of a function that only one object knows, without its folder.
    pub fn source<'file>(&self, symbol: &Symbol, file: &'file ObjectFile) -> Option<&'file [u8]> {
        let number = (symbol.source as usize).checked_sub(1)?;
        self.sources.get(number).map(|name| name.read(file)).filter(|name| !name.is_empty())
    }

    /// All functions.
    pub fn rows(&self) -> &[Symbol] {
        &self.rows
    }

    /// The functions with each name; the names are those of `file`, which this table must be of.
    pub fn by_name<'file>(&self, file: &'file ObjectFile) -> HashMap<&'file [u8], Symbol, FxBuildHasher> {
        self.rows.iter().map(|symbol| (symbol.name(file), *symbol)).collect()
    }
}

/// `plain` of `plain@@V2`: what stands behind `@` is a version, by which linkers tell symbols of one name apart.
fn without_version(name: &[u8]) -> &[u8] {
    match name.iter().position(|&byte| byte == b'@') {
        Some(at) if at > 0 => &name[..at],
        _ => name,
    }
}

/// Which of the names of an address is shown, the greatest: that of the default version, then one without a version;
/// then one that does not begin with an underscore, then the shortest.
fn preference(name: Name, file: &ObjectFile) -> (u8, bool, std::cmp::Reverse<usize>) {
    let whole = name.read(file);
    let plain = if file.format == Format::Elf { without_version(whole) } else { whole };
    let version = match &whole[plain.len()..] {
        [b'@', b'@', ..] => 2,
        [b'@', ..] => 0,
        _ => 1,
    };
    (version, !plain.starts_with(b"_"), std::cmp::Reverse(plain.len()))
}

/// What a Windows library gives to others, for those that have no other symbols.
fn exports(view: &object::File<'_>, start_of: impl Fn(&[u8]) -> Option<usize>) -> Vec<Symbol> {
    let Ok(exports) = view.exports() else { return Vec::new() };
    let symbol = |export: object::Export<'_>| {
        let ExportTarget::Address { address } = export.target() else { return None };
        let text = export.name().into_name()?.to_vec();
        let start = start_of(export.name().into_name()?)?;
        Some(Symbol {
            address,
            size: 0,
            name: Name { start, length: u32::try_from(text.len()).ok()? },
            source: 0,
        })
    };
    exports.filter_map(|export| symbol(export.ok()?)).collect()
}
