//! `/openapi.json`: the table of routes and the shapes of this API, in OpenAPI 3.1.

use serde_json::{Map, Value, json};

use crate::PREFIX;
use crate::route::{Operation, ROUTES, Route};

/// The document.
pub fn document(version: &str) -> Value {
    let mut paths = Map::new();
    for route in ROUTES {
        let path = format!("{PREFIX}{}", route.path);
        let item = paths.entry(path).or_insert_with(|| json!({}));
        item[route.method.as_str().to_lowercase()] = operation(route);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Weighbridge",
            "version": version,
            "description": "The gateway's own API. Amounts are decimal texts, times RFC 3339 in \
                UTC with microseconds, hashes lower-case hexadecimal.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "security": [{ "bearer": [] }],
        "paths": paths,
        "components": {
            "securitySchemes": { "bearer": { "type": "http", "scheme": "bearer" } },
            "schemas": schemas(),
        },
    })
}

fn operation(route: &Route) -> Value {
    let (status, answer) = answer(route.operation);
    let mut parameters = Vec::new();
    if route.path.contains("{id}") {
        parameters.push(json!({
            "name": "id", "in": "path", "required": true, "schema": { "type": "string" },
        }));
    }
    for (name, kind) in query(route.operation) {
        parameters.push(json!({ "name": name, "in": "query", "schema": { "type": kind } }));
    }
    let mut responses = Map::new();
    let mut good = json!({ "description": "done" });
    if let Some(schema) = answer {
        good["content"] = content(&schema);
    }
    responses.insert(status.to_owned(), good);
    responses.insert(
        "default".to_owned(),
        json!({ "description": "refused", "content": content(&reference("Error")) }),
    );
    let mut operation = json!({
        "operationId": format!("{:?}", route.operation),
        "summary": route.summary,
        "description": format!("Who may: {}.", route.roles),
        "parameters": parameters,
        "responses": responses,
    });
    if let Some(schema) = body(route.operation) {
        operation["requestBody"] = json!({ "required": true, "content": content(&schema) });
    }
    operation
}

fn content(schema: &Value) -> Value {
    json!({ "application/json": { "schema": schema } })
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn list_of(name: &str) -> Value {
    json!({
        "type": "object",
        "required": ["items", "next"],
        "properties": {
            "items": { "type": "array", "items": reference(name) },
            "next": { "type": ["string", "null"] },
        },
    })
}

fn answer(operation: Operation) -> (&'static str, Option<Value>) {
    match operation {
        Operation::CreateAccount => ("201", Some(reference("Account"))),
        Operation::ReadAccount | Operation::ChangeAccount => ("200", Some(reference("Account"))),
        Operation::ListAccounts => ("200", Some(list_of("Account"))),
        Operation::Me => ("200", Some(reference("Me"))),
        Operation::CreateKey => ("201", Some(reference("NewKey"))),
        Operation::ListKeys => ("200", Some(list_of("Key"))),
        Operation::RevokeKey => ("204", None),
        Operation::ListReceipts => ("200", Some(list_of("Receipt"))),
        Operation::ReadReceipt => ("200", Some(reference("Receipt"))),
        Operation::ProveReceipt => ("200", Some(reference("Proof"))),
        Operation::ReadProvenance => ("200", Some(list_of("Provenance"))),
        Operation::ListActs => ("200", Some(list_of("Act"))),
        Operation::CreateEstimate => ("201", Some(reference("Estimate"))),
        Operation::Explain => ("200", Some(reference("Explanation"))),
        Operation::ListProviders => ("200", Some(list_of("Provider"))),
        Operation::ReadTable => ("200", Some(reference("Table"))),
    }
}

fn query(operation: Operation) -> &'static [(&'static str, &'static str)] {
    match operation {
        Operation::ListAccounts | Operation::ListActs => {
            &[("limit", "integer"), ("cursor", "string")]
        }
        Operation::ProveReceipt => &[("format", "string")],
        Operation::ListKeys | Operation::ListReceipts | Operation::ReadProvenance => {
            &[("limit", "integer"), ("cursor", "string"), ("account", "string")]
        }
        Operation::CreateEstimate => &[("flavor", "string"), ("model", "string")],
        Operation::Explain => &[("flavor", "string"), ("service", "string"), ("model", "string")],
        _ => &[],
    }
}

fn body(operation: Operation) -> Option<Value> {
    match operation {
        Operation::CreateAccount => Some(object(
            &["name"],
            json!({
                "name": text(), "level": text(), "budget": reference("NewBudget"),
            }),
        )),
        Operation::ChangeAccount => Some(object(
            &[],
            json!({
                "name": text(), "level": text(), "budget": reference("NewBudget"),
            }),
        )),
        Operation::CreateEstimate | Operation::Explain => Some(json!({
            "type": "object",
            "description": "The body of the call itself, byte for byte as it will be sent.",
        })),
        Operation::CreateKey => Some(object(
            &[],
            json!({
                "account": text(),
                "role": reference("Role"),
                "name": text(),
                "kind": { "enum": ["bearer", "endpoint"] },
                "trusted_headers": { "type": "boolean" },
                "hybrid_policy": reference("Policy"),
                "hybrid_override": { "type": "boolean" },
                "models": { "type": "array", "items": text() },
            }),
        )),
        _ => None,
    }
}

fn text() -> Value {
    json!({ "type": "string" })
}

fn text_or_null() -> Value {
    json!({ "type": ["string", "null"] })
}

#[expect(clippy::needless_pass_by_value, reason = "reads like the JSON that it makes")]
fn object(required: &[&str], properties: Value) -> Value {
    json!({ "type": "object", "required": required, "properties": properties })
}

fn schemas() -> Value {
    let key = json!({
        "id": text(), "account": text(), "kind": { "enum": ["bearer", "endpoint"] },
        "role": reference("Role"), "name": text_or_null(),
        "trusted_headers": { "type": "boolean" },
        "hybrid_policy": { "oneOf": [reference("Policy"), { "type": "null" }] },
        "hybrid_override": { "type": "boolean" },
        "models": { "type": ["array", "null"], "items": text() },
        "created_at": text(), "revoked_at": text_or_null(),
    });
    let mut new_key = key.clone();
    new_key["key"] = text();
    new_key["token"] = text();
    json!({
        "Error": object(&["error"], json!({
            "error": object(&["code", "message"], json!({
                "code": text(), "message": text(), "field": text(), "detail": { "type": "object" },
            })),
        })),
        "Period": { "enum": weighbridge_core::budget::Period::ALL.map(|period| period.as_str()) },
        "Role": { "enum": weighbridge_core::role::Role::ALL.map(|role| role.as_str()) },
        "Policy": { "enum": weighbridge_core::routing::Policy::ALL.map(|policy| policy.as_str()) },
        "Explanation": explanation(),
        "Provider": provider(),
        "Account": account(),
        "NewBudget": new_budget(),
        "Estimate": estimate(),
        "Table": object(&["sha256", "kind", "in_force_since", "table"], json!({
            "sha256": text(), "kind": { "enum": ["levels", "prices", "policies"] },
            "in_force_since": { "type": "array", "items": text() }, "table": {},
        })),
        "Me": object(&["account", "key"], json!({
            "account": reference("Account"),
            "key": object(&["id", "role", "name"], json!({
                "id": text(), "role": reference("Role"), "name": text_or_null(),
                "trusted_headers": { "type": "boolean" },
            })),
        })),
        "Key": object(&["id", "account", "kind", "role"], key),
        "NewKey": object(&["id", "account", "kind", "role"], new_key),
        "Receipt": receipt(),
        "Proof": proof(),
        "Provenance": object(&["receipt", "as"], json!({
            "as": { "type": "array", "items": { "enum": ["input", "output"] } },
            "receipt": reference("Receipt"),
        })),
        "Act": object(&["id", "at", "act", "by", "of", "to", "leaf_index"], json!({
            "id": text(), "at": text(), "act": text_or_null(), "of": text_or_null(),
            "by": { "type": ["object", "null"], "properties": { "account": text(), "key": text() } },
            "to": { "type": ["object", "null"] }, "leaf_index": { "type": ["integer", "null"] },
        })),
    })
}

fn proof() -> Value {
    let mut proof = object(
        &["v", "leaf", "disclosures", "leaf_index", "tree_size", "inclusion", "checkpoint"],
        json!({
            "v": { "const": 1 }, "leaf": text(), "leaf_index": { "type": "integer" },
            "tree_size": { "type": "integer" }, "inclusion": { "type": "array", "items": text() },
            "checkpoint": text(),
            "disclosures": { "type": "object", "additionalProperties": object(
                &["salt", "section"],
                json!({ "salt": text(), "section": text() }),
            ) },
        }),
    );
    proof["description"] = json!(
        "Keep its bytes as they come: any other spelling of it is refused by `weighbridge verify`. \
         With format=tlog-proof the answer is the standard text file instead."
    );
    proof
}

fn account() -> Value {
    object(
        &["id", "name", "level", "budget", "spent", "reserved", "free", "spending"],
        json!({
            "id": text(), "name": text(), "level": text(),
            "budget": {
                "type": ["object", "null"],
                "properties": {
                    "amount": text(), "currency": text(), "period": reference("Period"),
                    "credit": text(), "resets_at": text_or_null(),
                },
            },
            "spent": text_or_null(), "reserved": text_or_null(), "free": text_or_null(),
            "spending": { "type": "array", "items": object(
                &["currency", "spent", "reserved", "calls_in_flight"],
                json!({
                    "currency": text(), "spent": text(), "reserved": text(),
                    "calls_in_flight": { "type": "integer" },
                }),
            ) },
        }),
    )
}

fn new_budget() -> Value {
    json!({
        "type": ["object", "null"],
        "description": "null takes the budget away; top_up alone adds to what there is, once.",
        "properties": {
            "amount": text(), "currency": text(), "period": reference("Period"), "top_up": text(),
        },
    })
}

/// How a provider is now.
fn standing() -> Value {
    json!({
        "health": { "enum": ["well", "unwell", "due", "recovering", "resting", "refused"] },
        "rests_for_ms": integer_or_null(), "failing_per_mille": { "type": "integer" },
        "in_flight": { "type": "integer" }, "waiting": { "type": "integer" },
        "optimal": integer_or_null(), "max": integer_or_null(),
        "machine_busy": { "type": "boolean" },
    })
}

fn integer_or_null() -> Value {
    json!({ "type": ["integer", "null"] })
}

fn provider() -> Value {
    let mut members = standing();
    members["name"] = text();
    members["flavor"] = text();
    members["location"] = json!({ "enum": ["local", "remote"] });
    members["region"] = text_or_null();
    members["base_url"] = text();
    members["services"] = json!({ "type": "array", "items": text() });
    members["models"] = json!({ "type": "array", "items": text() });
    object(&["name", "flavor", "location", "health"], members)
}

fn explanation() -> Value {
    let mut members = standing();
    members["provider"] = text();
    members["model"] = text();
    members["location"] = json!({ "enum": ["local", "remote"] });
    members["region"] = text_or_null();
    members["place"] = json!({ "type": "integer" });
    members["score"] = json!({ "type": "integer" });
    members["left_out"] = text();
    members["because"] = text();
    members["expected"] = text();
    members["currency"] = text();
    members["first_byte_ms"] = integer_or_null();
    let candidate = object(&["provider", "model", "location"], members);
    object(
        &["service", "model_served", "match", "policy", "chosen_by", "candidates", "refusal"],
        json!({
            "service": text(), "model_served": text(),
            "match": { "enum": ["exact", "provider", "alias", "similar"] },
            "match_score": { "type": "integer" },
            "policy": reference("Policy"),
            "chosen_by": { "enum": ["body", "header", "key", "level", "model", "service", "file"] },
            "policy_sha256": text(),
            "candidates": { "type": "array", "items": candidate },
            "refusal": { "oneOf": [
                object(&["code", "message"], json!({ "code": text(), "message": text() })),
                { "type": "null" },
            ] },
        }),
    )
}

fn estimate() -> Value {
    object(
        &["id", "input_sha256", "expected", "reserved", "currency", "basis", "expires_at"],
        json!({
            "id": text(), "input_sha256": text(), "model": text(), "expected": text(),
            "reserved": text(), "ceiling": text_or_null(), "currency": text(),
            "basis": { "enum": ["counted", "bounded", "open"] },
            "input_tokens": { "type": "integer" }, "output_tokens": { "type": "integer" },
            "output_limit": { "type": ["integer", "null"] }, "expires_at": text(),
        }),
    )
}

fn receipt() -> Value {
    let content = object(
        &["sha256", "bytes"],
        json!({
            "sha256": text(), "bytes": { "type": "integer" },
        }),
    );
    object(
        &[
            "v",
            "kind",
            "id",
            "account",
            "key",
            "node",
            "service",
            "outcome",
            "received_at",
            "finished_at",
            "attempts",
            "input",
            "output",
            "usage",
            "cost",
            "leaf_index",
        ],
        json!({
            "v": { "const": 1 }, "kind": { "const": "receipt" }, "id": text(),
            "account": text(), "key": text(), "node": text(), "service": text(),
            "flavor_in": text(), "flavor_out": text_or_null(), "conversion": text(),
            "provider": text_or_null(), "model_asked": text(), "model_served": text_or_null(),
            "outcome": { "enum": ["ok", "error", "cancelled", "interrupted"] },
            "error": { "type": ["object", "null"] },
            "end_user": text_or_null(), "session": text_or_null(),
            "labels": { "type": "object", "additionalProperties": text() },
            "received_at": text(), "first_byte_at": text_or_null(), "finished_at": text(),
            "duration_us": { "type": ["integer", "null"] },
            "attempts": { "type": "array", "items": object(&["provider", "outcome"], json!({
                "provider": text(), "outcome": text(), "status": { "type": ["integer", "null"] },
                "provider_request_id": text_or_null(), "region": text_or_null(),
            })) },
            "input": content, "output": { "type": ["object", "null"] },
            "usage": { "type": ["object", "null"] }, "cost": { "type": "object" },
            "plugins": { "type": "array" }, "loss": { "type": "array" },
            "corrects": text_or_null(), "leaf_index": { "type": ["integer", "null"] },
        }),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_has_every_route_and_no_dangling_reference() {
        let document = document("0");
        for route in ROUTES {
            let path = format!("{PREFIX}{}", route.path);
            let method = route.method.as_str().to_lowercase();
            assert!(document["paths"][&path][&method]["summary"].is_string(), "{method} {path}");
        }
        let text = document.to_string();
        for name in text.split("#/components/schemas/").skip(1) {
            let name = name.split('"').next().unwrap();
            assert!(document["components"]["schemas"][name].is_object(), "{name}");
        }
    }

    #[test]
    fn the_document_reads_as_reviewed() {
        insta::assert_snapshot!(serde_json::to_string_pretty(&document("0")).unwrap());
    }
}
