//! A small HTTP/1.1 server on this machine for tests, which can misbehave as servers do. It stops when it is dropped.

#![allow(dead_code, clippy::unwrap_used)] // each test binary uses a part of it

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// How the server behaves; by default well.
#[derive(Clone, Default)]
pub struct Behaviour {
    /// It always sends the whole file.
    pub no_ranges: bool,
    /// The n-th answer's body is cut after that many bytes.
    pub cut_after: Vec<usize>,
    /// The n-th answer has this status and no file; 0 stands for none.
    pub statuses: Vec<u16>,
    /// Added to the length that it promises.
    pub promise_more: u64,
    /// The n-th answer's body stalls after that many bytes.
    pub stall_after: Vec<usize>,
    /// Added to the first byte of every range.
    pub shift: usize,
    /// The ETag of the n-th answer, its version of the file; none when there are fewer.
    pub versions: Vec<&'static str>,
    /// It calls everything a web page.
    pub web_pages: bool,
}

/// A running server.
pub struct Server {
    pub url: String,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    files: HashMap<String, Vec<u8>>,
    behaviour: Behaviour,
    stop: AtomicBool,
    sent: AtomicU64,
    ranges: Mutex<Vec<String>>,
}

impl Server {
    /// Serves `files` by path. `/moved/PATH` leads to `/PATH`, `/unencrypted/PATH` to the address of `/PATH` that begins with `http://`.
    pub fn start(files: &[(&str, &[u8])], behaviour: Behaviour) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared {
            files: files.iter().map(|(path, bytes)| (format!("/{path}"), bytes.to_vec())).collect(),
            behaviour,
            stop: AtomicBool::new(false),
            sent: AtomicU64::new(0),
            ranges: Mutex::default(),
        });
        let serving = Arc::clone(&shared);
        let thread = std::thread::spawn(move || {
            for connection in listener.incoming() {
                if serving.stop.load(Ordering::SeqCst) {
                    return;
                }
                if let Ok(connection) = connection {
                    let _ = serving.answer(connection); // a client that hangs up is no trouble
                }
            }
        });
        Server { url, shared, thread: Some(thread) }
    }

    /// Bytes of bodies sent so far.
    pub fn sent(&self) -> u64 {
        self.shared.sent.load(Ordering::SeqCst)
    }

    /// The ranges asked for, in order; empty where the whole file was.
    pub fn ranges(&self) -> Vec<String> {
        self.shared.ranges.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.url.trim_start_matches("http://")); // wakes the listener
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn answer(&self, mut connection: TcpStream) -> std::io::Result<()> {
        connection.set_read_timeout(Some(Duration::from_secs(5)))?;
        connection.set_write_timeout(Some(Duration::from_secs(5)))?;
        let mut lines = BufReader::new(connection.try_clone()?).lines();
        let request = lines.next().unwrap_or(Ok(String::new()))?;
        let path = request.split(' ').nth(1).unwrap_or("/").to_owned();
        let (mut range, mut condition) = (String::new(), None);
        for line in lines {
            let line = line?;
            if line.is_empty() {
                break;
            }
            match line.split_once(": ") {
                Some((name, value)) if name.eq_ignore_ascii_case("range") => {
                    range = value.trim_start_matches("bytes=").to_owned();
                }
                Some((name, value)) if name.eq_ignore_ascii_case("if-range") => condition = Some(value.to_owned()),
                _ => {}
            }
        }
        if let Some(target) = path.strip_prefix("/moved/") {
            let location = format!("HTTP/1.1 302 Found\r\nlocation: /{target}\r\n");
            return write!(connection, "{location}content-length: 0\r\nconnection: close\r\n\r\n");
        }
        if let Some(target) = path.strip_prefix("/unencrypted/") {
            let location = format!("http://{}/{target}", connection.local_addr()?);
            let head = format!("HTTP/1.1 302 Found\r\nlocation: {location}\r\n");
            return write!(connection, "{head}content-length: 0\r\nconnection: close\r\n\r\n");
        }
        let number = {
            let mut ranges = self.ranges.lock().unwrap();
            ranges.push(range.clone());
            ranges.len() - 1
        };
        let status = self.behaviour.statuses.get(number).copied().filter(|&status| status > 0);
        let status = status.or((!self.files.contains_key(&path)).then_some(404));
        if let Some(status) = status {
            let head = format!("HTTP/1.1 {status} No\r\ncontent-type: text/html\r\ncontent-length: 5\r\n");
            return write!(connection, "{head}connection: close\r\n\r\nsorry");
        }
        if condition.is_some_and(|wanted| self.behaviour.versions.get(number) != Some(&wanted.as_str())) {
            range.clear(); // another version of the file: the range would not fit
        }
        self.send(&mut connection, &self.files[&path], &range, number)?;
        if self.behaviour.stall_after.get(number).is_some() {
            std::thread::spawn(move || {
                std::thread::sleep(Duration::from_secs(1));
                drop(connection); // open and silent until now
            });
        }
        Ok(())
    }

    fn send(&self, connection: &mut TcpStream, file: &[u8], range: &str, number: usize) -> std::io::Result<()> {
        let Behaviour { no_ranges, cut_after, stall_after, promise_more, shift, web_pages, .. } = &self.behaviour;
        let (mut first, mut last) = (0, file.len());
        let mut head = "HTTP/1.1 200 OK\r\n".to_owned();
        if let Some((from, to)) = range.split_once('-').filter(|_| !no_ranges) {
            first = from.parse::<usize>().unwrap() + shift;
            last = to.parse::<usize>().map_or(file.len(), |to| (to + 1).min(file.len()));
            if first >= file.len() {
                let head = format!("HTTP/1.1 416 No\r\ncontent-range: bytes */{}\r\n", file.len());
                return write!(connection, "{head}content-length: 0\r\nconnection: close\r\n\r\n");
            }
            let total = file.len();
            head = format!("HTTP/1.1 206 Part\r\ncontent-range: bytes {first}-{}/{total}\r\n", last - 1);
        }
        if let Some(version) = self.behaviour.versions.get(number) {
            head += &format!("etag: {version}\r\n");
        }
        let body = &file[first..last];
        let kind = if *web_pages { "text/html; charset=utf-8" } else { "application/octet-stream" };
        let promised = body.len() as u64 + promise_more;
        write!(connection, "{head}content-type: {kind}\r\ncontent-length: {promised}\r\nconnection: close\r\n\r\n")?;
        let stall = stall_after.get(number).copied();
        let end = cut_after.get(number).copied().or(stall).unwrap_or(body.len()).min(body.len());
        connection.write_all(&body[..end])?;
        connection.flush()?;
        self.sent.fetch_add(end as u64, Ordering::SeqCst);
        Ok(())
    }
}
