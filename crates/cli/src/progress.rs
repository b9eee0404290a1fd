//! A progress bar on standard error, for loading that takes long.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use hotlist_session::Progress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::console::Console;

/// Work that is done sooner shows no bar.
const PATIENCE: Duration = Duration::from_secs(1);
const REFRESH: Duration = Duration::from_millis(100);

/// Runs `work` and shows how far it has come when it takes over a second on a terminal.
pub(crate) fn with_bar<R>(console: &Console, progress: &Progress, work: impl FnOnce() -> R) -> R {
    if !console.err_is_terminal {
        return work();
    }
    std::thread::scope(|scope| {
        let (done, is_done) = channel::<()>();
        scope.spawn(move || {
            if is_done.recv_timeout(PATIENCE) != Err(RecvTimeoutError::Timeout) {
                return;
            }
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            let style = if progress.expected() > 0 {
                "reading {bar:30} {bytes} of {total_bytes}"
            } else {
                "reading {spinner} {bytes}"
            };
            if let Ok(style) = ProgressStyle::with_template(style) {
                bar.set_style(style);
            }
            while is_done.recv_timeout(REFRESH) == Err(RecvTimeoutError::Timeout) {
                if progress.expected() > 0 {
                    bar.set_length(progress.expected());
                }
                bar.set_position(progress.read());
                bar.tick();
            }
            bar.finish_and_clear();
        });
        let result = work();
        drop(done);
        result
    })
}
