//! Which values are wanted, and keeping their bytes while they pass.

use super::{
    JsonError, JsonErrorKind,
    document::{Document, Entry, Kind},
};

/// How many values inside array elements are remembered. A reply has at most 128 choices, and two
/// things about each are watched.
const ELEMENT_VALUES: usize = 256;
/// How many bytes of one such value are kept.
const ELEMENT_VALUE_BYTES: usize = 256;

/// Follows the scanner and fills a document with what is watched.
///
/// At most two watched values are open at a time: a member of the root, and, if that is an array
/// whose elements are watched, a member of one of its elements. Only the innermost one's bytes are
/// kept, so that what is kept lies in one piece.
#[derive(Debug, Clone)]
pub(super) struct Watcher {
    watch: &'static [&'static str],
    capture: usize,
    /// A bit for every length that a watched key has: most keys are of none of them.
    lengths: u64,
    /// The same for keys inside elements.
    inside_lengths: u64,
    seen: u64,
    parts: Option<Parts>,
    /// The last key of an element is that of its parts.
    in_parts: bool,
    wanted: Option<usize>,
    outer: Option<Open>,
    inner: Option<Open>,
    elements: usize,
}

#[derive(Debug, Clone, Copy)]
struct Open {
    entry: usize,
    watch: usize,
    kind: Kind,
    /// How many levels were open around the value.
    levels: usize,
    /// From where in the present piece its bytes are not kept yet; `None` if they are not wanted.
    from: Option<usize>,
    /// Where among the kept bytes its own start.
    kept: usize,
    bound: usize,
    /// The key to name if the value must not be longer than the bound.
    strict: Option<&'static str>,
}

/// Parts of elements whose keys are looked at; see [`Scanner::parts`](super::Scanner::parts).
#[derive(Debug, Clone, Copy)]
pub(super) struct Parts {
    pub(super) of: &'static str,
    pub(super) under: &'static str,
    pub(super) plain: &'static [&'static [u8]],
}

/// Where in the document and in the present piece the scanner stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) piece: &'a [u8],
    pub(super) base: usize,
    pub(super) at: usize,
    pub(super) levels: usize,
}

impl Watcher {
    pub(super) fn new(watch: &'static [&'static str], capture: usize) -> Self {
        debug_assert!(watch.len() <= 64, "a bit for every watched key");
        let (mut lengths, mut inside_lengths) = (0, 0);
        for key in watch {
            match key.split_once("[].") {
                Some((_, inside)) => inside_lengths |= length_bit(inside.len()),
                None => lengths |= length_bit(key.len()),
            }
        }
        Self {
            watch,
            capture,
            lengths,
            inside_lengths,
            seen: 0,
            parts: None,
            in_parts: false,
            wanted: None,
            outer: None,
            inner: None,
            elements: 0,
        }
    }

    pub(super) fn look_at(&mut self, parts: Parts) {
        self.parts = Some(parts);
    }

    pub(super) fn restart(&mut self) {
        self.seen = 0;
        self.in_parts = false;
        self.wanted = None;
        self.outer = None;
        self.inner = None;
    }

    /// Whether no value is wanted or open, so that the start of one means nothing here.
    #[inline]
    pub(super) fn is_idle(&self) -> bool {
        self.wanted.is_none() && self.outer.is_none()
    }

    /// Whether the value that is open was started with this many levels around it.
    #[inline]
    pub(super) fn awaits(&self, levels: usize) -> bool {
        self.inner.as_ref().or(self.outer.as_ref()).is_some_and(|open| open.levels == levels)
    }

    /// A key was read, `levels` deep.
    pub(super) fn key(&mut self, key: &[u8], levels: usize, document: &mut Document) {
        match (levels, &self.outer) {
            (1, None) => {
                if self.lengths & length_bit(key.len()) == 0 && key.is_ascii() {
                    return;
                }
                // A path into an array is no key, whatever keys a document has.
                let is = |watched: &&str| watched.as_bytes() == key && !watched.contains("[].");
                self.wanted = self.watch.iter().position(is);
                let Some(watch) = self.wanted else {
                    let folds = |watched: &&&str| folds_to(key, watched.as_bytes());
                    document.respelled =
                        document.respelled.or(self.watch.iter().find(folds).copied());
                    return;
                };
                if self.seen & (1 << watch) != 0 {
                    document.repeated = document.repeated.or(self.watch.get(watch).copied());
                    self.wanted = None;
                }
                self.seen |= 1 << watch;
            }
            (3, Some(outer)) if outer.kind == Kind::Array && outer.from.is_none() => {
                self.in_parts = self.parts.is_some_and(|parts| {
                    folds_to(key, parts.under.as_bytes())
                        && self.watch.get(outer.watch) == Some(&parts.of)
                });
                if self.inside_lengths & length_bit(key.len()) != 0 {
                    self.wanted = self.inside(outer.watch, key);
                }
            }
            (5, Some(_)) if self.in_parts => {
                let plain = self.parts.is_some_and(|parts| parts.plain.contains(&key));
                document.odd_keys += u64::from(!plain);
            }
            _ => {}
        }
    }

    /// A value starts.
    pub(super) fn begins(&mut self, kind: Kind, place: Place<'_>, document: &mut Document) {
        let Some(watch) = self.wanted.take() else {
            if self.outer.is_some() && place.levels == 2 {
                self.elements += 1;
            }
            return;
        };
        let inner = self.outer.is_some();
        if inner && document.entries.len() >= ELEMENT_VALUES + self.watch.len() {
            document.crowded = true;
            return;
        }
        // In a request null is what is not there; in a reply it says that a choice goes on.
        if inner && kind == Kind::Null && self.parts.is_some() {
            return;
        }
        let container = matches!(kind, Kind::Object | Kind::Array);
        let keep = if inner { !container } else { !(container && self.looks_inside(watch)) };
        let start = place.base + place.at;
        let open = Open {
            entry: document.entries.len(),
            watch,
            kind,
            levels: place.levels,
            from: keep.then_some(place.at),
            kept: document.kept.len(),
            bound: if inner { self.capture.min(ELEMENT_VALUE_BYTES) } else { self.capture },
            strict: self.watch.get(watch).filter(|_| !inner && !container).copied(),
        };
        let element = if inner { self.elements.saturating_sub(1) } else { 0 };
        document.entries.push(Entry {
            watch,
            element,
            span: start..start,
            kept: None,
            kind,
            empty: false,
        });
        if inner {
            self.inner = Some(open);
        } else {
            self.elements = 0;
            self.outer = Some(open);
        }
    }

    /// A value ended just before `place`.
    pub(super) fn ends(
        &mut self,
        empty: bool,
        place: Place<'_>,
        document: &mut Document,
    ) -> Result<(), JsonError> {
        let slot = if self.inner.is_some() { &mut self.inner } else { &mut self.outer };
        let Some(mut open) = slot.take_if(|open| open.levels == place.levels) else {
            return Ok(());
        };
        open.keep(place.piece, place.at, document);
        let kept = open.from.map(|_| open.kept..document.kept.len());
        if let Some(entry) = document.entries.get_mut(open.entry) {
            entry.span.end = place.base + place.at;
            entry.kept = kept;
            entry.empty = empty;
            // Said only now, so that it does not depend on how the document was cut.
            if let (None, Some(key)) = (open.from, open.strict) {
                let kind = JsonErrorKind::TooLong { key };
                return Err(JsonError { offset: entry.span.start, kind });
            }
        }
        Ok(())
    }

    /// The piece ends; what is open goes on in the next.
    pub(super) fn piece_ends(&mut self, piece: &[u8], document: &mut Document) {
        for open in [&mut self.outer, &mut self.inner].into_iter().flatten() {
            open.keep(piece, piece.len(), document);
            open.from = open.from.map(|_| 0);
        }
    }

    /// Which watched path leads from an element of the watched array to this key.
    fn inside(&self, array: usize, key: &[u8]) -> Option<usize> {
        let array = self.watch.get(array)?;
        self.watch.iter().position(|path| {
            path.len() == array.len() + 3 + key.len()
                && path.as_bytes().ends_with(key)
                && step_inside(path, array).is_some()
        })
    }

    fn looks_inside(&self, watch: usize) -> bool {
        let Some(array) = self.watch.get(watch) else { return false };
        self.watch.iter().any(|path| step_inside(path, array).is_some())
    }
}

impl Open {
    /// Keeps the bytes up to `to`, or gives them up when they pass the bound.
    fn keep(&mut self, piece: &[u8], to: usize, document: &mut Document) {
        let Some(from) = self.from else { return };
        let bytes = piece.get(from..to).unwrap_or_default();
        if document.kept.len() - self.kept + bytes.len() <= self.bound {
            document.kept.extend_from_slice(bytes);
        } else {
            document.kept.truncate(self.kept);
            self.from = None;
        }
    }
}

/// Whether a key is a watched one to readers who do not look at the case of letters. To Go's, a long
/// s and the sign for kelvin are letters too; what came as an escape stands here as one byte that is
/// not ASCII.
fn folds_to(key: &[u8], watched: &[u8]) -> bool {
    let mut rest = key;
    for letter in watched {
        let odd: [&[u8]; 2] = match letter {
            b's' => ["\u{17f}".as_bytes(), &[0xff]],
            b'k' => ["\u{212a}".as_bytes(), &[0xff]],
            _ => [&[], &[]],
        };
        let first = rest.first().is_some_and(|first| first.eq_ignore_ascii_case(letter));
        let after = if first {
            rest.get(1..)
        } else {
            odd.into_iter().filter(|odd| !odd.is_empty()).find_map(|odd| rest.strip_prefix(odd))
        };
        match after {
            Some(after) => rest = after,
            None => return false,
        }
    }
    rest.is_empty()
}

fn length_bit(length: usize) -> u64 {
    1 << (length % 64)
}

/// The rest of a watched path that goes through the elements of `array`.
fn step_inside<'a>(path: &'a str, array: &str) -> Option<&'a str> {
    path.strip_prefix(array)?.strip_prefix("[].")
}
