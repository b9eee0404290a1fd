//! The file that says what to scrape, in the manner of Prometheus', with the `profiling_config` of Parca.
//!
//! Sources: <https://prometheus.io/docs/prometheus/latest/configuration/configuration/> and
//! <https://www.parca.dev/docs/agent-scrape-config/>.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Deserializer, de::Error as _};
use thiserror::Error;

use super::relabel::{Relabel, RelabelConfig};
use crate::moment::duration;

/// What to scrape.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScrapeConfig {
    #[serde(default)]
    global: Global,
    #[serde(default)]
    pub(super) scrape_configs: Vec<Job>,
    /// The folder to which the paths of other files are relative.
    #[serde(skip)]
    pub(super) folder: PathBuf,
}

/// Why a configuration cannot be used.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// It says something that makes no sense.
    #[error("{}: {reason}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        reason: String,
    },
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Global {
    #[serde(deserialize_with = "span")]
    scrape_interval: Option<Duration>,
    #[serde(deserialize_with = "span")]
    scrape_timeout: Option<Duration>,
    external_labels: BTreeMap<String, String>,
}

/// One of `scrape_configs`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Job {
    pub(super) job_name: String,
    #[serde(default, deserialize_with = "span")]
    scrape_interval: Option<Duration>,
    #[serde(default, deserialize_with = "span")]
    scrape_timeout: Option<Duration>,
    #[serde(default = "http")]
    pub(super) scheme: String,
    #[serde(default)]
    pub(super) params: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    pub(super) static_configs: Vec<TargetGroup>,
    #[serde(default)]
    pub(super) file_sd_configs: Vec<FileDiscovery>,
    #[serde(default)]
    relabel_configs: Vec<RelabelConfig>,
    #[serde(default)]
    profiling_config: ProfilingConfig,
    #[serde(default)]
    pub(super) basic_auth: Option<BasicAuth>,
    #[serde(default)]
    pub(super) authorization: Option<Authorization>,
    /// The rules, ready.
    #[serde(skip)]
    pub(super) rules: Vec<Relabel>,
    /// What is asked of each target.
    #[serde(skip)]
    pub(super) profiles: Vec<ScrapedProfile>,
    #[serde(skip)]
    pub(super) interval: Duration,
    #[serde(skip)]
    pub(super) timeout: Duration,
    /// Labels that all targets get where they have none of that name.
    #[serde(skip)]
    pub(super) external: BTreeMap<String, String>,
}

fn http() -> String {
    "http".to_owned()
}

/// Targets with labels that they have in common; also an entry of a file of `file_sd_configs`.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct TargetGroup {
    #[serde(default)]
    pub(super) targets: Vec<String>,
    #[serde(default)]
    pub(super) labels: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileDiscovery {
    pub(super) files: Vec<String>,
    /// Files are read again this often, whether they changed or not.
    #[serde(default, deserialize_with = "span")]
    pub(super) refresh_interval: Option<Duration>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BasicAuth {
    pub(super) username: String,
    #[serde(default)]
    pub(super) password: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Authorization {
    #[serde(default = "bearer", rename = "type")]
    pub(super) scheme: String,
    pub(super) credentials: String,
}

fn bearer() -> String {
    "Bearer".to_owned()
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct ProfilingConfig {
    path_prefix: String,
    pprof_config: BTreeMap<String, PprofConfig>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct PprofConfig {
    enabled: Option<bool>,
    path: Option<String>,
    /// Measures over a time; whole seconds.
    seconds: Option<u64>,
    /// Values grow: each profile has the one before taken away.
    delta: Option<bool>,
}

/// A profile that is asked of targets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ScrapedProfile {
    /// What it is called, such as `process_cpu`.
    pub(super) name: String,
    pub(super) path: String,
    /// How long the target measures; `None` for profiles of a moment.
    pub(super) seconds: Option<u64>,
    /// Whether values that grow become changes.
    pub(super) delta: bool,
    /// Whether a target that does not have it is no failure.
    pub(super) is_usual: bool,
}

/// What Go's `net/http/pprof` and `hotlist-collect` serve: name, path, whether it is measured over a time, whether its
/// values grow.
const USUAL: [(&str, &str, bool, bool); 5] = [
    ("process_cpu", "/debug/pprof/profile", true, false),
    ("memory", "/debug/pprof/allocs", false, true),
    ("goroutine", "/debug/pprof/goroutine", false, false),
    ("mutex", "/debug/pprof/mutex", false, true),
    ("block", "/debug/pprof/block", false, true),
];

const USUAL_INTERVAL: Duration = Duration::from_secs(15);

impl ScrapeConfig {
    /// Reads a configuration.
    ///
    /// # Errors
    /// When the file cannot be read or makes no sense.
    pub fn read(path: &Path) -> Result<ScrapeConfig, ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConfigError::File { path: path.to_owned(), source })?;
        let folder = path.parent().unwrap_or(Path::new(".")).to_owned();
        ScrapeConfig::parse(&text, folder)
            .map_err(|reason| ConfigError::Content { path: path.to_owned(), reason })
    }

    pub(super) fn parse(text: &str, folder: PathBuf) -> Result<ScrapeConfig, String> {
        let mut config: ScrapeConfig = serde_saphyr::from_str(text).map_err(|error| error.to_string())?;
        config.folder = folder;
        let Global { scrape_interval, scrape_timeout, external_labels } = &config.global;
        for job in &mut config.scrape_configs {
            let wrong = |why: &str| format!("job {}: {why}", job.job_name);
            job.interval = job.scrape_interval.or(*scrape_interval).unwrap_or(USUAL_INTERVAL);
            if job.interval < Duration::from_secs(1) {
                return Err(wrong("scrape_interval: a second is the least"));
            }
            if !matches!(&*job.scheme, "http" | "https") {
                return Err(wrong("scheme: http or https"));
            }
            let timeout = job.scrape_timeout.or(*scrape_timeout);
            job.profiles = profiles(&job.profiling_config, job.interval);
            // What is measured over a time has to be waited for.
            let longest = job.profiles.iter().filter_map(|profile| profile.seconds).max().unwrap_or(0);
            job.timeout = timeout.unwrap_or(Duration::from_secs(longest + 10));
            if job.timeout <= Duration::from_secs(longest) {
                return Err(wrong("scrape_timeout: must be longer than the seconds of every profile"));
            }
            let rules = std::mem::take(&mut job.relabel_configs).into_iter().map(Relabel::new);
            job.rules = rules.collect::<Result<_, _>>().map_err(|why| wrong(&why))?;
            job.external.clone_from(external_labels);
        }
        let mut names: Vec<&str> = config.scrape_configs.iter().map(|job| job.job_name.as_str()).collect();
        names.sort_unstable();
        if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(format!("job {}: there are two of this name", twice[0]));
        }
        Ok(config)
    }
}

/// The profiles of a job: the usual ones as far as they are not turned off, and others that it names.
fn profiles(config: &ProfilingConfig, interval: Duration) -> Vec<ScrapedProfile> {
    let mut all = Vec::new();
    let unset = PprofConfig::default();
    // A capture ends before the next one begins.
    let usual_seconds = interval.as_secs().saturating_sub(1).clamp(1, 10);
    let place = |path: &str| format!("{}{path}", config.path_prefix);
    for (name, path, is_timed, grows) in USUAL {
        let own = config.pprof_config.get(name);
        let is_usual = own.is_none();
        let own = own.unwrap_or(&unset);
        if own.enabled == Some(false) {
            continue;
        }
        all.push(ScrapedProfile {
            name: name.to_owned(),
            path: place(own.path.as_deref().unwrap_or(path)),
            seconds: own.seconds.or(is_timed.then_some(usual_seconds)),
            // In Parca's files `delta` of a CPU profile says that it is measured over a time.
            delta: if is_timed { false } else { own.delta.unwrap_or(grows) },
            is_usual,
        });
    }
    for (name, own) in &config.pprof_config {
        let is_usual = USUAL.iter().any(|(usual, ..)| usual == name);
        let Some(path) = own.path.as_deref().filter(|_| !is_usual && own.enabled != Some(false)) else {
            continue;
        };
        all.push(ScrapedProfile {
            name: name.clone(),
            path: place(path),
            seconds: own.seconds,
            delta: own.delta.unwrap_or(false) && own.seconds.is_none(),
            is_usual: false,
        });
    }
    all
}

/// A duration such as `10s`.
fn span<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
    let text = Option::<String>::deserialize(from)?;
    text.map(|text| duration(&text).map_err(D::Error::custom)).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<ScrapeConfig, String> {
        ScrapeConfig::parse(text, PathBuf::from("."))
    }

    #[test]
    fn a_file_of_prometheus_is_read() {
        let config = parse(
            "global: {scrape_interval: 30s, external_labels: {zone: z1}}
scrape_configs:
  - job_name: go
    scrape_interval: 10s
    static_configs:
      - targets: ['localhost:6060']
        labels: {env: prod}
    file_sd_configs:
      - files: ['targets/*.yml']
        refresh_interval: 1m
    relabel_configs:
      - {source_labels: [__address__], target_label: instance}
    profiling_config:
      pprof_config:
        block: {enabled: false}
        process_cpu: {seconds: 5, delta: true}
        fgprof: {enabled: true, path: /debug/fgprof, seconds: 3}
  - job_name: rust
",
        )
        .unwrap();
        let [go, rust] = &config.scrape_configs[..] else { panic!("two jobs") };
        assert_eq!((go.interval.as_secs(), rust.interval.as_secs()), (10, 30));
        assert_eq!((go.timeout.as_secs(), rust.timeout.as_secs()), (15, 20));
        let names: Vec<(&str, Option<u64>, bool)> =
            go.profiles.iter().map(|profile| (&*profile.name, profile.seconds, profile.delta)).collect();
        assert_eq!(
            names,
            [
                ("process_cpu", Some(5), false),
                ("memory", None, true),
                ("goroutine", None, false),
                ("mutex", None, true),
                ("fgprof", Some(3), false)
            ]
        );
        assert_eq!(rust.external["zone"], "z1");
    }

    #[test]
    fn what_makes_no_sense_is_refused_by_name() {
        let check = |text: &str, words: &str| {
            let error = parse(text).map(|_| ()).unwrap_err();
            assert!(error.contains(words), "{text}: {error}");
        };
        check("scrape_configs: [{job_name: a, scrape_interval: soon}]", "soon");
        check("scrape_configs: [{job_name: a, scrape_interval: 10ms}]", "job a: scrape_interval");
        check("scrape_configs: [{job_name: a, scrape_timeout: 5s}]", "job a: scrape_timeout");
        check("scrape_configs: [{job_name: a, scheme: ftp}]", "job a: scheme");
        check("scrape_configs: [{job_name: a}, {job_name: a}]", "two of this name");
        check("scrape_configs: [{job_name: a, targets: []}]", "targets");
        check("scrape_configs: [{job_name: a, relabel_configs: [{regex: '('}]}]", "job a: relabel");
        check("scrape_configs: {", "");
    }
}
