//! Round after round: load, a kill, a power cut, a start, and books and log are checked.

use std::collections::HashSet;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::time::sleep;
use weighbridge_core::money::Amount;
use weighbridge_testkit::gateway::Gateway;
use weighbridge_testkit::shim::Fault;

use super::dice::Dice;
use super::history::History;
use super::judge::Case;
use super::ledger::Answer;
use super::load::{Load, Loaded};
use super::receipts::Receipts;
use super::site::Site;
use super::span::Span;
use super::tally::Tally;
use crate::progress::{self, Gauge};
use crate::stopwatch::{self, Stopwatch};

/// How many rounds pass between two lines where nobody watches.
const LINE: usize = 10;
/// In one of how many rounds the next start is killed too: recovery must bear that.
const IN_VAIN: u64 = 4;
/// In one of how many rounds it is killed as soon as somebody has seen a new checkpoint: what was
/// given out must be there after any kill.
const AT_CHECKPOINT: u64 = 2;
/// After how many starts all entries of the log are read.
const WHOLE_LOG: u32 = 10;
/// About how long a start takes.
const STARTING: Duration = Duration::from_millis(40);

/// Kills the gateway `rounds` times. With `weaken` it is an error if nothing gets lost.
pub(crate) async fn run(
    site: &Site,
    mut dice: Dice,
    rounds: usize,
    span: Span,
    weaken: bool,
) -> Result<()> {
    let watch = Stopwatch::start();
    site.set(Fault::Weakened, weaken)?;
    let mut gauge = progress::is_watched().then(Gauge::new);
    let mut show = |done: usize, words: &str| match &mut gauge {
        Some(gauge) => {
            gauge.show(done, rounds, words);
            if done == rounds {
                gauge.clear();
            }
        }
        None if done.is_multiple_of(LINE) || done == rounds => progress::note(words),
        None => {}
    };
    let mut books = Books::default();
    let mut gateway = site.start().await?;
    for round in 1..=rounds {
        let (case, log);
        (case, log, gateway) = play(site, gateway, round, span, &mut dice, &mut books)
            .await
            .with_context(|| format!("round {round}"))?;
        books.charged += case.charged();
        if !weaken {
            let books = site.balances(&gateway, books.charged).await;
            books.with_context(|| format!("round {round}"))?;
        }
        books.tally.kills += 1;
        books.tally.add(&case);
        if let Err(broken) = case.judge() {
            let (replies, calls) = case.losses();
            let words = format!(
                "round {round}: {broken}; {replies} complete replies without a receipt `ok`, \
                 {calls} dispatched calls without any"
            );
            show(rounds, &books.words(round, rounds));
            if !weaken {
                return Err(anyhow::Error::msg(words));
            }
            // Rows are lost, and the log may still not take back what was seen of it.
            if let Answer::Signed(newest) = &log {
                books.history.grew(site, &gateway, newest, None).await?;
            }
            return found(&words);
        }
        if let (true, Answer::Refused(words)) = (weaken, &log) {
            show(rounds, &books.words(round, rounds));
            return found(&format!("round {round}: the log is not signed any more: {words}"));
        }
        let held = books.add(site, &gateway, case, log, &mut dice).await;
        held.with_context(|| format!("round {round}"))?;
        show(round, &books.words(round, rounds));
    }
    if weaken {
        bail!("the sync was weakened and {rounds} rounds lost nothing: the harness is blind");
    }
    books.check(site, gateway).await?;
    progress::line(&books.tally);
    progress::line(&books.history);
    let time = stopwatch::words(watch.elapsed());
    progress::line(format_args!("crash: R1, R2, M2 and L1 held over {rounds} rounds in {time}"));
    Ok(())
}

fn found(words: &str) -> Result<()> {
    progress::line(words);
    progress::line("crash --weaken: the loss was found, as it must be: the harness can see");
    Ok(())
}

/// One round. Returns what happened in it, where the log stands after it, and the gateway that was
/// started then.
async fn play(
    site: &Site,
    gateway: Gateway,
    round: usize,
    span: Span,
    dice: &mut Dice,
    books: &mut Books,
) -> Result<(Case, Answer, Gateway)> {
    let mut load = Load::start(site, gateway.url(), round, dice);
    sleep(dice.time(span.from, span.to)).await;
    if dice.below(AT_CHECKPOINT) == 0 {
        load.newer_checkpoint().await?;
    }
    site.kill(gateway).await?;
    let Loaded { calls, checkpoints } = load.stop().await?;
    books.history.remember(checkpoints);
    let dispatched = site.dispatched().await?;
    site.cut_power()?;
    while dice.below(IN_VAIN) == 0 {
        site.start_in_vain(dice.time(Duration::ZERO, STARTING)).await?;
    }
    let gateway = site.start().await.context("the start after the power cut")?;
    let log = books.history.settled(site, &gateway).await?;
    let Receipts { seen: receipts, leaves } = site.receipts(&gateway, &books.known).await?;
    if let Some(call) = calls.iter().find(|call| call.hung) {
        bail!("the call {} hung until its caller gave up", call.marker);
    }
    Ok((Case { calls, dispatched, receipts, leaves }, log, gateway))
}

/// Everything that happened so far.
#[derive(Debug, Default)]
struct Books {
    tally: Tally,
    known: HashSet<String>,
    /// What all receipts charge.
    charged: Amount,
    all: Case,
    history: History,
}

impl Books {
    /// Adds a round that kept its receipts, if it kept the log too.
    async fn add(
        &mut self,
        site: &Site,
        gateway: &Gateway,
        case: Case,
        log: Answer,
        dice: &mut Dice,
    ) -> Result<()> {
        let newest = log.signed()?;
        self.history.grew(site, gateway, &newest, Some(dice)).await?;
        case.numbered()?;
        self.known.extend(case.receipts.iter().map(|receipt| receipt.id.clone()));
        self.all.append(case);
        if self.tally.kills.is_multiple_of(WHOLE_LOG) {
            self.history.is_whole(site, gateway, &newest, &self.all.leaves).await?;
        }
        Ok(())
    }

    fn words(&self, round: usize, rounds: usize) -> String {
        format!("round {round} of {rounds}: {}", self.tally)
    }

    /// Once more over everything, with receipts read anew: an old one may have got lost since.
    async fn check(&mut self, site: &Site, gateway: Gateway) -> Result<()> {
        let newest = self.history.caught_up(site, &gateway).await?;
        let receipts = site.receipts(&gateway, &HashSet::new()).await?;
        (self.all.receipts, self.all.leaves) = (receipts.seen, receipts.leaves);
        self.all.judge().context("over all rounds")?;
        if self.all.receipts.len() != self.known.len() {
            let (now, then) = (self.all.receipts.len(), self.known.len());
            bail!("R2 broken: {now} receipts at the end, {then} were seen on the way");
        }
        if !self.tally.is_telling() {
            bail!("the load was too small to tell anything: {}", self.tally);
        }
        site.balances(&gateway, self.all.charged()).await?;
        self.all.numbered()?;
        self.history.check(site, &gateway, &newest, &self.all.leaves).await?;
        drop(gateway);
        Ok(())
    }
}
