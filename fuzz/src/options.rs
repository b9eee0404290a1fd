//! The options table and the resolution of options for a report.
//!
//! The input is lines of `name=value`; the line `argument=…` is the pattern of reports that take one. A
//! line whose name is no option is a value for all of them.
//!
//! Laws: no text is too strange for an option; what was set is read back, and set again is the same;
//! options that make sense to one report have a reason for not making sense to another.

use hotlist_report::Report;
use hotlist_session::{ALL, OptionSpec, Options, Question, ValueType, find};

/// Runs the harness.
///
/// # Panics
/// When a law is broken.
pub fn run(data: &[u8]) {
    let typed = Typed::parse(data);
    for report in hotlist_report::ALL {
        typed.question(report);
    }
}

/// Options as they were typed.
#[derive(Debug, Default)]
pub struct Typed {
    /// All options.
    pub options: Options,
    /// The pattern of reports that take one.
    pub argument: Option<String>,
}

impl Typed {
    /// Sets the options that `data` names, as far as they take the values.
    ///
    /// # Panics
    /// When a law is broken.
    pub fn parse(data: &[u8]) -> Typed {
        let mut typed = Typed::default();
        for line in String::from_utf8_lossy(data).lines() {
            let (name, value) = line.split_once('=').unwrap_or((line, "true"));
            if name == "argument" {
                typed.argument = Some(value.to_owned());
            } else if let Some(option) = find(name) {
                set(option, &mut typed.options, value);
            } else {
                for option in ALL {
                    set(option, &mut Options::default(), line);
                }
            }
        }
        // These are read by the harnesses only and would make a run long, not deep.
        typed.options.source.base.clear();
        typed
    }

    /// The question that these options are to `report`, where they make sense.
    pub fn question(&self, report: &'static Report) -> Option<Question> {
        match Question::new(report, self.argument.as_deref(), &self.options.view) {
            Ok(question) => Some(question),
            Err(error) => {
                assert!(!error.to_string().is_empty());
                None
            }
        }
    }
}

fn set(option: &OptionSpec, options: &mut Options, value: &str) {
    let before = options.clone();
    if let Err(reason) = option.set(options, value) {
        assert!(!reason.is_empty());
        let kept = format!("{options:?}") == format!("{before:?}");
        assert!(kept, "a bad value of {} changes the options", option.name);
        return;
    }
    // A list grows.
    if option.value != ValueType::List {
        let read_back = option.get(options);
        let mut again = Options::default();
        option.set(&mut again, &read_back).expect("what an option says is what it takes");
        assert_eq!(option.get(&again), read_back, "{} is not read back as it was set", option.name);
    }
}
