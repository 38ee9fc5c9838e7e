//! A file that describes a flavor of the operator's own, named in `flavors`.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use weighbridge_gateway::custom::{
    Credential, Custom, Framing, Messages, Place, ReplyPlaces, RequestPlaces, StopWords, Stream,
};

use super::complaint::{Complaint, ConfigError};
use super::reader::{Reader, Table};

/// Names that flavors of the gateway's own have, or will have.
const TAKEN: [&str; 8] =
    ["openai", "openai-responses", "anthropic", "gemini", "ollama", "aog", "ase", "gbuilder"];

/// Paths under which the gateway has routes of its own.
const OWN: [&str; 13] = [
    "/gateway/",
    "/ledger/",
    "/k/",
    "/v1/",
    "/v1beta/",
    "/v1alpha/",
    "/api/",
    "/aog/",
    "/gbuilder/",
    "/health",
    "/ready",
    "/metrics",
    "/openapi.json",
];

/// The most flavors that may be described.
const MOST: usize = 32;

/// Reads all flavors that the file names. They stay for as long as the process does.
pub(super) fn read_all(
    root: &Table<'_>,
    file: &Path,
    files: &mut Vec<PathBuf>,
    mistakes: &mut Vec<Complaint>,
) -> Vec<&'static Custom> {
    let names = root.texts("flavors").unwrap_or_default();
    if names.len() > MOST {
        root.complain("flavors", format!("should be at most {MOST} files"));
        return Vec::new();
    }
    let mut flavors: Vec<&'static Custom> = Vec::new();
    for name in names {
        let path = file.parent().unwrap_or(Path::new("")).join(&name);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(reason) => {
                root.complain("flavors", format!("{} cannot be read: {reason}", path.display()));
                continue;
            }
        };
        files.push(path.clone());
        match read(&path, &text).map(kept) {
            Ok(custom) => {
                let same =
                    |other: &&&Custom| other.name == custom.name || other.path == custom.path;
                if let Some(other) = flavors.iter().find(same) {
                    let words = format!("`{name}` has the name or the path of `{}`", other.name);
                    root.complain("flavors", words);
                }
                flavors.push(custom);
            }
            Err(ConfigError::Mistakes(more)) => mistakes.extend(more),
            Err(other) => root.complain("flavors", other.to_string()),
        }
    }
    flavors
}

/// The flavor for as long as the process lives. One that was read before, in the same words, is that one
/// again: a file that is taken anew leaves nothing behind.
fn kept(custom: Custom) -> &'static Custom {
    static KNOWN: Mutex<Vec<&'static Custom>> = Mutex::new(Vec::new());
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(same) = known.iter().find(|own| ***own == custom) {
        return same;
    }
    let custom = Box::leak(Box::new(custom));
    known.push(custom);
    custom
}

/// Reads one flavor's file.
fn read(path: &Path, text: &str) -> Result<Custom, ConfigError> {
    // Whatever is secret stands in the configuration itself.
    let no_variable = |_: &str| None;
    let reader = Reader::new(path, text, &no_variable);
    let document = reader.document()?;
    let custom = flavor(&reader.root(document.get_ref()));
    reader.finish()?;
    custom.ok_or_else(|| ConfigError::Mistakes(Vec::new()))
}

fn flavor(root: &Table<'_>) -> Option<Custom> {
    root.only(
        &["name", "path", "provider_path", "key", "request", "reply", "stream", "error"],
        &[],
    );
    let name = root.needed("name");
    if let Some(name) = &name {
        check_name(root, name);
    }
    let path = route(root, "path", true);
    let provider_path =
        if root.has("provider_path") { route(root, "provider_path", false) } else { path.clone() };
    let credential = root.needed_table("key").and_then(|table| credential(&table));
    let request = root.needed_table("request").and_then(|table| request(&table));
    let reply = root.needed_table("reply").and_then(|table| {
        table.only(&REPLY, &[]);
        reply(&table)
    });
    let stream = root.table("stream").map(|table| stream(&table));
    let error = root.needed_table("error").and_then(|table| {
        table.only(&["message"], &[]);
        needed(&table, "message")
    });
    Some(Custom {
        name: name?,
        path: path?,
        provider_path: provider_path?,
        credential: credential?,
        request: request?,
        reply: reply?,
        stream: match stream {
            Some(read) => Some(read?),
            None => None,
        },
        error: error?,
    })
}

fn check_name(root: &Table<'_>, name: &str) {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if name.is_empty() || name.len() > 32 || !name.bytes().all(plain) {
        let words = "should be 1 to 32 lower-case letters, digits and `-`";
        root.complain("name", words.to_owned());
    } else if TAKEN.contains(&name) {
        root.complain("name", format!("`{name}` is a flavor of the gateway's own"));
    }
}

fn route(root: &Table<'_>, name: &str, is_ours: bool) -> Option<String> {
    let path = root.needed(name)?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_.".contains(&byte);
    if !path.starts_with('/') || path.len() > 128 || !path.bytes().all(plain) || path.contains("..")
    {
        let words = "should be a path such as \"/acme/v2/chat\"";
        root.complain(name, words.to_owned());
        return None;
    }
    if is_ours && (path == "/" || OWN.iter().any(|own| format!("{path}/").starts_with(own))) {
        root.complain(name, "is a path of the gateway's own; choose another beginning".to_owned());
        return None;
    }
    Some(path)
}

fn credential(table: &Table<'_>) -> Option<Credential> {
    table.only(&["header", "prefix"], &[]);
    let header = table.needed("header")?.to_ascii_lowercase();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let own = ["host", "content-length", "content-type", "transfer-encoding", "connection"];
    if header.is_empty() || !header.bytes().all(plain) || own.contains(&header.as_str()) {
        table.complain("header", "should be a header's name such as \"x-acme-key\"".to_owned());
        return None;
    }
    let prefix = table.text("prefix").unwrap_or_default();
    if !prefix.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        table.complain("prefix", "should be of visible ASCII characters".to_owned());
    }
    Some(Credential { header, prefix })
}

fn request(table: &Table<'_>) -> Option<RequestPlaces> {
    table.only(
        &[
            "model",
            "stream",
            "max_output",
            "temperature",
            "top_p",
            "top_k",
            "seed",
            "stop",
            "end_user",
            "system",
            "messages",
        ],
        &[],
    );
    let messages = table.needed_table("messages").and_then(|table| messages(&table));
    Some(RequestPlaces {
        model: needed(table, "model")?,
        stream: place(table, "stream"),
        max_output: place(table, "max_output"),
        temperature: place(table, "temperature"),
        top_p: place(table, "top_p"),
        top_k: place(table, "top_k"),
        seed: place(table, "seed"),
        stop: place(table, "stop"),
        end_user: place(table, "end_user"),
        system: place(table, "system"),
        messages: messages?,
    })
}

fn messages(table: &Table<'_>) -> Option<Messages> {
    table.only(&["at", "role", "text", "system", "user", "assistant"], &[]);
    let (at, role, text) = (needed(table, "at"), needed(table, "role"), needed(table, "text"));
    let (user, assistant) = (table.needed("user"), table.needed("assistant"));
    let system = table.text("system");
    if user.is_some() && (user == assistant || user == system)
        || system.is_some() && system == assistant
    {
        table.complain("user", "each needs a word of its own".to_owned());
    }
    Some(Messages {
        place: at?,
        role: role?,
        text: text?,
        system,
        user: user?,
        assistant: assistant?,
    })
}

const REPLY: [&str; 7] = ["id", "model", "text", "stop", "stops", "input_tokens", "output_tokens"];

fn reply(table: &Table<'_>) -> Option<ReplyPlaces> {
    let stops = table.table("stops").map(|table| {
        table.only(&["end", "length", "filtered"], &[]);
        StopWords {
            end: table.text("end"),
            length: table.text("length"),
            filtered: table.text("filtered"),
        }
    });
    Some(ReplyPlaces {
        id: place(table, "id"),
        model: place(table, "model"),
        text: needed(table, "text")?,
        stop: place(table, "stop"),
        stops: stops.unwrap_or_default(),
        input_tokens: place(table, "input_tokens"),
        output_tokens: place(table, "output_tokens"),
    })
}

fn stream(table: &Table<'_>) -> Option<Stream> {
    let known: Vec<&str> = REPLY.into_iter().chain(["framing", "terminator"]).collect();
    table.only(&known, &[]);
    if !table.has("framing") {
        table.complain("framing", "is needed: \"events\" or \"lines\"".to_owned());
    }
    let words = [("events", Framing::Events), ("lines", Framing::Lines)];
    let framing = table.one_of("framing", &words, &[]);
    let terminator = table.text("terminator");
    if terminator.as_ref().is_some_and(|it| it.is_empty() || it.contains(['\r', '\n'])) {
        table.complain("terminator", "should be one line".to_owned());
    }
    let piece = reply(table)?;
    if piece.stop.is_none() {
        // Without it nobody could tell an end from a stream that was cut off.
        table.complain("stop", "is needed: where a piece says why the answer ended".to_owned());
    }
    Some(Stream { framing: framing?, piece, terminator })
}

fn needed(table: &Table<'_>, name: &str) -> Option<Place> {
    let text = table.needed(name)?;
    read_place(table, name, &text)
}

fn place(table: &Table<'_>, name: &str) -> Option<Place> {
    let text = table.text(name)?;
    read_place(table, name, &text)
}

fn read_place(table: &Table<'_>, name: &str, text: &str) -> Option<Place> {
    match Place::read(text) {
        Ok(place) => Some(place),
        Err(error) => {
            table.complain(name, error.to_string());
            None
        }
    }
}
