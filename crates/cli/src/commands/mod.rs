//! What the program can do, a file for each.

pub(crate) mod completions;
pub(crate) mod help;
pub(crate) mod http;
pub(crate) mod man;
pub(crate) mod report;
pub(crate) mod symbols;
pub(crate) mod tui;
pub(crate) mod version;

/// Commands that are words: how each is used, and what it does.
pub(crate) const WORDS: [(&str, &str); 5] = [
    ("tui <source>...", "Look at profiles on the full screen of the terminal"),
    ("symbols <source>...", "Tell for each binary where its symbols come from; with -json as JSON"),
    ("help [option]", "Explain everything, or one option"),
    ("man", "Write the manual page"),
    ("completions <shell>", "Write a script that completes flags, for bash, zsh or fish"),
];
