//! Programs that compilers build here, disassembled by GNU objdump and by us: the text is the same.

#[allow(dead_code, reason = "the example uses the rest")]
mod oracle;

use std::path::Path;
use std::process::Command;

use hotlist_disassemble::Syntax;
use hotlist_testkit::installed;

/// The share of instructions that must be equal.
const ENOUGH: f64 = 0.995;

const C: &str = r#"
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
struct node { struct node *next; double weight; uint64_t bits[8]; };
static uint64_t mix(uint64_t x) { x ^= x >> 33; x *= 0xff51afd7ed558ccdULL; x ^= x << 7; return x / 1000003 + x % 77; }
__attribute__((noinline)) long double tall(long double x, int n) { while (n-- > 0) x = x * 1.25L - x / (n + 2); return x; }
__attribute__((noinline)) int choose(int kind, int a, int b) {
  switch (kind) { case 0: return a + b; case 1: return a - b; case 2: return a * b; case 3: return b ? a / b : 0;
    case 4: return a << (b & 31); case 5: return a > b; case 6: return a ^ b; case 7: return ~a; default: return kind; } }
__attribute__((noinline)) double walk(struct node *n) { double sum = 0; for (; n; n = n->next) sum += sqrt(n->weight) * (float)n->bits[3]; return sum; }
__attribute__((noinline)) void fill(struct node *n, unsigned count) { for (unsigned i = 0; i < count; i++) { memset(&n[i], 0, sizeof n[i]);
    n[i].weight = i * 0.5; for (int k = 0; k < 8; k++) n[i].bits[k] = mix(i * 31 + k); n[i].next = i + 1 < count ? &n[i + 1] : 0; } }
__attribute__((noinline)) uint32_t counter(uint32_t *p) { return __atomic_fetch_add(p, 3, __ATOMIC_SEQ_CST) + __atomic_exchange_n(p, 7, __ATOMIC_SEQ_CST); }
int main(int argc, char **argv) { static struct node nodes[64]; fill(nodes, 64); uint32_t c = argc;
  char text[200]; snprintf(text, sizeof text, "%f %Lf %d", walk(nodes), tall(argc, 5), choose(argc, 3, 4)); puts(text);
  return counter(&c) + strcmp(text, argv[0]); }
"#;

const RUST: &str = r#"
use std::collections::BTreeMap;
fn main() {
    let mut words: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    for (row, word) in std::env::args().enumerate() { words.entry(word).or_default().push(row as u32); }
    let mut all: Vec<_> = words.iter().map(|(word, rows)| (rows.iter().sum::<u32>(), word.len() as f64)).collect();
    all.sort_by(|a, b| a.partial_cmp(b).unwrap());
    println!("{all:?}");
}
"#;

/// Builds `source` with `command` and compares in both syntaxes; says why where it cannot.
fn check(source: &str, extension: &str, command: &[&str], objdump: &str, syntaxes: &[Syntax]) {
    if !installed(&[command[0], objdump]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(format!("main.{extension}")), source).unwrap();
    let status = Command::new(command[0]).args(&command[1..]).current_dir(folder.path()).status().unwrap();
    assert!(status.success(), "{command:?}");
    compare(&folder.path().join("program"), syntaxes);
}

fn compare(program: &Path, syntaxes: &[Syntax]) {
    for &syntax in syntaxes {
        let comparison = oracle::compare(program, syntax);
        assert!(comparison.total > 100, "{comparison}");
        let share = comparison.equal as f64 / comparison.total as f64;
        assert!(share >= ENOUGH, "{comparison}: {:#?}", comparison.kinds());
    }
}

const BOTH: &[Syntax] = &[Syntax::Att, Syntax::Intel];

#[test]
fn c_program() {
    check(C, "c", &["gcc", "-O2", "-g", "-o", "program", "main.c", "-lm"], "objdump", BOTH);
}

#[test]
fn c_library_with_vectors() {
    let command = ["gcc", "-O3", "-march=skylake-avx512", "-fPIC", "-shared", "-o", "program", "main.c"];
    check(C, "c", &command, "objdump", BOTH);
}

#[test]
fn stripped_c_program() {
    check(C, "c", &["gcc", "-Os", "-s", "-no-pie", "-o", "program", "main.c", "-lm"], "objdump", BOTH);
}

#[test]
fn rust_program() {
    let command = ["rustc", "-O", "-Cdebuginfo=1", "-o", "program", "main.rs"];
    check(RUST, "rs", &command, "objdump", &[Syntax::Att]);
}

#[test]
fn aarch64_program() {
    let command = ["aarch64-linux-gnu-gcc", "-O2", "-g", "-o", "program", "main.c", "-lm"];
    check(C, "c", &command, "aarch64-linux-gnu-objdump", &[Syntax::Att]);
}

/// Instructions that compilers seldom write, as objdump 2.40 shows them.
#[test]
fn rare_instructions_have_the_text_of_objdump() {
    use hotlist_disassemble::{Disassembler, InstructionSet};
    for (bytes, expected) in [
        (&[0xc4, 0xe2, 0xf5, 0xb4, 0xc2][..], "{vex} vpmadd52luq %ymm2,%ymm1,%ymm0"),
        (&[0xc4, 0xe2, 0xf5, 0xb5, 0xc2], "{vex} vpmadd52huq %ymm2,%ymm1,%ymm0"),
        (&[0xc4, 0xe2, 0x75, 0x50, 0xc2], "{vex} vpdpbusd %ymm2,%ymm1,%ymm0"),
        (&[0xc4, 0xe2, 0x75, 0x53, 0xc2], "{vex} vpdpwssds %ymm2,%ymm1,%ymm0"),
        (&[0x67, 0xc4, 0xe2, 0xf5, 0xb4, 0x00], "{vex} vpmadd52luq (%eax),%ymm1,%ymm0"),
        (&[0xc4, 0xe2, 0x7e, 0x72, 0xc1], "{vex} vcvtneps2bf16 %ymm1,%xmm0"),
        (&[0xf3, 0x0f, 0xa7, 0xc8], "repz xcrypt-ecb"),
        (&[0xf3, 0x0f, 0xa7, 0xe8], "repz xcrypt-ofb"),
        (&[0xf3, 0x0f, 0xa7, 0xc0], "repz xstore-rng"),
        (&[0xf3, 0x0f, 0xa6, 0xd0], "repz xsha256"),
    ] {
        let disassembler = Disassembler::new(InstructionSet::X86_64, Syntax::Att);
        let lookup = |_| None;
        let text: Vec<String> =
            disassembler.instructions(bytes, 0, &lookup).map(|instruction| instruction.text).collect();
        assert_eq!(text, [expected]);
    }
}
