//! From batches of records to a profile, on a thread of its own: a binary that is looked into for the first time may
//! take a while, in which rings must be emptied.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;

use hotlist_formats::perf::{ByteOrder, Decoder, Event, Record, Recorded, Summary, Unwinder};
use hotlist_profile::Profile;

use super::existing;
use super::layout::word;
use super::ring::HEADER;
use super::sorter::{Batch, Sorter};
use crate::request::SeeRecord;

/// A profile needs no more memory than this; longer recordings end here.
const MOST_MEMORY: usize = 1 << 30;

/// Decodes what comes.
pub(super) struct Decoding<'a> {
    pub(super) events: Vec<Event>,
    /// The first one as the kernel reads it.
    pub(super) attributes: Vec<u8>,
    /// Whether there is code of the kernel in stacks.
    pub(super) shows_kernel: bool,
    pub(super) unwinder: &'a mut (dyn Unwinder + Send),
    pub(super) see: Option<&'a mut SeeRecord<'a>>,
    /// Set when nothing more is taken.
    pub(super) is_full: Arc<AtomicBool>,
}

/// What it has made.
pub(super) struct Decoded {
    pub(super) profile: Profile,
    pub(super) summary: Summary,
    pub(super) stopped: Option<String>,
}

impl Decoding<'_> {
    /// Takes batches until no more come.
    pub(super) fn run(self, batches: &Receiver<Batch>) -> Decoded {
        let Decoding { events, attributes, shows_kernel, unwinder, mut see, is_full } = self;
        let machine = std::env::consts::ARCH.to_owned();
        let recorded = Recorded { events, machine, build_ids: kernel_build() };
        let mut decoder = Decoder::new(ByteOrder::NATIVE, recorded, unwinder);
        let mut sorter = Sorter::default();
        let mut stopped = None;
        let mut first = Batch::new(&Arc::default());
        first.complete_until = 1;
        first.push_first(|bytes| existing::event(&attributes, bytes));
        if shows_kernel {
            // To find out where it is takes a while, for which the program need not wait.
            first.push_first(existing::kernel);
        }
        for batch in [first].into_iter().chain(batches) {
            sorter.push(batch, |record| {
                if stopped.is_some() {
                    return;
                }
                if let Some(see) = &mut see {
                    see(record);
                }
                let header = word(record, 0);
                let body = record.get(HEADER..).unwrap_or_default();
                let outcome =
                    decoder.record(Record { kind: header as u32, flags: (header >> 32) as u16, body });
                stopped = outcome.err();
            });
            if stopped.is_none() && decoder.memory() > MOST_MEMORY {
                stopped = Some("the profile has become larger than 1 GiB".to_owned());
            }
            is_full.store(stopped.is_some(), Ordering::Relaxed);
        }
        let summary = decoder.summary();
        Decoded { profile: decoder.finish(), summary, stopped }
    }
}

/// The build of the kernel, by which its symbols are found later.
fn kernel_build() -> std::collections::HashMap<String, String> {
    let notes = std::fs::read("/sys/kernel/notes").unwrap_or_default();
    let build_id = build_id_of_notes(&notes);
    build_id.map(|build_id| ("[kernel.kallsyms]".to_owned(), build_id)).into_iter().collect()
}

/// The build id among notes of ELF: each has the sizes of its name and its content, a kind, and both, filled up to
/// multiples of four bytes.
fn build_id_of_notes(mut notes: &[u8]) -> Option<String> {
    const BUILD_ID: u32 = 3;
    loop {
        let (header, rest) = notes.split_first_chunk::<12>()?;
        let field =
            |at: usize| u32::from_ne_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
        let (name, content) = (field(0) as usize, field(4) as usize);
        let (owner, rest) = rest.split_at_checked(name.checked_next_multiple_of(4)?)?;
        let (found, rest) = rest.split_at_checked(content.checked_next_multiple_of(4)?)?;
        if field(8) == BUILD_ID && owner.starts_with(b"GNU\0") {
            return Some(found[..content].iter().map(|byte| format!("{byte:02x}")).collect());
        }
        notes = rest;
    }
}
