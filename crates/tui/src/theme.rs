//! Colours, for terminals with many, sixteen or none, on light and dark ground.
//!
//! The ground is the terminal's own. Coloured areas carry black text, which reads on both; coloured text
//! is chosen from the middle of the scale, or is left to the terminal's palette.

use ratatui::style::{Color, Modifier, Style};

/// How many colours a terminal has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colours {
    /// None: only bold, dim and reverse.
    None,
    /// The sixteen of its palette.
    Sixteen,
    /// At least 256.
    Many,
}

impl Colours {
    /// What the environment says, by the conventions of `NO_COLOR`, `COLORTERM` and `TERM`.
    pub fn from_environment(variable: impl Fn(&str) -> Option<String>) -> Colours {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let term = set("TERM").unwrap_or_default();
        if set("NO_COLOR").is_some() || term == "dumb" || term.starts_with("vt1") || term.starts_with("vt2") {
            Colours::None
        } else if set("COLORTERM").is_some_and(|value| value == "truecolor" || value == "24bit")
            || term.contains("256color")
            || term.contains("direct")
            || ["alacritty", "xterm-kitty", "xterm-ghostty", "wezterm", "foot"].contains(&term.as_str())
        {
            Colours::Many
        } else {
            Colours::Sixteen
        }
    }
}

/// The styles of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    colours: Colours,
}

/// Families of soft colours for frames, so that the code of one package looks alike.
const FAMILIES: [[u8; 2]; 10] = [
    [215, 216],
    [222, 223],
    [180, 187],
    [217, 224],
    [186, 187],
    [151, 150],
    [152, 116],
    [183, 182],
    [174, 181],
    [153, 189],
];
/// The same for sixteen colours.
const PLAIN: [Color; 6] =
    [Color::Yellow, Color::Green, Color::LightRed, Color::LightBlue, Color::Cyan, Color::LightMagenta];
/// Growth, from little to much, and its opposite. Red and blue can be told apart by most people.
const GROWTH: [u8; 5] = [224, 217, 210, 203, 196];
const SHRINKAGE: [u8; 5] = [189, 153, 117, 75, 39];
const NEUTRAL: u8 = 252;
const BAR: u8 = 67;
const BLACK: Color = Color::Indexed(16);

impl Theme {
    /// Styles for a terminal with `colours`.
    pub fn new(colours: Colours) -> Theme {
        Theme { colours }
    }

    /// Whether there are colours at all.
    pub fn has_colours(self) -> bool {
        self.colours != Colours::None
    }

    fn coloured(self, style: Style, otherwise: Modifier) -> Style {
        if self.has_colours() { style } else { Style::new().add_modifier(otherwise) }
    }

    pub(crate) fn title(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    pub(crate) fn dim(self) -> Style {
        self.coloured(Style::new().fg(Color::DarkGray), Modifier::DIM)
    }

    pub(crate) fn tab(self, is_current: bool) -> Style {
        match is_current {
            true => Style::new().add_modifier(Modifier::REVERSED | Modifier::BOLD),
            false => Style::new(),
        }
    }

    pub(crate) fn key(self) -> Style {
        self.coloured(Style::new().fg(Color::Cyan), Modifier::empty()).add_modifier(Modifier::BOLD)
    }

    /// A row as a whole: coloured text would become coloured ground.
    pub(crate) fn selected(self) -> Style {
        Style::new()
            .fg(Color::Reset)
            .bg(Color::Reset)
            .remove_modifier(Modifier::DIM)
            .add_modifier(Modifier::REVERSED)
    }

    /// A bar as long as a share; calm, since the percentage beside it has the colour of its heat.
    pub(crate) fn bar(self, share: f64, is_comparison: bool) -> Style {
        match self.colours {
            _ if is_comparison => self.heat(share, true),
            Colours::None => Style::new(),
            Colours::Sixteen => Style::new().fg(Color::Cyan),
            Colours::Many => Style::new().fg(Color::Indexed(BAR)),
        }
    }

    pub(crate) fn matched(self) -> Style {
        self.coloured(Style::new().fg(Color::Magenta), Modifier::UNDERLINED).add_modifier(Modifier::BOLD)
    }

    pub(crate) fn error(self) -> Style {
        self.coloured(Style::new().fg(Color::Red), Modifier::empty()).add_modifier(Modifier::BOLD)
    }

    pub(crate) fn working(self) -> Style {
        self.coloured(Style::new().fg(self.yellow()), Modifier::empty()).add_modifier(Modifier::BOLD)
    }

    /// A yellow that can be read on dark and on light ground, where there is one.
    fn yellow(self) -> Color {
        match self.colours {
            Colours::Many => Color::Indexed(136),
            _ => Color::Yellow,
        }
    }

    /// The colour of a number by its share of the total: as the text reports paint it, and by its sign
    /// in comparisons.
    pub(crate) fn heat(self, share: f64, is_comparison: bool) -> Style {
        if is_comparison && share != 0.0 {
            let colour = if share > 0.0 { Color::Red } else { Color::Blue };
            return self.coloured(Style::new().fg(colour), Modifier::empty());
        }
        let share = share.abs();
        if share >= 0.2 {
            self.coloured(Style::new().fg(Color::Red), Modifier::empty()).add_modifier(Modifier::BOLD)
        } else if share >= 0.05 {
            self.coloured(Style::new().fg(Color::Red), Modifier::BOLD)
        } else if share >= 0.01 {
            self.coloured(Style::new().fg(self.yellow()), Modifier::empty())
        } else {
            Style::new()
        }
    }

    /// A frame of a flame graph. `package` and `name` choose the colour; `growth`, between -1 and 1, does
    /// in comparisons.
    pub(crate) fn frame(self, package: &str, name: &str, growth: Option<f64>) -> Style {
        let pick = |text: &str, count: usize| hash(text) as usize % count;
        match (self.colours, growth) {
            (Colours::None, _) => Style::new(),
            (Colours::Sixteen, None) => Style::new().fg(Color::Black).bg(PLAIN[pick(package, PLAIN.len())]),
            (Colours::Sixteen, Some(growth)) => {
                let ground = match growth {
                    grown if grown > 0.0 => Color::LightRed,
                    shrunk if shrunk < 0.0 => Color::LightBlue,
                    _ => Color::Gray,
                };
                Style::new().fg(Color::Black).bg(ground)
            }
            (Colours::Many, None) => {
                let family = FAMILIES[pick(package, FAMILIES.len())];
                Style::new().fg(BLACK).bg(Color::Indexed(family[pick(name, 2)]))
            }
            (Colours::Many, Some(growth)) => {
                let step = ((growth.abs() * 5.0) as usize).min(4);
                let ground = match growth {
                    grown if grown > 0.0 => GROWTH[step],
                    shrunk if shrunk < 0.0 => SHRINKAGE[step],
                    _ => NEUTRAL,
                };
                Style::new().fg(BLACK).bg(Color::Indexed(ground))
            }
        }
    }

    /// What stands for the whole, and for what was summed up.
    pub(crate) fn quiet_frame(self) -> Style {
        match self.colours {
            Colours::None => Style::new(),
            Colours::Sixteen => Style::new().fg(Color::Black).bg(Color::Gray),
            Colours::Many => Style::new().fg(BLACK).bg(Color::Indexed(NEUTRAL)),
        }
    }

    /// A frame that is there for the sake of those below it.
    pub(crate) fn faint_frame(self) -> Style {
        self.dim()
    }

    pub(crate) fn selected_frame(self, frame: Style) -> Style {
        match self.colours {
            Colours::None => frame.add_modifier(Modifier::REVERSED),
            _ => frame.fg(Color::White).bg(Color::Black).add_modifier(Modifier::BOLD),
        }
    }

    /// Another frame of the selected place.
    pub(crate) fn related_frame(self, frame: Style) -> Style {
        frame.add_modifier(Modifier::BOLD | Modifier::UNDERLINED)
    }

    pub(crate) fn matched_frame(self, frame: Style) -> Style {
        match self.colours {
            Colours::None => frame.add_modifier(Modifier::BOLD | Modifier::UNDERLINED),
            Colours::Sixteen => frame.fg(Color::White).bg(Color::Magenta).add_modifier(Modifier::BOLD),
            Colours::Many => {
                frame.fg(Color::Indexed(231)).bg(Color::Indexed(97)).add_modifier(Modifier::BOLD)
            }
        }
    }
}

/// FNV-1a: the same colours on every machine and in every run.
fn hash(text: &str) -> u32 {
    let hash =
        text.bytes().fold(0x811c_9dc5, |hash: u32, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    hash ^ (hash >> 15)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_found_in_the_environment() {
        let of = |pairs: &[(&str, &str)]| {
            Colours::from_environment(|name| {
                pairs.iter().find(|(other, _)| *other == name).map(|(_, value)| (*value).to_owned())
            })
        };
        assert_eq!(of(&[("TERM", "xterm-256color")]), Colours::Many);
        assert_eq!(of(&[("TERM", "xterm"), ("COLORTERM", "truecolor")]), Colours::Many);
        assert_eq!(of(&[("TERM", "linux")]), Colours::Sixteen);
        assert_eq!(of(&[("TERM", "vt100")]), Colours::None);
        assert_eq!(of(&[("TERM", "xterm-256color"), ("NO_COLOR", "1")]), Colours::None);
        assert_eq!(of(&[("TERM", "xterm-256color"), ("NO_COLOR", "")]), Colours::Many);
    }
}
