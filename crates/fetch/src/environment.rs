//! The variables of the process that decide where things are, as values.

use std::ffi::OsString;
use std::path::PathBuf;

/// What this crate needs to know of the process's environment.
///
/// The program fills it once with [`Environment::from_lookup`]; a test writes the fields it cares about.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// `PPROF_TMPDIR`: the folder for copies of fetched profiles.
    pub pprof_tmpdir: Option<PathBuf>,
    /// `PPROF_BINARY_PATH`: folders with binaries for symbols, separated as in `PATH`.
    pub pprof_binary_path: Option<OsString>,
    /// `DEBUGINFOD_URLS`: servers of debug information, separated by spaces; none are asked when unset.
    pub debuginfod_urls: Option<String>,
    /// `DEBUGINFOD_CACHE_PATH`: the folder for what comes from them.
    pub debuginfod_cache: Option<PathBuf>,
    /// `DEBUGINFOD_TIMEOUT`: for how many seconds they are asked.
    pub debuginfod_timeout: Option<String>,
    /// `DEBUGINFOD_MAXSIZE`: how many bytes a file of theirs may have.
    pub debuginfod_maxsize: Option<String>,
    /// `XDG_CACHE_HOME`: the folder for what can be fetched again, `.cache` in the home when unset.
    pub cache_home: Option<PathBuf>,
    /// `HOME`, or `USERPROFILE` on Windows; copies go to its `pprof` folder when `PPROF_TMPDIR` is unset.
    pub home: Option<PathBuf>,
    /// The system's folder for temporary files, the last choice for copies.
    pub temporary: Option<PathBuf>,
    /// `HTTP_PROXY` or `http_proxy`: the proxy for http.
    pub http_proxy: Option<String>,
    /// `HTTPS_PROXY` or `https_proxy`: the proxy for https.
    pub https_proxy: Option<String>,
    /// `NO_PROXY` or `no_proxy`: hosts, domains and networks that are reached without a proxy.
    pub no_proxy: Option<String>,
    /// `REQUEST_METHOD` is set: we run as a CGI program, where a client's `Proxy:` header becomes
    /// `HTTP_PROXY`, so that variable must not be trusted.
    pub is_cgi: bool,
    /// `SSL_CERT_FILE`: a PEM file to use in place of the system's certificate authorities.
    pub ssl_cert_file: Option<PathBuf>,
    /// `SSL_CERT_DIR`: a folder to use in place of the system's certificate authorities.
    pub ssl_cert_dir: Option<PathBuf>,
}

impl Environment {
    /// Fills the struct from a lookup by variable name; the program passes `std::env::var_os`.
    ///
    /// An empty variable counts as unset, as it does for pprof.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<OsString>) -> Environment {
        let value = |name: &str| lookup(name).filter(|value| !value.is_empty());
        let path = |name: &str| value(name).map(PathBuf::from);
        let text = |names: [&str; 2]| {
            names.into_iter().find_map(value).map(|value| value.to_string_lossy().into_owned())
        };
        let text_of = |name| text([name, name]);
        Environment {
            pprof_tmpdir: path("PPROF_TMPDIR"),
            pprof_binary_path: value("PPROF_BINARY_PATH"),
            debuginfod_urls: text_of("DEBUGINFOD_URLS"),
            debuginfod_cache: path("DEBUGINFOD_CACHE_PATH"),
            debuginfod_timeout: text_of("DEBUGINFOD_TIMEOUT"),
            debuginfod_maxsize: text_of("DEBUGINFOD_MAXSIZE"),
            cache_home: path("XDG_CACHE_HOME"),
            home: path(if cfg!(windows) { "USERPROFILE" } else { "HOME" }),
            temporary: path(if cfg!(windows) { "TEMP" } else { "TMPDIR" }),
            http_proxy: text(["HTTP_PROXY", "http_proxy"]),
            https_proxy: text(["HTTPS_PROXY", "https_proxy"]),
            no_proxy: text(["NO_PROXY", "no_proxy"]),
            is_cgi: value("REQUEST_METHOD").is_some(),
            ssl_cert_file: path("SSL_CERT_FILE"),
            ssl_cert_dir: path("SSL_CERT_DIR"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_variables_are_unset_and_upper_case_wins() {
        let environment = Environment::from_lookup(|name| match name {
            "PPROF_TMPDIR" => Some("".into()),
            "HTTP_PROXY" => Some("upper".into()),
            "http_proxy" => Some("lower".into()),
            "https_proxy" => Some("secure".into()),
            _ => None,
        });
        assert_eq!(environment.pprof_tmpdir, None);
        assert_eq!(environment.http_proxy.as_deref(), Some("upper"));
        assert_eq!(environment.https_proxy.as_deref(), Some("secure"));
        assert!(!environment.is_cgi);
    }
}
