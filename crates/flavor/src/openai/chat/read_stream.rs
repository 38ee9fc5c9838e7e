//! Reading a stream.

mod calls;
pub(crate) mod choice;

use crate::openai::chunks::ChunkReader;

/// Reads a provider's stream of chunks, event by event.
///
/// It keeps a few words for each answer and each of its calls, whose numbers are bounded, and the
/// arguments of calls that have no name yet, at most 64 KiB for each answer.
pub type StreamReader = ChunkReader<choice::Choice>;
