//! What it costs to decide where a call runs.

use std::hint::black_box;

use weighbridge_core::clock::Monotonic;
use weighbridge_core::directory::{Location, Seat};
use weighbridge_core::money::Amount;
use weighbridge_core::routing::{
    Ask, Candidate, Concurrency, Dispatcher, Found, Policy, Post, Rules, Score, Verdict, Went,
};

use crate::clock::Stopwatch;
use crate::{figures, progress};

/// What `cargo xtask bench decide` takes.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Providers that may serve the call
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    candidates: u32,
    /// Decisions in each round
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1..))]
    calls: u32,
    /// Rounds of each policy, of which the middle one counts
    #[arg(long, default_value_t = 9, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
}

/// Measures each policy: from the candidates as they stand to a place at the best, and the place back.
pub(crate) fn run(args: &Args) {
    for policy in Policy::ALL {
        let nanos = (0..args.rounds).map(|_| round(args, policy)).collect();
        progress::line(format_args!(
            "decide: {} for one of {} candidates under {policy} (median of {} rounds of {} decisions)",
            figures::micros(figures::median(nanos)),
            args.candidates,
            args.rounds,
            args.calls
        ));
    }
}

fn location(number: u32) -> Location {
    if number.is_multiple_of(2) { Location::Local } else { Location::Remote }
}

/// Nanoseconds of one decision.
fn round(args: &Args, policy: Policy) -> u64 {
    let mut dispatcher: Dispatcher<()> = Dispatcher::new();
    let concurrency = Concurrency { optimal: 4, max: 1_000, queue: 0 };
    let post = |number: u32| (number, Post { here: true, concurrency, is_mended: false });
    let posts: Vec<(u32, Post)> = (0..args.candidates).map(post).collect();
    let pairs = posts.len();
    dispatcher.settle(Rules::default(), &posts, (pairs, 1), Monotonic(0));
    let ask = Ask { policy, group: 0, streams: true };
    let fresh: Vec<Candidate> = (0..args.candidates)
        .map(|number| {
            let seat = Seat { provider: number, pair: number };
            // In no order that would help a sort.
            let cost = Some(Amount::from_nanos(i128::from(number.wrapping_mul(2_654_435_761))));
            Candidate {
                seat,
                place: number,
                location: location(number),
                here: true,
                cost,
                verdict: Verdict::Ranked(Score::default()),
            }
        })
        .collect();
    let mut candidates = fresh.clone();
    // Some calls that run, so that not all stand alike.
    let running: Vec<_> = (0..args.candidates * 3)
        .filter_map(|call| {
            match dispatcher.take(ask, &mut candidates, Monotonic(u64::from(call))) {
                Found::Turn(_, turn) => Some(turn),
                Found::Full | Found::Nobody => None,
            }
        })
        .collect();
    let began = Stopwatch::start();
    for call in 0..args.calls {
        let now = Monotonic(1_000_000 + u64::from(call) * 100);
        candidates.clone_from(&fresh);
        if let Found::Turn(_, turn) = dispatcher.take(ask, black_box(&mut candidates), now) {
            dispatcher.answered(&turn, true, 1_000 + u64::from(call % 7), now);
            black_box(dispatcher.ended(turn, Went::Well, now));
        }
    }
    let nanos = began.nanos() / u64::from(args.calls);
    for turn in running {
        drop(dispatcher.ended(turn, Went::Unknown, Monotonic(0)));
    }
    nanos
}
