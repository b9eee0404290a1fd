//! Expected output in files.

use std::path::Path;

use crate::difference;

/// Compares `actual` with the file `path`; with `UPDATE_GOLDEN=1` in the environment writes it there.
///
/// # Panics
/// When they differ, with the difference and how to accept it.
pub fn golden(path: impl AsRef<Path>, actual: &str) {
    let path = path.as_ref();
    if std::env::var_os("UPDATE_GOLDEN").is_some_and(|value| value == "1") {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).expect("the folder of a golden file can be made");
        }
        std::fs::write(path, actual).expect("a golden file can be written");
        return;
    }
    let expected = std::fs::read_to_string(path).unwrap_or_default();
    let difference = difference(&expected, actual);
    assert!(
        difference.is_empty(),
        "output differs from {}:\n{difference}\n`UPDATE_GOLDEN=1 cargo test` rewrites the file; read the diff then",
        path.display()
    );
}
