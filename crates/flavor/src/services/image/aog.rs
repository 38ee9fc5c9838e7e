//! AOG's `text-to-image`. Its answer is a list of addresses, or of paths on its own machine; a
//! picture that is at hand is given as an address that holds it.

use super::{Picture, Place, Reply, Request, count, openai, read_count, read_size};
use crate::canon::Losses;
use crate::json::{Misfit, Object, object, writer};
use crate::services::{Face, Usage, aog};

pub(super) fn read_request<'a>(body: &'a str, losses: &mut Losses) -> Result<Request<'a>, Misfit> {
    let mut root = Object::parse(body)?;
    let mut request = Request::to(root.needed_text("model")?, root.needed_text("prompt")?);
    request.n = read_count(&mut root)?;
    request.size = size(&mut root)?;
    let (seed, local) = (root.number("seed")?, root.number("rng_seed")?);
    request.seed = seed.or(local);
    request.steps = root.whole("num_inference_steps")?;
    if root.take("image").is_some() {
        losses.refused("image", "a picture cannot be made after another there");
    }
    root.take("image_type");
    aog::take_gateway_fields(&mut root, losses)?;
    aog::note_rest(&root, losses);
    Ok(request)
}

/// It has `W*H`; that with an `x` was taken by some of its providers.
fn size(root: &mut Object<'_>) -> Result<Option<(u64, u64)>, Misfit> {
    let Some(size) = root.text("size")? else { return Ok(None) };
    let read = read_size(&size, ['*', 'x']);
    read.map(Some).ok_or_else(|| Misfit::new("should be as in 1024*1024").at("size"))
}

pub(super) fn write_request(request: &Request<'_>, model: &str, losses: &mut Losses) -> Vec<u8> {
    let mut out = Vec::new();
    writer::object(&mut out, |root| {
        root.text("model", model);
        root.text("prompt", &request.prompt);
        if request.n != 1 {
            root.whole("n", request.n);
        }
        if let Some((width, height)) = request.size {
            root.text("size", &format!("{width}*{height}"));
        }
        if let Some(seed) = request.seed {
            root.raw("seed", seed);
        }
        if let Some(steps) = request.steps {
            root.whole("num_inference_steps", steps);
        }
    });
    if request.end_user.is_some() {
        losses.dropped("user", "callers have no name there");
    }
    if request.linked.is_some() {
        losses.approximated("response_format", "where pictures are is up to the provider there");
    }
    out
}

pub(super) fn read_reply(body: &str) -> Result<Reply<'_>, Misfit> {
    let mut root = aog::read_reply(body)?;
    let mut pictures = Vec::new();
    if let Some(addresses) = root.take("url") {
        let one = [addresses];
        let list =
            if object::is_text(addresses) { Vec::from(one) } else { object::list(addresses)? };
        for (at, address) in list.into_iter().enumerate() {
            let address = object::text(address).map_err(|it| it.within(at).at("url"))?;
            pictures.push(Picture { place: Place::of_address(address), revised_prompt: None });
        }
    } else if let Some(data) = root.list("data")? {
        pictures = openai::read_pictures(&data).map_err(|misfit| misfit.at("data"))?;
    } else if let Some(data) = root.text("b64_json")? {
        pictures.push(Picture { place: Place::Inline(data), revised_prompt: None });
    }
    let usage = Usage { images: count(&pictures), ..Usage::default() };
    Ok(Reply { pictures, usage })
}

pub(super) fn weigh(body: &str) -> Result<Usage, Misfit> {
    aog::read_reply(body)?;
    // A reply that nobody here can count has still made a picture.
    Ok(read_reply(body).map_or(Usage::default(), |reply| reply.usage))
}

pub(super) fn write_reply(reply: &Reply<'_>, face: &Face) -> Vec<u8> {
    let mut out = Vec::new();
    writer::object(&mut out, |root| {
        root.text("id", &face.id);
        root.whole("created", face.created);
        root.list("url", |addresses| {
            for picture in &reply.pictures {
                addresses.text(&picture.place.address());
            }
        });
    });
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_of_its_shapes_is_read() {
        let at = |address: &'static str| Place::Address(address.into());
        let here = || Place::Inline("iVBO".into());
        for (body, places) in [
            (
                r#"{"id":"a","url":["https://a/b","/tmp/c.png"]}"#,
                vec![at("https://a/b"), at("/tmp/c.png")],
            ),
            (r#"{"url":"https://a/b"}"#, vec![at("https://a/b")]),
            (r#"{"created":1,"data":[{"url":"https://a/b"}]}"#, vec![at("https://a/b")]),
            (r#"{"data":[{"b64_json":"iVBO"}],"b64_json":"iVBO"}"#, vec![here()]),
            (r#"{"b64_json":"iVBO"}"#, vec![here()]),
            (r#"{"url":["data:image/png;base64,iVBO"]}"#, vec![here()]),
            (
                r#"{"business_code":200,"message":"success","data":{"id":"a","url":["https://a/b"]}}"#,
                vec![at("https://a/b")],
            ),
        ] {
            let reply = read_reply(body).unwrap();
            let read: Vec<_> = reply.pictures.into_iter().map(|picture| picture.place).collect();
            assert_eq!(read, places, "{body}");
            assert_eq!(weigh(body).unwrap().images, count(&places));
        }
        assert!(super::super::read_reply(crate::services::Form::Aog, "{}").is_err());
    }

    #[test]
    fn a_picture_to_go_by_is_refused() {
        let mut losses = Losses::default();
        let body = r#"{"model":"m","prompt":"p","image":"/etc/passwd","image_type":"path","size":"512*512","rng_seed":7}"#;
        let request = read_request(body, &mut losses).unwrap();
        assert_eq!((request.size, request.seed), (Some((512, 512)), Some("7")));
        assert_eq!(losses.to_string(), "image;refused");
    }
}
