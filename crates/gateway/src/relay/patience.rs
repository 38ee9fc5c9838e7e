//! How long a stream may be silent, and when it gets a sign of life.

use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

/// One timer for a stream's silences. It is set anew when it fires, not with every event.
pub(crate) struct Patience {
    /// When the stream has taken too long, however much it says.
    pub(crate) over: Instant,
    pub(crate) idle: Duration,
    ping: Duration,
    pub(crate) last_in: Instant,
    pub(crate) last_out: Instant,
    timer: Pin<Box<Sleep>>,
}

/// What a silence has come to.
pub(crate) enum Silence {
    Ping,
    TooLong,
}

impl Patience {
    /// Patience with a stream whose head came `now`.
    pub(crate) fn new(now: Instant, time: Duration, idle: Duration, ping: Duration) -> Self {
        let timer = Box::pin(tokio::time::sleep_until(now + idle.min(ping)));
        Self { over: now + time, idle, ping, last_in: now, last_out: now, timer }
    }

    /// Waits until a silence has come to something.
    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Silence> {
        loop {
            ready!(self.timer.as_mut().poll(context));
            let now = Instant::now();
            let too_long = self.last_in + self.idle;
            if now >= too_long {
                return Poll::Ready(Silence::TooLong);
            }
            let due = self.last_out.max(self.last_in) + self.ping;
            if now >= due {
                self.last_out = now;
                self.timer.as_mut().reset(too_long.min(now + self.ping));
                return Poll::Ready(Silence::Ping);
            }
            self.timer.as_mut().reset(too_long.min(due));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn next(patience: &mut Patience) -> Silence {
        std::future::poll_fn(|context| patience.poll(context)).await
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_stream_is_pinged_and_then_given_up() {
        let start = Instant::now();
        let second = Duration::from_secs(1);
        let mut patience = Patience::new(start, 100 * second, 10 * second, 4 * second);
        for at in [4, 8] {
            assert!(matches!(next(&mut patience).await, Silence::Ping));
            assert_eq!(Instant::now() - start, at * second);
        }
        assert!(matches!(next(&mut patience).await, Silence::TooLong));
        assert_eq!(Instant::now() - start, 10 * second);
    }

    #[tokio::test(start_paused = true)]
    async fn whatever_comes_puts_both_off() {
        let start = Instant::now();
        let second = Duration::from_secs(1);
        let mut patience = Patience::new(start, 100 * second, 10 * second, 4 * second);
        tokio::time::advance(3 * second).await;
        patience.last_in = Instant::now();
        assert!(matches!(next(&mut patience).await, Silence::Ping));
        assert_eq!(Instant::now() - start, 7 * second);
        patience.last_in = Instant::now();
        patience.last_out = Instant::now();
        tokio::time::advance(3 * second).await;
        assert!(matches!(next(&mut patience).await, Silence::Ping));
        assert_eq!(Instant::now() - start, 11 * second);
    }
}
