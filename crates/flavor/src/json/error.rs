//! What can be wrong with a document.

use std::fmt;

/// Why a document was refused, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("invalid JSON at byte {offset}: {kind}")]
pub struct JsonError {
    /// How many bytes of the document come before the fault.
    pub offset: usize,
    /// The fault.
    pub kind: JsonErrorKind,
}

/// The faults a document can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum JsonErrorKind {
    /// Nothing but white space.
    Empty,
    /// The document starts with a byte order mark.
    ByteOrderMark,
    /// No value where one has to be.
    ExpectedValue,
    /// No key where one has to be.
    ExpectedKey,
    /// No colon after a key.
    ExpectedColon,
    /// Neither a comma nor the matching bracket after a value.
    ExpectedComma,
    /// A number that the grammar does not know.
    Number,
    /// A bare word that is none of the three.
    Literal,
    /// An escape that the grammar does not know.
    Escape,
    /// A control character inside a string.
    ControlCharacter,
    /// Bytes in a string that are not UTF-8.
    Utf8,
    /// The document ends inside a string.
    UnclosedString,
    /// The document ends inside an object.
    UnclosedObject,
    /// The document ends inside an array.
    UnclosedArray,
    /// More levels than the bound allows.
    TooDeep,
    /// A watched string, number or word is longer than the bound allows.
    TooLong {
        /// The key it stands under.
        key: &'static str,
    },
    /// Something follows the document.
    Trailing,
}

impl JsonErrorKind {
    /// Whether more bytes could have mended it: the document was cut off, not wrong.
    #[must_use]
    pub fn is_cut_off(self) -> bool {
        matches!(
            self,
            Self::Empty | Self::UnclosedString | Self::UnclosedObject | Self::UnclosedArray
        )
    }
}

impl fmt::Display for JsonErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "there is nothing here",
            Self::ByteOrderMark => "a byte order mark is not allowed",
            Self::ExpectedValue => "a value was expected",
            Self::ExpectedKey => "a key in double quotes was expected",
            Self::ExpectedColon => "a colon was expected after the key",
            Self::ExpectedComma => "a comma or the closing bracket was expected",
            Self::Number => "a number is malformed",
            Self::Literal => "a word is neither true, false nor null",
            Self::Escape => "an escape in a string is malformed",
            Self::ControlCharacter => "a control character in a string is not escaped",
            Self::Utf8 => "a string is not valid UTF-8",
            Self::UnclosedString => "a string is not closed",
            Self::UnclosedObject => "an object is not closed",
            Self::UnclosedArray => "an array is not closed",
            Self::TooDeep => "objects and arrays are nested too deeply",
            Self::TooLong { key } => return write!(f, "the value of `{key}` is too long"),
            Self::Trailing => "something follows the end of the document",
        })
    }
}
