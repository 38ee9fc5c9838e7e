//! Bundles that somebody made anew, or put together out of true parts.

use weighbridge_proof::Digest;
use weighbridge_proof::bundle::Bundle;
use weighbridge_proof::note::key::SigningKey;
use weighbridge_proof::tlog_proof;
use weighbridge_proof::verify::{Held, Report, Trust, Verdict, verify};

use crate::made::{ORIGIN, bundle, key};

fn check(bundle: &Bundle, trust: &Trust) -> Report {
    verify(bundle.to_json().as_bytes(), trust, Held::default())
}

fn failed(report: &Report) -> Vec<&str> {
    let failed = report.checks().iter().filter(|check| !check.holds);
    failed.map(|check| check.what.as_str()).collect()
}

#[test]
fn a_bundle_is_proved_under_its_key_and_only_consistent_without_one() {
    let key = key(1);
    let trust = Trust::Key(key.verifier());
    for (index, size) in [(0, 1), (0, 2), (6, 7), (254, 255), (255, 256), (256, 257)] {
        let bundle = bundle(&key, index, size);
        assert_eq!(check(&bundle, &trust).verdict(), Verdict::Proved, "{index} of {size}");
        let alone = check(&bundle, &Trust::Nobody);
        assert_eq!(alone.verdict(), Verdict::Consistent);
        assert!(alone.to_string().contains("not proved"));
    }
}

#[test]
fn a_bundle_wholly_signed_anew_with_another_key_is_refuted() {
    let ours = Trust::Key(key(1).verifier());
    // Another key of the same name, and another log's.
    let elsewhere = SigningKey::from_seed("other.example/log", &[1; 32]).unwrap();
    for forger in [key(2), elsewhere] {
        let report = check(&bundle(&forger, 3, 9), &ours);
        assert_eq!(report.verdict(), Verdict::Refuted);
        assert_eq!(failed(&report), ["signature"]);
    }
}

#[test]
fn what_does_not_match_is_named() {
    let (signer, true_one) = (key(1), bundle(&key(1), 3, 9));
    let trust = Trust::Key(signer.verifier());
    let with = |change: &dyn Fn(&mut Bundle)| {
        let mut changed = true_one.clone();
        change(&mut changed);
        let report = check(&changed, &trust);
        assert_eq!(report.verdict(), Verdict::Refuted);
        failed(&report).join(", ")
    };
    assert_eq!(with(&|it| it.leaf_index = 4), "inclusion");
    assert_eq!(with(&|it| it.leaf_index = 9), "inclusion");
    assert_eq!(with(&|it| it.tree_size = 10), "tree size");
    assert_eq!(with(&|it| it.leaf = it.leaf.replace("rcpt_0", "rcpt_1")), "inclusion");
    assert_eq!(with(&|it| it.inclusion[1] = Digest::of(b"")), "inclusion");
    assert_eq!(with(&|it| it.inclusion.truncate(1)), "inclusion");
    let dearer = |it: &mut Bundle| {
        let money = it.disclosures.get_mut("money").unwrap();
        money.section = money.section.replace("31", "32");
    };
    assert_eq!(with(&dearer), "section money");
    let swapped = |it: &mut Bundle| {
        let money = it.disclosures["money"].clone();
        it.disclosures.insert("call".to_owned(), money);
    };
    assert_eq!(with(&swapped), "section call");
    let invented = |it: &mut Bundle| {
        let money = it.disclosures["money"].clone();
        it.disclosures.insert("plugin".to_owned(), money);
    };
    assert_eq!(with(&invented), "section plugin");
    let older = |it: &mut Bundle| it.checkpoint = bundle(&signer, 3, 8).checkpoint;
    assert_eq!(with(&older), "tree size, inclusion");
    // The signature of one checkpoint under the text of another.
    let moved = |it: &mut Bundle| {
        let other = bundle(&signer, 2, 9).checkpoint;
        let line = other.lines().last().unwrap();
        let own = it.checkpoint.lines().last().unwrap().to_owned();
        it.checkpoint = it.checkpoint.replace(&own, line);
    };
    assert_eq!(with(&moved), "signature");
}

#[test]
fn a_section_that_is_kept_back_leaves_the_rest_proved() {
    let mut bundle = bundle(&key(1), 3, 9);
    bundle.disclosures.retain(|name, _| name == "money");
    let report = check(&bundle, &Trust::Key(key(1).verifier()));
    assert_eq!(report.verdict(), Verdict::Proved);
    assert!(!report.to_string().contains("acct_1"));
}

#[test]
fn signatures_by_unknown_keys_are_refused_in_bundles_and_passed_over_in_standard_files() {
    let mut bundle = bundle(&key(1), 3, 9);
    let witness = SigningKey::from_seed("witness.example", &[9; 32]).unwrap();
    let text = bundle.checkpoint.split_once("\n\n").unwrap().0.to_owned() + "\n";
    let second = witness.sign(text).to_string();
    let second = second.lines().last().unwrap().to_owned() + "\n";
    bundle.checkpoint.push_str(&second);
    let trust = Trust::Key(key(1).verifier());
    let refused = check(&bundle, &trust);
    assert!(matches!(refused.verdict(), Verdict::Unusable(_)), "{refused}");
    let file = tlog_proof::write(&bundle);
    let passed = verify(file.as_bytes(), &trust, Held::default());
    assert_eq!(passed.verdict(), Verdict::Proved);
    // The log's own line twice is no better.
    let own = bundle.checkpoint.lines().nth(4).unwrap().to_owned() + "\n";
    bundle.checkpoint = bundle.checkpoint.replace(&second, &own);
    assert!(matches!(check(&bundle, &trust).verdict(), Verdict::Unusable(_)));
}

#[test]
fn two_roots_of_one_size_are_found_by_whoever_has_seen_the_other() {
    let signer = key(1);
    let root_of = |bundle: &Bundle| bundle.checkpoint.lines().nth(2).unwrap().to_owned();
    let (seen, shown) = (bundle(&signer, 3, 9), bundle(&signer, 4, 9));
    let known = |size: u64, bundle: &Bundle| {
        let text = format!("{} {size} {}\n", signer.verifier(), root_of(bundle));
        Trust::read_known(&text).unwrap()
    };
    assert_eq!(check(&shown, &known(9, &shown)).verdict(), Verdict::Proved);
    let split = check(&shown, &known(9, &seen));
    assert_eq!(failed(&split), ["known checkpoint"]);
    let other_size = check(&shown, &known(5, &seen));
    assert_eq!(other_size.verdict(), Verdict::Proved);
    assert!(other_size.to_string().contains("was not checked"));
    let other_key = SigningKey::from_seed(ORIGIN, &[2; 32]).unwrap().verifier();
    let stranger = Trust::read_known(&other_key.to_string()).unwrap();
    assert_eq!(failed(&check(&shown, &stranger)), ["signature"]);
}
