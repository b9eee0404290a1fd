//! Which thread a sample belongs to, by its labels.

use hotlist_profile::{LabelSetId, LabelValue, Profile};

/// A thread of a process; fields are empty where labels say nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct Thread {
    pub(super) pid: String,
    pub(super) tid: String,
    pub(super) name: String,
}

/// Keys by which profilers call the number of a process.
const PID: &[&[u8]] = &[b"pid", b"process_id", b"process.pid"];
/// The same for the number of a thread.
const TID: &[&[u8]] = &[b"tid", b"thread_id", b"thread.id"];
/// The same for its name.
const NAME: &[&[u8]] = &[b"thread", b"thread_name", b"thread.name", b"comm"];

impl Thread {
    /// What the labels of a set say.
    pub(super) fn of(profile: &Profile, labels: LabelSetId) -> Thread {
        let mut thread = Thread::default();
        for label in profile.labels.get(labels) {
            let key = profile.text(label.key);
            let field = if PID.contains(&key) {
                &mut thread.pid
            } else if TID.contains(&key) {
                &mut thread.tid
            } else if NAME.contains(&key) {
                &mut thread.name
            } else {
                continue;
            };
            if field.is_empty() {
                *field = match label.value {
                    LabelValue::Text(text) => profile.lossy(text).into_owned(),
                    LabelValue::Number { value, .. } => value.to_string(),
                };
            }
        }
        thread
    }
}
