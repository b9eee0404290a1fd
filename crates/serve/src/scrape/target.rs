//! Which programs a job asks, and where.

use std::collections::BTreeMap;
use std::path::Path;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::config::{Job, ScrapedProfile, TargetGroup};
use super::relabel::{TargetLabels, relabeled};

/// A program that is asked for profiles.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Target {
    pub(super) scheme: String,
    /// Host and port.
    pub(super) address: String,
    /// Labels of its series.
    pub(super) labels: BTreeMap<String, String>,
    /// Parameters of its addresses, `a=b&c=d`.
    pub(super) params: String,
    /// The value of the header `Authorization`, where it needs one.
    pub(super) authorization: Option<String>,
}

impl Target {
    /// Path and query of a profile.
    pub(super) fn path(&self, profile: &ScrapedProfile) -> String {
        let seconds = profile.seconds.map(|seconds| format!("seconds={seconds}"));
        let params = Some(self.params.clone()).filter(|params| !params.is_empty());
        let query: Vec<String> = seconds.into_iter().chain(params).collect();
        let path = &profile.path;
        if query.is_empty() { path.clone() } else { format!("{path}?{}", query.join("&")) }
    }
}

/// The targets of a job as files say at the moment; what cannot be read is told to `complain`.
pub(super) fn targets(job: &Job, folder: &Path, complain: &mut dyn FnMut(String)) -> Vec<Target> {
    let found = job.file_sd_configs.iter().flat_map(|discovery| &discovery.files);
    let mut groups: Vec<TargetGroup> = job.static_configs.clone();
    for pattern in found {
        let pattern = folder.join(pattern);
        match glob::glob(&pattern.to_string_lossy()) {
            Err(error) => complain(format!("{}: {error}", pattern.display())),
            Ok(paths) => {
                for path in paths.flatten() {
                    // JSON is YAML too.
                    let read =
                        std::fs::read_to_string(&path).map_err(|error| error.to_string()).and_then(|text| {
                            serde_saphyr::from_str::<Vec<TargetGroup>>(&text)
                                .map_err(|error| error.to_string())
                        });
                    match read {
                        Ok(more) => groups.extend(more),
                        Err(why) => complain(format!("{}: {why}", path.display())),
                    }
                }
            }
        }
    }
    let mut all: Vec<Target> = groups
        .iter()
        .flat_map(|group| group.targets.iter().filter_map(|address| target(job, group, address)))
        .collect();
    all.sort();
    all.dedup();
    all
}

fn target(job: &Job, group: &TargetGroup, address: &str) -> Option<Target> {
    let mut labels: TargetLabels = job.external.clone();
    labels.insert("job".to_owned(), job.job_name.clone());
    labels.extend(group.labels.clone());
    labels.insert("__address__".to_owned(), address.to_owned());
    labels.insert("__scheme__".to_owned(), job.scheme.clone());
    for (name, values) in &job.params {
        labels.insert(format!("__param_{name}"), values.first().cloned().unwrap_or_default());
    }
    let mut labels = relabeled(labels, &job.rules)?;
    let address = labels.remove("__address__").filter(|address| !address.is_empty())?;
    let scheme = labels.remove("__scheme__").unwrap_or_else(|| job.scheme.clone());
    let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let params: Vec<String> = labels
        .iter()
        .filter_map(|(name, value)| {
            Some(format!("{}={}", encode(name.strip_prefix("__param_")?), encode(value)))
        })
        .collect();
    labels.entry("instance".to_owned()).or_insert_with(|| address.clone());
    labels.retain(|name, _| !name.starts_with("__"));
    let authorization = match (&job.authorization, &job.basic_auth) {
        (Some(given), _) => Some(format!("{} {}", given.scheme, given.credentials)),
        (None, Some(pair)) => {
            let pair = BASE64_STANDARD.encode(format!("{}:{}", pair.username, pair.password));
            Some(format!("Basic {pair}"))
        }
        (None, None) => None,
    };
    Some(Target { scheme, address, labels, params: params.join("&"), authorization })
}

#[cfg(test)]
mod tests {
    use super::super::ScrapeConfig;
    use super::*;

    #[test]
    fn targets_come_from_the_file_and_from_others() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.json"), r#"[{"targets": ["c:1"], "labels": {"env": "x"}}]"#)
            .unwrap();
        std::fs::write(folder.path().join("b.json"), "{").unwrap();
        let text = "
global: {external_labels: {zone: z1}}
scrape_configs:
  - job_name: go
    params: {hz: ['50']}
    basic_auth: {username: u, password: p}
    static_configs: [{targets: ['a:1', 'a:1', 'b:1'], labels: {service: api}}]
    file_sd_configs: [{files: ['*.json']}]
    relabel_configs:
      - {source_labels: [__address__], regex: 'b:.*', action: drop}
      - {source_labels: [env], regex: 'x', target_label: __scheme__, replacement: https}
";
        let config = ScrapeConfig::parse(text, folder.path().to_owned()).unwrap();
        let mut complaints = Vec::new();
        let job = &config.scrape_configs[0];
        let all = targets(job, &config.folder, &mut |text| complaints.push(text));
        assert_eq!(complaints.len(), 1, "{complaints:?}");
        assert!(complaints[0].contains("b.json"));
        let places: Vec<(&str, &str)> =
            all.iter().map(|target| (&*target.scheme, &*target.address)).collect();
        assert_eq!(places, [("http", "a:1"), ("https", "c:1")]);
        let labels: Vec<(&str, &str)> =
            all[0].labels.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(labels, [("instance", "a:1"), ("job", "go"), ("service", "api"), ("zone", "z1")]);
        assert_eq!(all[0].path(&job.profiles[0]), "/debug/pprof/profile?seconds=10&hz=50");
        assert_eq!(all[0].authorization.as_deref(), Some("Basic dTpw"));
    }
}
