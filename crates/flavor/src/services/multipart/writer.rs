//! Writing a form.

use std::collections::HashSet;

use crate::canon::Text;

/// What every boundary of ours begins with.
const START: &[u8] = b"weighbridge-";
/// How many digits follow it.
const DIGITS: usize = 16;

/// A form that is being put together.
#[derive(Debug, Default)]
pub struct Writer<'a> {
    parts: Vec<(String, &'a [u8])>,
}

impl<'a> Writer<'a> {
    /// A form without parts.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a field.
    pub fn field(&mut self, name: &str, value: &'a str) {
        let head = format!("Content-Disposition: form-data; name=\"{}\"", escaped(name));
        self.parts.push((head, value.as_bytes()));
    }

    /// Adds a file; `mime` is its media type.
    pub fn file(&mut self, name: &str, file: &str, mime: &str, data: &'a [u8]) {
        let (name, file) = (escaped(name), escaped(file));
        let mime: String = mime.chars().filter(|letter| !letter.is_control()).collect();
        let head = format!(
            "Content-Disposition: form-data; name=\"{name}\"; filename=\"{file}\"\r\n\
             Content-Type: {mime}"
        );
        self.parts.push((head, data));
    }

    /// The body, and its media type.
    #[must_use]
    pub fn finish(self) -> (Vec<u8>, String) {
        let boundary = self.boundary();
        let size =
            self.parts.iter().map(|(head, data)| head.len() + data.len() + 64).sum::<usize>();
        let mut out = Vec::with_capacity(size + 64);
        for (head, data) in &self.parts {
            for piece in ["--", &boundary, "\r\n", head, "\r\n\r\n"] {
                out.extend_from_slice(piece.as_bytes());
            }
            out.extend_from_slice(data);
            out.extend_from_slice(b"\r\n");
        }
        for piece in ["--", &boundary, "--\r\n"] {
            out.extend_from_slice(piece.as_bytes());
        }
        (out, format!("multipart/form-data; boundary={boundary}"))
    }

    /// A boundary that stands nowhere in the parts: the least number that none of them has behind
    /// our word. It needs no chance, and each byte is looked at once, whatever is sent.
    fn boundary(&self) -> String {
        let finder = memchr::memmem::Finder::new(START);
        let mut taken = HashSet::new();
        for (_, data) in &self.parts {
            for at in finder.find_iter(data) {
                let digits = data.get(at + START.len()..).unwrap_or_default();
                let digits = digits.get(..DIGITS.min(digits.len()));
                let digits = digits.and_then(|digits| std::str::from_utf8(digits).ok());
                taken.extend(digits.and_then(|digits| u64::from_str_radix(digits, 16).ok()));
            }
        }
        let free = (0..).find(|number| !taken.contains(number)).unwrap_or_default();
        format!("{}{free:0DIGITS$x}", String::from_utf8_lossy(START))
    }
}

/// A name as it can stand in quotes, by the rule that browsers follow.
fn escaped(name: &str) -> Text<'_> {
    if !name.contains(['"', '\r', '\n', '\0', '\\']) {
        return Text::Borrowed(name);
    }
    let name = name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A");
    // Readers differ in whether this one escapes.
    Text::Owned(name.replace('\\', "_").replace('\0', ""))
}

#[cfg(test)]
mod tests {
    use super::super::read;
    use super::*;

    #[test]
    fn what_is_written_can_be_read() {
        let mut form = Writer::new();
        form.field("model", "m\r\n");
        form.file("file", "a\"\r\nb.wav", "audio/wav\r\n", b"\r\n--weighbridge-0000000000000000");
        let (body, kind) = form.finish();
        assert_eq!(kind, "multipart/form-data; boundary=weighbridge-0000000000000001");
        let parts = read(&body, Some(&kind)).unwrap();
        assert_eq!((parts[0].name.as_ref(), parts[0].data), ("model", &b"m\r\n"[..]));
        assert_eq!(parts[1].file.as_deref(), Some("a%22%0D%0Ab.wav"));
        assert_eq!(parts[1].mime, Some("audio/wav"));
        assert_eq!(parts[1].data, b"\r\n--weighbridge-0000000000000000");
    }

    #[test]
    fn a_boundary_stands_nowhere_in_the_parts() {
        let mut form = Writer::new();
        let sly: String = (0..50).map(|number| format!("weighbridge-{number:016X} ")).collect();
        form.field("prompt", &sly);
        form.field("more", "weighbridge-weighbridge-0000");
        let (body, kind) = form.finish();
        assert!(kind.ends_with("0000000000000032"));
        assert_eq!(read(&body, Some(&kind)).unwrap().len(), 2);
    }
}
