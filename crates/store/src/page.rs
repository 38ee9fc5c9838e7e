//! Lists, a page at a time.

/// The most items one page may hold: long reads keep the write-ahead log from shrinking.
pub const PAGE_LIMIT: u32 = 1_000;

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// What to ask for the next page with; nothing when this is the last.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// A page of at most `limit` items out of `limit + 1` that were read, the cursor being that of
    /// the last item kept.
    pub(crate) fn cut(mut read: Vec<T>, limit: u32, cursor: impl Fn(&T) -> String) -> Self {
        let limit = limit as usize;
        let more = read.len() > limit;
        read.truncate(limit);
        let next = if more { read.last().map(cursor) } else { None };
        Self { items: read, next }
    }
}
