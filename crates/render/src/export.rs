//! Profiles in the formats of other programs: `-speedscope`, `-firefox`, `-otlp`, `-pgo`, `-llvm`.

use std::io::{self, Write};

use hotlist_formats::export_named;
use hotlist_profile::Profile;

use crate::{Drawing, OnTerminal};

/// A drawing of a profile by the export of its name.
const fn export(name: &'static str, summary: &'static str) -> Drawing {
    Drawing {
        on_terminal: OnTerminal::File,
        alone: Some(&hotlist_report::PROTO),
        has_one_type: true,
        ..Drawing::new(name, summary)
    }
}

pub(crate) const SPEEDSCOPE: Drawing = Drawing {
    extension: "speedscope.json",
    media_type: "application/json",
    profile: Some(|profile, out, _| write("speedscope", profile, out)),
    ..export("speedscope", "The profile for speedscope")
};

pub(crate) const FIREFOX: Drawing = Drawing {
    extension: "firefox.json.gz",
    media_type: "application/gzip",
    profile: Some(|profile, out, _| write("firefox", profile, out)),
    ..export("firefox", "The profile for Firefox's profiler")
};

pub(crate) const OTLP: Drawing = Drawing {
    extension: "otlp",
    media_type: "application/x-protobuf",
    profile: Some(|profile, out, _| write("otlp", profile, out)),
    ..export("otlp", "The profile in the protocol of OpenTelemetry")
};

pub(crate) const PGO: Drawing = Drawing {
    extension: "pgo",
    media_type: "application/vnd.google.protobuf+gzip",
    profile: Some(|profile, out, _| write("pgo", profile, out)),
    ..export("pgo", "Which function calls which and how often, for go build -pgo")
};

pub(crate) const LLVM: Drawing = Drawing {
    extension: "afdo",
    profile: Some(|profile, out, _| write("llvm", profile, out)),
    ..export("llvm", "A sample profile for clang and rustc, as text")
};

/// Writes `profile` in the format called `name`.
pub(crate) fn write(name: &str, profile: &Profile, out: &mut dyn Write) -> io::Result<()> {
    let export = export_named(name).ok_or_else(|| io::Error::other(format!("{name} is not written")))?;
    (export.write)(profile, out)
}

#[test]
fn exports_have_a_drawing_each_with_their_extension() {
    for export in hotlist_formats::EXPORTS {
        let drawing = crate::find(export.name).expect(export.name);
        assert!(drawing.accepts(hotlist_report::ShapeKind::Profile), "{}", export.name);
        assert!(export.extensions.contains(&drawing.extension), "{}", export.name);
    }
}
