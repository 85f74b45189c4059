//! A client of a few lines, so that what is on the wire is what is tested.

#![allow(dead_code, clippy::unwrap_used, reason = "each test file uses a part of this, and a failure is a failed test")]

pub mod csv;

use serde_json::Value;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// What came back.
pub struct Reply {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
    /// Whether the connection ended as the head had promised.
    pub whole: bool,
}

impl Reply {
    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn header(&self, name: &str) -> Option<String> {
        let line = self.head.lines().find(|line| line.to_lowercase().starts_with(&format!("{name}:")))?;
        Some(line.split_once(':').unwrap().1.trim().to_owned())
    }
}

/// Asks, with a token, and reads until the connection ends.
pub fn ask_as(base: &str, token: Option<&str>, method: &str, path: &str, body: &str, extra: &str) -> Reply {
    let mut stream = TcpStream::connect(base.strip_prefix("http://").unwrap()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let token = token.map_or(String::new(), |token| format!("authorization: Bearer {token}\r\n"));
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: simulator\r\nconnection: close\r\n{token}{extra}content-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
    let Some(end) = end else { return Reply { status: 0, head: String::new(), body: bytes, whole: false } };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let mut reply = Reply { status, head, body: bytes[end + 4..].to_vec(), whole: true };
    if reply.header("transfer-encoding").is_some() {
        reply.body = unchunk(&reply.body);
    } else if let Some(length) = reply.header("content-length") {
        reply.whole = length.parse::<usize>().unwrap() == reply.body.len();
    }
    reply
}

fn unchunk(mut bytes: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let end = bytes.windows(2).position(|two| two == b"\r\n").unwrap();
        let size = usize::from_str_radix(std::str::from_utf8(&bytes[..end]).unwrap(), 16).unwrap();
        if size == 0 {
            return body;
        }
        body.extend_from_slice(&bytes[end + 2..end + 2 + size]);
        bytes = &bytes[end + 4 + size..];
    }
}

/// GET with the token that may do everything.
pub fn get(base: &str, path: &str) -> Reply {
    ask_as(base, Some("test"), "GET", path, "", "")
}

/// POST with the token that may do everything.
pub fn post(base: &str, path: &str, body: &str) -> Reply {
    ask_as(base, Some("test"), "POST", path, body, "content-type: application/json\r\n")
}

/// Every row of a GET list; panics where the pages do not end.
pub fn rows(base: &str, path: &str) -> Vec<Value> {
    let mut all = Vec::new();
    let mut next: Option<String> = None;
    for _ in 0..10_000 {
        let mark = if path.contains('?') { '&' } else { '?' };
        let page = match &next {
            None => get(base, path),
            Some(cursor) => get(base, &format!("{path}{mark}next_page={cursor}")),
        };
        assert_eq!(page.status, 200, "{}", page.text());
        let page = page.json();
        all.extend(page["data"].as_array().unwrap().iter().cloned());
        next = page["next_page"].as_str().map(str::to_owned);
        if next.is_none() {
            return all;
        }
    }
    panic!("{path} does not end")
}
