//! A record: its kind, its flags, its content (`struct perf_event_header` of `linux/perf_event.h`).

/// Kinds of records. Those from 64 on are made by perf, not by the kernel.
pub mod kind {
    #![expect(missing_docs, reason = "named as in linux/perf_event.h and perf's event.h")]
    pub const MMAP: u32 = 1;
    pub const LOST: u32 = 2;
    pub const COMM: u32 = 3;
    pub const FORK: u32 = 7;
    pub const SAMPLE: u32 = 9;
    pub const MMAP2: u32 = 10;
    pub const LOST_SAMPLES: u32 = 13;
    pub const SWITCH: u32 = 14;
    pub(in crate::perf) const ATTRIBUTES: u32 = 64;
    pub(in crate::perf) const TRACING_DATA: u32 = 66;
    pub(in crate::perf) const BUILD_ID: u32 = 67;
    pub(in crate::perf) const AUXTRACE: u32 = 71;
    pub(in crate::perf) const EVENT_UPDATE: u32 = 78;
    pub(in crate::perf) const FEATURE: u32 = 80;
    pub(in crate::perf) const COMPRESSED: u32 = 81;
    pub(in crate::perf) const COMPRESSED_SIZED: u32 = 83;
}

/// A record without its header.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// See [`kind`].
    pub kind: u32,
    /// Flags that depend on the kind.
    pub flags: u16,
    /// What stands behind the header.
    pub body: &'a [u8],
}

/// What a processor was doing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum CpuMode {
    Kernel,
    User,
}

impl Record<'_> {
    pub(super) fn mode(&self) -> CpuMode {
        const MASK: u16 = 7;
        match self.flags & MASK {
            // The kernel, the hypervisor, the kernel of a guest.
            1 | 3 | 4 => CpuMode::Kernel,
            _ => CpuMode::User,
        }
    }

    /// Whether a mapping is of data.
    pub(super) fn is_data(&self) -> bool {
        self.flags & 1 << 13 != 0
    }

    /// Whether a name is that of a program which a process begins to run.
    pub(super) fn is_exec(&self) -> bool {
        self.flags & 1 << 13 != 0
    }

    /// Whether perf made the record of a fork from what it found running, and tells of mappings by themselves.
    pub(super) fn is_made_up_fork(&self) -> bool {
        self.flags & 1 << 13 != 0
    }

    /// Whether a mapping has a build id in the place of the number of its file.
    pub(super) fn has_build_id(&self) -> bool {
        self.flags & 1 << 14 != 0
    }
}
