//! A time in which the desk does not serve.

use std::time::Duration;

use anyhow::{Context, Result};
use tokio::time::sleep;

use super::caller::Call;
use super::load::Load;
use super::receipt::Receipt;
use super::site::{DESK, REST, Site, WHOLE};
use super::watcher::Sight;

/// How long it may take until it has calls to lose.
const BUSY: Duration = Duration::from_secs(20);
/// How many calls that are.
const TO_LOSE: u64 = 2;
/// What may have been on its way when the server went.
const ON_ITS_WAY: Duration = Duration::from_millis(250);

/// What becomes of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Its process is killed, and another one started.
    Killed,
    /// It is halted, and goes on.
    Halted,
}

/// See the module's words. Times are since the load began.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outage {
    pub(crate) kind: Kind,
    pub(crate) from: Duration,
    /// When it served again.
    pub(crate) to: Duration,
}

impl Kind {
    /// For people.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Killed => "killed",
            Self::Halted => "halted",
        }
    }

    /// How long it goes on.
    const fn length(self) -> Duration {
        match self {
            Self::Killed => Duration::from_secs(4),
            Self::Halted => Duration::from_secs(10),
        }
    }

    /// How long it may take until no more calls go there. A server that is halted has to be waited for,
    /// by the two calls that it is given at its best and then by another: three failures make it rest.
    pub(crate) const fn until_left(self) -> Duration {
        match self {
            Self::Killed => Duration::from_secs(1),
            Self::Halted => WHOLE.saturating_mul(2).saturating_add(Duration::from_secs(1)),
        }
    }

    /// How long it may take until it answers calls again: the longest rest, and a call that may have
    /// been sent before, which shows that it is back.
    pub(crate) const fn until_used(self) -> Duration {
        REST.saturating_add(Duration::from_secs(2))
    }
}

impl Outage {
    /// Waits until the desk has calls, takes it away from them, and brings it back.
    pub(crate) async fn happen(kind: Kind, site: &mut Site, load: &Load) -> Result<Self> {
        load.watcher
            .until(BUSY, |sight| sight.health == "well" && sight.in_flight >= TO_LOSE)
            .await
            .context("the desk has no calls")?;
        let from = load.now();
        match kind {
            Kind::Killed => site.desk.kill()?,
            Kind::Halted => site.desk.halt()?,
        }
        sleep(kind.length()).await;
        match kind {
            Kind::Killed => site.desk.serve().await?,
            Kind::Halted => site.desk.go_on()?,
        }
        Ok(Self { kind, from, to: load.now() })
    }

    /// After how long no more calls went to the desk, if that was so.
    pub(crate) fn left_after(&self, sights: &[Sight]) -> Option<Duration> {
        let is_ill = |sight: &&Sight| sight.at >= self.from && sight.health != "well";
        let left = sights.iter().find(is_ill).filter(|sight| sight.at < self.to)?;
        Some(left.at.saturating_sub(self.from))
    }

    /// After how long the desk answered a call that was made when it was back, if it did.
    pub(crate) fn used_after<'a>(
        &self,
        all: impl Iterator<Item = (&'a Call, &'a Receipt)>,
    ) -> Option<Duration> {
        all.filter(|(call, receipt)| {
            let by_desk = |last: &super::receipt::Attempt| last.provider == DESK;
            call.began >= self.to && receipt.outcome == "ok" && receipt.last().is_some_and(by_desk)
        })
        .filter_map(|(call, _)| call.head)
        .min()
        .map(|head| head.saturating_sub(self.to))
    }

    /// Whether a call was there while the desk was not.
    pub(crate) fn met(&self, call: &Call) -> bool {
        call.began < self.to && call.ended > self.from
    }

    /// Whether a reply had begun, and the desk went in its midst: nobody can go on with it.
    pub(crate) fn cut(&self, call: &Call) -> bool {
        self.met(call) && call.head.is_some_and(|head| head <= self.from + ON_ITS_WAY)
    }
}
