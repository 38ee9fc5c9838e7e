use weighbridge_core::invariant::ReplySeen;
use weighbridge_proof::checkpoint::Checkpoint;
use weighbridge_proof::merkle::{fold, leaf_hash};

use super::growth::Growth;
use super::leaves::Leaves;
use super::*;

/// A call that was answered to its end, counted by the provider, and has its receipt.
fn case() -> Case {
    let (request, reply) = (Digest::of(b"q"), Digest::of(b"r"));
    let call = Call {
        marker: "m-1-1".to_owned(),
        reply: ReplySeen { call: Some("rcpt_1".to_owned()), complete_ok: true, request, reply },
        status: Some(200),
        code: None,
        hung: false,
    };
    let receipt = ReceiptSeen {
        id: "rcpt_1".to_owned(),
        outcome: "ok".to_owned(),
        input: request,
        output: Some(reply),
        charged: weighbridge_core::money::Amount::ZERO,
    };
    Case {
        calls: vec![call],
        dispatched: vec![Some("m-1-1".to_owned())],
        receipts: vec![receipt],
        leaves: vec![leaf("rcpt_1", 0)],
    }
}

fn leaf(receipt: &str, index: u64) -> LeafSeen {
    LeafSeen { receipt: receipt.to_owned(), index }
}

fn broken(change: impl Fn(&mut Case)) -> String {
    let mut case = case();
    change(&mut case);
    case.judge().unwrap_err().to_string()
}

#[test]
fn a_call_with_its_receipt_is_as_it_should_be() {
    assert_eq!(case().judge(), Ok(()));
    assert_eq!(case().losses(), (0, 0));
    let mut unseen = case();
    unseen.calls[0].reply.complete_ok = false;
    unseen.receipts[0].outcome = "interrupted".to_owned();
    assert_eq!(unseen.judge(), Ok(()));
}

#[test]
fn every_way_to_be_wrong_is_found_and_names_the_call() {
    let lost = broken(|case| case.receipts.clear());
    assert!(lost.starts_with("R1 broken") && lost.contains("m-1-1"), "{lost}");
    let lost = broken(|case| {
        case.receipts.clear();
        case.calls[0].reply.complete_ok = false;
    });
    assert!(lost.starts_with("R2 broken") && lost.contains("m-1-1"), "{lost}");
    assert!(broken(|case| case.dispatched[0] = Some("m-9-9".to_owned())).contains("m-9-9"));
    let second = |case: &mut Case| {
        case.dispatched.clear();
        let second = ReceiptSeen { id: "rcpt_2".to_owned(), ..case.receipts[0].clone() };
        case.receipts.push(second);
    };
    assert!(broken(second).contains("second receipt"));
    let stray = |case: &mut Case| {
        let input = Digest::of(b"other");
        let stray = ReceiptSeen { id: "rcpt_2".to_owned(), input, ..case.receipts[0].clone() };
        case.receipts.push(stray);
    };
    assert!(broken(stray).contains("nobody made"));
    let open = |case: &mut Case| {
        case.calls[0].reply.complete_ok = false;
        case.receipts[0].outcome = "open".to_owned();
    };
    assert!(broken(open).contains("the outcome \"open\""));
}

#[test]
fn losses_are_counted() {
    let mut lost = case();
    lost.receipts.clear();
    assert_eq!(lost.losses(), (1, 1));
}

/// A log of these entries, and the checkpoint of it.
fn log(entries: &[&str]) -> (Leaves, Checkpoint) {
    let mut leaves = Leaves::default();
    for entry in entries {
        leaves.add(entry.as_bytes()).unwrap();
    }
    let hashes: Vec<Digest> = entries.iter().map(|entry| leaf_hash(entry.as_bytes())).collect();
    let root = fold(&hashes).unwrap();
    (leaves, Checkpoint { origin: "a".to_owned(), size: entries.len() as u64, root })
}

const ACT: &str = r#"{"id":"act_1","kind":"act"}"#;
const ONE: &str = r#"{"id":"rcpt_1","kind":"receipt"}"#;
const TWO: &str = r#"{"id":"rcpt_2","kind":"receipt"}"#;

#[test]
fn every_receipt_must_have_its_one_leaf() {
    let receipts = [leaf("rcpt_1", 1), leaf("rcpt_2", 2)];
    let (leaves, signed) = log(&[ACT, ONE, TWO]);
    assert_eq!(leaves.judge(&signed, &receipts), Ok(()));
    assert_eq!(leaves.count(), 3);
    let found = |entries: &[&str]| {
        let (leaves, signed) = log(entries);
        leaves.judge(&signed, &receipts).unwrap_err().to_string()
    };
    assert_eq!(found(&[ACT, ONE]), "L1 broken: rcpt_2 has no leaf");
    let doubled = "L1 broken: rcpt_1 has two leaves, the entries 1 and 3";
    assert_eq!(found(&[ACT, ONE, TWO, ONE]), doubled);
    assert!(found(&[ACT, TWO, ONE]).contains("says it is entry 1 and is 2"));
    let (_, other) = log(&[ACT, TWO, ONE]);
    assert!(leaves.judge(&other, &receipts).unwrap_err().what.contains("not the 3 that were"));
    for wrong in ["", "{}", r#"{"kind":"receipt"}"#, r#"{"kind":"other","id":"x"}"#] {
        assert_eq!(Leaves::default().add(wrong.as_bytes()).unwrap_err().id, "L1", "{wrong}");
    }
}

#[test]
fn a_receipt_without_a_number_is_found() {
    assert_eq!(case().numbered(), Ok(()));
    let mut lost = case();
    lost.leaves.clear();
    assert_eq!(lost.numbered().unwrap_err().what, "rcpt_1 has no number in the log");
}

#[test]
fn a_checkpoint_that_does_not_lead_to_the_newest_is_found() {
    let ((_, older), (_, newest)) = (log(&[ACT, ONE]), log(&[ACT, ONE, TWO]));
    let proof = vec![leaf_hash(TWO.as_bytes())];
    let judge = |older: &Checkpoint, newest: &Checkpoint, proof: &[Digest]| {
        let before = vec![(newest.clone(), Vec::new()), (older.clone(), proof.to_vec())];
        Growth { newest: newest.clone(), before }.judge().map_err(|broken| broken.to_string())
    };
    assert_eq!(judge(&older, &newest, &proof), Ok(()));
    // An act that came in between, a log that shrank, another log of the same size.
    let (_, other) = log(&[ONE, ACT]);
    let words = judge(&other, &newest, &proof).unwrap_err();
    assert!(words.starts_with("L1 broken: the log of 3 entries does not begin"), "{words}");
    assert!(judge(&newest, &older, &[]).unwrap_err().contains("3 entries were signed, and then 2"));
    assert!(judge(&other, &older, &[]).is_err());
}
