//! Every report in every drawing that shows it, but for pictures.
//!
//! The input is options as the harness [`options`](crate::options) takes them, a zero byte, and a
//! profile, encoded or as a [recipe](crate::recipe).
//!
//! Laws: an answer or a reason; text for people has no control characters; the number of threads
//! changes nothing.

use std::num::NonZeroUsize;
use std::sync::Arc;

use hotlist_render::Context;
use hotlist_report::{SourceError, SourceFile, SourceText};
use hotlist_session::{Error, Question, Session};

use crate::options::Typed;
use crate::recipe;

/// Drawings that are left out: their layout takes minutes without optimization, and tests of the session draw them.
const PICTURES: [&str; 6] = ["svg", "png", "jpg", "gif", "pdf", "ps"];

/// Runs the harness.
///
/// # Panics
/// When a law is broken.
pub fn run(data: &[u8]) {
    let Some(end) = data.iter().position(|&byte| byte == 0) else { return };
    let Some(profile) = recipe::profile(&data[end + 1..]) else { return };
    let typed = Typed::parse(&data[..end]);
    let session = Session::new(profile.clone(), NonZeroUsize::MIN);
    let threaded = Session::new(profile, NonZeroUsize::new(3).unwrap_or(NonZeroUsize::MIN));
    for report in hotlist_report::ALL {
        let Some(question) = typed.question(report) else { continue };
        let answer = draw_all(&session, &question);
        assert_eq!(answer, draw_all(&threaded, &question), "threads change {}", report.name);
    }
}

/// The answer in all drawings, or why there is none.
fn draw_all(session: &Session, question: &Question) -> Result<Vec<(&'static str, Vec<u8>)>, String> {
    let mut notes = Vec::new();
    let answer = session.answer(question, &FiveLines, &mut notes, |shape| {
        let mut drawn = Vec::new();
        for drawing in hotlist_render::ALL {
            if !drawing.accepts(shape.kind()) || PICTURES.contains(&drawing.name) {
                continue;
            }
            let mut out = Vec::new();
            drawing.draw(shape, &mut out, &Context::plain())?;
            if drawing.name == "text" {
                let control = out.iter().find(|&&byte| byte < b' ' && byte != b'\n' && byte != b'\t');
                assert_eq!(control, None, "{} writes a control character", question.report.name);
            }
            drawn.push((drawing.name, out));
        }
        Ok::<_, Error>(drawn)
    });
    answer.map_err(|error| error.to_string())
}

/// Source code for every path that ends in a letter.
struct FiveLines;

impl SourceText for FiveLines {
    fn open(&self, path: &str) -> Result<Arc<SourceFile>, SourceError> {
        if !path.ends_with(|last: char| last.is_ascii_alphabetic()) {
            return Err(SourceError(format!("could not find file {path}")));
        }
        let lines =
            ["fn main() {", "\tprintln!(\"\u{1b}[1m\");", "", "}", "// é"].map(str::to_owned).to_vec();
        Ok(Arc::new(SourceFile {
            lines,
            found_at: Some(format!("/found/{path}")),
            modified: Some(1_800_000_000),
        }))
    }
}
