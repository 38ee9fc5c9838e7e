//! Where SDKs put a caller's key.

use http::header::{AUTHORIZATION, HeaderMap};
use http::request::Parts;
use http::{HeaderName, HeaderValue};
use weighbridge_core::credential::Kind;
use weighbridge_core::failure::{Code, Failure};

/// A header that carries a bare key, whatever the flavor.
pub(super) const ANY: &str = "x-api-key";

/// The headers that carry one.
const BARE: [&str; 3] = [ANY, "api-key", "x-goog-api-key"];

/// Carries the endpoint token of an address, once that is taken out of it. Nobody outside can send it:
/// [`take_token`] removes it from every request.
static TOKEN: HeaderName = HeaderName::from_static("weighbridge-endpoint-token");

/// What stands before an endpoint token in an address.
const PREFIX: &str = "/k/";

/// Takes the endpoint token out of an address, if it has one: `/k/<token>/v1/...` becomes `/v1/...`. Its
/// caller's other credentials count for nothing then, for clients that can send no key of ours send what
/// they like.
///
/// # Errors
/// 401 for an address with something else in that place; 404 for one that leads nowhere behind it.
pub fn take_token(head: &mut Parts) -> Result<(), Failure> {
    head.headers.remove(&TOKEN);
    let Some(rest) = head.uri.path().strip_prefix(PREFIX) else { return Ok(()) };
    let (token, path) = rest.split_once('/').unwrap_or((rest, ""));
    let unknown = || {
        let words = "no endpoint token stands behind /k/ in this address; ask whoever runs this \
                     gateway for one";
        Failure::client(Code::InvalidApiKey, words)
    };
    if Kind::of(token) != Kind::Endpoint {
        return Err(unknown());
    }
    let mut value = HeaderValue::from_str(token).map_err(|_| unknown())?;
    value.set_sensitive(true);
    let query = head.uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    let uri = format!("/{path}{query}").parse();
    head.uri = uri.map_err(|_| Failure::client(Code::NotFound, "the address cannot be read"))?;
    head.headers.remove(AUTHORIZATION);
    for name in BARE {
        head.headers.remove(name);
    }
    head.headers.insert(&TOKEN, value);
    Ok(())
}

/// A path without the endpoint token that may stand before it, whatever that is.
pub(super) fn behind_token(path: &str) -> &str {
    let rest = path.strip_prefix(PREFIX);
    rest.and_then(|rest| rest.get(rest.find('/')?..)).unwrap_or(path)
}

/// Whether the request came by an address with a token in it.
pub fn has_token(headers: &HeaderMap) -> bool {
    headers.contains_key(&TOKEN)
}

/// The one key these headers carry. Tools that send it in several headers are normal; several
/// different ones are a mistake that nobody can resolve but the caller.
///
/// # Errors
/// 401 without any; 400 for different ones.
pub fn find(headers: &HeaderMap) -> Result<&str, Failure> {
    if let Some(token) = headers.get(&TOKEN) {
        return token.to_str().map_err(|_| malformed());
    }
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
    if found.is_some_and(|key| Kind::of(key) == Kind::Endpoint) {
        let words =
            "an endpoint token stands in the address, as /k/<token>/..., and not in a header";
        return Err(Failure::client(Code::InvalidApiKey, words));
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
    fn a_token_in_the_address_is_the_key_and_nothing_else_is() {
        let token = weighbridge_core::credential::make(Kind::Endpoint, [1; 32]);
        let token = token.reveal();
        let request = http::Request::builder()
            .uri(format!("/k/{token}/v1/models?limit=1"))
            .header("authorization", "Bearer ollama")
            .header("x-goog-api-key", "k");
        let (mut head, ()) = request.body(()).unwrap().into_parts();
        take_token(&mut head).unwrap();
        assert_eq!(head.uri, "/v1/models?limit=1");
        assert_eq!(find(&head.headers), Ok(token));
        let forged = http::Request::builder().uri("/v1/models").header(&TOKEN, token);
        let (mut head, ()) = forged.body(()).unwrap().into_parts();
        take_token(&mut head).unwrap();
        assert!(!has_token(&head.headers));
        let value = format!("Bearer {token}");
        let mut sent = HeaderMap::new();
        sent.insert(AUTHORIZATION, value.parse().unwrap());
        assert_eq!(find(&sent).unwrap_err().code, Code::InvalidApiKey);
        let bearer = http::Request::builder().uri("/k/wb_1/v1/models");
        let (mut head, ()) = bearer.body(()).unwrap().into_parts();
        assert_eq!(take_token(&mut head).unwrap_err().code, Code::InvalidApiKey);
    }

    #[test]
    fn no_key_and_other_schemes_are_401() {
        for sent in [&[][..], &[("authorization", "Basic a:b")], &[("authorization", "Bearer ")]] {
            assert_eq!(find(&headers(sent)).unwrap_err().code, Code::InvalidApiKey);
        }
    }
}
