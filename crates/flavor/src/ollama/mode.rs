//! Which of the two calls it is.

/// Which of Ollama's two calls is spoken. They share their options, but not the shape of what is
/// asked and answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// `/api/chat`: a list of messages.
    Chat,
    /// `/api/generate`: one prompt.
    Generate,
}
