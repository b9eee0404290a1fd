//! The end of the server.

use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::task::Poll;

/// Waits for a signal that ends programs: SIGINT and SIGTERM, and Ctrl-C on other systems.
///
/// # Errors
/// When the system does not let signals be waited for.
#[cfg(unix)]
pub(crate) async fn signalled() -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    first(interrupt.recv(), terminate.recv()).await;
    Ok(())
}

/// Waits for Ctrl-C.
///
/// # Errors
/// When the system does not let it be waited for.
#[cfg(not(unix))]
pub(crate) async fn signalled() -> io::Result<()> {
    tokio::signal::ctrl_c().await
}

/// What the first of two comes to; the other one is given up.
pub(crate) async fn first<T>(one: impl Future<Output = T>, other: impl Future<Output = T>) -> T {
    let (mut one, mut other) = (pin!(one), pin!(other));
    poll_fn(|context| match one.as_mut().poll(context) {
        Poll::Pending => other.as_mut().poll(context),
        ready => ready,
    })
    .await
}
