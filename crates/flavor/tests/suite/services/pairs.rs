//! What becomes of the samples.

use std::fmt::Write as _;

use bytes::Bytes;
use weighbridge_flavor::dialect::Path;
use weighbridge_flavor::json::Bounds;
use weighbridge_flavor::services::transcription::Shape;
use weighbridge_flavor::services::{self, Face, Form, Service, Usage, Wants};

use super::sample::{SAMPLES, sample};

pub(super) const PATH: Path<'static> = Path { model: "asked", stream: false };
const BOUNDS: Bounds = Bounds { depth: 64, capture: 1 << 16 };

pub(super) fn face(wants: Wants) -> Face {
    Face { id: "x1".into(), model: "asked".into(), created: 1_760_000_000, wants }
}

/// Bytes that people can read.
fn shown(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body).replace("\r\n", "⏎\n");
    let letter = |letter: char| match letter {
        '\n' => "\n".to_owned(),
        letter if letter.is_control() => letter.escape_default().to_string(),
        letter => letter.to_string(),
    };
    text.chars().map(letter).collect()
}

/// What a usage says.
fn used(usage: &Usage) -> String {
    let all = [
        ("input", usage.input_tokens),
        ("output", usage.output_tokens),
        ("audio input", usage.audio_input_tokens),
        ("images", usage.images),
        ("seconds", usage.seconds),
        ("characters", usage.characters),
        ("searches", usage.searches),
    ];
    let said = all.iter().filter_map(|(name, count)| count.map(|count| format!("{name} {count}")));
    said.collect::<Vec<_>>().join(", ")
}

fn others(service: Service, from: Form) -> impl Iterator<Item = Form> {
    service.forms().iter().copied().filter(move |to| *to != from)
}

#[test]
fn requests_become_requests() {
    for (service, from, requests, _) in SAMPLES {
        for name in requests {
            let sample = sample(name);
            let kind = Some(sample.content_type.as_str());
            let peek = services::peek(service, from, &sample.body, kind, PATH, BOUNDS).unwrap();
            let mut shown_all = format!("{peek:?}\n\n");
            for to in others(service, from) {
                let made = services::request(service, from, to, &sample.body, kind, PATH, "served");
                let made = made.unwrap();
                let (head, body) = (to.as_str(), shown(&made.body));
                writeln!(shown_all, "{head}: {}\n{body}", made.content_type).unwrap();
                writeln!(shown_all, "lost: {}\n{:?}\n", made.losses, made.wants).unwrap();
                // What was written for a provider is a request like any other.
                if made.losses.refusals(false).next().is_none() {
                    let kind = Some(made.content_type.as_ref());
                    services::peek(service, to, &made.body, kind, PATH, BOUNDS).unwrap();
                }
            }
            insta::assert_snapshot!(name.replace('/', "_"), shown_all);
        }
    }
}

#[test]
fn replies_become_replies() {
    for (service, from, _, replies) in SAMPLES {
        for name in replies {
            let sample = sample(name);
            let kind = Some(sample.content_type.as_str());
            let mut shown_all = String::new();
            for to in others(service, from) {
                let face = face(Wants { shape: Shape::Verbose, ..Wants::default() });
                let made = services::reply(service, from, to, &sample.body, kind, &face);
                let (head, made) = (to.as_str(), made.unwrap());
                let body = shown(&made.body);
                writeln!(shown_all, "{head}: {}\n{body}", made.content_type).unwrap();
                writeln!(shown_all, "used: {}\n", used(&made.usage)).unwrap();
                // It is metered by the same, whether it is converted or not.
                let weighed = services::weigh(service, from, &sample.body, kind).unwrap();
                assert_eq!(weighed, made.usage, "{name}");
            }
            insta::assert_snapshot!(name.replace('/', "_"), shown_all);
        }
    }
}

#[test]
fn transcripts_come_in_every_shape() {
    let sample = sample("aog/transcription_reply");
    let mut shown_all = String::new();
    for shape in [Shape::Json, Shape::Verbose, Shape::Text, Shape::Srt, Shape::Vtt] {
        let face = face(Wants { shape, language: Some("en".into()), ..Wants::default() });
        let (service, kind) = (Service::Transcription, Some(sample.content_type.as_str()));
        let made = services::reply(service, Form::Aog, Form::OpenAi, &sample.body, kind, &face);
        let made = made.unwrap();
        let body = shown(&made.body);
        writeln!(shown_all, "{shape:?}: {}\n{body}\n", made.content_type).unwrap();
    }
    insta::assert_snapshot!("transcript_shapes", shown_all);
}

#[test]
fn in_the_same_form_nothing_is_read() {
    let junk = Bytes::from_static(b"\xff no form at all \0");
    for service in Service::ALL {
        for form in service.forms() {
            let kind = Some("text/strange; x=y");
            let made = services::request(service, *form, *form, &junk, kind, PATH, "m").unwrap();
            assert_eq!((&made.body, made.content_type.as_ref()), (&junk, "text/strange; x=y"));
            assert!(made.losses.is_empty());
        }
    }
    for (service, form, _, replies) in SAMPLES {
        for name in replies {
            let sample = sample(name);
            let kind = Some(sample.content_type.as_str());
            let face = face(Wants { packed: true, items: Some(99), ..Wants::default() });
            let made = services::reply(service, form, form, &sample.body, kind, &face).unwrap();
            assert_eq!(made.body, sample.body, "{name}");
            assert_eq!(made.content_type, sample.content_type);
        }
    }
}

#[test]
fn a_form_that_a_service_has_not_is_named() {
    let body = Bytes::from_static(b"{}");
    for service in Service::ALL {
        for form in Form::ALL.into_iter().filter(|form| !service.has(*form)) {
            let words = format!("there is no {} form of this service", form.as_str());
            let own = service.forms()[0];
            for (from, to) in [(form, own), (own, form), (form, form)] {
                let made = services::request(service, from, to, &body, None, PATH, "m");
                assert_eq!(made.unwrap_err().to_string(), words);
                let face = face(Wants::default());
                let made = services::reply(service, from, to, &body, None, &face);
                assert_eq!(made.unwrap_err().to_string(), words);
            }
            let made = services::weigh(service, form, &body, None);
            assert_eq!(made.unwrap_err().to_string(), words);
            let made = services::peek(service, form, &body, None, PATH, BOUNDS);
            assert_eq!(made.unwrap_err().to_string(), words);
        }
    }
}

#[test]
fn an_error_in_the_place_of_a_reply_is_none() {
    let error = Bytes::from_static(br#"{"error":{"message":"no","type":"x"}}"#);
    for service in Service::ALL {
        let kind = Some("application/json");
        for (from, to) in super::pairs(service) {
            let face = face(Wants::default());
            assert!(services::reply(service, from, to, &error, kind, &face).is_err());
        }
        for form in service.forms() {
            assert!(services::weigh(service, *form, &error, kind).is_err(), "{service:?} {form:?}");
        }
    }
}
