//! A server that says what it is told to, word for word: what the simulator would never say.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// An answer: status, further header lines each with their end, body.
pub type Said = (u16, &'static str, String);

/// A server on a free port, until the test ends.
pub struct Canned {
    /// `http://127.0.0.1:PORT`
    pub base_url: String,
    asked: Arc<AtomicU64>,
}

impl Canned {
    /// Answers each request by its path, query included.
    pub fn new(answer: impl Fn(&str) -> Said + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(AtomicU64::new(0));
        let (count, answer) = (asked.clone(), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (count, answer) = (count.clone(), answer.clone());
                std::thread::spawn(move || talk(stream.unwrap(), &count, &*answer));
            }
        });
        Self { base_url, asked }
    }

    /// How often it was asked for anything.
    pub fn asked(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
    }
}

/// One connection, request after request, until the caller ends it.
fn talk(stream: TcpStream, count: &AtomicU64, answer: &dyn Fn(&str) -> Said) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut stream = stream;
    loop {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            if reader.read_until(b'\n', &mut head).unwrap_or(0) == 0 {
                return;
            }
        }
        let head = String::from_utf8(head).unwrap();
        let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        reader.read_exact(&mut body).unwrap();
        count.fetch_add(1, Ordering::Relaxed);
        let (status, headers, text) = answer(head.split(' ').nth(1).unwrap());
        let kind = if headers.contains("content-type") { "" } else { "content-type: application/json\r\n" };
        let said = format!("HTTP/1.1 {status} Said\r\n{kind}{headers}content-length: {}\r\n\r\n{text}", text.len());
        if stream.write_all(said.as_bytes()).is_err() {
            return;
        }
    }
}
