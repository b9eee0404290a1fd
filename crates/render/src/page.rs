//! The parts of pages that flame graph files and the web page share: modules in plain JavaScript, and colours.

/// A file of `page/`: its name and its text.
pub type PageFile = (&'static str, &'static str);

macro_rules! files {
    ($($name:literal,)*) => { &[$(($name, include_str!(concat!("../page/", $name))),)*] };
}

/// The modules, each after those that it imports.
pub const MODULES: &[PageFile] = files![
    "dom.js",
    "format.js",
    "colour.js",
    "names.js",
    "theme.js",
    "flame_model.js",
    "flame_card.js",
    "pinch.js",
    "flame_chart.js",
];

/// The style sheets.
pub const STYLES: &[PageFile] = files!["base.css",];

/// The fonts of call graphs: their names and bytes.
pub const FONTS: &[(&str, &[u8])] = crate::font::FILES;
