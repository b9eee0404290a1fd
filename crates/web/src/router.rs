//! Which path means what.

use hyper::header::{ACCEPT_ENCODING, IF_NONE_MATCH};
use hyper::{Method, Request, StatusCode};

use crate::api;
use crate::files;
use crate::query::Query;
use crate::response::Answer;
use crate::shared::Shared;

/// The views of the page, by the names of their paths. All but `both`, `sandwich`, `tags` and `details` are pprof's.
const VIEWS: [&str; 10] =
    ["flamegraph", "both", "sandwich", "graph", "top", "peek", "source", "disasm", "tags", "details"];

/// Paths that pprof had once.
const FORMER_VIEWS: [&str; 2] = ["flamegraph2", "flamegraphold"];

/// A request that has been let in.
#[derive(Debug)]
pub(crate) struct Asked {
    is_post: bool,
    path: String,
    query: String,
    takes_gzip: bool,
    known_etag: Option<String>,
    /// The file that it brings, once that is there.
    pub(crate) file: Vec<u8>,
}

impl Asked {
    /// Whether this is what the page needs for its first picture.
    pub(crate) fn is_first_picture(&self) -> bool {
        self.path == "/api/v1/flamegraph"
    }

    /// Whether a file comes with it.
    pub(crate) fn brings_file(&self) -> bool {
        self.is_post && self.path == files::PATH
    }

    pub(crate) fn of<B>(request: &Request<B>) -> Asked {
        let text = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
        let takes_gzip = text(ACCEPT_ENCODING).is_some_and(|list| {
            list.split(',').any(|coding| coding.split(';').next().is_some_and(|name| name.trim() == "gzip"))
        });
        Asked {
            is_post: request.method() == Method::POST,
            path: request.uri().path().to_owned(),
            query: request.uri().query().unwrap_or_default().to_owned(),
            takes_gzip,
            known_etag: text(IF_NONE_MATCH).map(str::to_owned),
            file: Vec::new(),
        }
    }
}

/// Answers what needs no work: files of the page, and redirections.
pub(crate) fn at_once(shared: &Shared, asked: &Asked) -> Option<Answer> {
    if asked.is_post {
        return None;
    }
    let with_query = |path: &str, query: &str| match query {
        "" => path.to_owned(),
        query => format!("{path}?{query}"),
    };
    let query = match asked.query.as_str() {
        "" => shared.first_query.as_str(),
        query => query,
    };
    let path = asked.path.as_str();
    match path {
        "/" => {
            return Some(Answer::redirect(StatusCode::TEMPORARY_REDIRECT, &with_query("ui/", &asked.query)));
        }
        "/ui" => {
            return Some(Answer::redirect(StatusCode::TEMPORARY_REDIRECT, &with_query("/ui/", &asked.query)));
        }
        "/ui/" => return Some(Answer::redirect(StatusCode::FOUND, &with_query("flamegraph", query))),
        "/favicon.ico" => {
            return shared.assets.get("icon.svg", asked.takes_gzip, asked.known_etag.as_deref());
        }
        _ => {}
    }
    if let Some(name) = path.strip_prefix("/assets/") {
        return shared.assets.get(name, asked.takes_gzip, asked.known_etag.as_deref());
    }
    let Some(view) = path.strip_prefix("/ui/") else {
        // As in pprof, an address that means nothing leads to the page.
        let is_own = path.starts_with("/api/");
        let page = || Answer::redirect(StatusCode::TEMPORARY_REDIRECT, &with_query("/ui/", &asked.query));
        return (!is_own).then(page);
    };
    if FORMER_VIEWS.contains(&view) {
        return Some(Answer::redirect(
            StatusCode::MOVED_PERMANENTLY,
            &with_query("flamegraph", &asked.query),
        ));
    }
    if !VIEWS.contains(&view) {
        return None;
    }
    if asked.query.is_empty() && !shared.first_query.is_empty() {
        return Some(Answer::redirect(StatusCode::FOUND, &with_query(view, query)));
    }
    Some(shared.assets.page(shared.guard.token()))
}

/// A view and its query, as the page asks for it.
type NextView = (&'static str, &'static str);

/// What people look at after the first picture, the likeliest first.
pub(crate) fn next_views() -> impl Iterator<Item = NextView> {
    [
        ("top", "n=5000&nf=0&sort=flat"),
        // The list from which people pick a place, in views that show one.
        ("top", "n=2000&nf=0&sort=cum"),
        ("dot/svg", ""),
        ("flamegraph", "inverted=t"),
        ("tags", ""),
    ]
    .into_iter()
}

/// Works a view out and keeps the answer.
pub(crate) fn answer_ahead(shared: &Shared, (path, own): NextView) {
    let query = [own, shared.first_query.as_str()].join("&");
    if let Ok(query) = Query::parse(query.trim_matches('&')) {
        api::answer(shared, path, &query);
    }
}

/// Works out the picture with which the page begins and keeps it.
pub(crate) fn first_picture(shared: &Shared) {
    answer_ahead(shared, ("flamegraph", ""));
}

/// Answers everything else.
pub(crate) fn with_work(shared: &Shared, asked: &mut Asked) -> Answer {
    let query = match Query::parse(&asked.query) {
        Ok(query) => query,
        Err(why) => return Answer::error(StatusCode::BAD_REQUEST, &why),
    };
    if asked.brings_file() {
        return files::add(shared, &query, std::mem::take(&mut asked.file));
    }
    let only = |post: bool, answer: &dyn Fn() -> Answer| match (post, asked.is_post) {
        (true, true) | (false, false) => answer(),
        (true, false) => Answer::error(StatusCode::METHOD_NOT_ALLOWED, "only POST can do this"),
        (false, true) => Answer::error(StatusCode::METHOD_NOT_ALLOWED, "only GET can ask for this"),
    };
    if let Some(rest) = asked.path.strip_prefix("/api/v1/") {
        return only(false, &|| api::answer(shared, rest, &query));
    }
    match asked.path.as_str() {
        "/ui/saveconfig" => only(true, &|| api::save_config(shared, &query)),
        "/ui/deleteconfig" => only(true, &|| api::delete_config(shared, &query)),
        "/ui/download" => only(false, &|| api::whole_profile(shared, &query)),
        _ => Answer::error(StatusCode::NOT_FOUND, "there is nothing here"),
    }
}
