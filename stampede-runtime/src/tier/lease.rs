//! The right to load a key, held by this process.
//!
//! Whatever happens to a load, its lease ends: with what it came to (`publish`), or when this is dropped. It is renewed meanwhile
//! (T2); a process that dies lets it run out. So does one that can't tell the tier, but it tries until then: others wait.

use super::{Notice, Parcel, TierKey, Value, client::Client, token, worker};
use crate::sync::{Mutex, lock};
use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::task::AbortHandle;

/// A lease that has to be given back.
pub(crate) struct Lease(Option<Held>);

struct Held {
    client: Arc<Client>,
    key: TierKey,
    token: String,
    /// The `clear` that was the last when the load began.
    generation: String,
    renewal: AbortHandle,
    /// When it was last known to be held.
    known: Arc<Mutex<Instant>>,
}

impl Lease {
    /// The lease was just taken.
    pub(super) fn new(client: Arc<Client>, key: TierKey, token: String, generation: String) -> Self {
        let known = Arc::new(Mutex::new(Instant::now()));
        let renewal = keep(Arc::clone(&client), key.clone(), token.clone(), Arc::clone(&known));
        let renewal = worker::commands().spawn(renewal).abort_handle();
        Self(Some(Held { client, key, token, generation, renewal, known }))
    }

    /// Ends the lease with what its load came to; nobody waits for that here. Without a value the one that is there goes.
    pub(crate) fn publish(mut self, parcel: Option<Parcel>) {
        let Some(Held { client, key, token, generation, renewal, known }) = self.0.take() else { return };
        let since = Instant::now();
        worker::commands().spawn(async move {
            let value = parcel.and_then(|Parcel { bytes, life }| {
                Some(Value { bytes, life: life.checked_sub(since.elapsed())? })
            });
            let published = client.tier.publish(&key, &token, &generation, value).await;
            renewal.abort();
            match published {
                Ok(true) => client.journal.published(&key),
                Ok(false) => {
                    let is_overdue = lock(&known).elapsed() >= client.timing.lease;
                    client.journal.not_published(&key, is_overdue);
                    // What was stored here may be older than what has taken the lease away.
                    worker::subscriptions().spawn(async move { client.cut_local(key.bytes()) });
                }
                Err(error) => {
                    client.journal.failed("publish", &error);
                    give_back(client, key, token, Notice::Changed).await;
                }
            }
        });
    }

    /// Ends the lease without a value: those who wait try on their own.
    pub(crate) fn fail(mut self) {
        self.end(Notice::Failed);
    }

    fn end(&mut self, notice: Notice) {
        let Some(Held { client, key, token, renewal, .. }) = self.0.take() else { return };
        renewal.abort();
        worker::commands().spawn(give_back(client, key, token, notice));
    }
}

/// How long one waits who could not give a lease back, before he tries again.
const PAUSE: Duration = Duration::from_millis(50);

/// Ends a lease that may be held, as soon as the tier can be told. After its time it has ended by itself.
pub(super) async fn give_back(client: Arc<Client>, key: TierKey, token: String, notice: Notice) {
    let start = Instant::now();
    loop {
        match client.tier.release(&key, &token, notice).await {
            Ok(()) => return client.journal.released(&key),
            Err(error) => {
                client.journal.failed("release", &error);
                if !error.is_unavailable() || start.elapsed() >= client.timing.lease {
                    return;
                }
            }
        }
        tokio::time::sleep(PAUSE.mul_f64(1.0 + token::chance())).await;
    }
}

/// Renews a lease until it is lost.
async fn keep(client: Arc<Client>, key: TierKey, token: String, known: Arc<Mutex<Instant>>) {
    let lease = client.timing.lease;
    loop {
        tokio::time::sleep(lease / 3).await;
        let asked = Instant::now();
        match client.tier.renew(&key, &token, lease).await {
            Ok(true) => {
                *lock(&known) = asked;
                client.journal.renewed(&key);
            }
            Ok(false) => {
                client.journal.not_renewed(&key);
                break;
            }
            // It may answer in time.
            Err(error) => client.journal.failed("renew", &error),
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.end(Notice::Changed);
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let token = self.0.as_ref().map(|held| &held.token);
        f.debug_struct("Lease").field("token", &token).finish_non_exhaustive()
    }
}
