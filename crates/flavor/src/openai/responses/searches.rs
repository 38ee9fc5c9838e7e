//! Searches that a provider made for a response: items of its output.

use serde_json::value::RawValue;

use crate::json::Object;

/// The type of an item that is a call of the tool.
pub(super) const CALL: &str = "web_search_call";

/// How many of these items are searches.
pub(super) fn count(output: &[&RawValue]) -> u64 {
    let is_one = |item: &&&RawValue| Object::read(item).is_ok_and(|mut item| is_search(&mut item));
    u64::try_from(output.iter().filter(is_one).count()).unwrap_or(u64::MAX)
}

fn is_search(item: &mut Object<'_>) -> bool {
    item.text("type").ok().flatten().as_deref() == Some(CALL) && is_charged(item)
}

/// Whether a [`CALL`] is paid for. What is done with a page that was found is an item of the same
/// type, which OpenAI does not charge: its `action` tells them apart. Servers that name no action
/// have but one. Source: OpenAI's guide to web search ("search actions incur a tool call cost").
pub(super) fn is_charged(item: &mut Object<'_>) -> bool {
    let action = item.object("action").ok().flatten();
    let kind = action.and_then(|mut action| action.text("type").ok().flatten());
    kind.is_none_or(|kind| kind == "search")
}

#[cfg(test)]
mod tests {
    use crate::canon::Event;
    use crate::openai::responses::{StreamReader, read_reply, read_usage};
    use crate::sse::EventReader;

    const ITEMS: [&str; 4] = [
        r#"{"type":"web_search_call","id":"ws_1","status":"completed","action":{"type":"search","query":"q"}}"#,
        r#"{"type":"web_search_call","id":"ws_2","status":"completed","action":{"type":"open_page","url":"u"}}"#,
        r#"{"type":"web_search_call","id":"ws_3","status":"completed"}"#,
        r#"{"type":"file_search_call","id":"fs_1","status":"completed"}"#,
    ];
    const USAGE: &str = r#""usage":{"input_tokens":7,"output_tokens":5}"#;

    #[test]
    fn items_of_a_whole_response_are_counted_and_pages_are_no_searches() {
        let whole = |items: &str| {
            format!(r#"{{"object":"response","status":"completed","output":[{items}],{USAGE}}}"#)
        };
        let searched = whole(&ITEMS.join(","));
        assert_eq!(read_reply(&searched).unwrap().usage.unwrap().searches, Some(2));
        assert_eq!(read_usage(&searched).unwrap().searches, Some(2));
        assert_eq!(read_reply(&whole("")).unwrap().usage.unwrap().searches, Some(0));
    }

    #[test]
    fn items_of_a_stream_are_counted_when_they_are_done() {
        let mut reader = EventReader::new(1 << 16);
        for (index, item) in ITEMS.iter().enumerate() {
            for event in ["added", "done"] {
                reader.push(
                    format!(
                        "data: {{\"type\":\"response.output_item.{event}\",\
                         \"output_index\":{index},\"item\":{item}}}\n\n"
                    )
                    .into(),
                );
            }
        }
        let end = format!(r#"{{"type":"response.completed","response":{{{USAGE}}}}}"#);
        reader.push(format!("data: {end}\n\n").into());
        let (mut stream, mut searches) = (StreamReader::new(), None);
        while let Some(event) = reader.next_event().unwrap() {
            let mut note = |event: Event<'_>| {
                if let Event::Usage(usage) = event {
                    searches = usage.searches;
                }
            };
            stream.read(&event, &mut note).unwrap();
        }
        assert_eq!(searches, Some(2));
    }
}
