//! What may be done with a response, as far as its head tells.

use super::{
    options::{Mode, Options},
    rfc9111::{Exchange, Refusal, RequestDirectives, Reuse, Rules, Terms, Vary},
};
use http::{HeaderMap, HeaderName, header};
use http_body::SizeHint;
use std::{sync::Arc, time::Duration};

/// What a head allows.
#[derive(Clone, Debug)]
pub(super) struct Judgement {
    pub(super) terms: Terms,
    /// How long the response is stored; zero if it is only for those who wait.
    pub(super) keep: Duration,
    /// The request headers that it depends on, sorted, each once.
    pub(super) names: Arc<[HeaderName]>,
}

/// A response is for the caller that caused it alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Alone {
    /// Whether the next one is expected to be so as well.
    pub(super) again: bool,
}

/// The ttl of what is for those who wait, and not stored.
const INSTANT: Duration = Duration::from_nanos(1);

/// Judges a response by its head.
pub(super) fn head(options: &Options, exchange: &Exchange<'_>) -> Result<Judgement, Alone> {
    let Vary::Names(names) = Vary::of(exchange.response) else { return Err(Alone { again: true }) };
    let (terms, keep) = terms(options, exchange)?;
    Ok(Judgement { terms, keep, names: with_origin(names, exchange.response) })
}

fn terms(options: &Options, exchange: &Exchange<'_>) -> Result<(Terms, Duration), Alone> {
    let ttl = options.ttl_of(exchange.status);
    let rules = Rules { default_ttl: ttl, ..options.rules() };
    // Errors of the server are for all who wait for them (H4), if they say nothing against it.
    let shared_only = || match Terms::fixed(&rules, INSTANT, exchange) {
        Ok(terms) => Ok((terms, Duration::ZERO)),
        Err(_) => Err(Alone { again: true }),
    };
    match options.mode {
        Mode::Fixed if exchange.status.is_server_error() => shared_only(),
        Mode::Fixed => {
            let Some(ttl) = ttl else { return Err(Alone { again: is_final(exchange) }) };
            if ttl.is_zero() {
                return shared_only();
            }
            let terms = Terms::fixed(&rules, ttl, exchange).map_err(|_| Alone { again: true })?;
            Ok((terms, terms.keep()))
        }
        Mode::Headers => match Terms::of(&rules, exchange) {
            Ok(terms) => Ok((terms, terms.keep())),
            Err(Refusal::NoFreshness) if exchange.status.is_server_error() => shared_only(),
            Err(_) => Err(Alone { again: is_final(exchange) }),
        },
    }
}

/// Whether the status is about the resource, not about this request for it.
fn is_final(exchange: &Exchange<'_>) -> bool {
    let status = exchange.status;
    status.is_success() && status.as_u16() != 206 || status.is_redirection() && status.as_u16() != 304
}

/// Whether a response never needs to be asked for again before it is used: by one that does, waiters are not served.
pub(super) fn is_ever_fresh(terms: &Terms) -> bool {
    !matches!(terms.reuse(Duration::ZERO, &RequestDirectives::default()), Reuse::Revalidate { .. })
}

/// A response that allows one origin to read it is for requests of this origin (H6).
fn with_origin(names: Arc<[HeaderName]>, response: &HeaderMap) -> Arc<[HeaderName]> {
    let mut allowed = response.get_all(header::ACCESS_CONTROL_ALLOW_ORIGIN).iter();
    if allowed.all(|origin| origin == "*") || names.contains(&header::ORIGIN) {
        return names;
    }
    union(&names, &[header::ORIGIN])
}

/// The headers of both, sorted, each once.
pub(super) fn union(some: &[HeaderName], others: &[HeaderName]) -> Arc<[HeaderName]> {
    let mut names: Vec<_> = some.iter().chain(others).cloned().collect();
    names.sort_unstable_by(|one, other| one.as_str().cmp(other.as_str()));
    names.dedup();
    names.into()
}

/// Whether a body is expected to be longer than what is kept, or to have no end.
pub(super) fn is_stream(response: &HeaderMap, size: &SizeHint, max_body: usize) -> bool {
    let content_type =
        response.get(header::CONTENT_TYPE).map(http::HeaderValue::as_bytes).unwrap_or_default();
    let is = |kind: &str| {
        content_type.get(..kind.len()).is_some_and(|start| start.eq_ignore_ascii_case(kind.as_bytes()))
    };
    size.lower() > max_body as u64
        || ["text/event-stream", "multipart/x-mixed-replace", "application/grpc"].into_iter().any(is)
}

/// The length that is announced for the body of a response: by its head, or by servers, of what the body knows of itself.
pub(super) fn announced_length(response: &HeaderMap, size: &SizeHint) -> Option<u64> {
    let header = response.get(header::CONTENT_LENGTH);
    header.and_then(|length| length.to_str().ok()?.trim().parse().ok()).or_else(|| size.exact())
}

/// Takes out what is about one response and must not be said again (H6).
pub(super) fn remove_personal(headers: &mut HeaderMap) {
    let personal = |name: &HeaderName| {
        let name = name.as_str();
        let limits = ["ratelimit", "x-ratelimit-", "x-rate-limit-"];
        limits.iter().any(|start| name.starts_with(start)) || name == "set-cookie"
    };
    let names: Vec<_> = headers.keys().filter(|name| personal(name)).cloned().collect();
    for name in names {
        headers.remove(name);
    }
}
