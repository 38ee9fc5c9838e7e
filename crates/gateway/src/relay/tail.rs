//! Reading on after the finish mark of a stream whose caller left, so that its usage is known.

use http_body_util::BodyExt as _;

use crate::meter::Meter;
use crate::relay::following::Following;
use crate::upstream::ProviderBody;

/// Reads the rest of a stream, bounded by `limits.tail_bytes` and `limits.tail_wait`, and leaves
/// the receipt of a call whose caller left.
pub(crate) fn read_for_usage(mut meter: Box<Meter>, mut rest: ProviderBody, mut stream: Following) {
    let gateway = std::sync::Arc::clone(meter.gateway());
    let limits = gateway.parts.limits;
    let reading = async move {
        let until_usage = async {
            let mut read = 0;
            while !stream.usage_is_last() && read <= limits.tail_bytes {
                let Some(Ok(frame)) = rest.frame().await else { break };
                let Ok(data) = frame.into_data() else { continue };
                read += data.len();
                if stream.push(data).is_err() {
                    break;
                }
            }
        };
        let in_time = tokio::time::timeout(limits.tail_wait, until_usage).await.is_ok();
        tracing::debug!(call = %meter.call(), in_time, "read the tail of a stream");
        stream.tell(&mut meter);
        // Dropping the meter leaves the receipt.
    };
    if tokio::runtime::Handle::try_current().is_ok() {
        gateway.tails.spawn(reading);
    }
}

/// Reads what a provider still sends after its terminator, so that the connection can be used
/// again. Bounded like the above.
pub(crate) fn finish(gateway: &crate::gateway::Gateway, mut rest: ProviderBody) {
    if http_body::Body::is_end_stream(&rest) {
        return;
    }
    let limits = gateway.parts.limits;
    let reading = async move {
        let to_the_end = async {
            let mut read = 0;
            while let Some(Ok(frame)) = rest.frame().await {
                read += frame.data_ref().map_or(0, bytes::Bytes::len);
                if read > limits.tail_bytes {
                    break;
                }
            }
        };
        // Whatever came of it, the call is over; only the connection is lost when this is cut.
        drop(tokio::time::timeout(limits.tail_wait, to_the_end).await);
    };
    if tokio::runtime::Handle::try_current().is_ok() {
        gateway.tails.spawn(reading);
    }
}
