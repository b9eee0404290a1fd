//! What GNU objdump says about an object file, beside what we say.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use hotlist_disassemble::{AddressName, Disassembler, InstructionSet, Syntax};
use hotlist_symbolize::{Labels, ObjectFile};
use object::{Object, ObjectSection, SectionKind};

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
        object::Architecture::Aarch64 => InstructionSet::Aarch64,
        _ => InstructionSet::X86_64,
    };
    let parsed = ObjectFile::parse(Arc::new(data.clone())).expect("an object file");
    let labels = Labels::of(&parsed, None).expect("labels");
    let theirs = objdump(path, architecture, syntax);
    let disassembler = Disassembler::new(architecture, syntax);
    let mut comparison = Comparison { total: 0, equal: 0, equal_but_names: 0, different: Vec::new() };
    for section in file.sections().filter(|section| section.kind() == SectionKind::Text) {
        let bytes = section.uncompressed_data().expect("data");
        let lookup = |address| {
            let label = labels.nearest(address)?;
            Some(AddressName { name: label.name, address: label.address })
        };
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

fn objdump(path: &Path, architecture: InstructionSet, syntax: Syntax) -> BTreeMap<u64, String> {
    let tool = match architecture {
        InstructionSet::X86_64 => "objdump",
        InstructionSet::Aarch64 => "aarch64-linux-gnu-objdump",
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
