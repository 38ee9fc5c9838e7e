//! Why a provider's models are not known, and what to do about it.

use std::time::Duration;

use http::StatusCode;

use super::{BYTES, MODELS, PAGES};
use crate::upstream::SendError;

/// See the module's words. What the provider itself says of it is not said again: it may hold a part of a
/// key.
#[derive(Debug, thiserror::Error)]
pub enum NoList {
    /// No connection stood.
    #[error("could not connect: {0}")]
    Unreachable(String),
    /// The connection broke.
    #[error("the connection broke: {0}")]
    Broken(String),
    /// There was no whole answer in time.
    #[error("it gave no whole answer within {} seconds", .0.as_secs())]
    Late(Duration),
    /// The answer was no success.
    #[error("it answered {path} with {status}")]
    Refused {
        /// What was asked for.
        path: &'static str,
        /// The answer.
        status: StatusCode,
    },
    /// The answer was no list of models.
    #[error("what it answered at {path} is no list of models")]
    Unreadable {
        /// What was asked for.
        path: &'static str,
    },
    /// The list has no end that can be waited for.
    #[error("its list is longer than {MODELS} models, {PAGES} pages or {BYTES} bytes")]
    TooLong,
    /// Nobody can ask it.
    #[error("{0}")]
    Never(String),
}

impl From<SendError> for NoList {
    fn from(error: SendError) -> Self {
        match error {
            SendError::Unreachable(reason) => Self::Unreachable(reason),
            SendError::Broken(reason) | SendError::Closed(reason) => Self::Broken(reason),
        }
    }
}

impl NoList {
    /// What the operator can do about it.
    pub fn next_step(&self) -> &'static str {
        match self {
            Self::Unreachable(reason) => unreachable(reason),
            Self::Broken(_) => "look whether it speaks http or https there, as `base_url` says",
            Self::Late(_) => {
                "look at the server's own log: it takes connections and does not answer"
            }
            Self::Refused { status, .. } => refused(*status),
            Self::Unreadable { .. } => "mend `base_url` or `flavor`: something else answers there",
            Self::TooLong => "name the models that are wanted in `models`",
            Self::Never(_) => "name the models in `models`",
        }
    }

    /// Whether nobody is there at all, as far as this tells.
    pub fn is_nobody(&self) -> bool {
        matches!(self, Self::Unreachable(reason) if reason.contains(REFUSED))
    }
}

/// What the system says where nothing listens.
const REFUSED: &str = "Connection refused";

/// The words of an error that is nobody's own tell it apart best.
fn unreachable(reason: &str) -> &'static str {
    let says = |words: &[&str]| words.iter().any(|word| reason.contains(word));
    if says(&[REFUSED]) {
        "nothing listens there: start the server, or mend host and port in `base_url`"
    } else if says(&["dns error", "failed to lookup"]) {
        "nobody knows that host: mend it in `base_url`, or this machine's DNS"
    } else if says(&["certificate", "corrupt message", "tls", "TLS", "received fatal alert"]) {
        "TLS is not agreed on: look whether the server speaks https there, and whether its certificate \
         is for that host and of a known authority"
    } else {
        "the host does not answer: mend `base_url`, or look at the network in between"
    }
}

fn refused(status: StatusCode) -> &'static str {
    match status.as_u16() {
        401 | 403 => "mend `api_key`: it is missing, wrong, or may not list models",
        404 | 405 => "mend `base_url` or `flavor`: there is no such list at that address",
        429 => "it is asked too often: try again later",
        300..=399 => "mend `base_url`: it sends everybody elsewhere",
        // Google's word for a wrong key is 400.
        400 => "mend `api_key` or `flavor`: it does not take the question",
        _ => "look at the server's own log: the failure is its own",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_says_what_to_mend() {
        let step = |reason: &str| NoList::Unreachable(reason.to_owned()).next_step();
        assert!(step("tcp connect error: Connection refused (os error 111)").contains("start the"));
        assert!(step("dns error: failed to lookup address information").contains("DNS"));
        assert!(step("invalid peer certificate: UnknownIssuer").contains("TLS"));
        assert!(step("tcp connect error: deadline has elapsed").contains("network"));
        for (status, word) in
            [(401, "api_key"), (404, "base_url"), (503, "log"), (302, "elsewhere")]
        {
            let status = StatusCode::from_u16(status).unwrap();
            let error = NoList::Refused { path: "/models", status };
            assert!(error.next_step().contains(word), "{error}: {}", error.next_step());
        }
    }
}
