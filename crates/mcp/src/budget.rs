//! Answers of a bounded size: as many rows as there is room for, the heaviest first.

use rmcp::model::{CallToolResult, ContentBlock};
use serde::Serialize;

use crate::refusal::Refusal;

/// How many bytes an answer has at most when clients do not say.
pub(crate) const USUAL_BYTES: usize = 8 << 10;

/// The most bytes that clients may ask for.
pub(crate) const MOST_BYTES: usize = 1 << 20;

/// What stands around an answer in its message.
const ENVELOPE: usize = 64;

/// Names are cut to these lengths, in turn, until enough rows fit.
const NAMES: [usize; 4] = [200, 100, 50, 24];

/// Rows that are worth shorter names.
const ENOUGH: usize = 8;

/// What an answer may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Room {
    /// The most rows.
    pub(crate) rows: usize,
    /// The longest name, in bytes.
    pub(crate) name: usize,
}

/// An answer of a tool: its fields are the structured content.
pub(crate) trait Answer: Serialize {
    /// The same in lines, for clients that show no structured content.
    fn text(&self) -> String;
}

/// The result of a tool that answers.
pub(crate) fn result(answer: &impl Answer) -> Result<CallToolResult, Refusal> {
    let value = serde_json::to_value(answer).map_err(|error| Refusal::new(error.to_string()))?;
    let mut result = CallToolResult::structured(value);
    result.content = vec![ContentBlock::text(answer.text())];
    Ok(result)
}

/// The answer with the most rows, up to `most`, that has no more than `bytes`. `build` makes an answer for some room.
pub(crate) fn fit<A: Answer>(
    bytes: usize,
    most: usize,
    mut build: impl FnMut(Room) -> A,
) -> Result<A, Refusal> {
    let mut size = |room: Room| -> Result<usize, Refusal> {
        let text = serde_json::to_string(&result(&build(room))?);
        Ok(text.map_err(|error| Refusal::new(error.to_string()))?.len() + ENVELOPE)
    };
    let mut best: Option<Room> = None;
    for name in NAMES {
        // Twice as many in each step first, since a profile may have many more rows than there is room for.
        let (mut fits, mut too_many) = (None, 0);
        while too_many <= most && size(Room { rows: too_many, name })? <= bytes {
            fits = Some(too_many);
            if too_many == most {
                break;
            }
            too_many = (too_many * 2).max(1).min(most);
        }
        let Some(mut rows) = fits else { continue };
        while rows + 1 < too_many {
            let middle = rows + (too_many - rows) / 2;
            if size(Room { rows: middle, name })? <= bytes { rows = middle } else { too_many = middle }
        }
        if best.is_none_or(|best| best.rows < rows) {
            best = Some(Room { rows, name });
        }
        if rows >= most.min(ENOUGH) {
            break;
        }
    }
    match best {
        Some(room) => Ok(build(room)),
        None => {
            let least = size(Room { rows: 0, name: NAMES[NAMES.len() - 1] })?;
            Err(Refusal::new(format!("max_bytes: this answer needs at least {least}, not {bytes}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Rows(Vec<String>);

    impl Answer for Rows {
        fn text(&self) -> String {
            self.0.join("\n")
        }
    }

    /// Rows and names of the answer for names of `length` bytes, and its size.
    fn fitted(bytes: usize, most: usize, length: usize) -> Option<(usize, usize, usize)> {
        let build = |room: Room| Rows(vec!["n".repeat(length.min(room.name)); room.rows]);
        let answer = fit(bytes, most, build).ok()?;
        let size = serde_json::to_string(&result(&answer).unwrap()).unwrap().len();
        Some((answer.0.len(), answer.0.first().map_or(0, String::len), size))
    }

    #[test]
    fn as_many_rows_as_fit() {
        for bytes in [300, 1000, 8192] {
            for most in [0, 1, 7, 1_000_000] {
                for length in [5, 90, 5000] {
                    let (rows, _, size) = fitted(bytes, most, length).expect("some room");
                    assert!(size <= bytes, "{bytes} {most} {length}: {rows} rows in {size} bytes");
                    let row = 2 * length.min(200) + 8;
                    assert!(
                        rows == most || size + row + 300 > bytes,
                        "{bytes} {most} {length}: {rows} in {size}"
                    );
                }
            }
        }
    }

    #[test]
    fn names_are_cut_before_rows_are_few() {
        assert_eq!(fitted(8192, 30, 90).map(|(rows, name, _)| (rows, name)), Some((30, 90)));
        let (rows, name, _) = fitted(1500, 100, 5000).expect("some room");
        assert!(rows >= ENOUGH && name < 200, "{rows} rows with names of {name}");
    }

    #[test]
    fn too_little_room_is_told() {
        let error =
            fit(50, 3, |room| Rows(vec![String::new(); room.rows])).map(|_| ()).unwrap_err().to_string();
        assert!(error.starts_with("max_bytes: this answer needs at least "), "{error}");
    }
}
