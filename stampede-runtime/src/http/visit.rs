//! A request that was no hit: it waits for the response to another's, or causes one, or passes through.
//!
//! Invariants:
//! - Who has waited once for a response that turns out not to be for it waits for no other: it runs its own request at once
//!   (H3). Only among requests of one variant it joins those who wait too.
//! - The request is sent to the service once: by the load that it leads, or by itself.

use super::{
    ResponseBody, answer,
    entry::{Entry, Loose, Marker, Outcome, Stored},
    judge,
    load::Led,
    passage::{Passage, pass},
    plan::{Asked, Place, Plan},
    rfc9111::{CacheStatus, RequestDirectives, Reuse, Survey, Variant, Why},
    sight::{self, How, Seeker, Sight},
    task,
    tee::BoxError,
};
use crate::{
    clock,
    engine::{Answer, Begin, BoxFuture, Boxed, Journey, Refresher},
    http::key::Key,
    served::Served,
    sync::{Mutex, lock},
};
use http::{HeaderName, Request, Response, StatusCode, header};
use http_body::Body;
use std::{
    future::{Future, poll_fn},
    panic::resume_unwind,
    pin::Pin,
    sync::Arc,
    task::Poll,
    time::Duration,
};
use tokio::{runtime::Handle, sync::oneshot};
use tower_service::Service;

/// How often a request looks for what others have brought before it runs on its own.
const ROUNDS: u32 = 8;

/// How long a layer's key headers are written down before there is a response.
const UNUSED: Duration = Duration::from_secs(3_600);

/// A request, until a load takes it.
type Slot<S, B> = Arc<Mutex<Option<(S, Request<B>)>>>;

/// A request on its way.
pub(super) struct Visit<S, B> {
    pub(super) asked: Arc<Asked>,
    pub(super) slot: Slot<S, B>,
    /// Where it goes if all else fails.
    pub(super) passage: Passage,
}

/// How a visit goes on after a load.
enum Flown<R, E> {
    /// The load that it caused had this for it, ahead of its outcome.
    Led(Led<R, E>),
    /// That is all there is for it.
    Landed { outcome: Outcome, leads: bool },
}

/// What is done next.
enum Next<R> {
    Done(Box<Response<ResponseBody<R>>>),
    LookAgain,
    /// Waits with those of its variant.
    Meet(Arc<[HeaderName]>),
    Pass,
}

impl<S, B, R> Visit<S, B>
where
    S: Service<Request<B>, Response = Response<R>> + Send + 'static,
    S::Future: Send,
    S::Error: Send + 'static,
    B: Send + 'static,
    R: Body + Send + 'static,
    R::Data: Send,
    R::Error: Into<BoxError>,
{
    /// Brings the response.
    pub(super) async fn run(self) -> Result<Response<ResponseBody<R>>, S::Error> {
        if Handle::try_current().is_err() {
            return self.pass(Why::Bypass).await;
        }
        let mut meet: Option<Arc<[HeaderName]>> = None;
        let mut waited = false;
        for _ in 0..ROUNDS {
            let flown = match meet.take() {
                Some(names) => self.meet(&names).await,
                None => match self.look(waited).await {
                    Ok(flown) => flown,
                    Err(Next::Done(response)) => return Ok(*response),
                    Err(Next::LookAgain | Next::Meet(_)) => continue,
                    Err(Next::Pass) => return self.pass(Why::Bypass).await,
                },
            };
            let next = match flown {
                Flown::Led(Led::Response(response)) => return Ok(*response),
                Flown::Led(Led::Error(error)) => return Err(error),
                Flown::Led(Led::Stored(stored)) => {
                    Next::Done(Box::new(self.forwarded(&stored, Why::Stale, false)))
                }
                Flown::Landed { outcome, leads } => self.after(outcome, leads),
            };
            match next {
                Next::Done(response) => return Ok(*response),
                Next::LookAgain => waited = true,
                Next::Meet(names) => meet = Some(names),
                Next::Pass => break,
            }
        }
        self.pass(Why::UriMiss).await
    }

    /// Looks at the cache, and flies if nothing there will do.
    async fn look(&self, waited: bool) -> Result<Flown<R, S::Error>, Next<R>> {
        let now = clock::exact();
        let invalidations = self.asked.watch.invalidations();
        let look = sight::look(&self.asked.layer, &self.asked.primary, self.seeker(), now);
        if let Sight::Unmarked { replaces } = look.sight {
            self.mark(replaces).await;
            return Err(Next::LookAgain);
        }
        if let Sight::Serve { stored, how } = look.sight {
            self.asked.layer.store.engine().count_answered(how == How::Fresh);
            if how == How::Refresh {
                self.refresh(&stored, look.marker, invalidations);
            }
            return Err(Next::Done(Box::new(self.answered(&stored, &sight::hit(&stored, now)))));
        }
        if self.asked.directives.only_if_cached {
            return Err(Next::Done(Box::new(answer::only_if_cached())));
        }
        if self.asked.directives.no_store || self.asked.headers.contains_key(header::RANGE) {
            return Err(Next::Pass);
        }
        let old = match &look.sight {
            Sight::Stale(old) => Some(Arc::clone(old)),
            _ => None,
        };
        // What is never fresh would have each of those who wait ask again, one after another.
        let never_shared = old.as_ref().is_some_and(|old| waited || !judge::is_ever_fresh(&old.terms));
        let solo = self.asked.solo || never_shared || matches!(look.sight, Sight::Pass);
        let plan = self.plan(self.place(look.marker), old, invalidations);
        if solo {
            return Ok(self.alone(plan).await);
        }
        let engine = self.asked.layer.store.engine();
        let key = plan.place.key.clone();
        if plan.old.is_some() {
            return Ok(self.fly(engine.begin_fresh(key.as_slice(), |_| key.to_key()), plan).await);
        }
        match engine.begin(key.as_slice(), |_| key.to_key(), Refresher::Runtime) {
            // It has come since.
            Begin::Hit(_) => Err(Next::LookAgain),
            Begin::Miss(miss) => Ok(self.fly(miss, plan).await),
        }
    }

    /// Waits for a response that is not stored, with others of the same variant.
    async fn meet(&self, names: &[HeaderName]) -> Flown<R, S::Error> {
        let invalidations = self.asked.watch.invalidations();
        let place = Place::meeting(&self.asked, names, invalidations);
        let plan = self.plan(place, None, invalidations);
        let key = plan.place.key.clone();
        match self.asked.layer.store.engine().begin(key.as_slice(), |_| key.to_key(), Refresher::Runtime) {
            Begin::Hit(outcome) => Flown::Landed { outcome, leads: false },
            Begin::Miss(miss) => self.fly(miss, plan).await,
        }
    }

    /// What follows from the outcome of a flight.
    fn after(&self, outcome: Outcome, leads: bool) -> Next<R> {
        let now = clock::exact();
        match outcome {
            Ok(Entry::Response(stored)) => {
                // It has come from the service while this request waited, which is all that `no-cache` asks for.
                let directives = RequestDirectives { no_cache: false, ..self.asked.directives };
                let reuse = stored.terms.reuse(stored.resident(now), &directives);
                if leads || !matches!(reuse, Reuse::Revalidate { .. }) {
                    Next::Done(Box::new(self.forwarded(&stored, Why::UriMiss, !leads)))
                } else {
                    Next::LookAgain
                }
            }
            Ok(Entry::Varies(_)) => Next::LookAgain,
            Err(Loose::Shared(stored, variant)) => match variant {
                Some((names, variant)) if Variant::of(&names, &self.asked.headers) != variant => {
                    Next::Meet(names)
                }
                _ => Next::Done(Box::new(self.forwarded(&stored, Why::UriMiss, !leads))),
            },
            Err(Loose::Stale(stored)) if leads || sight::stands_in(&stored, &self.asked.directives, now) => {
                self.asked.layer.store.engine().count_answered(false);
                Next::Done(Box::new(self.answered(&stored, &sight::hit(&stored, now))))
            }
            Ok(Entry::Pass) | Err(Loose::Stale(_) | Loose::Released) => Next::Pass,
        }
    }

    fn place(&self, marker: Option<Arc<Marker>>) -> Place {
        match marker {
            Some(marker) => Place::variant(&self.asked, marker),
            None => Place::primary(self.asked.primary.clone()),
        }
    }

    fn plan(&self, place: Place, old: Option<Arc<Stored>>, invalidations: u64) -> Arc<Plan> {
        let why = match (&old, &place.marker) {
            (Some(_), _) if self.asked.directives.no_cache => Why::Request,
            (Some(_), _) => Why::Stale,
            (None, Some(_)) => Why::VaryMiss,
            (None, None) => Why::UriMiss,
        };
        Arc::new(Plan { asked: Arc::clone(&self.asked), place, old, why, invalidations })
    }

    fn seeker(&self) -> Seeker<'_> {
        let Asked { method, headers, directives, solo, .. } = &*self.asked;
        Seeker { method, headers, directives, survey: Survey::of(headers), solo: *solo }
    }

    fn answered(&self, stored: &Stored, status: &CacheStatus) -> Response<ResponseBody<R>> {
        answer::stored(stored, self.seeker(), clock::exact(), status)
    }

    /// The response to a request for which the service was asked.
    fn forwarded(&self, stored: &Stored, why: Why, collapsed: bool) -> Response<ResponseBody<R>> {
        let stays = !stored.keep.is_zero();
        self.answered(
            stored,
            &CacheStatus::Forward { why, status: None, stored: stays && !collapsed, collapsed },
        )
    }

    /// Boards a flight, or starts its load.
    async fn fly(&self, miss: Journey<Key, Outcome>, plan: Arc<Plan>) -> Flown<R, S::Error> {
        let (leader, mut led) = oneshot::channel();
        let slot = Arc::clone(&self.slot);
        let start = move || -> BoxFuture<Outcome> {
            Box::pin(async move {
                let Some((service, request)) = lock(&slot).take() else { return Err(Loose::Released) };
                plan.load(service, request, leader).await
            })
        };
        let mut answer = Answer::new(miss, Boxed::<_, false>::new(start));
        let mut leader_lives = true;
        let (flown, has_landed) = poll_fn(|cx| {
            let mut landed = Pin::new(&mut answer).poll(cx);
            if leader_lives {
                match Pin::new(&mut led).poll(cx) {
                    Poll::Ready(Ok(led)) => return Poll::Ready((Flown::Led(led), landed.is_ready())),
                    Poll::Ready(Err(_)) => leader_lives = false,
                    Poll::Pending => {}
                }
            }
            if !leader_lives && landed.is_pending() {
                // Its load has ended; the flight may have landed in between.
                landed = Pin::new(&mut answer).poll(cx);
            }
            landed.map(|(outcome, served)| (Flown::Landed { outcome, leads: served == Served::Loaded }, true))
        })
        .await;
        match flown {
            Flown::Led(led) if !has_landed => {
                Flown::Led(until_landed(led, async move { drop(answer.await) }).await)
            }
            flown => flown,
        }
    }

    /// Runs a load that no flight is for.
    async fn alone(&self, plan: Arc<Plan>) -> Flown<R, S::Error> {
        let (leader, led) = oneshot::channel();
        let Some((service, request)) = self.take() else {
            return Flown::Landed { outcome: Err(Loose::Released), leads: true };
        };
        let task = task::spawn(async move {
            let outcome = Arc::clone(&plan).load(service, request, leader).await;
            plan.land_alone(outcome.clone());
            outcome
        });
        if let Ok(led) = led.await {
            return Flown::Led(until_landed(led, async move { drop(task.await) }).await);
        }
        match task.await {
            Ok(outcome) => Flown::Landed { outcome, leads: true },
            Err(error) if error.is_panic() => resume_unwind(error.into_panic()),
            Err(error) => panic!("the runtime that ran this request was shut down: {error}"),
        }
    }

    /// Has a stale response replaced that is served meanwhile.
    fn refresh(&self, stored: &Arc<Stored>, marker: Option<Arc<Marker>>, invalidations: u64) {
        let plan = self.plan(self.place(marker), Some(Arc::clone(stored)), invalidations);
        let key = plan.place.key.to_key();
        self.asked.layer.store.engine().refresh_with(key, || {
            let taken = self.take();
            Box::pin(async move {
                let Some((service, request)) = taken else { return Err(Loose::Released) };
                plan.load(service, request, oneshot::channel::<Led<R, S::Error>>().0).await
            })
        });
    }

    /// Writes the layer's key headers down, once for all who come at the same time.
    async fn mark(&self, replaces: bool) {
        let Asked { layer, primary, .. } = &*self.asked;
        let names = Arc::clone(&layer.options.key_headers);
        let marker = layer.store.marker(names, clock::exact(), UNUSED);
        let outcome = move || -> BoxFuture<Outcome> { Box::pin(async move { Ok(Entry::Varies(marker)) }) };
        let (engine, key) = (layer.store.engine(), primary.as_slice());
        let miss = if replaces {
            engine.begin_fresh(key, |_| primary.to_key())
        } else {
            // Not a second one, which would hide what has been stored under the first.
            let Begin::Miss(miss) = engine.begin(key, |_| primary.to_key(), Refresher::Runtime) else {
                return;
            };
            miss
        };
        // Whoever looks again finds it.
        let _ = Answer::new(miss, Boxed::<_, false>::new(outcome)).await;
    }

    fn take(&self) -> Option<(S, Request<B>)> {
        lock(&self.slot).take()
    }

    async fn pass(self, why: Why) -> Result<Response<ResponseBody<R>>, S::Error> {
        let taken = self.take();
        let Some((service, request)) = taken else {
            panic!("the load of this request ended without a response for it");
        };
        pass(service, request, why, self.passage).await
    }
}

/// Has whoever has read a response to its end find it in the cache.
async fn until_landed<R, E>(
    mut led: Led<R, E>,
    landing: impl Future<Output = ()> + Send + 'static,
) -> Led<R, E> {
    match &mut led {
        // Its body may be on its way still, and not to this client.
        Led::Response(response) if response.status() == StatusCode::NOT_MODIFIED => {}
        Led::Response(response) => {
            if let Some(landing) = response.body_mut().end_with(landing) {
                landing.await;
            }
        }
        Led::Stored(_) | Led::Error(_) => landing.await,
    }
    led
}
