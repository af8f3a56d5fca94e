//! Nobody waits for longer than the service makes them wait (H3, H5, H7).
//!
//! Under the paused clock, which moves only when nobody has anything left to do. So a wait for a timer that has no business there
//! shows as time that passes, and so does a wake-up that was lost: then it moves to the end of the test's own patience.

use crate::origin::{request, response};
use axum::body::Body;
use bytes::Bytes;
use futures::StreamExt;
use http::{HeaderName, Request, Response};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use proptest::{prelude::*, test_runner::TestRunner};
use stampede::http::{ResponseBody, StampedeLayer};
use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{
    sync::Semaphore,
    task::{JoinSet, yield_now},
    time::{Instant, advance, timeout},
};
use tower::{Layer, ServiceExt, service_fn, util::BoxCloneSyncService};

const TTL: Duration = Duration::from_secs(60);
/// Bodies that are longer are not kept.
const MOST: usize = 64;
const LANGUAGES: [&str; 3] = ["en", "de", "fr"];
/// No random schedule takes so long; one that hangs does.
const HOPELESS: Duration = Duration::from_secs(3_600);

/// How the service answers. It never waits for a timer, but gives way as often as `turns` say: before the head, and before each
/// frame.
#[derive(Clone, Copy, Debug)]
struct Answers {
    kind: Kind,
    varies: bool,
    turns: [usize; 2],
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    AtOnce,
    Streamed,
    /// With its length in the head.
    Announced,
    /// The same, and its end never comes.
    Unended,
    TooLong,
    Breaks,
    Failure,
    ForOne,
    /// Every other one.
    SometimesForOne,
    /// It says so if what is stored is still good.
    Confirms,
}

/// What a client does.
#[derive(Clone, Copy, Debug)]
struct Client {
    /// Turns that it lets pass first.
    comes: usize,
    url: usize,
    language: usize,
    conduct: Conduct,
}

#[derive(Clone, Copy, Debug)]
enum Conduct {
    Reads,
    /// After so many turns, whether there is a response or not.
    LeavesAfter(usize),
    /// After so many frames.
    LeavesReading(usize),
    /// The same, until all the others are done; then it reads on.
    Stops(usize),
    /// Changes what is at the URL.
    Posts,
}

#[derive(Clone, Copy, Debug)]
enum Setting {
    Fixed,
    Stale,
    NothingStored,
    ByHeaders,
    Keyed,
}

type Service = BoxCloneSyncService<Request<Body>, Response<ResponseBody<Body>>, Infallible>;

impl Answers {
    async fn answer(self, run: usize, request: Request<Body>) -> Response<Body> {
        turns(self.turns[0]).await;
        if request.method() == "POST" {
            return response(200, &[], "changed");
        }
        let mut headers = vec![("cache-control", "max-age=60")];
        if self.varies {
            headers.push(("vary", "accept-language"));
        }
        let is_for_one = matches!(self.kind, Kind::ForOne)
            || matches!(self.kind, Kind::SometimesForOne) && run.is_multiple_of(2);
        if is_for_one {
            headers[0].1 = "no-store";
        }
        match self.kind {
            Kind::AtOnce | Kind::ForOne | Kind::SometimesForOne => response(200, &headers, "0123456789"),
            Kind::Confirms => {
                headers.push(("etag", "\"1\""));
                let asked = request.headers().contains_key("if-none-match");
                if asked { response(304, &headers, "") } else { response(200, &headers, "0123456789") }
            }
            Kind::Failure => response(503, &headers[1..], "0123456789"),
            Kind::Streamed => response(200, &headers, self.body(5, None)),
            Kind::TooLong => response(200, &headers, self.body(MOST, None)),
            Kind::Breaks => response(200, &headers, self.body(3, Some(Err("broken")))),
            Kind::Announced | Kind::Unended => {
                headers.push(("content-length", "10"));
                let ends = matches!(self.kind, Kind::Announced);
                let body = if ends { self.body(5, None) } else { Body::new(Unended(self.body(5, None))) };
                response(200, &headers, body)
            }
        }
    }

    /// Chunks of two bytes, and what may follow them.
    fn body(self, chunks: usize, last: Option<Result<&'static str, &'static str>>) -> Body {
        let chunks = (0..chunks).map(|_| Ok("ab")).chain(last);
        Body::new(StreamBody::new(Box::pin(futures::stream::iter(chunks).then(move |chunk| async move {
            turns(self.turns[1]).await;
            chunk.map(|data| Frame::data(Bytes::from_static(data.as_bytes())))
        }))))
    }

    fn announces(self) -> bool {
        matches!(self.kind, Kind::Announced | Kind::Unended)
    }

    /// How long a whole response of it is, if there is one.
    fn length(self) -> Option<usize> {
        match self.kind {
            Kind::TooLong => Some(2 * MOST),
            Kind::Breaks => None,
            _ => Some(10),
        }
    }
}

/// A body that says nothing after its last byte.
struct Unended(Body);

impl http_body::Body for Unended {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        match ready!(Pin::new(&mut self.0).poll_frame(cx)) {
            None => Poll::Pending,
            frame => Poll::Ready(frame),
        }
    }
}

impl Setting {
    fn layer(self) -> StampedeLayer {
        let layer = match self {
            Self::Fixed => StampedeLayer::new(TTL),
            Self::Stale => StampedeLayer::new(TTL).stale_while_revalidate(TTL).stale_if_error(TTL),
            Self::NothingStored => StampedeLayer::new(Duration::ZERO),
            Self::ByHeaders => StampedeLayer::rfc9111(),
            Self::Keyed => StampedeLayer::new(TTL).key_header(HeaderName::from_static("accept-language")),
        };
        layer.max_body(MOST)
    }
}

impl Client {
    /// Whether what it gets is as it should be.
    async fn run(self, service: Service, answers: Answers, others_are_done: Arc<Semaphore>) {
        turns(self.comes).await;
        let method = if matches!(self.conduct, Conduct::Posts) { "POST" } else { "GET" };
        let headers = [("accept-language", LANGUAGES[self.language])];
        let request = request(method, &format!("/{}", self.url), &headers);
        let exchange = async {
            let mut body = service.oneshot(request).await.expect("a response").into_body();
            let (mut frames, mut length) = (0, 0);
            loop {
                match self.conduct {
                    Conduct::LeavesReading(after) if after == frames => return,
                    Conduct::Stops(after) if after == frames => drop(others_are_done.acquire().await),
                    _ => {}
                }
                match body.frame().await {
                    Some(Ok(frame)) => length += frame.data_ref().map_or(0, Bytes::len),
                    Some(Err(error)) => return assert!(answers.length().is_none(), "{error}"),
                    None => break,
                }
                frames += 1;
                // As servers and clients do.
                if answers.announces() && Some(length) == answers.length() {
                    break;
                }
            }
            assert!(
                method == "POST" || Some(length) == answers.length(),
                "{length} bytes as if they were all"
            );
        };
        match self.conduct {
            Conduct::LeavesAfter(after) => {
                tokio::select! {
                    biased;
                    () = exchange => {}
                    () = turns(after) => {}
                }
            }
            _ => exchange.await,
        }
    }
}

async fn turns(of: usize) {
    for _ in 0..of {
        yield_now().await;
    }
}

/// Has the clients come, and tells how much time passes until all are done that don't stop, and then until those are.
async fn visit(service: &Service, answers: Answers, clients: &[Client]) -> [Duration; 2] {
    let others_are_done = Arc::new(Semaphore::new(0));
    let (mut stopping, mut others) = (JoinSet::new(), JoinSet::new());
    for client in clients {
        let stops = matches!(client.conduct, Conduct::Stops(_));
        let set = if stops { &mut stopping } else { &mut others };
        set.spawn(client.run(service.clone(), answers, Arc::clone(&others_are_done)));
    }
    let done = async |clients: JoinSet<()>| {
        let start = Instant::now();
        let done = timeout(HOPELESS, clients.join_all()).await;
        assert!(done.is_ok(), "somebody waits for ever");
        start.elapsed()
    };
    let took = done(others).await;
    others_are_done.add_permits(clients.len());
    [took, done(stopping).await]
}

fn on_a_paused_clock<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    runtime.expect("a runtime").block_on(future)
}

fn any_client() -> impl Strategy<Value = Client> {
    let conduct = prop_oneof![
        4 => Just(Conduct::Reads),
        2 => (0..12_usize).prop_map(Conduct::LeavesAfter),
        2 => (0..7_usize).prop_map(Conduct::LeavesReading),
        2 => (0..7_usize).prop_map(Conduct::Stops),
        1 => Just(Conduct::Posts),
    ];
    (0..12_usize, 0..2_usize, 0..LANGUAGES.len(), conduct)
        .prop_map(|(comes, url, language, conduct)| Client { comes, url, language, conduct })
}

fn any_answers() -> impl Strategy<Value = Answers> {
    let kind = prop_oneof![
        Just(Kind::AtOnce),
        Just(Kind::Streamed),
        Just(Kind::Announced),
        Just(Kind::Unended),
        Just(Kind::TooLong),
        Just(Kind::Breaks),
        Just(Kind::Failure),
        Just(Kind::ForOne),
        Just(Kind::SometimesForOne),
        Just(Kind::Confirms),
    ];
    (kind, any::<bool>(), [0..4_usize, 0..3]).prop_map(|(kind, varies, turns)| Answers {
        kind,
        varies,
        turns,
    })
}

fn any_setting() -> impl Strategy<Value = Setting> {
    prop_oneof![
        Just(Setting::Fixed),
        Just(Setting::Stale),
        Just(Setting::NothingStored),
        Just(Setting::ByHeaders),
        Just(Setting::Keyed),
    ]
}

#[test]
fn nobody_waits_for_those_who_come_and_go_and_stop_reading() {
    // H3, H5, H7: three waves on one layer, fresh, stale, and after everything has expired.
    let waves = [(); 3].map(|()| prop::collection::vec(any_client(), 1..16));
    let mut runner =
        TestRunner::new(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() });
    let outcome = runner.run(&(any_setting(), any_answers(), waves), |(setting, answers, waves)| {
        on_a_paused_clock(async {
            let (layer, runs) = (setting.layer(), Arc::new(AtomicUsize::new(0)));
            let service = BoxCloneSyncService::new(layer.layer(service_fn(move |request| {
                let run = runs.fetch_add(1, SeqCst) + 1;
                async move { Ok::<_, Infallible>(answers.answer(run, request).await) }
            })));
            for clients in &waves {
                let took = visit(&service, answers, clients).await;
                prop_assert_eq!(took, [Duration::ZERO; 2]);
                // Loads that everybody has left come to their end too.
                turns(1_000).await;
                prop_assert_eq!(layer.store().in_flight(), 0, "a flight that nobody needs");
                advance(TTL + Duration::from_secs(1)).await;
            }
            Ok(())
        })
    });
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
}
