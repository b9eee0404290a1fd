//! The licences of everything that is built into the program: crates, Rust's own library, fonts.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};
use serde_json::Value;

/// Parts that are no crates: name, licence, and the file of the repository with its text.
const PARTS: &[(&str, &str, &str)] = &[("Roboto, two fonts", "Apache-2.0", "crates/render/fonts/LICENSE")];

/// The C library of static programs for Linux.
const MUSL: (&str, &str) = (
    "musl (https://musl.libc.org)",
    "Copyright © 2005-2020 Rich Felker, et al.\n\n\
     Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated \
     documentation files (the \"Software\"), to deal in the Software without restriction, including without \
     limitation the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the \
     Software, and to permit persons to whom the Software is furnished to do so, subject to the following \
     conditions:\n\n\
     The above copyright notice and this permission notice shall be included in all copies or substantial portions \
     of the Software.\n\n\
     THE SOFTWARE IS PROVIDED \"AS IS\", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED \
     TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL \
     THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF \
     CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER \
     DEALINGS IN THE SOFTWARE.\n",
);

/// The terms of the licence 0BSD (<https://spdx.org/licenses/0BSD.html>).
const ZERO_CLAUSES: &str = "Permission to use, copy, modify, and/or distribute this software for any purpose with or without \
     fee is hereby granted.\n\n\
     THE SOFTWARE IS PROVIDED \"AS IS\" AND THE AUTHOR DISCLAIMS ALL WARRANTIES WITH REGARD TO THIS SOFTWARE INCLUDING \
     ALL IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR ANY SPECIAL, \
     DIRECT, INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, \
     WHETHER IN AN ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF OR IN CONNECTION WITH THE \
     USE OR PERFORMANCE OF THIS SOFTWARE.\n";

/// How the names of files with licences begin.
const NAMES: &[&str] = &["licen", "copying", "copyright", "notice", "unlicense"];

/// Texts of licences, each once, and what they are for.
#[derive(Default)]
struct Texts {
    by_words: BTreeMap<String, (String, BTreeSet<String>)>,
}

impl Texts {
    fn add(&mut self, name: &str, text: &str) {
        // Copies differ in how lines are broken.
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        self.by_words
            .entry(words)
            .or_insert_with(|| (text.to_owned(), BTreeSet::new()))
            .1
            .insert(name.to_owned());
    }
}

/// The page that goes beside the program.
pub(super) fn notices(root: &Path, metadata: &Value, target: &str) -> anyhow::Result<String> {
    let mut list = String::new();
    let mut texts = Texts::default();
    for package in crates(metadata)? {
        let field = |name: &str| package[name].as_str().unwrap_or_default();
        let name = format!("{} {}", field("name"), field("version"));
        list += &format!("  {name}: {}", field("license"));
        if !field("repository").is_empty() {
            list += &format!(", {}", field("repository"));
        }
        list.push('\n');
        let folder = Path::new(field("manifest_path")).parent().context("a manifest lies in a folder")?;
        let files = licence_files(folder)?;
        for file in &files {
            texts.add(&name, &String::from_utf8_lossy(&fs::read(file)?));
        }
        if files.is_empty() {
            let authors: Vec<&str> =
                package["authors"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            texts.add(
                &name,
                &standard(root, field("license"), &authors.join(", ")).with_context(|| name.clone())?,
            );
        }
    }
    for (name, licence, file) in PARTS {
        list += &format!("  {name}: {licence}\n");
        texts.add(name, &fs::read_to_string(root.join(file)).with_context(|| format!("cannot read {file}"))?);
    }
    list += "  The standard library of Rust: MIT OR Apache-2.0, https://github.com/rust-lang/rust\n";
    for file in licence_files(&sysroot()?.join("share/doc/rust"))? {
        if file.extension().is_none_or(|ending| ending != "html") {
            texts.add("The standard library of Rust", &String::from_utf8_lossy(&fs::read(file)?));
        }
    }
    if target.ends_with("-musl") {
        list += &format!("  {}: MIT\n", MUSL.0);
        texts.add(MUSL.0, MUSL.1);
    }
    let mut page = format!(
        "hotlist contains code and data of others. They are listed here, then the texts of their licences.\n\n{list}"
    );
    for (text, names) in texts.by_words.values() {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        page += &format!("\n{}\n{}\n\n{}\n", "-".repeat(80), names.join(", "), text.trim_end());
    }
    Ok(page)
}

/// The packages of others that the program depends on, in order of their names. What only builds and tests
/// need is not in the program.
fn crates(metadata: &Value) -> anyhow::Result<Vec<&Value>> {
    let list = |value: &'_ Value| value.as_array().cloned().unwrap_or_default();
    let packages = metadata["packages"].as_array().context("cargo lists packages")?;
    let nodes = list(&metadata["resolve"]["nodes"]);
    let program =
        packages.iter().find(|package| package["name"] == "hotlist").context("a package hotlist")?;
    let mut reached = BTreeSet::new();
    let mut open = vec![program["id"].as_str().unwrap_or_default().to_owned()];
    while let Some(id) = open.pop() {
        let Some(node) = nodes.iter().find(|node| node["id"] == *id) else {
            bail!("cargo does not resolve {id}")
        };
        if reached.insert(id) {
            let is_normal =
                |dependency: &Value| list(&dependency["dep_kinds"]).iter().any(|kind| kind["kind"].is_null());
            let next = list(&node["deps"]).into_iter().filter(is_normal);
            open.extend(next.filter_map(|dependency| dependency["pkg"].as_str().map(str::to_owned)));
        }
    }
    let is_of_others = |package: &&Value| {
        package["id"].as_str().is_some_and(|id| reached.contains(id)) && !package["source"].is_null()
    };
    let mut crates: Vec<&Value> = packages.iter().filter(is_of_others).collect();
    crates.sort_by_key(|package| package["name"].as_str().unwrap_or_default().to_lowercase());
    Ok(crates)
}

fn licence_files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        let is_source = path.extension().is_some_and(|ending| ending == "rs" || ending == "toml");
        if NAMES.iter().any(|start| name.starts_with(start)) && !is_source {
            if path.is_dir() {
                for entry in fs::read_dir(path)? {
                    files.push(entry?.path());
                }
            } else {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

/// The text for a crate that brings none along, with its authors.
fn standard(root: &Path, licence: &str, authors: &str) -> anyhow::Result<String> {
    let names: Vec<&str> = licence.split([' ', '/', '(', ')']).collect();
    if names.contains(&"MIT") {
        let (_, terms) = MUSL.1.split_once("\n\n").context("a text has paragraphs")?;
        return Ok(format!("Copyright {authors}\n\n{terms}"));
    }
    if names.contains(&"Apache-2.0") {
        return Ok(fs::read_to_string(root.join("LICENSE-APACHE"))?);
    }
    if names.contains(&"0BSD") {
        return Ok(format!("Copyright {authors}\n\n{ZERO_CLAUSES}"));
    }
    bail!("it has no file with its licence, {licence}")
}

fn sysroot() -> anyhow::Result<PathBuf> {
    let output = Command::new("rustc").args(["--print", "sysroot"]).output().context("cannot run rustc")?;
    Ok(PathBuf::from(String::from_utf8(output.stdout)?.trim()))
}
