//! Files from the network: whole and resumable, or piece by piece through HTTP ranges.
//!
//! An address and a path -> the file, whole or not at all: [`fetch`]. A part of a file: [`Client::fetch_range`]. A file that
//! can be read and sought without fetching it: [`RangeReader`].

mod range;
mod transfer;

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::Duration;

use sha2::{Digest, Sha256};
use ureq::http::Response;
use ureq::{Agent, Body};

use ninefold_core::error::{Error, Result};
use ninefold_core::progress::Progress;
pub use range::RangeReader;

/// How patient downloads are. [`Client::default`] suits the open network.
#[derive(Clone, Debug)]
pub struct Client {
    agent: Agent,
    /// Attempts in a row that may fail without bringing anything.
    retries: u32,
    /// The pause before the second attempt; it doubles with each further one.
    pause: Duration,
}

impl Default for Client {
    fn default() -> Client {
        Client::new(5, Duration::from_millis(500), Duration::from_secs(30))
    }
}

impl Client {
    /// A client that gives up after `retries` fruitless attempts, the first two `pause` apart and each further pause twice
    /// as long, and that takes a connection for dead after `silence` without a byte.
    pub fn new(retries: u32, pause: Duration, silence: Duration) -> Client {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .user_agent(concat!("ninefold/", env!("CARGO_PKG_VERSION")))
            .accept_encoding("identity") // lengths and ranges must mean the file's own bytes
            .timeout_connect(Some(silence))
            .timeout_recv_response(Some(silence))
            .timeout_per_read(Some(silence))
            .build();
        Client { agent: config.new_agent(), retries, pause }
    }

    /// Fetches `url` into `path`. What has arrived stays in `path` + ".part" when the download is interrupted, and the next
    /// call goes on from there if the server can; a connection that breaks is taken up again a few times.
    ///
    /// # Errors
    /// [`Error::Download`] when the server cannot be reached, refuses, or sends a web page or another length than it said;
    /// [`Error::Io`] when the file cannot be written; [`Error::Interrupted`].
    pub fn fetch(&self, url: &str, path: &Path, progress: &dyn Progress) -> Result<()> {
        transfer::fetch(self, url, None, path, progress)
    }

    /// Fetches `length` bytes of `url` from `start` on into `path`, otherwise as [`Client::fetch`].
    ///
    /// # Errors
    /// As [`Client::fetch`], and [`Error::Download`] when the server does not send ranges.
    pub fn fetch_range(&self, url: &str, start: u64, length: u64, path: &Path, progress: &dyn Progress) -> Result<()> {
        transfer::fetch(self, url, Some((start, length)), path, progress)
    }

    /// Asks for `url`, or for its bytes from `first` to `last` (inclusive; to the end without `last`). With a `validator` (an ETag or a
    /// date) the server sends the range only of the file that has it, and otherwise the whole file. An https address is never redirected
    /// to http.
    fn get(
        &self,
        url: &str,
        first: Option<u64>,
        last: Option<u64>,
        validator: Option<&str>,
    ) -> std::result::Result<Response<Body>, ureq::Error> {
        let mut request = self.agent.get(url);
        if url.starts_with("https://") {
            request = request.config().https_only(true).build();
        }
        if url.starts_with("http://127.0.0.1") || url.starts_with("http://localhost") {
            request = request.config().proxy(None).build(); // a proxy's 127.0.0.1 is not this machine
        }
        if let Some(validator) = validator.filter(|_| first.is_some()) {
            request = request.header("if-range", validator);
        }
        match (first, last) {
            (None, _) => request.call(),
            (Some(first), None) => request.header("range", format!("bytes={first}-")).call(),
            (Some(first), Some(last)) => request.header("range", format!("bytes={first}-{last}")).call(),
        }
    }
}

/// Fetches `url` into `path` with the default [`Client`].
///
/// # Errors
/// As [`Client::fetch`].
pub fn fetch(url: &str, path: &Path, progress: &dyn Progress) -> Result<()> {
    Client::default().fetch(url, path, progress)
}

/// The SHA-256 of a file in lower-case hexadecimal digits.
///
/// # Errors
/// [`Error::Io`] when it cannot be read.
pub fn sha256_file(path: &Path) -> Result<String> {
    let mut file = File::open(path).map_err(Error::io("read", path))?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer).map_err(Error::io("read", path))? {
            0 => break,
            read => hash.update(&buffer[..read]),
        }
    }
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Refuses a file whose SHA-256 is not `expected`.
///
/// # Errors
/// [`Error::Checksum`] with both, [`Error::Io`] when it cannot be read.
pub fn verify_sha256(path: &Path, expected: &str) -> Result<()> {
    let found = sha256_file(path)?;
    if found.eq_ignore_ascii_case(expected) {
        return Ok(());
    }
    Err(Error::Checksum { path: path.to_path_buf(), expected: expected.to_owned(), found })
}

/// What names this version of a file: its strong ETag, else the date of its last change.
fn validator(response: &Response<Body>) -> Option<String> {
    let header = |name: &str| Some(response.headers().get(name)?.to_str().ok()?.to_owned());
    header("etag").filter(|tag| tag.starts_with('"')).or_else(|| header("last-modified"))
}

/// `Content-Range: bytes */TOTAL`, with which a server refuses a range beyond the end.
fn length_beyond_which_nothing_is(response: &Response<Body>) -> Option<u64> {
    response.headers().get("content-range")?.to_str().ok()?.trim().strip_prefix("bytes */")?.parse().ok()
}

/// `Content-Range: bytes FIRST-LAST/TOTAL`; the total is `None` for `*`.
fn content_range(response: &Response<Body>) -> Option<(u64, u64, Option<u64>)> {
    let value = response.headers().get("content-range")?.to_str().ok()?;
    let (range, total) = value.trim().strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = range.split_once('-')?;
    let (first, last) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
    (first <= last).then_some((first, last, total.trim().parse().ok()))
}

#[cfg(test)]
#[path = "../tests/it/server/mod.rs"]
mod server;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::server::{Behaviour, Server};
    use super::*;

    use std::fs;

    use ninefold_core::progress::Silent;
    use ureq::unversioned::resolver::DefaultResolver;
    use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, NextTimeout, TcpConnector, Transport};

    /// TCP that passes for TLS, so that https addresses can be served here without a certificate.
    #[derive(Debug, Default)]
    struct PretendTls(TcpConnector);

    #[derive(Debug)]
    struct Pretended<T>(T);

    impl Connector<()> for PretendTls {
        type Out = Pretended<<TcpConnector as Connector<()>>::Out>;

        fn connect(
            &self,
            details: &ConnectionDetails,
            chained: Option<()>,
        ) -> std::result::Result<Option<Self::Out>, ureq::Error> {
            Ok(self.0.connect(details, chained)?.map(Pretended))
        }
    }

    impl<T: Transport> Transport for Pretended<T> {
        fn buffers(&mut self) -> &mut dyn Buffers {
            self.0.buffers()
        }

        fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> std::result::Result<(), ureq::Error> {
            self.0.transmit_output(amount, timeout)
        }

        fn await_input(&mut self, timeout: NextTimeout) -> std::result::Result<bool, ureq::Error> {
            self.0.await_input(timeout)
        }

        fn is_open(&mut self) -> bool {
            self.0.is_open()
        }

        fn is_tls(&self) -> bool {
            true
        }
    }

    fn client() -> Client {
        let config = Agent::config_builder().http_status_as_error(false).proxy(None).build();
        let agent = Agent::with_parts(config, PretendTls::default(), DefaultResolver::default());
        Client { agent, retries: 0, pause: Duration::ZERO }
    }

    /// What comes of downloading `path` from a server under this scheme, and how often the file was asked for.
    fn fetched(scheme: &str, path: &str) -> (Result<Vec<u8>>, usize) {
        let server = Server::start(&[("file.zip", b"content")], Behaviour::default());
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("file.zip");
        let url = format!("{scheme}://{}/{path}", server.url.trim_start_matches("http://"));
        let result = client().fetch(&url, &target, &Silent).map(|()| fs::read(&target).unwrap());
        (result, server.ranges().len())
    }

    #[test]
    fn download_that_began_on_https_does_not_go_on_over_http() {
        let (result, requests) = fetched("https", "unencrypted/file.zip");
        let error = result.unwrap_err().to_string();
        assert!(error.contains("redirects from https to http://") && error.contains("not encrypted"), "{error}");
        assert_eq!(requests, 0, "the file is not asked for");
        let server = Server::start(&[("file.zip", b"content")], Behaviour::default());
        let url = format!("https://{}/unencrypted/file.zip", server.url.trim_start_matches("http://"));
        assert!(RangeReader::open(&client(), &url).unwrap_err().to_string().contains("not encrypted"));
    }

    #[test]
    fn other_redirects_are_followed() {
        for (scheme, path) in
            [("https", "moved/file.zip"), ("http", "moved/file.zip"), ("http", "unencrypted/file.zip")]
        {
            assert_eq!(fetched(scheme, path).0.unwrap(), b"content", "{scheme} {path}");
        }
    }
}
