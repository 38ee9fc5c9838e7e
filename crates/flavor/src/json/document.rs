//! What a scan found.

use std::ops::Range;

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text in quotes.
    String,
    /// A number.
    Number,
    /// `true` or `false`.
    Bool,
    /// `null`.
    Null,
    /// An object.
    Object,
    /// An array.
    Array,
}

/// A watched value: where it stands, and its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member<'a> {
    /// Offsets of the value's first byte and of the byte after its last, in the document.
    pub span: Range<usize>,
    /// The value as it stands in the document. Empty when it was not captured.
    pub raw: &'a [u8],
    /// Whether `raw` was kept. Not kept are objects and arrays beyond the bound, and arrays whose
    /// elements are watched one by one.
    pub captured: bool,
    /// What the value is.
    pub kind: Kind,
    /// Whether it is an object or an array with nothing in it.
    pub empty: bool,
}

/// A watched value inside an element of an array.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found<'a> {
    /// Which element, from zero.
    pub element: usize,
    /// The value.
    pub value: Member<'a>,
}

/// What a scan found. It holds the watched values and nothing else of the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    pub(super) watch: &'static [&'static str],
    pub(super) entries: Vec<Entry>,
    pub(super) kept: Vec<u8>,
    pub(super) repeated: Option<&'static str>,
    pub(super) respelled: Option<&'static str>,
    pub(super) crowded: bool,
    pub(super) odd_keys: u64,
    pub(super) root_is_object: bool,
    pub(super) open: usize,
    pub(super) empty_object: bool,
    pub(super) text_bytes: u64,
    pub(super) last_text: Option<Range<usize>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) watch: usize,
    pub(super) element: usize,
    pub(super) span: Range<usize>,
    pub(super) kept: Option<Range<usize>>,
    pub(super) kind: Kind,
    pub(super) empty: bool,
}

impl Document {
    pub(super) fn new(watch: &'static [&'static str]) -> Self {
        Self {
            watch,
            entries: Vec::new(),
            kept: Vec::new(),
            repeated: None,
            respelled: None,
            crowded: false,
            odd_keys: 0,
            root_is_object: false,
            open: 0,
            empty_object: false,
            text_bytes: 0,
            last_text: None,
        }
    }

    /// Forgets everything but the memory it stood in.
    pub(super) fn clear(&mut self) {
        self.entries.clear();
        self.kept.clear();
        self.repeated = None;
        self.respelled = None;
        self.crowded = false;
        self.odd_keys = 0;
        self.root_is_object = false;
        self.open = 0;
        self.empty_object = false;
        self.text_bytes = 0;
        self.last_text = None;
    }

    /// The value of a watched key of the root object; of one given twice, the first.
    #[must_use]
    pub fn member(&self, key: &str) -> Option<Member<'_>> {
        self.found(key).next().map(|found| found.value)
    }

    /// The values of a watched path such as `choices[].index`, in the order they were read.
    pub fn found(&self, path: &str) -> impl Iterator<Item = Found<'_>> {
        let watch = self.watch.iter().position(|watched| *watched == path);
        self.entries
            .iter()
            .filter(move |entry| Some(entry.watch) == watch)
            .map(|entry| Found { element: entry.element, value: self.value(entry) })
    }

    /// A watched key of the root object that was given twice, however it was spelled.
    #[must_use]
    pub fn repeated(&self) -> Option<&'static str> {
        self.repeated
    }

    /// A watched key of the root object that some key is but for the case of its letters. Servers
    /// written in Go take such a key for the watched one.
    #[must_use]
    pub fn respelled(&self) -> Option<&'static str> {
        self.respelled
    }

    /// Whether more values inside elements were found than are remembered.
    #[must_use]
    pub fn crowded(&self) -> bool {
        self.crowded
    }

    /// How many keys stood in parts that are not among the plain ones; see
    /// [`Scanner::parts`](super::Scanner::parts).
    #[must_use]
    pub fn odd_keys(&self) -> u64 {
        self.odd_keys
    }

    /// Whether the document is an object.
    #[must_use]
    pub fn root_is_object(&self) -> bool {
        self.root_is_object
    }

    /// The offset just after the brace that opens the root object.
    #[must_use]
    pub fn open(&self) -> usize {
        self.open
    }

    /// Whether the document is an object with nothing in it.
    #[must_use]
    pub fn empty_object(&self) -> bool {
        self.empty_object
    }

    /// The bytes, as they stand in the document and without the quotes, of all strings at any depth
    /// under a key that holds what a model reads or writes: `content`, `text`, `reasoning_content`,
    /// `reasoning`, `refusal`, `arguments`, `thinking`, `input`; strings of an array under such a
    /// key included.
    #[must_use]
    pub fn text_bytes(&self) -> u64 {
        self.text_bytes
    }

    /// Where the last string that was counted there stands, without its quotes.
    pub(crate) fn last_text(&self) -> Option<Range<usize>> {
        self.last_text.clone()
    }

    fn value(&self, entry: &Entry) -> Member<'_> {
        let raw = entry.kept.clone().and_then(|kept| self.kept.get(kept));
        Member {
            span: entry.span.clone(),
            raw: raw.unwrap_or_default(),
            captured: raw.is_some(),
            kind: entry.kind,
            empty: entry.empty,
        }
    }
}
