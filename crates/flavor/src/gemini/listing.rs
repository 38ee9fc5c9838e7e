//! A stream of events as the one JSON list that a caller gets who does not ask for `alt=sse`: each
//! item is the data of an event, and comes when that does.

use bytes::Bytes;

use crate::sse::EventReader;

/// Makes a list of a stream of events.
#[derive(Debug)]
pub struct Listing {
    events: EventReader,
    any: bool,
}

impl Default for Listing {
    fn default() -> Self {
        // How long an event may be is a matter of the stream that they come from.
        Self { events: EventReader::new(usize::MAX), any: false }
    }
}

impl Listing {
    /// The items of the next piece of the stream.
    #[must_use]
    pub fn turn(&mut self, events: Bytes) -> Bytes {
        self.events.push(events);
        let mut out = Vec::new();
        while let Ok(Some(event)) = self.events.next_event() {
            self.item(&event.data, &mut out);
        }
        Bytes::from(out)
    }

    /// The same of the last piece, and the end of the list.
    #[must_use]
    pub fn end(&mut self, events: Bytes) -> Bytes {
        let mut out = self.turn(events).to_vec();
        let events = std::mem::replace(&mut self.events, EventReader::new(0));
        if let Some(event) = events.finish() {
            self.item(&event.data, &mut out);
        }
        out.extend_from_slice(if self.any { b"]" } else { b"[]" });
        Bytes::from(out)
    }

    /// Where this list stands, with nothing more of its stream: for what is said in the place of its
    /// end.
    #[must_use]
    pub fn instead(&self) -> Self {
        Self { any: self.any, ..Self::default() }
    }

    fn item(&mut self, data: &[u8], out: &mut Vec<u8>) {
        let data = data.trim_ascii();
        if data.is_empty() {
            return;
        }
        let any = std::mem::replace(&mut self.any, true);
        out.extend_from_slice(if any { b",\r\n" } else { b"[" });
        out.extend_from_slice(data);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_items_are_the_events_wherever_their_stream_is_cut() {
        let stream = "data: {\"a\":1}\r\n\r\n: a comment\n\ndata: {\"b\":\ndata: 2}\n\ndata: 3";
        for at in 0..stream.len() {
            let mut listing = Listing::default();
            let mut out = listing.turn(Bytes::from(&stream[..at])).to_vec();
            out.extend(listing.end(Bytes::from(&stream[at..])));
            assert_eq!(String::from_utf8(out).unwrap(), "[{\"a\":1},\r\n{\"b\":\n2},\r\n3]");
        }
        assert_eq!(Listing::default().end(Bytes::new()), "[]");
    }

    #[test]
    fn an_error_stands_in_the_place_of_the_end() {
        let mut listing = Listing::default();
        assert_eq!(listing.turn(Bytes::from_static(b"data: 1\n\n")), "[1");
        let mut instead = listing.instead();
        assert_eq!(listing.end(Bytes::from_static(b"data: 2\n\n")), ",\r\n2]");
        assert_eq!(instead.end(Bytes::from_static(b"data: \"no\"\n\n")), ",\r\n\"no\"]");
    }
}
