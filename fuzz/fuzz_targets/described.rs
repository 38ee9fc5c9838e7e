//! Flavors as files describe them: one whose streams are events with a terminator, and one whose
//! streams are lines that end with their reason.

use std::sync::OnceLock;

use weighbridge_flavor::custom::{
    Credential, Custom, Framing, Messages, Place, ReplyPlaces, RequestPlaces, StopWords, Stream,
};
use weighbridge_flavor::dialect::Dialect;

/// All dialects that there are, and these.
pub fn all() -> Vec<Dialect> {
    static BOTH: OnceLock<[Custom; 2]> = OnceLock::new();
    let both = BOTH.get_or_init(|| [tally(Framing::Events, Some("over")), tally(Framing::Lines, None)]);
    Dialect::ALL.into_iter().chain(both.iter().map(Dialect::Custom)).collect()
}

fn tally(framing: Framing, terminator: Option<&str>) -> Custom {
    Custom {
        name: "tally".into(),
        path: "/tally/v1/turns".into(),
        provider_path: "/v1/turns".into(),
        credential: Credential { header: "x-tally-key".into(), prefix: String::new() },
        request: RequestPlaces {
            model: place("engine.name"),
            stream: Some(place("engine.live")),
            max_output: Some(place("limits.words")),
            temperature: Some(place("heat")),
            top_p: None,
            top_k: None,
            seed: None,
            stop: Some(place("limits.until")),
            end_user: None,
            system: Some(place("brief")),
            messages: Messages {
                place: place("turns"),
                role: place("by"),
                text: place("words"),
                system: None,
                user: "caller".into(),
                assistant: "engine".into(),
            },
        },
        reply: places("answer.words"),
        stream: Some(Stream {
            framing,
            piece: places("words"),
            terminator: terminator.map(str::to_owned),
        }),
        error: place("wrong.why"),
    }
}

fn places(text: &str) -> ReplyPlaces {
    ReplyPlaces {
        id: Some(place("ticket")),
        model: Some(place("engine")),
        text: place(text),
        stop: Some(place("ended")),
        stops: StopWords {
            end: Some("said".into()),
            length: Some("full".into()),
            filtered: Some("withheld".into()),
        },
        input_tokens: Some(place("weight.in")),
        output_tokens: Some(place("weight.out")),
    }
}

fn place(names: &str) -> Place {
    Place::read(names).unwrap()
}
