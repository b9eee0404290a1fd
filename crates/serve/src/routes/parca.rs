//! Parca's push of raw profiles, as a call of Connect.

use hotlist_web::Answer;

use super::Asked;
use crate::failure::Failure;
use crate::intake::{keep, translated};
use crate::messages::{Empty, WriteRawRequest};
use crate::server::Shared;

pub(crate) const PATH: &str = "/parca.profilestore.v1alpha1.ProfileStoreService/WriteRaw";

pub(crate) fn answer(shared: &Shared, asked: &mut Asked) -> Result<Answer, Failure> {
    let request: WriteRawRequest = asked.message(&shared.bodies)?;
    for series in request.series {
        let pairs = series.labels.unwrap_or_default().labels.into_iter().map(|pair| (pair.name, pair.value));
        let (labels, kind) = translated(pairs);
        for sample in series.samples {
            keep(shared, &asked.tenant, labels.clone(), kind.as_deref(), None, sample.raw_profile)?;
        }
    }
    asked.answer(&Empty {})
}
