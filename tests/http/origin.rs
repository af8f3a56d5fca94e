//! A service to put the layer around: it counts its runs, waits at a gate, and answers by a function.

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::{BodyExt, Collected};
use stampede::http::ResponseBody;
use std::{
    convert::Infallible,
    fmt,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};
use tokio::{sync::Semaphore, task::JoinSet};
use tower::{Service, ServiceExt, util::BoxCloneSyncService};

type Answer = dyn Fn(usize, &Request<Body>) -> Response<Body> + Send + Sync;

/// What answers requests: by the number of the run, counted from 1, and the request.
pub(crate) struct Origin {
    answer: Box<Answer>,
    gate: Semaphore,
    started: AtomicUsize,
    running: AtomicUsize,
    most_running: AtomicUsize,
    seen: Mutex<Vec<HeaderMap>>,
}

pub(crate) type OriginService = BoxCloneSyncService<Request<Body>, Response<Body>, Infallible>;

impl Origin {
    /// Answers once its gate is open.
    pub(crate) fn gated(
        answer: impl Fn(usize, &Request<Body>) -> Response<Body> + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self {
            answer: Box::new(answer),
            gate: Semaphore::new(0),
            started: AtomicUsize::new(0),
            running: AtomicUsize::new(0),
            most_running: AtomicUsize::new(0),
            seen: Mutex::default(),
        })
    }

    /// Answers at once.
    pub(crate) fn new(
        answer: impl Fn(usize, &Request<Body>) -> Response<Body> + Send + Sync + 'static,
    ) -> Arc<Self> {
        let origin = Self::gated(answer);
        origin.open_gate();
        origin
    }

    /// Lets all runs through, now and later.
    pub(crate) fn open_gate(&self) {
        self.gate.add_permits(Semaphore::MAX_PERMITS / 2);
    }

    /// Lets one run through.
    pub(crate) fn let_one_through(&self) {
        self.gate.add_permits(1);
    }

    pub(crate) fn runs(&self) -> usize {
        self.started.load(SeqCst)
    }

    pub(crate) fn running(&self) -> usize {
        self.running.load(SeqCst)
    }

    /// The most runs that were ever alive at the same time.
    pub(crate) fn most_running(&self) -> usize {
        self.most_running.load(SeqCst)
    }

    /// The headers of a run's request; the first is 1.
    pub(crate) fn seen(&self, run: usize) -> HeaderMap {
        self.seen.lock().expect("no test has panicked")[run - 1].clone()
    }

    async fn run(self: Arc<Self>, request: Request<Body>) -> Result<Response<Body>, Infallible> {
        struct Running<'a>(&'a Origin);
        impl Drop for Running<'_> {
            fn drop(&mut self) {
                self.0.running.fetch_sub(1, SeqCst);
            }
        }
        let number = {
            let mut seen = self.seen.lock().expect("no test has panicked");
            seen.push(request.headers().clone());
            self.started.fetch_add(1, SeqCst) + 1
        };
        self.most_running.fetch_max(self.running.fetch_add(1, SeqCst) + 1, SeqCst);
        let _running = Running(&self);
        self.gate.acquire().await.expect("the gate is never closed").forget();
        Ok((self.answer)(number, &request))
    }

    pub(crate) fn service(self: &Arc<Self>) -> OriginService {
        let origin = Arc::clone(self);
        BoxCloneSyncService::new(tower::service_fn(move |request| Arc::clone(&origin).run(request)))
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Origin").field("runs", &self.runs()).finish_non_exhaustive()
    }
}

/// A request without a body.
pub(crate) fn request(method: &str, uri: &str, headers: &[(&str, &str)]) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(uri).header("host", "a.example");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::empty()).expect("a request")
}

pub(crate) fn get(uri: &str) -> Request<Body> {
    request("GET", uri, &[])
}

/// A response of this status with these headers.
pub(crate) fn response(status: u16, headers: &[(&str, &str)], body: impl Into<Body>) -> Response<Body> {
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    response.body(body.into()).expect("a response")
}

/// The number of the run as the body of a 200.
pub(crate) fn numbered(run: usize, _: &Request<Body>) -> Response<Body> {
    response(200, &[], format!("run {run}"))
}

/// A response that has been read to its end.
#[derive(Clone, Debug)]
pub(crate) struct Read {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// `Err` if it broke.
    pub(crate) body: Result<Bytes, String>,
}

impl Read {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(self.body.as_ref().expect("a whole body")).expect("text")
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("text"))
    }

    /// What `Cache-Status` says.
    pub(crate) fn cache(&self) -> &str {
        self.header("cache-status").unwrap_or_default()
    }

    pub(crate) fn is_hit(&self) -> bool {
        self.cache().starts_with("stampede; hit")
    }
}

pub(crate) async fn read(response: Response<ResponseBody<Body>>) -> Read {
    let (parts, body) = response.into_parts();
    let body = body.collect().await.map(Collected::to_bytes).map_err(|error| error.to_string());
    Read { status: parts.status, headers: parts.headers, body }
}

/// Sends a request and reads its response.
pub(crate) async fn send<S>(service: &S, request: Request<Body>) -> Read
where
    S: Service<Request<Body>, Response = Response<ResponseBody<Body>>> + Clone,
    S::Error: fmt::Debug,
{
    read(service.clone().oneshot(request).await.expect("a response")).await
}

/// Sends requests at the same time.
pub(crate) fn send_all<S>(service: &S, requests: impl IntoIterator<Item = Request<Body>>) -> JoinSet<Read>
where
    S: Service<Request<Body>, Response = Response<ResponseBody<Body>>> + Clone + Send + 'static,
    S::Error: fmt::Debug,
    S::Future: Send,
{
    requests
        .into_iter()
        .map(|request| {
            let service = service.clone();
            async move { read(service.oneshot(request).await.expect("a response")).await }
        })
        .collect()
}
