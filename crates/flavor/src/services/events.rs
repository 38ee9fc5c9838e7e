//! Streams of events, which OpenAI's pictures, speech and transcripts may come as. They are never
//! converted; where one goes on as it came, its events say what was used.

use bytes::Bytes;

use super::{Service, Usage, transcription};
use crate::json::{Misfit, Object};
use crate::sse::{Event, EventReader};

const MEDIA_TYPE: &str = "text/event-stream";

/// Whether a media type is that of a stream.
pub(super) fn is_stream(content_type: Option<&str>) -> bool {
    content_type.is_some_and(|given| super::answer::kind(given) == MEDIA_TYPE)
}

/// What the events of a whole stream say was used, the last word counting.
pub(super) fn weigh(service: Service, body: &Bytes) -> Result<Usage, Misfit> {
    let mut events = EventReader::new(body.len());
    events.push(body.clone());
    let mut usage = Usage::default();
    // No event is longer than all of them.
    while let Ok(Some(event)) = events.next_event() {
        take(service, &event, &mut usage)?;
    }
    if let Some(event) = events.finish() {
        take(service, &event, &mut usage)?;
    }
    Ok(usage)
}

fn take(service: Service, event: &Event, usage: &mut Usage) -> Result<(), Misfit> {
    // What is no object is an end mark, or a comment.
    let Ok(Ok(mut event)) = std::str::from_utf8(&event.data).map(Object::parse) else {
        return Ok(());
    };
    if event.take("error").is_some() {
        return Err(Misfit::new("stands in the place of a reply").at("error"));
    }
    let is_whole = event.text("type").ok().flatten().is_some_and(|it| it.ends_with(".completed"));
    let images = usage.images.unwrap_or(0).saturating_add(u64::from(is_whole));
    let images = (service == Service::Image).then_some(images);
    if event.rest().any(|(name, _)| name == "usage") {
        *usage = transcription::read_usage(&mut event);
    }
    usage.images = images;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weighed(service: Service, body: &'static str) -> Result<Usage, Misfit> {
        weigh(service, &Bytes::from_static(body.as_bytes()))
    }

    #[test]
    fn the_last_word_of_what_was_used_counts() {
        let pictures = "event: image_generation.partial_image\n\
            data: {\"type\":\"image_generation.partial_image\",\"b64_json\":\"\"}\n\n\
            data: {\"type\":\"image_generation.completed\",\"usage\":{\"input_tokens\":7,\"output_tokens\":9}}\n\n\
            data: [DONE]\n\n";
        let expected = Usage {
            images: Some(1),
            input_tokens: Some(7),
            output_tokens: Some(9),
            ..Usage::default()
        };
        assert_eq!(weighed(Service::Image, pictures).unwrap(), expected);
        let words = "data: {\"type\":\"transcript.text.delta\",\"delta\":\"a\"}\n\n\
            data: {\"type\":\"transcript.text.done\",\"text\":\"a\",\"usage\":{\"type\":\"duration\",\"seconds\":2.5}}";
        let expected = Usage { seconds: Some(3), ..Usage::default() };
        assert_eq!(weighed(Service::Transcription, words).unwrap(), expected);
        assert_eq!(weighed(Service::Speech, "").unwrap(), Usage::default());
    }

    #[test]
    fn an_error_is_no_reply() {
        let error = "data: {\"type\":\"error\",\"error\":{\"message\":\"no\"}}\n\n";
        assert!(weighed(Service::Speech, error).is_err());
        assert!(is_stream(Some("text/event-stream; charset=utf-8")) && !is_stream(None));
    }
}
