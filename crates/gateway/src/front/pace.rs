//! How callers are told what is left of their level, and when it is worth trying again.

use std::time::Duration;

use http::header::RETRY_AFTER;
use http::{HeaderMap, HeaderName, HeaderValue};
use weighbridge_core::failure::Retry;
use weighbridge_core::window::Allowance;
use weighbridge_flavor::dialect::Dialect;
use weighbridge_proof::Timestamp;

// Read once, and not with every reply.
static LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit-requests");
static REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining-requests");
static RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset-requests");

static ANTHROPIC_LIMIT: HeaderName = HeaderName::from_static("anthropic-ratelimit-requests-limit");
static ANTHROPIC_REMAINING: HeaderName =
    HeaderName::from_static("anthropic-ratelimit-requests-remaining");
static ANTHROPIC_RESET: HeaderName = HeaderName::from_static("anthropic-ratelimit-requests-reset");

/// Puts what is left of a window on a reply to a call, by the names that the caller's SDK reads. Source
/// of Anthropic's: "Response headers" under "Rate limits" in its API reference; the reset is a time.
pub(crate) fn dress_call(
    headers: &mut HeaderMap,
    dialect: Dialect,
    allowance: &Allowance,
    now: Timestamp,
) {
    if dialect != Dialect::Messages {
        return dress(headers, allowance);
    }
    let Allowance { limit, remaining, reset } = *allowance;
    headers.insert(&ANTHROPIC_LIMIT, HeaderValue::from(limit));
    headers.insert(&ANTHROPIC_REMAINING, HeaderValue::from(remaining));
    let reset = i64::try_from(reset.as_micros()).unwrap_or(i64::MAX);
    if let Ok(reset) = HeaderValue::from_str(&now.plus_micros(reset).to_string()) {
        headers.insert(&ANTHROPIC_RESET, reset);
    }
}

/// Puts what is left of a window on a reply, by the names that OpenAI's SDKs and tools read.
/// Source: "Rate limits in headers" in OpenAI's API reference; the reset is written as there, in
/// Go's way: `1s`, `6m0s`, `120ms`.
pub fn dress(headers: &mut HeaderMap, allowance: &Allowance) {
    let Allowance { limit, remaining, reset } = *allowance;
    headers.insert(&LIMIT, HeaderValue::from(limit));
    headers.insert(&REMAINING, HeaderValue::from(remaining));
    if let Ok(reset) = HeaderValue::from_str(&span(reset)) {
        headers.insert(&RESET, reset);
    }
}

/// Puts on a refusal whether and when it is worth trying again. The SDKs of OpenAI and Anthropic
/// read `retry-after-ms` before `retry-after`.
pub fn dress_retry(headers: &mut HeaderMap, retry: Retry) {
    match retry.seconds() {
        None => {
            headers.insert("x-should-retry", HeaderValue::from_static("false"));
        }
        Some(seconds) => {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
    }
    if let Retry::AfterMillis(millis) = retry {
        headers.insert("retry-after-ms", HeaderValue::from(millis));
    }
}

fn span(time: Duration) -> String {
    let millis = time.as_micros().div_ceil(1_000);
    if millis < 1_000 {
        return format!("{millis}ms");
    }
    if millis < 60_000 {
        let (seconds, rest) = (millis / 1_000, millis % 1_000);
        return if rest == 0 { format!("{seconds}s") } else { format!("{seconds}.{rest:03}s") };
    }
    // Rounded up: whoever comes back then is not too early.
    let seconds = millis.div_ceil(1_000);
    let (minutes, seconds) = (seconds / 60, seconds % 60);
    match minutes / 60 {
        0 => format!("{minutes}m{seconds}s"),
        hours => format!("{hours}h{}m{seconds}s", minutes % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_written_as_openai_writes_them() {
        for (millis, text) in [
            (0, "0ms"),
            (120, "120ms"),
            (1_000, "1s"),
            (17_500, "17.500s"),
            (359_993, "6m0s"),
            (3_661_000, "1h1m1s"),
        ] {
            assert_eq!(span(Duration::from_millis(millis)), text);
        }
    }

    #[test]
    fn a_wait_is_told_in_both_units_and_never_too_short() {
        let mut headers = HeaderMap::new();
        dress_retry(&mut headers, Retry::AfterMillis(1_001));
        assert_eq!(headers["retry-after"], "2");
        assert_eq!(headers["retry-after-ms"], "1001");
        let mut headers = HeaderMap::new();
        dress_retry(&mut headers, Retry::Never);
        assert_eq!(headers["x-should-retry"], "false");
    }
}
