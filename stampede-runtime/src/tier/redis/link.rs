//! The connection that all commands of a process go through, and the breaker in it (T3).
//!
//! Invariants:
//! - A command takes no longer than the timeout.
//! - After a command that has failed for want of a server, none is sent until the server has answered again: commands fail at
//!   once. It is asked in the background; no command waits for that.
//! - A command that takes something can't do so late. A server that was frozen runs what it has received meanwhile, long after
//!   those who sent it have given up; so such commands carry when they were sent, by the server's own clock. A value's time
//!   begins then, too.

use super::{
    super::{TierError, token, worker},
    breaker::Breaker,
    servers::{Connection, Servers},
};
use crate::sync::{Mutex, lock};
use redis::{ErrorKind, RedisError, RedisResult, ServerErrorKind};
use std::{
    fmt,
    future::Future,
    sync::{Arc, Weak},
    time::Duration,
};
use tokio::{
    sync::{Notify, watch},
    time::{Instant, sleep, timeout, timeout_at},
};

/// The pause before another attempt to connect; doubles up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);
/// How often who is connected looks whether anybody needs it.
const PULSE: Duration = Duration::from_secs(1);

/// No moment is later, and a script's numbers still tell it from others.
const NEVER: u64 = 1 << 52;

/// The connection of a process.
pub(super) struct Link {
    servers: Servers,
    timeout: Duration,
    state: watch::Sender<State>,
    breaker: Breaker,
    /// Wakes who connects.
    tripped: Notify,
    /// What the server's clock showed, and when.
    clock: Mutex<Option<(u64, Instant)>>,
}

#[derive(Clone)]
enum State {
    /// It has never been connected; the first commands wait.
    Starting,
    Up(Up),
    Down,
}

#[derive(Clone)]
struct Up {
    /// Counts the connections.
    number: u64,
    connection: Connection,
}

impl Link {
    /// Starts to connect.
    pub(super) fn new(servers: Servers, timeout: Duration) -> Arc<Self> {
        let link = Arc::new(Self {
            breaker: Breaker::new(&servers),
            servers,
            timeout,
            state: watch::Sender::new(State::Starting),
            tripped: Notify::new(),
            clock: Mutex::new(None),
        });
        worker::commands().spawn(keep_connected(Arc::downgrade(&link)));
        link
    }

    pub(super) fn servers(&self) -> &Servers {
        &self.servers
    }

    pub(super) fn breaker(&self) -> &Breaker {
        &self.breaker
    }

    /// Runs a command. One that finds its connection closed is sent again, if it may be, through another one.
    pub(super) async fn run<T, F>(
        &self,
        may_repeat: bool,
        command: impl Fn(Connection) -> F,
    ) -> Result<T, TierError>
    where
        F: Future<Output = RedisResult<T>>,
    {
        let deadline = Instant::now() + self.timeout;
        let mut tried = 0;
        loop {
            let Ok(up) = timeout_at(deadline, self.up_after(tried)).await else {
                let error = self.too_late();
                let has_never_been_up = self.state.send_if_modified(|state| {
                    let starts = matches!(state, State::Starting);
                    if starts {
                        *state = State::Down;
                    }
                    starts
                });
                if has_never_been_up {
                    self.breaker.opens(&error);
                }
                return Err(error);
            };
            let Up { number, connection } = up?;
            let error = match timeout_at(deadline, command(connection)).await {
                Ok(Ok(done)) => return Ok(done),
                Ok(Err(error)) => error,
                Err(_) => {
                    let error = self.too_late();
                    self.trip(number, &error);
                    return Err(error);
                }
            };
            if !is_outage(&error) {
                return Err(TierError::refused(error));
            }
            self.trip(number, &error);
            if !may_repeat || tried > 0 || !error.is_connection_dropped() {
                return Err(TierError::unavailable(error));
            }
            tried = number;
        }
    }

    /// What the server's clock shows now, or showed not long ago: it was told some time before it was heard.
    ///
    /// In a cluster there are many clocks, so it is not known: then nothing is ever late.
    pub(super) fn time(&self) -> u64 {
        match *lock(&self.clock) {
            Some((time, heard)) if self.servers.are_one() => time.saturating_add(millis(heard.elapsed())),
            _ => NEVER,
        }
    }

    /// How late a command may be, in milliseconds.
    pub(super) fn tolerance(&self) -> u64 {
        millis(2 * self.timeout)
    }

    /// The server's clock has just shown this.
    pub(super) fn heard(&self, time: u64) {
        *lock(&self.clock) = Some((time, Instant::now()));
    }

    /// A connection that is not that one; while there is none, an error. Waits where there may be one soon.
    async fn up_after(&self, tried: u64) -> Result<Up, TierError> {
        let mut states = self.state.subscribe();
        loop {
            match &*states.borrow_and_update() {
                State::Up(up) if up.number > tried => return Ok(up.clone()),
                State::Down if tried == 0 => {
                    return Err(TierError::avoided());
                }
                State::Up(_) | State::Starting | State::Down => {}
            }
            if states.changed().await.is_err() {
                return Err(TierError::unavailable("it is shut down"));
            }
        }
    }

    /// That connection is of no use, and why.
    fn trip(&self, number: u64, error: &dyn fmt::Display) {
        let tripped = self.state.send_if_modified(|state| {
            let is_it = matches!(state, State::Up(up) if up.number == number);
            if is_it {
                *state = State::Down;
            }
            is_it
        });
        if tripped {
            self.breaker.opens(error);
            self.tripped.notify_one();
        }
    }

    fn too_late(&self) -> TierError {
        TierError::unavailable(format_args!("it has not answered within {:?}", self.timeout))
    }

    async fn connect(&self) -> RedisResult<Connection> {
        let mut connection = self.servers.connect().await?;
        // It answers, and it tells the time.
        let (seconds, micros): (u64, u64) = redis::cmd("TIME").query_async(&mut connection).await?;
        self.heard(seconds * 1_000 + micros / 1_000);
        Ok(connection)
    }
}

/// Connects, and connects again after each connection that has come to be of no use.
async fn keep_connected(link: Weak<Link>) {
    let mut pause = FIRST_PAUSE;
    let mut number = 0;
    loop {
        let Some(strong) = link.upgrade() else { return };
        strong.breaker.probes();
        let patience = strong.servers.patience();
        let connected = timeout(patience, strong.connect()).await;
        let connected = connected.map_err(|_| format!("no connection within {patience:?}"));
        match connected.and_then(|connected| connected.map_err(|error| error.to_string())) {
            Ok(connection) => {
                number += 1;
                pause = FIRST_PAUSE;
                // Before a command finds it closed.
                strong.breaker.closes();
                strong.state.send_replace(State::Up(Up { number, connection }));
                drop(strong);
                if !wait_for_trip(&link).await {
                    return;
                }
            }
            Err(error) => {
                strong.state.send_replace(State::Down);
                strong.breaker.opens(&error);
                drop(strong);
                sleep(pause.mul_f64(0.5 + token::chance() / 2.0)).await;
                pause = (2 * pause).min(LONGEST_PAUSE);
            }
        }
    }
}

/// Waits until the connection is of no use; false if nobody needs one any more.
async fn wait_for_trip(link: &Weak<Link>) -> bool {
    loop {
        let Some(strong) = link.upgrade() else { return false };
        if timeout(PULSE, strong.tripped.notified()).await.is_ok() {
            return true;
        }
    }
}

/// Whether an error is about the server as a whole, not about a command.
fn is_outage(error: &RedisError) -> bool {
    match error.kind() {
        ErrorKind::Io
        | ErrorKind::Parse
        | ErrorKind::AuthenticationFailed
        | ErrorKind::ClusterConnectionNotFound
        | ErrorKind::MasterNameNotFoundBySentinel => true,
        ErrorKind::Server(kind) => matches!(
            kind,
            ServerErrorKind::BusyLoading
                | ServerErrorKind::ClusterDown
                | ServerErrorKind::MasterDown
                | ServerErrorKind::ReadOnly
                | ServerErrorKind::TryAgain
        ),
        _ => false,
    }
}

pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(NEVER)
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").field("servers", &self.servers).finish_non_exhaustive()
    }
}
