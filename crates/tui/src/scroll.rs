//! Which part of a list is on the screen.

/// A list with a selected row.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Scroll {
    pub(crate) selected: usize,
    /// The first row on the screen.
    pub(crate) top: usize,
    /// Columns that are left of the screen.
    pub(crate) shift: usize,
}

impl Scroll {
    /// Selects the row `by` rows further on, of `count`.
    pub(crate) fn step(&mut self, by: isize, count: usize) {
        self.selected = self.selected.saturating_add_signed(by).min(count.saturating_sub(1));
    }

    /// Scrolls so that the selected row is among the `height` on screen.
    pub(crate) fn follow(&mut self, height: usize, count: usize) {
        self.selected = self.selected.min(count.saturating_sub(1));
        let height = height.max(1);
        self.top = self.top.min(self.selected).max((self.selected + 1).saturating_sub(height));
        self.top = self.top.min(count.saturating_sub(height));
    }
}
