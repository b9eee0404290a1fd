//! Asking a store of profiles (`hotlist serve`), as `docs/store.md` says.

use hotlist_fetch::Url;
use serde::de::DeserializeOwned;

use crate::desk::Desk;
use crate::refusal::Refusal;

/// A store that may be asked.
pub(crate) struct Store<'d> {
    desk: &'d Desk,
    url: Url,
}

impl<'d> Store<'d> {
    /// The one that is named, or the only one that was given.
    pub(crate) fn of(desk: &'d Desk, named: Option<&str>) -> Result<Store<'d>, Refusal> {
        Ok(Store { desk, url: desk.site.access.store(named)? })
    }

    /// Its address, for people.
    pub(crate) fn address(&self) -> String {
        self.url.redacted().trim_end_matches('/').to_owned()
    }

    /// The address of an answer below `/api/v1/`.
    pub(crate) fn place(&self, path: &str, parameters: &[(&str, &str)]) -> Result<Url, Refusal> {
        let base = self.url.to_string();
        let text = format!("{}/api/v1/{path}", base.split('?').next().unwrap_or(&base).trim_end_matches('/'));
        let url = Url::parse(&text).map_err(|error| Refusal::new(error.to_string()))?;
        Ok(url.with_parameters(parameters))
    }

    /// The answer at a place.
    pub(crate) fn ask<A: DeserializeOwned>(
        &self,
        path: &str,
        parameters: &[(&str, &str)],
    ) -> Result<A, Refusal> {
        let url = self.place(path, parameters)?;
        let bytes = self.desk.site.fetch.get(&url).map_err(|error| Refusal::new(error.to_string()))?;
        serde_json::from_slice(&bytes).map_err(|error| {
            Refusal::new(format!("{}: this is no store of profiles: {error}", self.address()))
        })
    }
}
