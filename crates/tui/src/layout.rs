//! Where everything stands on the screen.

use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use crate::tab::Tab;

/// Smaller windows show no more than a request for room.
pub(crate) const SMALLEST: (u16, u16) = (20, 6);
/// The table stands beside the flame graph on screens that are at least this wide.
pub(crate) const WIDE: u16 = 160;
/// Rows above the body: the title and the names of the views.
const ABOVE: u16 = 2;
/// Rows below it: what is selected, and hints.
const BELOW: u16 = 2;

/// The parts of the screen.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layout {
    pub(crate) title: Rect,
    pub(crate) tabs: Rect,
    /// Everything between the names of the views and the status line.
    pub(crate) body: Rect,
    pub(crate) status: Rect,
    pub(crate) hints: Rect,
    /// The view that keys go to, and where it is.
    current: (Tab, Rect),
    /// Another one that is shown beside it.
    other: Option<(Tab, Rect)>,
}

impl Layout {
    pub(crate) fn new((width, height): (u16, u16), tab: Tab, is_beside: bool) -> Layout {
        let row = |y: u16| Rect { x: 0, y, width, height: 1 };
        let body = Rect { x: 0, y: ABOVE, width, height: height.saturating_sub(ABOVE + BELOW) };
        let (current, other) = if is_beside && width >= WIDE && matches!(tab, Tab::Flame | Tab::Top) {
            let left = (width * 2 / 5).min(96);
            let table = Rect { width: left, ..body };
            let flame = Rect { x: left + 1, width: width - left - 1, ..body };
            match tab {
                Tab::Top => ((tab, table), Some((Tab::Flame, flame))),
                _ => ((tab, flame), Some((Tab::Top, table))),
            }
        } else {
            ((tab, body), None)
        };
        Layout {
            title: row(0),
            tabs: row(1),
            body,
            status: row(height.saturating_sub(BELOW)),
            hints: row(height.saturating_sub(1)),
            current,
            other,
        }
    }

    /// The views that are shown, the current one first.
    pub(crate) fn panes(&self) -> impl Iterator<Item = (Tab, Rect)> + use<> {
        std::iter::once(self.current).chain(self.other)
    }

    /// Whether two views are shown.
    pub(crate) fn is_split(&self) -> bool {
        self.other.is_some()
    }

    /// Where a view is; the whole body for views that are not shown.
    pub(crate) fn pane(&self, tab: Tab) -> Rect {
        self.panes().find(|(other, _)| *other == tab).map_or(self.body, |(_, area)| area)
    }

    /// Where the name of each view begins, and what it is called there.
    pub(crate) fn tab_names(&self, tabs: &[Tab]) -> Vec<(Tab, usize, String)> {
        let mut at = 0;
        let names = tabs.iter().zip(1..).map(|(&tab, number)| {
            let name = match self.names_are_short(tabs) {
                true => format!(" {number} "),
                false => format!(" {number} {} ", tab.title()),
            };
            let start = at;
            at += name.width();
            (tab, start, name)
        });
        names.collect()
    }

    /// Whether there is room for nothing but the numbers of the views.
    pub(crate) fn names_are_short(&self, tabs: &[Tab]) -> bool {
        /// A number, and spaces around both.
        const BESIDE: usize = 4;
        /// Room that is left at the end.
        const END: usize = 5;
        let whole: usize = tabs.iter().map(|tab| tab.title().len() + BESIDE).sum();
        usize::from(self.tabs.width) < whole + END
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_views_share_a_wide_screen() {
        let wide = Layout::new((200, 50), Tab::Flame, true);
        let panes: Vec<_> = wide.panes().map(|(tab, area)| (tab, area.x, area.width)).collect();
        assert_eq!(panes, [(Tab::Flame, 81, 119), (Tab::Top, 0, 80)]);
        assert!(!Layout::new((200, 50), Tab::Flame, false).is_split());
        assert!(!Layout::new((159, 50), Tab::Flame, true).is_split());
        assert!(!Layout::new((200, 50), Tab::Tags, true).is_split());
        assert_eq!(Layout::new((1, 1), Tab::Top, true).body.height, 0);
    }
}
