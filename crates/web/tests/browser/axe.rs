//! axe-core, which finds what keeps people with other ways of reading and pointing out.

use std::path::Path;
use std::process::Command;

/// The package, pinned. It is fetched for tests and part of nothing else.
const PACKAGE: &str = "axe-core@4.14.1";

/// The script; a visible skip where it is not there and nothing may be installed.
pub fn script() -> Option<String> {
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/page-tools");
    let file = tools.join("node_modules/axe-core/axe.min.js");
    if !file.exists() && std::env::var_os("CI").is_some() {
        let installed = Command::new("npm")
            .args(["install", "--silent", "--no-audit", "--no-fund", "--no-save", "--prefix"])
            .arg(&tools)
            .arg(PACKAGE)
            .status();
        assert!(installed.is_ok_and(|status| status.success()), "npm cannot install {PACKAGE}");
    }
    match std::fs::read_to_string(&file) {
        Ok(script) => Some(script),
        Err(_) => {
            hotlist_testkit::skip(&format!("npm install --prefix target/page-tools {PACKAGE} was not run"));
            None
        }
    }
}
