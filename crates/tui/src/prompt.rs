//! A line that is typed at the bottom of the screen.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// What a typed pattern is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    Search,
    Focus,
    Ignore,
    Hide,
}

impl Purpose {
    pub(crate) fn title(self) -> &'static str {
        match self {
            Purpose::Search => "search",
            Purpose::Focus => "focus",
            Purpose::Ignore => "ignore",
            Purpose::Hide => "hide",
        }
    }
}

/// What is typed, and where the next character goes.
#[derive(Debug, Clone)]
pub(crate) struct Prompt {
    pub(crate) purpose: Purpose,
    text: Vec<char>,
    cursor: usize,
}

/// What a key does to a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Typed {
    /// The line is edited.
    Edited,
    /// It is complete.
    Done,
    /// It is given up.
    Left,
    /// The line that was typed before is wanted.
    Recalled,
    /// The process is to stop for a while.
    Suspend,
}

impl Prompt {
    pub(crate) fn new(purpose: Purpose, text: &str) -> Prompt {
        let text: Vec<char> = text.chars().collect();
        Prompt { purpose, cursor: text.len(), text }
    }

    pub(crate) fn text(&self) -> String {
        self.text.iter().collect()
    }

    /// What stands before the cursor.
    pub(crate) fn before_cursor(&self) -> String {
        self.text[..self.cursor].iter().collect()
    }

    /// What stands under the cursor and behind it.
    pub(crate) fn after_cursor(&self) -> String {
        self.text[self.cursor..].iter().collect()
    }

    pub(crate) fn insert(&mut self, text: &str) {
        for character in text.chars().filter(|character| !character.is_control()) {
            self.text.insert(self.cursor, character);
            self.cursor += 1;
        }
    }

    pub(crate) fn key(&mut self, key: KeyEvent) -> Typed {
        let is_control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Esc => return Typed::Left,
            KeyCode::Enter => return Typed::Done,
            KeyCode::Up => return Typed::Recalled,
            KeyCode::Char('c') if is_control => return Typed::Left,
            KeyCode::Char('z') if is_control => return Typed::Suspend,
            KeyCode::Char('u') if is_control => {
                self.text.drain(..self.cursor);
                self.cursor = 0;
            }
            KeyCode::Char('k') if is_control => self.text.truncate(self.cursor),
            KeyCode::Char('w') if is_control => {
                let is_space = |at: usize| self.text[at].is_whitespace();
                let mut from = self.cursor;
                while from > 0 && is_space(from - 1) {
                    from -= 1;
                }
                while from > 0 && !is_space(from - 1) {
                    from -= 1;
                }
                self.text.drain(from..self.cursor);
                self.cursor = from;
            }
            KeyCode::Home => self.cursor = 0,
            KeyCode::End => self.cursor = self.text.len(),
            KeyCode::Char('a') if is_control => self.cursor = 0,
            KeyCode::Char('e') if is_control => self.cursor = self.text.len(),
            KeyCode::Left => self.cursor = self.cursor.saturating_sub(1),
            KeyCode::Right => self.cursor = (self.cursor + 1).min(self.text.len()),
            KeyCode::Backspace if self.cursor > 0 => {
                self.cursor -= 1;
                self.text.remove(self.cursor);
            }
            KeyCode::Delete if self.cursor < self.text.len() => {
                self.text.remove(self.cursor);
            }
            KeyCode::Char(character) if !is_control => self.insert(character.encode_utf8(&mut [0; 4])),
            _ => {}
        }
        Typed::Edited
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_edited() {
        let mut prompt = Prompt::new(Purpose::Search, "json");
        let press = |prompt: &mut Prompt, code, modifiers| prompt.key(KeyEvent::new(code, modifiers));
        let plain = KeyModifiers::NONE;
        press(&mut prompt, KeyCode::Home, plain);
        press(&mut prompt, KeyCode::Delete, plain);
        press(&mut prompt, KeyCode::Char('J'), plain);
        press(&mut prompt, KeyCode::End, plain);
        prompt.insert(" de\u{7}code");
        assert_eq!(prompt.text(), "Json decode");
        press(&mut prompt, KeyCode::Char('w'), KeyModifiers::CONTROL);
        assert_eq!(prompt.text(), "Json ");
        press(&mut prompt, KeyCode::Left, plain);
        press(&mut prompt, KeyCode::Backspace, plain);
        assert_eq!((prompt.before_cursor(), prompt.after_cursor()), ("Jso".to_owned(), " ".to_owned()));
        press(&mut prompt, KeyCode::Char('u'), KeyModifiers::CONTROL);
        assert_eq!(prompt.text(), " ");
        assert_eq!(press(&mut prompt, KeyCode::Esc, plain), Typed::Left);
    }
}
