//! A store in a directory that is thrown away, with time and randomness that repeat.

use std::sync::atomic::{AtomicU64, Ordering};

use weighbridge_core::act::Stamp;
use weighbridge_core::call::{Asked, Attribution, Content, Ending, Input, Intent};
use weighbridge_core::clock::{Clock, Moment, Monotonic};
use weighbridge_core::cost::Interrupted;
use weighbridge_core::entropy::{Entropy, NoEntropy};
use weighbridge_core::id::{AccountId, CallId, KeyId};
use weighbridge_core::receipt;
use weighbridge_proof::{Digest, Timestamp};
use weighbridge_store::receipts::Row;
use weighbridge_store::{Opened, Options, Store};

/// Time that goes on by a millisecond at every look.
#[derive(Debug, Default)]
pub(crate) struct Ticking(AtomicU64);

impl Clock for Ticking {
    fn now(&self) -> Moment {
        let tick = 1_000_000 + self.0.fetch_add(1_000, Ordering::Relaxed);
        Moment { wall: Timestamp::from_micros(tick.cast_signed()), steady: Monotonic(tick) }
    }
}

/// Bytes that count up.
#[derive(Debug, Default)]
pub(crate) struct Counting(AtomicU64);

impl Entropy for Counting {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoEntropy> {
        for byte in bytes {
            *byte = self.0.fetch_add(1, Ordering::Relaxed).to_le_bytes()[0];
        }
        Ok(())
    }
}

/// Opens the store in `dir`.
pub(crate) fn open(dir: &std::path::Path, options: Options) -> Opened {
    let fatal = |reason| panic!("the store failed: {reason}");
    Store::open(dir, options, None, &Ticking::default(), &Counting::default(), fatal).unwrap()
}

/// What something that nobody did in particular is written down with.
pub(crate) fn stamp(at: Timestamp) -> Stamp {
    Stamp::new(at, None, &Counting::default()).unwrap()
}

/// The hash of the content of call number `number`.
pub(crate) fn content(number: u64) -> Digest {
    Digest::of(&number.to_be_bytes())
}

/// The intent of call number `number`, which is its request's content too.
pub(crate) fn intent(store: &Store, number: u64) -> Intent {
    let mut random = [0; 10];
    random[..8].copy_from_slice(&number.to_be_bytes());
    Intent {
        id: CallId::new(Timestamp::from_micros(5_000_000), random),
        boot: store.boot(),
        account: AccountId::from_bytes([1; 16]),
        key: KeyId::from_bytes([2; 16]),
        received_at: Timestamp::from_micros(5_000_000),
        input: Input::Whole(Content { sha256: content(number), bytes: 8 }),
        asked: Asked {
            service: "chat".to_owned(),
            flavor_in: "openai".to_owned(),
            model: "m".to_owned(),
            attribution: Attribution::default(),
            terms: None,
        },
    }
}

/// The row of a receipt of that call.
pub(crate) fn row(intent: &Intent) -> Row {
    // How it ended does not matter to the store.
    let ending = Ending::interrupted(intent, Interrupted::Free, Timestamp::from_micros(6_000_000));
    let receipt = receipt::issue(intent, &ending, &[3; receipt::SALT_BYTES]).unwrap();
    Row::of(intent, &ending, &receipt)
}

/// Every receipt, by the number of its call's request.
pub(crate) async fn inputs(store: &Store) -> Vec<Digest> {
    let page = store.receipts(None, 1_000, None).await.unwrap();
    assert_eq!(page.next, None);
    let input = |stored: &receipt::Stored| {
        let content: serde_json::Value = serde_json::from_str(&stored.sections[2]).unwrap();
        content["input"]["sha256"].as_str().unwrap().parse().unwrap()
    };
    page.items.iter().map(input).collect()
}
