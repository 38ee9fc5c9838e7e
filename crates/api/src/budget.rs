//! Budgets, and what is left of them, as callers write and see them.

use serde_json::{Map, Value, json};
use weighbridge_core::account::Account;
use weighbridge_core::budget::{Period, Standing};
use weighbridge_core::failure::{Code, Failure};
use weighbridge_core::money::{Amount, Currency};
use weighbridge_gateway::money::{BudgetChange, NotChanged};

use crate::ask::{Fields, invalid, store_failure};

/// An account with what it may spend and has spent. Without a budget, `spent` and `reserved` are in
/// the one currency that was used; where there are several, `spending` has them.
pub(crate) fn show(account: &Account, standings: &[Standing]) -> Value {
    let first = standings.first();
    let budget = first.and_then(|standing| standing.budget);
    let one = first.filter(|_| budget.is_some() || standings.len() == 1);
    let amount = |of: fn(&Standing) -> Amount| match (one, standings.is_empty()) {
        (Some(standing), _) => json!(of(standing)),
        (None, true) => json!(Amount::ZERO),
        (None, false) => Value::Null,
    };
    let free = one.and_then(|standing| {
        let total = standing.budget?.total();
        Some(total.minus_down_to_zero(standing.spent + standing.reserved))
    });
    let resets_at = first.and_then(|standing| standing.resets_at);
    let spending = standings.iter().map(|standing| {
        json!({
            "currency": standing.currency,
            "spent": standing.spent,
            "reserved": standing.reserved,
            "calls_in_flight": standing.calls,
        })
    });
    json!({
        "id": account.id,
        "name": account.name,
        "level": account.level,
        "budget": budget.map(|budget| json!({
            "amount": budget.amount,
            "currency": budget.currency,
            "period": budget.period.as_str(),
            "credit": budget.credit,
            "resets_at": resets_at,
        })),
        "spent": amount(|standing| standing.spent),
        "reserved": amount(|standing| standing.reserved),
        "free": free,
        "spending": spending.collect::<Vec<_>>(),
    })
}

/// What a body wants of an account's budget; nothing where it does not say.
pub(crate) fn read(fields: &Fields) -> Result<Option<BudgetChange>, Failure> {
    match fields.value("budget") {
        None => Ok(None),
        Some(Value::Null) => Ok(Some(BudgetChange::Remove)),
        Some(Value::Object(wanted)) => read_change(wanted).map(Some),
        Some(_) => {
            let words = "should be an object such as {\"amount\": \"5\", \"currency\": \"USD\"}";
            Err(invalid("budget", words))
        }
    }
}

const KNOWN: [&str; 4] = ["amount", "currency", "period", "top_up"];

fn read_change(wanted: &Map<String, Value>) -> Result<BudgetChange, Failure> {
    for name in wanted.keys() {
        if !KNOWN.contains(&name.as_str()) {
            let words = format!("has no field `{name}`; known are {}", KNOWN.join(", "));
            return Err(invalid("budget", &words));
        }
    }
    let amount = amount(wanted, "amount", "budget.amount")?;
    let top_up = amount_or_nothing(wanted, "top_up", "budget.top_up")?;
    let text = |name: &str, field| match wanted.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.as_str())),
        Some(_) => Err(invalid(field, "should be a text")),
    };
    let currency: Option<Currency> = text("currency", "budget.currency")?
        .map(|text| text.parse().map_err(|error| said("budget.currency", &error)))
        .transpose()?;
    let period: Option<Period> = text("period", "budget.period")?
        .map(|text| text.parse().map_err(|error| said("budget.period", &error)))
        .transpose()?;
    match amount {
        None if top_up.is_zero() => Err(invalid("budget.amount", "is needed, or `top_up`")),
        None if currency.is_some() || period.is_some() => {
            Err(invalid("budget.amount", "is needed with another currency or period"))
        }
        None => Ok(BudgetChange::TopUp(top_up)),
        Some(amount) => Ok(BudgetChange::Set { amount, currency, period, top_up }),
    }
}

fn amount(
    wanted: &Map<String, Value>,
    name: &str,
    field: &'static str,
) -> Result<Option<Amount>, Failure> {
    match wanted.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => {
            let amount: Amount = text.parse().map_err(|error| said(field, &error))?;
            if amount.is_negative() {
                return Err(invalid(field, "should not be less than nothing"));
            }
            Ok(Some(amount))
        }
        Some(_) => Err(invalid(field, "should be a decimal number in quotes such as \"5\"")),
    }
}

fn amount_or_nothing(
    wanted: &Map<String, Value>,
    name: &str,
    field: &'static str,
) -> Result<Amount, Failure> {
    amount(wanted, name, field).map(Option::unwrap_or_default)
}

fn said(field: &'static str, error: &dyn std::error::Error) -> Failure {
    invalid(field, &error.to_string())
}

/// What a caller is told when a budget was not changed.
pub(crate) fn not_changed(error: NotChanged) -> Failure {
    let words = error.to_string();
    match error {
        NotChanged::Below(below) => {
            let detail = json!({
                "spent": below.spent,
                "reserved": below.reserved,
                "currency": below.currency,
            });
            Failure::client(Code::BudgetBelowUse, words).at("budget").with(detail)
        }
        NotChanged::NoCurrency => {
            Failure::client(Code::InvalidRequest, words).at("budget.currency")
        }
        NotChanged::NoBudget => Failure::client(Code::InvalidRequest, words).at("budget.top_up"),
        NotChanged::Store(error) => store_failure(error),
    }
}
