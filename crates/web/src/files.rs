//! Files that are dropped on the page: each becomes one of the profiles to choose.

use std::fmt;

use hotlist_session::{Error, Note, Part};
use http_body_util::BodyExt;
use hyper::StatusCode;
use hyper::body::{Body, Incoming};
use serde_json::json;

use crate::api::{VERSION, ok, texts};
use crate::query::Query;
use crate::response::Answer;
use crate::shared::Shared;

/// The route that takes them.
pub(crate) const PATH: &str = "/api/v1/profiles";
/// The largest one, in bytes.
pub(crate) const LARGEST: usize = 512 << 20;
/// Names are cut to this number of characters.
const LONGEST_NAME: usize = 200;

/// Reads the bytes of a file, in any format, as a profile under this name; with what people should know about it.
type ReadFile = dyn Fn(&str, Vec<u8>) -> Result<(Part, Vec<Note>), Error> + Send + Sync;

/// How files that are dropped on the page are read.
pub struct OpenFile(Box<ReadFile>);

impl OpenFile {
    /// Reads the bytes of a file by `read`.
    pub fn new(
        read: impl Fn(&str, Vec<u8>) -> Result<(Part, Vec<Note>), Error> + Send + Sync + 'static,
    ) -> OpenFile {
        OpenFile(Box::new(read))
    }
}

impl fmt::Debug for OpenFile {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("OpenFile")
    }
}

/// Takes in the file that a request brings.
pub(crate) async fn receive(body: &mut Incoming) -> Result<Vec<u8>, Box<Answer>> {
    let too_large = || {
        let why = format!("the file is larger than {} MB", LARGEST >> 20);
        Box::new(Answer::error(StatusCode::PAYLOAD_TOO_LARGE, &why))
    };
    if body.size_hint().lower() > LARGEST as u64 {
        return Err(too_large());
    }
    let mut data = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| {
            Box::new(Answer::error(StatusCode::BAD_REQUEST, "the file did not arrive as a whole"))
        })?;
        if let Some(piece) = frame.data_ref() {
            if data.len() + piece.len() > LARGEST {
                return Err(too_large());
            }
            data.extend_from_slice(piece);
        }
    }
    Ok(data)
}

/// Reads a file and adds it to the profiles; the answer tells its number.
pub(crate) fn add(shared: &Shared, query: &Query, data: Vec<u8>) -> Answer {
    let refuse = |status, why: &str| Answer::error(status, why);
    let Some(OpenFile(read)) = &shared.site.open_file else {
        return refuse(StatusCode::FORBIDDEN, "files are opened for this machine only");
    };
    let name: String = query.get("name").unwrap_or("file").chars().take(LONGEST_NAME).collect();
    match read(&name, data).and_then(|(part, notes)| Ok((shared.profiles.add(part)?, notes))) {
        Ok((row, notes)) => {
            let answer = ok(&json!({ "version": VERSION, "shape": "added", "profile": row + 1 }));
            answer.with_notes(&texts(notes))
        }
        Err(error) => refuse(StatusCode::UNPROCESSABLE_ENTITY, &error.to_string()),
    }
}
