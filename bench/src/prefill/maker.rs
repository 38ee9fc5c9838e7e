//! Receipts of calls that never were, as like those of real ones as can be.

use anyhow::{Context, Result};
use weighbridge_core::account::Account;
use weighbridge_core::act::Stamp;
use weighbridge_core::call::{
    Asked, Attempt, Attribution, Boot, Content, Ending, Input, Intent, Outcome,
};
use weighbridge_core::cost::{Charge, Consent, Cost, CostBasis, Held, Terms};
use weighbridge_core::entropy;
use weighbridge_core::id::{AccountId, CallId, KeyId};
use weighbridge_core::level::{DEFAULT, LevelTable};
use weighbridge_core::money::Amount;
use weighbridge_core::price::{Meter, Price, PriceTable, Priced, Quantities, Rates};
use weighbridge_core::receipt::{self, SALT_BYTES};
use weighbridge_core::usage::{Basis, Usage};
use weighbridge_proof::{Digest, Timestamp};
use weighbridge_store::Store;
use weighbridge_store::receipts::Row;
use weighbridge_store::tables::{KeptTable, TableKind};

use crate::clock::SystemEntropy;

/// Over how long before now the calls are spread, in microseconds: thirty days.
const SPAN: i64 = 30 * 24 * 60 * 60 * 1_000_000;
/// How many accounts made them.
const ACCOUNTS: u64 = 100;
/// The model, and the provider that served it.
const MODEL: &str = "past";
const PROVIDER: &str = "mock";

/// See the module's words.
pub(super) struct Maker {
    from: Timestamp,
    step: i64,
    accounts: Vec<(AccountId, KeyId)>,
    level: Digest,
    priced: Priced,
}

impl Maker {
    /// A maker for so many calls before `now`; adds their accounts, and keeps what they will cite.
    pub(super) async fn new(store: &Store, calls: u64, now: Timestamp) -> Result<Self> {
        let (levels, prices) = (LevelTable::new(Vec::new()), prices()?);
        let priced = prices.find(PROVIDER, MODEL).context("the model has no price")?;
        let tables = [
            (TableKind::Levels, levels.digest(), levels.json()),
            (TableKind::Prices, priced.table, prices.json()),
        ];
        let tables =
            tables.map(|(kind, digest, json)| KeptTable { kind, digest, json: json.into() });
        store.keep_tables(tables.to_vec(), now).await?;
        let from = now.plus_micros(-SPAN);
        let mut accounts = Vec::new();
        for number in 0..ACCOUNTS {
            let id = AccountId::new(from, entropy::fresh(&SystemEntropy)?);
            let key = KeyId::new(from, entropy::fresh(&SystemEntropy)?);
            let account = Account { id, name: format!("past {number}"), level: DEFAULT.to_owned() };
            store.add_account(account, None, Stamp::new(now, None, &SystemEntropy)?).await?;
            accounts.push((id, key));
        }
        let step = SPAN / i64::try_from(calls.max(1)).unwrap_or(i64::MAX);
        Ok(Self { from, step, accounts, level: levels.digest(), priced })
    }

    /// The call of this number: what was known before it, and its receipt.
    pub(super) fn make(&self, boot: Boot, number: u64) -> Result<(Intent, Row)> {
        let random: [u8; 74] = entropy::fresh(&SystemEntropy)?;
        let salts: [u8; SALT_BYTES] = entropy::fresh(&SystemEntropy)?;
        let at = i64::try_from(number).unwrap_or(i64::MAX).saturating_mul(self.step);
        let received_at = self.from.plus_micros(at);
        let of = usize::try_from(number % ACCOUNTS).unwrap_or_default();
        let (account, key) = self.accounts.get(of).copied().context("no account")?;
        let usage = usage(u64::from(random[0]), u64::from(random[1]));
        let reserved = self.priced.price.cost(&Quantities::of_call(&usage));
        let held = Held {
            estimate: reserved,
            reserved,
            currency: self.priced.price.currency,
            price_sha256: self.priced.table,
        };
        let terms = Terms {
            consent: Consent::Standing,
            level_sha256: self.level,
            policy_sha256: None,
            held: Some(held),
        };
        let intent = Intent {
            id: CallId::new(received_at, bytes_of(&random[..10])),
            boot,
            account,
            key,
            received_at,
            input: Input::Whole(content(&random[10..42], 1_024)),
            asked: Asked {
                service: "chat".to_owned(),
                flavor_in: "openai".to_owned(),
                model: MODEL.to_owned(),
                attribution: Attribution::default(),
                terms: Some(terms),
            },
        };
        let ending = ending(number, received_at, usage, held, content(&random[42..], 2_048));
        let receipt = receipt::issue(&intent, &ending, &salts)?;
        let row = Row::of(&intent, &ending, &receipt);
        Ok((intent, row))
    }
}

fn prices() -> Result<PriceTable> {
    let mut rates = Rates::default();
    rates.set(Meter::Input, "3".parse()?);
    rates.set(Meter::Output, "15".parse()?);
    let price = Price {
        model: MODEL.to_owned(),
        provider: None,
        currency: "USD".parse()?,
        rates,
        tiers: Vec::new(),
        output_limit: None,
    };
    Ok(PriceTable::new(vec![price]))
}

fn usage(input: u64, output: u64) -> Usage {
    Usage {
        input_tokens: 200 + input,
        output_tokens: 20 + output,
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
    }
}

fn ending(
    number: u64,
    received_at: Timestamp,
    usage: Usage,
    held: Held,
    output: Content,
) -> Ending {
    let took = 200_000 + i64::try_from(usage.output_tokens).unwrap_or_default() * 1_000;
    let attempt = Attempt {
        provider: PROVIDER.to_owned(),
        outcome: Outcome::Ok,
        status: Some(200),
        provider_request_id: Some(format!("req-{number}")),
        region: None,
    };
    let charge = Charge { held, actual: held.reserved, overrun: Amount::ZERO };
    Ending {
        outcome: Outcome::Ok,
        error: None,
        decision: None,
        attempts: vec![attempt],
        flavor_out: Some("openai"),
        conversion: Default::default(),
        losses: Vec::new(),
        provider: Some(PROVIDER.to_owned()),
        model_served: Some(MODEL.to_owned()),
        first_byte_at: Some(received_at.plus_micros(100_000)),
        finished_at: received_at.plus_micros(took),
        duration_us: Some(took.unsigned_abs()),
        streamed: None,
        output: Some(output),
        complete: true,
        usage: Some(usage),
        cost: Cost { basis: CostBasis::Measured, charge: Some(charge) },
    }
}

fn content(random: &[u8], bytes: u64) -> Content {
    Content { sha256: Digest::from_bytes(bytes_of(random)), bytes }
}

/// The first bytes of these; where there are fewer, the rest is nought.
fn bytes_of<const N: usize>(from: &[u8]) -> [u8; N] {
    let mut bytes = [0; N];
    for (to, from) in bytes.iter_mut().zip(from) {
        *to = *from;
    }
    bytes
}
