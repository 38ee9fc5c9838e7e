//! M2 on the real binary: many callers at once, on a budget that fits a few of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use weighbridge_core::invariant;
use weighbridge_core::money::Amount;
use weighbridge_testkit::chat::{Chat, UsageSaid};
use weighbridge_testkit::http::{self, Connection, Request};
use weighbridge_testkit::provider::StreamEnd;
use weighbridge_testkit::{Behaviour, Script};

use crate::house::{House, PATIENCE, VIEW};

/// Calls at a time.
const CALLERS: usize = 64;

/// What a call asks for as its longest answer, in tokens.
const LIMIT: u64 = 1_000;

/// Ways a call can go: models, whether a stream is asked for, whether its caller stays.
const WAYS: [(&str, bool, bool); 7] = [
    ("below", false, true),
    ("above", false, true),
    ("below", true, true),
    ("above", true, true),
    ("silent", true, true),
    ("paced", true, false),
    ("cut", true, true),
];

fn script() -> Script {
    let chat = |words: usize, tokens| Chat { tokens, ..Chat::of_words(words) };
    let paced = |chat, end| Behaviour::Chat { chat, pace: Duration::from_millis(3), end };
    Script::new()
        .on("below", paced(chat(12, Some((20, 30))), StreamEnd::End))
        .on("above", paced(chat(12, Some((900, 4_000))), StreamEnd::End))
        .on("silent", Behaviour::chat(Chat { usage: UsageSaid::Never, ..Chat::of_words(2_000) }))
        .on("paced", paced(Chat::of_words(200), StreamEnd::End))
        .on("cut", Behaviour::cut())
}

fn config() -> String {
    let price = |model: &str| {
        format!(
            "[[prices]]\nmodel = \"{model}\"\ncurrency = \"USD\"\ninput = \"1000\"\n\
             output = \"1000\"\n"
        )
    };
    let prices: String = ["below", "above", "silent", "paced", "cut"].map(price).concat();
    let sync = "sync = { requests = 100000, window = \"1m\" }\n";
    format!(
        "[levels.default]\n{VIEW}{sync}overrun_cap = \"0.5 USD\"\n\
         [levels.ceiling]\n{VIEW}{sync}reserve = \"ceiling\"\n{prices}"
    )
}

fn request(way: usize, key: &str) -> (Request, bool) {
    let (model, stream, stays) = WAYS[way % WAYS.len()];
    let body = json!({
        "model": model, "stream": stream, "max_tokens": LIMIT,
        "messages": [{ "role": "user", "content": format!("m-1-{way} weigh this") }],
    });
    (Request::post("/v1/chat/completions", body.to_string()).bearer(key), stays)
}

fn amount(of: &Value) -> Amount {
    of.as_str().unwrap().parse().unwrap()
}

/// Reads the account out again and again; whether it never passed its budget, and how often it was
/// seen.
async fn watch(url: String, key: String, over: Arc<AtomicBool>) -> usize {
    let mut connection = Connection::open(&url).await.unwrap().patience(PATIENCE);
    let mut looks = 0;
    while !over.load(Ordering::Relaxed) {
        connection.send(&Request::get("/gateway/v1/me").bearer(&key)).await.unwrap();
        connection.head().await.unwrap();
        let mut bytes = Vec::new();
        while let Some(chunk) = connection.chunk().await.unwrap() {
            bytes.extend_from_slice(&chunk.bytes);
        }
        let me: Value = serde_json::from_slice(&bytes).unwrap();
        let account = &me["account"];
        let budget = amount(&account["budget"]["amount"]);
        invariant::m2(amount(&account["spent"]), amount(&account["reserved"]), budget).unwrap();
        looks += 1;
    }
    looks
}

/// Makes a call. The status, if its caller waited for one.
async fn call(url: String, request: Request, stays: bool) -> Option<u16> {
    if stays {
        return Some(http::call(&url, &request).await.unwrap().status);
    }
    let mut connection = Connection::open(&url).await.unwrap().patience(PATIENCE);
    connection.send(&request).await.unwrap();
    let status = connection.head().await.unwrap().status;
    if status == 200 {
        connection.chunk().await.unwrap();
    }
    None
}

async fn play(level: &str) {
    let house = House::with(script(), &config()).await;
    // A call needs about 1.2, expected or at most.
    let budget = json!({ "level": level, "budget": { "amount": "12.5", "currency": "USD" } });
    assert_eq!(house.change(budget).await.status, 200);
    let over = Arc::new(AtomicBool::new(false));
    let watching =
        tokio::spawn(watch(house.url().to_owned(), house.key.clone(), Arc::clone(&over)));
    let calls = (0..CALLERS).map(|way| {
        let (request, stays) = request(way, &house.key);
        tokio::spawn(call(house.url().to_owned(), request, stays))
    });
    let mut statuses = Vec::new();
    for call in calls.collect::<Vec<_>>() {
        statuses.extend(call.await.unwrap());
    }
    // Those that left are settled too.
    let until = tokio::time::Instant::now() + PATIENCE;
    let me = loop {
        let me = house.me().await;
        if me["reserved"] == "0" {
            break me;
        }
        assert!(tokio::time::Instant::now() < until, "{me}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    over.store(true, Ordering::Relaxed);
    // On a busy machine the calls are over after a few looks.
    assert!(watching.await.unwrap() > 2);
    let refused = statuses.iter().filter(|status| **status == 402).count();
    assert!(statuses.iter().all(|status| matches!(status, 200 | 402)), "{statuses:?}");
    assert!(refused > 10 && refused < CALLERS - 5, "{refused} of {CALLERS} were refused");

    let receipts = house.receipts().await;
    let spent: Amount = receipts.iter().map(|receipt| amount(&receipt["cost"]["actual"])).sum();
    assert_eq!(amount(&me["spent"]), spent, "the balance is the sum of the receipts");
    assert_eq!(receipts.len() as u64, house.provider.seen_count());
    for receipt in &receipts {
        let cost = &receipt["cost"];
        assert!(amount(&cost["actual"]) <= amount(&cost["reserved"]), "{receipt}");
    }
    if level == "default" {
        assert!(receipts.iter().any(|receipt| receipt["cost"]["overrun"] != "0"));
    }
    let (code, said) = house.ledger_check();
    assert_eq!(code, Some(0), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_callers_never_pass_a_budget_that_fits_ten_when_the_expected_cost_is_held() {
    play("default").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_callers_never_pass_a_budget_that_fits_ten_when_the_ceiling_is_held() {
    play("ceiling").await;
}
