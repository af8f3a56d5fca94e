//! A call that missed: it starts the load of its flight or waits for it, and starts over when the load is abandoned.

use crate::{
    engine::{
        Boarding, Key, Now, Output,
        answer::output,
        body::Body,
        load::{self, BoxFuture},
    },
    flight::{Landing, circle::Edge, state::Step},
    served::Served,
    stats::Event,
    sync::lock,
};
use std::{
    fmt,
    future::Future,
    mem,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    task::{Context, Poll},
};
use tokio::runtime::Handle;

/// A call on board of a flight. `S` makes the load's body `P`, at most once.
///
/// # Cancel safety
///
/// Dropping it leaves the flight. A load that is a task goes on without it (X1). A load that it drives is dropped, and one of
/// the waiters drives the flight on with its own body (X2).
pub(crate) struct Call<K: Key, O: Output, P, S> {
    pub(super) ride: Ride<K, O, P>,
    pub(super) start: S,
}

/// All of a call but what makes its body: compiled once for all functions of the same types.
pub(super) struct Ride<K: Key, O: Output, P> {
    boarding: Boarding<K, O>,
    role: Role<O, P>,
    /// How its output comes to it, unless it starts over.
    served: Served,
    /// It takes its load's outcome, whatever is stored (I3).
    insists: bool,
    /// Makes a body into one that can be a task; None drives it in place (`detach = false`).
    detach: Option<fn(P) -> BoxFuture<O>>,
    /// While this call waits, the load that it was made from waits.
    edge: Option<Edge>,
}

/// What a call does for its flight.
enum Role<O, P> {
    /// Put it in the air, or took it over; has to start its load.
    Leads,
    /// Waits for it.
    Waits,
    /// Polls its load in place.
    Drives(Body<O, P>),
    /// Is not on board any more.
    Left,
}

/// Makes the body of a call's load, once; `None` if it has.
pub(super) trait MakeBody<P> {
    fn start(&mut self) -> Option<P>;
}

/// As those see it who don't know the function.
pub(super) type Start<'a, P> = &'a mut dyn MakeBody<P>;

/// What makes a body, until it has.
pub(crate) struct Slot<F>(Option<F>);

impl<F> Slot<F> {
    pub(super) fn new(start: F) -> Self {
        Self(Some(start))
    }
}

impl<P, F: FnOnce() -> P> MakeBody<P> for Slot<F> {
    fn start(&mut self) -> Option<P> {
        let start = self.0.take()?;
        Some(start())
    }
}

impl<K: Key, O: Output, P> Ride<K, O, P> {
    pub(super) fn new(
        boarding: Boarding<K, O>,
        insists: bool,
        detach: Option<fn(P) -> BoxFuture<O>>,
    ) -> Self {
        let (role, served) =
            if boarding.leads() { (Role::Leads, Served::Loaded) } else { (Role::Waits, Served::Coalesced) };
        Self { boarding, role, served, insists, detach, edge: None }
    }
}

impl<K, O, P> Ride<K, O, P>
where
    K: Key,
    O: Output,
    P: Future<Output = O> + Unpin,
{
    /// Starts a load of its own for the flight.
    fn lead(&mut self, start: Start<'_, P>) {
        let body = self.make_body(start);
        let engine = self.boarding.engine();
        let ahead = engine.ahead(&self.boarding.flight, self.insists);
        let limit = engine.policy.time_limit();
        self.served = Served::Loaded;
        // Without a runtime callers drive the load (X4).
        let task = self.detach.and_then(|detach| Some((detach, Handle::try_current().ok()?)));
        match task {
            Some((detach, runtime)) => {
                load::start(&mut self.boarding, Body::new(ahead, detach(body), limit), &runtime);
                self.role = Role::Waits;
            }
            None => {
                let body = Body::new(ahead, body, limit);
                if !body.asks() {
                    self.boarding.engine().load_starts();
                }
                self.role = Role::Drives(body);
            }
        }
    }

    /// Runs what makes the body: it clones arguments. If that panics, the panic is this call's alone.
    fn make_body(&mut self, start: Start<'_, P>) -> P {
        match catch_unwind(AssertUnwindSafe(|| start.start())) {
            Ok(Some(body)) => body,
            Ok(None) => {
                self.leave();
                panic!(
                    "{}: the runtime that ran this call's load was shut down before the load ended",
                    self.boarding.flight.name()
                );
            }
            Err(payload) => {
                self.leave();
                resume_unwind(payload);
            }
        }
    }

    /// Takes what the flight landed with, or nothing if it was abandoned.
    fn disembark(&mut self) -> Option<O> {
        self.step_off();
        let Boarding { flight, .. } = &self.boarding;
        let sharing = &flight.engine.sharing;
        match flight.state.landing()? {
            Landing::Sole(output) => {
                let kept = lock(output).take()?;
                Some(kept.into_output().unwrap_or_else(|kept| kept.to_output(sharing)))
            }
            Landing::Shared(kept) => Some(kept.to_output(sharing)),
            Landing::Panicked(panic) => panic.resume(flight.name()),
            Landing::Abandoned => None,
        }
    }

    fn step_off(&mut self) {
        self.boarding.disembark();
        self.role = Role::Left;
        self.edge = None;
    }

    /// What the call returns whose flight has come to `output`.
    fn arrive(&self, output: O) -> Now<O> {
        let (engine, flight) = (self.boarding.engine(), &self.boarding.flight);
        let served = match self.served {
            Served::Loaded => engine.served_by_tier(flight).unwrap_or(Served::Loaded),
            served => served,
        };
        if self.insists {
            return (output, served);
        }
        engine.cover(flight, output, served)
    }

    /// Boards the next flight of the key; Some if there is something to be served by now.
    fn start_over(&mut self) -> Option<Now<O>> {
        let Boarding { flight, .. } = &self.boarding;
        match flight.engine.begin_again(flight, self.insists) {
            Ok(now) => Some(now),
            Err(boarding) => {
                self.role = if boarding.leads() { Role::Leads } else { Role::Waits };
                self.served = Served::Coalesced;
                self.boarding = boarding;
                None
            }
        }
    }
}

impl<K: Key, O: Output, P> Ride<K, O, P> {
    /// Leaves the flight before it has landed.
    fn leave(&mut self) {
        let Role::Drives(mut body) = mem::replace(&mut self.role, Role::Left) else {
            self.boarding.leave();
            return;
        };
        self.boarding.engine().count_end(&self.boarding.flight, Event::LoadAbandoned);
        // Before another caller takes over: never two bodies at a time (X2).
        let dropped = catch_unwind(AssertUnwindSafe(|| drop(body.take())));
        self.boarding.leave();
        if let Err(payload) = dropped {
            if !std::thread::panicking() {
                resume_unwind(payload);
            }
        }
    }
}

impl<K, O, P> Ride<K, O, P>
where
    K: Key,
    O: Output,
    P: Future<Output = O> + Unpin,
{
    /// The same without telling how the call came by its output.
    pub(super) fn poll_output(&mut self, cx: &mut Context<'_>, start: Start<'_, P>) -> Poll<O> {
        output(self.poll(cx, start))
    }

    /// Does what the call has to do by now. `start` makes the body of its load.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>, start: Start<'_, P>) -> Poll<Now<O>> {
        let this = self;
        Edge::update(&mut this.edge, &this.boarding.flight);
        loop {
            match &mut this.role {
                Role::Leads => this.lead(start),
                Role::Waits => match this.boarding.poll(cx.waker()) {
                    Step::Wait => return Poll::Pending,
                    // As if it had put the flight in the air: on a runtime the load becomes a task.
                    Step::Drive => this.role = Role::Leads,
                    Step::Land => {
                        if let Some(output) = this.disembark() {
                            return Poll::Ready(this.arrive(output));
                        }
                        if let Some(now) = this.start_over() {
                            return Poll::Ready(now);
                        }
                        Edge::update(&mut this.edge, &this.boarding.flight);
                    }
                },
                Role::Drives(body) => {
                    let Boarding { flight, .. } = &this.boarding;
                    let Some(result) = body.poll(flight, cx) else { return Poll::Pending };
                    let output = flight.engine.land_for_driver(flight, result);
                    this.role = Role::Waits;
                    if let Some(output) = output {
                        this.step_off();
                        return Poll::Ready(this.arrive(output));
                    }
                }
                Role::Left => panic!("a call was polled after it had returned"),
            }
        }
    }
}

impl<K: Key, O: Output, P> Drop for Ride<K, O, P> {
    fn drop(&mut self) {
        self.leave();
    }
}

impl<K: Key, O: Output, P, S> fmt::Debug for Call<K, O, P, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("boarding", &self.ride.boarding).finish_non_exhaustive()
    }
}
