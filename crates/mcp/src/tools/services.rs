//! `services`: what a store of profiles has.

use std::collections::{BTreeMap, BTreeSet};

use rmcp::model::CallToolResult;
use rmcp::schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::budget::{Answer, Room, fit, result};
use crate::desk::Desk;
use crate::quote::{quoted, shown};
use crate::refusal::Refusal;
use crate::request::Request;
use crate::store::Store;
use crate::tool::{Tool, input, output};

pub(crate) const TOOL: Tool = Tool {
    name: "services",
    title: "Services of a store",
    description: "What a store of profiles over time (hotlist serve, named with -url) has: services, types of profiles, \
                  labels. timeline and open ask it further.",
    options: &[],
    open_world: true,
    input: input::<Arguments>,
    output: output::<Services>,
    call,
};

#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Arguments {
    /// Address of the store, where several were given
    store: Option<String>,
    /// Time such as -1h (default) or RFC 3339
    from: Option<String>,
    to: Option<String>,
}

/// The services of a store in a range of time.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Services {
    store: String,
    from: String,
    to: String,
    services: Vec<Service>,
    #[serde(skip_serializing_if = "is_zero")]
    more_services: usize,
    /// Names of labels, for queries such as cpu{service="api",zone="z1"}.
    labels: Vec<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Service {
    service: String,
    /// Types as queries take them.
    types: Vec<String>,
    series: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// What the store answers.
#[derive(Deserialize)]
struct AllSeries {
    series: Vec<Series>,
}

#[derive(Deserialize)]
struct Series {
    #[serde(rename = "type")]
    profile_type: String,
    labels: BTreeMap<String, String>,
}

/// The most types of a service and labels.
const MOST: usize = 30;

fn call(desk: &Desk, request: &Request) -> Result<CallToolResult, Refusal> {
    let Arguments { store, from, to } = request.own()?;
    let store = Store::of(desk, store.as_deref())?;
    let (from, to) = (from.unwrap_or_else(|| "-1h".to_owned()), to.unwrap_or_else(|| "now".to_owned()));
    let all: AllSeries = store.ask("series", &[("from", &from), ("to", &to)])?;
    let mut services: BTreeMap<&str, (BTreeSet<String>, usize)> = BTreeMap::new();
    let mut labels = BTreeSet::new();
    for Series { profile_type, labels: own } in &all.series {
        labels.extend(own.keys().map(String::as_str));
        let service = services.entry(own.get("service").map_or("", String::as_str)).or_default();
        service.0.insert(profile_type.split(':').take(2).collect::<Vec<_>>().join(":"));
        service.1 += 1;
    }
    let mut services: Vec<_> = services.into_iter().collect();
    services.sort_by_key(|(_, (_, series))| std::cmp::Reverse(*series));
    let answer = fit(request.max_bytes, services.len(), |room: Room| Services {
        store: store.address(),
        from: shown(&from, 40),
        to: shown(&to, 40),
        services: services
            .iter()
            .take(room.rows)
            .map(|(service, (types, series))| Service {
                service: shown(service, room.name),
                types: types.iter().take(MOST).map(|name| shown(name, room.name)).collect(),
                series: *series,
            })
            .collect(),
        more_services: services.len().saturating_sub(room.rows),
        labels: labels.iter().take(MOST).map(|name| shown(name, room.name)).collect(),
    })?;
    result(&answer)
}

impl Answer for Services {
    fn text(&self) -> String {
        let Services { store, from, to, services, more_services, labels } = self;
        let mut text = format!("{store}, {from} to {to}\n");
        if services.is_empty() && *more_services == 0 {
            text += "no profiles in this range of time; an earlier from shows older ones\n";
        }
        for Service { service, types, series } in services {
            text += &format!("{}: {} ({series} series)\n", quoted(service), types.join(", "));
        }
        if *more_services > 0 {
            text += &format!("({more_services} more services; a larger max_bytes shows them)\n");
        }
        if !labels.is_empty() {
            text += &format!("labels: {}\n", labels.join(", "));
        }
        text
    }
}
