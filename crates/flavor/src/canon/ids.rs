//! Ids of calls that are unique in a conversation.

use super::{Face, Text};

/// The id as a caller is told it. Servers without ids, and readers in their place, count the calls
/// of each reply from zero; callers keep calls by their ids over many replies.
pub(crate) fn unique<'a>(id: Text<'a>, face: &Face) -> Text<'a> {
    match id.strip_prefix("call_") {
        Some(number) if !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) => {
            Text::Owned(format!("call_{}_{number}", face.id))
        }
        _ => id,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counted_ids_are_made_unique_and_others_kept() {
        let face = Face {
            names: crate::canon::ToolNames::default(),
            id: "x1".into(),
            model: "m".into(),
            created: 0,
            wants_usage: false,
        };
        for (id, told) in [
            ("call_0", "call_x1_0"),
            ("call_12", "call_x1_12"),
            ("call_", "call_"),
            ("call_9b", "call_9b"),
            ("toolu_01", "toolu_01"),
            ("", ""),
        ] {
            assert_eq!(unique(id.into(), &face), told);
        }
    }
}
