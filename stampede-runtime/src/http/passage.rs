//! Requests that pass through, and what they make out of date.

use super::{
    ResponseBody,
    key::{KeyBuf, hosts},
    plan::Shared,
    rfc9111::{CacheStatus, Why, invalidation},
};
use http::{HeaderMap, Method, Request, Response, Uri, header, request::Parts};
use std::{future::poll_fn, sync::Arc};
use tower_service::Service;

/// What has to be known of a request after it has passed: nothing, if it is a safe one.
#[derive(Debug)]
pub(super) struct Passage(Option<Box<Target>>);

#[derive(Debug)]
struct Target {
    layer: Arc<Shared>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    /// For the layer's key function.
    parts: Option<Parts>,
}

impl Passage {
    /// Of a request that changes nothing.
    pub(super) const SAFE: Self = Self(None);

    pub(super) fn of(layer: &Arc<Shared>, parts: &Parts) -> Self {
        if parts.method.is_safe() {
            return Self::SAFE;
        }
        let mut headers = HeaderMap::new();
        parts.headers.get_all(header::HOST).iter().for_each(|host| {
            headers.append(header::HOST, host.clone());
        });
        Self(Some(Box::new(Target {
            layer: Arc::clone(layer),
            method: parts.method.clone(),
            uri: parts.uri.clone(),
            headers,
            parts: layer.options.key.is_some().then(|| parts.clone()),
        })))
    }

    /// Removes what the response makes out of date (RFC 9111, section 4.4).
    fn invalidate<B>(self, response: &Response<B>) {
        let Some(target) = self.0 else { return };
        if !invalidation::invalidates(&target.method, response.status()) {
            return;
        }
        target.remove(&target.uri);
        let Some(absolute) = target.absolute() else { return };
        for other in invalidation::targets(&absolute, response.headers()) {
            // It is of the same origin, so only the path is another one.
            let mut parts = target.uri.clone().into_parts();
            parts.path_and_query = other.path_and_query().cloned();
            if let Ok(uri) = Uri::from_parts(parts) {
                target.remove(&uri);
            }
        }
    }
}

impl Target {
    fn remove(&self, uri: &Uri) {
        let cached = self.layer.options.methods.iter();
        for method in cached.chain([&Method::GET, &Method::HEAD]) {
            if let Some(key) = self.key(method, uri) {
                self.layer.store.remove(&key);
            }
        }
    }

    fn key(&self, method: &Method, uri: &Uri) -> Option<KeyBuf> {
        let Some((key, parts)) = self.layer.options.key.as_ref().zip(self.parts.as_ref()) else {
            return Some(KeyBuf::of_url(method, uri, hosts(&self.headers)));
        };
        let mut parts = parts.clone();
        parts.method = method.clone();
        parts.uri = uri.clone();
        Some(KeyBuf::of_custom(method, &key(&parts).into_bytes()?))
    }

    /// The request's URL with scheme and host.
    fn absolute(&self) -> Option<Uri> {
        let host = hosts(&self.headers).next();
        let authority = match self.uri.authority() {
            Some(authority) => authority.clone(),
            None => http::uri::Authority::try_from(host?).ok()?,
        };
        let scheme = self.uri.scheme_str().unwrap_or("http");
        let path = self.uri.path_and_query().map_or("/", |path| path.as_str());
        Uri::builder().scheme(scheme).authority(authority).path_and_query(path).build().ok()
    }
}

/// Sends a request on and hands its response back.
pub(super) async fn pass<S, B, R>(
    mut service: S,
    request: Request<B>,
    why: Why,
    passage: Passage,
) -> Result<Response<ResponseBody<R>>, S::Error>
where
    S: Service<Request<B>, Response = Response<R>>,
{
    poll_fn(|cx| service.poll_ready(cx)).await?;
    let mut response = service.call(request).await?;
    passage.invalidate(&response);
    let status = CacheStatus::Forward { why, status: None, stored: false, collapsed: false };
    status.add_to(response.headers_mut());
    Ok(response.map(ResponseBody::inner))
}
