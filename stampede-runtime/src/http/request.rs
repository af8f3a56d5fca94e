//! What is done with a request, by what it says itself.

use super::{
    key::{KeyBuf, hosts},
    options::{CREDENTIALS, Mode, Options},
    rfc9111::{RequestDirectives, Survey, Why},
};
use http::{HeaderName, header, request::Parts};

/// What a request that may be answered by the response to another is known by.
#[derive(Debug)]
pub(super) struct Handling {
    pub(super) primary: KeyBuf,
    pub(super) directives: RequestDirectives,
    pub(super) survey: Survey,
    /// Its response may be for it alone: it waits for nobody, and nobody for it.
    pub(super) solo: bool,
    pub(super) authorization_is_keyed: bool,
}

impl Handling {
    /// The body is part of the key, and what it means too.
    pub(super) fn with_body(mut self, parts: &Parts, body: &[u8]) -> Self {
        let kind = parts.headers.get(header::CONTENT_TYPE).map(http::HeaderValue::as_bytes);
        self.primary.body(kind.unwrap_or_default(), body);
        self
    }
}

/// Decides whether a request is handled; if not, why not.
pub(super) fn handling(options: &Options, parts: &Parts) -> Result<Handling, Why> {
    if !options.methods.contains(&parts.method) {
        return Err(Why::Method);
    }
    let survey = Survey::of(&parts.headers);
    if survey.has(Survey::FOR_THE_SERVICE) || !options.takes_path(parts.uri.path()) {
        return Err(Why::Bypass);
    }
    let custom = options.key.as_ref().map(|key| (key, key(parts)));
    // A key function keys by a header if it makes another key without it.
    let is_keyed = |name: &HeaderName| {
        options.keys_by(name)
            || custom.as_ref().is_some_and(|(key, made)| {
                let mut without = parts.clone();
                without.headers.remove(name);
                key(&without) != *made
            })
    };
    let mut solo = false;
    let mut authorization_is_keyed = false;
    let credentials = if survey.has(Survey::CREDENTIALS) { &CREDENTIALS[..] } else { &[] };
    for name in credentials.iter().filter(|name| parts.headers.contains_key(*name)) {
        if is_keyed(name) {
            authorization_is_keyed |= *name == header::AUTHORIZATION;
        } else if options.mode == Mode::Headers && *name == header::AUTHORIZATION {
            // The response says whether others may see it (RFC 9111, section 3.5).
            solo = true;
        } else {
            return Err(Why::Bypass);
        }
    }
    let primary = match &custom {
        None => KeyBuf::of_url(&parts.method, &parts.uri, hosts(&parts.headers)),
        Some((_, made)) => KeyBuf::of_custom(&parts.method, made.as_bytes().ok_or(Why::Bypass)?),
    };
    let directives = match options.mode {
        Mode::Headers if survey.has(Survey::DIRECTIVES) => RequestDirectives::of(&parts.headers),
        Mode::Headers | Mode::Fixed => RequestDirectives::default(),
    };
    Ok(Handling { primary, directives, survey, solo, authorization_is_keyed })
}
