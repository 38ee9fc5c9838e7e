//! AOG's `speech-to-text`: JSON, with the sound in base64. It answers with segments, whose times are
//! those of a clock, or with the text alone; written is both.

use serde_json::value::RawValue;

use super::{Millis, Reply, Request, Segment, Shape, Sound};
use crate::canon::{Losses, Text};
use crate::json::{Misfit, Object, object, writer};
use crate::services::{Face, aog, packed};

pub(super) fn read_request<'a>(body: &'a str, losses: &mut Losses) -> Result<Request<'a>, Misfit> {
    let mut root = Object::parse(body)?;
    let model = root.needed_text("model")?;
    let (sound, mime) = read_sound(&mut root, losses)?;
    let request = Request {
        model,
        sound,
        file: None,
        mime,
        language: root.text("language")?.filter(|language| !language.is_empty()),
        prompt: None,
        temperature: None,
        // Its callers look for segments.
        shape: Shape::Verbose,
        words: false,
    };
    aog::take_gateway_fields(&mut root, losses)?;
    aog::note_rest(&root, losses);
    Ok(request)
}

/// Takes the sound and its media type out. A path would be one on the gateway's own disk, and an
/// address one that the gateway would have to fetch from for a stranger: it does neither.
fn read_sound<'a>(
    root: &mut Object<'a>,
    losses: &mut Losses,
) -> Result<(Sound<'a>, Option<Text<'a>>), Misfit> {
    let kind = root.text("file_type")?;
    let (audio, file) = (root.text("audio")?, root.text("file")?);
    let sound = match (audio, file) {
        (Some(audio), _) => audio,
        (None, Some(file)) if matches!(kind.as_deref(), None | Some("base64")) => file,
        (None, Some(_)) => {
            losses.refused("file", "a sound has to be sent along, in base64");
            return Ok((Sound::Elsewhere, None));
        }
        (None, None) => {
            let words = "is missing; a sound in base64 has to stand here";
            return Err(Misfit::new(words).at("audio"));
        }
    };
    Ok(match packed::data_address(&sound) {
        Some((mime, data)) => (
            Sound::Packed(Text::Owned(data.to_owned())),
            Some(Text::Owned(mime.to_owned())).filter(|mime| !mime.is_empty()),
        ),
        None => (Sound::Packed(sound), None),
    })
}

pub(super) fn write_request(request: &Request<'_>, model: &str, losses: &mut Losses) -> Vec<u8> {
    let sound = match &request.sound {
        Sound::Bytes(bytes) => Text::Owned(packed::pack(bytes)),
        Sound::Packed(packed) => Text::Borrowed(packed.as_ref()),
        Sound::Elsewhere => Text::default(),
    };
    let mut out = Vec::with_capacity(sound.len() + 256);
    writer::object(&mut out, |root| {
        root.text("model", model);
        root.text("audio", &sound);
        if let Some(language) = &request.language {
            root.text("language", language);
        }
    });
    if request.shape == Shape::Verbose {
        losses.approximated(
            "response_format",
            "how segments were made is not told there; zeros stand for it",
        );
    }
    if request.words {
        losses.refused("timestamp_granularities", "only segments have times there");
    }
    if request.prompt.is_some() {
        losses.dropped("prompt", "there is no place for words to go by there");
    }
    if request.temperature.is_some() {
        losses.dropped("temperature", "no such knob there");
    }
    out
}

pub(super) fn read_reply(body: &str) -> Result<Reply<'_>, Misfit> {
    let mut root = aog::read_reply(body)?;
    let text = root.text("text")?;
    let segments = root.list("segments")?;
    if text.is_none() && segments.is_none() {
        return Err(Misfit::new("is missing; a list has to stand here").at("segments"));
    }
    let segments = read_segments(&segments.unwrap_or_default());
    let mut reply = Reply::of_segments(segments.map_err(|misfit| misfit.at("segments"))?);
    if let Some(text) = text.filter(|text| !text.is_empty()) {
        reply.text = text;
    }
    reply.usage.text_bytes = u64::try_from(reply.text.len()).unwrap_or(u64::MAX);
    Ok(reply)
}

fn read_segments<'a>(segments: &[&'a RawValue]) -> Result<Vec<Segment<'a>>, Misfit> {
    let read = |segment: &'a RawValue| {
        let mut segment = Object::read(segment)?;
        let mut time = |name| {
            let time = segment.take(name).and_then(read_time);
            time.ok_or_else(|| Misfit::new("should be a time as in 00:00:03.500").at(name))
        };
        let (start, end) = (time("start")?, time("end")?);
        Ok(Segment { start, end, text: segment.text("text")?.unwrap_or_default() })
    };
    let segments = segments.iter().enumerate();
    segments.map(|(at, it)| read(it).map_err(|misfit: Misfit| misfit.within(at))).collect()
}

/// A clock's time, or seconds.
fn read_time(value: &RawValue) -> Option<Millis> {
    if object::is_text(value) {
        let text = object::text(value).ok()?;
        return Millis::of_clock(&text).or_else(|| Millis::of_seconds(&text));
    }
    Millis::of_seconds(value.get())
}

pub(super) fn write_reply(reply: &Reply<'_>, face: &Face) -> Vec<u8> {
    let mut out = Vec::new();
    writer::object(&mut out, |root| {
        root.text("id", &face.id);
        root.text("text", &reply.text);
        root.list("segments", |segments| {
            for (id, segment) in (0..).zip(&reply.segments) {
                segments.object(|it| {
                    it.whole("id", id);
                    it.text("start", &segment.start.clock('.').to_string());
                    it.text("end", &segment.end.clock('.').to_string());
                    it.text("text", segment.text.trim());
                });
            }
        });
    });
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(fields: &str) -> Result<(Sound<'static>, Option<String>, String), Misfit> {
        let body = format!(r#"{{"model":"m",{fields}}}"#);
        let mut losses = Losses::default();
        let request = read_request(&body, &mut losses)?;
        let sound = match request.sound {
            Sound::Packed(packed) => Sound::Packed(Text::Owned(packed.into_owned())),
            _ => Sound::Elsewhere,
        };
        Ok((sound, request.mime.map(Text::into_owned), losses.to_string()))
    }

    #[test]
    fn a_sound_is_sent_along_or_refused() {
        let here = || Sound::Packed("UklG".into());
        let plain = (here(), None, String::new());
        assert_eq!(read(r#""audio":"UklG""#).unwrap(), plain);
        assert_eq!(read(r#""file":"UklG","file_type":"base64""#).unwrap(), plain);
        let address = read(r#""audio":"data:audio/wav;base64,UklG""#).unwrap();
        assert_eq!(address, (here(), Some("audio/wav".into()), String::new()));
        for file in [
            r#""file":"/etc/passwd","file_type":"path""#,
            r#""file":"http://169.254.169.254/","file_type":"url""#,
        ] {
            assert_eq!(read(file).unwrap(), (Sound::Elsewhere, None, "file;refused".into()));
        }
        assert!(read(r#""language":"zh""#).is_err());
    }

    #[test]
    fn each_of_its_shapes_is_read() {
        let body = r#"{"segments":[{"id":0,"start":"00:00:00,000","end":"00:00:03.500","text":"One."},
            {"id":1,"start":3.5,"end":"7.2","text":"Two."}]}"#;
        let reply = read_reply(body).unwrap();
        assert_eq!(reply.text, "One. Two.");
        let times: Vec<_> = reply.segments.iter().map(|it| (it.start.0, it.end.0)).collect();
        assert_eq!(times, [(0, 3500), (3500, 7200)]);
        assert_eq!(read_reply(r#"{"id":"a","msg":"","text":"One."}"#).unwrap().text, "One.");
        let wrapped = r#"{"business_code":200,"message":"","data":{"segments":[]}}"#;
        assert_eq!(read_reply(wrapped).unwrap().text, "");
        assert!(read_reply("{}").is_err());
        assert!(read_reply(r#"{"segments":[{"start":"soon"}]}"#).is_err());
    }
}
