//! A provider's stream as it is followed: chat's own way, which reads no more than it must, the way
//! of every other dialect and of every conversion, or that of a service beside conversation.

use bytes::Bytes;
use weighbridge_core::failure::{Code, Failure, Retry};
use weighbridge_core::price::Pieces;
use weighbridge_flavor::canon::{self, Fault};
use weighbridge_flavor::course::{self, Broken, Close, Course, Way, Why};
use weighbridge_flavor::openai::{ChatStream, Ended, StreamOptions};
use weighbridge_flavor::services::{Flow, FlowError, Service, Usage};

use crate::front::words::stream_code;
use crate::meter::Meter;

/// See the module's words.
pub enum Following {
    /// Chat, on both sides.
    Chat(Box<ChatStream>),
    /// Every other conversation.
    Course(Box<Course>),
    /// A service, in the same form on both sides.
    Service(Box<Flow>, Pieces),
}

/// What goes on of a piece.
pub(crate) struct Relay {
    /// What goes to the caller now.
    pub(crate) forward: Bytes,
    /// The end, once it is seen.
    pub(crate) held: Option<Bytes>,
}

/// A stream that cannot go on.
pub(crate) struct Stopped {
    /// Why.
    pub(crate) failure: Failure,
    /// What came before and still goes to the caller.
    pub(crate) before: Bytes,
}

impl Following {
    pub(crate) fn chat(options: StreamOptions) -> Self {
        Self::Chat(Box::new(ChatStream::new(options)))
    }

    /// A stream of a provider that speaks `from`, for a caller who speaks the same or has a face.
    pub(crate) fn course(way: Way) -> Self {
        Self::Course(Box::new(Course::new(way)))
    }

    /// A stream of so many `items` of a service; `asked` is what the request says of what is used.
    pub(crate) fn service(service: Service, items: u64, asked: Pieces, max_event: usize) -> Self {
        Self::Service(Box::new(Flow::new(service, items, max_event)), asked)
    }

    /// What says that the stream failed, where that has a place of its own in it.
    pub(crate) fn fail(&mut self, failure: &Failure) -> Option<Bytes> {
        match self {
            Self::Chat(_) | Self::Service(..) => None,
            Self::Course(course) => {
                course.fail(stream_code(failure), &failure.words).map(Bytes::from)
            }
        }
    }

    /// What stands in the place of a stream that is followed elsewhere.
    pub(crate) fn nothing() -> Self {
        Self::chat(StreamOptions { strip_usage: false, max_event: 0 })
    }

    /// Reads the next piece.
    pub(crate) fn push(&mut self, piece: Bytes) -> Result<Relay, Stopped> {
        match self {
            Self::Chat(stream) => match stream.push(piece) {
                Ok(relay) => match stream.failure() {
                    Some(said) => {
                        Err(Stopped { failure: failed(&said.message), before: relay.forward })
                    }
                    None => Ok(Relay { forward: relay.forward, held: relay.held }),
                },
                Err(error) => {
                    Err(Stopped { failure: garbage(&error), before: error.before().clone() })
                }
            },
            Self::Course(course) => match course.push(piece) {
                Ok(course::Relay { forward, held }) => Ok(Relay { forward, held }),
                Err(Broken { why, before }) => Err(Stopped { failure: broken(&why), before }),
            },
            Self::Service(flow, _) => {
                let mut out = Vec::new();
                let read = flow.push(piece, &mut out);
                let forward = Bytes::from(out);
                match read {
                    // What is held grows until the provider ends the stream.
                    Ok(()) => Ok(Relay { forward, held: None }),
                    Err(error) => Err(Stopped { failure: unserved(&error), before: forward }),
                }
            }
        }
    }

    /// The provider has closed the stream: what is held of it, if it ended properly.
    pub(crate) fn close(&mut self) -> Result<Bytes, Failure> {
        match self {
            Self::Chat(stream) => match stream.end() {
                Ok(end) if end.how != Ended::Cut => Ok(end.held),
                Ok(_) => Err(broken_off()),
                Err(error) => Err(garbage(&error)),
            },
            Self::Course(course) => match course.close() {
                Ok(Close::Before) => Ok(Bytes::new()),
                Ok(Close::Finished { forward, held }) if forward.is_empty() => Ok(held),
                Ok(Close::Finished { forward, held }) => Ok(Bytes::from([forward, held].concat())),
                Ok(Close::Cut) => Err(broken_off()),
                Err(Broken { why, .. }) => Err(broken(&why)),
            },
            Self::Service(flow, _) => flow.close().map_err(|error| unserved(&error)),
        }
    }

    /// What is to be kept for when the caller's tools have answered.
    pub(crate) fn take_kept(&mut self) -> Vec<canon::Keepsake> {
        match self {
            Self::Chat(_) | Self::Service(..) => Vec::new(),
            Self::Course(course) => course.take_kept(),
        }
    }

    /// The bytes of text so far.
    pub(crate) fn text_bytes(&self) -> u64 {
        match self {
            Self::Chat(stream) => stream.text_bytes(),
            Self::Course(course) => course.text_bytes(),
            Self::Service(flow, _) => flow.text_bytes(),
        }
    }

    /// Tells a meter what was used, in the provider's latest word.
    pub(crate) fn tell(&self, meter: &mut Meter) {
        let last = self.usage_is_last();
        match self {
            Self::Chat(stream) => {
                let usage = stream.usage().map(weighbridge_flavor::openai::Usage::canonical);
                meter.text_out(stream.text_bytes(), usage, last);
            }
            Self::Course(course) => {
                meter.text_out(course.text_bytes(), course.usage().copied(), last);
            }
            // A picture that is there was made, whatever became of the next one.
            Self::Service(flow, asked) if last || flow.usage().images.is_some() => {
                let said = Usage { text_bytes: flow.text_bytes(), ..*flow.usage() };
                meter.pieces_out(&said, *asked, false);
            }
            Self::Service(flow, _) => meter.text_out(flow.text_bytes(), None, false),
        }
    }

    /// Whether that was said with or after every finish mark.
    pub(crate) fn usage_is_last(&self) -> bool {
        match self {
            Self::Chat(stream) => stream.usage_is_last(),
            Self::Course(course) => course.usage_is_last(),
            Self::Service(flow, _) => flow.is_whole(),
        }
    }

    /// Whether every answer that was begun has its finish mark.
    pub(crate) fn finish_seen(&self) -> bool {
        match self {
            Self::Chat(stream) => stream.finish_seen(),
            Self::Course(course) => course.finish_seen(),
            Self::Service(flow, _) => flow.is_whole(),
        }
    }
}

fn broken(why: &Why) -> Failure {
    match why {
        Why::Provider(Fault::Failed(said)) => failed(said),
        _ => garbage(why),
    }
}

fn unserved(error: &FlowError) -> Failure {
    match error {
        FlowError::Failed(said) => failed(said),
        FlowError::Cut => broken_off(),
        FlowError::TooLong(_) => garbage(error),
    }
}

fn failed(said: &str) -> Failure {
    let words = format!("the provider ended the stream in an error: {said}");
    Failure::provider(Code::ProviderError, Retry::After(1), words)
}

fn garbage(error: &dyn std::fmt::Display) -> Failure {
    let words = format!("the provider sent a stream that is none: {error}");
    Failure::provider(Code::ProviderGarbage, Retry::After(1), words)
}

/// The stream broke off.
fn broken_off() -> Failure {
    let words = "the provider's stream ended before its end";
    Failure::provider(Code::ProviderIncomplete, Retry::After(1), words)
}
