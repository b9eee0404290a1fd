//! Assembly of the function of the chosen place.

use crate::app::App;
use crate::query::Topic;
use crate::settings::exact;

pub(super) fn topic(app: &App) -> Option<Topic> {
    Some(Topic::Assembly(exact(&app.subject()?.name)))
}
