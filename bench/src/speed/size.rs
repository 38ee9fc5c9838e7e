//! Memory: idle, busy, and with many streams open.

use std::time::Duration;

use anyhow::{Result, ensure};

use super::Bench;
use super::peers::Peers;
use crate::bars::{self, Bar};
use crate::figures;
use crate::load::Load;
use crate::memory::Watcher;
use crate::mock::Pace;
use crate::progress;
use crate::report::Table;

/// Streams that are open at once.
const STREAMS: u64 = 1_000;
/// From one of their chunks to the next: so long that the first has not ended when the last begins.
const GAP: Duration = Duration::from_millis(200);

/// What the gateway holds.
pub(super) async fn measure(bench: &Bench, peers: &mut Peers, busy_kib: u64) -> Result<Table> {
    let head = ["", "Weighbridge", "bare hyper", "bar", "verdict"];
    let words = "Resident memory (VmRSS) of the process, looked at every 20 ms; the most of it. In \
                 the order of the rows, so what was held once may still be there.";
    let mut table = Table::new("Memory", words, &head);
    row(&mut table, "idle after the start", (bench.stand.idle_kib, None), bars::IDLE);
    row(&mut table, "64 busy connections", (busy_kib, None), bars::BUSY);
    bench.mock.pace(Pace { gap: GAP, ..Pace::default() });
    progress::note(format_args!("{STREAMS} streams at once, turn about"));
    let floor = open(peers, 0).await?;
    let last = peers.all.len() - 1;
    let ours = open(peers, last).await?;
    row(&mut table, "1,000 streams open", (ours, Some(floor)), bars::OPEN);
    Ok(table)
}

/// The most that a peer holds while all streams are open.
async fn open(peers: &mut Peers, at: usize) -> Result<u64> {
    let peer = &mut peers.all[at];
    let watcher = Watcher::of(peer.pid());
    let round = Box::pin(peer.round(Load::streams(STREAMS, STREAMS))).await?;
    let most = round.tally.most_open;
    ensure!(most == STREAMS, "only {most} of {STREAMS} streams were open at a time");
    Ok(watcher.most())
}

fn row(table: &mut Table, what: &str, (ours, floor): (u64, Option<u64>), bar: Bar) {
    let floor = floor.map(figures::megabytes).unwrap_or_default();
    let cells = vec![what.to_owned(), figures::megabytes(ours), floor];
    let words = format!("at most {} MB", bar.must / 1_000_000);
    table.judged(cells, &words, bar.judge(Some(figures::bytes(ours))));
}
