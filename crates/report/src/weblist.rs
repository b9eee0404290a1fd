//! `weblist`: source code with what each line weighs, and below each line its instructions.
//!
//! Lines and totals are those of `list`. The instructions are those of the functions that samples were
//! taken in, each below the line that it was compiled from, or below the line whose inlined calls lead to
//! it.

use std::collections::HashSet;

use crate::line_code;
use crate::list;
use crate::report::{Argument, Report, ReportError, Request};
use crate::sampled_code::parse_address;
use crate::shape::{Shape, ShapeKind};

/// The report.
pub const REPORT: Report = Report {
    name: "weblist",
    aliases: &[],
    summary: "Source code with the instructions of each line, as a page for a browser",
    argument: Argument::Pattern,
    defaults: list::REPORT.defaults,
    shape: ShapeKind::Listing,
    build,
};

fn build<'v>(request: &Request<'v>) -> Result<Shape<'v>, ReportError> {
    let names = matching_names(request);
    let table = list::lines(request);
    let mut found = list::collect(request, &table, &|name| names.contains(name))?;
    let problems = line_code::attach(request, &table, &mut found);
    Ok(list::finish(request, &table, found, problems))
}

/// The names of the functions that are asked for: by name, source file or binary, or by an address.
fn matching_names(request: &Request<'_>) -> HashSet<String> {
    let profile = request.view.profile();
    let Some(pattern) = &request.options.pattern else {
        return profile.functions.iter().map(|function| profile.lossy(function.name).into_owned()).collect();
    };
    let matches = |text: &str| !text.is_empty() && pattern.is_match(text.as_bytes());
    let mut names: HashSet<String> = profile
        .functions
        .iter()
        .filter(|function| {
            [function.name, function.system_name, function.filename]
                .iter()
                .any(|&text| matches(&profile.lossy(text)))
        })
        .map(|function| profile.lossy(function.name).into_owned())
        .collect();
    let address = parse_address(pattern.as_str());
    let in_mapping: Vec<bool> =
        profile.mappings.iter().map(|mapping| matches(&profile.lossy(mapping.file))).collect();
    for location in profile.locations.ids() {
        let found = profile.locations.get(location);
        let lines = profile.locations.lines(location);
        // Of a binary the functions at work, of an address the function that holds it.
        let by_binary = found.mapping.is_some_and(|mapping| in_mapping[mapping.index()]);
        let by_address = found.address != 0 && address == Some(found.address);
        let lines = by_binary.then(|| lines.first()).into_iter().chain(by_address.then(|| lines.last()));
        for line in lines.flatten() {
            names.insert(profile.lossy(profile.function(line.function).name).into_owned());
        }
    }
    names
}
