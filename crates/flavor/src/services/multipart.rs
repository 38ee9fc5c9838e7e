//! `multipart/form-data` (RFC 7578), which is how sounds are sent: read without a copy, and written.
//!
//! The body is in memory by the time that it is read, and its whole must be hashed and may go on as
//! it came; what is needed is where its few parts stand. So this is a small reader of our own: the
//! crates for it read from asynchronous streams, and would bring a runtime's traits into a crate
//! that has no I/O.

mod disposition;
mod reader;
mod writer;

pub use reader::{Part, read};
pub use writer::Writer;

use crate::json::Misfit;

/// The longest boundary (RFC 2046), in bytes.
const BOUNDARY_BYTES: usize = 70;

/// Whether a media type is that of a form.
pub fn is_form(content_type: Option<&str>) -> bool {
    content_type.is_some_and(|given| super::answer::kind(given) == "multipart/form-data")
}

/// The boundary that a media type names.
fn boundary(content_type: Option<&str>) -> Result<&str, Misfit> {
    const FIELD: &str = "content-type";
    if !is_form(content_type) {
        return Err(Misfit::new("should be multipart/form-data").at(FIELD));
    }
    let parameters = content_type.unwrap_or_default().split(';').skip(1);
    let mut named = parameters.filter_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("boundary").then_some(value.trim())
    });
    let boundary = named.next().unwrap_or_default();
    let bare = boundary.strip_prefix('"').and_then(|it| it.strip_suffix('"')).unwrap_or(boundary);
    let plain = |byte: u8| byte.is_ascii_graphic() && byte != b'"' || byte == b' ';
    let fits = (1..=BOUNDARY_BYTES).contains(&bare.len()) && bare.bytes().all(plain);
    if !fits || bare.ends_with(' ') || named.next().is_some() {
        return Err(Misfit::new("should name one boundary of 1 to 70 bytes").at(FIELD));
    }
    Ok(bare)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_boundary_may_stand_in_quotes_and_behind_others() {
        for (given, named) in [
            ("multipart/form-data; boundary=a1", Some("a1")),
            ("Multipart/Form-Data;charset=x; Boundary=\"a 1\"", Some("a 1")),
            ("multipart/form-data", None),
            ("multipart/form-data; boundary=", None),
            ("multipart/form-data; boundary=a; boundary=b", None),
            ("multipart/form-data; boundary=秤", None),
            ("multipart/mixed; boundary=a", None),
            ("application/json", None),
        ] {
            assert_eq!(boundary(Some(given)).ok(), named, "{given}");
        }
        let long = format!("multipart/form-data; boundary={}", "x".repeat(71));
        assert!(boundary(Some(&long)).is_err());
        assert!(boundary(None).is_err());
    }
}
