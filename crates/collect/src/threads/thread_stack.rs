//! What is known of one thread at one moment.

/// One thread.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ThreadStack {
    /// The kernel's number.
    pub(crate) number: i32,
    /// The name.
    pub(crate) name: String,
    /// What it does, as the letter of `proc_pid_stat(5)`.
    pub(crate) state: char,
    /// The number of its set of labels.
    pub(crate) labels: u32,
    /// Code addresses, leaf first; the mark of no answer when there was none.
    pub(crate) frames: Vec<u64>,
}
