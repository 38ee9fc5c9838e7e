//! What accounts may spend and have spent.

use weighbridge_core::account::Account;
use weighbridge_core::budget::{Budget, Period};
use weighbridge_core::call::{Attempt, Ending, Outcome};
use weighbridge_core::cost::{Charge, Consent, Cost, CostBasis, Held, Interrupted, Terms};
use weighbridge_core::day::Day;
use weighbridge_core::id::AccountId;
use weighbridge_core::money::Amount;
use weighbridge_core::price::{Meter, Price, PriceTable, Rates};
use weighbridge_core::receipt::{self, SALT_BYTES};
use weighbridge_core::usage::{Basis, Usage};
use weighbridge_proof::{Digest, Timestamp};
use weighbridge_store::receipts::Row;
use weighbridge_store::spending::Spending;
use weighbridge_store::tables::{KeptTable, TableKind};
use weighbridge_store::{Options, Store};

use crate::stage::{intent, open, stamp};

const NOW: Timestamp = Timestamp::from_micros(4_000_000);

fn amount(text: &str) -> Amount {
    text.parse().unwrap()
}

/// One nano for every token that comes out, at provider `desk`.
fn prices() -> PriceTable {
    let mut rates = Rates::default();
    rates.set(Meter::Input, Amount::ZERO);
    rates.set(Meter::Output, amount("0.001"));
    PriceTable::new(vec![Price {
        model: "m".to_owned(),
        provider: Some("desk".to_owned()),
        currency: "USD".parse().unwrap(),
        rates,
        tiers: Vec::new(),
        output_limit: None,
    }])
}

pub(crate) async fn keep_prices(store: &Store) {
    let prices = prices();
    let table = KeptTable {
        kind: TableKind::Prices,
        digest: prices.digest().unwrap(),
        json: prices.json().to_owned(),
    };
    store.keep_tables(vec![table], NOW).await.unwrap();
}

fn terms(reserved: &str) -> Terms {
    let held = Held {
        estimate: amount(reserved),
        reserved: amount(reserved),
        currency: "USD".parse().unwrap(),
        price_sha256: prices().digest().unwrap(),
    };
    let level_sha256 = Digest::of(b"levels");
    Terms { consent: Consent::Standing, level_sha256, policy_sha256: None, held: Some(held) }
}

/// Makes a call that is charged `actual`, finished on a day.
pub(crate) async fn call(store: &Store, number: u64, day: i64, actual: &str) {
    let mut intent = intent(store, number);
    intent.asked.terms = Some(terms(actual));
    let charge =
        Charge { held: terms(actual).held.unwrap(), actual: amount(actual), overrun: Amount::ZERO };
    let ending = Ending {
        finished_at: Day::from_number(day).start(),
        cost: Cost { basis: CostBasis::Measured, charge: Some(charge) },
        provider: Some("desk".to_owned()),
        attempts: vec![Attempt {
            provider: "desk".to_owned(),
            outcome: Outcome::Ok,
            status: Some(200),
            provider_request_id: None,
            region: None,
        }],
        usage: Some(Usage {
            input_tokens: 3,
            // A receipt cannot say more than 2^53.
            output_tokens: u32::try_from(amount(actual).nanos()).map_or(0, u64::from),
            cache_read_tokens: None,
            cache_write_tokens: None,
            cache_write_1h_tokens: None,
            reasoning_tokens: None,
            audio_input_tokens: None,
            audio_output_tokens: None,
            searches: None,
            images: None,
            seconds: None,
            characters: None,
            basis: Basis::Measured,
        }),
        ..Ending::interrupted(&intent, Interrupted::Free, NOW)
    };
    let open = store.place().unwrap().open(intent.clone(), None).unwrap().await.unwrap();
    let receipt = receipt::issue(&intent, &ending, &[3; SALT_BYTES]).unwrap();
    let row = Row::of(&intent, &ending, &receipt);
    open.close(row).await.unwrap();
}

async fn spent(store: &Store, account: AccountId) -> Vec<(i64, String)> {
    let days = store.spending(account).await.unwrap().days;
    days.into_iter().map(|(_, day, amount)| (day.number(), amount.to_string())).collect()
}

#[tokio::test]
async fn what_receipts_charge_is_summed_by_the_day_in_their_own_commit() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path(), Options::default()).store;
    let account = intent(&store, 0).account;
    for (number, day, actual) in
        [(0, 5, "0.6"), (1, 5, "0.7"), (2, 6, "17000000000.000000001"), (3, 6, "0")]
    {
        call(&store, number, day, actual).await;
    }
    let expected = [(5, "1.3".to_owned()), (6, "17000000000.000000001".to_owned())];
    assert_eq!(spent(&store, account).await, expected);
    drop(store);
    let store = open(dir.path(), Options::default()).store;
    assert_eq!(spent(&store, account).await, expected);
    assert_eq!(store.recent_calls(account, NOW, 3).await.unwrap().len(), 3);
    let later = Timestamp::from_micros(9_000_000);
    assert!(store.recent_calls(account, later, 3).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_interrupted_call_is_charged_what_was_held_only_where_the_operator_says_so() {
    for (rule, expected) in [(Interrupted::Free, None), (Interrupted::ChargeReserved, Some("0.25"))]
    {
        let dir = tempfile::tempdir().unwrap();
        let account = {
            let store = open(dir.path(), Options::default()).store;
            let mut intent = intent(&store, 1);
            intent.asked.terms = Some(terms("0.25"));
            let account = intent.account;
            let opening = store.place().unwrap().open(intent, None).unwrap();
            std::mem::forget(opening.await.unwrap());
            account
        };
        let options = Options { interrupted: rule, ..Options::default() };
        let store = open(dir.path(), options).store;
        let days = spent(&store, account).await;
        assert_eq!(days.first().map(|(_, amount)| amount.as_str()), expected);
    }
}

#[tokio::test]
async fn a_budget_is_kept_changed_and_taken_away() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path(), Options::default()).store;
    let id = AccountId::from_bytes([7; 16]);
    let account = Account { id, name: "a".to_owned(), level: "default".to_owned() };
    let budget = Budget {
        amount: amount("5"),
        currency: "CNY".parse().unwrap(),
        period: Period::Month,
        credit: amount("0.5"),
    };
    let first = Some((budget, Day::from_number(3)));
    store.add_account(account, first, stamp(NOW)).await.unwrap();
    assert_eq!(store.spending(id).await.unwrap(), Spending { budget: first, days: vec![] });
    let second = Some((Budget { period: Period::Once, ..budget }, Day::FIRST));
    store.set_budget(id, second, stamp(NOW)).await.unwrap();
    assert_eq!(store.spending(id).await.unwrap().budget, second);
    store.set_budget(id, None, stamp(NOW)).await.unwrap();
    assert_eq!(store.spending(id).await.unwrap().budget, None);
    let nobody = AccountId::from_bytes([8; 16]);
    assert!(store.set_budget(nobody, second, stamp(NOW)).await.is_err());
}

#[tokio::test]
async fn every_table_that_was_in_force_is_found_by_its_digest() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path(), Options::default()).store;
    let table = |json: &str| KeptTable {
        kind: TableKind::Prices,
        digest: Digest::of(json.as_bytes()),
        json: json.to_owned(),
    };
    for (at, json) in [(1, "a"), (2, "a"), (3, "b"), (4, "a")] {
        store.keep_tables(vec![table(json)], Timestamp::from_micros(at)).await.unwrap();
    }
    let found = store.table(Digest::of(b"a")).await.unwrap().unwrap();
    assert_eq!((found.kind.as_str(), found.json.as_str()), ("prices", "a"));
    assert_eq!(found.since, [1, 4].map(Timestamp::from_micros));
    assert!(store.table(Digest::of(b"c")).await.unwrap().is_none());
}
