//! The page of the store.

use hotlist_web::Answer;

use super::Asked;
use crate::failure::Failure;

pub(crate) fn answer(_asked: &Asked, _path: &str) -> Result<Answer, Failure> {
    Err(Failure::Missing("there is nothing here".to_owned()))
}
