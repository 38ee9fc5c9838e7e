//! It is known who may serve the call.

use std::sync::Arc;

use weighbridge_core::call::{Asked, Input, Intent};
use weighbridge_core::directory::{Flavor, Provider, Service};
use weighbridge_core::entropy;
use weighbridge_core::failure::{Code, Failure, Retry};
use weighbridge_core::id::CallId;
use weighbridge_store::RecordError;

use crate::meter::Meter;
use crate::pipeline::{Read, Reserved};

/// The fifth stage: the providers that are tried, in order.
pub struct Resolved {
    pub(crate) read: Read,
    pub(crate) candidates: Vec<Arc<Provider>>,
}

impl Resolved {
    /// Takes a place in the writer's queue and commits the intent. Only after this may anything
    /// go to a provider (invariant R2).
    ///
    /// # Errors
    /// 503 when no place is free or the intent cannot be committed: nothing was dispatched.
    pub async fn reserve(self) -> Result<Reserved, Failure> {
        let Self { read, candidates } = self;
        let gateway = Arc::clone(&read.gateway);
        let place = gateway.store().place().map_err(record_failure)?;
        let random = entropy::fresh(gateway.entropy()).map_err(|error| {
            tracing::error!(%error, "no call can be named");
            Failure::gateway(Code::Internal, Retry::After(1), "the gateway has no random bytes")
        })?;
        let mut attribution = read.wishes.attribution;
        if attribution.end_user.is_none() {
            attribution.end_user = read.peek.end_user.clone();
        }
        let intent = Intent {
            id: CallId::new(read.at.wall, random),
            boot: gateway.store().boot(),
            account: read.principal.account.id,
            key: read.principal.key.id,
            received_at: read.at.wall,
            input: Input::Whole(read.content),
            asked: Asked {
                service: Service::Chat.as_str().to_owned(),
                flavor_in: Flavor::OpenAi.as_str().to_owned(),
                model: read.peek.model.clone(),
                attribution,
            },
        };
        let opening = place.open(intent.clone()).map_err(record_failure)?;
        let open = opening.await.map_err(record_failure)?;
        let meter = Meter::new(gateway, open, intent, read.at, read.peek.text_bytes);
        Ok(Reserved {
            meter,
            candidates,
            headers: read.headers,
            bytes: read.bytes,
            _memory: read.memory,
            peek: read.peek,
            trailer: read.wishes.trailer,
        })
    }
}

/// What a caller is told when its call was not recorded, and so not dispatched.
fn record_failure(error: RecordError) -> Failure {
    let (seconds, words) = match error {
        RecordError::Full => {
            (5, "the gateway has no space left to record calls, so it takes none; try again")
        }
        RecordError::NoPlace => {
            (1, "the gateway records as many calls as it can (limits.calls); try again")
        }
        RecordError::Stopped => (2, "the gateway is stopping and records no more; try again"),
    };
    Failure::gateway(Code::CannotRecord, Retry::After(seconds), words)
}
