//! What a client asks of a tool: the tool's own parameters, options of hotlist, and how large the answer may be.

use hotlist_report::Report;
use hotlist_session::{Group, OptionSpec, Options, Question};
use rmcp::model::JsonObject;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::budget::{MOST_BYTES, USUAL_BYTES};
use crate::refusal::Refusal;
use crate::tool::Tool;

/// A request, read and checked.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// The tool's own parameters.
    own: JsonObject,
    /// The options of the server with those of the request.
    pub(crate) options: Options,
    /// The options of the request that decide what is summed, as `name=value`.
    pub(crate) told: Vec<String>,
    /// The names of the options of the request.
    pub(crate) given: Vec<&'static str>,
    /// How many bytes the answer may have.
    pub(crate) max_bytes: usize,
}

impl Request {
    /// Reads the arguments of a call of `tool`; `base` are the options of the server.
    pub(crate) fn read(tool: &Tool, arguments: JsonObject, base: &Options) -> Result<Request, Refusal> {
        let mut request = Request {
            own: JsonObject::new(),
            options: base.clone(),
            told: Vec::new(),
            given: Vec::new(),
            max_bytes: USUAL_BYTES,
        };
        let own = tool.own_parameters();
        for (name, value) in arguments {
            if value.is_null() {
                continue;
            }
            if name == "max_bytes" {
                request.max_bytes = max_bytes(&value)?;
            } else if own.contains_key(&name) {
                request.own.insert(name, value);
            } else if let Some(option) = tool.options().find(|option| option.name == name) {
                request.set(option, &value)?;
            } else {
                let known: Vec<&str> =
                    own.keys().map(String::as_str).chain(tool.options().map(|option| option.name)).collect();
                let known = known.join(", ");
                return Err(Refusal::new(format!(
                    "{} has no parameter {name:?}; it has {known}, max_bytes",
                    tool.name
                )));
            }
        }
        Ok(request)
    }

    fn set(&mut self, option: &'static OptionSpec, value: &Value) -> Result<(), Refusal> {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Bool(_) | Value::Number(_) => value.to_string(),
            _ => return Err(Refusal::new(format!("{}: must be one value, as text", option.name))),
        };
        let before = option.get(&self.options);
        option
            .set(&mut self.options, &text)
            .map_err(|why| Refusal::new(format!("{}: {why}", option.name)))?;
        self.given.push(option.name);
        let decides = matches!(option.group, Group::Filter | Group::Value | Group::Granularity | Group::Tags);
        if decides && option.get(&self.options) != before {
            self.told.push(format!("{}={text}", option.name));
        }
        Ok(())
    }

    /// The tool's own parameters.
    pub(crate) fn own<A: DeserializeOwned>(&self) -> Result<A, Refusal> {
        serde_json::from_value(Value::Object(self.own.clone()))
            .map_err(|error| Refusal::new(error.to_string()))
    }

    /// The question to a report, with its pattern where it takes one.
    pub(crate) fn question(
        &self,
        report: &'static Report,
        pattern: Option<&str>,
    ) -> Result<Question, Refusal> {
        Ok(Question::new(report, pattern, &self.options.view)?)
    }

    /// How many rows an answer has at most: `usual` unless the client says.
    pub(crate) fn most_rows(&self, usual: usize) -> usize {
        usize::try_from(self.options.view.nodecount).ok().filter(|&count| count > 0).unwrap_or(usual)
    }
}

fn max_bytes(value: &Value) -> Result<usize, Refusal> {
    let number = match value {
        Value::String(text) => text.parse().ok(),
        value => value.as_u64(),
    };
    match number.and_then(|number| usize::try_from(number).ok()) {
        Some(bytes) if bytes <= MOST_BYTES => Ok(bytes),
        _ => Err(Refusal::new(format!("max_bytes: must be a whole number up to {MOST_BYTES}"))),
    }
}
