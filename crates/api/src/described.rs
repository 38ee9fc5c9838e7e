//! What the query says of the call whose body is asked about.

use weighbridge_core::directory::Service;
use weighbridge_core::failure::{Code, Failure};
use weighbridge_gateway::Gateway;
use weighbridge_gateway::front::percent_decode;
use weighbridge_gateway::front::words::Dialect;
use weighbridge_gateway::pipeline::received::Address;

/// What `flavor`, `service` where that is taken, and, where the flavor has it in its path, `model` say
/// of the call.
///
/// # Errors
/// 400 for what is not here.
pub(crate) fn address(gateway: &Gateway, query: &str, services: bool) -> Result<Address, Failure> {
    let mut address = Address::of(Dialect::Chat);
    let mut asked = Service::Chat;
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        match pair.split_once('=') {
            Some(("flavor", flavor)) => {
                let flavors = gateway.setting().flavors.clone();
                let described = flavors.into_iter().map(Dialect::Custom);
                let mut all = Dialect::ALL.into_iter().chain(described);
                let found = all.find(|dialect| dialect.flavor() == flavor);
                address.dialect = found.ok_or_else(|| unknown(gateway, flavor))?;
            }
            Some(("model", model)) => address.model = percent_decode(model),
            Some(("service", service)) if services => {
                let found = Service::ALL.into_iter().find(|own| own.as_str() == service);
                asked = found.ok_or_else(|| {
                    let all = Service::ALL.map(Service::as_str).join(", ");
                    Failure::client(
                        Code::InvalidRequest,
                        format!("service: should be one of {all}"),
                    )
                    .at("service")
                })?;
            }
            _ => {
                let also = if services { ", `service`" } else { "" };
                let words = format!(
                    "known here are `flavor`{also} and, with gemini, `model`; nothing else"
                );
                return Err(Failure::client(Code::InvalidRequest, words));
            }
        }
    }
    address.asking_for(asked).ok_or_else(|| {
        let words = format!("service: this flavor has no {}", asked.as_str());
        Failure::client(Code::InvalidRequest, words).at("service")
    })
}

/// What there is to say of a flavor that nobody here has.
fn unknown(gateway: &Gateway, flavor: &str) -> Failure {
    let flavors = gateway.setting().flavors.clone();
    let described = flavors.into_iter().map(|own| own.name.as_str());
    let mut all: Vec<&str> = Dialect::ALL.iter().map(|own| own.flavor()).chain(described).collect();
    all.dedup();
    let flavor = flavor.get(..flavor.floor_char_boundary(NAME_BYTES)).unwrap_or_default();
    let words = format!("flavor: `{flavor}` is not here; there are {}", all.join(", "));
    Failure::client(Code::NotAvailable, words).at("flavor")
}

/// The longest name of a flavor that is shown again, in bytes.
const NAME_BYTES: usize = 64;
