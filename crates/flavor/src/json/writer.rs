//! Writing JSON straight to bytes, in the order it is told.

use std::fmt;

/// The members of an object that is being written.
#[derive(Debug)]
pub struct Members<'w> {
    out: &'w mut Vec<u8>,
    any: bool,
}

/// The items of a list that is being written.
#[derive(Debug)]
pub struct Items<'w> {
    out: &'w mut Vec<u8>,
    any: bool,
}

/// Writes an object behind what stands in `out`.
pub fn object(out: &mut Vec<u8>, fill: impl FnOnce(&mut Members<'_>)) {
    out.push(b'{');
    fill(&mut Members { out, any: false });
    out.push(b'}');
}

/// Writes a text in quotes behind what stands in `out`.
pub fn text(out: &mut Vec<u8>, text: &str) {
    // Nothing that is written to memory fails, and every text can be written.
    let written = serde_json::to_writer(out, text);
    debug_assert!(written.is_ok(), "a text can always be written");
}

fn list(out: &mut Vec<u8>, fill: impl FnOnce(&mut Items<'_>)) {
    out.push(b'[');
    fill(&mut Items { out, any: false });
    out.push(b']');
}

fn comma(out: &mut Vec<u8>, any: &mut bool) {
    if std::mem::replace(any, true) {
        out.push(b',');
    }
}

impl Members<'_> {
    fn name(&mut self, name: &str) {
        comma(self.out, &mut self.any);
        text(self.out, name);
        self.out.push(b':');
    }

    /// A text.
    pub fn text(&mut self, name: &str, value: &str) {
        self.name(name);
        text(self.out, value);
    }

    /// A text in pieces, which may be too long to be joined first.
    pub fn format(&mut self, name: &str, pieces: fmt::Arguments<'_>) {
        self.name(name);
        let written = serde_json::to_writer(&mut *self.out, &pieces);
        debug_assert!(written.is_ok(), "a text can always be written");
    }

    /// A value that is JSON already.
    pub fn raw(&mut self, name: &str, value: &str) {
        self.name(name);
        self.out.extend_from_slice(value.as_bytes());
    }

    /// A whole number.
    pub fn whole(&mut self, name: &str, value: u64) {
        self.raw(name, &value.to_string());
    }

    /// `true` or `false`.
    pub fn flag(&mut self, name: &str, value: bool) {
        self.raw(name, if value { "true" } else { "false" });
    }

    /// `null`.
    pub fn null(&mut self, name: &str) {
        self.raw(name, "null");
    }

    /// An object.
    pub fn object(&mut self, name: &str, fill: impl FnOnce(&mut Members<'_>)) {
        self.name(name);
        object(self.out, fill);
    }

    /// A list.
    pub fn list(&mut self, name: &str, fill: impl FnOnce(&mut Items<'_>)) {
        self.name(name);
        list(self.out, fill);
    }
}

impl Items<'_> {
    /// A text.
    pub fn text(&mut self, value: &str) {
        comma(self.out, &mut self.any);
        text(self.out, value);
    }

    /// A value that is JSON already.
    pub fn raw(&mut self, value: &str) {
        comma(self.out, &mut self.any);
        self.out.extend_from_slice(value.as_bytes());
    }

    /// An object.
    pub fn object(&mut self, fill: impl FnOnce(&mut Members<'_>)) {
        comma(self.out, &mut self.any);
        object(self.out, fill);
    }

    /// A list.
    pub fn list(&mut self, fill: impl FnOnce(&mut Items<'_>)) {
        comma(self.out, &mut self.any);
        list(self.out, fill);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_json_in_its_order() {
        let mut out = Vec::new();
        object(&mut out, |root| {
            root.text("b", "\"\n秤");
            root.list("a", |items| {
                items.raw("1.50");
                items.object(|_| ());
                items.list(|inner| inner.text("x"));
            });
            root.object("o", |inner| {
                inner.flag("t", true);
                inner.null("n");
            });
            root.whole("w", u64::MAX);
            root.format("f", format_args!("{}\n{}", "\"", 1));
        });
        let expected = r#"{"b":"\"\n秤","a":[1.50,{},["x"]],"o":{"t":true,"n":null},"w":18446744073709551615,"f":"\"\n1"}"#;
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}
