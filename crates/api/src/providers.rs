//! The providers of the operator's file, and how they are now.

use http::{Response, StatusCode};
use serde_json::{Map, Value, json};
use weighbridge_core::credential::Key;
use weighbridge_core::directory::{Provider, Service};
use weighbridge_core::failure::Failure;
use weighbridge_core::role::Permission;
use weighbridge_core::routing::{Health, Standing};
use weighbridge_gateway::{Gateway, ReplyBody};

use crate::answer::json_answer;
use crate::ask::Ask;

pub(crate) async fn list(ask: Ask) -> Result<Response<ReplyBody>, Failure> {
    ask.may(Permission::Call)?;
    let Ask { gateway, principal, .. } = ask;
    let sees_addresses = principal.key.role.may(Permission::ManageAccounts);
    let setting = gateway.setting();
    let items = setting.directory.providers().iter().map(|(number, provider)| {
        let mut shown = show(provider, &principal.key);
        if sees_addresses {
            shown.insert("base_url".to_owned(), json!(provider.base_url));
        }
        if let Some(own) = gateway.standing(*number) {
            shown.extend(standing(&gateway, provider, &own));
        }
        Value::Object(shown)
    });
    let items: Vec<Value> = items.collect();
    let load = gateway.load();
    let machine = json!({
        "cpu_per_mille": load.cpu,
        "memory_per_mille": load.memory,
        "gpu_per_mille": load.gpu,
    });
    let list = json!({ "items": items, "next": null, "machine": machine });
    Ok(json_answer(StatusCode::OK, &list))
}

fn show(provider: &Provider, key: &Key) -> Map<String, Value> {
    let services: Vec<&str> = provider.services.iter().copied().map(Service::as_str).collect();
    let may_use =
        |model: &&String| key.may_use(model) || key.may_use(&format!("{}/{model}", provider.name));
    let models: Vec<&String> = provider.models.iter().filter(may_use).collect();
    let members = [
        ("name", json!(provider.name)),
        ("flavor", json!(provider.flavor.as_str())),
        ("location", json!(provider.location.as_str())),
        ("region", json!(provider.region)),
        ("services", json!(services)),
        ("models", json!(models)),
        ("models_listed_at", json!(provider.roster.listed_at.map(|at| at.to_string()))),
        ("discovered", json!(provider.roster.is_discovered)),
    ];
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// How a provider is now: the members that say it.
pub(crate) fn standing(
    gateway: &Gateway,
    provider: &Provider,
    standing: &Standing,
) -> Map<String, Value> {
    let rests = matches!(standing.health, Health::Resting | Health::Refused);
    let now = gateway.clock().now().steady;
    let rests_for = standing.rests_until.filter(|_| rests);
    let bound = |calls: u32| (calls < u32::MAX).then_some(calls);
    let members = [
        ("health", json!(standing.health.as_str())),
        ("rests_for_ms", json!(rests_for.map(|until| until.micros_since(now).div_ceil(1000)))),
        ("failing_per_mille", json!(standing.failing)),
        ("in_flight", json!(standing.in_flight)),
        ("waiting", json!(standing.waiting)),
        ("optimal", json!(bound(provider.concurrency.optimal))),
        ("max", json!(bound(provider.concurrency.max))),
        ("machine_busy", json!(standing.busy)),
    ];
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
