//! Asking a provider for what a stream used, whether or not the caller wants to know it.

use std::ops::Range;

use bytes::Bytes;

use super::PeekError;
use crate::json::{self, Bounds, Document, Kind, Splice};

/// Where a request for usage stands, or is to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageSite(Site);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Site {
    /// It is there already.
    Asked,
    /// Into the body, which has no options, just after its opening brace.
    Body(usize),
    /// In the place of options that are null.
    NullOptions(Range<usize>),
    /// Into the options, just after their opening brace.
    Options { open: usize, empty: bool },
    /// In the place of a value that is null or false.
    Value(Range<usize>),
}

impl UsageSite {
    /// Finds it; `stream_options` has to be watched.
    pub(crate) fn of(document: &Document, bounds: Bounds) -> Result<Self, PeekError> {
        const FIELD: &str = "stream_options";
        const INSIDE: &str = "stream_options.include_usage";
        let Some(options) = document.member(FIELD) else {
            return Ok(Self(Site::Body(document.open())));
        };
        match options.kind {
            Kind::Null => return Ok(Self(Site::NullOptions(options.span))),
            Kind::Object if options.captured => {}
            Kind::Object => return Err(PeekError::TooLong { field: FIELD }),
            _ => return Err(PeekError::WrongType { field: FIELD, expected: "an object" }),
        }
        let inside = json::scan(options.raw, &["include_usage"], bounds)?;
        if inside.repeated().is_some() {
            return Err(PeekError::Repeated { field: INSIDE });
        }
        let start = options.span.start;
        let Some(value) = inside.member("include_usage") else {
            let open = start + inside.open();
            return Ok(Self(Site::Options { open, empty: inside.empty_object() }));
        };
        match value.raw {
            b"true" => Ok(Self(Site::Asked)),
            b"false" | b"null" => {
                Ok(Self(Site::Value(start + value.span.start..start + value.span.end)))
            }
            _ => Err(PeekError::WrongType { field: INSIDE, expected: "true or false" }),
        }
    }

    /// Whether the caller asks itself.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        self.0 == Site::Asked
    }

    /// Puts it into a request for a stream.
    pub(super) fn put(&self, splice: &mut Splice) {
        const OPTIONS: &[u8] = br#"{"include_usage":true}"#;
        match &self.0 {
            Site::Asked => {}
            Site::Body(open) => {
                // The body holds a model at least, so something follows.
                let member = br#""stream_options":{"include_usage":true},"#;
                splice.insert(*open, Bytes::from_static(member));
            }
            Site::NullOptions(range) => {
                splice.replace(range.clone(), Bytes::from_static(OPTIONS));
            }
            Site::Options { open, empty } => {
                let member: &[u8] =
                    if *empty { br#""include_usage":true"# } else { br#""include_usage":true,"# };
                splice.insert(*open, Bytes::from_static(member));
            }
            Site::Value(range) => {
                splice.replace(range.clone(), Bytes::from_static(b"true"));
            }
        }
    }

    /// The request for a stream that this was found in, with it. Every other byte is as it was.
    #[must_use]
    pub fn outgoing(&self, body: &Bytes) -> Bytes {
        let mut splice = Splice::new();
        self.put(&mut splice);
        let edited = splice.apply(body);
        debug_assert!(edited.is_ok(), "edits at places that were read in this body");
        edited.unwrap_or_else(|_| body.clone())
    }
}
