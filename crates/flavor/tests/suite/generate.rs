//! Inputs: documents with odd spelling, their mutations, and ways to cut them.

use proptest::{collection::vec, prelude::*};
use weighbridge_flavor::json::Bounds;

pub(crate) const BOUNDS: Bounds = Bounds { depth: 64, capture: 1 << 20 };

/// Cuts `bytes` at places given as fractions of 65536.
pub(crate) fn cut<'a>(bytes: &'a [u8], at: &[u16]) -> Vec<&'a [u8]> {
    let mut at: Vec<usize> = at.iter().map(|at| usize::from(*at) * bytes.len() / 65536).collect();
    at.sort_unstable();
    at.push(bytes.len());
    let mut start = 0;
    at.into_iter().map(|end| &bytes[std::mem::replace(&mut start, end)..end]).collect()
}

pub(crate) fn cuts() -> impl Strategy<Value = Vec<u16>> {
    prop_oneof![vec(any::<u16>(), 0..4), vec(any::<u16>(), 0..80)]
}

pub(crate) fn space() -> impl Strategy<Value = &'static str> {
    prop_oneof![6 => Just(""), 1 => Just(" "), 1 => Just("\r\n\t ")]
}

/// The inside of a string.
pub(crate) fn letters() -> impl Strategy<Value = String> {
    let letter = prop_oneof![
        8 => "[ -!#-\\[\\]-~]".boxed(),
        2 => prop::sample::select(vec!["\\n", "\\\"", "\\\\", "\\/", "\\u79e4", "\\u0041",
            "\\ud83d\\ude9a"]).prop_map(str::to_owned).boxed(),
        2 => prop::sample::select(vec!["秤", "é", "🚚", "\u{7f}"]).prop_map(str::to_owned).boxed(),
    ];
    prop_oneof![
        4 => vec(letter.clone(), 0..12),
        1 => vec(letter, 0..200),
    ]
    .prop_map(|letters| letters.concat())
}

fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<i64>().prop_map(|n| n.to_string()),
        "-?(0|[1-9][0-9]{0,4})(\\.[0-9]{1,4})?([eE][+-]?[0-9]{1,4})?",
        Just("1e400".to_owned()),
    ]
}

pub(crate) fn key() -> impl Strategy<Value = String> {
    let known = vec![
        "content",
        "text",
        "arguments",
        "model",
        "usage",
        "choices",
        "index",
        "error",
        "input",
        "finish_reason",
        "stream",
        "mod\\u0065l",
        "\\u0063hoices",
        "conten\\u0074",
    ];
    prop_oneof![
        3 => prop::sample::select(known).prop_map(str::to_owned),
        1 => letters(),
    ]
}

/// The text of a value.
pub(crate) fn value() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        letters().prop_map(|letters| format!("\"{letters}\"")),
        number(),
        prop::sample::select(vec!["true", "false", "null", "[]", "{}", "[ ]", "{\n}"])
            .prop_map(str::to_owned),
    ];
    leaf.prop_recursive(6, 60, 6, |inner| {
        prop_oneof![
            vec((space(), inner.clone(), space()), 0..5).prop_map(|items| {
                let items: Vec<_> =
                    items.into_iter().map(|(a, item, b)| format!("{a}{item}{b}")).collect();
                format!("[{}]", items.join(","))
            }),
            object_of(inner),
        ]
    })
}

/// The text of an object, at the root of a document.
pub(crate) fn object() -> impl Strategy<Value = String> {
    (space(), object_of(value()), space()).prop_map(|(a, object, b)| format!("{a}{object}{b}"))
}

fn object_of(inner: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    vec((space(), key(), space(), inner, space()), 0..6).prop_map(|members| {
        let members: Vec<_> = members
            .into_iter()
            .map(|(a, key, b, value, c)| format!("{a}\"{key}\"{b}:{c}{value}{b}"))
            .collect();
        format!("{{{}}}", members.join(","))
    })
}

/// Small damage to a text: a byte put in, taken out or exchanged, or a part cut off.
pub(crate) fn damaged(text: impl Strategy<Value = Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![
        prop::sample::select(b"{}[]\",:\\ue0159+-.truefalsn \n\r\t\x00\x1f".to_vec()),
        prop::sample::select(b"\x7f\x80\xbf\xc0\xc3\xe0\xe7\xa7\xa4\xed\xf0\xf4\xff\xef".to_vec()),
        any::<u8>(),
    ];
    (text, vec((any::<prop::sample::Index>(), 0..4_u8, byte), 0..4)).prop_map(|(text, damages)| {
        let mut text = text;
        for (at, what, byte) in damages {
            if text.is_empty() {
                text.push(byte);
            }
            let at = at.index(text.len());
            match what {
                0 => text[at] = byte,
                1 => text.insert(at, byte),
                2 => drop(text.remove(at)),
                _ => text.truncate(at),
            }
        }
        text
    })
}
