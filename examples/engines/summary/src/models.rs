//! The one model.

use hyper::StatusCode;
use serde_json::{Value, json};

use crate::failure::{Failure, quoted};

/// Its name.
pub(crate) const MODEL: &str = "summary";

/// The list of models, there since `started`.
pub(crate) fn list(started: u64) -> Value {
    json!({"object": "list", "data": [object(started)]})
}

/// The model of a name.
pub(crate) fn one(id: &str, started: u64) -> Result<Value, Failure> {
    check(id).map(|()| object(started))
}

/// Whether a name is the model's.
pub(crate) fn check(id: &str) -> Result<(), Failure> {
    if id == MODEL {
        return Ok(());
    }
    let message = format!("The model `{}` does not exist; `{MODEL}` does.", quoted(id));
    let failure = Failure::new(StatusCode::NOT_FOUND, message);
    Err(failure.code("model_not_found").param("model"))
}

fn object(started: u64) -> Value {
    json!({"id": MODEL, "object": "model", "created": started, "owned_by": "weighbridge"})
}
