use weighbridge_core::invariant::ReplySeen;

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
    Case { calls: vec![call], dispatched: vec![Some("m-1-1".to_owned())], receipts: vec![receipt] }
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
