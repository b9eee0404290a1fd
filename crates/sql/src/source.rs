//! A profile that is looked at as a schema.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use hotlist_profile::Profile;
use hotlist_session::Session;

use crate::answers::{Answered, Asked};

/// A profile that is looked at as a schema, and the name of its file.
#[derive(Debug)]
pub struct Source {
    file: String,
    session: Session,
    /// What the engine was asked before: joins open a table many times.
    answers: Mutex<BTreeMap<Asked, Arc<Answered>>>,
}

impl Source {
    /// The profile of `session`, whose schema is called after `file`.
    pub fn new(file: impl Into<String>, session: Session) -> Source {
        Source { file: file.into(), session, answers: Mutex::default() }
    }

    pub(crate) fn file(&self) -> &str {
        &self.file
    }

    pub(crate) fn profile(&self) -> &Profile {
        self.session.profile()
    }

    /// The answer of the engine, from memory where it was asked before.
    ///
    /// # Errors
    /// When there is none, in words.
    pub(crate) fn answer(&self, asked: Asked) -> Result<Arc<Answered>, String> {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(answer) = answers.get(&asked) {
            return Ok(Arc::clone(answer));
        }
        let answer = Arc::new(asked.compute(&self.session)?);
        answers.insert(asked, Arc::clone(&answer));
        Ok(answer)
    }

    /// What the schema is called: the name of the file up to its first dot, with `_` in place of what would need
    /// quotes.
    pub(crate) fn schema(&self) -> String {
        let name = self.file.rsplit(['/', '\\']).next().unwrap_or_default();
        let stem = name.split('.').find(|part| !part.is_empty()).unwrap_or("profile");
        let mut schema: String = stem
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' })
            .collect();
        // These are schemas of SQLite itself.
        if schema.starts_with(|c: char| c.is_ascii_digit()) || matches!(&*schema, "main" | "temp") {
            schema.insert(0, '_');
        }
        schema.truncate(60);
        schema
    }
}
