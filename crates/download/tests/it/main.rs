//! Integration tests: downloads from a server on loopback.

mod download;
mod server;
