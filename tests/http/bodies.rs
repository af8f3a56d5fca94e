//! Bodies on their way: streamed, broken off, too long, without end (H5, H7).

use crate::origin::{Origin, get, numbered, request, response, send, send_all};
use axum::body::Body;
use bytes::Bytes;
use http::Response;
use http_body::{Body as _, Frame, SizeHint};
use http_body_util::BodyExt;
use stampede::http::StampedeLayer;
use stampede_tests::{on_both_flavours, soon, until};
use std::{
    collections::VecDeque,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Poll, Waker},
    time::Duration,
};
use tower::{Layer, ServiceExt};

const TTL: Duration = Duration::from_secs(60);

/// A body that a test feeds.
#[derive(Clone, Default)]
struct Fed(Arc<Mutex<Feed>>);

#[derive(Default)]
struct Feed {
    frames: VecDeque<Option<Result<Frame<Bytes>, String>>>,
    reader: Option<Waker>,
    length: Option<u64>,
    dropped: bool,
}

impl Fed {
    fn feed(&self, frame: Option<Result<Frame<Bytes>, String>>) {
        let mut feed = self.0.lock().expect("no test has panicked");
        feed.frames.push_back(frame);
        if let Some(reader) = feed.reader.take() {
            reader.wake();
        }
    }

    fn data(&self, data: &str) {
        self.feed(Some(Ok(Frame::data(Bytes::copy_from_slice(data.as_bytes())))));
    }

    fn dropped(&self) -> bool {
        self.0.lock().expect("no test has panicked").dropped
    }

    fn body(&self) -> Body {
        Body::new(Reader(self.clone()))
    }
}

struct Reader(Fed);

impl http_body::Body for Reader {
    type Data = Bytes;
    type Error = String;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, String>>> {
        let mut feed = self.0.0.lock().expect("no test has panicked");
        match feed.frames.pop_front() {
            Some(frame) => Poll::Ready(frame),
            None => {
                feed.reader = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }

    fn size_hint(&self) -> SizeHint {
        let length = self.0.0.lock().expect("no test has panicked").length;
        length.map_or_else(SizeHint::new, SizeHint::with_exact)
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.0.0.lock().expect("no test has panicked").dropped = true;
    }
}

/// Answers the first run with a body that the test feeds, the others with their number.
fn fed(headers: &'static [(&'static str, &'static str)]) -> (Arc<Origin>, Fed) {
    let fed = Fed::default();
    let first = fed.clone();
    let origin =
        Origin::gated(
            move |run, request| {
                if run == 1 { response(200, headers, first.body()) } else { numbered(run, request) }
            },
        );
    (origin, fed)
}

/// Chunks of a kibibyte, counted.
fn counted(chunks: usize, made: &Arc<AtomicUsize>) -> Body {
    let made = Arc::clone(made);
    Body::new(http_body_util::StreamBody::new(futures::stream::iter((0..chunks).map(move |_| {
        made.fetch_add(1, SeqCst);
        Ok::<_, String>(Frame::data(Bytes::from(vec![b'x'; 1 << 10])))
    }))))
}

async fn next(body: &mut (impl http_body::Body<Data = Bytes> + Unpin)) -> Option<Bytes> {
    soon(body.frame()).await.and_then(Result::ok).and_then(|frame| frame.into_data().ok())
}

on_both_flavours! {
    // H5
    async fn the_first_byte_of_a_streamed_miss_is_not_delayed() {
        let (origin, fed) = fed(&[]);
        origin.open_gate();
        let layer = StampedeLayer::new(TTL);
        let service = layer.layer(origin.service());
        let mut first = soon(service.clone().oneshot(get("/p"))).await.expect("a response").into_body();
        fed.data("a");
        assert_eq!(next(&mut first).await.as_deref(), Some(&b"a"[..]));
        let waiter = send_all(&service, [get("/p")]);
        until(|| layer.store().stats().coalesced == 1).await;
        fed.data("b");
        assert_eq!(next(&mut first).await.as_deref(), Some(&b"b"[..]));
        fed.feed(None);
        assert_eq!(next(&mut first).await, None);
        assert_eq!(soon(waiter.join_all()).await[0].text(), "ab");
        let hit = send(&service, get("/p")).await;
        assert_eq!((hit.text(), hit.is_hit()), ("ab", true));
    }

    async fn trailers_are_kept() {
        let (origin, fed) = fed(&[]);
        origin.open_gate();
        let service = StampedeLayer::new(TTL).layer(origin.service());
        fed.data("a");
        let trailers = http::HeaderMap::from_iter([(http::HeaderName::from_static("x-sum"), "1".parse().expect("a value"))]);
        fed.feed(Some(Ok(Frame::trailers(trailers.clone()))));
        fed.feed(None);
        for _ in 0..2 {
            let response = service.clone().oneshot(get("/p")).await.expect("a response");
            let body = soon(response.into_body().collect()).await.expect("a whole body");
            assert_eq!(body.trailers(), Some(&trailers));
            assert_eq!(body.to_bytes(), "a");
        }
        assert_eq!(origin.runs(), 1);
    }

    // H7: the leader's client goes in the middle of the body.
    async fn a_body_that_its_client_leaves_is_read_for_the_others() {
        let (origin, fed) = fed(&[]);
        origin.open_gate();
        let layer = StampedeLayer::new(TTL);
        let service = layer.layer(origin.service());
        let mut first = soon(service.clone().oneshot(get("/p"))).await.expect("a response").into_body();
        fed.data("a");
        next(&mut first).await;
        let waiters = send_all(&service, (0..9).map(|_| get("/p")));
        until(|| layer.store().stats().coalesced == 9).await;
        drop(first);
        fed.data("b");
        fed.feed(None);
        assert!(soon(waiters.join_all()).await.iter().all(|read| read.text() == "ab"));
        assert_eq!(origin.runs(), 1);
        assert!(send(&service, get("/p")).await.is_hit());
    }

    // H5
    async fn a_body_that_breaks_off_is_never_stored_or_shared() {
        for (ends_in_error, announced_by_head) in [(true, true), (false, true), (false, false)] {
            let (origin, fed) = fed(if announced_by_head { &[("content-length", "2048")] } else { &[] });
            // Servers announce what the body says of itself.
            fed.0.lock().expect("no test has panicked").length = Some(2048).filter(|_| !announced_by_head);
            let layer = StampedeLayer::new(TTL);
            let service = layer.layer(origin.service());
            let leader = send_all(&service, [get("/p")]);
            until(|| origin.running() == 1).await;
            let waiters = send_all(&service, (0..9).map(|_| get("/p")));
            until(|| layer.store().stats().coalesced == 9).await;
            origin.let_one_through();
            fed.data(&"x".repeat(1 << 10));
            fed.feed(if ends_in_error { Some(Err("broken".to_owned())) } else { None });
            // At once, not one after another.
            until(|| origin.running() == 9).await;
            origin.open_gate();
            let leader = &soon(leader.join_all()).await[0];
            if ends_in_error {
                assert_eq!(leader.body.as_ref().expect_err("it broke"), "broken");
            } else {
                // The server sees that it is shorter than announced.
                assert_eq!(leader.text().len(), 1 << 10);
                assert_eq!(leader.header("content-length"), Some("2048").filter(|_| announced_by_head));
            }
            assert!(soon(waiters.join_all()).await.iter().all(|read| read.text().starts_with("run ")));
            assert_eq!(origin.runs(), 10);
            assert!(send(&service, get("/p")).await.text().starts_with("run "));
        }
    }

    // H5: what is beyond the cap is handed through at the client's pace.
    async fn a_long_body_flows_through_unbuffered() {
        let made = Arc::new(AtomicUsize::new(0));
        let of_origin = Arc::clone(&made);
        let origin = Origin::gated(move |_, _| response(200, &[], counted(10 << 10, &of_origin)));
        let layer = StampedeLayer::new(TTL).max_body(1 << 20);
        let service = layer.layer(origin.service());
        let leader = tokio::spawn(service.clone().oneshot(get("/p")));
        until(|| origin.running() == 1).await;
        let waiter = tokio::spawn(service.clone().oneshot(get("/p")));
        until(|| layer.store().stats().coalesced == 1).await;
        origin.open_gate();
        let mut leader = soon(leader).await.expect("no panic").expect("a response").into_body();
        let waiter = soon(waiter).await.expect("no panic").expect("a response").into_body();
        until(|| layer.store().in_flight() == 0).await;
        assert_eq!(made.load(SeqCst), (1 << 10) + 1, "the leader's, up to the cap; of the waiter's nothing is asked for");
        let mut length = 0;
        while let Some(chunk) = next(&mut leader).await {
            length += chunk.len();
            assert!(made.load(SeqCst) * (1 << 10) <= (length + (1 << 10)).max((1 << 20) + (1 << 10)), "no reading ahead");
        }
        assert_eq!(length, 10 << 20);
        assert_eq!(waiter.collect().await.expect("a whole body").to_bytes().len(), 10 << 20);
        // Nothing is kept but that it was so.
        let again = service.clone().oneshot(get("/p")).await.expect("a response");
        assert_eq!(again.headers()["cache-status"], "stampede; fwd=uri-miss; stored");
        assert_eq!(origin.runs(), 3);
    }

    async fn a_body_that_is_announced_to_be_long_is_not_read_ahead() {
        let origin = Origin::new(|_, _| response(200, &[], vec![b'x'; 3 << 10]));
        let layer = StampedeLayer::new(TTL).max_body(2 << 10);
        let service = layer.layer(origin.service());
        for _ in 0..2 {
            let read = send(&service, get("/p")).await;
            assert_eq!((read.text().len(), read.cache()), (3 << 10, "stampede; fwd=uri-miss"));
        }
        // What just fits is kept.
        let layer = StampedeLayer::new(TTL).max_body(3 << 10);
        let service = layer.layer(origin.service());
        send(&service, get("/p")).await;
        assert!(send(&service, get("/p")).await.is_hit());
    }

    // H5: nobody waits for events that are for another.
    async fn event_streams_are_each_clients_own() {
        let feeds: Arc<Mutex<Vec<Fed>>> = Arc::default();
        let origin = {
            let feeds = Arc::clone(&feeds);
            Origin::new(move |_, _| {
                let fed = Fed::default();
                feeds.lock().expect("no test has panicked").push(fed.clone());
                fed.data("data: hello\n\n");
                response(200, &[("content-type", "text/event-stream; charset=utf-8")], fed.body())
            })
        };
        let service = StampedeLayer::new(TTL).layer(origin.service());
        let mut clients = Vec::new();
        for _ in 0..3 {
            let mut body = soon(service.clone().oneshot(get("/events"))).await.expect("a response").into_body();
            assert!(next(&mut body).await.is_some());
            clients.push(body);
        }
        assert_eq!(origin.runs(), 3);
        drop(clients);
        until(|| feeds.lock().expect("no test has panicked").iter().all(Fed::dropped)).await;
    }

    // A body with the size that the service announces, so that servers frame it as they would without the layer.
    async fn the_size_of_a_body_is_announced() {
        let (origin, fed) = fed(&[]);
        origin.open_gate();
        fed.0.lock().expect("no test has panicked").length = Some(2);
        let service = StampedeLayer::new(TTL).layer(origin.service());
        let mut body = service.clone().oneshot(get("/p")).await.expect("a response").into_body();
        assert_eq!(body.size_hint().exact(), Some(2));
        fed.data("a");
        next(&mut body).await;
        assert_eq!(body.size_hint().exact(), Some(1));
        fed.data("b");
        fed.feed(None);
        next(&mut body).await;
        assert_eq!(next(&mut body).await, None);
        let hit = service.clone().oneshot(get("/p")).await.expect("a response").into_body();
        assert_eq!(hit.size_hint().exact(), Some(2));
    }

    async fn a_body_that_panics_breaks_off() {
        struct Panics;
        impl http_body::Body for Panics {
            type Data = Bytes;
            type Error = String;
            fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, String>>> {
                panic!("as the test wants")
            }
        }
        let origin = Origin::gated(|run, request| {
            if run == 1 { Response::new(Body::new(Panics)) } else { numbered(run, request) }
        });
        let layer = StampedeLayer::new(TTL);
        let service = layer.layer(origin.service());
        let sent = send_all(&service, (0..5).map(|_| get("/p")));
        until(|| layer.store().stats().coalesced == 4).await;
        origin.open_gate();
        let all = soon(sent.join_all()).await;
        assert_eq!(all.iter().filter(|read| read.body.is_err()).count(), 1);
        assert_eq!(origin.runs(), 5);
    }

    // H4
    async fn parts_pass_through() {
        let origin = Origin::new(|_, request| {
            if request.headers().contains_key("range") {
                response(206, &[("content-range", "bytes 0-0/5")], "h")
            } else {
                response(200, &[], "hello")
            }
        });
        let service = StampedeLayer::new(TTL).layer(origin.service());
        let part = || request("GET", "/p", &[("range", "bytes=0-0")]);
        for _ in 0..2 {
            let read = send(&service, part()).await;
            assert_eq!((read.status.as_u16(), read.text(), read.cache()), (206, "h", "stampede; fwd=bypass"));
        }
        assert_eq!(send(&service, get("/p")).await.text(), "hello");
        assert_eq!(origin.runs(), 3);
        // Of a whole response that is stored the part is cut out.
        let read = send(&service, part()).await;
        assert_eq!((read.status.as_u16(), read.text(), read.header("content-range")), (206, "h", Some("bytes 0-0/5")));
        assert_eq!(origin.runs(), 3);
    }
}

#[cfg(feature = "test-util")]
#[tokio::test(start_paused = true)]
async fn nobody_waits_for_long_for_a_body_without_end() {
    // H5
    let (origin, fed) = fed(&[]);
    let layer = StampedeLayer::new(TTL);
    let service = layer.layer(origin.service());
    let leader = tokio::spawn(service.clone().oneshot(get("/p")));
    until(|| origin.running() == 1).await;
    let waiter = send_all(&service, [get("/p")]);
    until(|| layer.store().stats().coalesced == 1).await;
    origin.open_gate();
    let start = tokio::time::Instant::now();
    let mut leader = leader.await.expect("no panic").expect("a response").into_body();
    assert_eq!(waiter.join_all().await[0].text(), "run 2");
    assert_eq!(start.elapsed().as_secs(), 2);
    // Its client reads on, and in the end it is stored.
    fed.data("a");
    assert!(next(&mut leader).await.is_some());
    fed.feed(None);
    assert_eq!(next(&mut leader).await, None);
    until(|| layer.store().stats().entries == 1).await;
    until(|| fed.dropped()).await;
}

#[cfg(feature = "test-util")]
#[tokio::test(start_paused = true)]
async fn a_body_without_end_stops_when_its_client_goes() {
    // H5
    let (origin, fed) = fed(&[]);
    origin.open_gate();
    let service = StampedeLayer::new(TTL).layer(origin.service());
    let response = service.clone().oneshot(get("/p")).await.expect("a response");
    fed.data("a");
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert!(!fed.dropped());
    drop(response);
    until(|| fed.dropped()).await;
    assert_eq!(soon(send(&service, get("/p"))).await.text(), "run 2");
}
