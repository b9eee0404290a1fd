//! Which functions really differ between two sets of runs, and what is known of the selected one.

use hotlist_render::comparison_words::{
    change, detectable, grouped, headline, rate, row_interval, shares, total_change, total_claim, totals,
    value,
};
use hotlist_render::short_name;
use hotlist_session::compare::{Comparison, Row, Verdict};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::top::{name, room};
use super::{line, more, select, visible};
use crate::app::App;
use crate::cells::{fit, plain};
use crate::tab::Tab;
use crate::tabs::verdicts::VerdictRows;

/// What was compared, the total, and the names of columns.
pub(crate) const ABOVE: u16 = 3;
/// Rows about the selected function, with a line above them.
const DETAIL: u16 = 9;
/// Lower screens have no room for these.
const ROOM_FOR_DETAIL: u16 = 18;
/// Narrower screens have no room for intervals, and for shares.
const ROOM_FOR_INTERVALS: u16 = 90;
const ROOM_FOR_SHARES: u16 = 60;

/// How many rows of the table there is room for.
pub(crate) fn rows_shown(area: Rect) -> u16 {
    area.height.saturating_sub(ABOVE + detail_height(area))
}

fn detail_height(area: Rect) -> u16 {
    if area.height < ROOM_FOR_DETAIL { 0 } else { DETAIL }
}

pub(super) fn draw(app: &mut App, table: &VerdictRows, buffer: &mut Buffer, area: Rect) {
    let comparison = table.verdicts.comparison();
    let width = usize::from(area.width);
    line(buffer, area, 0, &[(fit(&format!(" {}", plain(&headline(comparison))), width), app.theme.dim())]);
    let total = format!(
        " Total  {}   {}   {}",
        plain(&totals(comparison, "->")),
        total_change(&comparison.total),
        total_claim(comparison)
    );
    line(buffer, area, 1, &[(fit(&total, width), app.theme.title())]);
    let cells: Vec<(String, Style)> =
        columns(area.width, ["", "verdict", "change", "interval", "share", "q"].map(str::to_owned))
            .into_iter()
            .map(|text| (text, app.theme.dim()))
            .chain([("function".to_owned(), app.theme.dim())])
            .collect();
    line(buffer, area, 2, &cells);
    let body = Rect { y: area.y + ABOVE.min(area.height), height: rows_shown(area), ..area };
    let visible: Vec<(usize, u16)> = visible(app, Tab::Verdicts, table.rows.len(), body).collect();
    let scroll = app.scrolls[Tab::Verdicts as usize];
    for (at_row, at) in visible {
        let Some(row) = table.at(at_row) else { continue };
        let style = verdict_style(app, row.verdict);
        let texts = [
            sign(row.verdict).to_owned(),
            row.verdict.name().to_owned(),
            change(row),
            row_interval(row),
            shares(row, "->"),
            rate(row.q),
        ];
        let mut parts: Vec<(String, Style)> =
            columns(area.width, texts).into_iter().map(|text| (text, Style::new())).collect();
        parts.iter_mut().take(2).for_each(|(_, part)| *part = style);
        let matched = if app.is_match(&row.function) { app.theme.matched() } else { Style::new() };
        let room = room(area.width, &parts);
        parts.push((name(&row.function, "", room, scroll.shift), matched));
        line(buffer, body, at, &parts);
        if at_row == scroll.selected {
            select(app, buffer, body, at);
        }
    }
    more(app, buffer, body, scroll.top, table.rows.len());
    if let Some(row) = table.at(scroll.selected).filter(|_| detail_height(area) > 0) {
        let below = Rect { y: body.bottom(), height: detail_height(area), ..area };
        draw_detail(app, comparison, row, buffer, below);
    }
}

/// The columns before the name for which there is room.
fn columns(width: u16, [sign, verdict, change, interval, shares, q]: [String; 6]) -> Vec<String> {
    let mut columns =
        vec![format!(" {} ", fit(&format!("{sign:1}"), 1)), format!("{verdict:<10}"), format!("{change:>9}")];
    if width >= ROOM_FOR_INTERVALS {
        columns.push(format!("  {:<18}", fit(&interval, 18)));
    }
    if width >= ROOM_FOR_SHARES {
        columns.push(format!("  {:>16}", fit(&shares, 16)));
    }
    columns.push(format!("  {q:<7} "));
    columns
}

/// What is known of a function: its values on both sides, how sure that is, and the ways to it.
fn draw_detail(app: &App, comparison: &Comparison, row: &Row, buffer: &mut Buffer, area: Rect) {
    let width = usize::from(area.width);
    let of = |number: f64| plain(&value(comparison, number));
    let mut lines: Vec<(String, Style)> = vec![
        ("─".repeat(width), app.theme.dim()),
        (format!(" {}", plain(&row.function)), app.theme.title()),
        (
            format!(
                " {} {} {}   {} -> {} a run   {}   {} -> {} samples",
                row.verdict.name(),
                change(row),
                row_interval(row),
                of(row.base),
                of(row.new),
                shares(row, "->"),
                grouped(row.base_count.round()),
                grouped(row.new_count.round()),
            ),
            verdict_style(app, row.verdict),
        ),
        (
            format!(
                " q {}   noise {:.1} times that of sampling   {} could have been seen",
                rate(row.q),
                row.noise,
                detectable(row.detectable)
            ),
            app.theme.dim(),
        ),
    ];
    if let Some(caller) = &row.moved_within {
        lines.push((format!(" moved within {}", plain(caller)), app.theme.title()));
    }
    if let Some(former) = &row.renamed_from {
        lines.push((format!(" renamed? {} is gone", plain(former)), app.theme.title()));
    }
    for path in &row.paths {
        let callers: Vec<String> =
            path.functions.iter().skip(1).map(|name| plain(&short_name(name))).collect();
        let more = if path.cut { " <- ..." } else { "" };
        let way = if callers.is_empty() {
            "without callers".to_owned()
        } else {
            format!("<- {}", callers.join(" <- "))
        };
        lines.push((format!("   {} -> {}   {way}{more}", of(path.base), of(path.new)), Style::new()));
    }
    for (at, (text, style)) in (0..area.height).zip(lines) {
        line(buffer, area, at, &[(fit(&text, width), style)]);
    }
}

/// What stands for a verdict where there are no colours.
fn sign(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Slower | Verdict::More => "▲",
        Verdict::Faster | Verdict::Less => "▼",
        Verdict::Same => "=",
        Verdict::Undecided => " ",
    }
}

fn verdict_style(app: &App, verdict: Verdict) -> Style {
    match verdict {
        Verdict::Slower | Verdict::More => app.theme.heat(1.0, true),
        Verdict::Faster | Verdict::Less => app.theme.heat(-1.0, true),
        Verdict::Same | Verdict::Undecided => app.theme.dim(),
    }
}
