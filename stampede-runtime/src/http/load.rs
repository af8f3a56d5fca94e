//! One load: the request goes to the service, and what comes back to its caller, to those who wait, and into the cache.

use super::{
    ResponseBody, answer,
    entry::{Entry, Failures, Loose, Outcome, Stored},
    judge::{self, Alone, Judgement},
    plan::Plan,
    pump::{Expected, Pump, Pumped},
    rfc9111::{Exchange, Reuse, Validators, conditional, headers},
    sight, task,
    tee::{self, BoxError},
    wall,
};
use crate::clock::Ticks;
use http::{HeaderMap, HeaderName, Method, Request, Response, StatusCode, header, response};
use http_body::Body;
use std::{
    future::poll_fn,
    sync::Arc,
    time::{Duration, SystemTime},
};
use tokio::sync::oneshot;
use tower_service::Service;

/// What the caller of a load gets ahead of its outcome.
pub(super) enum Led<B, E> {
    /// A response, whose body may be on its way.
    Response(Box<Response<ResponseBody<B>>>),
    /// A stored response, which the service has confirmed.
    Stored(Arc<Stored>),
    /// The service's error.
    Error(E),
}

/// Where it gets it.
pub(super) type Leader<B, E> = oneshot::Sender<Led<B, E>>;

/// The head of a response, and when it came.
struct Arrival {
    head: response::Parts,
    at: Ticks,
    received: SystemTime,
    delay: Duration,
}

impl Plan {
    /// Runs the load.
    pub(super) async fn load<S, B, R>(
        self: Arc<Self>,
        mut service: S,
        mut request: Request<B>,
        leader: Leader<R, S::Error>,
    ) -> Outcome
    where
        S: Service<Request<B>, Response = Response<R>>,
        R: Body + Send + 'static,
        R::Data: Send,
        R::Error: Into<BoxError>,
    {
        if let Some(current) = self.replaced() {
            return Ok(Entry::Response(current));
        }
        match &self.old {
            Some(old) => old.validators.ask(request.headers_mut()),
            None => conditional::unconditional(request.headers_mut()),
        }
        let sent = crate::clock::exact();
        let answered = match poll_fn(|cx| service.poll_ready(cx)).await {
            Ok(()) => service.call(request).await,
            Err(error) => Err(error),
        };
        let response = match answered {
            Ok(response) => response,
            Err(error) => {
                return self.failed().unwrap_or_else(|| {
                    let _ = leader.send(Led::Error(error));
                    Err(Loose::Released)
                });
            }
        };
        // The service may be one that others wait for.
        drop(service);
        let at = crate::clock::exact();
        let (head, body) = response.into_parts();
        let delay = Duration::from_nanos(at - sent);
        let arrival = Arrival { head, at, received: wall::now(), delay };
        self.arrived(arrival, body, leader).await
    }

    /// What has been stored since this load was planned, if it will do (C3).
    fn replaced(&self) -> Option<Arc<Stored>> {
        let old = self.old.as_ref()?;
        let Some(Entry::Response(current)) = self.layer.store.look(&self.place.key) else { return None };
        let resident = current.resident(crate::clock::exact());
        let will_do = matches!(current.terms.reuse(resident, &self.directives), Reuse::Fresh);
        (!Arc::ptr_eq(old, &current) && will_do).then_some(current)
    }

    /// The load has failed: the stale response stands in, if it may (F3).
    fn failed(&self) -> Option<Outcome> {
        let old = self.old.as_ref()?;
        let now = crate::clock::exact();
        old.failures.note(self.layer.options.ttl.unwrap_or(Duration::MAX), now);
        sight::stands_in(old, &self.directives, now).then(|| Err(Loose::Stale(Arc::clone(old))))
    }

    async fn arrived<R, E>(self: Arc<Self>, arrival: Arrival, body: R, leader: Leader<R, E>) -> Outcome
    where
        R: Body + Send + 'static,
        R::Data: Send,
        R::Error: Into<BoxError>,
    {
        let status = arrival.head.status;
        if let Some(old) = &self.old {
            if status == StatusCode::NOT_MODIFIED {
                let stored = self.validated(old, &arrival);
                let outcome = match &stored {
                    Some((stored, names)) => self.settle(Arc::clone(stored), names),
                    // It is about another one. Whoever waits asks without conditions.
                    None => {
                        self.layer.store.remove(&self.primary);
                        Err(Loose::Released)
                    }
                };
                let stored = stored.map_or_else(|| Arc::clone(old), |(stored, _)| stored);
                let _ = leader.send(Led::Stored(stored));
                return outcome;
            }
            if self.layer.is_failure(status) {
                if let Some(outcome) = self.failed() {
                    return outcome;
                }
            }
        }
        let judged =
            judge::head(&self.layer.options, &self.exchange(status, &arrival.head.headers, &arrival));
        let judged = judged.and_then(|judgement| {
            let streams =
                judge::is_stream(&arrival.head.headers, &body.size_hint(), self.layer.options.max_body);
            if streams { Err(Alone { again: true }) } else { Ok(judgement) }
        });
        match judged {
            Ok(judgement) => self.share(arrival, judgement, body, leader).await,
            Err(alone) => {
                let head = self.leaders_head(arrival.head, false);
                let _ = leader.send(Led::Response(Box::new(self.leaders(head, ResponseBody::inner(body)))));
                remember(alone)
            }
        }
    }

    /// Sends the body to the leader while it is read.
    async fn share<R, E>(
        self: Arc<Self>,
        arrival: Arrival,
        judgement: Judgement,
        body: R,
        leader: Leader<R, E>,
    ) -> Outcome
    where
        R: Body + Send + 'static,
        R::Data: Send,
        R::Error: Into<BoxError>,
    {
        let kept = self.kept_headers(&arrival.head.headers, arrival.received);
        let length = self.announced_length(&arrival.head, &body);
        let expected = Expected { length, trailers: arrival.head.headers.contains_key(header::TRAILER) };
        let names = Arc::clone(&judgement.names);
        let (writer, reader) = tee::tee(body.size_hint(), length);
        let mut pump = Pump::new(body, writer, self.layer.options.max_body, expected);
        let read = pump.at_once().await;
        let head = self.leaders_head(arrival.head, !judgement.keep.is_zero());
        let status = head.status;
        let sent = match &read {
            Some(Pumped::Whole(body, trailers)) => ResponseBody::stored(body.clone(), trailers.clone()),
            _ => ResponseBody::sent(reader),
        };
        let _ = leader.send(Led::Response(Box::new(self.leaders(head, sent))));
        let stored = move |body, trailers| {
            let Judgement { terms, keep, .. } = judgement;
            let validators = Validators::of(&kept);
            let headers = answer::with_room(kept);
            let failures = Failures::default();
            Arc::new(Stored {
                status,
                headers,
                body,
                trailers,
                validators,
                terms,
                arrived: arrival.at,
                keep,
                failures,
            })
        };
        let read = match read {
            Some(read) => Some(read),
            None => pump.for_a_while().await,
        };
        match read {
            Some(Pumped::Whole(body, trailers)) => self.settle(stored(body, trailers), &names),
            Some(Pumped::TooLong) => remember(Alone { again: true }),
            Some(Pumped::Broken) => Err(Loose::Released),
            None => {
                // Nobody waits any longer; it is stored all the same if its client reads it to its end.
                task::spawn(async move {
                    if let Pumped::Whole(body, trailers) = pump.with_the_client().await {
                        let outcome = self.settle(stored(body, trailers), &names);
                        self.land_alone(outcome);
                    }
                });
                Err(Loose::Released)
            }
        }
    }

    /// The stored response as the service has confirmed it; `None` if it has not.
    fn validated(&self, old: &Stored, arrival: &Arrival) -> Option<(Arc<Stored>, Arc<[HeaderName]>)> {
        let answer = &arrival.head.headers;
        if !conditional::confirms(answer, &old.validators) {
            return None;
        }
        let merged = headers::freshen(&old.headers, answer);
        let exchange = self.exchange(old.status, &merged, arrival);
        let Judgement { terms, keep, names } = judge::head(&self.layer.options, &exchange).ok()?;
        let kept = self.kept_headers(&merged, arrival.received);
        let stored = Stored {
            status: old.status,
            validators: Validators::of(&kept),
            headers: answer::with_room(kept),
            body: old.body.clone(),
            trailers: old.trailers.clone(),
            terms,
            arrived: arrival.at,
            keep,
            failures: Failures::default(),
        };
        Some((Arc::new(stored), names))
    }

    fn exchange<'a>(
        &'a self,
        status: StatusCode,
        response: &'a HeaderMap,
        arrival: &Arrival,
    ) -> Exchange<'a> {
        // Other methods that the layer is set up for are kept like `GET`.
        let method = if self.method == Method::HEAD { &Method::HEAD } else { &Method::GET };
        Exchange {
            method,
            request: &self.headers,
            authorization_is_keyed: self.authorization_is_keyed,
            status,
            response,
            received: arrival.received,
            delay: arrival.delay,
        }
    }

    /// The headers that are kept of a response.
    fn kept_headers(&self, response: &HeaderMap, received: SystemTime) -> HeaderMap {
        let mut kept = headers::storable(&self.layer.options.rules(), response, received);
        judge::remove_personal(&mut kept);
        answer::copied(&kept)
    }

    fn announced_length<R: Body>(&self, head: &response::Parts, body: &R) -> Option<u64> {
        let has_none = self.method == Method::HEAD || head.status == StatusCode::NO_CONTENT;
        if has_none { None } else { judge::announced_length(&head.headers, &body.size_hint()) }
    }

    fn leaders_head(&self, mut head: response::Parts, stored: bool) -> response::Parts {
        self.forwarded(stored, false).add_to(&mut head.headers);
        head
    }

    /// The response to the request that caused the load: 304 if its client has it already.
    fn leaders<R>(&self, head: response::Parts, body: ResponseBody<R>) -> Response<ResponseBody<R>> {
        if conditional::answers_not_modified(&self.method, &self.headers, head.status, &head.headers) {
            return answer::not_modified(&head.headers);
        }
        Response::from_parts(head, body)
    }
}

/// What is left of a response that only its caller gets.
fn remember(alone: Alone) -> Outcome {
    if alone.again { Ok(Entry::Pass) } else { Err(Loose::Released) }
}
