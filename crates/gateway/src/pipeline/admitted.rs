//! The call may be made: now its body is read.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http_body::Body as _;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use weighbridge_core::call::Content;
use weighbridge_core::credential::Principal;
use weighbridge_core::failure::{Code, Failure, Retry};
use weighbridge_core::level::Level;
use weighbridge_core::routing::{NoSuchPolicy, Policy};
use weighbridge_flavor::dialect::Dialect;
use weighbridge_flavor::{addressed, json, openai, peek, services};
use weighbridge_proof::Hasher;

use crate::front::request::Wishes;
use crate::gateway::{BODY_UNIT, Gateway};
use crate::money::LiveAccount;
use crate::pipeline::coding::Coding;
use crate::pipeline::{Read, Received};

/// The longest value of the body that is kept while peeking, in bytes.
const CAPTURE: usize = 64 << 10;

/// How many coded bodies are decoded at a time; a thread each.
const DECODES: usize = 2;

/// Turns for decoding.
static DECODING: Semaphore = Semaphore::const_new(DECODES);

/// The third stage: the call is within what its account may do.
pub struct Admitted {
    pub(crate) received: Received,
    pub(crate) principal: Arc<Principal>,
    pub(crate) account: Arc<LiveAccount>,
    pub(crate) level: Arc<Level>,
}

impl Admitted {
    /// Reads a body that is not a call's: what is asked about one.
    ///
    /// # Errors
    /// As for a call's body.
    pub(crate) async fn read_aside(self) -> Result<Bytes, Failure> {
        let Received { gateway, head, body, .. } = self.received;
        Ok(read_decoded(&gateway, &head.headers, body).await?.bytes)
    }

    /// Reads the body, hashing it as it passes, and peeks at what routing needs.
    ///
    /// # Errors
    /// 400 for a body that is no request, and for headers or fields that ask for what this
    /// version does not do; 408 when it comes too slowly; 413 when it is too long; 415 when it is
    /// coded in a way that is not taken; 503 when too many bodies are held.
    pub async fn read(self) -> Result<Read, Failure> {
        let Self { received, principal, account, level } = self;
        let Received { gateway, setting, mut address, head, body, at } = received;
        let wishes = Wishes::read(&head.headers, principal.key.trusted_headers)?;
        let Whole { bytes, content, memory } = read_decoded(&gateway, &head.headers, body).await?;
        let bounds = json::Bounds { depth: gateway.parts.limits.json_depth, capture: CAPTURE };
        let mut chat = None;
        let (mut max_output, mut other_limit) = (None, None);
        let mut usage = None;
        let mut asked = None;
        let said;
        if let Some((service, form)) = address.service {
            let kind = head.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
            let peek = services::peek(service, form, &bytes, kind, address.path(), bounds);
            let peek = peek.map_err(|error| {
                let failure = Failure::client(Code::InvalidRequest, error.to_string());
                match error.field() {
                    Some(field) => failure.at(field.to_owned()),
                    None => failure,
                }
            })?;
            said = peek.policy.clone();
            (address.model, address.stream) = (peek.model.clone(), peek.stream);
            asked = Some(Box::new(peek));
        } else if address.dialect == Dialect::Chat {
            let peek = openai::peek_chat(&bytes, bounds).map_err(peek_failure)?;
            refuse_fields(None, peek.background)?;
            said = peek.policy.clone();
            (address.model, address.stream) = (peek.model.clone(), peek.stream);
            chat = Some(Box::new(peek));
        } else {
            let peek = peek::peek(address.dialect, &bytes, address.path(), bounds);
            let peek = peek.map_err(peek_failure)?;
            refuse_fields(peek.gateway_field, peek.background)?;
            said = peek.policy;
            (address.model, address.stream) = (peek.model, peek.stream);
            (max_output, other_limit) = (peek.max_output, peek.other_limit);
            usage = peek.usage.map(Box::new);
        }
        Ok(Read {
            gateway,
            setting,
            address,
            query: head.uri.query().map(str::to_owned),
            headers: head.headers,
            at,
            principal,
            account,
            level,
            wishes,
            policy: said.as_ref().map(read_policy).transpose()?.flatten(),
            is_addressed: said.is_some(),
            ticket: None,
            bytes,
            content,
            memory,
            chat,
            asked,
            max_output,
            usage,
            other_limit,
        })
    }
}

/// A body that was read to its end; where it came coded, what it decodes to.
struct Whole {
    bytes: Bytes,
    content: Content,
    memory: OwnedSemaphorePermit,
}

/// Reads a body to its end, and decodes it where it comes coded.
async fn read_decoded(
    gateway: &Arc<Gateway>,
    headers: &HeaderMap,
    body: Incoming,
) -> Result<Whole, Failure> {
    let coding = Coding::of(headers)?;
    let whole = read_whole(gateway, headers, body).await?;
    match coding {
        Some(coding) => decode(gateway, coding, whole).await,
        None => Ok(whole),
    }
}

async fn read_whole(
    gateway: &Gateway,
    headers: &HeaderMap,
    mut body: Incoming,
) -> Result<Whole, Failure> {
    let limits = &gateway.parts.limits;
    let too_large = || {
        let limit = limits.body;
        let words = format!("the request's body is longer than {limit} bytes (limits.body)");
        Failure::client(Code::BodyTooLarge, words)
    };
    let announced = body.size_hint().lower();
    if announced > limits.body as u64 {
        return Err(too_large());
    }
    let announced = usize::try_from(announced).unwrap_or(limits.body);
    let mut memory = take_memory(gateway, announced.max(1))?;
    let mut hasher = Hasher::new();
    let mut first = Bytes::new();
    let mut joined = BytesMut::new();
    loop {
        let frame = tokio::time::timeout(limits.body_idle, body.frame()).await.map_err(|_| {
            let words =
                format!("no byte of the body came for {:?} (limits.body_idle)", limits.body_idle);
            Failure::client(Code::RequestTimeout, words)
        })?;
        let Some(frame) = frame else { break };
        let frame = frame.map_err(|_| {
            let words = "the request's body ended before its end";
            Failure::client(Code::BodyIncomplete, words)
        })?;
        let Ok(data) = frame.into_data() else { continue };
        let total = first.len() + joined.len() + data.len();
        if total > limits.body {
            return Err(too_large());
        }
        if total > memory.num_permits() * BODY_UNIT {
            memory.merge(take_memory(gateway, total - memory.num_permits() * BODY_UNIT)?);
        }
        hasher.update(&data);
        // Most bodies come in one piece, which is kept as it is.
        if first.is_empty() && joined.is_empty() {
            first = data;
        } else {
            if joined.is_empty() {
                joined.reserve(announced.max(total));
                joined.extend_from_slice(&std::mem::take(&mut first));
            }
            joined.extend_from_slice(&data);
        }
    }
    let bytes = if joined.is_empty() { first } else { joined.freeze() };
    if headers.contains_key(CONTENT_LENGTH) && bytes.len() < announced {
        let words = "the request's body is shorter than its content-length";
        return Err(Failure::client(Code::BodyIncomplete, words));
    }
    let content = Content { bytes: hasher.bytes(), sha256: hasher.finish() };
    Ok(Whole { bytes, content, memory })
}

pub(crate) fn take_memory(
    gateway: &Gateway,
    bytes: usize,
) -> Result<OwnedSemaphorePermit, Failure> {
    let units = u32::try_from(bytes.div_ceil(BODY_UNIT)).unwrap_or(u32::MAX);
    Arc::clone(&gateway.body_memory).try_acquire_many_owned(units).map_err(|_| {
        let words = "too many requests' bodies are held now (limits.body_memory); try again";
        Failure::gateway(Code::Overloaded, Retry::After(1), words)
    })
}

/// Decodes a body apart from the threads that serve: it may take a while.
async fn decode(gateway: &Arc<Gateway>, coding: Coding, coded: Whole) -> Result<Whole, Failure> {
    let gateway = Arc::clone(gateway);
    let patience = gateway.parts.limits.body_idle;
    let turn = tokio::time::timeout(patience, DECODING.acquire()).await;
    let Ok(Ok(turn)) = turn else {
        let words = "too many coded bodies are being decoded now; try again";
        return Err(Failure::gateway(Code::Overloaded, Retry::After(1), words));
    };
    let decoding = tokio::task::spawn_blocking(move || {
        // Until it has ended, whether or not anybody still waits for it.
        let _turn = turn;
        let Whole { bytes: coded, mut memory, .. } = coded;
        let held = coded.len();
        let decoded = coding.decode(&coded, gateway.parts.limits.body, |more| {
            let taken = memory.num_permits() * BODY_UNIT;
            if held + more > taken {
                memory.merge(take_memory(&gateway, held + more - taken)?);
            }
            Ok(())
        })?;
        drop(coded);
        // What the decoding took beside what it came to is free again.
        let spare = memory.num_permits().saturating_sub(decoded.len().max(1).div_ceil(BODY_UNIT));
        drop(memory.split(spare));
        let mut hasher = Hasher::new();
        hasher.update(&decoded);
        let content = Content { bytes: hasher.bytes(), sha256: hasher.finish() };
        Ok(Whole { bytes: Bytes::from(decoded), content, memory })
    });
    decoding.await.unwrap_or_else(|error| {
        tracing::error!(%error, "a coded body could not be decoded");
        let words = "the request's body could not be decoded";
        Err(Failure::client(Code::InvalidRequest, words).at("content-encoding"))
    })
}

/// The policy that a request names in its body.
fn read_policy(said: &addressed::Policy) -> Result<Option<Policy>, Failure> {
    let wrong = |words: &str| {
        let words = format!("hybrid_policy: {words}");
        Failure::client(Code::InvalidRequest, words).at("hybrid_policy")
    };
    match said {
        addressed::Policy::Nothing => Ok(None),
        addressed::Policy::Said(word) => {
            word.parse().map(Some).map_err(|error: NoSuchPolicy| wrong(&error.to_string()))
        }
        addressed::Policy::NotText => Err(wrong(&NoSuchPolicy.to_string())),
    }
}

fn peek_failure(error: openai::PeekError) -> Failure {
    let failure = Failure::client(Code::InvalidRequest, error.to_string());
    match error.field() {
        Some(field) => failure.at(field.to_owned()),
        None => failure,
    }
}

fn refuse_fields(gateway_field: Option<&'static str>, background: bool) -> Result<(), Failure> {
    let unavailable = |field: &'static str| {
        Failure::client(Code::NotAvailable, format!("{field}: not in this version")).at(field)
    };
    match gateway_field {
        Some(field) => Err(unavailable(field)),
        None if background => Err(unavailable("background")),
        None => Ok(()),
    }
}
