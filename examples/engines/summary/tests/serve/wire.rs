//! HTTP by hand, so that nothing between the test and the program joins what was sent apart.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

/// How long a test waits for the program to say something.
const PATIENCE: Duration = Duration::from_secs(60);

/// One connection for one call.
pub(crate) struct Call {
    stream: TcpStream,
}

impl Call {
    pub(crate) fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Self { stream }
    }

    pub(crate) fn send(&mut self, method: &str, path: &str, body: &str) {
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\
             content-type: application/json\r\ncontent-length: {length}\r\n\r\n"
        );
        self.stream.write_all(head.as_bytes()).unwrap();
        self.stream.write_all(body.as_bytes()).unwrap();
    }

    /// What has come by the time that `end` is part of it.
    pub(crate) fn read_until(&mut self, end: &str) -> String {
        let mut all = Vec::new();
        let mut bytes = [0; 4096];
        loop {
            let count = self.stream.read(&mut bytes).unwrap();
            assert!(count > 0, "the reply ended before {end:?}");
            all.extend_from_slice(&bytes[..count]);
            let text = String::from_utf8_lossy(&all);
            if text.contains(end) {
                return text.into_owned();
            }
        }
    }

    pub(crate) fn read_to_end(&mut self) -> String {
        let mut all = String::new();
        self.stream.read_to_string(&mut all).unwrap();
        all
    }
}

/// A reply that is all there.
pub(crate) struct Reply {
    pub(crate) status: u16,
    head: String,
    body: String,
}

impl Reply {
    pub(crate) fn parse(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let head = head.to_lowercase();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let is_chunked = head.contains("\r\ntransfer-encoding: chunked");
        let body = if is_chunked { joined(body) } else { body.to_owned() };
        Self { status, head, body }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(found, _)| *found == name).map(|(_, value)| value)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// The data of a stream's events.
    pub(crate) fn events(&self) -> Vec<String> {
        let body = self.body.strip_suffix("\n\n").unwrap();
        let data = body.split("\n\n").map(|event| event.strip_prefix("data: ").unwrap());
        data.map(str::to_owned).collect()
    }
}

/// The chunks of a body in one.
fn joined(mut chunks: &str) -> String {
    let mut body = String::new();
    loop {
        let (size, rest) = chunks.split_once("\r\n").unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        if size == 0 {
            return body;
        }
        body.push_str(&rest[..size]);
        chunks = rest[size..].strip_prefix("\r\n").unwrap();
    }
}
