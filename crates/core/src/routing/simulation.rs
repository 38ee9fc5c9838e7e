//! A day of trouble in a moment: thousands of calls, providers that slow down, fail, flap and come back,
//! and a clock that is turned by hand. Whatever the seed, some things must hold.

mod checks;
mod world;

use crate::directory::Location;

use super::policy::Policy;
use super::traffic::Concurrency;
use super::{Rules, SECOND};
use world::{Plan, Spell, State, World};

const MILLI: u64 = 1000;

/// How many courses of events are gone through for each plan.
const SEEDS: u64 = 12;

fn plan(location: Location, latency: u64, optimal: u32, max: u32, spells: Vec<Spell>) -> Plan {
    let concurrency = Concurrency { optimal, max, queue: 0 };
    Plan { location, latency, concurrency, spells }
}

/// From the first to the second second so.
fn spell(from: u64, until: u64, state: State) -> Spell {
    Spell { from: from * SECOND, until: until * SECOND, state }
}

#[test]
fn no_call_fails_while_one_who_is_well_has_room() {
    for policy in Policy::ALL {
        if policy == Policy::AlwaysRemote {
            continue;
        }
        for seed in 0..SEEDS {
            // Of three at least one is well at every moment, if not always at its best.
            let plans = vec![
                plan(Location::Local, 40 * MILLI, 4, 40, vec![spell(10, 20, State::Down)]),
                plan(
                    Location::Local,
                    60 * MILLI,
                    8,
                    40,
                    vec![
                        spell(22, 30, State::Failing { thousandths: 1000 }),
                        spell(30, 40, State::Flapping { period: 700 * MILLI }),
                        spell(40, 50, State::Slow { times: 20 }),
                    ],
                ),
                plan(
                    Location::Local,
                    90 * MILLI,
                    8,
                    40,
                    vec![
                        spell(12, 15, State::Failing { thousandths: 400 }),
                        spell(50, 55, State::Hanging),
                    ],
                ),
            ];
            let mut world = World::new(seed, policy, Rules::default(), plans);
            world.live(60 * SECOND, 12 * MILLI);
            assert!(world.calls > 4000, "{}", world.calls);
            assert_eq!(world.failed, 0, "{policy} {seed}: {:?}", world.first_failure);
        }
    }
}

#[test]
fn one_who_is_dead_is_left_after_three_failures_and_then_only_probed() {
    for seed in 0..SEEDS {
        let plans = vec![
            plan(Location::Local, 40 * MILLI, 8, 40, vec![spell(10, 50, State::Down)]),
            plan(Location::Remote, 80 * MILLI, 40, 80, vec![]),
        ];
        let mut world = World::new(seed, Policy::Default, Rules::default(), plans);
        world.live(95 * SECOND, 15 * MILLI);
        let tried = world.begun(0, 10 * SECOND, 50 * SECOND);
        let first = tried.iter().filter(|at| **at < 11 * SECOND).count();
        assert!(first <= 3, "{seed}: {first} calls in the first second");
        // It rests 1, 2, 4, 8, 16 and then 30 seconds each time: one call for each.
        assert!(tried.len() <= 3 + 6, "{seed}: {}", tried.len());
        assert_eq!(world.failed, 0, "{seed}");
        let late = |provider| world.begun(provider, 90 * SECOND, 95 * SECOND).len();
        assert!(late(0) > 9 * late(1), "{seed}: {} and {} when it is back", late(0), late(1));
    }
}

#[test]
fn one_who_is_back_is_not_run_down() {
    for seed in 0..SEEDS {
        let plans = vec![
            plan(Location::Local, 900 * MILLI, 64, 64, vec![spell(5, 8, State::Down)]),
            plan(Location::Remote, 900 * MILLI, 200, 400, vec![]),
        ];
        let mut world = World::new(seed, Policy::Default, Rules::default(), plans);
        world.live(30 * SECOND, 10 * MILLI);
        let back = world.begun(0, 8 * SECOND, 30 * SECOND);
        let first = *back.first().unwrap();
        let in_first = |micros: u64| back.iter().filter(|at| **at < first + micros).count();
        // Until the first reply has come there is one; then three, then six in each round, and so on. No
        // round is shorter than 675 ms. Without that there would be 64 in the first.
        assert_eq!(in_first(675 * MILLI), 1, "{seed}");
        assert!(in_first(1350 * MILLI) <= 1 + 3 + 3, "{seed}: {}", in_first(1350 * MILLI));
        assert!(in_first(2025 * MILLI) <= 1 + 6 + 12, "{seed}: {}", in_first(2025 * MILLI));
        assert!(in_first(15 * SECOND) > 400, "{seed}: {}", in_first(15 * SECOND));
    }
}

#[test]
fn the_choice_does_not_go_to_and_fro() {
    let rules = Rules { settle: 2 * SECOND, ..Rules::default() };
    for policy in [Policy::LeastLatency, Policy::Default] {
        for seed in 0..SEEDS {
            // Both are as fast, each one now and then three times as slow, and this machine busy in turns.
            let spells = |first: u64| {
                let from = (first..60).step_by(2);
                from.map(|at| spell(at, at + 1, State::Slow { times: 3 })).collect()
            };
            let plans = vec![
                plan(Location::Local, 50 * MILLI, u32::MAX, u32::MAX, spells(0)),
                plan(Location::Remote, 50 * MILLI, u32::MAX, u32::MAX, spells(1)),
            ];
            let mut world = World::new(seed, policy, rules, plans);
            world.machine_is_busy_every(300 * MILLI);
            world.live(60 * SECOND, 10 * MILLI);
            let changes = &world.changes;
            assert!(changes.len() > 2, "{policy} {seed}: nothing to see");
            for pair in changes.windows(2) {
                assert!(pair[1] - pair[0] >= rules.settle, "{policy} {seed}: {changes:?}");
            }
        }
    }
}

#[test]
fn who_waits_is_served_in_the_order_of_coming() {
    for seed in 0..SEEDS {
        let mut only = plan(Location::Local, 50 * MILLI, 2, 2, vec![]);
        only.concurrency.queue = 1000;
        let mut world = World::new(seed, Policy::Default, Rules::default(), vec![only]);
        world.live(20 * SECOND, 26 * MILLI);
        assert!(world.waited > 50, "{seed}: {}", world.waited);
        assert_eq!(world.failed, 0, "{seed}");
        assert!(world.served_after_waiting.is_sorted(), "{seed}");
        assert_eq!(world.served_after_waiting.len(), world.waited);
    }
}

#[test]
fn a_place_anywhere_is_taken_by_who_waits_longest() {
    for seed in 0..SEEDS {
        let mut plans = vec![
            plan(Location::Local, 50 * MILLI, 2, 2, vec![spell(5, 9, State::Down)]),
            plan(Location::Remote, 70 * MILLI, 2, 2, vec![]),
        ];
        plans.iter_mut().for_each(|plan| plan.concurrency.queue = 1000);
        let mut world = World::new(seed, Policy::Default, Rules::default(), plans);
        world.live(20 * SECOND, 19 * MILLI);
        assert!(world.waited > 50, "{seed}: {}", world.waited);
        assert_eq!(world.failed, 0, "{seed}: {:?}", world.first_failure);
    }
}

#[test]
fn with_no_place_and_no_queue_a_call_fails_at_once() {
    let plans = vec![plan(Location::Local, 50 * MILLI, 1, 2, vec![])];
    let mut world = World::new(1, Policy::Default, Rules::default(), plans);
    world.live(5 * SECOND, 10 * MILLI);
    assert!(world.failed > 100 && world.failed < world.calls, "{}", world.failed);
}
