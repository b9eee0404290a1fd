//! The places of a view: what its frames are summed into.

use std::hash::BuildHasher;
use std::ops::Range;
use std::sync::OnceLock;

use hashbrown::HashTable;
use hotlist_profile::{LocationId, StringId, Strings};
use rustc_hash::{FxBuildHasher, FxHashMap};

use crate::model::granularity::Detail;
use crate::model::location_set::LocationSet;
use crate::model::memo::Key;
use crate::model::node_id::NodeId;
use crate::model::path::{PathTrim, clean_path};
use crate::model::place::{NodeInfo, PathId, PlaceIds};
use crate::model::stack_weights::StackWeights;
use crate::model::step::Step;
use crate::model::view::View;

/// All places of a view, and which of them each location stands for.
#[derive(Debug)]
pub struct NodeTable<'v, 'p> {
    view: &'v View<'p>,
    detail: Detail,
    trim: Option<PathTrim>,
    places: Vec<PlaceIds>,
    paths: Strings,
    /// For each location its only node, or one of the other [`Step`]s.
    steps: Vec<Step>,
    /// Where the nodes of each group begin in `grouped`, and where the last one ends.
    group_bounds: Vec<u32>,
    grouped: Vec<NodeId>,
    /// The weights of the stacks of the view, summed when first asked for.
    stacks: OnceLock<StackWeights>,
}

impl<'v, 'p> NodeTable<'v, 'p> {
    /// The places of `view` at this level of detail.
    pub fn new(view: &'v View<'p>, detail: Detail, trim: Option<&PathTrim>) -> Self {
        let mut builder = Builder {
            view,
            detail,
            trim,
            index: HashTable::new(),
            by_function: vec![None; view.profile().functions.len()],
            path_ids: FxHashMap::default(),
            nodes: Vec::new(),
            table: NodeTable {
                view,
                detail,
                trim: trim.cloned(),
                places: Vec::new(),
                paths: Strings::new(),
                steps: Vec::with_capacity(view.profile().locations.len()),
                group_bounds: vec![0],
                grouped: Vec::new(),
                stacks: OnceLock::new(),
            },
        };
        for location in view.profile().locations.ids() {
            builder.add(location);
        }
        builder.table
    }

    /// As [`new`](Self::new), for questions about weights: those of the stacks are summed at the same time.
    pub fn with_stacks(view: &'v View<'p>, detail: Detail, trim: Option<&PathTrim>) -> Self {
        let profile = view.profile();
        let cost = profile.locations.len() + profile.samples.len();
        let (table, stacks) =
            view.threads().both(cost, || NodeTable::new(view, detail, trim), || StackWeights::of(view));
        NodeTable { stacks: stacks.into(), ..table }
    }

    /// The weights of the stacks of the view.
    pub(crate) fn stacks(&self) -> &StackWeights {
        self.stacks.get_or_init(|| StackWeights::of(self.view))
    }

    /// The view whose places these are.
    pub fn view(&self) -> &'v View<'p> {
        self.view
    }

    /// What decides which weights the places have, as long as no filter does.
    pub(crate) fn key(&self) -> Key {
        Key { value: self.view.value(), detail: self.detail, trim: self.trim.clone() }
    }

    /// Whether no two places belong to the same function.
    pub(crate) fn has_whole_functions(&self) -> bool {
        !self.detail.lines() && !self.detail.addresses()
    }

    /// The number of places.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there is no place.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// All ids in order.
    pub fn ids(&self) -> impl ExactSizeIterator<Item = NodeId> + use<> {
        (0..self.places.len()).map(NodeId::new)
    }

    /// A place as ids.
    pub fn place(&self, node: NodeId) -> PlaceIds {
        self.places[node.index()]
    }

    /// A place as text.
    pub fn info(&self, node: NodeId) -> NodeInfo {
        let place = self.place(node);
        let text = |id| self.view.profile().lossy(id).into_owned();
        NodeInfo {
            name: text(place.name),
            file: String::from_utf8_lossy(self.paths.get(place.file.0)).into_owned(),
            address: place.address,
            line: place.line,
            column: place.column,
            object: text(place.object),
            start_line: place.start_line,
        }
    }

    /// The places of a location, the innermost inlined function first; none when it is hidden.
    #[inline]
    pub fn nodes(&self, location: LocationId) -> &[NodeId] {
        let step = &self.steps[location.index()];
        match step.as_group() {
            Some(group) => self.group(group),
            None if *step == Step::HIDDEN => &[],
            None => std::slice::from_ref(&step.0),
        }
    }

    /// The innermost node of a stack.
    #[inline]
    pub(crate) fn leaf(&self, frames: &[LocationId]) -> Option<NodeId> {
        frames.iter().find_map(|&location| self.nodes(location).first()).copied()
    }

    /// The locations that stand for one of the nodes that are `chosen`, or for several.
    pub(crate) fn locations(&self, chosen: impl Fn(NodeId) -> bool) -> LocationSet {
        LocationSet::new(self.view.profile(), |location| {
            self.nodes(location).iter().any(|&node| chosen(node))
        })
    }

    /// What a location stands for.
    #[inline]
    pub(crate) fn step(&self, location: LocationId) -> Step {
        self.steps[location.index()]
    }

    /// The number of groups.
    pub(crate) fn group_count(&self) -> usize {
        self.group_bounds.len() - 1
    }

    /// The nodes of a group, the innermost inlined function first.
    #[inline]
    pub(crate) fn group(&self, group: usize) -> &[NodeId] {
        &self.grouped[self.group_range(group)]
    }

    /// Where the nodes of a group stand among those of all groups.
    #[inline]
    fn group_range(&self, group: usize) -> Range<usize> {
        self.group_bounds[group] as usize..self.group_bounds[group + 1] as usize
    }
}

struct Builder<'t, 'v, 'p> {
    view: &'v View<'p>,
    detail: Detail,
    trim: Option<&'t PathTrim>,
    /// The nodes by their places.
    index: HashTable<NodeId>,
    /// Where the function alone decides, the node of each.
    by_function: Vec<Option<NodeId>>,
    path_ids: FxHashMap<StringId, PathId>,
    /// The nodes of the location that is being added.
    nodes: Vec<NodeId>,
    table: NodeTable<'v, 'p>,
}

impl Builder<'_, '_, '_> {
    fn add(&mut self, location: LocationId) {
        self.nodes.clear();
        if !self.view.is_hidden(location) {
            let profile = self.view.profile();
            let mut rows = self.view.line_rows(location);
            if self.detail.no_inlines {
                // The outermost line is the function that others were inlined into.
                if let Some(row) = rows.next_back() {
                    let node = self.line(location, row);
                    self.nodes.push(node);
                }
            } else {
                for row in rows {
                    let node = self.line(location, row);
                    self.nodes.push(node);
                }
            }
            if self.nodes.is_empty() {
                let address =
                    if self.detail.addresses() { profile.locations.get(location).address } else { 0 };
                let object = profile.object_file(location);
                let node = self.intern(PlaceIds { address, object, ..PlaceIds::default() });
                self.nodes.push(node);
            }
        }
        let table = &mut self.table;
        table.steps.push(match *self.nodes {
            [] => Step::HIDDEN,
            [node] => Step(node),
            _ => {
                let group = table.group_count();
                table.grouped.extend_from_slice(&self.nodes);
                table.group_bounds.push(table.grouped.len() as u32);
                Step::group(group)
            }
        });
    }

    fn line(&mut self, location: LocationId, row: usize) -> NodeId {
        let profile = self.view.profile();
        let detail = self.detail;
        let line = profile.locations.all_lines()[row];
        if let Some(node) = self.by_function[line.function.index()] {
            return node;
        }
        let function = profile.function(line.function);
        let name = if detail.functions() { function.name } else { StringId::EMPTY };
        let with_object = detail.object_names || name.is_empty();
        let function_decides = !with_object && !detail.lines();
        let node = PlaceIds {
            name,
            file: if detail.files() { self.path(function.filename) } else { PathId::default() },
            address: if detail.addresses() { profile.locations.get(location).address } else { 0 },
            line: if detail.lines() { line.line } else { 0 },
            column: if detail.columns() { line.column } else { 0 },
            object: if with_object { profile.object_file(location) } else { StringId::EMPTY },
            start_line: if with_object { function.start_line } else { 0 },
        };
        let node = self.intern(node);
        if function_decides {
            self.by_function[line.function.index()] = Some(node);
        }
        node
    }

    fn path(&mut self, filename: StringId) -> PathId {
        if filename.is_empty() {
            return PathId::default();
        }
        if let Some(&id) = self.path_ids.get(&filename) {
            return id;
        }
        let text = self.view.profile().lossy(filename);
        let trimmed = self.trim.map_or(&*text, |trim| trim.apply(&text));
        let id = if trimmed.is_empty() {
            PathId::default()
        } else {
            PathId(self.table.paths.intern(clean_path(trimmed).as_bytes()))
        };
        self.path_ids.insert(filename, id);
        id
    }

    fn intern(&mut self, place: PlaceIds) -> NodeId {
        let places = &mut self.table.places;
        let hash = |place: &PlaceIds| FxBuildHasher.hash_one(place);
        let is_it = |node: &NodeId| places[node.index()] == place;
        if let Some(&node) = self.index.find(hash(&place), is_it) {
            return node;
        }
        let node = NodeId::new(places.len());
        places.push(place);
        self.index.insert_unique(hash(&place), node, |node| hash(&places[node.index()]));
        node
    }
}
