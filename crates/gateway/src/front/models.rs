//! Which models are served, whatever shape a list of them has.

use http::HeaderMap;
use weighbridge_core::directory::Service;
use weighbridge_core::failure::{Code, Failure};
use weighbridge_core::role::Permission;

use crate::gateway::Gateway;
use crate::pipeline::received::principal;

/// Whether whoever sent these headers may see them.
///
/// # Errors
/// 401 and 403, as for a call.
pub(super) async fn may_see(gateway: &Gateway, headers: &HeaderMap) -> Result<(), Failure> {
    let role = principal(gateway, headers).await?.key.role;
    if role.may(Permission::Call) {
        return Ok(());
    }
    let words = format!("a key of role `{role}` cannot list models; use a developer's key");
    Err(Failure::client(Code::Forbidden, words))
}

/// Whether this model is served.
///
/// # Errors
/// 404, with names of some that are.
pub(super) fn find(gateway: &Gateway, id: &str) -> Result<(), Failure> {
    let directory = &gateway.setting().directory;
    if directory.serves(id) {
        return Ok(());
    }
    match directory.candidates(Service::Chat, id) {
        Ok(_) => Ok(()),
        Err(missing) => Err(Failure::client(Code::ModelNotFound, missing.to_string()).at("model")),
    }
}

/// A segment of a path, or a value of a query, as it was meant.
pub fn percent_decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let escaped = (byte == b'%')
            .then(|| after.get(..2))
            .flatten()
            .filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(escaped.unwrap_or(byte));
        rest = if escaped.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_in_paths_are_decoded_once() {
        assert_eq!(percent_decode("qwen3%3A8b"), "qwen3:8b");
        assert_eq!(percent_decode("a%2525"), "a%25");
        assert_eq!(percent_decode("%zz%"), "%zz%");
        assert_eq!(percent_decode("%+f"), "%+f");
    }
}
