//! Which of the two services it is.

/// Which of AOG's two services of words is spoken. They share their knobs, but not the place of what
/// is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// `services/chat`: a list of messages, answered by one.
    Chat,
    /// `services/generate`: one prompt, answered by a text.
    Generate,
}
