//! A call that missed: it starts the load of its flight or waits for it, and starts over when the load is abandoned.

use crate::{
    contain::catch,
    engine::{
        Boarding, Key, Now, Output,
        body::Run,
        load::{self, BoxFuture},
        own::Load,
    },
    flight::{Landing, Payload, circle::Edge, state::Step},
    served::Served,
    stats::Event,
    sync::lock,
};
use std::{
    mem,
    panic::resume_unwind,
    sync::Arc,
    task::{Context, Poll},
};
use tokio::runtime::Handle;

/// A call on board of a flight, all of it but its load's body.
pub(super) struct Ride<K, O> {
    boarding: Boarding<K, O>,
    role: Role<O>,
    /// Whether it has started the load that its output comes from.
    loads: bool,
    /// It takes its load's outcome, whatever is stored (I3).
    insists: bool,
    /// While this call waits, the load that it was made from waits.
    edge: Option<Edge>,
    /// Room for its load's body, if it drives that and it is in a box.
    body: Option<BoxFuture<O>>,
}

/// What a call does for its flight.
enum Role<O> {
    /// Put it in the air, or took it over; has to start its load.
    Leads,
    /// Waits for it.
    Waits,
    /// Polls its load in place.
    Drives(Run<O>),
    /// Is not on board any more.
    Left,
}

impl<K: Key, O: Output> Ride<K, O> {
    pub(super) fn new(boarding: Boarding<K, O>, insists: bool) -> Self {
        let leads = boarding.leads();
        let role = if leads { Role::Leads } else { Role::Waits };
        Self { boarding, role, loads: leads, insists, edge: None, body: None }
    }

    /// One whose call has polled its load in place already.
    pub(super) fn driving(boarding: Boarding<K, O>, run: Run<O>) -> Self {
        Self { boarding, role: Role::Drives(run), loads: true, insists: false, edge: None, body: None }
    }

    /// Does what the call has to do by now.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>, load: &mut Load<'_, K, O>) -> Poll<Now<O>> {
        self.update_edge();
        loop {
            match &mut self.role {
                Role::Leads => self.lead(load),
                Role::Waits => match self.boarding.poll(cx.waker()) {
                    Step::Wait => return Poll::Pending,
                    // As if it had put the flight in the air: on a runtime the load becomes a task.
                    Step::Drive => self.role = Role::Leads,
                    Step::Land => {
                        if let Some(output) = self.disembark() {
                            return Poll::Ready(self.arrive(output));
                        }
                        if let Some(now) = self.start_over() {
                            return Poll::Ready(now);
                        }
                        self.update_edge();
                    }
                },
                Role::Drives(run) => {
                    let Boarding { flight, .. } = &self.boarding;
                    let body = load.body(&mut self.body);
                    let Some(result) = run.poll(flight.number, flight.name(), cx, body) else {
                        return Poll::Pending;
                    };
                    if let ready @ Poll::Ready(_) = self.land(result) {
                        return ready;
                    }
                }
                Role::Left => panic!("a call was polled after it had returned"),
            }
        }
    }

    /// Lands the flight with what the load has come to that this call drives. If that has to be shared, it is to be polled once more.
    pub(super) fn land(&mut self, result: Result<O, Payload>) -> Poll<Now<O>> {
        let Boarding { flight, .. } = &self.boarding;
        let output = flight.engine.land_for_driver(flight, result);
        self.role = Role::Waits;
        match output {
            Some(output) => {
                self.step_off();
                Poll::Ready(self.arrive(output))
            }
            None => Poll::Pending,
        }
    }

    /// Starts a load of its own for the flight.
    fn lead(&mut self, load: &mut Load<'_, K, O>) {
        // Without a runtime callers drive the load (X4).
        let runtime = if matches!(load, Load::Task(_)) { current_runtime() } else { None };
        let mut is_made = false;
        // It clones arguments. If that panics, the panic is this call's alone.
        let caught = catch(&mut || match load {
            Load::InPlace(place) => is_made = place.make(),
            Load::Task(make) | Load::Thread(make, _) => self.body = make.make(),
        });
        if !is_made && self.body.is_none() {
            self.fail_to_start(caught.err());
        }
        self.loads = true;
        let engine = self.boarding.engine();
        let run = Run::new(engine.ahead(&self.boarding.flight, self.insists), engine.policy.time_limit());
        match runtime.and_then(|runtime| Some((runtime, self.body.take()?))) {
            Some((runtime, body)) => {
                load::start(&mut self.boarding, run, body, &runtime);
                self.role = Role::Waits;
            }
            None => {
                if !run.asks() {
                    engine.load_starts();
                }
                self.role = Role::Drives(run);
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
                Some(kept.into_own(sharing))
            }
            Landing::Shared(kept) => Some(kept.to_output(sharing)),
            Landing::Panicked(panic) => panic.resume(flight.name()),
            Landing::Abandoned => None,
        }
    }

    fn update_edge(&mut self) {
        let flight = &self.boarding.flight;
        Edge::update(&mut self.edge, flight.number, &|| Arc::clone(flight) as _);
    }

    fn step_off(&mut self) {
        self.boarding.disembark();
        self.role = Role::Left;
        self.edge = None;
    }

    /// What the call returns whose flight has come to `output`.
    fn arrive(&self, output: O) -> Now<O> {
        let (engine, flight) = (self.boarding.engine(), &self.boarding.flight);
        let mut served = Served::Coalesced;
        if self.loads {
            served = engine.served_by_tier(flight).unwrap_or(Served::Loaded);
        }
        if self.insists || !engine.policy.serves_stale() {
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
                self.loads = false;
                self.boarding = boarding;
                None
            }
        }
    }

    /// Leaves, and panics: what makes the body has, or it had been used up.
    fn fail_to_start(&mut self, payload: Option<Payload>) -> ! {
        self.boarding.leave();
        self.role = Role::Left;
        match payload {
            Some(payload) => resume_unwind(payload),
            None => panic!(
                "{}: the runtime that ran this call's load was shut down before the load ended",
                self.boarding.flight.name()
            ),
        }
    }
}

impl<K: Key, O: Output> Ride<K, O> {
    /// Leaves the flight before it has landed, if it has not; with it goes the load that this call drives.
    pub(super) fn leave(&mut self, load: &mut Load<'_, K, O>) {
        let Role::Drives(mut run) = mem::replace(&mut self.role, Role::Left) else {
            return self.boarding.leave();
        };
        self.boarding.engine().count_end(&self.boarding.flight, Event::LoadAbandoned);
        // Before another caller takes over: never two bodies at a time (X2).
        let body = load.body(&mut self.body);
        let dropped = catch(&mut || run.end(body));
        self.boarding.leave();
        if let Err(payload) = dropped {
            if !std::thread::panicking() {
                resume_unwind(payload);
            }
        }
    }
}

/// Compiled once.
fn current_runtime() -> Option<Handle> {
    Handle::try_current().ok()
}
