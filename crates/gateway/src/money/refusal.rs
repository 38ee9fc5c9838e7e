//! Why a call is not made for the money's sake, in words for whoever has to pay.

use serde_json::json;
use weighbridge_core::budget::Short;
use weighbridge_core::estimate::{Estimate, Prompt};
use weighbridge_core::failure::{Code, Failure, Retry};
use weighbridge_core::money::{Amount, Currency};
use weighbridge_core::quote::{NotAccepted, Quote, TooMany};
use weighbridge_store::Repeated;

/// The budget does not allow it.
pub(crate) fn short(short: &Short, needed: Amount, estimate: &Estimate) -> Failure {
    let currency = estimate.currency;
    let (standing, free) = match short {
        Short::Currency(budget) => return other_currency(currency, *budget),
        Short::Free { standing, free } => (standing, *free),
    };
    let total = standing.budget.map(|budget| budget.total()).unwrap_or_default();
    let mut words = format!(
        "this call needs {needed} {currency} ({}), and {free} {currency} are free: of a budget of \
         {total} {currency}, {} are spent",
        because(estimate),
        standing.spent,
    );
    if !standing.reserved.is_zero() {
        let (held, calls) = (standing.reserved, standing.calls);
        let them = if calls == 1 { "1 call" } else { &format!("{calls} calls") };
        words.push_str(&format!(" and {held} are held for {them} in flight"));
    }
    let fits_later = standing.spent + needed <= total;
    match standing.resets_at {
        _ if fits_later => words.push_str("; it fits once calls in flight have ended"),
        Some(at) if needed <= total => words.push_str(&format!(
            "; the budget begins anew at {at}, or ask whoever runs this gateway for more"
        )),
        _ => words.push_str("; ask whoever runs this gateway for more, or make a smaller call"),
    }
    let retry = if fits_later { Retry::After(1) } else { Retry::Never };
    let detail = json!({
        "needed": needed,
        "free": free,
        "held": standing.reserved,
        "calls_in_flight": standing.calls,
        "spent": standing.spent,
        "budget": total,
        "currency": currency,
        "resets_at": standing.resets_at,
        "input_tokens": estimate.prompt.tokens(),
        "output_tokens": estimate.output_expected,
        "basis": estimate.prompt.as_str(),
    });
    let failure = Failure::client(Code::BudgetExceeded, words).with(detail);
    Failure { retry, ..failure }
}

/// What the figure is made of.
fn because(estimate: &Estimate) -> String {
    let input = estimate.prompt.tokens();
    let prompt = match estimate.prompt {
        Prompt::Counted(_) => format!("{input} tokens of prompt"),
        Prompt::AtMost(_) => format!("at most {input} tokens of prompt"),
        Prompt::Open(_) => format!("about {input} tokens of prompt"),
    };
    format!("{prompt}, about {} of answer", estimate.output_expected)
}

pub(crate) fn other_currency(price: Currency, budget: Currency) -> Failure {
    let words = format!(
        "the model's price is in {price} and the account's budget in {budget}; they are never \
         converted, so use a model that is priced in {budget}"
    );
    let detail = json!({ "price": price, "budget": budget });
    Failure::client(Code::CurrencyMismatch, words).with(detail)
}

pub(crate) fn unpriced(model: &str, why: &str) -> Failure {
    let words = format!(
        "the model `{model}` has no price here, and {why}; whoever runs this gateway can give it \
         one (\"0\" is an explicit free)"
    );
    Failure::client(Code::Unpriced, words).at("model")
}

pub(crate) fn unbounded(estimate: &Estimate) -> Failure {
    let (words, field) = match (estimate.prompt, estimate.output_limit) {
        (Prompt::Open(_), _) => (
            "the account's level wants a bound of what a call may cost, and a picture, sound or \
             file has none; send text only, or ask for a level that reserves what is expected",
            "messages",
        ),
        _ => (
            "the account's level wants a bound of what a call may cost; set \
             `max_completion_tokens`, or ask for a level that reserves what is expected",
            "max_completion_tokens",
        ),
    };
    Failure::client(Code::CostUnbounded, words).at(field)
}

pub(crate) fn other_limit(field: &'static str) -> Failure {
    let words = format!(
        "{field} may count more than the limit that bounds what this call costs; send the limit \
         under the name that the flavor's reference has (`max_completion_tokens`, `max_tokens`)"
    );
    Failure::client(Code::CostUnbounded, words).at(field)
}

pub(crate) fn over_max(needed: Amount, max: Amount, estimate: &Estimate) -> Failure {
    let currency = estimate.currency;
    let words = format!(
        "this call needs {needed} {currency} ({}), more than the {max} {currency} of \
         x-weighbridge-max-cost",
        because(estimate)
    );
    let detail = json!({ "needed": needed, "max_cost": max, "currency": currency });
    Failure::client(Code::OverMaxCost, words).at("x-weighbridge-max-cost").with(detail)
}

/// The caller asked to be asked.
pub(crate) fn confirm(quote: &Quote) -> Failure {
    let Quote { id, estimate, expires_at, .. } = quote;
    let words = format!(
        "this call will cost about {} {}; to make it, send the same bytes with \
         `x-weighbridge-estimate: {id}` before {expires_at}",
        estimate.expected, estimate.currency
    );
    Failure::client(Code::ConfirmationRequired, words).with(quote.show())
}

pub(crate) fn not_accepted(reason: NotAccepted) -> Failure {
    Failure::client(Code::EstimateUnusable, reason.to_string()).at("x-weighbridge-estimate")
}

pub(crate) fn too_many(limit: usize, full: TooMany) -> Failure {
    let words = format!(
        "{limit} estimates of this account are open (limits.estimates); accept some, or wait until \
         they expire"
    );
    let millis = u64::try_from(full.retry.as_millis()).unwrap_or(u64::MAX);
    let failure = Failure::client(Code::TooManyEstimates, words);
    Failure { retry: Retry::AfterMillis(millis.saturating_add(1)), ..failure }
}

pub(crate) fn repeated(repeated: Repeated) -> Failure {
    let Repeated { call, running } = repeated;
    let state = if running { "still runs" } else { "is over" };
    let words = format!(
        "a call was made with this idempotency-key: {call}, which {state}. It is not made again, \
         and replies are not kept; its receipt says how it ended"
    );
    let detail = json!({ "call": call, "running": running });
    Failure::client(Code::IdempotencyConflict, words).at("idempotency-key").with(detail)
}
