//! A flush that fails under load: the process must end at once, and what it promised must hold.

use std::collections::HashSet;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::time::sleep;
use weighbridge_testkit::shim::Fault;

use super::dice::Dice;
use super::history::History;
use super::judge::Case;
use super::load::{Load, Loaded};
use super::receipts::Receipts;
use super::site::Site;
use super::tally::Tally;
use crate::progress;

/// The load before the fault.
const BEFORE: Duration = Duration::from_millis(500);
/// How long the process may take to end.
const END: Duration = Duration::from_secs(20);
/// The exit status of a process that cannot record any more.
const CODE: i32 = 4;

/// See the module's words.
pub(crate) async fn run(site: &Site, mut dice: Dice) -> Result<()> {
    let mut gateway = site.start().await?;
    let mut load = Load::start(site, gateway.url(), 1, &mut dice);
    sleep(BEFORE).await;
    load.newer_checkpoint().await?;
    site.set(Fault::FailingFlush, true)?;
    let status = gateway.ended(END).await.context("a flush failed, and the gateway goes on")?;
    if status.code() != Some(CODE) {
        bail!("the gateway ended with {status}, not {CODE}; it said:\n{}", gateway.said());
    }
    let Loaded { calls, checkpoints } = load.stop().await?;
    let mut history = History::default();
    history.remember(checkpoints);
    let dispatched = site.dispatched().await?;
    site.cut_power()?;
    site.set(Fault::FailingFlush, false)?;
    let gateway = site.start().await.context("the start after the failed flush")?;
    let newest = history.caught_up(site, &gateway).await?;
    let Receipts { seen: receipts, leaves } = site.receipts(&gateway, &HashSet::new()).await?;
    let case = Case { calls, dispatched, receipts, leaves };
    let mut tally = Tally::default();
    tally.add(&case);
    case.judge()?;
    site.balances(&gateway, case.charged()).await?;
    case.numbered()?;
    history.check(site, &gateway, &newest, &case.leaves).await?;
    if !tally.is_telling() {
        bail!("the load was too small to tell anything: {tally}");
    }
    progress::line(&tally);
    progress::line(&history);
    progress::line("crash --failed-sync: the process ended with 4; R1, R2, M2 and L1 held");
    Ok(())
}
