//! Reading the log over HTTP, as an auditor may: its key, its checkpoint, its tiles, its entries.

use std::io;

use anyhow::{Context, Result, bail};
use serde_json::Value;
use weighbridge_core::invariant::Broken;
use weighbridge_proof::Digest;
use weighbridge_proof::checkpoint::Checkpoint;
use weighbridge_proof::note::SignedNote;
use weighbridge_proof::note::key::VerifierKey;
use weighbridge_proof::tile::{Resource, Tile, WIDTH_U64};
use weighbridge_testkit::http::{self, Connection, Reply, Request};

/// A digest's bytes in a tile.
const DIGEST: usize = 32;

/// The key that the log at `url` says is its own. Nobody needs a key to ask.
pub(crate) async fn verifier(url: &str) -> Result<VerifierKey> {
    let reply = http::call(url, &Request::get("/ledger/key")).await?;
    if reply.status != 200 {
        bail!("/ledger/key answers {}: {}", reply.status, reply.text());
    }
    reply.text().trim_end().parse().context("/ledger/key")
}

/// What the log answers when it is asked for its checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// A signed state.
    Signed(Checkpoint),
    /// There is no entry yet.
    NotYet,
    /// Nothing is signed any more: the words.
    Refused(String),
}

impl Answer {
    /// The signed state that there must be.
    pub(crate) fn signed(self) -> Result<Checkpoint, Broken> {
        let broken = |what| Err(Broken { id: "L1", what });
        match self {
            Self::Signed(checkpoint) => Ok(checkpoint),
            Self::NotYet => broken("the log has no entry".to_owned()),
            Self::Refused(words) => broken(format!("the log is not signed any more: {words}")),
        }
    }
}

/// A connection to a log, with a key that may read entries.
#[derive(Debug)]
pub(crate) struct Ledger {
    connection: Connection,
    key: String,
    verifier: VerifierKey,
}

impl Ledger {
    pub(crate) async fn open(url: &str, key: &str, verifier: &VerifierKey) -> Result<Self> {
        let connection = Connection::open(url).await?;
        Ok(Self { connection, key: key.to_owned(), verifier: verifier.clone() })
    }

    /// The newest checkpoint. Its signature is checked.
    pub(crate) async fn checkpoint(&mut self) -> Result<Answer> {
        let reply = self.get("/ledger/checkpoint").await?;
        answer(&reply, &self.verifier)
    }

    /// The hashes of a tile, as wide as it is in a tree of `size` entries.
    pub(crate) async fn tile(&mut self, level: u8, number: u64, size: u64) -> Result<Vec<Digest>> {
        let width = Tile::width_at(level, number, size);
        let tile = Resource::Hashes(Tile { level, number, width });
        let bytes = self.resource(tile).await?;
        let (hashes, rest) = bytes.as_chunks::<DIGEST>();
        if hashes.len() != usize::from(width) || !rest.is_empty() {
            bail!("the tile {tile} has {} bytes", bytes.len());
        }
        Ok(hashes.iter().map(|hash| Digest::from_bytes(*hash)).collect())
    }

    /// The entries under the level-0 tile `number`, as many as a tree of `size` entries has there.
    pub(crate) async fn entries(&mut self, number: u64, size: u64) -> Result<Vec<Vec<u8>>> {
        let width = Tile::width_at(0, number, size);
        let resource = Resource::Entries { number, width };
        let bytes = self.resource(resource).await?;
        let entries = split(&bytes).filter(|entries| entries.len() == usize::from(width));
        entries.with_context(|| format!("{resource} is not a bundle of {width} entries"))
    }

    async fn resource(&mut self, resource: Resource) -> Result<Vec<u8>> {
        let reply = self.get(&format!("/ledger/tile/{resource}")).await?;
        if reply.status != 200 {
            bail!("{resource} answers {}: {}", reply.status, reply.text());
        }
        Ok(reply.body.to_vec())
    }

    async fn get(&mut self, path: &str) -> Result<Reply> {
        let reply = self.connection.exchange(&Request::get(path).bearer(&self.key)).await?;
        if !reply.complete {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it was cut short").into());
        }
        Ok(reply)
    }
}

/// How many bundles of entries a log of `size` entries has.
pub(crate) const fn bundles(size: u64) -> u64 {
    size.div_ceil(WIDTH_U64)
}

/// What a reply to the question for the checkpoint says.
fn answer(reply: &Reply, verifier: &VerifierKey) -> Result<Answer> {
    if reply.status == 200 {
        return Ok(Answer::Signed(signed(&reply.text(), verifier)?));
    }
    let error = reply.json();
    let error = error.get("error").unwrap_or(&Value::Null);
    let part = |name| error.get(name).and_then(Value::as_str).unwrap_or_default();
    match (reply.status, part("code")) {
        (503, "not_sequenced") => Ok(Answer::NotYet),
        (503, "ledger_not_signed") => Ok(Answer::Refused(part("message").to_owned())),
        (status, _) => bail!("/ledger/checkpoint answers {status}: {}", reply.text()),
    }
}

/// The checkpoint in a note that the log has signed.
fn signed(note: &str, verifier: &VerifierKey) -> Result<Checkpoint> {
    let parsed = SignedNote::parse(note)?;
    let checkpoint: Checkpoint = parsed.text().parse()?;
    if checkpoint.origin != verifier.name() || !parsed.is_signed_by(verifier) {
        bail!("L1 broken: a checkpoint that the log's key did not sign:\n{note}");
    }
    Ok(checkpoint)
}

/// Entries, each with its length before it.
fn split(mut bytes: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut entries = Vec::new();
    while !bytes.is_empty() {
        let (length, rest) = bytes.split_first_chunk()?;
        let (entry, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        entries.push(entry.to_vec());
        bytes = rest;
    }
    Some(entries)
}

#[cfg(test)]
mod tests {
    use weighbridge_proof::note::key::SigningKey;

    use super::*;

    #[test]
    fn a_checkpoint_counts_only_with_the_signature_of_the_key() {
        let key = SigningKey::from_seed("a.example/log", &[7; 32]).unwrap();
        let root = Digest::of(b"x");
        let checkpoint = Checkpoint { origin: "a.example/log".to_owned(), size: 3, root };
        let note = key.sign(checkpoint.to_string()).to_string();
        assert_eq!(signed(&note, &key.verifier()).unwrap(), checkpoint);
        let other = SigningKey::from_seed("a.example/log", &[8; 32]).unwrap();
        assert!(signed(&note, &other.verifier()).is_err());
        assert!(signed(&note.replace("\n3\n", "\n4\n"), &key.verifier()).is_err());
    }

    #[test]
    fn refusals_are_told_apart() {
        let key = SigningKey::from_seed("a", &[7; 32]).unwrap().verifier();
        let reply = |code: &str| Reply {
            status: 503,
            body: format!(r#"{{"error":{{"code":"{code}","message":"why"}}}}"#).into(),
            ..Reply::default()
        };
        assert_eq!(answer(&reply("not_sequenced"), &key).unwrap(), Answer::NotYet);
        let refused = Answer::Refused("why".to_owned());
        assert_eq!(answer(&reply("ledger_not_signed"), &key).unwrap(), refused);
        assert!(answer(&reply("overloaded"), &key).is_err());
    }

    #[test]
    fn a_bundle_is_split_at_its_lengths() {
        assert_eq!(split(b"\0\x02ab\0\x01c"), Some(vec![b"ab".to_vec(), b"c".to_vec()]));
        assert_eq!(split(b"\0\x02a"), None);
        assert_eq!(split(b"\0"), None);
        assert_eq!((bundles(0), bundles(256), bundles(257)), (0, 1, 2));
    }
}
