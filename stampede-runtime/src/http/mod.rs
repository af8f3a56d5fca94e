//! Coalesced and cached responses: a layer for tower services, as of axum and hyper (feature `http`).
//!
//! Equal requests that overlap run the service once, and for the time that a response is fresh it comes from memory.
//!
//! ```
//! use bytes::Bytes;
//! use http::{Request, Response};
//! use http_body_util::{BodyExt, Full};
//! use stampede::http::StampedeLayer;
//! use std::{convert::Infallible, time::Duration};
//! use tower::{Layer, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let slow = service_fn(async |request: Request<Full<Bytes>>| {
//!     tokio::time::sleep(Duration::from_millis(20)).await;
//!     Ok::<_, Infallible>(Response::new(Full::new(Bytes::from(format!("this is {}", request.uri())))))
//! });
//! let service = StampedeLayer::new(Duration::from_secs(60)).layer(slow);
//!
//! let about = || Request::get("/about").body(Full::default()).unwrap();
//! let first = service.clone().oneshot(about()).await.unwrap();
//! assert_eq!(first.headers()["cache-status"], "stampede; fwd=uri-miss; stored");
//! assert_eq!(first.into_body().collect().await.unwrap().to_bytes(), "this is /about");
//! let second = service.oneshot(about()).await.unwrap();
//! assert!(second.headers()["cache-status"].to_str().unwrap().starts_with("stampede; hit; ttl="));
//! # }
//! ```
//!
//! In axum it is `Router::new().route("/about", get(about)).layer(StampedeLayer::new(ttl))`, or of one route
//! `get(about).layer(…)`. Every `http_body::Body` of a response is taken.
//!
//! # What is promised
//!
//! - **What is not cached passes through**: methods but `GET` and `HEAD`, requests with a body, with `Range` (unless the whole
//!   response is stored), with `If-Match`, `If-Unmodified-Since` or `Upgrade`. A request of an unsafe method that went well
//!   removes what is stored under its URL, and under its `Location` and `Content-Location`.
//! - **Requests that differ don't meet**: the key is made of method, scheme, host, path and query, as they are written, and of
//!   the request headers that the response's `Vary` names.
//! - **Nobody waits in line**: who has waited for a response that turns out to be for another alone runs its own request at
//!   once, and for the next two minutes, or until there is a response for all, requests of this URL don't wait for each
//!   other.
//! - **Nobody gets half a response**: a body that breaks off, or ends short of the length that was announced, is neither stored
//!   nor shared. One that is longer than [`max_body`](StampedeLayer::max_body) flows through at its client's pace, as do event
//!   streams; one that takes more than two seconds keeps nobody else waiting.
//! - **The first byte is not delayed** for the client whose request runs the service, and it may go away: the response is for
//!   those who wait all the same.
//! - **Errors of the server** (5xx) are shared by those who wait, and not stored; unless the response says so, with
//!   [`rfc9111`](StampedeLayer::rfc9111).
//! - **A panic, and an error of the service** are those that it would give: a panic reaches each caller, an error the one whose
//!   request caused it, and the others run their own.
//!
//! Responses say how they came about: `Cache-Status` (RFC 9211) and `Age`. `If-None-Match` and `If-Modified-Since` are answered
//! by 304, and `Range` by 206, from what is stored.
//!
//! # Security
//!
//! A response that depends on who asks must not reach another. So this is private by default, coalescing as well as storing:
//!
//! - Requests with `Authorization`, `Cookie` or `Proxy-Authorization` pass through, unless these are part of the key. With
//!   [`rfc9111`](StampedeLayer::rfc9111) a response to an authorized request is stored if it says so itself (`public`,
//!   `s-maxage`, `must-revalidate`; RFC 9111, section 3.5).
//! - Responses with `Set-Cookie`, `private`, `no-store`, `no-cache` or `Vary: *` are for their client alone.
//! - `Access-Control-Allow-Origin`, unless it is `*`, is for requests with the same `Origin`. Rate limits of a client
//!   (`RateLimit…`, `X-RateLimit-…`) are told to that client only.
//!
//! **What else a response depends on has to be in the key, or in `Vary`.** Two things are easily forgotten: a user who is known by
//! other means (a header like `X-Api-Key`, a client certificate, the address), and what proxies add (`X-Forwarded-Host`,
//! `X-Forwarded-Proto`): whoever can send those can put a response in the cache for others.
//!
//! A cache for each user is made by a header, or by what identifies the user:
//!
//! ```
//! use stampede::http::StampedeLayer;
//! use std::time::Duration;
//!
//! let by_token = StampedeLayer::new(Duration::from_secs(5)).key_header(http::header::AUTHORIZATION);
//! let by_user = StampedeLayer::new(Duration::from_secs(5)).key(|request| {
//!     let user = request.headers.get("x-user")?.to_str().ok()?; // set by a proxy that is trusted
//!     Some(format!("{user} {}", request.uri))
//! });
//! # let _ = (by_token, by_user);
//! ```
//!
//! # What to know
//!
//! - The service is run by a task of its own, on the runtime of the request. Outside of a runtime requests pass through.
//! - `axum::Router::nest` hides the prefix of a path from the layers within: nested routers need a layer each, and not clones of
//!   one, or a [`key`](StampedeLayer::key) that tells them apart.
//! - A service that never answers keeps all requests of its URL waiting, the later ones too: a limit of its time belongs inside
//!   the layer.
//! - The time of day may be wrong, and may be set. It is compared with the dates of a response when that arrives: by a clock that
//!   is ahead, responses with a `Date` are too old and are asked for again, and one that is behind makes none fresh for longer,
//!   unless it says `Expires` and no `Date`. What is stored gets no older and no younger by it.
//! - A burst has to be accepted before the layer sees it. `tokio::net::TcpListener::bind` has 128 connections wait for that; what
//!   comes beyond, Linux drops, and clients try again after a second, and after another. Servers that expect bursts listen by
//!   `tokio::net::TcpSocket::listen` with a larger number.
//! - Extensions of a response reach the client whose request caused it, and are not stored.
//! - Conditions (`If-None-Match`, `If-Modified-Since`) are taken out of requests that may be shared: the layer answers them.

#![forbid(unsafe_code)]

mod answer;
mod body;
mod entry;
mod future;
mod judge;
mod key;
mod layer;
mod load;
mod marks;
mod options;
mod passage;
mod plan;
mod pump;
mod reading;
mod request;
mod rfc9111;
mod service;
mod sight;
mod store;
mod task;
mod tee;
mod visit;
mod wall;

pub use body::ResponseBody;
pub use future::ResponseFuture;
pub use key::RequestKey;
pub use layer::StampedeLayer;
pub use reading::{ReadUpTo, Reading, Unread};
pub use service::StampedeService;
pub use store::ResponseCache;
