//! `[limits]`: every bound has its name here (invariant B1).

use std::time::Duration;

use weighbridge_gateway::Limits;
use weighbridge_store::Options;

use super::reader::Table;

/// Every bound.
#[derive(Debug, Clone, Copy, Default)]
pub struct AllLimits {
    /// Of calls.
    pub gateway: Limits,
    /// Of the store.
    pub store: Options,
    /// Of connections.
    pub server: ServerLimits,
}

/// The bounds of connections, and of stopping.
#[derive(Debug, Clone, Copy)]
pub struct ServerLimits {
    /// `connections`: open at a time.
    pub connections: usize,
    /// `header_timeout`: from a connection's first byte to the end of a request's head.
    pub header_timeout: Duration,
    /// `header_bytes`: of all names and values of one head.
    pub header_bytes: usize,
    /// `headers`: fields of one head.
    pub headers: usize,
    /// `stream_idle`: a caller that does not read what is written.
    pub stream_idle: Duration,
    /// `linger`: how long a refused caller's rest is read, so that it sees the refusal.
    pub linger: Duration,
    /// `model_refresh`: how often providers are asked which models they have, where the file leaves it to
    /// them, and how often this machine is looked through for servers of models.
    pub model_refresh: Duration,
    /// `drain`: how long calls in flight may go on when the gateway stops.
    pub drain: Duration,
}

impl Default for ServerLimits {
    fn default() -> Self {
        Self {
            connections: 8192,
            header_timeout: Duration::from_secs(10),
            header_bytes: 32 << 10,
            headers: 100,
            stream_idle: Duration::from_secs(600),
            linger: Duration::from_secs(1),
            model_refresh: Duration::from_secs(5 * 60),
            drain: Duration::from_secs(30),
        }
    }
}

const KNOWN: [&str; 37] = [
    "body",
    "body_memory",
    "body_idle",
    "api_body",
    "json_depth",
    "reply_buffer",
    "reply",
    "stream_event",
    "stream_time",
    "ping",
    "tail_bytes",
    "tail_wait",
    "record_wait",
    "provider_error",
    "provider_connections",
    "exchanges",
    "dispatch_time",
    "queue_wait",
    "order_queue",
    "order_wait",
    "keepsakes",
    "keepsake_time",
    "estimates",
    "estimate_time",
    "calls",
    "readers",
    "key_cache",
    "changes",
    "accounts",
    "connections",
    "header_timeout",
    "header_bytes",
    "headers",
    "stream_idle",
    "linger",
    "model_refresh",
    "drain",
];

/// Nobody needs to be asked more often than that.
const LEAST_REFRESH: Duration = Duration::from_millis(100);

pub(super) fn read(root: &Table<'_>) -> AllLimits {
    let mut limits = AllLimits::default();
    let Some(table) = root.table("limits") else { return limits };
    table.only(&KNOWN, &[]);
    let gateway = &mut limits.gateway;
    take(&mut gateway.body, table.size("body"));
    take(&mut gateway.body_memory, table.size("body_memory"));
    take(&mut gateway.body_idle, table.duration("body_idle"));
    take(&mut gateway.api_body, table.size("api_body"));
    take(&mut gateway.json_depth, table.count("json_depth", 1_024));
    take(&mut gateway.reply_buffer, table.size("reply_buffer"));
    take(&mut gateway.reply, table.size("reply"));
    take(&mut gateway.stream_event, table.size("stream_event"));
    take(&mut gateway.stream_time, table.duration("stream_time"));
    take(&mut gateway.ping, table.duration("ping"));
    take(&mut gateway.tail_bytes, table.size("tail_bytes"));
    take(&mut gateway.tail_wait, table.duration("tail_wait"));
    take(&mut gateway.record_wait, table.duration("record_wait"));
    take(&mut gateway.provider_error, table.size("provider_error"));
    take(&mut gateway.provider_connections, table.count("provider_connections", 65_536));
    let exchanges = table.count("exchanges", 100).and_then(|count| u32::try_from(count).ok());
    take(&mut gateway.exchanges, exchanges);
    take(&mut gateway.dispatch_time, table.duration("dispatch_time"));
    take(&mut gateway.order_queue, table.count("order_queue", 1 << 20));
    take(&mut gateway.order_wait, table.duration("order_wait"));
    take(&mut gateway.queue_wait, table.duration("queue_wait"));
    take(&mut gateway.keepsakes, table.size("keepsakes"));
    take(&mut gateway.keepsake_time, table.duration("keepsake_time"));
    take(&mut gateway.estimates, table.count("estimates", 1 << 20));
    take(&mut gateway.estimate_time, table.duration("estimate_time"));
    let store = &mut limits.store;
    take(&mut store.calls, table.count("calls", 1 << 20));
    take(&mut store.readers, table.count("readers", 64));
    take(&mut store.key_cache, table.count("key_cache", 1 << 24));
    take(&mut store.changes, table.count("changes", 65_536));
    take(&mut store.accounts, table.count("accounts", 1 << 24));
    let server = &mut limits.server;
    take(&mut server.connections, table.count("connections", 1 << 20));
    take(&mut server.header_timeout, table.duration("header_timeout"));
    take(&mut server.header_bytes, table.size("header_bytes"));
    take(&mut server.headers, table.count("headers", 100));
    take(&mut server.stream_idle, table.duration("stream_idle"));
    take(&mut server.linger, table.duration("linger"));
    take(&mut server.model_refresh, table.duration("model_refresh"));
    take(&mut server.drain, table.duration("drain"));
    if limits.server.model_refresh < LEAST_REFRESH {
        table.complain("model_refresh", "should be at least \"100ms\"".to_owned());
    }
    if limits.gateway.body_memory < limits.gateway.body {
        table.complain("body_memory", "should be at least `body`".to_owned());
    }
    limits
}

fn take<T>(limit: &mut T, read: Option<T>) {
    if let Some(read) = read {
        *limit = read;
    }
}
