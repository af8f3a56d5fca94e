//! A call that missed: it starts the load of its flight or waits for it, and starts over when the load is abandoned.

use crate::{
    contain::catch,
    engine::{
        Boarding, Key, Now, Output,
        body::Body,
        load::{self, BoxFuture},
    },
    flight::{Landing, Payload, circle::Edge, state::Step},
    served::Served,
    stats::Event,
    sync::lock,
};
use std::{
    future::Future,
    mem,
    panic::resume_unwind,
    sync::Arc,
    task::{Context, Poll},
};
use tokio::runtime::Handle;

/// A call on board of a flight, all of it but what makes its body.
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

/// There until it has made one.
impl<P, F: FnOnce() -> P> MakeBody<P> for Option<F> {
    #[allow(clippy::manual_map, reason = "it is compiled for each function, and `map` with it")]
    fn start(&mut self) -> Option<P> {
        match self.take() {
            Some(start) => Some(start()),
            None => None,
        }
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
        let runtime = if self.detach.is_some() { current_runtime() } else { None };
        match (self.detach, runtime) {
            (Some(detach), Some(runtime)) => {
                load::start(&mut self.boarding, Body::new(ahead, detach(body), limit), &runtime);
                self.role = Role::Waits;
            }
            _ => {
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
        let mut body = None;
        let caught = catch(&mut || body = start.start());
        match body {
            Some(body) => body,
            None => self.fail_to_start(caught.err()),
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
                Some(kept.into_own(sharing))
            }
            Landing::Shared(kept) => Some(kept.to_output(sharing)),
            Landing::Panicked(panic) => panic.resume(flight.name()),
            Landing::Abandoned => None,
        }
    }

    fn update_edge(&mut self) {
        let flight = &self.boarding.flight;
        Edge::update(&mut self.edge, Arc::as_ptr(flight).addr(), &|| Arc::clone(flight) as _);
    }

    fn step_off(&mut self) {
        self.boarding.disembark();
        self.role = Role::Left;
        self.edge = None;
    }

    /// What the call returns whose flight has come to `output`.
    fn arrive(&self, output: O) -> Now<O> {
        let (engine, flight) = (self.boarding.engine(), &self.boarding.flight);
        let mut served = self.served;
        if let (Served::Loaded, Some(by_tier)) = (served, engine.served_by_tier(flight)) {
            served = by_tier;
        }
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
    /// Leaves, and panics: what makes the body has, or it had been used up.
    fn fail_to_start(&mut self, payload: Option<Payload>) -> ! {
        self.leave();
        match payload {
            Some(payload) => resume_unwind(payload),
            None => panic!(
                "{}: the runtime that ran this call's load was shut down before the load ended",
                self.boarding.flight.name()
            ),
        }
    }

    /// Leaves the flight before it has landed.
    fn leave(&mut self) {
        let Role::Drives(mut body) = mem::replace(&mut self.role, Role::Left) else {
            return self.boarding.leave();
        };
        self.boarding.engine().count_end(&self.boarding.flight, Event::LoadAbandoned);
        // Before another caller takes over: never two bodies at a time (X2).
        let dropped = catch(&mut || drop(body.take()));
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
    /// Does what the call has to do by now. `start` makes the body of its load.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>, start: Start<'_, P>) -> Poll<Now<O>> {
        let this = self;
        this.update_edge();
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
                        this.update_edge();
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

/// Compiled once.
fn current_runtime() -> Option<Handle> {
    Handle::try_current().ok()
}
