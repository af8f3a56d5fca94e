//! The engine in the hands of a schedule: calls are polled one by one, in the order in which they came, until all sleep.

use crate::{
    config::{Config, FOREVER, Nanos},
    hooks::{CacheKey, Token},
    loads::{Bang, Failure, Loads, Output},
    schedule::{End, Key, Pick, Step},
    words::{CallId, Caller, Counts, Outcome},
};
use stampede::{Cache, RemovalCause, Served, stampede};
use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    task::{Context, Poll, Wake, Waker},
    time::Duration,
};

type Cached = Cache<CacheKey, Option<Token>, Failure>;
type Running = Pin<Box<dyn Future<Output = (Output, Option<Served>)>>>;

/// What a call has come to.
#[derive(Debug)]
pub(crate) enum Arrival {
    /// How it came about is told by detached calls.
    Output(Outcome, Option<Served>),
    Panic {
        of: Option<CallId>,
    },
}

/// What a step has done to the engine.
#[derive(Clone, Debug)]
pub(crate) enum Done {
    Call(Caller, Key),
    Leave(CallId),
    Finish(CallId, End),
    Insert { key: Key, value: Option<CallId>, ttl: Option<Nanos> },
    Invalidate(Key, bool),
    Clear,
    Advance(Nanos),
    Nothing,
}

impl Done {
    /// How much time it takes.
    pub(crate) fn takes(&self) -> Nanos {
        if let Self::Advance(time) = *self { time } else { 0 }
    }
}

#[derive(Debug)]
struct Subject {
    cache: Cached,
    loads: Arc<Loads>,
}

impl Subject {
    #[stampede(cache = self.cache, skip(caller), detach = false)]
    async fn in_place(&self, key: CacheKey, caller: Caller) -> Output {
        drop(key);
        Arc::clone(&self.loads).run(caller).await
    }
}

struct Pending {
    call: Running,
    is_woken: Arc<Flag>,
}

#[derive(Debug)]
struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, SeqCst);
    }
}

pub(crate) struct Rig {
    subject: Arc<Subject>,
    calls: RefCell<BTreeMap<CallId, Pending>>,
    arrivals: RefCell<BTreeMap<CallId, Arrival>>,
    next: Cell<CallId>,
    removals: Arc<Mutex<Vec<(Key, RemovalCause)>>>,
    evictions: Cell<u64>,
}

impl Rig {
    pub(crate) fn new(config: &Config) -> Self {
        let removals = Arc::<Mutex<Vec<_>>>::default();
        Self {
            subject: Arc::new(Subject { cache: build(config, &removals), loads: Arc::default() }),
            calls: RefCell::default(),
            arrivals: RefCell::default(),
            next: Cell::new(1),
            removals,
            evictions: Cell::new(0),
        }
    }

    /// Does what a step says, time apart.
    pub(crate) fn perform(&self, step: &Step) -> Done {
        let cache = &self.subject.cache;
        match *step {
            Step::Call(call) => {
                let id = self.next_id();
                let caller = Caller {
                    id,
                    insists: call.insists,
                    in_place: call.in_place && !call.insists,
                    plan: call.plan,
                };
                self.call(caller, call.key);
                Done::Call(caller, call.key)
            }
            Step::Leave(pick) => self.pick_call(pick).map_or(Done::Nothing, |id| {
                let call = self.calls.borrow_mut().remove(&id);
                drop(call);
                Done::Leave(id)
            }),
            Step::Poll(pick) => {
                if let Some(id) = self.pick_call(pick) {
                    let renewed = Arc::new(Flag(AtomicBool::new(false)));
                    self.calls.borrow_mut().get_mut(&id).expect("it was picked").is_woken = renewed;
                    self.poll(id);
                }
                Done::Nothing
            }
            Step::Finish(pick, end) => {
                let running = self.running();
                let Some(load) = pick.checked_rem(running.len()).map(|at| running[at]) else {
                    return Done::Nothing;
                };
                self.finish(load, end)
            }
            Step::Insert { key, value, ttl } => {
                let value = value.then(|| self.next_id());
                match ttl {
                    Some(ttl) => cache.insert_with_ttl(CacheKey(key), value.map(Token), duration(ttl)),
                    None => cache.insert(CacheKey(key), value.map(Token)),
                }
                Done::Insert { key, value, ttl }
            }
            Step::Invalidate(key) => Done::Invalidate(key, cache.invalidate(&CacheKey(key))),
            Step::Clear => {
                cache.clear();
                Done::Clear
            }
            Step::Advance(_) | Step::AdvanceTo(..) | Step::Amid(..) => unreachable!("it has parts"),
        }
    }

    pub(crate) fn finish(&self, load: CallId, end: End) -> Done {
        self.subject.loads.finish(load, end);
        Done::Finish(load, end)
    }

    /// Makes a call and polls it once.
    fn call(&self, caller: Caller, key: Key) {
        let subject = Arc::clone(&self.subject);
        let body = {
            let loads = Arc::clone(&subject.loads);
            move || loads.run(caller)
        };
        let call: Running = match (caller.in_place, caller.insists) {
            (true, _) => Box::pin(async move { (subject.in_place(CacheKey(key), caller).await, None) }),
            (false, false) => Box::pin(async move {
                let (output, served) = subject.cache.try_get_with_info(CacheKey(key), body).await;
                (output, Some(served))
            }),
            (false, true) => {
                Box::pin(async move { (subject.cache.try_get_fresh(CacheKey(key), body).await, None) })
            }
        };
        let pending = Pending { call, is_woken: Arc::new(Flag(AtomicBool::new(false))) };
        self.calls.borrow_mut().insert(caller.id, pending);
        self.poll(caller.id);
    }

    /// Polls a call. Meanwhile it is not among the others.
    fn poll(&self, id: CallId) {
        let pending = self.calls.borrow_mut().remove(&id);
        let Some(mut pending) = pending else { return };
        pending.is_woken.0.store(false, SeqCst);
        let waker = Waker::from(Arc::clone(&pending.is_woken));
        let polled =
            catch_unwind(AssertUnwindSafe(|| pending.call.as_mut().poll(&mut Context::from_waker(&waker))));
        let arrival = match polled {
            Ok(Poll::Pending) => {
                self.calls.borrow_mut().insert(id, pending);
                return;
            }
            Ok(Poll::Ready((output, served))) => Arrival::Output(outcome(output), served),
            Err(payload) => Arrival::Panic { of: payload.downcast_ref::<Bang>().map(|bang| bang.0) },
        };
        self.arrivals.borrow_mut().insert(id, arrival);
    }

    /// Lets all that is ready run: calls by hand, loads by the runtime.
    pub(crate) async fn settle(&self) {
        let mut idle = 0;
        while idle < 2 {
            let running = self.running();
            let woken = self.woken();
            for id in &woken {
                self.poll(*id);
            }
            tokio::task::yield_now().await;
            let rests = woken.is_empty() && self.woken().is_empty() && running == self.running();
            idle = if rests { idle + 1 } else { 0 };
        }
    }

    fn woken(&self) -> Vec<CallId> {
        let calls = self.calls.borrow();
        calls.iter().filter(|(_, pending)| pending.is_woken.0.load(SeqCst)).map(|(id, _)| *id).collect()
    }

    fn pick_call(&self, pick: Pick) -> Option<CallId> {
        let calls = self.calls.borrow();
        calls.keys().copied().nth(pick.checked_rem(calls.len())?)
    }

    fn next_id(&self) -> CallId {
        self.next.replace(self.next.get() + 1)
    }

    pub(crate) fn waiting(&self) -> Vec<CallId> {
        self.calls.borrow().keys().copied().collect()
    }

    pub(crate) fn leave(&self, id: CallId) -> Done {
        let call = self.calls.borrow_mut().remove(&id);
        drop(call);
        Done::Leave(id)
    }

    pub(crate) fn take_arrivals(&self) -> BTreeMap<CallId, Arrival> {
        self.arrivals.take()
    }

    pub(crate) fn take_removals(&self) -> Vec<(Key, RemovalCause)> {
        std::mem::take(&mut self.removals.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The loads that run, oldest first.
    pub(crate) fn running(&self) -> Vec<CallId> {
        self.subject.loads.running()
    }

    pub(crate) fn peek(&self, key: Key) -> Option<Outcome> {
        self.subject.cache.peek(&CacheKey(key)).map(|value| outcome(Ok(value)))
    }

    pub(crate) fn in_flight(&self) -> usize {
        self.subject.cache.in_flight()
    }

    pub(crate) fn len(&self) -> usize {
        self.subject.cache.len()
    }

    /// How many entries have made room since this was last asked.
    pub(crate) fn take_evictions(&self) -> u64 {
        let evictions = self.subject.cache.stats().evictions;
        evictions - self.evictions.replace(evictions)
    }

    pub(crate) fn counts(&self) -> Counts {
        let stats = self.subject.cache.stats();
        Counts {
            hits: stats.hits,
            stale: stats.stale,
            coalesced: stats.coalesced,
            leads: stats.leads,
            loads: stats.loads,
            loads_ok: stats.loads_ok,
            loads_err: stats.loads_err,
            loads_panicked: stats.loads_panicked,
            loads_abandoned: stats.loads_abandoned,
            refreshes: stats.refreshes,
        }
    }
}

fn build(config: &Config, removals: &Arc<Mutex<Vec<(Key, RemovalCause)>>>) -> Cached {
    let config = *config;
    let removals = Arc::clone(removals);
    let mut builder = Cached::builder()
        .name("model")
        .stale_while_revalidate(duration(config.stale_while_revalidate))
        .stale_if_error(duration(config.stale_if_error))
        .err_ttl(duration(config.err_ttl))
        .jitter(config.jitter)
        .on_removal(move |key, _, cause| {
            removals.lock().unwrap_or_else(PoisonError::into_inner).push((key.0, cause));
        });
    builder = if config.has_ttl_from {
        let ttl_of = move |token: &Token| config.ttl_of(token.0);
        builder.ttl_from(move |value| duration(value.as_ref().map_or(config.ttl, ttl_of)))
    } else {
        builder.ttl(duration(config.ttl))
    };
    if let Some(ttl) = config.none_ttl {
        builder = builder.none_ttl(duration(ttl));
    }
    if let Some(limit) = config.load_timeout {
        builder = builder.load_timeout(duration(limit));
    }
    builder = match config.capacity {
        Some(most) => builder.capacity(most),
        None => builder.unbounded(),
    };
    if config.shares_errors { builder.build_sharing_errors() } else { builder.build() }
}

fn outcome(output: Output) -> Outcome {
    match output {
        Ok(Some(token)) => Outcome::Value(token.0),
        Ok(None) => Outcome::Nothing,
        Err(Failure::Of(of)) => Outcome::Error { of, shared: false },
        Err(Failure::TimedOut) => Outcome::TimedOut { shared: false },
        Err(Failure::Shared(error)) => match error.downcast_ref() {
            Some(Failure::Of(of)) => Outcome::Error { of: *of, shared: true },
            Some(Failure::TimedOut) => Outcome::TimedOut { shared: true },
            other => unreachable!("an error is shared once: {other:?}"),
        },
    }
}

pub(crate) fn duration(time: Nanos) -> Duration {
    if time == FOREVER { Duration::MAX } else { Duration::from_nanos(time) }
}
