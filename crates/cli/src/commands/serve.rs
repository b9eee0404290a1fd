//! `hotlist serve -data folder`: a store of profiles over time, filled and asked over HTTP.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::bail;
use hotlist_fetch::{Environment, Fetcher, TlsOptions};
use hotlist_serve::scrape::ScrapeConfig;
use hotlist_serve::{Server, Site, Tell, Tenants};
use hotlist_session::{Error, Size};
use hotlist_store::{Settings, Store};
use hotlist_web::Address;

use crate::args::{ArgsError, Arguments};
use crate::commands::{Command, OwnFlag, Takes, Words};
use crate::console::Console;
use crate::duration;
use crate::environment::variable;

/// Where to listen unless told otherwise, as Pyroscope does.
const USUAL_ADDRESS: &str = "127.0.0.1:4040";
/// The store and the requests share what memory there may be: of so many parts one is for requests.
const REQUEST_SHARE: u64 = 4;
/// With less than this the store cannot take in a profile of an ordinary size.
const LEAST_MEMORY: u64 = 64 << 20;

pub(crate) const COMMAND: Command = Command {
    name: "serve",
    help: "Keep profiles over time in a folder, and answer questions to them over HTTP",
    takes: Takes {
        flags: &[
            OwnFlag { name: "data", value_name: "folder", help: "Keep profiles in this folder" },
            OwnFlag {
                name: "listen",
                value_name: "address",
                help: "Listen at this address (default 127.0.0.1:4040)",
            },
            OwnFlag {
                name: "scrape",
                value_name: "file",
                help: "Ask programs for profiles as this file says, in the manner of Prometheus",
            },
            OwnFlag {
                name: "retention",
                value_name: "duration",
                help: "Keep profiles for so long (default 30d); 0 keeps them for ever",
            },
            OwnFlag {
                name: "memory-limit",
                value_name: "size",
                help: "Use no more memory than about this (default 1GB)",
            },
            OwnFlag {
                name: "max-profile-size",
                value_name: "size",
                help: "Refuse profiles that are larger when unpacked (default 64MB)",
            },
            OwnFlag {
                name: "max-series",
                value_name: "n",
                help: "Refuse further series of a tenant that has this many (default 100000)",
            },
            OwnFlag {
                name: "max-labels",
                value_name: "n",
                help: "Refuse profiles with more labels (default 64)",
            },
            OwnFlag {
                name: "token-file",
                value_name: "file",
                help: "Answer only requests with a token of this file; each line is a token and its tenant",
            },
            OwnFlag {
                name: "tls-cert",
                value_name: "file",
                help: "Serve https with this chain of certificates",
            },
            OwnFlag { name: "tls-key", value_name: "file", help: "The key of the certificate" },
            OwnFlag {
                name: "host",
                value_name: "name",
                help: "Let clients call the server by this name, too; may be given several times",
            },
            OwnFlag {
                name: "allow-remote",
                value_name: "",
                help: "Listen where other machines can reach the server, although there are no tokens",
            },
        ],
        remarks: &[
            "  hotlist serve -data profiles",
            "  curl --data-binary @cpu.pb.gz 'http://127.0.0.1:4040/api/v1/profiles?service=api'",
            "  hotlist -top 'http://127.0.0.1:4040/api/v1/query?q=cpu{service=\"api\"}&from=-1h'",
        ],
        ..Takes::only(Words::None)
    },
    run,
};

#[expect(clippy::needless_pass_by_value, reason = "every command is given its arguments")]
fn run(arguments: Arguments, console: &Console) -> anyhow::Result<()> {
    let folder = arguments.values("data").last().map(PathBuf::from);
    let Some(folder) = folder else { return Err(ArgsError::NeedsFlag("data").into()) };
    let address: Address = match arguments.value("listen", |text| text.parse().map_err(words))? {
        Some(address) => address,
        None => USUAL_ADDRESS.parse().map_err(|error| anyhow::anyhow!("{error}"))?,
    };
    let file = |flag: &'static str| arguments.values(flag).last().map(PathBuf::from);
    let tls = match (file("tls-cert"), file("tls-key")) {
        (Some(chain), Some(key)) => Some((chain, key)),
        (None, None) => None,
        (Some(_), None) => return Err(ArgsError::Needs { flag: "tls-cert", needed: "tls-key" }.into()),
        (None, Some(_)) => return Err(ArgsError::Needs { flag: "tls-key", needed: "tls-cert" }.into()),
    };
    let tenants = file("token-file").map(|file| Tenants::read(&file)).transpose()?;
    let scrape = file("scrape").map(|file| ScrapeConfig::read(&file)).transpose()?;
    let names = arguments.all_values("host", |text| Ok(text.to_owned()))?;
    let (settings, request_memory) = settings(&arguments)?;
    let is_open = tenants.is_none() && !arguments.has("allow-remote");
    let fetch =
        Fetcher::new(TlsOptions::default(), Environment::from_lookup(variable)).map_err(Error::Fetch)?;

    let max_profile = settings.max_unpacked_bytes;
    let store = Store::open(&folder, settings)?;
    let said = *console;
    let site = Site {
        store,
        address,
        names,
        tenants: tenants.unwrap_or_default(),
        tls,
        scrape,
        authorities: fetch.tls()?,
        max_profile,
        request_memory,
        tell: Tell::new(move |line| said.say(&format!("hotlist: {line}"))),
    };
    let server = Server::bind(site)?;
    if is_open && !server.bound().ip().is_loopback() {
        bail!(
            "other machines can reach {}: give tokens with -token-file, or let everyone in with -allow-remote",
            server.bound()
        );
    }
    console.say(&format!(
        "hotlist: profiles are kept in {} and served at {}",
        folder.display(),
        server.url()
    ));
    Ok(server.run_until_signalled()?)
}

/// The settings of the store, and the bytes that requests may hold.
fn settings(arguments: &Arguments) -> Result<(Settings, u64), ArgsError> {
    let size = |flag| arguments.value(flag, |text| text.parse().map(|Size(bytes)| bytes));
    let count = |flag| {
        arguments.value(flag, |text| match text.parse::<u64>() {
            Ok(count) if count > 0 => Ok(count),
            _ => Err(format!("{text:?} is no number above 0")),
        })
    };
    let memory = arguments.value("memory-limit", |text| match text.parse()? {
        Size(bytes) if bytes >= LEAST_MEMORY => Ok(bytes),
        _ => Err(format!("the least is {}", Size(LEAST_MEMORY))),
    })?;
    let retention = arguments.value("retention", duration::parse)?;
    let mut settings = Settings::default();
    let memory = memory.unwrap_or(settings.memory_limit);
    let request_memory = memory / REQUEST_SHARE;
    settings.memory_limit = memory - request_memory;
    settings.max_unpacked_bytes = match size("max-profile-size")? {
        Some(bytes) => bytes,
        None => settings.max_unpacked_bytes.min(request_memory),
    };
    settings.max_series = count("max-series")?.unwrap_or(settings.max_series);
    settings.max_labels = count("max-labels")?.unwrap_or(settings.max_labels);
    match retention {
        None => {}
        Some(Duration::ZERO) => settings.retention = None,
        kept => settings.retention = kept,
    }
    Ok((settings, request_memory))
}

fn words(error: impl std::fmt::Display) -> String {
    error.to_string()
}
