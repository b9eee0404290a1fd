//! Asking all targets, each in its own time.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use hotlist_formats::{Limits, read_bytes};
use hotlist_store::Tenant;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep};

use super::client::{Client, ScrapeFailure};
use super::config::{Job, ScrapeConfig, ScrapedProfile};
use super::delta::{first, grows, since};
use super::target::{Target, targets};
use crate::body::Taken;
use crate::intake::{keep, translated};
use crate::server::Shared;

/// How often files with targets are read when they do not say.
const REFRESH: Duration = Duration::from_secs(60);
/// Failures after each of which the pause doubles.
const DOUBLINGS: u32 = 4;
/// How long a program that does not have a profile is not asked for it again.
const MISSING: Duration = Duration::from_secs(600);

/// What asks the targets of a configuration.
pub(crate) struct Scraper {
    config: ScrapeConfig,
    shared: Arc<Shared>,
    client: Client,
    /// How many profiles are decoded and kept at the same time.
    workers: Arc<Semaphore>,
}

impl Scraper {
    pub(crate) fn new(
        config: ScrapeConfig,
        shared: Arc<Shared>,
        tls: Arc<tokio_rustls::rustls::ClientConfig>,
    ) -> Scraper {
        let client = Client { limits: shared.bodies.clone(), tls };
        let processors = std::thread::available_parallelism().map_or(2, usize::from);
        Scraper { config, shared, client, workers: Arc::new(Semaphore::new(processors)) }
    }

    /// Begins; each job looks after its targets.
    pub(crate) fn start(self) {
        let this = Arc::new(self);
        for job in this.config.scrape_configs.clone() {
            tokio::spawn(Arc::clone(&this).job(Arc::new(job)));
        }
    }

    /// Keeps a task for each target of a job: those that appear get one, those that are gone lose it.
    async fn job(self: Arc<Self>, job: Arc<Job>) {
        let refresh =
            job.file_sd_configs.iter().filter_map(|files| files.refresh_interval).min().unwrap_or(REFRESH);
        let mut tasks: BTreeMap<Target, Vec<JoinHandle<()>>> = BTreeMap::new();
        let mut last_complaints = Vec::new();
        loop {
            let (worker, read) = (Arc::clone(&self), Arc::clone(&job));
            let found = tokio::task::spawn_blocking(move || {
                let mut complaints = Vec::new();
                let found = targets(&read, &worker.config.folder, &mut |text| complaints.push(text));
                (found, complaints)
            });
            // A file that is being written is read again soon; until then its targets stay.
            if let Ok((found, complaints)) = found.await {
                if complaints != last_complaints {
                    complaints.iter().for_each(|text| self.shared.tell.say(text));
                    last_complaints.clone_from(&complaints);
                }
                if complaints.is_empty() {
                    let gone: Vec<Target> =
                        tasks.keys().filter(|target| !found.contains(target)).cloned().collect();
                    for target in gone {
                        tasks.remove(&target).into_iter().flatten().for_each(|task| task.abort());
                        self.shared.metrics.targets.fetch_sub(1, Ordering::Relaxed);
                    }
                } else {
                    self.shared.metrics.scrape_failures.fetch_add(complaints.len() as u64, Ordering::Relaxed);
                }
                for target in found {
                    if tasks.contains_key(&target) {
                        continue;
                    }
                    self.shared.metrics.targets.fetch_add(1, Ordering::Relaxed);
                    let ask = |profile: &ScrapedProfile| {
                        tokio::spawn(Arc::clone(&self).repeat(
                            Arc::clone(&job),
                            target.clone(),
                            profile.clone(),
                        ))
                    };
                    let each = job.profiles.iter().map(ask).collect();
                    tasks.insert(target, each);
                }
            }
            if job.file_sd_configs.is_empty() {
                // The targets stay as they are.
                return;
            }
            sleep(refresh).await;
        }
    }

    /// Asks a target for a profile again and again.
    async fn repeat(self: Arc<Self>, job: Arc<Job>, target: Target, profile: ScrapedProfile) {
        // Each begins at a moment of its own, the same after a restart.
        let hasher = BuildHasherDefault::<DefaultHasher>::default();
        let nanos = u64::try_from(job.interval.as_nanos()).unwrap_or(u64::MAX).max(1);
        let offset =
            Duration::from_nanos(hasher.hash_one((&target.address, &target.labels, &profile.name)) % nanos);
        let mut ticks = interval_at(Instant::now() + offset, job.interval);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut before: Option<Taken> = None;
        let mut failures = 0;
        loop {
            ticks.tick().await;
            let got = self.client.get(&target, &target.path(&profile), job.timeout).await;
            let kept = match got {
                Ok(taken) => self.keep(&target, &profile, taken, &mut before).await,
                Err(failure) => Err(failure),
            };
            match kept {
                Ok(()) => {
                    if failures > 0 {
                        self.shared.tell.say(&format!("{} gives {} again", target.address, profile.name));
                    }
                    failures = 0;
                    self.shared.metrics.scrapes.fetch_add(1, Ordering::Relaxed);
                }
                Err(ScrapeFailure::Missing) if profile.is_usual => sleep(MISSING).await,
                Err(failure) => {
                    self.shared.metrics.scrape_failures.fetch_add(1, Ordering::Relaxed);
                    if failures == 0 {
                        let (address, name) = (&target.address, &profile.name);
                        self.shared.tell.say(&format!("{address} gives no {name}: {}", failure.words()));
                    }
                    failures = (failures + 1).min(DOUBLINGS);
                    // A program that is gone is asked less and less often.
                    sleep(job.interval * (2u32.pow(failures - 1) - 1)).await;
                }
            }
        }
    }

    async fn keep(
        &self,
        target: &Target,
        profile: &ScrapedProfile,
        mut taken: Taken,
        before: &mut Option<Taken>,
    ) -> Result<(), ScrapeFailure> {
        let internal = || ScrapeFailure::Other("the server is about to end".to_owned());
        let _place = self.workers.acquire().await.map_err(|_| internal())?;
        let shared = Arc::clone(&self.shared);
        let labels = target.labels.clone();
        let (name, delta) = (profile.name.clone(), profile.delta);
        let last = before.take();
        let work = tokio::task::spawn_blocking(move || {
            let limits = Limits { unpacked_bytes: shared.store.settings().max_unpacked_bytes };
            let read = |bytes: &[u8]| {
                read_bytes(bytes, limits).map_err(|error| ScrapeFailure::Other(error.to_string()))
            };
            let (body, kept) = if delta {
                let now = read(&taken.bytes)?;
                let change = match last {
                    None => first(now, &grows),
                    Some(last) => Some(
                        since(now, read(&last.bytes)?, &grows)
                            .map_err(|error| ScrapeFailure::Other(error.to_string()))?,
                    ),
                };
                // What requests may hold is not for what is kept between scrapes.
                taken.release();
                (change.map(|change| hotlist_profile::encode_to_vec(&change).into()), Some(taken))
            } else {
                (Some(taken.bytes.clone()), None)
            };
            if let Some(body) = body {
                let (labels, _) = translated(labels);
                keep(&shared, &Tenant::default(), labels, Some(&name), None, body)
                    .map_err(|failure| ScrapeFailure::Other(failure.words()))?;
            }
            Ok(kept)
        });
        *before = work.await.map_err(|_| internal())??;
        Ok(())
    }
}
