//! What stands where the code of a line or of an address is.

use hotlist_report::{LineMark, ListedLine};

/// The code of a line, or why there is none.
pub(crate) fn code_text(line: &ListedLine) -> &str {
    match line.mark {
        LineMark::NoLine => "<no line is known>",
        LineMark::BeyondFile => "<the file has no such line>",
        LineMark::Regular | LineMark::BeforeFunction => &line.text,
    }
}

/// The text of an instruction, or that there is none at a sampled address.
pub(crate) fn instruction_text(text: &str) -> &str {
    if text.is_empty() { "<no instruction>" } else { text }
}
