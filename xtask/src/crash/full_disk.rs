//! A disk that fills up under load: refusals before dispatch, nothing served unrecorded, and
//! back to work when there is space.

use std::collections::HashSet;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use tokio::time::sleep;
use weighbridge_testkit::gateway::Gateway;
use weighbridge_testkit::shim::Fault;

use super::caller::{Call, Caller};
use super::dice::Dice;
use super::history::History;
use super::judge::Case;
use super::load::Load;
use super::plan::Plan;
use super::site::Site;
use super::tally::Tally;
use crate::progress;
use crate::stopwatch::{self, Stopwatch};

/// The load before the disk is full, and how long it goes on then.
const UNDER_LOAD: Duration = Duration::from_millis(700);
/// How long the space that files already have may last, and how long mending may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// How many calls in a row must be refused, and later must work.
const CALLS: u32 = 50;

/// See the module's words.
pub(crate) async fn run(site: &Site, mut dice: Dice) -> Result<()> {
    let gateway = site.start().await?;
    let (mut case, mut history) = (Case::default(), History::default());
    let load = Load::start(site, gateway.url(), 1, &mut dice);
    sleep(UNDER_LOAD).await;
    site.set(Fault::Full, true)?;
    sleep(UNDER_LOAD).await;
    let loaded = load.stop().await?;
    case.calls.extend(loaded.calls);
    history.remember(loaded.checkpoints);

    let mut probe = Probe { caller: Caller::new(gateway.url(), site.key()), dice, made: 0 };
    probe.until(&mut case, false).await.context("the disk is full, and calls are served")?;
    let count = site.dispatched_count();
    for _ in 0..CALLS {
        let call = probe.call().await?;
        ensure!(call.status == Some(503), "on a full disk a call should be a 503: {call:?}");
        case.calls.push(call);
    }
    let after = site.dispatched_count();
    ensure!(after == count, "{} calls were dispatched on a full disk", after - count);

    site.set(Fault::Full, false)?;
    let watch = Stopwatch::start();
    probe.until(&mut case, true).await.context("there is space again, and calls are refused")?;
    let mended = stopwatch::words(watch.elapsed());
    let load = Load::start(site, gateway.url(), 2, &mut probe.dice);
    sleep(UNDER_LOAD).await;
    finish(site, gateway, load, case, history).await?;
    progress::line(format_args!(
        "crash --full-disk: {CALLS} calls refused before dispatch, served again after {mended}; \
         R1, R2, M2 and L1 held"
    ));
    Ok(())
}

/// Kills the gateway under load, as soon as the log has gone on, and checks books and log.
async fn finish(
    site: &Site,
    gateway: Gateway,
    mut load: Load,
    mut case: Case,
    mut history: History,
) -> Result<()> {
    load.newer_checkpoint().await?;
    site.kill(gateway).await?;
    let loaded = load.stop().await?;
    case.calls.extend(loaded.calls);
    history.remember(loaded.checkpoints);
    case.dispatched = site.dispatched().await?;
    site.cut_power()?;
    let gateway = site.start().await?;
    let newest = history.caught_up(site, &gateway).await?;
    let receipts = site.receipts(&gateway, &HashSet::new()).await?;
    (case.receipts, case.leaves) = (receipts.seen, receipts.leaves);
    let mut tally = Tally::default();
    tally.add(&case);
    tally.kills += 1;
    progress::line(&tally);
    case.judge()?;
    site.balances(&gateway, case.charged()).await?;
    case.numbered()?;
    history.check(site, &gateway, &newest, &case.leaves).await?;
    progress::line(&history);
    if let Some(call) = case.calls.iter().find(|call| call.hung) {
        bail!("the call {} hung until its caller gave up", call.marker);
    }
    refused_before_dispatch(&case)?;
    ensure!(tally.is_telling(), "the load was too small to tell anything: {tally}");
    Ok(())
}

/// A call that was refused at once for want of a record is unknown to provider and receipts.
fn refused_before_dispatch(case: &Case) -> Result<()> {
    let refused = |call: &&Call| call.status == Some(503) && call.reply.call.is_none();
    let dispatched: HashSet<&str> = case.dispatched.iter().flatten().map(String::as_str).collect();
    for call in case.calls.iter().filter(refused) {
        let marker = call.marker.as_str();
        ensure!(!dispatched.contains(marker), "{marker} was refused and yet dispatched");
        let recorded = case.receipts.iter().any(|receipt| receipt.input == call.reply.request);
        ensure!(!recorded, "{marker} was refused and yet has a receipt");
    }
    Ok(())
}

/// A caller that makes one call after another.
struct Probe {
    caller: Caller,
    dice: Dice,
    made: u32,
}

impl Probe {
    /// Makes calls until one is served, or refused for want of a record.
    async fn until(&mut self, case: &mut Case, served: bool) -> Result<()> {
        let watch = Stopwatch::start();
        while watch.elapsed() < PATIENCE {
            let call = self.call().await?;
            let is_served = call.status == Some(200);
            case.calls.push(call);
            if is_served == served {
                return Ok(());
            }
            sleep(Duration::from_millis(2)).await;
        }
        bail!("still so after {}", stopwatch::words(PATIENCE))
    }

    /// A plain call.
    async fn call(&mut self) -> Result<Call> {
        self.made += 1;
        let marker = format!("m-0-{}", self.made);
        let mut plan = Plan::pick(marker.clone(), &mut self.dice);
        plan.body =
            format!(r#"{{"model":"ok","messages":[{{"role":"user","content":"{marker}"}}]}}"#);
        (plan.stream, plan.leaves_after) = (false, None);
        self.caller.call(&plan).await.context("the gateway cannot be reached")
    }
}
