//! Mangled names.
//!
//! The input is a name.
//!
//! Laws: the answer is the same twice, and of bounded length; names of no scheme are refused; what is shown for
//! a function is its demangled name where there is one.

use hotlist_demangle::{Mode, demangle, function_name};

/// Runs the harness.
///
/// # Panics
/// When a law is broken.
pub fn run(data: &[u8]) {
    let name = String::from_utf8_lossy(data);
    for mode in [Mode::Default, Mode::Templates, Mode::Full] {
        let text = demangle(&name, mode);
        assert_eq!(text, demangle(&name, mode), "two answers");
        let shown = function_name(&name, mode);
        match &text {
            Some(text) => {
                assert!(text.len() < 1 << 20, "a text of {} bytes", text.len());
                assert!(name.starts_with('_'), "a name of no scheme was demangled");
                assert_eq!(shown.as_ref(), Some(text), "another name is shown");
            }
            None => assert_ne!(shown.as_deref(), Some(&*name), "the name itself is not a change"),
        }
    }
}
