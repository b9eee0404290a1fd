//! Contents that have arrived, the newest last.

use std::mem::discriminant;
use std::sync::Arc;

use crate::content::Content;
use crate::query::Query;

/// How many are kept, for going back to them.
const KEPT: usize = 24;

/// Contents with the queries that they are for.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    kept: Vec<(Query, Arc<Content>)>,
}

impl Contents {
    pub(crate) fn find(&self, query: &Query) -> Option<&Arc<Content>> {
        self.kept.iter().find(|(other, _)| other == query).map(|(_, content)| content)
    }

    /// The newest content of the same kind: what can be shown while `query` is on its way.
    pub(crate) fn similar(&self, query: &Query) -> Option<&Arc<Content>> {
        let is_similar = |(other, content): &&(Query, Arc<Content>)| {
            discriminant(&other.topic) == discriminant(&query.topic)
                && !matches!(**content, Content::Failed(_))
        };
        self.kept.iter().rev().find(is_similar).map(|(_, content)| content)
    }

    /// The newest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Content> {
        self.kept.iter().rev().map(|(_, content)| &**content)
    }

    pub(crate) fn insert(&mut self, query: Query, content: Content) {
        self.kept.retain(|(other, _)| *other != query);
        self.kept.push((query, Arc::new(content)));
        if self.kept.len() > KEPT {
            self.kept.remove(0);
        }
    }
}
