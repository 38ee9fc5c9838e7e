//! Answers of the native API.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response, StatusCode};
use serde_json::{Value, json};
use weighbridge_core::failure::Failure;
use weighbridge_gateway::ReplyBody;
use weighbridge_gateway::front::pace;
use weighbridge_store::Page;

/// A JSON answer.
pub fn json_answer(status: StatusCode, value: &Value) -> Response<ReplyBody> {
    let mut response = Response::new(ReplyBody::whole(Bytes::from(value.to_string())));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// An answer without a body.
pub(crate) fn nothing() -> Response<ReplyBody> {
    let mut response = Response::new(ReplyBody::whole(Bytes::new()));
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

/// A page of a list: `{"items": [...], "next": "..." | null}`.
pub(crate) fn page(page: Page<Value>) -> Response<ReplyBody> {
    json_answer(StatusCode::OK, &json!({ "items": page.items, "next": page.next }))
}

/// A refusal: `{"error": {"code", "message", "field"?, "detail"?}}`.
pub fn refuse(failure: &Failure) -> Response<ReplyBody> {
    let mut error = json!({ "code": failure.code.as_str(), "message": failure.words });
    if let Some(field) = &failure.field {
        error["field"] = json!(field);
    }
    if let Some(detail) = &failure.detail {
        error["detail"] = (**detail).clone();
    }
    let status = StatusCode::from_u16(failure.code.status());
    let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = json_answer(status, &json!({ "error": error }));
    let headers = response.headers_mut();
    pace::dress_retry(headers, failure.retry);
    response
}
