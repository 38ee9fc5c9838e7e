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

/// Whether a call's id, as its caller is told it, is of that call alone: it was made here out of the
/// reply's own, or ends in as many letters as chance has. Some servers count their calls instead,
/// and count anew in each conversation.
pub(crate) fn is_of_one_call(id: &str, tool: &str, reply: &str) -> bool {
    if !reply.is_empty() && id.contains(reply) {
        return true;
    }
    let last = id.rsplit(|letter: char| !letter.is_ascii_alphanumeric()).next().unwrap_or_default();
    last.len() >= LETTERS && !tool.contains(last)
}

/// The fewest letters of an id that is made by chance.
const LETTERS: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_that_other_conversations_may_have_are_known() {
        let of_one = |id| is_of_one_call(id, "get_weather2026", "01kreply");
        for id in ["toolu_01A09q90qw90lq9178", "call_abcd1234", "Xy1ZaBc9Q", "call_01kreply_0"] {
            assert!(of_one(id), "{id}");
        }
        for id in
            ["functions.get_weather2026:0", "get_weather2026", "call_12", "weather2026", "", "7"]
        {
            assert!(!of_one(id), "{id}");
        }
    }

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
