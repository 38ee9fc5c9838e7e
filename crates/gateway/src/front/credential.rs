//! Where SDKs put a caller's key.

use http::header::{AUTHORIZATION, HeaderMap};
use weighbridge_core::failure::{Code, Failure};

/// The headers that carry a bare key.
const BARE: [&str; 3] = ["x-api-key", "api-key", "x-goog-api-key"];

/// The one key these headers carry. Tools that send it in several headers are normal; several
/// different ones are a mistake that nobody can resolve but the caller.
///
/// # Errors
/// 401 without any; 400 for different ones.
pub fn find(headers: &HeaderMap) -> Result<&str, Failure> {
    let mut found: Option<&str> = None;
    let bearer = headers.get_all(AUTHORIZATION).iter().map(|value| {
        let text = value.to_str().map_err(|_| malformed())?;
        let (scheme, key) = text.split_once(' ').ok_or_else(malformed)?;
        if scheme.eq_ignore_ascii_case("bearer") { Ok(key.trim()) } else { Err(malformed()) }
    });
    let bare = BARE
        .into_iter()
        .flat_map(|name| headers.get_all(name))
        .map(|value| value.to_str().map(str::trim).map_err(|_| malformed()));
    for key in bearer.chain(bare) {
        let key = key?;
        match found {
            Some(other) if other != key => {
                let words = "the request carries several different API keys; send one";
                return Err(Failure::client(Code::InvalidRequest, words).at("authorization"));
            }
            _ => found = Some(key),
        }
    }
    found.filter(|key| !key.is_empty()).ok_or_else(|| {
        Failure::client(
            Code::InvalidApiKey,
            "no API key was sent; send one as `Authorization: Bearer ...`",
        )
    })
}

fn malformed() -> Failure {
    let words = "the credential cannot be read; send it as `Authorization: Bearer ...`";
    Failure::client(Code::InvalidApiKey, words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn the_same_key_in_several_headers_is_one_key() {
        let sent = [("authorization", "Bearer k"), ("x-api-key", "k"), ("api-key", "k")];
        assert_eq!(find(&headers(&sent)), Ok("k"));
        assert_eq!(find(&headers(&[("authorization", "bearer  k ")])), Ok("k"));
    }

    #[test]
    fn different_keys_are_refused_as_such() {
        let sent = [("authorization", "Bearer k"), ("x-api-key", "l")];
        assert_eq!(find(&headers(&sent)).unwrap_err().code, Code::InvalidRequest);
    }

    #[test]
    fn no_key_and_other_schemes_are_401() {
        for sent in [&[][..], &[("authorization", "Basic a:b")], &[("authorization", "Bearer ")]] {
            assert_eq!(find(&headers(sent)).unwrap_err().code, Code::InvalidApiKey);
        }
    }
}
