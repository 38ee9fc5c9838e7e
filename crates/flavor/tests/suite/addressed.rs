//! What is addressed to the gateway is read, taken out, and no loss.

use std::collections::BTreeMap;

use bytes::Bytes;
use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::value::RawValue;
use weighbridge_flavor::addressed::{Policy, without_policy, without_policy_service};
use weighbridge_flavor::convert::Asked;
use weighbridge_flavor::custom::{
    Credential, Custom, Messages, Place, ReplyPlaces, RequestPlaces, StopWords,
};
use weighbridge_flavor::dialect::{Dialect, Path};
use weighbridge_flavor::json;
use weighbridge_flavor::openai::peek_chat;
use weighbridge_flavor::peek::peek;
use weighbridge_flavor::services::multipart::Writer;
use weighbridge_flavor::services::{self, Form, Service};

use super::generate::{BOUNDS, damaged, letters, object, space, value};

const PATH: Path<'static> = Path { model: "asked", stream: false };

/// A member of an object, with the white space around it: before it, around the colon, behind it.
#[derive(Debug, Clone)]
struct Spelled {
    before: &'static str,
    member: String,
    behind: &'static str,
}

impl Spelled {
    fn text(&self) -> String {
        format!("{}{}{}", self.before, self.member, self.behind)
    }
}

fn member(
    name: impl Strategy<Value = String>,
    value: impl Strategy<Value = String>,
) -> impl Strategy<Value = Spelled> {
    let spaces = (space(), space(), space(), space());
    (name, value, spaces).prop_map(|(name, value, (before, one, other, behind))| Spelled {
        before,
        member: format!("\"{name}\"{one}:{other}{value}"),
        behind,
    })
}

fn own() -> impl Strategy<Value = Spelled> {
    let name = select(vec!["hybrid_policy", "hybrid\\u005fpolicy", "\\u0068ybrid_polic\\u0079"]);
    member(name.prop_map(str::to_owned), value())
}

fn others() -> impl Strategy<Value = Vec<Spelled>> {
    vec(member(letters(), value()), 0..6)
}

fn joined(members: &[Spelled]) -> String {
    members.iter().map(Spelled::text).collect::<Vec<_>>().join(",")
}

fn object_of(members: &[Spelled]) -> String {
    format!("{{{}}}", joined(members))
}

/// An object's members as they are spelled, of those by one name the last.
fn members(text: &[u8]) -> BTreeMap<String, String> {
    let members: BTreeMap<String, Box<RawValue>> = serde_json::from_slice(text).unwrap();
    members.into_iter().map(|(name, value)| (name, value.get().to_owned())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn it_is_taken_out_and_nothing_else_changes(
        mut all in others(), own in own(), at in any::<prop::sample::Index>(),
        (before, behind) in (space(), space()),
    ) {
        let bare = members(object_of(&all).as_bytes());
        let at = at.index(all.len() + 1);
        all.insert(at, own);
        let body = Bytes::from(format!("{before}{}{behind}", object_of(&all)));
        prop_assert!(members(&body).contains_key("hybrid_policy"));
        let made = without_policy(Dialect::Chat, &body).unwrap();
        prop_assert_eq!(members(&made), bare);
        // To the byte: white space goes with the comma behind it, and stays where there is none.
        let own = all.remove(at);
        let start = if all.is_empty() { own.before } else { "" };
        let end = if at == all.len() { own.behind } else { "" };
        if let Some(next) = all.get_mut(at) {
            next.before = own.before;
        }
        let expected = format!("{before}{{{start}{}{end}}}{behind}", joined(&all));
        prop_assert_eq!(&made, &expected);
        // And there is no more to take out.
        prop_assert_eq!(without_policy(Dialect::Chat, &made), Some(made));
    }

    #[test]
    fn of_two_none_is_taken_out(
        mut all in others(), pair in (own(), own()), at in any::<[prop::sample::Index; 2]>(),
    ) {
        all.insert(at[0].index(all.len() + 1), pair.0);
        all.insert(at[1].index(all.len() + 1), pair.1);
        prop_assert_eq!(without_policy(Dialect::Chat, &Bytes::from(object_of(&all))), None);
    }

    #[test]
    fn what_comes_of_damage_is_json_or_nothing(
        body in damaged((others(), own()).prop_map(|(mut all, own)| {
            all.push(own);
            object_of(&all).into_bytes()
        })),
        object in object(),
    ) {
        for body in [Bytes::from(body), Bytes::from(object)] {
            let is_json = json::scan(&body, &["hybrid_policy"], BOUNDS);
            let made = without_policy(Dialect::Gemini, &body);
            prop_assert_eq!(made.is_some(), is_json.is_ok_and(|it| it.repeated().is_none()));
            if let Some(made) = made {
                let again = json::scan(&made, &["hybrid_policy"], BOUNDS)?;
                prop_assert!(again.member("hybrid_policy").is_none());
            }
        }
    }
}

/// What stands in the field, and what it says.
fn policies() -> [(&'static str, Policy); 5] {
    [
        (r#""always_remote""#, Policy::Said("always_remote".to_owned())),
        ("null", Policy::Nothing),
        ("7", Policy::NotText),
        (r#"{"a":["always_remote"]}"#, Policy::NotText),
        ("[]", Policy::NotText),
    ]
}

/// An object with a member more.
fn with(body: &str, name: &str, value: &str) -> Bytes {
    Bytes::from(format!("{{\"{name}\":{value},{}", &body[1..]))
}

fn described() -> &'static Custom {
    let place = |text: &str| Place::read(text).unwrap();
    let reply = ReplyPlaces {
        id: None,
        model: None,
        text: place("text"),
        stop: None,
        stops: StopWords::default(),
        input_tokens: None,
        output_tokens: None,
    };
    Box::leak(Box::new(Custom {
        name: "own".into(),
        path: "/own".into(),
        provider_path: "/own".into(),
        credential: Credential { header: "x-key".into(), prefix: String::new() },
        request: RequestPlaces {
            model: place("engine.name"),
            stream: None,
            max_output: None,
            temperature: None,
            top_p: None,
            top_k: None,
            seed: None,
            stop: None,
            end_user: None,
            system: None,
            messages: Messages {
                place: place("turns"),
                role: place("by"),
                text: place("words"),
                system: None,
                user: "u".into(),
                assistant: "a".into(),
            },
        },
        reply,
        stream: None,
        error: place("error"),
    }))
}

fn request(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Chat | Dialect::Messages | Dialect::OllamaChat | Dialect::AogChat => {
            r#"{"model":"m","messages":[{"role":"user","content":"a"}]}"#
        }
        Dialect::Completion | Dialect::OllamaGenerate | Dialect::AogGenerate => {
            r#"{"model":"m","prompt":"a"}"#
        }
        Dialect::Responses => r#"{"model":"m","input":"a"}"#,
        Dialect::Gemini => r#"{"contents":[{"parts":[{"text":"a"}]}]}"#,
        Dialect::Custom(_) => r#"{"engine":{"name":"m"},"turns":[{"by":"u","words":"a"}]}"#,
    }
}

#[test]
fn in_every_dialect_it_is_read_and_taken_out_and_no_loss() {
    for dialect in Dialect::ALL.into_iter().chain([Dialect::Custom(described())]) {
        let names: &[&str] = match dialect {
            Dialect::Gemini => &["hybrid_policy", "hybridPolicy"],
            _ => &["hybrid_policy"],
        };
        let bare = request(dialect);
        let asked = Asked::read(dialect, bare, PATH).unwrap();
        assert!(asked.losses.is_empty(), "{dialect:?}: {}", asked.losses);
        for (name, (value, said)) in
            names.iter().flat_map(|name| policies().map(|policy| (name, policy)))
        {
            let body = with(bare, name, value);
            let text = std::str::from_utf8(&body).unwrap();
            assert_eq!(Asked::read(dialect, text, PATH).unwrap(), asked, "{dialect:?}: {text}");
            let read = |body: &Bytes| match dialect {
                Dialect::Chat => peek_chat(body, BOUNDS).unwrap().policy,
                _ => peek(dialect, body, PATH, BOUNDS).unwrap().policy,
            };
            assert_eq!(read(&body), Some(said), "{dialect:?}: {text}");
            let made = without_policy(dialect, &body).unwrap();
            assert_eq!(made, bare, "{dialect:?}: {text}");
            assert_eq!(read(&made), None);
        }
    }
}

fn service_request(service: Service, form: Form) -> &'static str {
    match (service, form) {
        (Service::Embed, Form::Gemini) => r#"{"content":{"parts":[{"text":"a"}]}}"#,
        (Service::Embed, Form::GeminiBatch) => {
            r#"{"requests":[{"content":{"parts":[{"text":"a"}]}}]}"#
        }
        (Service::Embed, Form::OllamaOlder) | (Service::Image, _) => {
            r#"{"model":"m","prompt":"a"}"#
        }
        (Service::Embed, _) => r#"{"model":"m","input":"a"}"#,
        (Service::Speech, Form::Aog) => r#"{"model":"m","text":"a"}"#,
        (Service::Speech, _) => r#"{"model":"m","input":"a","voice":"b"}"#,
        (Service::Transcription, _) => r#"{"model":"m","audio":"UklGRg=="}"#,
        (Service::Rerank, _) => r#"{"model":"m","query":"a","documents":["b"]}"#,
    }
}

/// A sound in a form, with these fields more; and the media type.
fn sound(fields: &[&str]) -> (Bytes, String) {
    let mut form = Writer::new();
    form.field("model", "m");
    fields.iter().for_each(|value| form.field("hybrid_policy", value));
    form.file("file", "a.wav", "audio/wav", b"RIFF\r\n\0");
    let (body, kind) = form.finish();
    (Bytes::from(body), kind)
}

/// What holds of a body with the field and of the same without.
fn holds(
    service: Service,
    form: Form,
    kind: Option<&str>,
    (body, said): (&Bytes, Policy),
    bare: &Bytes,
) {
    let shown = String::from_utf8_lossy(body);
    let read =
        |body: &Bytes| services::peek(service, form, body, kind, PATH, BOUNDS).unwrap().policy;
    assert_eq!(read(body), Some(said), "{service:?} {form:?}: {shown}");
    assert_eq!(read(bare), None);
    for to in service.forms().iter().filter(|to| **to != form) {
        let made =
            |body| services::request(service, form, *to, body, kind, PATH, "served").unwrap();
        assert_eq!(made(body), made(bare), "{service:?} {form:?} {to:?}: {shown}");
        assert!(!made(body).losses.to_string().contains("olicy"));
    }
    let made = without_policy_service(service, form, body, kind);
    assert_eq!(made.as_ref(), Some(bare), "{service:?} {form:?}: {shown}");
}

#[test]
fn in_every_form_of_a_service_it_is_read_and_taken_out_and_no_loss() {
    for service in Service::ALL {
        for form in service.forms().iter().copied() {
            if (service, form) == (Service::Transcription, Form::OpenAi) {
                let (bare, kind) = sound(&[]);
                for (value, said) in [
                    ("always_local", Policy::Said("always_local".to_owned())),
                    ("", Policy::Nothing),
                ] {
                    let (body, _) = sound(&[value]);
                    holds(service, form, Some(&kind), (&body, said), &bare);
                }
                continue;
            }
            let names: &[&str] = match form {
                Form::Gemini | Form::GeminiBatch => &["hybrid_policy", "hybridPolicy"],
                _ => &["hybrid_policy"],
            };
            let bare = Bytes::from_static(service_request(service, form).as_bytes());
            for (name, (value, said)) in
                names.iter().flat_map(|name| policies().map(|policy| (name, policy)))
            {
                let body = with(service_request(service, form), name, value);
                holds(service, form, None, (&body, said), &bare);
            }
        }
    }
}

#[test]
fn a_form_that_has_it_twice_is_refused() {
    let (body, kind) = sound(&["always_local", "always_local"]);
    let (service, form, kind) = (Service::Transcription, Form::OpenAi, Some(kind.as_str()));
    let refused = services::peek(service, form, &body, kind, PATH, BOUNDS).unwrap_err();
    assert_eq!(refused.to_string(), "`hybrid_policy` is given more than once");
    assert_eq!(refused.field(), Some("hybrid_policy"));
    assert_eq!(without_policy_service(service, form, &body, kind), None);
}

#[test]
fn what_is_too_long_to_be_kept_is_refused_or_no_text() {
    let bounds = json::Bounds { capture: 256, ..BOUNDS };
    let long = "p".repeat(300);
    let read = |value: &str| {
        let body = Bytes::from(format!(r#"{{"model":"m","hybrid_policy":{value}}}"#));
        peek_chat(&body, bounds).map(|peek| peek.policy)
    };
    assert_eq!(read(&format!("\"{long}\"")).unwrap_err().field(), Some("hybrid_policy"));
    assert_eq!(read(&format!("[\"{long}\"]")), Ok(Some(Policy::NotText)));
    assert_eq!(read(&format!("\"{}\"", &long[..100])), Ok(Some(Policy::NotText)));
}
