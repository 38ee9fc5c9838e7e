//! One vector, in either of its spellings.

use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::canon::Text;
use crate::json::{Misfit, object};
use crate::services::packed::{pack, unpack};

/// The bytes of one number when it is packed.
const NUMBER_BYTES: usize = 4;

/// One vector, as its provider spelled it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Vector<'a> {
    /// A JSON list of numbers, in their own digits.
    Digits(&'a str),
    /// Base64 of the numbers, little-endian and of 32 bits each.
    Packed(Text<'a>),
}

impl<'a> Vector<'a> {
    /// Reads one.
    pub(super) fn read(value: &'a RawValue) -> Result<Self, Misfit> {
        if object::is_text(value) {
            return Ok(Self::Packed(object::text(value)?));
        }
        let list = value.get();
        // It is JSON already, so that what is one list and has no letters but those of numbers is a
        // list of numbers.
        let inside = list.strip_prefix('[').and_then(|list| list.strip_suffix(']'));
        let number = |byte: u8| byte.is_ascii_digit() || b"+-.eE, \t\r\n".contains(&byte);
        if inside.is_some_and(|inside| inside.bytes().all(number)) {
            return Ok(Self::Digits(list));
        }
        Err(Misfit::new("should be a list of numbers"))
    }

    /// It as a JSON list. Numbers that were packed have as few digits as tell them apart.
    ///
    /// # Errors
    /// When it is no base64 of numbers.
    pub fn digits(&self) -> Result<Cow<'a, str>, Misfit> {
        let packed = match self {
            Self::Digits(list) => return Ok(Cow::Borrowed(list)),
            Self::Packed(packed) => packed,
        };
        let wrong = || Misfit::new("should be base64 of numbers of 32 bits");
        let bytes = unpack(packed).ok_or_else(wrong)?;
        let (numbers, rest) = bytes.as_chunks::<NUMBER_BYTES>();
        if !rest.is_empty() {
            return Err(wrong());
        }
        let mut list = String::with_capacity(numbers.len() * 12 + 2);
        list.push('[');
        for (at, number) in numbers.iter().enumerate() {
            let number = Some(f32::from_le_bytes(*number)).filter(|number| number.is_finite());
            let number = number.ok_or_else(|| Misfit::new("should be numbers"))?;
            if at > 0 {
                list.push(',');
            }
            // Without an exponent where that is shorter for people and machines alike.
            let size = number.abs();
            if size != 0.0 && !(1e-5..1e15).contains(&size) {
                list.push_str(&format!("{number:e}"));
            } else {
                list.push_str(&number.to_string());
            }
        }
        list.push(']');
        Ok(Cow::Owned(list))
    }

    /// It as base64. Each number is the one of 32 bits that is next to its digits.
    ///
    /// # Errors
    /// When it is no base64 of numbers, or a number is too great.
    pub fn packed(&self) -> Result<Cow<'_, str>, Misfit> {
        let list = match self {
            Self::Digits(list) => list,
            Self::Packed(packed) => {
                self.digits()?;
                return Ok(Cow::Borrowed(packed));
            }
        };
        let inside = list.trim_start_matches('[').trim_end_matches(']');
        let mut bytes = Vec::with_capacity(inside.len() / 2);
        for number in inside.split(',').map(str::trim).filter(|number| !number.is_empty()) {
            let number = number.parse().ok().filter(|number: &f32| number.is_finite());
            let number = number.ok_or_else(|| Misfit::new("should be numbers of 32 bits"))?;
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        Ok(Cow::Owned(pack(&bytes)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Vector<'_>, Misfit> {
        Vector::read(serde_json::from_str(json).unwrap())
    }

    #[test]
    fn numbers_are_packed_as_32_bits_in_little_endian() {
        let vector = read("[1, -0.5,0.1e1]").unwrap();
        assert_eq!(vector.packed().unwrap(), "AACAPwAAAL8AAIA/");
        assert_eq!(vector.digits().unwrap(), "[1, -0.5,0.1e1]");
        assert_eq!(read(r#""AACAPwAAAL8AAIA/""#).unwrap().digits().unwrap(), "[1,-0.5,1]");
        assert_eq!(read("[]").unwrap().packed().unwrap(), "");
        assert_eq!(read(r#""""#).unwrap().digits().unwrap(), "[]");
    }

    #[test]
    fn very_small_and_very_great_numbers_have_an_exponent() {
        let packed = pack(&[1e-30f32.to_le_bytes(), 3.4e38f32.to_le_bytes()].concat());
        assert_eq!(Vector::Packed(packed.into()).digits().unwrap(), "[1e-30,3.4e38]");
    }

    #[test]
    fn what_is_no_vector_is_refused() {
        for json in ["1", "{}", r#"["1"]"#, "[[1]]", "[null]", "[true]"] {
            assert!(read(json).is_err(), "{json}");
        }
        for json in [r#""AAA""#, r#""AACA""#, r#""AADAfw==""#, r#""AACAfw==""#, r#""?""#] {
            let vector = read(json).unwrap();
            assert!(vector.digits().is_err() && vector.packed().is_err(), "{json}");
        }
        assert!(read("[1e39]").unwrap().packed().is_err());
    }
}
