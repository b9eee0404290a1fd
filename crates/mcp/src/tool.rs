//! What a tool is: a file below `tools/` with one of these.

use std::collections::HashSet;
use std::sync::Arc;

use hotlist_session::{OptionSpec, ValueType};
use rmcp::handler::server::tool::{schema_for_input, schema_for_output};
use rmcp::model::{CallToolResult, JsonObject, ToolAnnotations};
use rmcp::schemars::JsonSchema;
use serde_json::{Value, json};

use crate::desk::Desk;
use crate::refusal::Refusal;
use crate::request::Request;

/// The options that choose what is summed, for tools that look at a profile.
pub(crate) const FILTERS: &[&str] = &[
    "focus",
    "ignore",
    "hide",
    "show",
    "show_from",
    "tagfocus",
    "tagignore",
    "sample_index",
    "noinlines",
    "relative_percentages",
];

/// A tool that clients can call.
pub(crate) struct Tool {
    /// Its name: lower-case words with `_` between them.
    pub(crate) name: &'static str,
    /// What people read in a list.
    pub(crate) title: &'static str,
    /// What it is for, for a model that chooses among tools.
    pub(crate) description: &'static str,
    /// The options of hotlist that it takes, by name.
    pub(crate) options: &'static [&'static [&'static str]],
    /// Whether it may ask a server that was named when the program was started.
    pub(crate) open_world: bool,
    /// The schema of its own parameters.
    pub(crate) input: fn() -> JsonObject,
    /// The schema of its answer.
    pub(crate) output: fn() -> JsonObject,
    /// Answers.
    pub(crate) call: fn(&Desk, &Request) -> Result<CallToolResult, Refusal>,
}

impl Tool {
    /// The options of hotlist that it takes.
    pub(crate) fn options(&self) -> impl Iterator<Item = &'static OptionSpec> {
        self.options.iter().copied().flatten().filter_map(|name| hotlist_session::find(name))
    }

    /// The schemas of its own parameters by name.
    pub(crate) fn own_parameters(&self) -> JsonObject {
        match (self.input)().remove("properties") {
            Some(Value::Object(properties)) => properties,
            _ => JsonObject::new(),
        }
    }

    /// What clients are told. An option is explained by the first tool that has it; `explained` are those that were.
    fn definition(&self, explained: &mut HashSet<&'static str>) -> rmcp::model::Tool {
        let mut properties = self.own_parameters();
        for option in self.options() {
            let mut schema = option_schema(option);
            if explained.insert(option.name) {
                schema.insert("description".to_owned(), option.help.into());
            }
            properties.insert(option.name.to_owned(), Value::Object(schema));
        }
        let mut max_bytes = json!({ "type": "integer", "minimum": 0 });
        if explained.insert("max_bytes") {
            max_bytes["description"] = "Size of the answer (default 8192)".into();
        }
        properties.insert("max_bytes".to_owned(), max_bytes);
        let mut input = (self.input)();
        input.insert("properties".to_owned(), Value::Object(properties));
        input.insert("additionalProperties".to_owned(), false.into());
        let annotations = ToolAnnotations::with_title(self.title)
            .read_only(true)
            .destructive(false)
            .idempotent(true)
            .open_world(self.open_world);
        rmcp::model::Tool::new(self.name, self.description, input)
            .with_title(self.title)
            .with_raw_output_schema(Arc::new((self.output)()))
            .with_annotations(annotations)
    }
}

/// What clients are told of `tools`.
pub(crate) fn definitions(tools: &[Tool]) -> Vec<rmcp::model::Tool> {
    let mut explained = HashSet::new();
    tools.iter().map(|tool| tool.definition(&mut explained)).collect()
}

fn option_schema(option: &OptionSpec) -> JsonObject {
    let mut schema = JsonObject::new();
    let kind = match option.value {
        ValueType::Switch => "boolean",
        ValueType::Whole => "integer",
        ValueType::Number => "number",
        _ => "string",
    };
    schema.insert("type".to_owned(), kind.into());
    if let ValueType::Choice(choices) = option.value {
        schema.insert("enum".to_owned(), choices.iter().map(|choice| choice.name).collect());
    }
    schema
}

/// The schema of a tool's own parameters. The comments of the fields of `A` are what clients read.
pub(crate) fn input<A: JsonSchema + 'static>() -> JsonObject {
    // An argument that is no struct would be a mistake of ours, which the tests of the table find.
    let mut schema = schema_for_input::<A>().map(|schema| (*schema).clone()).unwrap_or_default();
    schema.values_mut().for_each(|value| slim(value, &["format", "default"]));
    schema.remove("$schema");
    schema
}

/// The schema of an answer, without words: a model reads the answer and not its schema.
pub(crate) fn output<A: JsonSchema + 'static>() -> JsonObject {
    let mut schema = (*schema_for_output::<A>()).clone();
    schema
        .values_mut()
        .for_each(|value| slim(value, &["format", "default", "description", "title", "minimum"]));
    schema.remove("$schema");
    schema
}

/// Takes `without` off a schema and those in it. What may be left out need not be allowed to be `null` too.
fn slim(schema: &mut Value, without: &[&str]) {
    match schema {
        Value::Object(object) => {
            // Below `properties` and `$defs` are names, not keywords.
            let is_schema = !object.values().all(Value::is_object);
            if is_schema {
                without.iter().for_each(|keyword| drop(object.remove(*keyword)));
            }
            if let Some(Value::Array(kinds)) = object.get("type")
                && let [kind, Value::String(null)] = kinds.as_slice()
                && null == "null"
            {
                let kind = kind.clone();
                object.insert("type".to_owned(), kind);
            }
            object.values_mut().for_each(|value| slim(value, without));
        }
        Value::Array(values) => values.iter_mut().for_each(|value| slim(value, without)),
        _ => {}
    }
}
