//! Streams: what a chunk costs, and that streams which misbehave are counted too.

use std::time::Duration;

use anyhow::{Result, ensure};

use super::Bench;
use super::calls::ends;
use super::peers::Peers;
use crate::bars::{self, Bar};
use crate::load::Load;
use crate::mock::{CHUNKS, CUT, MUTE, Pace};
use crate::peer::{self, cpu_per_call};
use crate::report::Table;
use crate::{figures, progress};

/// Streams at a time.
const CONNECTIONS: u64 = 64;
/// From one chunk to the next, where they are paced.
const GAP: Duration = Duration::from_millis(5);

/// Events to a write of a burst, where the mock does not write each by itself.
const TOGETHER: u64 = 10;

/// How chunks come.
struct Manner {
    what: &'static str,
    pace: Pace,
    streams: u64,
    /// Whether callers speak another dialect than the mock.
    converted: bool,
    bar: Bar,
}

/// What a chunk costs when all come at once, and when each comes by itself.
pub(super) async fn measure(bench: &Bench, peers: &mut Peers) -> Result<Table> {
    let words = format!(
        "CPU time of the whole call by chunk: {CHUNKS} chunks, the usage chunk and the terminator, \
         {CONNECTIONS} streams at a time; medians of {} rounds, turn about. Every event is a chunk \
         of HTTP of its own. Callers ask for no usage, so Weighbridge asks for it and takes the \
         usage chunk out again. Where streams are converted, callers of Weighbridge speak Anthropic's \
         messages.",
        bench.plan.rounds
    );
    let names = peers.names();
    let mut head = vec!["how the mock writes"];
    head.extend(&names);
    head.extend(["beside bare hyper", "bar", "verdict"]);
    let mut table = Table::new("CPU time of a chunk", words, &head);
    for Manner { what, pace, streams, converted, bar } in manners(bench) {
        bench.mock.pace(pace);
        let load = Load { converted, ..Load::streams(CONNECTIONS, streams) };
        let what_now = format!("streams {what}");
        let rounds = peer::turn_about(&mut peers.all, load, bench.plan.rounds, &what_now).await?;
        let costs: Vec<u64> = rounds.iter().map(|rounds| per_chunk(cpu_per_call(rounds))).collect();
        row(&mut table, what, &costs, bar);
    }
    Ok(table)
}

fn manners(bench: &Bench) -> [Manner; 5] {
    let (burst, paced) = (bench.plan.burst, bench.plan.paced);
    let at_once = Pace::default();
    [
        Manner {
            what: "in a burst, 10 events to a write",
            pace: Pace { together: TOGETHER, ..at_once },
            streams: burst,
            converted: false,
            bar: bars::BURST,
        },
        Manner {
            what: "in a burst, each by itself",
            pace: at_once,
            streams: burst,
            converted: false,
            bar: bars::BURST,
        },
        Manner {
            what: "each by itself, 5 ms apart",
            pace: Pace { gap: GAP, ..at_once },
            streams: paced,
            converted: false,
            bar: bars::PACED,
        },
        Manner {
            what: "in a burst, 10 events to a write, converted to messages",
            pace: Pace { together: TOGETHER, ..at_once },
            streams: burst,
            converted: true,
            bar: bars::CONVERTED,
        },
        Manner {
            what: "each by itself, 5 ms apart, converted to messages",
            pace: Pace { gap: GAP, ..at_once },
            streams: paced,
            converted: true,
            bar: bars::CONVERTED,
        },
    ]
}

fn row(table: &mut Table, what: &str, costs: &[u64], bar: Bar) {
    let (floor, ours) = ends(costs);
    let ratio = figures::ratio(ours, floor);
    let mut cells = vec![what.to_owned()];
    cells.extend(costs.iter().map(|cost| figures::fine_micros(*cost)));
    cells.push(ratio.map_or_else(|| "unknown".to_owned(), figures::times));
    table.judged(cells, &format!("at most {}", figures::times(bar.must)), bar.judge(ratio));
}

fn per_chunk(nanos: u64) -> u64 {
    nanos / CHUNKS as u64
}

/// Streams without usage, and streams that break off: each has its receipt.
pub(super) async fn misbehave(bench: &Bench, peers: &mut Peers) -> Result<()> {
    bench.mock.pace(Pace::default());
    progress::note("streams without usage, and streams that break off");
    let calm = Load::streams(CONNECTIONS, bench.plan.odd);
    let mute = peers.weighbridge().round(Load { model: MUTE, ..calm }).await?;
    ensure!(mute.tally.complete == calm.calls, "streams without usage did not end well");
    let cut = Load { model: CUT, may_break: true, ..calm };
    let cut = peers.weighbridge().round(cut).await?;
    ensure!(cut.tally.broken == calm.calls, "streams that broke off looked complete");
    Ok(())
}
