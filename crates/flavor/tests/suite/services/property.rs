//! What holds for any input.

use bytes::Bytes;
use proptest::{collection::vec, option, prelude::*, sample::select};
use weighbridge_flavor::canon::Losses;
use weighbridge_flavor::json::Bounds;
use weighbridge_flavor::services::embed::{self, Input, Vector};
use weighbridge_flavor::services::multipart::{self, Writer};
use weighbridge_flavor::services::transcription::Shape;
use weighbridge_flavor::services::{self, Form, Service, Usage, Wants, rerank};

use super::pairs::{PATH, face};

const JSON: Option<&str> = Some("application/json");
const BOUNDS: Bounds = Bounds { depth: 64, capture: 1 << 16 };

/// Every number of 32 bits that is one.
fn number() -> impl Strategy<Value = f32> {
    any::<u32>().prop_map(f32::from_bits).prop_filter("a number", |number| number.is_finite())
}

/// Numbers as servers spell them.
fn spelled() -> impl Strategy<Value = String> {
    prop_oneof![
        "-?(0|[1-9][0-9]{0,24})(\\.[0-9]{1,24})?([eE][+-]?[0-9]{1,2})?",
        any::<f64>().prop_filter("a number", |it| it.is_finite()).prop_map(|it| format!("{it:?}")),
    ]
}

fn words() -> impl Strategy<Value = String> {
    "[a-z\"\\\\秤 \n]{0,8}[a-z秤]"
}

fn texts(request: &embed::Request<'_>) -> Vec<String> {
    let Input::Texts(texts) = &request.input else { return Vec::new() };
    texts.iter().map(ToString::to_string).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn packed_numbers_are_the_same_to_the_bit(numbers in vec(number(), 0..40)) {
        let digits = serde_json::to_string(&numbers).unwrap();
        let vector = Vector::Digits(&digits);
        let packed = vector.packed().unwrap().into_owned();
        let again = Vector::Packed(packed.clone().into());
        let spelled = again.digits().unwrap();
        let read: Vec<f32> = serde_json::from_str(&spelled).unwrap();
        let bits = |numbers: &[f32]| numbers.iter().map(|it| it.to_bits()).collect::<Vec<_>>();
        prop_assert_eq!(bits(&read), bits(&numbers), "{}", spelled);
        let packed_again = Vector::Digits(&spelled).packed().unwrap().into_owned();
        prop_assert_eq!(packed_again, packed);
    }

    #[test]
    fn numbers_that_stay_json_keep_their_digits(
        vectors in vec(vec(spelled(), 0..6).prop_map(|it| format!("[{}]", it.join(","))), 1..4),
    ) {
        let body = Bytes::from(format!("{{\"embeddings\":[{}]}}", vectors.join(",")));
        for to in [Form::OpenAi, Form::GeminiBatch, Form::Aog] {
            let face = face(Wants::default());
            let made = services::reply(Service::Embed, Form::Ollama, to, &body, JSON, &face);
            let made = made.unwrap().body;
            let read = embed::read_reply(to, std::str::from_utf8(&made).unwrap()).unwrap();
            let there: Vec<_> = vectors.iter().map(|it| Vector::Digits(it)).collect();
            prop_assert_eq!(read.vectors, there);
        }
    }

    #[test]
    fn texts_come_through_from_each_form_to_each(
        asked in vec(words(), 1..4),
        dimensions in option::of(1..4000_u64),
    ) {
        let text = Bytes::from(serde_json::json!({"model": "m", "input": asked,
            "dimensions": dimensions}).to_string());
        for (from, to) in super::pairs(Service::Embed) {
            let first = services::request(Service::Embed, Form::OpenAi, from, &text, JSON, PATH, "m");
            let first = first.unwrap();
            let there =
                services::request(Service::Embed, from, to, &first.body, JSON, PATH, "m").unwrap();
            let refused = |losses: &Losses| losses.refusals(false).next().is_some();
            if refused(&first.losses) || refused(&there.losses) {
                continue;
            }
            let body = std::str::from_utf8(&there.body).unwrap();
            let request = embed::read_request(to, body, PATH, &mut Losses::default()).unwrap();
            prop_assert_eq!(texts(&request), asked.clone(), "{:?} {:?}", from, to);
            prop_assert_eq!(request.dimensions, dimensions, "{:?} {:?}", from, to);
        }
    }

    #[test]
    fn scores_and_documents_come_through(
        documents in vec(words(), 1..4), score in spelled(), tokens in 1..1000_u64,
    ) {
        let results: Vec<_> = documents.iter().enumerate().map(|(at, text)| format!(
            "{{\"index\":{at},\"relevance_score\":{score},\"document\":{}}}",
            serde_json::json!({"text": text}),
        )).collect();
        let body = format!("{{\"results\":[{}],\"usage\":{{\"total_tokens\":{tokens}}}}}",
            results.join(","));
        let body = Bytes::from(body);
        for (from, to) in super::pairs(Service::Rerank) {
            let face = face(Wants { items: Some(4), ..Wants::default() });
            let made = services::reply(Service::Rerank, from, to, &body, JSON, &face).unwrap();
            let read = rerank::read_reply(to, std::str::from_utf8(&made.body).unwrap()).unwrap();
            for (ranked, text) in read.results.iter().zip(&documents) {
                prop_assert_eq!(ranked.score, score.as_str());
                prop_assert_eq!(ranked.document.as_deref(), Some(text.as_str()));
            }
            prop_assert_eq!(read.results.len(), documents.len());
            let expected = Usage { input_tokens: Some(tokens), ..Usage::default() };
            prop_assert_eq!(made.usage, expected);
        }
    }

    #[test]
    fn a_transcript_keeps_its_words_and_times(
        said in vec((0..3_000_000_u64, words()), 1..5),
    ) {
        let segments: Vec<_> = said.iter().map(|(start, text)| serde_json::json!({
            "start": format!("{}.{:03}", start / 1000, start % 1000).parse::<f64>().unwrap(),
            "end": (start / 1000 + 1) as f64, "text": text,
        })).collect();
        let text: String = said.iter().map(|(_, text)| text.as_str()).collect();
        let body = serde_json::json!({"text": text, "segments": segments}).to_string();
        let first = services::transcription::read_reply(Form::OpenAi, body.as_bytes(), JSON).unwrap();
        let face = face(Wants { shape: Shape::Verbose, ..Wants::default() });
        let (service, body) = (Service::Transcription, Bytes::from(body.clone()));
        let there = services::reply(service, Form::OpenAi, Form::Aog, &body, JSON, &face).unwrap();
        let back = services::reply(service, Form::Aog, Form::OpenAi, &there.body, JSON, &face);
        let back = back.unwrap().body;
        let again = services::transcription::read_reply(Form::OpenAi, &back, JSON).unwrap();
        prop_assert_eq!(&again.text, &first.text);
        let times = |reply: &services::transcription::Reply<'_>| {
            reply.segments.iter().map(|it| (it.start, it.end)).collect::<Vec<_>>()
        };
        prop_assert_eq!(times(&again), times(&first));
        for (segment, (start, text)) in again.segments.iter().zip(&said) {
            prop_assert_eq!(segment.start.0, *start);
            prop_assert_eq!(segment.text.as_ref(), text.trim());
        }
    }

    #[test]
    fn what_is_written_as_a_form_is_read_as_it_was(
        parts in vec(("[a-z\\[\\]]{1,8}", option::of("[a-z. 秤]{0,8}"), vec(any::<u8>(), 0..60)), 0..6),
        sly in vec(0..4_u64, 0..4),
    ) {
        let sly: String =
            sly.iter().map(|it| format!("\r\n--weighbridge-{it:016x}--\r\n")).collect();
        let mut form = Writer::new();
        form.field("sly", &sly);
        for (name, file, data) in &parts {
            form.file(name, file.as_deref().unwrap_or("f"), "audio/wav", data);
        }
        let (body, kind) = form.finish();
        let read = multipart::read(&body, Some(&kind)).unwrap();
        prop_assert_eq!(read[0].data, sly.as_bytes());
        prop_assert_eq!(read.len(), parts.len() + 1);
        for (part, (name, file, data)) in read[1..].iter().zip(&parts) {
            prop_assert_eq!(part.name.as_ref(), name.as_str());
            prop_assert_eq!(part.file.as_deref(), Some(file.as_deref().unwrap_or("f")));
            prop_assert_eq!(part.data, data.as_slice());
        }
    }

    #[test]
    fn no_body_is_too_strange_to_be_refused(
        body in prop_oneof![
            vec(any::<u8>(), 0..200),
            "(--b|\r\n|--|[a-z:;=\" ]|Content-Disposition: form-data; name=a){0,30}"
                .prop_map(String::into_bytes),
            "[\\[\\]{}\",:0-9a-z]{0,60}".prop_map(String::into_bytes),
        ],
        kind in select(vec![None, JSON, Some("multipart/form-data; boundary=b"), Some("text/plain")]),
    ) {
        let body = Bytes::from(body);
        for service in Service::ALL {
            for (from, to) in super::pairs(service) {
                let _ = services::peek(service, from, &body, kind, PATH, BOUNDS);
                let _ = services::request(service, from, to, &body, kind, PATH, "m");
                let face = face(Wants { packed: true, ..Wants::default() });
                let _ = services::reply(service, from, to, &body, kind, &face);
                let _ = services::weigh(service, from, &body, kind);
            }
        }
    }
}
