//! A call that missed: it starts the load of its flight or waits for it, and starts over when the load is abandoned.

use crate::{
    engine::{
        Begin, Boarded, Engine, Key, Output,
        load::{BoxFuture, Load, poll_body},
    },
    flight::{
        Flight, Landing,
        circle::Edge,
        state::{Seat, Step},
    },
    stats::Event,
    sync::lock,
};
use std::{
    fmt,
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};
use tokio::runtime::Handle;

/// A call on board of a flight. `F` makes the load's body `P`, at most once.
///
/// # Cancel safety
///
/// Dropping it leaves the flight. A load that is a task goes on without it (X1). A load that it drives is dropped, and one of
/// the waiters drives the flight on with its own body (X2).
pub(crate) struct Call<K: Key, O: Output, F, P> {
    ride: Ride<K, O, P>,
    start: Option<F>,
}

/// All of a call but what makes its body: compiled once for all functions of the same types.
struct Ride<K: Key, O: Output, P> {
    engine: Arc<Engine<K, O>>,
    flight: Arc<Flight<K, O>>,
    role: Role<P>,
    /// Makes a body into one that can be a task; None drives it in place (`detach = false`).
    detach: Option<fn(P) -> BoxFuture<O>>,
    seat: Seat,
    /// While this call waits, the load that it was made from waits.
    edge: Option<Edge>,
}

/// What a call does for its flight.
enum Role<P> {
    /// Put it in the air, or took it over; has to start its load.
    Leads,
    /// Waits for it.
    Waits,
    /// Polls its load in place.
    Drives(Option<P>),
    /// Is not on board any more.
    Left,
}

/// Makes the body of a call's load, once; `None` if it has.
type Start<'a, P> = &'a mut dyn FnMut() -> Option<P>;

impl<K: Key, O: Output, F, P> Call<K, O, F, P> {
    pub(crate) fn new(
        engine: Arc<Engine<K, O>>,
        boarded: Boarded<K, O>,
        start: F,
        detach: Option<fn(P) -> BoxFuture<O>>,
    ) -> Self {
        let ride = Ride {
            engine,
            flight: boarded.flight,
            role: if boarded.leads { Role::Leads } else { Role::Waits },
            detach,
            seat: Seat::default(),
            edge: None,
        };
        Self { ride, start: Some(start) }
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
        // Without a runtime callers drive the load (X4).
        let task = self.detach.and_then(|detach| Some((detach, Handle::try_current().ok()?)));
        match task {
            Some((detach, runtime)) => {
                // Made first: from then on the load answers for the flight.
                let load = Load::new(Arc::clone(&self.engine), Arc::clone(&self.flight), detach(body));
                self.flight.state.drive_by_task();
                self.role = Role::Waits;
                runtime.spawn(load);
            }
            None => {
                self.engine.load_starts();
                self.role = Role::Drives(Some(body));
            }
        }
    }

    /// Runs what makes the body: it clones arguments. If that panics, the panic is this call's alone.
    fn make_body(&mut self, start: Start<'_, P>) -> P {
        match catch_unwind(AssertUnwindSafe(start)) {
            Ok(Some(body)) => body,
            Ok(None) => {
                self.leave();
                panic!(
                    "{}: the runtime that ran this call's load was shut down before the load ended",
                    self.engine.labels.name()
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
        self.role = Role::Left;
        self.edge = None;
        match self.flight.state.landing()? {
            Landing::Sole(output) => {
                let kept = lock(output).take()?;
                Some(kept.into_output().unwrap_or_else(|kept| kept.to_output(&self.engine.sharing)))
            }
            Landing::Shared(kept) => Some(kept.to_output(&self.engine.sharing)),
            Landing::Panicked(panic) => panic.resume(self.engine.labels.name()),
            Landing::Abandoned => None,
        }
    }

    /// Boards the next flight of the key; Some if its outcome is stored by now.
    fn start_over(&mut self) -> Option<O> {
        match self.engine.begin_again(&self.flight) {
            Begin::Hit(output) => Some(output),
            Begin::Miss(Boarded { flight, leads }) => {
                self.flight = flight;
                self.role = if leads { Role::Leads } else { Role::Waits };
                self.seat = Seat::default();
                None
            }
        }
    }
}

impl<K: Key, O: Output, P> Ride<K, O, P> {
    /// Leaves the flight before it has landed.
    fn leave(&mut self) {
        let driving = match std::mem::replace(&mut self.role, Role::Left) {
            Role::Left => return,
            Role::Waits => false,
            Role::Leads => true,
            Role::Drives(body) => {
                self.engine.counters.count(Event::LoadAbandoned);
                // Before another caller takes over: never two bodies at a time (X2).
                let dropped = catch_unwind(AssertUnwindSafe(|| drop(body)));
                self.depart(true);
                if let Err(payload) = dropped {
                    if !std::thread::panicking() {
                        resume_unwind(payload);
                    }
                }
                return;
            }
        };
        self.depart(driving);
    }

    fn depart(&mut self, driving: bool) {
        if self.flight.state.leave(&mut self.seat, driving) {
            self.engine.abandon(&self.flight);
        }
    }
}

impl<K, O, F, P> Future for Call<K, O, F, P>
where
    K: Key,
    O: Output,
    F: FnOnce() -> P,
    P: Future<Output = O> + Unpin,
{
    type Output = O;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<O> {
        let Self { ride, start } = &mut *self;
        ride.poll(cx, &mut || start.take().map(|start| start()))
    }
}

impl<K, O, P> Ride<K, O, P>
where
    K: Key,
    O: Output,
    P: Future<Output = O> + Unpin,
{
    fn poll(&mut self, cx: &mut Context<'_>, start: Start<'_, P>) -> Poll<O> {
        let this = self;
        Edge::update(&mut this.edge, &this.flight);
        loop {
            match &mut this.role {
                Role::Leads => this.lead(start),
                Role::Waits => match this.flight.state.poll(&mut this.seat, cx.waker()) {
                    Step::Wait => return Poll::Pending,
                    // As if it had put the flight in the air: on a runtime the load becomes a task.
                    Step::Drive => this.role = Role::Leads,
                    Step::Land => {
                        if let Some(output) = this.disembark() {
                            return Poll::Ready(output);
                        }
                        if let Some(output) = this.start_over() {
                            return Poll::Ready(output);
                        }
                        Edge::update(&mut this.edge, &this.flight);
                    }
                },
                Role::Drives(body) => {
                    let flight = Arc::clone(&this.flight);
                    let Some(result) = poll_body(flight, body, cx) else { return Poll::Pending };
                    this.role = Role::Waits;
                    if let Some(output) = this.engine.land_for_driver(&this.flight, result) {
                        this.role = Role::Left;
                        this.edge = None;
                        return Poll::Ready(output);
                    }
                }
                Role::Left => panic!("a call was polled after it had returned"),
            }
        }
    }
}

// No field is ever pinned: bodies are `Unpin`.
impl<K: Key, O: Output, F, P> Unpin for Call<K, O, F, P> {}

impl<K: Key, O: Output, P> Drop for Ride<K, O, P> {
    fn drop(&mut self) {
        self.leave();
    }
}

impl<K: Key, O: Output, F, P> fmt::Debug for Call<K, O, F, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("cache", &self.ride.engine.labels.name()).finish_non_exhaustive()
    }
}
