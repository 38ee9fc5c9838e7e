//! CPU time, latency, streams, memory and proofs, beside a bare proxy; and whether every reply has
//! its receipt.

mod books;
mod calls;
mod peers;
mod size;
mod streams;

use std::path::Path;

use anyhow::{Context, Result};

use crate::bars;
use crate::conditions::Conditions;
use crate::disk::{self, Flush};
use crate::load::Load;
use crate::memory::Watcher;
use crate::mock::{Mock, Pace};
use crate::peer;
use crate::prefill::{self, Prefilled};
use crate::proof;
use crate::report::{self, Table};
use crate::stand::{Setup, Stand};
use crate::{figures, log, machine, nginx, progress};
use peers::Peers;

/// What `cargo xtask bench speed` takes.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Receipts that are in the log before; written once, and kept for later runs
    #[arg(long, value_name = "N", default_value_t = 5_000_000)]
    prefill: u64,
    /// Fewer and shorter rounds: to see whether it works, not how quick it is
    #[arg(long)]
    pub(crate) quick: bool,
    /// Leave bench/results as it is
    #[arg(long)]
    no_write: bool,
    /// Rounds of everything, turn about; figures are their medians
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    rounds: Option<u16>,
    /// Calls in each round
    #[arg(long, value_parser = clap::value_parser!(u64).range(256..))]
    calls: Option<u64>,
}

/// How much is done.
#[derive(Debug, Clone, Copy)]
struct Plan {
    rounds: usize,
    calls: u64,
    /// Streams in each round, in bursts.
    burst: u64,
    /// Streams in each round, paced.
    paced: u64,
    /// Streams that misbehave.
    odd: u64,
    /// Proofs of receipts.
    proofs: usize,
}

impl Plan {
    fn of(args: &Args) -> Self {
        let (rounds, mut plan) = if args.quick {
            (3, Self { rounds: 3, calls: 4_000, burst: 500, paced: 192, odd: 100, proofs: 100 })
        } else {
            let (calls, burst, paced) = (20_000, 4_000, 1_024);
            (5, Self { rounds: 5, calls, burst, paced, odd: 1_000, proofs: 1_000 })
        };
        plan.rounds = args.rounds.map_or(rounds, usize::from);
        plan.calls = args.calls.unwrap_or(plan.calls);
        plan
    }
}

/// How many connections are busy, in turn.
const CONNECTIONS: [u64; 3] = [8, 64, 256];

/// Measures everything, prints the page, and keeps it. Fails where replies and receipts differ.
pub(crate) async fn run(args: &Args) -> Result<()> {
    let plan = Plan::of(args);
    let binary = machine::gateway()?;
    let folder = machine::folder();
    std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    let files = machine::raise_open_files()?;
    let mut conditions = Conditions::look();
    conditions.add("file system", disk::kind(&folder)?);
    let prefilled = match args.prefill {
        0 => None,
        wanted => Some(Box::pin(prefill::prefill(wanted)).await?),
    };
    let mock = Mock::start().await.context("the mock cannot listen")?;
    let data = prefilled.as_ref().map(|prefilled| prefilled.data.as_path());
    let setup = Setup { data, ..Setup::everything() };
    progress::note("starting the gateway and its peers");
    let stand = Box::pin(Stand::build(&binary, &mock, &setup)).await?;
    let log = Box::pin(log::settle(&stand)).await?;
    let there = prefilled.as_ref().map_or(0, |prefilled| prefilled.receipts);
    conditions.add_count("receipts before", there);
    conditions.add("signed log", log);
    conditions.add_count("open files allowed", files);
    conditions.add("nginx", nginx::version().unwrap_or_else(|| "not installed".to_owned()));
    conditions.add("other peers", machine::others());
    let bench = Bench { plan, mock, stand };
    Box::pin(bench.measure(args, &binary, prefilled, conditions)).await
}

struct Bench {
    plan: Plan,
    mock: Mock,
    stand: Stand,
}

impl Bench {
    async fn measure(
        self,
        args: &Args,
        binary: &Path,
        prefilled: Option<Prefilled>,
        mut conditions: Conditions,
    ) -> Result<()> {
        let mut peers = Peers::start(&self.mock, &self.stand).await?;
        let mut tables = Vec::new();
        let (calls, busy_kib) = Box::pin(self.calls(&mut peers)).await?;
        tables.extend(calls);
        tables.push(Box::pin(streams::measure(&self, &mut peers)).await?);
        Box::pin(streams::misbehave(&self, &mut peers)).await?;
        tables.push(Box::pin(size::measure(&self, &mut peers, busy_kib)).await?);
        // A receipt has its place in the log a moment after its commit.
        Box::pin(log::settle(&self.stand)).await?;
        progress::note("counting receipts");
        let receipts = self.stand.receipts().await?;
        tables.push(self.proofs(prefilled.as_ref(), &receipts.ids).await?);
        let seen = peers.weighbridge();
        let (complete, broken) = (seen.complete, seen.broken);
        let data = self.stand.data_dir().to_owned();
        // The data goes with its stand, where it is not kept; so the folder stays until the end.
        let _kept = self.stand.stop().await?;
        drop(peers);
        let books = books::compare(binary, &data, complete, broken, &receipts)?;
        conditions.add_count("receipts after", books.receipts);
        tables.push(books.table);
        let page = report::render(&conditions, &tables);
        progress::line(page.trim_end());
        books.verdict?;
        if !args.no_write {
            let file = report::write(&conditions, &page)?;
            progress::note(format_args!("written to {}", machine::shown(&file)));
        }
        Ok(())
    }

    /// Whole replies, and what the gateway held in memory at 64 connections.
    async fn calls(&self, peers: &mut Peers) -> Result<(Vec<Table>, u64)> {
        self.mock.pace(Pace::default());
        for peer in &mut peers.all {
            peer.round(Load::whole(64, self.plan.calls.min(5_000))).await?;
        }
        let mut measured = Vec::new();
        let mut busy_kib = 0;
        // Beside the rounds that they are held against: before and after the first.
        let mut flush = Flush::time(self.stand.data_dir())?;
        for connections in CONNECTIONS {
            let watcher = Watcher::of(self.stand.pid()?);
            let what = format!("{connections} connections");
            let load = Load::whole(connections, self.plan.calls);
            let rounds = peer::turn_about(&mut peers.all, load, self.plan.rounds, &what).await?;
            if connections == 64 {
                busy_kib = watcher.most();
            }
            if measured.is_empty() {
                flush = flush.quicker(Flush::time(self.stand.data_dir())?);
            }
            measured.push((connections, rounds));
        }
        let names = peers.names();
        let cpu = calls::cpu(&self.plan, &names, &measured);
        let latency = calls::latency(&names, &measured, flush);
        Ok((vec![cpu, latency], busy_kib))
    }

    async fn proofs(&self, prefilled: Option<&Prefilled>, ids: &[String]) -> Result<Table> {
        let before = prefilled.map(|prefilled| prefilled.ids.clone()).unwrap_or_default();
        // Those of this run are many and lie side by side: some of them do beside the old ones.
        let few = ids.len().div_ceil(before.len().max(1)).max(1);
        let own = ids.iter().step_by(if before.is_empty() { 1 } else { few }).cloned();
        let all: Vec<String> = before.into_iter().chain(own).collect();
        let timed = proof::time(&self.stand, &all, self.plan.proofs).await?;
        let words = "One connection, receipts chosen blindly.";
        let head = ["", "p50", "p99", "bar (p50)", "verdict"];
        let mut table = Table::new("Proof of a receipt", words, &head);
        match timed {
            None => {
                let cells = ["not in this build", "", "", "< 1 ms", "not measured"];
                table.row(cells.map(str::to_owned).to_vec());
            }
            Some(proofs) => {
                let (p50, p99) = (figures::millis(proofs.p50), figures::millis(proofs.p99));
                let verdict = bars::PROOF.judge(Some(proofs.p50));
                let count = format!("{} proofs", proofs.count);
                table.judged(vec![count, p50, p99], "< 1 ms", verdict);
            }
        }
        Ok(table)
    }
}
