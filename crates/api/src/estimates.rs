//! Quotes for calls.

use http::{Response, StatusCode, request};
use hyper::body::Incoming;
use std::sync::Arc;
use weighbridge_core::clock::Moment;
use weighbridge_core::failure::{Code, Failure};
use weighbridge_core::window::Allowance;
use weighbridge_gateway::front::percent_decode;
use weighbridge_gateway::front::words::Dialect;
use weighbridge_gateway::pipeline::Received;
use weighbridge_gateway::pipeline::received::Address;
use weighbridge_gateway::{Gateway, ReplyBody};

use crate::answer::json_answer;

/// A quote for the call whose body this is, byte for byte: it goes through the stages of the call
/// itself, up to the one where money would be held.
pub(crate) async fn create(
    gateway: &Arc<Gateway>,
    head: request::Parts,
    body: Incoming,
    at: Moment,
    allowance: &mut Option<Allowance>,
) -> Result<Response<ReplyBody>, Failure> {
    let address = address(gateway, head.uri.query().unwrap_or_default())?;
    let received = Received::new(Arc::clone(gateway), address, head, body, at);
    let admitted = received.authenticate().await?.admit_view(allowance)?;
    let quote = Box::pin(admitted.read().await?.resolve_apart()).await?.quote().await?;
    Ok(json_answer(StatusCode::CREATED, &quote.show()))
}

/// What `flavor` and, where that has it in its path, `model` say of the call.
fn address(gateway: &Gateway, query: &str) -> Result<Address, Failure> {
    let mut address = Address::of(Dialect::Chat);
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        match pair.split_once('=') {
            Some(("flavor", flavor)) => {
                let described = gateway.flavors().iter().map(|own| Dialect::Custom(own));
                let mut all = Dialect::ALL.into_iter().chain(described);
                let found = all.find(|dialect| dialect.flavor() == flavor);
                address.dialect = found.ok_or_else(|| unknown(gateway, flavor))?;
            }
            Some(("model", model)) => address.model = percent_decode(model),
            _ => {
                let words = "estimates take `flavor` and, with gemini, `model`, and nothing else";
                return Err(Failure::client(Code::InvalidRequest, words));
            }
        }
    }
    Ok(address)
}

/// What there is to say of a flavor that nobody here has.
fn unknown(gateway: &Gateway, flavor: &str) -> Failure {
    let described = gateway.flavors().iter().map(|own| own.name.as_str());
    let mut all: Vec<&str> = Dialect::ALL.iter().map(|own| own.flavor()).chain(described).collect();
    all.dedup();
    let flavor = flavor.get(..flavor.floor_char_boundary(NAME_BYTES)).unwrap_or_default();
    let words = format!("flavor: `{flavor}` is not here; there are {}", all.join(", "));
    Failure::client(Code::NotAvailable, words).at("flavor")
}

/// The longest name of a flavor that is shown again, in bytes.
const NAME_BYTES: usize = 64;
