//! The keys, declared once: what they do, the help screen and the table in the documentation come from
//! [`ALL`].

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use Command as C;
use Group as G;

use crate::tab::Tab;

/// What a key makes happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is explained by the meaning of its key")]
pub enum Command {
    Quit,
    Help,
    Tab(Tab),
    NextTab,
    PreviousTab,
    Beside,
    Up,
    Down,
    Left,
    Right,
    PageUp,
    PageDown,
    First,
    Last,
    Enter,
    Back,
    Escape,
    Search,
    NextMatch,
    PreviousMatch,
    Focus,
    Ignore,
    Hide,
    TypeFocus,
    TypeIgnore,
    TypeHide,
    NextPreset,
    Undo,
    ClearFilters,
    NextType,
    PreviousType,
    NextGranularity,
    PreviousGranularity,
    Sort,
    Invert,
    Collapse,
    Relative,
    NextChanges,
    Profiles,
    Redraw,
    Suspend,
}

/// Headings of the help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// Getting around.
    Moving,
    /// Finding things.
    Searching,
    /// Choosing what is looked at.
    Filtering,
    /// Choosing how it is looked at.
    Showing,
    /// Everything else.
    Program,
}

impl Group {
    /// In the order of the help.
    pub const ALL: [Group; 5] =
        [Group::Moving, Group::Searching, Group::Filtering, Group::Showing, Group::Program];

    /// The heading.
    pub fn title(self) -> &'static str {
        match self {
            Group::Moving => "Moving",
            Group::Searching => "Searching",
            Group::Filtering => "Filtering",
            Group::Showing => "Showing",
            Group::Program => "Program",
        }
    }
}

/// A key, or several that do the same.
#[derive(Debug, Clone, Copy)]
pub struct Binding {
    /// The keys, Ctrl ones as upper-case letters with `true`.
    pub keys: &'static [(KeyCode, bool)],
    /// What they are called.
    pub name: &'static str,
    /// What they do.
    pub meaning: &'static str,
    /// What they make happen.
    pub command: Command,
    /// Under which heading they stand.
    pub group: Group,
    /// What the line of hints calls it; empty where there is no room for it.
    pub hint: &'static str,
    /// The views in which the hint is of use; empty for all.
    pub tabs: &'static [Tab],
}

const fn key(letter: char) -> (KeyCode, bool) {
    (KeyCode::Char(letter), false)
}

const fn control(letter: char) -> (KeyCode, bool) {
    (KeyCode::Char(letter), true)
}

const fn binding(
    keys: &'static [(KeyCode, bool)],
    name: &'static str,
    meaning: &'static str,
    command: Command,
    group: Group,
) -> Binding {
    Binding { keys, name, meaning, command, group, hint: "", tabs: &[] }
}

const fn hinted(binding: Binding, hint: &'static str, tabs: &'static [Tab]) -> Binding {
    Binding { hint, tabs, ..binding }
}

/// Every key.
pub const ALL: &[Binding] = &[
    binding(&[key('1')], "1", "Flame graph", C::Tab(Tab::Flame), G::Moving),
    binding(&[key('2')], "2", "Top: the heaviest places", C::Tab(Tab::Top), G::Moving),
    binding(
        &[key('3'), key('c')],
        "3, c",
        "Callers and callees of the selected place",
        C::Tab(Tab::Callers),
        G::Moving,
    ),
    binding(
        &[key('4'), key('s')],
        "4, s",
        "Source code of the selected place",
        C::Tab(Tab::Source),
        G::Moving,
    ),
    binding(
        &[key('5'), key('a')],
        "5, a",
        "Assembly of the selected place",
        C::Tab(Tab::Assembly),
        G::Moving,
    ),
    binding(&[key('6')], "6", "Tags", C::Tab(Tab::Tags), G::Moving),
    binding(
        &[key('7')],
        "7",
        "Verdicts, with hotlist diff -tui: which functions really differ",
        C::Tab(Tab::Verdicts),
        G::Moving,
    ),
    binding(&[(KeyCode::Tab, false)], "Tab", "Next view", C::NextTab, G::Moving),
    binding(&[(KeyCode::BackTab, false)], "Shift-Tab", "Previous view", C::PreviousTab, G::Moving),
    hinted(
        binding(
            &[key('b')],
            "b",
            "On wide screens, the table beside the flame graph, or one of them alone",
            C::Beside,
            G::Moving,
        ),
        "beside",
        &[Tab::Flame, Tab::Top],
    ),
    binding(
        &[(KeyCode::Up, false), key('k')],
        "Up, k",
        "Up; in flame graphs to the caller",
        C::Up,
        G::Moving,
    ),
    binding(
        &[(KeyCode::Down, false), key('j')],
        "Down, j",
        "Down; in flame graphs to the heaviest callee",
        C::Down,
        G::Moving,
    ),
    binding(
        &[(KeyCode::Left, false), key('h')],
        "Left, h",
        "To the frame on the left; in lists to the left of long lines",
        C::Left,
        G::Moving,
    ),
    binding(
        &[(KeyCode::Right, false), key('l')],
        "Right, l",
        "To the frame on the right; in lists to the right of long lines",
        C::Right,
        G::Moving,
    ),
    binding(&[(KeyCode::PageUp, false), control('b')], "PageUp, Ctrl-B", "A screen up", C::PageUp, G::Moving),
    binding(
        &[(KeyCode::PageDown, false), control('f')],
        "PageDown, Ctrl-F",
        "A screen down",
        C::PageDown,
        G::Moving,
    ),
    binding(&[(KeyCode::Home, false)], "Home", "To the first one", C::First, G::Moving),
    binding(&[(KeyCode::End, false)], "End", "To the last one", C::Last, G::Moving),
    hinted(
        binding(
            &[(KeyCode::Enter, false)],
            "Enter",
            "In flame graphs zoom in; in lists open callers and callees; on a tag keep only samples that have it",
            C::Enter,
            G::Moving,
        ),
        "zoom",
        &[Tab::Flame],
    ),
    hinted(
        binding(
            &[(KeyCode::Backspace, false), key('z')],
            "Backspace, z",
            "In flame graphs zoom out; in callers and callees back to the place before",
            C::Back,
            G::Moving,
        ),
        "back",
        &[Tab::Flame, Tab::Callers],
    ),
    hinted(
        binding(
            &[key('/')],
            "/",
            "Search for a regexp; capitals count only where one is typed",
            C::Search,
            G::Searching,
        ),
        "search",
        &[],
    ),
    binding(&[key('n')], "n", "Next match", C::NextMatch, G::Searching),
    binding(&[key('N')], "N", "Previous match", C::PreviousMatch, G::Searching),
    binding(
        &[(KeyCode::Esc, false)],
        "Esc",
        "Give up what is typed, the search, the message or the zoom",
        C::Escape,
        G::Searching,
    ),
    hinted(
        binding(
            &[key('f')],
            "f",
            "Keep only samples that pass through the selected place, and through those selected before",
            C::Focus,
            G::Filtering,
        ),
        "focus",
        &[Tab::Flame, Tab::Top, Tab::Callers],
    ),
    binding(&[key('i')], "i", "Drop samples that pass through the selected place", C::Ignore, G::Filtering),
    hinted(
        binding(&[key('x')], "x", "Leave the selected place out of all stacks", C::Hide, G::Filtering),
        "hide",
        &[Tab::Flame, Tab::Top, Tab::Callers],
    ),
    binding(
        &[key('F')],
        "F",
        "Type a regexp; keep only samples that pass through a match",
        C::TypeFocus,
        G::Filtering,
    ),
    binding(
        &[key('I')],
        "I",
        "Type a regexp; drop samples that pass through a match",
        C::TypeIgnore,
        G::Filtering,
    ),
    binding(
        &[key('X')],
        "X",
        "Type a regexp; leave places that match out of all stacks",
        C::TypeHide,
        G::Filtering,
    ),
    hinted(
        binding(
            &[key('p')],
            "p",
            "Next preset: without the runtime, my code only, everything",
            C::NextPreset,
            G::Filtering,
        ),
        "preset",
        &[Tab::Flame, Tab::Top],
    ),
    hinted(
        binding(&[key('u')], "u", "Undo the last change of filters or settings", C::Undo, G::Filtering),
        "undo",
        &[],
    ),
    binding(&[key('C')], "C", "Clear all filters", C::ClearFilters, G::Filtering),
    hinted(binding(&[key('t')], "t", "Next sample type", C::NextType, G::Showing), "type", &[]),
    binding(&[key('T')], "T", "Previous sample type", C::PreviousType, G::Showing),
    hinted(
        binding(
            &[key('g')],
            "g",
            "Next granularity: functions, files, lines, addresses",
            C::NextGranularity,
            G::Showing,
        ),
        "granularity",
        &[],
    ),
    binding(&[key('G')], "G", "Previous granularity", C::PreviousGranularity, G::Showing),
    hinted(
        binding(
            &[key('o')],
            "o",
            "Sort by own weight, or by weight with callees; verdicts by clearness, change, weight or name",
            C::Sort,
            G::Showing,
        ),
        "sort",
        &[Tab::Top, Tab::Verdicts],
    ),
    hinted(
        binding(
            &[key('v')],
            "v",
            "Turn flame graphs around: callers below what they call",
            C::Invert,
            G::Showing,
        ),
        "invert",
        &[Tab::Flame],
    ),
    binding(
        &[key('r')],
        "r",
        "Collapse recursion: in flame graphs, a function and its direct calls of itself are one frame",
        C::Collapse,
        G::Showing,
    ),
    binding(
        &[key('%')],
        "%",
        "Percentages of what the filters leave, or of everything",
        C::Relative,
        G::Showing,
    ),
    hinted(
        binding(
            &[key('d')],
            "d",
            "In comparisons, only what is new, gone, grown or shrunk; then all changes again",
            C::NextChanges,
            G::Showing,
        ),
        "changes",
        &[Tab::Flame, Tab::Top, Tab::Verdicts],
    ),
    hinted(
        binding(
            &[key('P')],
            "P",
            "With several profiles, choose which one is shown and what it is compared with",
            C::Profiles,
            G::Showing,
        ),
        "profiles",
        &[],
    ),
    hinted(
        binding(&[key('?'), (KeyCode::F(1), false)], "?, F1", "These keys", C::Help, G::Program),
        "help",
        &[],
    ),
    binding(&[control('l')], "Ctrl-L", "Draw the screen anew", C::Redraw, G::Program),
    binding(&[control('z')], "Ctrl-Z", "Suspend", C::Suspend, G::Program),
    hinted(binding(&[key('q'), control('c')], "q, Ctrl-C", "Quit", C::Quit, G::Program), "quit", &[]),
];

/// What the mouse does.
pub const MOUSE: [(&str, &str); 5] = [
    (
        "Click",
        "Select; on the name of a view, go there; on the heading of a column, sort by it; on a key at the bottom, press it",
    ),
    ("Click on the selected frame or row", "As Enter"),
    ("Right click", "As Backspace"),
    ("Wheel", "Up and down"),
    ("Shift and drag", "In most terminals, select text as usual"),
];

impl Binding {
    /// What terminals send for each of the keys.
    pub fn sent(&self) -> Vec<String> {
        self.keys
            .iter()
            .map(|&(code, is_control)| match code {
                KeyCode::Char(letter) if is_control => char::from(letter as u8 & 0x1f).to_string(),
                KeyCode::Char(letter) => letter.to_string(),
                KeyCode::Up => "\x1b[A".to_owned(),
                KeyCode::Down => "\x1b[B".to_owned(),
                KeyCode::Right => "\x1b[C".to_owned(),
                KeyCode::Left => "\x1b[D".to_owned(),
                KeyCode::PageUp => "\x1b[5~".to_owned(),
                KeyCode::PageDown => "\x1b[6~".to_owned(),
                KeyCode::Home => "\x1b[H".to_owned(),
                KeyCode::End => "\x1b[F".to_owned(),
                KeyCode::Tab => "\t".to_owned(),
                KeyCode::BackTab => "\x1b[Z".to_owned(),
                KeyCode::Enter => "\r".to_owned(),
                KeyCode::Backspace => "\x7f".to_owned(),
                KeyCode::F(1) => "\x1bOP".to_owned(),
                _ => "\x1b".to_owned(),
            })
            .collect()
    }
}

/// What a key makes happen.
pub(crate) fn command(event: KeyEvent) -> Option<Command> {
    let is_control = event.modifiers.contains(KeyModifiers::CONTROL);
    let code = event.code;
    ALL.iter().find(|binding| binding.keys.contains(&(code, is_control))).map(|binding| binding.command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_unique_and_explained() {
        let keys = ALL.iter().flat_map(|binding| binding.keys);
        let mut keys: Vec<String> = keys.map(|key| format!("{key:?}")).collect();
        let count = keys.len();
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), count);
        assert!(ALL.iter().all(|binding| !binding.meaning.is_empty() && !binding.name.is_empty()));
    }
}
