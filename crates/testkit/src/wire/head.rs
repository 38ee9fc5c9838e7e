//! A message's head: the first line and the headers.

use std::io;

/// A head as it came.
#[derive(Debug, Clone, Default)]
pub(crate) struct Head {
    /// The first line.
    pub(crate) first: String,
    /// Names (in lower case) and values.
    pub(crate) headers: Vec<(String, String)>,
}

impl Head {
    /// Reads a head out of its bytes, the empty line left out.
    pub(crate) fn parse(bytes: &[u8]) -> io::Result<Self> {
        let text = String::from_utf8_lossy(bytes);
        let mut lines = text.split("\r\n");
        let first = lines.next().unwrap_or_default().to_owned();
        Ok(Self { first, headers: fields(lines)? })
    }

    /// The `index`th word of the first line, or nothing.
    pub(crate) fn word(&self, index: usize) -> &str {
        self.first.split(' ').nth(index).unwrap_or_default()
    }

    /// The first value of a header, by its name in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }
}

/// Reads header or trailer lines.
pub(crate) fn fields<'a>(
    lines: impl Iterator<Item = &'a str>,
) -> io::Result<Vec<(String, String)>> {
    lines
        .filter(|line| !line.is_empty())
        .map(|line| {
            let (name, value) = line.split_once(':').ok_or_else(|| {
                io::Error::new(io::ErrorKind::InvalidData, format!("no header: {line:?}"))
            })?;
            Ok((name.to_ascii_lowercase(), value.trim().to_owned()))
        })
        .collect()
}

/// The first value under `name`.
pub(crate) fn find<'a>(fields: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let named = |(found, _): &&(String, String)| found.eq_ignore_ascii_case(name);
    fields.iter().find(named).map(|(_, value)| value.as_str())
}
