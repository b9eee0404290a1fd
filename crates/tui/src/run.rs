//! The screen on the terminal of the process.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use hotlist_session::{Note, Profiles, ViewOptions};
use ratatui::crossterm::event::{self, Event};

use crate::app::{App, Effect};
use crate::content::Content;
use crate::input;
use crate::query::Query;
use crate::signals::{Signal, Signals};
use crate::terminal::{Screen, is_gone};
use crate::theme::{Colours, Theme};
use crate::view;
use crate::worker::{Source, Worker};

/// What can happen.
enum Message {
    Event(Event),
    Answer(Box<(Query, Content, Vec<Note>)>),
    Signal(Signal),
    /// The terminal cannot be read any more.
    Gone,
}

/// How long the thread that reads the terminal waits before it looks whether it is still wanted.
const PATIENCE: Duration = Duration::from_millis(50);
/// How often it is looked whether the terminal is still there when nothing else happens.
const WATCH: Duration = Duration::from_secs(1);

/// Shows `profiles` until people quit. A signal that ends the process ends it after the terminal was given back.
///
/// # Errors
/// When the terminal cannot be written.
pub fn run(
    profiles: &Arc<Profiles>,
    options: ViewOptions,
    source: &Source,
    colours: Colours,
    signals: &Signals,
) -> io::Result<()> {
    let mut app = App::new(profiles, options, Theme::new(colours));
    let (sender, messages) = channel();
    let answers = sender.clone();
    // Once the screen is closed, answers are not wanted any more.
    let worker = Worker::new(profiles, source, move |query, content, notes| {
        let _ = answers.send(Message::Answer(Box::new((query, content, notes))));
    });
    let (signal_sender, signal_messages) = channel();
    signals.hand_to(Some(signal_sender));
    let own = sender.clone();
    thread::spawn(move || {
        while let Ok(signal) = signal_messages.recv() {
            if own.send(Message::Signal(signal)).is_err() {
                break;
            }
        }
    });

    let mut deadly = None;
    let outcome = (|| {
        let mut screen = Screen::take()?;
        let _input = Input::new(sender);
        loop {
            if let Some(query) = app.wanted() {
                worker.ask(query);
            }
            screen.draw(|frame| view::draw(&mut app, frame))?;
            let first = match messages.recv_timeout(WATCH) {
                Ok(first) => first,
                // The thread that reads does not notice, and a signal need not come.
                Err(RecvTimeoutError::Timeout) if is_gone() => Message::Gone,
                Err(RecvTimeoutError::Timeout) => continue,
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            };
            // Whatever else has happened by now is drawn together.
            for message in std::iter::once(first).chain(messages.try_iter()) {
                let effect = match message {
                    Message::Event(event) => input::event(&mut app, &event),
                    Message::Answer(answer) => {
                        let (query, content, notes) = *answer;
                        app.take(query, content, &notes);
                        Effect::Draw
                    }
                    Message::Signal(Signal::Stop) => Effect::Suspend,
                    Message::Signal(signal @ Signal::End(_)) => {
                        deadly = Some(signal);
                        Effect::Quit
                    }
                    Message::Gone => Effect::Quit,
                };
                match effect {
                    Effect::Draw => {}
                    Effect::Redraw => screen.clear()?,
                    Effect::Suspend => screen.suspend(|| Signal::Stop.obey())?,
                    Effect::Quit => return Ok(()),
                }
            }
        }
    })();
    signals.hand_to(None);
    if let Some(signal) = deadly {
        signal.obey();
    }
    outcome
}

/// A thread that reads the terminal, for as long as this is in scope: afterwards what is typed belongs
/// to others.
struct Input {
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Input {
    fn new(sender: Sender<Message>) -> Input {
        let is_over = Arc::new(AtomicBool::new(false));
        let over = Arc::clone(&is_over);
        let thread = thread::spawn(move || {
            while !over.load(Ordering::Relaxed) {
                let message = match event::poll(PATIENCE) {
                    Ok(false) => continue,
                    Ok(true) => event::read().map_or(Message::Gone, Message::Event),
                    Err(_) => Message::Gone,
                };
                let is_gone = matches!(message, Message::Gone);
                if sender.send(message).is_err() || is_gone {
                    break;
                }
            }
        });
        Input { is_over, thread: Some(thread) }
    }
}

impl Drop for Input {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        let Some(thread) = self.thread.take() else { return };
        // Where the terminal has gone away, the library reads it for ever, and nothing is left to wait for.
        let end = Instant::now() + 4 * PATIENCE;
        while !thread.is_finished() && Instant::now() < end {
            thread::sleep(Duration::from_millis(1));
        }
    }
}
