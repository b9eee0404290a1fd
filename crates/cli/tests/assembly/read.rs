//! Reading what both print.

use std::collections::BTreeMap;

/// An instruction with its weights, as they are printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub flat: String,
    pub cum: String,
    pub address: u64,
    pub text: String,
}

/// A function of `-disasm`.
#[derive(Debug)]
pub struct Routine {
    pub name: String,
    /// The line with its weights.
    pub weights: String,
    pub rows: Vec<Row>,
}

/// The functions of `-disasm`.
pub fn routines(text: &str) -> Vec<Routine> {
    let mut routines: Vec<Routine> = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(name) = line.strip_prefix("ROUTINE ======================== ") {
            let weights = lines.next().unwrap().to_owned();
            routines.push(Routine { name: name.to_owned(), weights, rows: Vec::new() });
        } else if let (Some(routine), Some(row)) = (routines.last_mut(), row(line)) {
            routine.rows.push(row);
        }
    }
    routines
}

/// `flat cum address: text`, with a position behind the text.
fn row(line: &str) -> Option<Row> {
    let mut words = line.split_whitespace();
    let (flat, cum) = (words.next()?, words.next()?);
    let address = u64::from_str_radix(words.next()?.strip_suffix(':')?, 16).ok()?;
    let (_, text) = line.split_once(": ")?;
    // Only positions stand behind a semicolon.
    let text = text.split_once(';').map_or(text, |(text, _)| text).trim().to_owned();
    Some(Row { flat: flat.to_owned(), cum: cum.to_owned(), address, text })
}

/// A function of `-weblist`.
#[derive(Debug, Default)]
pub struct Listed {
    pub name: String,
    pub cum: i64,
    pub lines: BTreeMap<u32, Line>,
}

/// A line of source with its instructions.
#[derive(Debug, Default)]
pub struct Line {
    pub cum: i64,
    pub rows: Vec<Row>,
    /// How many instructions come from inlined calls.
    pub calls: usize,
}

/// The functions of pprof's page, whose weights are whole nanoseconds.
pub fn listings(page: &str) -> Vec<Listed> {
    let number = |text: &str| match text {
        "." => 0,
        text => text.trim_end_matches("ns").parse::<f64>().unwrap_or_else(|_| panic!("{text}")) as i64,
    };
    let mut listings: Vec<Listed> = Vec::new();
    let mut at = 0;
    for line in page.lines() {
        let mut rest = line;
        if let Some((_, name)) = line.split_once("<h2>") {
            let name = name.split("</h2>").next().unwrap();
            listings.push(Listed { name: plain(name), ..Listed::default() });
        }
        let Some(listing) = listings.last_mut() else { continue };
        if let Some(weights) = line.trim().strip_prefix("Total:") {
            listing.cum = number(weights.split_whitespace().nth(1).unwrap());
        }
        if let Some(source) = line.strip_prefix("<span class=line>") {
            let (line_number, source) = source.split_once("</span>").unwrap();
            at = line_number.trim().parse().unwrap();
            let (_, source) = source.split_once('>').unwrap();
            let cum = number(source.split_whitespace().nth(1).unwrap());
            listing.lines.insert(at, Line { cum, ..Line::default() });
            // The first instruction is on the same line.
            rest = source.split_once("<span class=asm>").map_or("", |(_, rest)| rest);
        }
        let (Some((rest, _)), Some(line)) =
            (rest.split_once("<span class=unimportant>"), listing.lines.get_mut(&at))
        else {
            continue;
        };
        let words: Vec<&str> = rest.split_whitespace().collect();
        let [flat, cum, address, ..] = words[..] else { continue };
        let Some(Ok(address)) = address.strip_suffix(':').map(|text| u64::from_str_radix(text, 16)) else {
            continue;
        };
        let (flat, cum) = (number(flat).to_string(), number(cum).to_string());
        let text = plain(rest.split_once(": ").unwrap().1.trim());
        line.rows.push(Row { flat, cum, address, text });
    }
    listings
}

fn plain(html: &str) -> String {
    let marks =
        [("&lt;", "<"), ("&gt;", ">"), ("&#43;", "+"), ("&#34;", "\""), ("&#39;", "'"), ("&amp;", "&")];
    marks.iter().fold(html.to_owned(), |text, (mark, plain)| text.replace(mark, plain))
}

/// The functions of our JSON.
pub fn ours_listed(json: &str) -> Vec<Listed> {
    let json: serde_json::Value = serde_json::from_str(json).unwrap();
    let array = |value: &serde_json::Value| value.as_array().cloned().unwrap_or_default();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let mut listings = Vec::new();
    for routine in array(&json["routines"]) {
        let mut lines: BTreeMap<u32, Line> = BTreeMap::new();
        for line in array(&routine["lines"]) {
            let instructions = array(&line["instructions"]);
            let row = |row: &serde_json::Value| Row {
                flat: row["flat"].to_string(),
                cum: row["cum"].to_string(),
                address: row["address"].as_u64().unwrap(),
                text: text(&row["text"]),
            };
            let kept = lines.entry(line["number"].as_u64().unwrap() as u32).or_default();
            kept.cum += line["cum"].as_i64().unwrap();
            kept.calls += instructions.iter().filter(|row| !array(&row["calls"]).is_empty()).count();
            kept.rows.extend(instructions.iter().map(row));
        }
        listings.push(Listed { name: text(&routine["name"]), cum: routine["cum"].as_i64().unwrap(), lines });
    }
    listings
}
