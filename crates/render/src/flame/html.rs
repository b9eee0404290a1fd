//! `-flamegraph -o x.html`: one page with everything in it, for a browser without a network.
//!
//! The page is the one of `-http` in small: the same modules, joined into one script. What comes from the
//! profile stands in a block of JSON, in which no `<` can begin a tag; the policy of the page lets nothing
//! run but the script whose hash it names, and nothing be fetched.

use std::io::{self, Write};

use hotlist_report::FlameGraph;

use crate::page::{MODULES, STYLES};
use crate::policy::hash;
use crate::{Context, Drawing, OnTerminal};

/// The drawing.
pub(crate) const DRAWING: Drawing = Drawing {
    media_type: "text/html; charset=utf-8",
    on_terminal: OnTerminal::File,
    reports: &[&hotlist_report::FLAMEGRAPH],
    flame: Some(draw),
    ..Drawing::new("html", "The flame graph as one page for a browser, with zoom and search")
};

/// What begins the page, after the modules.
const START: &str = include_str!("../../page/flame_page.js");
/// The look of the page beside that of the flame graph.
const STYLE: &str = include_str!("../../page/flame_page.css");

fn draw(flame: &FlameGraph, out: &mut dyn Write, _: &Context) -> io::Result<()> {
    let script = script();
    let style: String = STYLES.iter().map(|(_, text)| *text).chain([STYLE]).collect();
    let data = serde_json::to_string(flame)?;
    write!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src {}; \
         style-src {}; img-src data: blob:; base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"generator\" content=\"hotlist\">\n\
         <title>Flame graph</title>\n<style>{style}</style>\n</head>\n<body>\n\
         <noscript>This page draws with its own JavaScript; nothing is loaded from elsewhere.</noscript>\n\
         <script type=\"application/json\" id=\"flame-data\">{}</script>\n\
         <script type=\"module\">{script}</script>\n</body>\n</html>\n",
        hash(&script),
        hash(&style),
        in_script(&data),
    )
}

/// The modules in one: what they take from each other is simply there.
fn script() -> String {
    let mut script = String::new();
    for text in MODULES.iter().map(|(_, text)| *text).chain([START]) {
        for line in text.lines().filter(|line| !line.starts_with("import ")) {
            script.push_str(line.strip_prefix("export ").unwrap_or(line));
            script.push('\n');
        }
    }
    script
}

/// JSON that cannot end the element that it stands in, nor begin a comment there.
fn in_script(json: &str) -> String {
    // These characters occur in strings only, where their escapes mean the same.
    json.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_is_one_module_without_imports() {
        let script = script();
        assert!(!script.contains("\nimport ") && !script.contains("\nexport "));
        assert!(!script.contains("</script") && !script.contains("<!--"));
        // Names at the top level must be different in all modules.
        let mut names: Vec<&str> = script
            .lines()
            .filter_map(|line| {
                let rest = ["const ", "let ", "function ", "async function ", "class "]
                    .iter()
                    .find_map(|word| line.strip_prefix(word))?;
                rest.split(|c: char| !c.is_alphanumeric() && c != '_').next()
            })
            .collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
        assert!(count > 20);
    }

    #[test]
    fn data_cannot_leave_its_element() {
        assert_eq!(in_script(r#"["</script><!--&"]"#), r#"["\u003c/script\u003e\u003c!--\u0026"]"#);
    }
}
