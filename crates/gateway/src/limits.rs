//! The bounds of a call (invariant B1). Each has its name in the configuration, under `[limits]`.

use std::time::Duration;

/// The bounds of a call.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// `body`: bytes of one request's body.
    pub body: usize,
    /// `body_memory`: bytes of all requests' bodies held at a time.
    pub body_memory: usize,
    /// `body_idle`: between two pieces of a request's body.
    pub body_idle: Duration,
    /// `api_body`: bytes of a request's body to the native API.
    pub api_body: usize,
    /// `json_depth`: how deep arrays and objects may nest.
    pub json_depth: usize,
    /// `reply_buffer`: a reply that is no stream is held whole up to this many bytes.
    pub reply_buffer: usize,
    /// `reply`: bytes of a reply that is no stream and has to be read whole, to convert it or because
    /// it is in another dialect than chat completions.
    pub reply: usize,
    /// `stream_event`: bytes of one event of a stream.
    pub stream_event: usize,
    /// `stream_time`: a stream from its head to its end, however much it says.
    pub stream_time: Duration,
    /// `ping`: a stream that was silent this long gets a comment line.
    pub ping: Duration,
    /// `tail_bytes` and `tail_wait`: how much and how long is read after the finish mark of a
    /// stream whose caller left, to learn its usage.
    pub tail_bytes: usize,
    /// See `tail_bytes`.
    pub tail_wait: Duration,
    /// `record_wait`: how long the end of a reply waits for its receipt's commit.
    pub record_wait: Duration,
    /// `provider_error`: bytes of a provider's error that are read.
    pub provider_error: usize,
    /// `estimates`: quotes of one account that are open at a time.
    pub estimates: usize,
    /// `estimate_time`: how long a quote may be accepted.
    pub estimate_time: Duration,
    /// `keepsakes`: bytes of what models thought before their calls, kept for callers that cannot keep
    /// it.
    pub keepsakes: usize,
    /// `keepsake_time`: how long that is kept.
    pub keepsake_time: Duration,
    /// `exchanges`: how many providers one call is tried at.
    pub exchanges: u32,
    /// `dispatch_time`: from a call's intent until the head of its reply, at however many providers.
    pub dispatch_time: Duration,
    /// `order_queue`: how many calls of one account, or of one sequence, may stand in line.
    pub order_queue: usize,
    /// `order_wait`: how long a call waits until those before it have gone out, or are over.
    pub order_wait: Duration,
    /// `queue_wait`: how long a call waits for a place at a provider, where calls may wait.
    pub queue_wait: Duration,
    /// `provider_connections`: idle connections kept per provider.
    pub provider_connections: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 32 << 20,
            body_memory: 512 << 20,
            body_idle: Duration::from_secs(30),
            api_body: 1 << 20,
            json_depth: 128,
            reply_buffer: 1 << 20,
            reply: 32 << 20,
            stream_event: 4 << 20,
            stream_time: Duration::from_secs(2 * 60 * 60),
            ping: Duration::from_secs(15),
            tail_bytes: 64 << 10,
            tail_wait: Duration::from_secs(5),
            record_wait: Duration::from_secs(10),
            provider_error: 64 << 10,
            estimates: 1_000,
            estimate_time: Duration::from_secs(600),
            keepsakes: 64 << 20,
            keepsake_time: Duration::from_secs(60 * 60),
            exchanges: 4,
            dispatch_time: Duration::from_secs(20 * 60),
            order_queue: 10_000,
            order_wait: Duration::from_secs(10 * 60),
            queue_wait: Duration::from_secs(30),
            provider_connections: 256,
        }
    }
}
