//! `disassembly`: the instructions of a function around the hottest ones.

use hotlist_report::{MachineRoutine, Shape, WeighedInstruction};
use rmcp::model::CallToolResult;
use rmcp::schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::about::{About, Basis, ask};
use crate::budget::{Answer, Room, fit, result};
use crate::desk::Desk;
use crate::hottest::around;
use crate::names::Asked;
use crate::quote::{quoted, shown};
use crate::refusal::Refusal;
use crate::request::Request;
use crate::tool::{FILTERS, Tool, input, output};

pub(crate) const TOOL: Tool = Tool {
    name: "disassembly",
    title: "Machine code",
    description: "The instructions of a function with what each weighs, those around the hottest ones. Needs the binary.",
    options: &[FILTERS, &["intel_syntax", "nodecount"]],
    open_world: false,
    input: input::<Arguments>,
    output: output::<Disassembly>,
    call,
};

/// How many instructions are centres when clients do not say.
const ROWS: usize = 10;

/// How many instructions stand around each.
const CONTEXT: usize = 3;

/// The longest instruction, in bytes.
const LONGEST: usize = 120;

#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Arguments {
    /// Handle from open
    profile: Option<String>,
    /// Name as answers show it, regexp, or address as 0x…
    function: String,
}

/// Instructions of a function.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Disassembly {
    about: About,
    function: String,
    object: String,
    flat: String,
    flat_percent: f64,
    cum: String,
    cum_percent: f64,
    /// How many other functions match.
    #[serde(skip_serializing_if = "is_zero")]
    other_matches: usize,
    instructions: Vec<Instruction>,
    /// Instructions that have a weight and are not here.
    #[serde(skip_serializing_if = "Option::is_none")]
    left_out: Option<LeftOut>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Instruction {
    /// Where in the file it is.
    address: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    flat: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    flat_percent: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cum: Option<String>,
    code: String,
    /// File and line, where they differ from those of the instruction before.
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct LeftOut {
    instructions: usize,
    flat: String,
    /// How to see them.
    how: &'static str,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

fn call(desk: &Desk, request: &Request) -> Result<CallToolResult, Refusal> {
    let Arguments { profile, function } = request.own()?;
    let opened = desk.profile(profile.as_deref())?;
    let pattern = Asked::new(&function).functions(opened.session.profile());
    let question = request.question(const { &hotlist_report::DISASM }, Some(&pattern))?;
    let (basis, mut routines) = ask(desk, &opened, request, &question, |shape| match shape {
        Shape::Assembly(assembly) => Some(assembly.routines.clone()),
        _ => None,
    })?;
    routines
        .sort_by_key(|routine| std::cmp::Reverse((routine.flat.unsigned_abs(), routine.cum.unsigned_abs())));
    let [routine, others @ ..] = routines.as_slice() else {
        return Err(Refusal::new(format!("no function matches {function}: search finds names")));
    };
    let weights: Vec<(i64, i64)> = routine.instructions.iter().map(|code| (code.flat, code.cum)).collect();
    let most = request.most_rows(ROWS).min(weights.iter().filter(|weight| **weight != (0, 0)).count());
    let answer = fit(request.max_bytes, most, |room| {
        let rows = around(&weights, room.rows, CONTEXT);
        Disassembly { other_matches: others.len(), ..disassembly(&basis, routine, &rows, room) }
    })?;
    result(&answer)
}

fn disassembly(basis: &Basis, routine: &MachineRoutine, rows: &[usize], room: Room) -> Disassembly {
    let values = &basis.values;
    let weight = |value: i64| (value != 0).then(|| values.text(value));
    let codes: Vec<&WeighedInstruction> = rows.iter().map(|&row| &routine.instructions[row]).collect();
    let weighs = |code: &&WeighedInstruction| code.flat != 0 || code.cum != 0;
    let missing =
        routine.instructions.iter().filter(weighs).count() - codes.iter().copied().filter(weighs).count();
    let flat = routine.instructions.iter().map(|code| code.flat).sum::<i64>()
        - codes.iter().map(|code| code.flat).sum::<i64>();
    let mut before = None;
    let instructions = codes
        .into_iter()
        .map(|code| {
            let place = (code.line > 0).then_some((&code.file, code.line));
            let source = place.filter(|_| place != before).map(|(file, line)| {
                format!("{}:{line}", shown(file.rsplit('/').next().unwrap_or(file), room.name))
            });
            before = place.or(before);
            Instruction {
                address: format!("{:#x}", code.address),
                flat: weight(code.flat),
                flat_percent: (code.flat != 0).then(|| values.percent(code.flat)),
                cum: weight(code.cum).filter(|_| code.cum != code.flat),
                code: shown(&code.text, LONGEST.min(room.name)),
                source,
            }
        })
        .collect();
    Disassembly {
        about: basis.about.clone(),
        function: shown(&routine.name, room.name),
        object: shown(&routine.object, room.name),
        flat: values.text(routine.flat),
        flat_percent: values.percent(routine.flat),
        cum: values.text(routine.cum),
        cum_percent: values.percent(routine.cum),
        other_matches: 0,
        instructions,
        left_out: (missing > 0).then(|| LeftOut {
            instructions: missing,
            flat: values.text(flat),
            how: "larger nodecount and max_bytes",
        }),
    }
}

impl Answer for Disassembly {
    fn text(&self) -> String {
        let Disassembly { function, object, flat, flat_percent, cum, cum_percent, .. } = self;
        let mut text = self.about.text();
        text += &format!(
            "{} in {}: flat {flat} {flat_percent}%, cum {cum} {cum_percent}%\n",
            quoted(function),
            quoted(object)
        );
        if self.other_matches > 0 {
            text += &format!("{} other functions match\n", self.other_matches);
        }
        for Instruction { address, flat, cum, code, source, .. } in &self.instructions {
            let weight = |weight: &Option<String>| weight.clone().unwrap_or_else(|| ".".to_owned());
            let source = source.as_ref().map(|source| format!(" ; {source}")).unwrap_or_default();
            text += &format!("{} {} {address} | {code}{source}\n", weight(flat), weight(cum));
        }
        if let Some(LeftOut { instructions, flat, how }) = &self.left_out {
            text += &format!("left out: {instructions} more instructions with {flat}; to see them: {how}\n");
        }
        text
    }
}
