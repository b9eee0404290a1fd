//! `hotlist mcp [profile…]`: profiles for coding assistants, by the Model Context Protocol on standard input and output.

use std::path::{Path, PathBuf};

use hotlist_fetch::{Environment, Fetcher, TlsOptions};
use hotlist_mcp::{Access, McpServer, McpSite};
use hotlist_session::{Error, Group, Options, Reach, Size, SourceFiles, UsageError};

use crate::args::{ArgsError, Arguments};
use crate::commands::{Command, OwnFlag, Takes, Words};
use crate::console::Console;
use crate::environment::{text, variable};
use crate::opening::threads;

/// Clients may ask for profiles that nobody has looked at, several at a time.
const LARGEST: Size = Size(1 << 30);

/// Where systems keep binaries and libraries, which profiles name.
const SYSTEM_FOLDERS: [&str; 8] = ["/usr", "/lib", "/lib64", "/bin", "/sbin", "/opt", "/System", "/Library"];

pub(crate) const COMMAND: Command = Command {
    name: "mcp",
    help: "Serve profiles to coding assistants, by the Model Context Protocol on standard input and output",
    takes: Takes {
        options: &[Group::Source, Group::Code],
        flags: &[
            OwnFlag {
                name: "root",
                value_name: "folder",
                help: "Let assistants open profiles and see source below this folder (default the current one); may be given several times",
            },
            OwnFlag {
                name: "url",
                value_name: "address",
                help: "Let assistants ask servers at addresses that begin so; may be given several times",
            },
            OwnFlag {
                name: "debuginfod",
                value_name: "",
                help: "Ask the servers of DEBUGINFOD_URLS for symbols",
            },
        ],
        prepare,
        ..Takes::only(Words::Perhaps("source"))
    },
    run,
};

fn prepare(options: &mut Options) {
    options.source.max_size = LARGEST;
}

fn run(arguments: Arguments, _: &Console) -> anyhow::Result<()> {
    let mut roots: Vec<PathBuf> = arguments.values("root").map(PathBuf::from).collect();
    if roots.is_empty() {
        roots.push(PathBuf::from("."));
    }
    let mut urls: Vec<String> =
        arguments.values("url").map(|url| url.to_string_lossy().into_owned()).collect();
    let asks_servers = arguments.has("debuginfod");
    // Without profiles on the command line assistants open what they need.
    let (options, binary, profiles) = if arguments.words.is_empty() {
        (arguments.options, None, Vec::new())
    } else {
        let subject = arguments.subject()?;
        (subject.options, subject.binary, subject.sources)
    };
    if profiles.iter().any(|source| source == "-") {
        return Err(ArgsError::StdinTaken.into());
    }
    // What was named may be asked for again.
    urls.extend(
        profiles
            .iter()
            .filter_map(|source| source.to_str())
            .filter(|text| text.contains("://"))
            .map(str::to_owned),
    );
    let Size(largest) = options.source.max_size;
    let access = Access::new(&roots, &urls, largest)
        .map_err(|error| Error::Usage(UsageError::Other(error.to_string())))?;
    let mut environment = Environment::from_lookup(variable);
    if !asks_servers {
        environment.debuginfod_urls = None;
    }
    let source = &options.source;
    let tls =
        TlsOptions { cert: source.tls_cert.clone(), key: source.tls_key.clone(), ca: source.tls_ca.clone() };
    let fetch = Fetcher::new(tls, environment.clone()).map_err(Error::Fetch)?;
    let mut folders = options.view.source_path.0.clone();
    folders.extend(access.roots().iter().map(|root| root.display().to_string()));
    let sources = SourceFiles::new(&folders, &options.view.trim_path.0, &roots[0], text).only_below_roots();
    // The executable that was named may lie anywhere.
    let named = binary.as_deref().and_then(Path::parent).map(PathBuf::from);
    let below =
        access.roots().iter().cloned().chain(SYSTEM_FOLDERS.map(PathBuf::from)).chain(named).collect();
    let site = McpSite {
        options,
        environment,
        fetch: Box::new(fetch),
        access,
        reach: Reach { binaries_below: Some(below), keeps_nothing: true },
        source: sources,
        binary,
        threads: threads(),
        profiles,
    };
    Ok(hotlist_mcp::run(McpServer::new(site))?)
}
