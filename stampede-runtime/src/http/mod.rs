//! Coalesced and cached responses for tower services (feature `http`).

#![forbid(unsafe_code)]

#[allow(dead_code, unused_imports, reason = "the layer comes next")]
mod rfc9111;
