//! A call's arguments, which here are an object and elsewhere a text.

use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::canon::ToolCall;
use crate::json::writer::{Items, object};

/// The object that arguments are; nothing when they are none. No arguments at all are an object
/// with nothing in it.
pub(super) fn whole(text: &str) -> Option<&str> {
    let text = text.trim_ascii();
    if text.is_empty() {
        return Some("{}");
    }
    let is_json = text.starts_with('{') && serde_json::from_str::<&RawValue>(text).is_ok();
    is_json.then_some(text)
}

/// The object that arguments are or, where they are none, one that holds them as they are.
pub(super) fn or_wrapped(arguments: &str) -> Cow<'_, str> {
    whole(arguments).map_or_else(
        || {
            let mut wrapped = Vec::with_capacity(arguments.len() + 16);
            object(&mut wrapped, |root| root.text("_raw", arguments));
            Cow::Owned(String::from_utf8_lossy(&wrapped).into_owned())
        },
        Cow::Borrowed,
    )
}

/// Writes a call of a tool into the list of them, with arguments that are JSON.
pub(super) fn write_call(items: &mut Items<'_>, at: u64, call: &ToolCall<'_>, arguments: &str) {
    items.object(|item| {
        if !call.id.is_empty() {
            item.text("id", &call.id);
        }
        item.object("function", |function| {
            function.whole("index", at);
            function.text("name", &call.name);
            function.raw("arguments", arguments);
        });
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_keep_their_spelling_and_what_is_no_object_is_wrapped() {
        assert_eq!(or_wrapped(""), "{}");
        assert_eq!(or_wrapped(" {\"a\": 1.50} "), "{\"a\": 1.50}");
        assert_eq!(or_wrapped("{\"a\":"), r#"{"_raw":"{\"a\":"}"#);
        assert_eq!(or_wrapped("[1]"), r#"{"_raw":"[1]"}"#);
    }
}
