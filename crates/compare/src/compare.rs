//! From runs to a comparison.

use crate::comparison::Comparison;
use crate::matrix::Side;
use crate::options::{CompareError, Options};
use crate::run::{Keys, Run, WeighedRun};
use crate::study::{FEWEST_RUNS, Study};

/// Compares two sets of runs of one program. The order of runs within a set has no influence.
///
/// # Errors
/// When the sets cannot be compared, or not by what the options ask for.
pub fn compare(base: &[Run<'_>], new: &[Run<'_>], options: &Options) -> Result<Comparison, CompareError> {
    for (set, what) in [(base, "base"), (new, "new")] {
        if set.is_empty() {
            return Err(CompareError::NoRuns(what));
        }
    }
    if !options.rules.is_empty() && !options.allow_single && base.len().min(new.len()) < FEWEST_RUNS {
        return Err(CompareError::TooFewRuns { base: base.len(), new: new.len() });
    }
    let mut keys = Keys::new(&options.renames);
    let runs = weighed([base, new].map(sorted).concat(), options, &mut keys)?;
    let side = |run| if run < base.len() { Side::Base } else { Side::New };
    let sides = (0..runs.len()).map(side).collect();
    Ok(Study::new(runs.iter().collect(), sides, &keys, options)?.comparison())
}

/// Runs by their names, so that the order in which they were given does not matter.
pub(crate) fn sorted<'v>(runs: &[Run<'v>]) -> Vec<Run<'v>> {
    let mut runs = runs.to_vec();
    runs.sort_by_key(|run| (run.name, run.view.profile().time_nanos, run.view.total()));
    runs
}

/// The runs with their functions weighed, if all measure the same.
pub(crate) fn weighed<'v>(
    runs: Vec<Run<'v>>,
    options: &Options,
    keys: &mut Keys,
) -> Result<Vec<WeighedRun<'v>>, CompareError> {
    let mut all: Vec<WeighedRun<'v>> = Vec::with_capacity(runs.len());
    for run in runs {
        let weighed = WeighedRun::new(run, options.detail, Some(&options.path_trim), keys);
        let name = || run.name.to_owned();
        if let Some(first) = all.first().map(WeighedRun::type_names)
            && first != weighed.type_names()
        {
            let text = |(kind, unit)| format!("{kind}/{unit}");
            return Err(CompareError::OtherType {
                name: name(),
                found: text(weighed.type_names()),
                expected: text(first),
            });
        }
        if weighed.flat.iter().any(|measure| measure.value < 0.0) {
            return Err(CompareError::Negative(name()));
        }
        if weighed.flat.iter().all(|measure| measure.value == 0.0) {
            return Err(match options.filters.is_empty() {
                true => CompareError::Empty(name()),
                false => CompareError::Filtered { name: name(), filters: options.filters.join(" ") },
            });
        }
        all.push(weighed);
    }
    Ok(all)
}
