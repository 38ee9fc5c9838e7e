//! The tables of whole calls: CPU time, and latency.

use super::Plan;
use crate::bars::{self, Verdict};
use crate::disk::Flush;
use crate::figures;
use crate::peer::{Round, cpu_per_call};
use crate::report::Table;

/// What came of each number of connections, by peer.
pub(super) type Measured = [(u64, Vec<Vec<Round>>)];

/// CPU time per call.
pub(super) fn cpu(plan: &Plan, names: &[&str], measured: &Measured) -> Table {
    let words = format!(
        "User and system time of the whole process tree by 1 KB call; medians of {} rounds of {} \
         calls, turn about. Weighbridge has prices, a budget and a level in force, and a durable \
         intent and receipt for every call.",
        plan.rounds,
        figures::count(plan.calls)
    );
    let mut head = vec!["connections"];
    head.extend(names);
    head.extend(["beside bare hyper", "bar", "verdict"]);
    let mut table = Table::new("CPU time of a call", words, &head);
    for (connections, rounds) in measured {
        let costs: Vec<u64> = rounds.iter().map(|rounds| cpu_per_call(rounds)).collect();
        let (floor, ours) = ends(&costs);
        let ratio = figures::ratio(ours, floor);
        let mut cells = vec![connections.to_string()];
        cells.extend(costs.iter().map(|cost| figures::micros(*cost)));
        cells.push(ratio.map_or_else(|| "unknown".to_owned(), figures::times));
        match connections {
            8 => {
                let bar = "goal 140 µs, must hold 200 µs";
                table.judged(cells, bar, bars::CALL_AT_8.judge(Some(ours)));
            }
            64 => {
                let bar = "goal 70 µs and 3.0x, must hold 100 µs and 4.0x";
                table.judged(cells, bar, at_64(ours, ratio));
            }
            _ => {
                cells.extend(["none", ""].map(str::to_owned));
                table.row(cells);
            }
        }
    }
    table
}

fn at_64(ours: u64, ratio: Option<u64>) -> Verdict {
    bars::CALL_AT_64.judge(Some(ours)).max(bars::RATIO_AT_64.judge(ratio))
}

/// How long calls take, at the fewest connections.
pub(super) fn latency(names: &[&str], measured: &Measured, flush: Flush) -> Table {
    let (connections, rounds) = measured.first().map_or((0, &[][..]), |(at, all)| (*at, all));
    let words = format!(
        "The same rounds at {connections} connections; the mock answers at once. Before a reply \
         ends, its intent and then its receipt have been flushed; a flush of 4 KiB, the \
         quicker of before and after them, took {} (p50) and {} (p99). What is added is the \
         difference of the percentiles.",
        figures::millis(flush.p50),
        figures::millis(flush.p99)
    );
    let head = ["", "p50", "p99", "bar (p50)", "verdict"];
    let mut table = Table::new("Latency", words, &head);
    let mut all = Vec::new();
    for (name, rounds) in names.iter().zip(rounds) {
        let mut nanos: Vec<u64> =
            rounds.iter().flat_map(|round| round.tally.nanos.iter().copied()).collect();
        nanos.sort_unstable();
        let figures = [figures::percentile(&nanos, 500), figures::percentile(&nanos, 990)];
        all.push(figures);
        let mut cells = vec![(*name).to_owned()];
        cells.extend(figures.map(figures::millis));
        cells.extend(["", ""].map(str::to_owned));
        table.row(cells);
    }
    let ([floor50, floor99], [ours50, ours99]) = ends(&all);
    let bar = bars::added(flush.p50);
    let words = format!("4 flushes and 0.3 ms: {}", figures::millis(bar.must));
    let cells = vec![
        "**added by Weighbridge**".to_owned(),
        figures::more_millis(ours50, floor50),
        figures::more_millis(ours99, floor99),
    ];
    table.judged(cells, &words, bar.judge(Some(ours50.saturating_sub(floor50))));
    table
}

/// The first, which is the floor, and the last, which is ours.
pub(super) fn ends<T: Copy + Default>(all: &[T]) -> (T, T) {
    (all.first().copied().unwrap_or_default(), all.last().copied().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::Tally;

    fn rounds(cpu: u64, nanos: &[u64]) -> Vec<Round> {
        let tally = Tally { nanos: nanos.to_vec(), ..Tally::default() };
        vec![Round { cpu_per_call: cpu, tally }]
    }

    #[test]
    fn figures_stand_beside_their_floor_and_their_bar() {
        let plan = Plan { rounds: 1, calls: 2, burst: 0, paced: 0, odd: 0, proofs: 0 };
        let names = ["bare hyper", "Weighbridge"];
        let measured = [
            (8, vec![rounds(20_000, &[100_000]), rounds(150_000, &[1_100_000])]),
            (64, vec![rounds(20_000, &[]), rounds(90_000, &[])]),
        ];
        let table = cpu(&plan, &names, &measured);
        assert_eq!(table.verdicts, [Verdict::GoalMissed, Verdict::Missed]);
        assert_eq!(table.rows[1][..4], ["64", "20.0 µs", "90.0 µs", "4.50x"]);
        let flush = Flush { p50: 200_000, p99: 900_000 };
        let table = latency(&names, &measured, flush);
        assert_eq!(table.verdicts, [Verdict::Held]);
        assert_eq!(table.rows[2][1], "1.00 ms");
        assert_eq!(table.rows[2][3], "4 flushes and 0.3 ms: 1.10 ms");
    }
}
