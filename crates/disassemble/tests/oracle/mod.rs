//! What GNU objdump says about an object file, beside what we say.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use hotlist_disassemble::{Architecture, Disassembler, Label, LabelKind, Labels, Slot, Syntax};
use object::{Object, ObjectSection, ObjectSymbol, RelocationTarget, SectionKind, SymbolKind, SymbolSection};

/// How many instructions are equal, and those that are not.
pub struct Comparison {
    pub total: usize,
    pub equal: usize,
    /// Equal but for the names of addresses.
    pub equal_but_names: usize,
    pub different: Vec<(String, String)>,
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = |part: usize| part as f64 * 100.0 / self.total.max(1) as f64;
        write!(
            f,
            "{} instructions, {:.3} % equal, {:.3} % without names of addresses",
            self.total,
            percent(self.equal),
            percent(self.equal_but_names)
        )
    }
}

impl Comparison {
    /// The differences by mnemonic, the most frequent first, with an example (theirs, ours).
    #[allow(dead_code)]
    pub fn kinds(&self) -> Vec<(String, usize, (String, String))> {
        let mut kinds: BTreeMap<String, (usize, (String, String))> = BTreeMap::new();
        for (theirs, ours) in &self.different {
            let name = |text: &str| text.split([' ', '\t']).next().unwrap_or("").to_owned();
            let names = without_names(theirs) == without_names(ours);
            let kind = if names {
                format!(
                    "names {} {}",
                    theirs.rsplit(" <").next().unwrap_or(""),
                    ours.rsplit(" <").next().unwrap_or("")
                )
            } else {
                format!("{} / {}", name(theirs), name(ours))
            };
            kinds.entry(kind).or_insert((0, (theirs.clone(), ours.clone()))).0 += 1;
        }
        let mut kinds: Vec<_> =
            kinds.into_iter().map(|(kind, (count, example))| (kind, count, example)).collect();
        kinds.sort_by_key(|(_, count, _)| std::cmp::Reverse(*count));
        kinds
    }
}

/// Compares all executable sections of a file.
pub fn compare(path: &Path, syntax: Syntax) -> Comparison {
    let data = std::fs::read(path).expect("readable");
    let file = object::File::parse(&*data).expect("an object file");
    let architecture = match file.architecture() {
        object::Architecture::Aarch64 => Architecture::Aarch64,
        _ => Architecture::X86_64,
    };
    let labels = labels(&file);
    let theirs = objdump(path, architecture, syntax);
    let disassembler = Disassembler::new(architecture, syntax);
    let mut comparison = Comparison { total: 0, equal: 0, equal_but_names: 0, different: Vec::new() };
    for section in file.sections().filter(|section| section.kind() == SectionKind::Text) {
        let bytes = section.uncompressed_data().expect("data");
        let lookup = |address| labels.nearest(address);
        // Objdump begins anew at every label.
        let start = section.address();
        let end = start + bytes.len() as u64;
        let mut starts: Vec<u64> =
            labels.iter().map(|label| label.address).filter(|a| (start..end).contains(a)).collect();
        starts.insert(0, start);
        starts.dedup();
        for (row, &from) in starts.iter().enumerate() {
            let to = starts.get(row + 1).copied().unwrap_or(end);
            let piece = &bytes[(from - start) as usize..(to - start) as usize];
            for instruction in disassembler.instructions(piece, from, &lookup) {
                // Objdump leaves runs of zeros out.
                let Some(text) = theirs.get(&instruction.address) else { continue };
                comparison.total += 1;
                if *text == instruction.text {
                    comparison.equal += 1;
                    comparison.equal_but_names += 1;
                } else {
                    let equal = without_names(text) == without_names(&instruction.text);
                    comparison.equal_but_names += usize::from(equal);
                    comparison.different.push((text.clone(), instruction.text));
                }
            }
        }
    }
    comparison
}

fn objdump(path: &Path, architecture: Architecture, syntax: Syntax) -> BTreeMap<u64, String> {
    let tool = match architecture {
        Architecture::X86_64 => "objdump",
        Architecture::Aarch64 => "aarch64-linux-gnu-objdump",
    };
    let mut command = Command::new(tool);
    command.args(["-d", "--no-show-raw-insn"]).stdout(Stdio::piped());
    if syntax == Syntax::Intel {
        command.args(["-M", "intel"]);
    }
    let mut child = command.arg(path).spawn().expect("objdump runs");
    let mut lines = BTreeMap::new();
    for line in BufReader::new(child.stdout.take().expect("piped")).split(b'\n') {
        let line = line.expect("output");
        let line = String::from_utf8_lossy(&line);
        let Some((address, text)) = line.split_once(":\t") else { continue };
        let Ok(address) = u64::from_str_radix(address.trim(), 16) else { continue };
        lines.entry(address).or_insert_with(|| text.trim().to_owned());
    }
    let _ = child.wait();
    lines
}

/// The text without `<name+0x10>`.
fn without_names(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(" <") {
        plain.push_str(&rest[..at]);
        rest = match rest[at..].rfind('>') {
            Some(end) => &rest[at + end + 1..],
            None => "",
        };
    }
    plain + rest
}

/// The labels that objdump has: those of the symbol table, or of the dynamic one where there is none, and
/// those of the stubs that jump into other files.
fn labels(file: &object::File<'_>) -> Labels {
    let dynamic: Vec<(String, Option<u64>)> = dynamic_names(file);
    let label = |symbol: &object::Symbol<'_, '_>, name: &str| Label {
        address: symbol.address(),
        name: name.to_owned(),
        size: symbol.size(),
        kind: match symbol.kind() {
            SymbolKind::Text => LabelKind::Function,
            SymbolKind::Data => LabelKind::Object,
            SymbolKind::Section | SymbolKind::File => LabelKind::Debugging,
            _ => LabelKind::Other,
        },
        global: symbol.is_global() && !symbol.is_weak(),
        synthetic: false,
    };
    let is_defined = |symbol: &object::Symbol<'_, '_>| {
        !matches!(symbol.section(), SymbolSection::Undefined | SymbolSection::Common)
    };
    let mut labels: Vec<Label> =
        file.symbols().filter(is_defined).map(|symbol| label(&symbol, symbol.name().unwrap_or(""))).collect();
    if labels.is_empty() {
        labels = file
            .dynamic_symbols()
            .filter(is_defined)
            .map(|symbol| label(&symbol, &dynamic[symbol.index().0].0))
            .collect();
    }
    let (mut slots, mut resolved) = (Vec::new(), Vec::new());
    for (address, relocation) in file.dynamic_relocations().into_iter().flatten() {
        let RelocationTarget::Symbol(index) = relocation.target() else {
            // What a function of this file answers when it is asked for the best variant.
            let object::RelocationFlags::Elf { r_type } = relocation.flags() else { continue };
            if matches!(r_type.0, 37 | 1032) {
                resolved.push(Slot {
                    address,
                    name: format!("*ABS*+{:#x}", relocation.addend()),
                    defined_at: None,
                });
            }
            continue;
        };
        let Some((name, defined_at)) = dynamic.get(index.0) else { continue };
        slots.push(Slot { address, name: name.clone(), defined_at: *defined_at });
    }
    resolved.extend(slots.iter().cloned());
    for section in file.sections() {
        if section.name().is_ok_and(|name| name.starts_with(".plt")) {
            let bytes = section.data().expect("data");
            labels.extend(stubs(file.architecture(), bytes, section.address(), &resolved));
        }
    }
    // In a program that is not position-independent, objdump does not look at the slots.
    let slots = if file.kind() == object::ObjectKind::Dynamic { slots } else { Vec::new() };
    Labels::new(labels, slots)
}

/// Stubs of the procedure linkage table, found by the slots that they jump through.
fn stubs(architecture: object::Architecture, bytes: &[u8], start: u64, slots: &[Slot]) -> Vec<Label> {
    let mut labels = Vec::new();
    let mut add = |address: u64, slot: u64| {
        if let Some(slot) = slots.iter().find(|other| other.address == slot) {
            let name = format!("{}@plt", slot.name.split('@').next().unwrap_or(""));
            labels.push(Label {
                address,
                name,
                size: 0,
                kind: LabelKind::Other,
                global: true,
                synthetic: true,
            });
        }
    };
    if architecture == object::Architecture::Aarch64 {
        for (row, words) in bytes
            .chunks_exact(4)
            .enumerate()
            .collect::<Vec<_>>()
            .windows(2)
            .map(|w| (w[0].0, [w[0].1, w[1].1]))
        {
            let word = |bytes: &[u8]| u32::from_le_bytes(bytes.try_into().unwrap());
            let (page, load) = (word(words[0]), word(words[1]));
            if page & 0x9f00_001f == 0x9000_0010 && load & 0xffc0_03ff == 0xf940_0211 {
                let address = start + row as u64 * 4;
                let high = (i64::from((page >> 5) as i32) << 45 >> 45) << 2 | i64::from(page >> 29 & 3);
                let base = (address & !0xfff).wrapping_add((high << 12) as u64);
                add(address, base + u64::from(load >> 10 & 0xfff) * 8);
            }
        }
        return labels;
    }
    for (row, _) in bytes.windows(2).enumerate().filter(|(_, two)| *two == [0xff, 0x25]) {
        let Some(four) = bytes.get(row + 2..row + 6) else { continue };
        let displacement = i32::from_le_bytes(four.try_into().unwrap());
        let slot = (start + row as u64 + 6).wrapping_add(displacement as u64);
        let mut entry = row;
        if bytes[..row].ends_with(&[0xf3, 0x0f, 0x1e, 0xfa]) {
            entry -= 4;
        }
        add(start + entry as u64, slot);
    }
    labels
}

/// The dynamic symbols as objdump names them, with `@VERSION`, and where they are defined.
fn dynamic_names(file: &object::File<'_>) -> Vec<(String, Option<u64>)> {
    let object::File::Elf64(elf) = file else { return Vec::new() };
    let endian = elf.endian();
    let versions = elf.elf_section_table().versions(endian, elf.data()).ok().flatten();
    let mut names = vec![(String::new(), None)];
    for symbol in file.dynamic_symbols() {
        let mut name = symbol.name().unwrap_or("").to_owned();
        let defined = !symbol.is_undefined();
        if let Some(versions) = &versions {
            let index = versions.version_index(endian, symbol.index());
            let base = index.index().0 == 1;
            if let Ok(Some(version)) = versions.version(index.index()) {
                // A version that another file defines is needed, not offered.
                let hidden = index.is_hidden() || !defined || version.file().is_some();
                name.push_str(if hidden { "@" } else { "@@" });
                name.push_str(&String::from_utf8_lossy(version.name()));
            } else if base && defined {
                name.push_str("@@Base");
            } else if base {
                name.push_str("@Base");
            }
        }
        names.push((name, defined.then_some(symbol.address())));
    }
    names
}
