//! The service: answers hits at once and sends everything else on its way.

use super::{
    ResponseBody, answer,
    future::ResponseFuture,
    passage::{Passage, pass},
    plan::{Asked, Shared},
    reading::{Reading, Unread},
    request::{Handling, handling},
    rfc9111::Why,
    sight::{self, How, Seeker, Sight},
    tee::BoxError,
    visit::Visit,
};
use crate::sync::{Mutex, lock};
use http::{Request, Response, request::Parts};
use http_body::Body;
use std::{
    fmt,
    sync::Arc,
    task::{Context, Poll},
};
use tower_service::Service;

/// A service whose responses are coalesced and cached; made by a [`StampedeLayer`](super::StampedeLayer).
///
/// It is always ready: a hit needs no readiness of the service within, and all else waits for it in its own future, whose error
/// it then is. Clones share the cache.
pub struct StampedeService<S, K = Unread> {
    /// Never made ready and never called: clones of it are. Servers clone the service for each request, and a hit needs none of
    /// what is in here.
    inner: Arc<Mutex<S>>,
    layer: Arc<Shared>,
    reading: K,
}

impl<S, K> StampedeService<S, K> {
    pub(super) fn new(inner: S, layer: Arc<Shared>, reading: K) -> Self {
        Self { inner: Arc::new(Mutex::new(inner)), layer, reading }
    }
}

impl<S, K, B, R> Service<Request<B>> for StampedeService<S, K>
where
    S: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Send + 'static,
    K: Reading<B>,
    B: Body + Send + 'static,
    R: Body + Send + 'static,
    R::Data: Send,
    R::Error: Into<BoxError>,
{
    type Response = Response<ResponseBody<R>>;
    type Error = S::Error;
    type Future = ResponseFuture<R, S::Error>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (parts, body) = request.into_parts();
        let has_body = !body.is_end_stream() && body.size_hint().exact() != Some(0);
        let reads = has_body && self.reading.reads(&body);
        let handled =
            if has_body && !reads { Err(Why::Bypass) } else { handling(&self.layer.options, &parts) };
        match handled {
            Err(why) => {
                let passage = Passage::of(&self.layer, &parts);
                let request = Request::from_parts(parts, body);
                ResponseFuture::waits(pass(self.clone_inner(), request, why, passage))
            }
            Ok(handling) if reads => {
                let (layer, service) = (Arc::clone(&self.layer), self.clone_inner());
                let reading = self.reading.read(body);
                ResponseFuture::waits(async move {
                    match reading.await {
                        Ok((bytes, body)) => {
                            let handling = handling.with_body(&parts, &bytes);
                            visit(layer, service, parts, body, handling).run().await
                        }
                        Err(_) => Ok(answer::bad_request()),
                    }
                })
            }
            Ok(handling) => match hit(&self.layer, &parts, &handling) {
                Some(response) => ResponseFuture::ready(response),
                None => {
                    let layer = Arc::clone(&self.layer);
                    ResponseFuture::waits(visit(layer, self.clone_inner(), parts, body, handling).run())
                }
            },
        }
    }
}

impl<S: Clone, K> StampedeService<S, K> {
    /// A service for one request.
    fn clone_inner(&self) -> S {
        lock(&self.inner).clone()
    }
}

/// The response, if it can be given at once and nothing else is to be done.
fn hit<R>(layer: &Shared, parts: &Parts, handling: &Handling) -> Option<Response<ResponseBody<R>>> {
    let engine = layer.store.engine();
    let now = engine.now();
    let Parts { method, headers, .. } = parts;
    let Handling { directives, survey, solo, .. } = handling;
    let seeker = Seeker { method, headers, directives, survey: *survey, solo: *solo };
    let Sight::Serve { stored, how } = sight::look(layer, &handling.primary, seeker, now).sight else {
        return None;
    };
    if how == How::Refresh {
        return None;
    }
    engine.count_answered(how == How::Fresh);
    Some(answer::stored(&stored, seeker, now, &sight::hit(&stored, now)))
}

fn visit<S, B>(layer: Arc<Shared>, service: S, parts: Parts, body: B, handling: Handling) -> Visit<S, B> {
    let Handling { primary, directives, survey: _, solo, authorization_is_keyed } = handling;
    let watch = layer.store.watch(&primary);
    let asked = Asked {
        layer,
        method: parts.method.clone(),
        headers: parts.headers.clone(),
        directives,
        authorization_is_keyed,
        solo,
        primary,
        watch,
    };
    let slot = Arc::new(Mutex::new(Some((service, Request::from_parts(parts, body)))));
    Visit { asked: Arc::new(asked), slot, passage: Passage::SAFE }
}

impl<S, K: Clone> Clone for StampedeService<S, K> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner), layer: Arc::clone(&self.layer), reading: self.reading.clone() }
    }
}

impl<S, K> fmt::Debug for StampedeService<S, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StampedeService").field("layer", &self.layer).finish_non_exhaustive()
    }
}
