//! What an exchange that came to nothing says: of its provider, and whether another may be asked.

use http::header::RETRY_AFTER;
use http::{HeaderMap, StatusCode};
use jiff::fmt::rfc2822;
use weighbridge_core::failure::Failure;
use weighbridge_core::routing::Went;
use weighbridge_proof::Timestamp;

/// See the module's words.
#[derive(Debug, Clone)]
pub(crate) struct Trouble {
    /// What the caller is told if nobody else is asked.
    pub(crate) failure: Failure,
    pub(crate) lesson: Lesson,
}

/// What is learnt of a provider by an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lesson {
    pub(crate) went: Went,
    /// Whether the same call may go better elsewhere.
    pub(crate) elsewhere: bool,
}

impl Lesson {
    /// It failed by itself.
    pub(crate) const BAD: Self = Self { went: Went::Badly, elsewhere: true };
    /// It refuses our credential.
    pub(crate) const REFUSED: Self = Self { went: Went::Refused, elsewhere: true };
    /// Nothing is learnt, and another may be asked.
    pub(crate) const NOTHING: Self = Self { went: Went::Unknown, elsewhere: true };
    /// It is the gateway that ends.
    pub(crate) const OVER: Self = Self { went: Went::Unknown, elsewhere: false };
    /// What was wrong is the request; it would be elsewhere too.
    const OWN_FAULT: Self = Self { went: Went::Well, elsewhere: false };

    /// What a status says that is not 200.
    pub(crate) fn of(status: StatusCode, headers: &HeaderMap, now: Timestamp) -> Self {
        let wait = retry_after(headers, now);
        let went = match (status.as_u16(), wait) {
            (401, _) => return Self::REFUSED,
            // It has no money, not for us, not that model, or not such calls.
            (402 | 403 | 404 | 405 | 501, _) => Went::Aside { wait: UNSUITED },
            (429 | 503 | 529, Some(wait)) if wait > 0 => Went::Asked { wait },
            (429, _) => Went::Aside { wait: STRAINED },
            (408 | 425, _) => Went::Badly,
            (300..=399, _) => Went::Aside { wait: UNSUITED },
            (400..=499, _) => return Self::OWN_FAULT,
            _ => Went::Badly,
        };
        Self { went, elsewhere: true }
    }
}

/// How long others are asked first where a provider cannot serve such a call, in microseconds.
const UNSUITED: u64 = 60_000_000;

/// The same where it has too much to do and does not say for how long.
const STRAINED: u64 = 1_000_000;

/// In milliseconds, as OpenAI and Azure say it beside the standard's field.
const RETRY_AFTER_MS: &str = "retry-after-ms";

/// For how long no calls are wanted, in microseconds: seconds, or a date (RFC 9110, 10.2.3).
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<u64> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    if let Some(millis) = text(RETRY_AFTER_MS).and_then(|text| text.parse::<u64>().ok()) {
        return Some(millis.saturating_mul(1000));
    }
    let said = text(RETRY_AFTER.as_str())?;
    if let Ok(seconds) = said.parse::<u64>() {
        return Some(seconds.saturating_mul(1_000_000));
    }
    let until = rfc2822::parse(said).ok()?.timestamp().as_microsecond();
    u64::try_from(until.saturating_sub(now.micros())).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_status_has_its_lesson() {
        let lesson = |status: u16, wait: Option<(&'static str, &str)>| {
            let mut headers = HeaderMap::new();
            if let Some((name, value)) = wait {
                headers.insert(name, value.parse().unwrap());
            }
            let now = Timestamp::from_micros(1_445_412_480_000_000);
            Lesson::of(StatusCode::from_u16(status).unwrap(), &headers, now)
        };
        let asked = |wait| Lesson { went: Went::Asked { wait }, elsewhere: true };
        assert_eq!(lesson(401, None), Lesson::REFUSED);
        for status in [400, 409, 413, 422] {
            assert_eq!(lesson(status, None), Lesson::OWN_FAULT, "{status}");
        }
        for status in [408, 500, 502, 503, 504, 529] {
            assert_eq!(lesson(status, None), Lesson::BAD, "{status}");
        }
        for status in [402, 403, 404, 429, 302] {
            let Lesson { went, elsewhere } = lesson(status, None);
            assert!(matches!(went, Went::Aside { .. }) && elsewhere, "{status}");
        }
        assert_eq!(lesson(429, Some(("retry-after", "7"))), asked(7_000_000));
        assert_eq!(lesson(503, Some(("retry-after-ms", "1500"))), asked(1_500_000));
        let date = Some(("retry-after", "Wed, 21 Oct 2015 07:28:30 GMT"));
        assert_eq!(lesson(429, date), asked(30_000_000));
        assert!(matches!(lesson(429, Some(("retry-after", "soon"))).went, Went::Aside { .. }));
    }
}
