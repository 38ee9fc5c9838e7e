//! A description becomes pictures.

mod aog;
mod openai;

use std::borrow::Cow;

use super::{Face, Form, Usage, packed};
use crate::canon::{Losses, Text};
use crate::json::Misfit;

/// A request for pictures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request<'a> {
    /// The model by the caller's name for it.
    pub model: Text<'a>,
    /// What is to be seen.
    pub prompt: Text<'a>,
    /// How many pictures.
    pub n: u64,
    /// Width and height in pixels; nothing where that is left to the model.
    pub size: Option<(u64, u64)>,
    /// The start of what looks like chance, in the caller's own digits.
    pub seed: Option<&'a str>,
    /// How many steps the model takes, where that is said.
    pub steps: Option<u64>,
    /// Whether they are to be at an address, and not in the reply; nothing where that is not said.
    pub linked: Option<bool>,
    /// Whom the caller calls for.
    pub end_user: Option<Text<'a>>,
}

impl<'a> Request<'a> {
    /// A request that says nothing yet but what is to be seen.
    fn to(model: Text<'a>, prompt: Text<'a>) -> Self {
        Self {
            model,
            prompt,
            n: 1,
            size: None,
            seed: None,
            steps: None,
            linked: None,
            end_user: None,
        }
    }
}

/// Pictures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply<'a> {
    /// In their order.
    pub pictures: Vec<Picture<'a>>,
    /// What was used.
    pub usage: Usage,
}

/// One picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture<'a> {
    /// Where it is.
    pub place: Place<'a>,
    /// What the model made of the description.
    pub revised_prompt: Option<Text<'a>>,
}

/// Where a picture is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place<'a> {
    /// Here, in base64.
    Inline(Text<'a>),
    /// At an address; from AOG it may be a path on its own machine.
    Address(Text<'a>),
}

impl<'a> Place<'a> {
    /// What an address leads to; one that holds the picture is not left as one.
    fn of_address(address: Text<'a>) -> Self {
        match address {
            Text::Borrowed(address) => match packed::data_address(address) {
                Some((_, data)) => Self::Inline(Text::Borrowed(data)),
                None => Self::Address(Text::Borrowed(address)),
            },
            Text::Owned(address) => match packed::data_address(&address) {
                Some((_, data)) => Self::Inline(Text::Owned(data.to_owned())),
                None => Self::Address(Text::Owned(address)),
            },
        }
    }

    /// An address that leads to it.
    fn address(&self) -> Cow<'_, str> {
        match self {
            Self::Address(address) => Cow::Borrowed(address),
            Self::Inline(data) => format!("data:{};base64,{data}", mime(data)).into(),
        }
    }
}

/// The media type of a picture, by the first letters of its base64.
fn mime(data: &str) -> &'static str {
    const KNOWN: [(&str, &str); 6] = [
        ("/9j/", "image/jpeg"),
        ("UklGR", "image/webp"),
        ("R0lGOD", "image/gif"),
        ("PHN2Zy", "image/svg+xml"),
        ("PD94bWwg", "image/svg+xml"),
        ("iVBORw0KGgo", "image/png"),
    ];
    let known = KNOWN.iter().find(|(start, _)| data.starts_with(start));
    known.map_or("image/png", |(_, mime)| mime)
}

/// Width and height, with `between` between them.
fn read_size(size: &str, between: [char; 2]) -> Option<(u64, u64)> {
    let (width, height) = size.split_once(between)?;
    let size = (width.trim().parse().ok()?, height.trim().parse().ok()?);
    (size.0 > 0 && size.1 > 0).then_some(size)
}

/// Takes `n` out.
fn read_count(root: &mut crate::json::Object<'_>) -> Result<u64, Misfit> {
    match root.whole("n")? {
        Some(0) => Err(Misfit::new("should be a whole number from 1").at("n")),
        n => Ok(n.unwrap_or(1)),
    }
}

/// Reads a request.
///
/// # Errors
/// [`Misfit`] for what is none.
pub fn read_request<'a>(
    form: Form,
    body: &'a str,
    losses: &mut Losses,
) -> Result<Request<'a>, Misfit> {
    match form {
        Form::OpenAi => openai::read_request(body, losses),
        Form::Aog => aog::read_request(body, losses),
        _ => Err(form.missing()),
    }
}

/// Writes a request for a provider; `model` is its name for the model. What its form cannot say is
/// named.
///
/// # Errors
/// When there is no such form.
pub fn write_request(
    form: Form,
    request: &Request<'_>,
    model: &str,
    losses: &mut Losses,
) -> Result<Vec<u8>, Misfit> {
    match form {
        Form::OpenAi => Ok(openai::write_request(request, model, losses)),
        Form::Aog => Ok(aog::write_request(request, model, losses)),
        _ => Err(form.missing()),
    }
}

/// Reads a reply.
///
/// # Errors
/// [`Misfit`] for what is none.
pub fn read_reply(form: Form, body: &str) -> Result<Reply<'_>, Misfit> {
    let reply = match form {
        Form::OpenAi => openai::read_reply(body)?,
        Form::Aog => aog::read_reply(body)?,
        _ => return Err(form.missing()),
    };
    if reply.pictures.is_empty() {
        return Err(Misfit::new("has no pictures"));
    }
    Ok(reply)
}

/// Writes a reply for a caller.
///
/// # Errors
/// When there is no such form.
pub fn write_reply(form: Form, reply: &Reply<'_>, face: &Face) -> Result<Vec<u8>, Misfit> {
    match form {
        Form::OpenAi => Ok(openai::write_reply(reply, face)),
        Form::Aog => Ok(aog::write_reply(reply, face)),
        _ => Err(form.missing()),
    }
}

/// What a reply says was used.
///
/// # Errors
/// [`Misfit`] for what is no JSON object, or an error.
pub fn weigh(form: Form, body: &str) -> Result<Usage, Misfit> {
    match form {
        Form::Aog => aog::weigh(body),
        _ => openai::weigh(body),
    }
}

/// How many there are, for [`Usage::images`].
fn count<T>(pictures: &[T]) -> Option<u64> {
    u64::try_from(pictures.len()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_holds_its_picture_is_opened_and_closed_again() {
        let address = "data:image/jpeg;base64,/9j/4AAQ";
        let place = Place::of_address(address.into());
        assert_eq!(place, Place::Inline("/9j/4AAQ".into()));
        assert_eq!(place.address(), address);
        assert_eq!(Place::of_address(address.to_owned().into()), place);
        let elsewhere = Place::of_address("https://a/b.png".into());
        assert_eq!(elsewhere.address(), "https://a/b.png");
    }

    #[test]
    fn the_first_letters_tell_what_it_is() {
        assert_eq!(mime("iVBORw0KGgo="), "image/png");
        assert_eq!(mime("PHN2ZyB4bWxucz0i"), "image/svg+xml");
        assert_eq!(mime("秤"), "image/png");
    }

    #[test]
    fn sizes_are_two_numbers() {
        assert_eq!(read_size("1024x768", ['x', 'X']), Some((1024, 768)));
        for size in ["", "x", "1024", "0x1", "1x0", "1x2x3", "-1x2", "1:2"] {
            assert_eq!(read_size(size, ['x', 'X']), None, "{size}");
        }
    }
}
