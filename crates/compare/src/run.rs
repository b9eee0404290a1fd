//! One profile of a set, and what its functions weigh.

use hotlist_analyze::{Detail, NodeTable, PathTrim, View};
use hotlist_profile::{Profile, SampleId};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::effective::{Measure, Sampling};
use crate::function_key::function_key;

/// A profile that is one run of a program.
#[derive(Debug, Clone, Copy)]
pub struct Run<'v> {
    /// What people call it, mostly the path of its file.
    pub name: &'v str,
    /// The part of it that is compared, and the value.
    pub view: &'v View<'v>,
}

/// The names of all functions of all runs, numbered by what is the same in two builds.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    rows: FxHashMap<String, usize>,
    /// For each row the name that all runs have for it, or the key where they have several.
    names: Vec<String>,
    renames: FxHashMap<String, String>,
    /// Keys that were met and replaced.
    renamed: FxHashSet<String>,
}

impl Keys {
    /// With the names in `renames` taken for those beside them.
    pub(crate) fn new(renames: &[(String, String)]) -> Keys {
        let key = |name: &String| function_key(name).into_owned();
        let renames = renames.iter().map(|(from, to)| (key(from), key(to))).collect();
        Keys { renames, ..Keys::default() }
    }

    /// The row of a function by one of its names.
    pub(crate) fn find(&self, name: &str) -> Option<usize> {
        self.rows.get(function_key(name).as_ref()).copied()
    }

    fn row(&mut self, name: &str) -> usize {
        let key = function_key(name);
        let (key, name) = match self.renames.get(key.as_ref()) {
            Some(renamed) => {
                if !self.renamed.contains(key.as_ref()) {
                    self.renamed.insert(key.into_owned());
                }
                (renamed.as_str(), renamed.as_str())
            }
            None => (key.as_ref(), name),
        };
        if let Some(&row) = self.rows.get(key) {
            if self.names[row] != name {
                key.clone_into(&mut self.names[row]);
            }
            return row;
        }
        let row = self.names.len();
        self.names.push(name.to_owned());
        self.rows.insert(key.to_owned(), row);
        row
    }

    /// Whether any run has a function of this name that is called otherwise now.
    pub(crate) fn was_renamed(&self, name: &str) -> bool {
        self.renamed.contains(function_key(name).as_ref())
    }

    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }

    pub(crate) fn name(&self, row: usize) -> &str {
        &self.names[row]
    }
}

/// A run with its functions numbered and weighed.
#[derive(Debug)]
pub(crate) struct WeighedRun<'v> {
    pub(crate) run: Run<'v>,
    table: NodeTable<'v, 'v>,
    /// The row of each node.
    rows: Vec<usize>,
    /// The row of samples without frames.
    unknown: usize,
    sampling: Sampling,
    /// By row, as long as the run knew rows.
    pub(crate) flat: Vec<Measure>,
    pub(crate) cum: Vec<Measure>,
    /// The sum over all samples, in the unit of the sample type.
    pub(crate) total: f64,
}

/// Frames of samples without any.
const UNKNOWN: &str = "<unknown>";

impl<'v> WeighedRun<'v> {
    pub(crate) fn new(
        run: Run<'v>,
        detail: Detail,
        trim: Option<&PathTrim>,
        keys: &mut Keys,
    ) -> WeighedRun<'v> {
        let profile = run.view.profile();
        let table = NodeTable::new(run.view, detail, trim);
        let rows = table.ids().map(|node| keys.row(&table.info(node).printable_name())).collect();
        let sampling = Sampling::of(profile, run.view.value().column);
        let unknown = keys.row(UNKNOWN);
        let mut weighed =
            WeighedRun { run, table, rows, unknown, sampling, flat: Vec::new(), cum: Vec::new(), total: 0.0 };
        let mut flat = vec![Measure::default(); keys.len()];
        let mut cum = flat.clone();
        let column = run.view.value().column;
        let mut total = 0.0;
        // The last sample in which each row was met.
        let mut met = vec![0_usize; keys.len()];
        let mut count = 0;
        weighed.walk(|sample, measure, stack| {
            total += profile.samples.value(sample, column) as f64;
            count += 1;
            add(&mut flat[stack[0]], measure);
            for &row in stack {
                if std::mem::replace(&mut met[row], count) != count {
                    add(&mut cum[row], measure);
                }
            }
        });
        (weighed.flat, weighed.cum, weighed.total) = (flat, cum, total);
        weighed
    }

    /// Calls `see` for every sample with what it weighs and the rows of its stack, leaf first; never an empty one.
    pub(crate) fn walk(&self, mut see: impl FnMut(SampleId, Measure, &[usize])) {
        let view = self.run.view;
        let profile = view.profile();
        let column = view.value().column;
        let mut stack = Vec::new();
        for sample in view.samples() {
            let measure = self.sampling.measure(profile, sample, column);
            if measure.value == 0.0 {
                continue;
            }
            stack.clear();
            for &location in view.frames(profile.samples.stack(sample)) {
                stack.extend(self.table.nodes(location).iter().map(|node| self.rows[node.index()]));
            }
            if stack.is_empty() {
                stack.push(self.unknown);
            }
            see(sample, measure, &stack);
        }
    }

    pub(crate) fn profile(&self) -> &'v Profile {
        self.run.view.profile()
    }

    /// Kind and unit of the sample type.
    pub(crate) fn type_names(&self) -> (String, String) {
        let profile = self.profile();
        let value_type = profile.sample_types[self.run.view.value().column];
        (profile.lossy(value_type.kind).into_owned(), profile.lossy(value_type.unit).into_owned())
    }

    pub(crate) fn sampling(&self) -> Sampling {
        self.sampling
    }

    /// File and first line of each function of the run.
    pub(crate) fn sources(&self) -> impl Iterator<Item = (usize, String, i64)> + '_ {
        let profile = self.run.view.profile();
        let by_name: FxHashMap<String, (String, i64)> = profile
            .functions
            .iter()
            .map(|function| {
                let name = function_key(&profile.lossy(function.name)).into_owned();
                (name, (profile.lossy(function.filename).into_owned(), function.start_line))
            })
            .collect();
        self.table.ids().filter_map(move |node| {
            let name = self.table.info(node).name;
            let (file, line) = by_name.get(function_key(&name).as_ref())?;
            Some((self.rows[node.index()], file.clone(), *line))
        })
    }
}

fn add(sum: &mut Measure, measure: Measure) {
    sum.value += measure.value;
    sum.variance += measure.variance;
}
