//! A running engine.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use serde_json::Value;

use crate::wire::{Call, Reply};

/// The program under test.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_weighbridge-summary");

/// How often, and how many times, an ending program is looked at.
const LOOK: Duration = Duration::from_millis(20);
const LOOKS: u32 = 500;

/// The program, listening on a free port; it ends with this value.
pub(crate) struct Engine {
    child: Child,
    address: SocketAddr,
}

impl Engine {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new(PROGRAM);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.strip_prefix("listening on http://").unwrap();
        let address = address.strip_suffix('\n').unwrap().parse().unwrap();
        Self { child, address }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn close_pipe(&mut self) {
        drop(self.child.stdin.take());
    }

    /// Waits for the program to end by itself, and says how it did.
    pub(crate) fn ends(&mut self) -> Option<i32> {
        for _ in 0..LOOKS {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            sleep(LOOK);
        }
        panic!("the program goes on")
    }

    pub(crate) fn post(&self, request: &Value) -> Reply {
        self.call("POST", "/v1/chat/completions", &request.to_string())
    }

    pub(crate) fn get(&self, path: &str) -> Reply {
        self.call("GET", path, "")
    }

    pub(crate) fn call(&self, method: &str, path: &str, body: &str) -> Reply {
        let mut call = Call::open(self.address);
        call.send(method, path, body);
        Reply::parse(&call.read_to_end())
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
