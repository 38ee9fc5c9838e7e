//! Where a call would run, and why there.

use std::sync::Arc;

use http::{Response, StatusCode, request};
use hyper::body::Incoming;
use serde_json::{Value, json};
use weighbridge_core::clock::Moment;
use weighbridge_core::directory::Match;
use weighbridge_core::failure::Failure;
use weighbridge_core::routing::{Score, Verdict};
use weighbridge_core::window::Allowance;
use weighbridge_gateway::pipeline::Received;
use weighbridge_gateway::pipeline::explanation::{Explained, Explanation};
use weighbridge_gateway::{Gateway, ReplyBody};

use crate::answer::json_answer;
use crate::described::address;
use crate::providers::standing;

/// Decides about the call whose body this is as if it were made, and says all that was weighed.
pub(crate) async fn create(
    gateway: &Arc<Gateway>,
    head: request::Parts,
    body: Incoming,
    at: Moment,
    allowance: &mut Option<Allowance>,
) -> Result<Response<ReplyBody>, Failure> {
    let address = address(gateway, head.uri.query().unwrap_or_default(), true)?;
    let service = address.service_name();
    let received = Received::new(Arc::clone(gateway), address, head, body, at);
    let admitted = received.authenticate().await?.admit_view(allowance)?;
    let explanation = Box::pin(admitted.read().await?.explain()).await?;
    Ok(json_answer(StatusCode::OK, &show(gateway, service, &explanation)))
}

fn show(gateway: &Gateway, service: &str, explanation: &Explanation) -> Value {
    let Explanation { choice, model, how, considered, refusal } = explanation;
    let is_in = |explained: &&Explained| matches!(explained.verdict, Verdict::Ranked(_));
    let served = considered.iter().find(is_in);
    let mut place = 0;
    let candidates = considered.iter().map(|explained| {
        let mut shown = candidate(gateway, explained);
        if let Verdict::Ranked(_) = explained.verdict {
            place += 1;
            shown["place"] = json!(place);
        }
        shown
    });
    let candidates: Vec<Value> = candidates.collect();
    let mut shown = json!({
        "service": service,
        "model_served": served.map_or(model.as_str(), |first| &*first.model),
        "match": how.as_str(),
        "policy": choice.policy.as_str(),
        "chosen_by": choice.source.as_str(),
        "policy_sha256": gateway.setting().policies.digest(),
        "candidates": candidates,
        "refusal": refusal.as_ref().map(|failure| json!({
            "code": failure.code.as_str(),
            "message": failure.words,
        })),
    });
    if let Match::Similar(score) = how {
        shown["match_score"] = json!(score);
    }
    shown
}

fn candidate(gateway: &Gateway, explained: &Explained) -> Value {
    let provider = &explained.provider;
    let mut shown = json!({
        "provider": provider.name,
        "model": &*explained.model,
        "location": provider.location.as_str(),
        "region": provider.region,
        "first_byte_ms": explained.first_byte.map(|micros| micros.div_ceil(1000)),
    });
    match explained.verdict {
        Verdict::Ranked(Score(score)) => shown["score"] = json!(score),
        Verdict::Out(reason) => {
            shown["left_out"] = json!(reason.as_str());
            shown["because"] = json!(reason.words());
        }
    }
    if let Some(estimate) = &explained.estimate {
        shown["expected"] = json!(estimate.expected);
        shown["currency"] = json!(estimate.currency);
    }
    if let (Some(own), Some(shown)) = (&explained.standing, shown.as_object_mut()) {
        shown.extend(standing(gateway, provider, own));
    }
    shown
}
