//! `tags`: what each value of each tag weighs.

use hotlist_report::{Shape, TagKey};
use rmcp::model::CallToolResult;
use rmcp::schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::about::{About, Basis, ask};
use crate::budget::{Answer, Room, fit, result};
use crate::desk::Desk;
use crate::quote::{quoted, shown};
use crate::refusal::Refusal;
use crate::request::Request;
use crate::tool::{FILTERS, Tool, input, output};

pub(crate) const TOOL: Tool = Tool {
    name: "tags",
    title: "Tags",
    description: "The tags (labels) of samples, such as threads, requests or sizes: each value with what it weighs. \
                  tagfocus=key=value looks at one.",
    options: &[FILTERS, &["nodecount"]],
    open_world: false,
    input: input::<Arguments>,
    output: output::<TagSums>,
    call,
};

/// How many values of a key there are when clients do not say.
const ROWS: usize = 10;

/// The most keys.
const KEYS: usize = 20;

#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Arguments {
    /// Handle from open
    profile: Option<String>,
    /// This key alone
    key: Option<String>,
}

/// Keys of tags, those that most samples have first.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct TagSums {
    about: About,
    keys: Vec<Key>,
    /// Keys that are not here.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    other_keys: Vec<String>,
    #[serde(skip_serializing_if = "is_zero")]
    more_keys: usize,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Key {
    key: String,
    /// The weight of the samples that have it.
    total: String,
    percent: f64,
    values: Vec<Value>,
    /// Values that are not here.
    #[serde(skip_serializing_if = "Option::is_none")]
    left_out: Option<LeftOut>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Value {
    value: String,
    weight: String,
    percent: f64,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct LeftOut {
    values: usize,
    weight: String,
    /// How to see them.
    how: &'static str,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

fn call(desk: &Desk, request: &Request) -> Result<CallToolResult, Refusal> {
    let Arguments { profile, key } = request.own()?;
    let opened = desk.profile(profile.as_deref())?;
    let question = request.question(const { &hotlist_report::TAGS }, None)?;
    let (basis, mut keys) = ask(desk, &opened, request, &question, |shape| match shape {
        Shape::Tags(tags) => Some(tags.keys.clone()),
        _ => None,
    })?;
    if let Some(wanted) = &key {
        let known: Vec<String> = keys.iter().map(|key| shown(&key.key, 60)).collect();
        keys.retain(|key| key.key == *wanted || shown(&key.key, 60) == *wanted);
        if keys.is_empty() {
            let known = if known.is_empty() {
                "it has no tags".to_owned()
            } else {
                format!("it has {}", known.join(", "))
            };
            return Err(Refusal::new(format!("key: what is looked at has no tag {wanted}; {known}")));
        }
    }
    keys.sort_by_key(|key| std::cmp::Reverse(key.total.unsigned_abs()));
    let usual = if key.is_some() { 10 * ROWS } else { ROWS };
    let longest = keys.iter().map(|key| key.values.len()).max().unwrap_or(0);
    let most = request.most_rows(usual).min(longest);
    let answer = fit(request.max_bytes, most, |room| sums(&basis, &keys, room))?;
    result(&answer)
}

fn sums(basis: &Basis, keys: &[TagKey], room: Room) -> TagSums {
    let values = &basis.values;
    // With no room for values, keys are told by name alone.
    let (full, others) = keys.split_at(if room.rows == 0 { 0 } else { keys.len().min(KEYS) });
    let named = others.len().min(KEYS);
    TagSums {
        about: basis.about.clone(),
        keys: full
            .iter()
            .map(|key| {
                let (rows, rest) = key.values.split_at(key.values.len().min(room.rows));
                Key {
                    key: shown(&key.key, room.name),
                    total: values.text(key.total),
                    percent: values.percent(key.total),
                    values: rows
                        .iter()
                        .map(|row| Value {
                            value: shown(&row.value, room.name),
                            weight: values.text(row.weight),
                            percent: values.percent(row.weight),
                        })
                        .collect(),
                    left_out: (!rest.is_empty()).then(|| LeftOut {
                        values: rest.len(),
                        weight: values
                            .text(rest.iter().fold(0i64, |sum, row| sum.saturating_add(row.weight))),
                        how: "name it as key, with a larger nodecount",
                    }),
                }
            })
            .collect(),
        other_keys: others[..named].iter().map(|key| shown(&key.key, room.name)).collect(),
        more_keys: others.len() - named,
    }
}

impl Answer for TagSums {
    fn text(&self) -> String {
        let mut text = self.about.text();
        if self.keys.is_empty() && self.other_keys.is_empty() {
            text += "what is looked at has no tags\n";
        }
        for Key { key, total, percent, values, left_out } in &self.keys {
            text += &format!("{}: {total} {percent}%\n", quoted(key));
            for Value { value, weight, percent } in values {
                text += &format!("  {} {weight} {percent}%\n", quoted(value));
            }
            if let Some(LeftOut { values, weight, how }) = left_out {
                text += &format!("  ({values} more) {weight}; to see them: {how}\n");
            }
        }
        if !self.other_keys.is_empty() {
            let names: Vec<String> = self.other_keys.iter().map(|key| quoted(key)).collect();
            text += &format!("other keys: {}", names.join(", "));
            text +=
                &if self.more_keys > 0 { format!(" and {} more\n", self.more_keys) } else { "\n".to_owned() };
        }
        text
    }
}
