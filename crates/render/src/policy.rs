//! What a page of ours may do.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};

/// The policy of a page whose only script and style are these: nothing else runs, nothing is loaded
/// (<https://www.w3.org/TR/CSP3/>).
pub(crate) fn policy(script: &str, style: &str) -> String {
    format!(
        "default-src 'none'; script-src {}; style-src {}; base-uri 'none'; form-action 'none'",
        hash(script),
        hash(style)
    )
}

/// A text as a source in a policy (<https://www.w3.org/TR/CSP3/#grammardef-hash-source>).
pub(crate) fn hash(text: &str) -> String {
    format!("'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(text.as_bytes())))
}
