//! The judge's own tests: that it sees each broken rule.

use std::time::Duration;

use super::super::answer::{End, Tokens};
use super::super::caller::Call;
use super::super::outage::{Kind, Outage};
use super::super::receipt::{Attempt, Receipt};
use super::super::watcher::Sight;
use super::*;

const fn at(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn call(number: u64, began: u64, head: u64, ended: u64) -> Call {
    Call {
        number,
        stream: true,
        limit: 100,
        began: at(began),
        head: Some(at(head)),
        ended: at(ended),
        silence: at(100),
        status: Some(200),
        receipt: Some(format!("rcpt_{number}")),
        end: End::Well,
        tokens: Some(Tokens { input: 10, output: 5 }),
    }
}

fn receipt(number: u64, outcome: &str, attempts: &[(&str, &str)]) -> (String, Receipt) {
    let attempt = |(provider, outcome): &(&str, &str)| Attempt {
        provider: (*provider).to_owned(),
        outcome: (*outcome).to_owned(),
    };
    let id = format!("rcpt_{number}");
    let receipt = Receipt {
        id: id.clone(),
        outcome: outcome.to_owned(),
        attempts: attempts.iter().map(attempt).collect(),
        charged: price(Tokens { input: 10, output: 5 }),
        json: String::new(),
    };
    (id, receipt)
}

/// An outage from 1 s to 5 s: one call before, one lost and had from the spare, one stream cut, one
/// after.
fn good() -> Case {
    let mut cut = call(3, 800, 900, 1100);
    (cut.end, cut.tokens) = (End::Error("provider_incomplete".to_owned()), None);
    let sight =
        |millis, health: &str| Sight { at: at(millis), health: health.to_owned(), in_flight: 4 };
    Case {
        calls: vec![
            call(1, 100, 200, 300),
            call(2, 900, 1200, 1300),
            cut,
            call(4, 5500, 5600, 5700),
        ],
        receipts: [
            receipt(1, "ok", &[("desk", "ok")]),
            receipt(2, "ok", &[("desk", "error"), ("spare", "ok")]),
            receipt(3, "error", &[("desk", "error")]),
            receipt(4, "ok", &[("desk", "ok")]),
        ]
        .into(),
        outages: vec![Outage { kind: Kind::Killed, from: at(1000), to: at(5000) }],
        sights: vec![sight(500, "well"), sight(1050, "resting"), sight(5400, "well")],
    }
}

/// The faults of a case that was good before this change.
fn after(change: impl Fn(&mut Case)) -> Vec<String> {
    let mut case = good();
    change(&mut case);
    case.faults()
}

fn change_receipt(case: &mut Case, number: u64, change: impl Fn(&mut Receipt)) {
    change(case.receipts.get_mut(&format!("rcpt_{number}")).unwrap());
}

#[test]
fn what_could_not_be_prevented_is_no_fault() {
    assert_eq!(good().faults(), Vec::<String>::new());
}

#[test]
fn a_failure_that_the_spare_could_have_prevented_is_one() {
    let cut_later = |case: &mut Case| {
        case.calls[2].head = Some(at(1500));
    };
    let without_outage = |case: &mut Case| {
        (case.calls[0].end, case.calls[0].tokens) = (End::Error(String::new()), None);
    };
    let refused = |case: &mut Case| {
        case.calls[1].end = End::Wrong("status 502".to_owned());
    };
    assert!(after(cut_later)[0].contains("could have been had whole"));
    assert!(after(without_outage)[0].contains("could have been had whole"));
    assert!(after(refused)[0].contains("status 502"));
}

#[test]
fn a_caller_who_waits_too_long_is_seen() {
    let faults = after(|case| case.calls[1].silence = LONGEST + at(1));
    assert!(faults[0].contains("nothing came for"), "{faults:?}");
}

#[test]
fn a_receipt_has_every_exchange_and_the_charge_of_one() {
    let missing = after(|case| drop(case.receipts.remove("rcpt_2")));
    assert!(missing.iter().any(|it| it.contains("it has no receipt")), "{missing:?}");
    let silent = after(|case| change_receipt(case, 2, |it| drop(it.attempts.remove(0))));
    assert!(silent.iter().any(|it| it.contains("no call was lost")), "{silent:?}");
    let spare = |it: &mut Receipt| it.attempts[1].outcome = "error".to_owned();
    assert!(after(|case| change_receipt(case, 2, spare))[0].contains("its attempts are"));
    let twice = |it: &mut Receipt| it.charged += it.charged;
    assert!(after(|case| change_receipt(case, 2, twice))[0].contains("it was to be charged"));
}

#[test]
fn an_outage_is_seen_in_time_and_over_in_time() {
    let never_left = after(|case| case.sights.truncate(1));
    assert!(never_left[0].contains("was left after None"), "{never_left:?}");
    let late = after(|case| case.calls[3].head = Some(at(9500)));
    assert!(late[0].contains("used again after Some(4.5s)"), "{late:?}");
}
