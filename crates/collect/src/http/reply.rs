//! What is sent back, independent of how it is carried.

/// A complete reply.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Reply {
    /// The status code.
    pub(crate) status: u16,
    /// Names and values of headers, without those about the length and the connection.
    pub(crate) headers: Vec<(&'static str, String)>,
    /// The body.
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(super) fn text(body: impl Into<Vec<u8>>) -> Reply {
        Reply::of("text/plain; charset=utf-8", body)
    }

    pub(super) fn of(kind: &str, body: impl Into<Vec<u8>>) -> Reply {
        let headers =
            vec![("Content-Type", kind.to_owned()), ("X-Content-Type-Options", "nosniff".to_owned())];
        Reply { status: 200, headers, body: body.into() }
    }

    pub(super) fn file(name: &str, body: Vec<u8>) -> Reply {
        let mut reply = Reply::of("application/octet-stream", body);
        reply.headers.insert(1, ("Content-Disposition", format!("attachment; filename=\"{name}\"")));
        reply
    }

    /// `X-Go-Pprof` makes pprof show the text to its user.
    pub(super) fn error(status: u16, text: &str) -> Reply {
        let mut reply = Reply::text(format!("{text}\n"));
        reply.status = status;
        reply.headers.push(("X-Go-Pprof", "1".to_owned()));
        reply
    }
}
