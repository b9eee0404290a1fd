//! Processes and threads of a recording: their names, and what is mapped into them.

use std::sync::Arc;

use hotlist_profile::StringId;
use rustc_hash::FxHashMap;

use super::address_space::AddressSpace;

/// All processes and threads.
#[derive(Debug, Default)]
pub(super) struct Processes {
    threads: FxHashMap<u32, Thread>,
    spaces: FxHashMap<u32, Process>,
    /// How many mappings were copied, because processes that had the same ones have changed theirs.
    pub(super) copied: usize,
}

#[derive(Clone, Copy, Debug)]
struct Thread {
    name: StringId,
}

#[derive(Debug, Default)]
pub(super) struct Process {
    /// Shared with the process it was forked from as long as both have the same.
    maps: Arc<AddressSpace>,
    /// Whether it begins to run another program, of which nothing is mapped yet.
    is_starting: bool,
    /// The row of the mapping that came first after it began to run its program.
    pub(super) program: Option<usize>,
    pub(super) samples: u64,
}

impl Processes {
    /// The name of a thread, if it is known.
    pub(super) fn name(&self, tid: u32) -> Option<StringId> {
        self.threads.get(&tid).map(|thread| thread.name)
    }

    /// A thread calls itself so from now on.
    pub(super) fn rename(&mut self, tid: u32, name: StringId) {
        self.threads.insert(tid, Thread { name });
    }

    /// A process begins to run another program. Until something of it is mapped, its registers are those from before.
    pub(super) fn execute(&mut self, pid: u32) {
        let process = self.process(pid);
        process.is_starting = true;
        process.program = None;
    }

    /// A thread was started by another one, with its name; in a process of its own, with the same mappings.
    pub(super) fn fork(&mut self, pid: u32, tid: u32, parent_pid: u32, parent_tid: u32, copies_maps: bool) {
        if let Some(&parent) = self.threads.get(&parent_tid) {
            self.threads.insert(tid, parent);
        }
        if pid != parent_pid
            && copies_maps
            && let Some(parent) = self.spaces.get(&parent_pid)
        {
            let (maps, program) = (Arc::clone(&parent.maps), parent.program);
            let process = self.process(pid);
            (process.maps, process.program) = (maps, program);
        }
    }

    /// A process that is named in a record.
    pub(super) fn process(&mut self, pid: u32) -> &mut Process {
        self.spaces.entry(pid).or_default()
    }

    /// What is mapped into it.
    pub(super) fn maps(&self, pid: u32) -> Option<&AddressSpace> {
        self.spaces.get(&pid).map(|process| &*process.maps)
    }

    /// The mappings of a process, for a change.
    pub(super) fn maps_mut(&mut self, pid: u32) -> &mut AddressSpace {
        let process = self.spaces.entry(pid).or_default();
        if std::mem::take(&mut process.is_starting) {
            process.maps = Arc::default();
        }
        if Arc::strong_count(&process.maps) > 1 {
            self.copied += process.maps.len();
        }
        Arc::make_mut(&mut process.maps)
    }

    /// Those that have samples.
    pub(super) fn sampled(&self) -> impl Iterator<Item = &Process> {
        self.spaces.values().filter(|process| process.samples > 0)
    }
}
