//! A request, written out by hand.

use bytes::{Bytes, BytesMut};

/// A request. Its head holds `host`, `content-length` and what it is given, nothing else.
#[derive(Debug, Clone)]
pub struct Request {
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Option<Bytes>,
}

impl Request {
    /// A request with any method.
    pub fn new(method: &str, path: &str) -> Self {
        let headers = Vec::new();
        Self { method: method.to_owned(), path: path.to_owned(), headers, body: None }
    }

    /// A GET.
    pub fn get(path: &str) -> Self {
        Self::new("GET", path)
    }

    /// A POST of a JSON body, these very bytes.
    pub fn post(path: &str, body: impl Into<Bytes>) -> Self {
        let mut request = Self::new("POST", path).header("content-type", "application/json");
        request.body = Some(body.into());
        request
    }

    /// With a body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// With one more header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With a bearer key.
    #[must_use]
    pub fn bearer(self, key: &str) -> Self {
        self.header("authorization", &format!("Bearer {key}"))
    }

    /// The body's bytes.
    pub fn body_bytes(&self) -> &[u8] {
        self.body.as_deref().unwrap_or_default()
    }

    /// The request as it goes over the wire.
    pub fn to_bytes(&self, host: &str) -> Bytes {
        let mut bytes = BytesMut::new();
        let mut line = |text: &str| {
            bytes.extend_from_slice(text.as_bytes());
            bytes.extend_from_slice(b"\r\n");
        };
        line(&format!("{} {} HTTP/1.1", self.method, self.path));
        line(&format!("host: {host}"));
        for (name, value) in &self.headers {
            line(&format!("{name}: {value}"));
        }
        if let Some(body) = &self.body {
            line(&format!("content-length: {}", body.len()));
        }
        line("");
        bytes.extend_from_slice(self.body_bytes());
        bytes.freeze()
    }

    /// Whether the reply to it has no body, whatever its head says.
    pub(crate) fn is_head(&self) -> bool {
        self.method == "HEAD"
    }
}
