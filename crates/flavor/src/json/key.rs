//! The key that is being read, unescaped.

/// Longer than any key that anybody watches; what goes past it can match nothing.
const ROOM: usize = 64;

/// A key as far as it has been read. Keys may be spelled with escapes and may arrive in pieces.
#[derive(Debug, Clone)]
pub(super) struct Key {
    bytes: [u8; ROOM],
    len: usize,
}

impl Key {
    pub(super) fn new() -> Self {
        Self { bytes: [0; ROOM], len: 0 }
    }

    pub(super) fn clear(&mut self) {
        self.len = 0;
    }

    /// Adds plain bytes. A key too long for the room fills it, and so equals no watched key.
    pub(super) fn extend(&mut self, run: &[u8]) {
        let take = run.len().min(ROOM - self.len);
        if let (Some(room), Some(run)) =
            (self.bytes.get_mut(self.len..self.len + take), run.get(..take))
        {
            room.copy_from_slice(run);
            self.len += take;
        }
    }

    /// Adds what an escape stands for. Watched keys are ASCII, so all else is one byte that is not.
    pub(super) fn unescaped(&mut self, unit: u16) {
        let byte = u8::try_from(unit).ok().filter(u8::is_ascii).unwrap_or(0xff);
        self.extend(&[byte]);
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

/// Whether a string under this key is text that a model reads or writes.
pub(super) fn is_text_key(key: &[u8]) -> bool {
    match key.len() {
        4 => key == b"text",
        5 => key == b"input",
        7 => key == b"content" || key == b"refusal",
        8 => key == b"thinking",
        9 => key == b"reasoning" || key == b"arguments",
        17 => key == b"reasoning_content",
        _ => false,
    }
}
