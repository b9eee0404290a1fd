//! `proto`: profiles in their own format, compressed.

use std::io::{self, Write};

use hotlist_profile::Profile;

use crate::{Context, Drawing, OnTerminal};

/// The drawing.
pub const DRAWING: Drawing = Drawing {
    extension: "pb.gz",
    media_type: "application/vnd.google.protobuf+gzip",
    on_terminal: OnTerminal::File,
    reports: &[&hotlist_report::PROTO, &hotlist_report::TOPPROTO],
    profile: Some(draw),
    ..Drawing::new("proto", "The profile in compressed protobuf format")
};

fn draw(profile: &Profile, out: &mut dyn Write, _: &Context) -> io::Result<()> {
    hotlist_formats::write(profile, out)
}
