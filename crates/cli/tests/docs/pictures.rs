//! Pictures for the documentation, made by running the program.

use std::fmt::Write;

use hotlist_testkit::{Colour, Program, Style, Terminal, testdata};

use crate::docs;

/// A picture of the terminal: file name, words, size, keys to press, and what is on the screen then.
struct Shot {
    name: &'static str,
    words: &'static [&'static str],
    size: (u16, u16),
    keys: &'static [&'static str],
    expected: &'static str,
}

const PROFILE: &str = "encoding_json.cpu.pb.gz";

const SHOTS: &[Shot] = &[
    Shot {
        name: "tui-flame",
        words: &["tui", PROFILE],
        size: (110, 30),
        keys: &["\x1b[B", "\x1b[B", "\x1b[B"],
        expected: "zoom",
    },
    Shot {
        name: "tui-top",
        words: &["tui", PROFILE],
        size: (110, 30),
        keys: &["2", "o", "j", "j"],
        expected: "encoding/json",
    },
    Shot {
        name: "tui-both",
        words: &["tui", PROFILE],
        size: (200, 44),
        keys: &["p", "2", "o", "j", "j", "j"],
        expected: "hide runtime",
    },
    Shot {
        name: "shell",
        words: &[PROFILE],
        size: (112, 26),
        keys: &["top5 json -cum\r", "peek json.Marshal$\r"],
        expected: "(hotlist)",
    },
];

#[test]
#[ignore = "writes the pictures of the documentation"]
fn write_pictures() {
    for shot in SHOTS {
        let program = Program::new(env!("CARGO_BIN_EXE_hotlist"), testdata("profiles"));
        let mut terminal = Terminal::open(&program, shot.words, shot.size, &[("TERM", "xterm-256color")]);
        terminal.wait_for("the first screen", |text| !text.trim().is_empty() && !text.contains("working"));
        for keys in shot.keys {
            terminal.press(keys);
            terminal.wait_for("an answer", |text| !text.contains("working"));
        }
        terminal.wait_for_text(shot.expected);
        std::fs::write(docs(&format!("images/{}.svg", shot.name)), svg(&terminal)).unwrap();
    }
}

const CELL: (f64, f64) = (8.4, 17.0);
const MARGIN: f64 = 10.0;
const FOREGROUND: (u8, u8, u8) = (0xd8, 0xd8, 0xd8);
const BACKGROUND: (u8, u8, u8) = (0x16, 0x18, 0x1d);

/// The screen as a picture: rows of text on coloured ground.
fn svg(terminal: &Terminal) -> String {
    let (columns, rows) = terminal.size();
    let (width, height) =
        (f64::from(columns) * CELL.0 + 2.0 * MARGIN, f64::from(rows) * CELL.1 + 2.0 * MARGIN);
    let svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
         viewBox=\"0 0 {width:.1} {height:.1}\" font-family=\"ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace\" \
         font-size=\"14\">\n<rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{}\"/>\n",
        hex(BACKGROUND)
    );
    let mut ground = String::new();
    let mut text = String::new();
    for row in 0..rows {
        let mut column = 0;
        while column < columns {
            let Some((first, style)) = terminal.cell(column, row) else { break };
            let start = column;
            let mut run = String::new();
            let mut next = Some((first, style));
            while let Some((contents, other)) = next
                && other == style
                && column < columns
            {
                run.push_str(if contents.is_empty() { " " } else { &contents });
                column += 1;
                next = terminal.cell(column, row);
            }
            let (foreground, background) = colours(style);
            let (x, y) = (MARGIN + f64::from(start) * CELL.0, MARGIN + f64::from(row) * CELL.1);
            let length = f64::from(column - start) * CELL.0;
            if background != BACKGROUND {
                let _ = writeln!(
                    ground,
                    "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{length:.1}\" height=\"{:.1}\" fill=\"{}\"/>",
                    CELL.1,
                    hex(background)
                );
            }
            if !run.trim().is_empty() {
                let weight = if style.bold { " font-weight=\"bold\"" } else { "" };
                let _ = writeln!(
                    text,
                    "<text x=\"{x:.1}\" y=\"{:.1}\" textLength=\"{length:.1}\" xml:space=\"preserve\" fill=\"{}\"{weight}>{}</text>",
                    y + 13.0,
                    hex(foreground),
                    run.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
                );
            }
        }
    }
    svg + &ground + &text + "</svg>\n"
}

/// Foreground and background as they are shown.
fn colours(style: Style) -> ((u8, u8, u8), (u8, u8, u8)) {
    let (mut foreground, mut background) =
        (rgb(style.foreground, FOREGROUND), rgb(style.background, BACKGROUND));
    if style.inverse {
        std::mem::swap(&mut foreground, &mut background);
    }
    if style.dim {
        let mix = |a: u8, b: u8| ((u16::from(a) + u16::from(b)) / 2) as u8;
        foreground = (
            mix(foreground.0, background.0),
            mix(foreground.1, background.1),
            mix(foreground.2, background.2),
        );
    }
    (foreground, background)
}

/// The colours of xterm's palette; its first sixteen as most terminals have them today.
fn rgb(colour: Colour, default: (u8, u8, u8)) -> (u8, u8, u8) {
    const FIRST: [(u8, u8, u8); 16] = [
        (0, 0, 0),
        (205, 49, 49),
        (13, 188, 121),
        (209, 177, 35),
        (59, 120, 255),
        (188, 63, 188),
        (17, 168, 205),
        (204, 204, 204),
        (118, 118, 118),
        (241, 76, 76),
        (35, 209, 139),
        (245, 245, 67),
        (59, 142, 234),
        (214, 112, 214),
        (41, 184, 219),
        (255, 255, 255),
    ];
    match colour {
        Colour::Default => default,
        Colour::Rgb(red, green, blue) => (red, green, blue),
        Colour::Indexed(number @ 0..=15) => FIRST[usize::from(number)],
        Colour::Indexed(number @ 16..=231) => {
            let level = |part: u8| if part == 0 { 0 } else { 55 + 40 * part };
            let number = number - 16;
            (level(number / 36), level(number / 6 % 6), level(number % 6))
        }
        Colour::Indexed(number) => {
            let grey = 8 + 10 * (number - 232);
            (grey, grey, grey)
        }
    }
}

fn hex((red, green, blue): (u8, u8, u8)) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}
