//! HTTP clients that come, read as far as they like, and leave (C1, I1, H2, H5, H7), and the site that they visit.
//!
//! A page says in its first line whose it is, which version of it, and how much follows. Whatever a client reads has to fit to
//! what it has asked for; and what comes from the cache, or from another client's request, has to be whole.

use crate::actors::{Actor, Turn, unharmed};
use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, Request, Response, header};
use http_body_util::{BodyExt, StreamBody};
use stampede::http::{ResponseBody, StampedeLayer};
use stampede_tests::field::{Bang, Dice, Field, lock};
use std::{
    panic::panic_any,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};
use tokio::{
    task::{JoinSet, yield_now},
    time::{sleep, timeout},
};
use tower::{BoxError, Layer, ServiceExt, util::BoxCloneSyncService};

/// The URLs of the site; each has a page in every language.
const PAGES: u64 = 60;
const LANGUAGES: [&str; 3] = ["de", "en", "fr"];

/// Longer bodies flow through.
const LONGEST_KEPT: usize = 24 << 10;
const CHUNK: usize = 4 << 10;

/// Bytes of responses in each cache, and what the least of them takes.
const CAPACITY: u64 = 512 << 10;
const LEAST_WEIGHT: u64 = 160;

type Served = BoxCloneSyncService<Request<Body>, Response<ResponseBody<Body>>, BoxError>;

/// All clients, of a layer of each kind.
pub(crate) struct Clients {
    visits: Vec<Arc<Visit>>,
}

/// A site behind a layer, and what clients know of it.
struct Visit {
    layer: StampedeLayer,
    service: Served,
    site: Arc<Site>,
    /// For each URL the last version that a client knows to be there.
    known: Vec<AtomicU64>,
    requests: AtomicU64,
    hits: AtomicU64,
    violations: Mutex<Vec<String>>,
}

/// What answers requests.
struct Site {
    /// For each URL the version that is there.
    versions: Vec<AtomicU64>,
    /// Requests that are being answered, bodies that are on their way.
    busy: Arc<AtomicU64>,
    seed: AtomicU64,
    headers: &'static [(&'static str, &'static str)],
}

/// As long as this lives, the site is busy.
struct Busy(Arc<AtomicU64>);

impl Busy {
    fn new(count: &Arc<AtomicU64>) -> Self {
        count.fetch_add(1, SeqCst);
        Self(Arc::clone(count))
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

impl Clients {
    pub(crate) fn new() -> Self {
        const MILLIS: Duration = Duration::from_millis(1);
        let fixed = StampedeLayer::new(MILLIS * 100)
            .stale_while_revalidate(MILLIS * 50)
            .stale_if_error(MILLIS * 500)
            .max_body(LONGEST_KEPT)
            .capacity(CAPACITY);
        let obedient = StampedeLayer::rfc9111().max_body(LONGEST_KEPT).capacity(CAPACITY);
        let says = &[("cache-control", "max-age=1, stale-while-revalidate=1, stale-if-error=2")];
        Self { visits: vec![Visit::new(fixed, &[]), Visit::new(obedient, says)] }
    }
}

impl Actor for Clients {
    fn weight(&self) -> u64 {
        30
    }

    fn act<'a>(&'a self, _: &'a Arc<Field>, dice: &'a mut Dice) -> Turn<'a> {
        let visit = Arc::clone(if dice.below(2) == 0 { &self.visits[0] } else { &self.visits[1] });
        let url = dice.zipf(PAGES);
        Box::pin(async move {
            match dice.below(100) {
                0..5 => unharmed(visit.change(url)).await,
                5..8 => visit.forget(url),
                8 if dice.below(20) == 0 => visit.layer.store().clear(),
                8..14 => visit.crowd(url, dice).await,
                _ => {
                    let own = Dice::new(dice.roll());
                    unharmed(visit.read(url, own)).await;
                }
            }
        })
    }

    fn violation(&self) -> Option<String> {
        self.visits.iter().find_map(|visit| lock(&visit.violations).first().cloned())
    }

    fn unfinished(&self) -> Option<String> {
        self.visits.iter().find_map(|visit| {
            let (in_flight, busy) = (visit.layer.store().in_flight(), visit.site.busy.load(SeqCst));
            let is_over = in_flight == 0 && busy == 0;
            (!is_over).then(|| format!("http: {in_flight} in flight, the site is busy with {busy}"))
        })
    }

    fn violation_at_rest(&self) -> Option<String> {
        self.visits.iter().find_map(|visit| {
            let stats = visit.layer.store().stats();
            let ended = stats.loads_ok + stats.loads_err + stats.loads_panicked + stats.loads_abandoned;
            let is_fine = ended == stats.loads && stats.entries * LEAST_WEIGHT <= CAPACITY;
            (!is_fine).then(|| format!("S1, M1: http: {stats:?}"))
        })
    }

    fn report(&self) -> String {
        let sum = |count: fn(&Visit) -> &AtomicU64| {
            self.visits.iter().map(|visit| count(visit).load(SeqCst)).sum::<u64>()
        };
        format!(", {} requests ({} hits)", sum(|visit| &visit.requests), sum(|visit| &visit.hits))
    }
}

impl Visit {
    fn new(layer: StampedeLayer, headers: &'static [(&'static str, &'static str)]) -> Arc<Self> {
        let zeros = || (0..PAGES).map(|_| AtomicU64::new(0)).collect();
        let site =
            Arc::new(Site { versions: zeros(), busy: Arc::default(), seed: AtomicU64::new(1), headers });
        let answering = Arc::clone(&site);
        let service = tower::service_fn(move |request| Arc::clone(&answering).answer(request));
        let service = BoxCloneSyncService::new(layer.layer(service));
        Arc::new(Self {
            layer,
            service,
            site,
            known: zeros(),
            requests: AtomicU64::new(0),
            hits: AtomicU64::new(0),
            violations: Mutex::default(),
        })
    }

    /// A client that asks for a page, and leaves when it likes.
    async fn read(self: Arc<Self>, url: u64, mut dice: Dice) {
        let language = LANGUAGES[index(dice.below(3))];
        let known = self.known[index(url)].load(SeqCst);
        self.requests.fetch_add(1, SeqCst);
        let response = self.service.clone().oneshot(request("GET", url, language));
        let response = match dice.below(10) {
            0 => timeout(Duration::from_micros(dice.below(3_000)), response).await.ok(),
            _ => Some(response.await),
        };
        let Some(Ok(response)) = response else { return };
        if !response.status().is_success() {
            return;
        }
        let (head, body) = response.into_parts();
        let came = Came::of(&head.headers);
        self.hits.fetch_add(u64::from(came == Came::Stored), SeqCst);
        let (read, is_whole) = read_body(body, &mut dice).await;
        if let Err(difference) = check_page(&read, is_whole, came, (url, language, known)) {
            let headers = &head.headers;
            lock(&self.violations).push(format!("http: /{url} in {language}: {difference}; {headers:?}"));
        }
    }

    /// A client that has the page changed. It knows so once it is told.
    async fn change(&self, url: u64) {
        let response = self.service.clone().oneshot(request("POST", url, "en")).await;
        let Ok(response) = response else { return };
        if let Ok(body) = response.into_body().collect().await {
            let text = String::from_utf8_lossy(&body.to_bytes()).into_owned();
            self.known[index(url)].fetch_max(text.parse().expect("a version"), SeqCst);
        }
    }

    fn forget(&self, url: u64) {
        self.layer.store().invalidate(&format!("http://site.example/{url}").parse().expect("a URL"));
    }

    /// Many clients of one page; some of them go away together.
    async fn crowd(self: &Arc<Self>, url: u64, dice: &mut Dice) {
        let mut clients = JoinSet::new();
        for _ in 0..20 {
            let client = Dice::new(dice.roll());
            clients.spawn(Arc::clone(self).read(url, client));
        }
        if dice.below(3) == 0 {
            for _ in 0..dice.below(4) {
                yield_now().await;
            }
            clients.shutdown().await;
        }
        while clients.join_next().await.is_some() {}
    }
}

fn request(method: &str, url: u64, language: &str) -> Request<Body> {
    let request = Request::builder().method(method).uri(format!("/{url}"));
    let request = request.header("host", "site.example").header("accept-language", language);
    request.body(Body::empty()).expect("a request")
}

/// Where a response came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Came {
    Stored,
    /// From the request of another client.
    Shared,
    /// From the site, and it may break on its way.
    Own,
}

impl Came {
    fn of(headers: &HeaderMap) -> Self {
        let status = headers.get("cache-status").and_then(|status| status.to_str().ok()).unwrap_or_default();
        if status.contains("; hit") {
            Self::Stored
        } else if status.contains("; collapsed") {
            Self::Shared
        } else {
            Self::Own
        }
    }
}

/// What the client reads, and whether it has read to the end.
async fn read_body(mut body: ResponseBody<Body>, dice: &mut Dice) -> (Result<Vec<u8>, String>, bool) {
    let mut read = Vec::new();
    let leaves_after = if dice.below(4) == 0 { dice.below(4) } else { u64::MAX };
    let is_slow = dice.below(20) == 0;
    for frames in 0.. {
        if frames == leaves_after {
            return (Ok(read), false);
        }
        match body.frame().await {
            Some(Ok(frame)) => read.extend(frame.into_data().unwrap_or_default()),
            Some(Err(error)) => return (Err(error.to_string()), false),
            None => break,
        }
        if is_slow {
            sleep(Duration::from_micros(dice.below(3_000))).await;
        }
    }
    (Ok(read), true)
}

/// Compares what was read with what was asked for: a URL, in a language, of this version or a later one.
fn check_page(
    read: &Result<Vec<u8>, String>,
    is_whole: bool,
    came: Came,
    (url, language, known): (u64, &str, u64),
) -> Result<(), String> {
    let read = match read {
        Ok(read) => read,
        Err(_) if came == Came::Own => return Ok(()),
        Err(error) => return Err(format!("H5: it breaks, though it is {came:?}: {error}")),
    };
    let Some(end) = read.iter().position(|byte| *byte == b'\n') else {
        let may_be_cut = !is_whole || came == Came::Own;
        return if may_be_cut { Ok(()) } else { Err(format!("H5: {} bytes, {came:?}", read.len())) };
    };
    let line = String::from_utf8_lossy(&read[..end]).into_owned();
    let [of, spoken, version, length] = line.split(' ').collect::<Vec<_>>()[..] else {
        return Err(format!("its first line is `{line}`"));
    };
    if of != url.to_string() || spoken != language {
        return Err(format!("C1, H2: it is page {of} in {spoken}"));
    }
    if version.parse::<u64>().is_ok_and(|version| version < known) {
        return Err(format!("I1: version {version}, after {known} was known"));
    }
    let body = &read[end + 1..];
    if let Some(other) = body.iter().find(|byte| **byte != fill(url)) {
        return Err(format!("C1: a byte {other} of another page"));
    }
    if is_whole && came != Came::Own && body.len().to_string() != length {
        return Err(format!("H5: {} bytes of {length}, {came:?}", body.len()));
    }
    Ok(())
}

/// What pages are full of.
fn fill(url: u64) -> u8 {
    b'A' + u8::try_from(url % 50).expect("it is small")
}

impl Site {
    async fn answer(self: Arc<Self>, request: Request<Body>) -> Result<Response<Body>, BoxError> {
        let busy = Busy::new(&self.busy);
        let mut dice = Dice::new(self.seed.fetch_add(1, SeqCst));
        let mut dice = Dice::new(dice.roll());
        let url: u64 = request.uri().path()[1..].parse().expect("a number");
        if request.method() == "POST" {
            let version = self.versions[index(url)].fetch_add(1, SeqCst) + 1;
            return Ok(Response::new(Body::from(version.to_string())));
        }
        let version = self.versions[index(url)].load(SeqCst);
        let etag = format!("\"{version}\"");
        match dice.below(10) {
            0..4 => {}
            4..9 => sleep(Duration::from_micros(dice.below(3_000))).await,
            _ => sleep(Duration::from_millis(dice.below(40))).await,
        }
        let mut response = Response::builder().header(header::VARY, "accept-language");
        for (name, value) in self.headers {
            response = response.header(*name, *value);
        }
        match dice.below(100) {
            0..4 => return Err("the site fails".into()),
            4..8 => return Ok(response.status(503).body(Body::empty())?),
            8..11 => panic_any(Bang),
            11..15 => response = response.header(header::CACHE_CONTROL, "no-store"),
            _ if request.headers().get(header::IF_NONE_MATCH).is_some_and(|tag| *tag == *etag) => {
                return Ok(response.status(304).header(header::ETAG, etag).body(Body::empty())?);
            }
            _ => response = response.header(header::ETAG, etag),
        }
        let language = request.headers()[header::ACCEPT_LANGUAGE].to_str()?;
        let length = index(match dice.below(10) {
            0..5 => dice.below(100),
            5..9 => dice.below(20 << 10),
            _ => dice.below(80 << 10),
        });
        let mut page = format!("{url} {language} {version} {length}\n").into_bytes();
        page.resize(page.len() + length, fill(url));
        // One in ten ends before its end, of which its length tells.
        let end = if dice.below(10) == 0 { index(dice.below(page.len() as u64)) } else { page.len() };
        response = response.header(header::CONTENT_LENGTH, page.len());
        let body = if dice.below(3) == 0 {
            page.truncate(end);
            Body::from(page)
        } else {
            stream(Bytes::from(page), end, dice, busy)
        };
        Ok(response.body(body)?)
    }
}

/// A body that comes in parts, and breaks at `end` if that is not its end.
fn stream(page: Bytes, end: usize, dice: Dice, busy: Busy) -> Body {
    let parts = futures_util::stream::unfold((0, dice, busy), move |(at, mut dice, busy)| {
        let page = page.clone();
        async move {
            match dice.below(4) {
                0 => sleep(Duration::from_micros(dice.below(2_000))).await,
                1 => yield_now().await,
                _ => {}
            }
            if at == page.len() {
                return None;
            }
            if at == end {
                // The next poll would find the end of the stream.
                return Some((Err("it breaks off".into()), (page.len(), dice, busy)));
            }
            let next = (at + CHUNK).min(end);
            let part = http_body::Frame::data(page.slice(at..next));
            Some((Ok::<_, BoxError>(part), (next, dice, busy)))
        }
    });
    Body::new(StreamBody::new(parts))
}

fn index(number: u64) -> usize {
    usize::try_from(number).expect("a small number")
}
