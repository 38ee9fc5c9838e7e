//! An older database that is put back, with the log's folder left as it is: what was signed is ahead
//! of it, so nothing may be signed any more, and calls are still served and recorded.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use tokio::time::sleep;
use weighbridge_testkit::gateway::Gateway;

use super::dice::Dice;
use super::history::History;
use super::judge::Case;
use super::ledger::Answer;
use super::load::{Load, Loaded};
use super::site::Site;
use super::tally::Tally;
use crate::progress;

/// The load before and after the copy, and after it was put back.
const UNDER_LOAD: Duration = Duration::from_millis(700);
/// The database: its file and its write-ahead log, where there is one. What SQLite shares between
/// processes is made anew.
const DATABASE: [&str; 2] = ["weighbridge.db", "weighbridge.db-wal"];
const SHARED: &str = "weighbridge.db-shm";

/// See the module's words.
pub(crate) async fn run(site: &Site, mut dice: Dice) -> Result<()> {
    let mut history = History::default();
    let mut case = Case::default();
    let gateway = site.start().await?;
    let data = gateway.data_dir().to_owned();
    let kept = under_load(site, gateway, 1, &mut dice).await?;
    history.remember(kept.checkpoints);
    case.calls.extend(kept.calls);
    case.dispatched.extend(site.dispatched().await?);
    let older = Copy::of(&data)?;

    let lost = under_load(site, site.start().await?, 2, &mut dice).await?;
    history.remember(lost.checkpoints);
    // Their receipts go with the database that has them.
    site.dispatched().await?;
    older.put_back(&data)?;
    site.settle()?;

    let gateway = site.start().await.context("the start on the older database")?;
    refuses(&history, site, &gateway).await?;
    let load = Load::unwatched(site, gateway.url(), 3, &mut dice);
    sleep(UNDER_LOAD).await;
    refuses(&history, site, &gateway).await?;
    site.kill(gateway).await?;
    let calls = load.stop().await?.calls;
    ensure!(calls.iter().any(|call| call.reply.complete_ok), "no call was answered to its end");
    case.calls.extend(calls);
    case.dispatched.extend(site.dispatched().await?);
    site.cut_power()?;

    let gateway = site.start().await?;
    refuses(&history, site, &gateway).await.context("after another start")?;
    let receipts = site.receipts(&gateway, &HashSet::new()).await?;
    (case.receipts, case.leaves) = (receipts.seen, receipts.leaves);
    case.judge()?;
    site.balances(&gateway, case.charged()).await?;
    let unsigned = case.receipts.len() - case.leaves.len();
    ensure!(unsigned > 0, "no call was recorded after the older database was put back");
    let mut tally = Tally::default();
    tally.kills += 1;
    tally.add(&case);
    progress::line(&tally);
    progress::line(format_args!(
        "crash --restored: nothing was signed on an older database, and {unsigned} receipts \
         recorded; R1, R2, M2 and L1 held"
    ));
    Ok(())
}

/// A load, and a proper end of the gateway after it.
async fn under_load(
    site: &Site,
    mut gateway: Gateway,
    round: usize,
    dice: &mut Dice,
) -> Result<Loaded> {
    let mut load = Load::start(site, gateway.url(), round, dice);
    sleep(UNDER_LOAD).await;
    load.newer_checkpoint().await?;
    let loaded = load.stop().await?;
    let status = gateway.terminate().await?;
    ensure!(status.success(), "the gateway ended with {status}");
    Ok(loaded)
}

/// The database of a gateway that has ended, file by file.
struct Copy(Vec<(&'static str, Vec<u8>)>);

impl Copy {
    fn of(data: &Path) -> Result<Self> {
        let mut files = Vec::new();
        for name in DATABASE {
            match fs::read(data.join(name)) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                bytes => files.push((name, bytes.context(name)?)),
            }
        }
        Ok(Self(files))
    }

    fn put_back(&self, data: &Path) -> Result<()> {
        for name in DATABASE.iter().chain([&SHARED]) {
            match fs::remove_file(data.join(name)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
                _ => {}
            }
        }
        for (name, bytes) in &self.0 {
            fs::write(data.join(name), bytes)?;
        }
        Ok(())
    }
}

/// Nothing is signed, however long one waits.
async fn refuses(history: &History, site: &Site, gateway: &Gateway) -> Result<()> {
    match history.settled(site, gateway).await? {
        Answer::Refused(_) => Ok(()),
        other => bail!("L1 broken: an older database was put back, and the log says {other:?}"),
    }
}
