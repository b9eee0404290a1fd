//! What tests of reports have in common: a profile, sources and code that are made up.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use hotlist_analyze::{Detail, SampleValue, Threads, View};
use hotlist_pattern::Pattern;
use hotlist_profile::{Builder, Function, Line, Location, LocationId, Mapping, MappingId, Profile};

use crate::{
    CodeError, CodeFrame, FunctionQuery, MachineFunction, MachineInstruction, MappedFile, ObjectCode, Report,
    ReportError, ReportOptions, Request, Shape, SourceError, SourceFile, SourceText,
};

/// A program that is written down in place of being run.
pub(crate) struct Program {
    builder: Builder,
    mapping: MappingId,
}

impl Program {
    pub(crate) fn new() -> Program {
        let mut builder = Builder::new(&[("samples", "count")]);
        let file = builder.string("/bin/app");
        let mapping = builder.mapping(Mapping { start: 0x1000, limit: 0x9000, file, ..Mapping::default() });
        Program { builder, mapping }
    }

    /// A place in a function that begins at a line, or at none that is known.
    pub(crate) fn line(&mut self, name: &str, file: &str, start_line: i64, line: i64) -> Line {
        let (name, filename) = (self.builder.string(name), self.builder.string(file));
        let function = Function { name, system_name: name, filename, start_line, ..Function::default() };
        Line { function: self.builder.function(function), line, column: 0 }
    }

    /// An address with the functions that are at work there, the innermost first.
    pub(crate) fn at(&mut self, address: u64, lines: &[Line]) -> LocationId {
        let location = Location { mapping: Some(self.mapping), address, ..Location::default() };
        self.builder.location(location, lines)
    }

    /// A sample, leaf first.
    pub(crate) fn sample(&mut self, stack: &[LocationId], value: i64) {
        self.builder.sample(stack, &[], &[value]).expect("frames are few");
    }

    pub(crate) fn profile(self) -> Profile {
        self.builder.finish()
    }
}

/// Source files by name: how many lines each has. The text of line 7 is `line 7`.
pub(crate) struct Sources(pub(crate) BTreeMap<&'static str, usize>);

impl SourceText for Sources {
    fn open(&self, path: &str) -> Result<Arc<SourceFile>, SourceError> {
        let count = self.0.get(path).ok_or_else(|| SourceError(format!("could not find file {path}")))?;
        let lines = (1..=*count).map(|number| format!("line {number}")).collect();
        Ok(Arc::new(SourceFile { lines, ..SourceFile::default() }))
    }
}

/// Code: functions by their addresses, with instructions of four bytes. Each has the source position that stands
/// for its address, and there is none at the addresses that are `holes`.
#[derive(Default)]
pub(crate) struct Code {
    pub(crate) functions: Vec<(&'static str, Range<u64>)>,
    pub(crate) lines: BTreeMap<u64, CodeFrame>,
    pub(crate) holes: Vec<u64>,
}

impl ObjectCode for Code {
    fn functions(
        &self,
        _: &MappedFile,
        query: &FunctionQuery<'_>,
    ) -> Result<Vec<MachineFunction>, CodeError> {
        let function = |(name, range): &(&str, Range<u64>)| {
            let matches =
                (query.matches)(name) || query.either.is_some_and(|address| range.contains(&address));
            let is_hit = query.addresses.iter().any(|address| range.contains(address));
            let names = vec![(*name).to_owned()];
            (matches || is_hit).then(|| MachineFunction { names, matches, range: range.clone() })
        };
        Ok(self.functions.iter().filter_map(function).collect())
    }

    fn instructions(
        &self,
        _: &MappedFile,
        range: Range<u64>,
        _: bool,
    ) -> Result<Vec<MachineInstruction>, CodeError> {
        let instruction = |address: u64| MachineInstruction {
            address,
            file_address: address - 0x1000,
            length: 4,
            text: format!("op{address:x}"),
            target: None,
            frames: self.lines.get(&address).cloned().into_iter().collect(),
        };
        let addresses = range.step_by(4).filter(|address| !self.holes.contains(address));
        Ok(addresses.map(instruction).collect())
    }
}

/// Asks a report about everything that matches `pattern`.
pub(crate) fn ask<R>(
    report: &Report,
    profile: &Profile,
    pattern: &str,
    (source, code): (&dyn SourceText, &dyn ObjectCode),
    take: impl FnOnce(&Shape<'_>) -> R,
) -> Result<R, ReportError> {
    let value = SampleValue { column: 0, mean: false };
    let view = View::new(profile, value, Threads::ONE, &mut Vec::new())?;
    let defaults = report.defaults;
    let options = ReportOptions {
        pattern: Some(Pattern::new(pattern).expect("a pattern")),
        detail: Detail {
            granularity: defaults.granularity.unwrap_or_default(),
            object_names: defaults.object_names,
            ..Detail::default()
        },
        sort: crate::Sort::Flat,
        node_count: defaults.node_count,
        node_fraction: 0.0,
        edge_fraction: 0.0,
        drop_negative: false,
        call_tree: false,
        compact_labels: false,
        output_unit: "minimum".to_owned(),
        ratio: 1.0,
        active_filters: Vec::new(),
        path_trim: hotlist_analyze::PathTrim::default(),
        timestamps: false,
        intel_syntax: false,
        skip_inlining: false,
        flame: crate::FlameOptions::default(),
    };
    let request = Request { view: &view, options: &options, source, code };
    Ok(take(&(report.build)(&request)?))
}
