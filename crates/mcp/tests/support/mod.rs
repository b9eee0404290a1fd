//! A server in this process, and the SDK's client at the other end of a pipe.

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::Path;

use hotlist_fetch::{Environment, Fetcher, TlsOptions};
use hotlist_mcp::{Access, McpServer, McpSite};
use hotlist_profile::{Builder, LocationId, Profile};
use hotlist_session::{Options, Reach, SourceFiles};
use rmcp::ServiceExt;
use rmcp::model::{CallToolRequestParams, CallToolResult, ContentBlock};
use rmcp::service::RunningService;
use serde_json::Value;

/// The largest profile that these servers read.
pub const LARGEST: u64 = 64 << 20;

/// A client of a server of its own.
pub struct Client {
    runtime: tokio::runtime::Runtime,
    pub service: RunningService<rmcp::RoleClient, ()>,
}

/// An answer of a tool.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The structured content.
    pub value: Value,
    pub text: String,
    pub is_error: bool,
    /// The size of the whole result.
    pub bytes: usize,
}

/// What a server needs to know to serve `root`, with `profiles` open.
pub fn site(root: &Path, profiles: &[&Path]) -> McpSite {
    let folders = [root.display().to_string()];
    let access = Access::new(&[root.to_owned()], &[], LARGEST).expect("the root is a folder");
    let environment = Environment::default();
    McpSite {
        options: Options::default(),
        fetch: Box::new(Fetcher::new(TlsOptions::default(), environment.clone()).expect("no certificates")),
        environment,
        reach: Reach { binaries_below: Some(access.roots().to_vec()), keeps_nothing: true },
        access,
        source: SourceFiles::new(&folders, &[], root, |_| None).only_below_roots(),
        binary: None,
        threads: NonZeroUsize::MIN,
        profiles: profiles.iter().map(OsString::from).collect(),
    }
}

impl Client {
    pub fn of(root: &Path, profiles: &[&Path]) -> Client {
        Client::with(site(root, profiles))
    }

    pub fn with(site: McpSite) -> Client {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let server = McpServer::new(site);
        let service = runtime.block_on(async {
            let (ours, theirs) = tokio::io::duplex(1 << 16);
            tokio::spawn(async move {
                let running = server.serve(theirs).await.expect("the client begins as it should");
                running.waiting().await.expect("the server ends in peace");
            });
            ().serve(ours).await.expect("the server answers")
        });
        Client { runtime, service }
    }

    pub fn tools(&self) -> Vec<rmcp::model::Tool> {
        self.runtime.block_on(self.service.list_all_tools()).expect("tools are listed")
    }

    /// What the protocol itself says of a call.
    pub fn try_call(&self, tool: &str, arguments: Value) -> Result<Reply, rmcp::ServiceError> {
        self.runtime.block_on(self.call_later(tool, arguments))
    }

    async fn call_later(&self, tool: &str, arguments: Value) -> Result<Reply, rmcp::ServiceError> {
        let Value::Object(arguments) = arguments else { panic!("arguments are an object") };
        let request = CallToolRequestParams::new(tool.to_owned()).with_arguments(arguments);
        Ok(reply(&self.service.call_tool(request).await?))
    }

    pub fn call(&self, tool: &str, arguments: Value) -> Reply {
        self.try_call(tool, arguments).expect("the tool is there")
    }

    /// An answer that is none of an error.
    pub fn answer(&self, tool: &str, arguments: Value) -> Reply {
        let reply = self.call(tool, arguments);
        assert!(!reply.is_error, "{tool}: {}", reply.text);
        reply
    }

    /// The line with which a tool refuses.
    #[allow(clippy::needless_pass_by_value, reason = "arguments are written where they are used")]
    pub fn refusal(&self, tool: &str, arguments: Value) -> String {
        let reply = self.call(tool, arguments.clone());
        assert!(reply.is_error, "{tool} {arguments}: {}", reply.text);
        assert_eq!(reply.text.lines().count(), 1, "{}", reply.text);
        reply.text
    }

    /// Two calls at once.
    pub fn both(&self, calls: [(&str, Value); 2]) -> [Reply; 2] {
        let [first, second] = calls.map(|(tool, arguments)| self.call_later(tool, arguments));
        let (first, second) = self.runtime.block_on(async { tokio::join!(first, second) });
        [first.expect("an answer"), second.expect("an answer")]
    }
}

fn reply(result: &CallToolResult) -> Reply {
    let text = result.content.iter().map(|block| match block {
        ContentBlock::Text(text) => text.text.clone(),
        other => panic!("{other:?}"),
    });
    Reply {
        text: text.collect(),
        value: result.structured_content.clone().unwrap_or_default(),
        is_error: result.is_error == Some(true),
        bytes: serde_json::to_string(result).expect("a result is JSON").len(),
    }
}

/// Makes profiles from stacks as text.
pub struct Stacks {
    builder: Builder,
    width: usize,
}

impl Stacks {
    pub fn new(sample_types: &[(&str, &str)]) -> Stacks {
        Stacks { builder: Builder::new(sample_types), width: sample_types.len() }
    }

    /// A clock with a sample each 10 ms.
    pub fn cpu() -> Stacks {
        let mut stacks = Stacks::new(&[("samples", "count"), ("cpu", "nanoseconds")]);
        stacks.builder.period("cpu", "nanoseconds", 10_000_000);
        stacks
    }

    fn location(&mut self, name: &str) -> LocationId {
        let file = format!("src/{}.rs", name.split(['.', ':', '<', '(']).next().unwrap_or_default());
        let function = self.builder.named_function(name, &file);
        self.builder.source_location(function, 10)
    }

    /// A stack, root first with `;` between frames.
    pub fn add(&mut self, stack: &str, values: &[i64]) -> &mut Stacks {
        assert_eq!(values.len(), self.width);
        let mut frames: Vec<LocationId> = stack.split(';').map(|name| self.location(name)).collect();
        frames.reverse();
        self.builder.add(&frames, &[], values).expect("frames are few");
        self
    }

    /// So many samples of a clock.
    pub fn samples(&mut self, stack: &str, count: i64) -> &mut Stacks {
        self.add(stack, &[count, count * 10_000_000])
    }

    pub fn tagged(&mut self, stack: &str, tag: (&str, &str), count: i64) -> &mut Stacks {
        let mut frames: Vec<LocationId> = stack.split(';').map(|name| self.location(name)).collect();
        frames.reverse();
        let (key, value) = (self.builder.string(tag.0), self.builder.string(tag.1));
        let label = hotlist_profile::Label { key, value: hotlist_profile::LabelValue::Text(value) };
        self.builder.add(&frames, &[label], &[count, count * 10_000_000]).expect("frames are few");
        self
    }

    pub fn finish(self) -> Profile {
        self.builder.finish()
    }

    pub fn write(self, path: &Path) {
        write(&self.finish(), path);
    }
}

/// Writes a profile as a file.
pub fn write(profile: &Profile, path: &Path) {
    let mut bytes = Vec::new();
    hotlist_formats::write(profile, &mut bytes).expect("memory takes everything");
    std::fs::write(path, bytes).expect("a file can be written");
}
