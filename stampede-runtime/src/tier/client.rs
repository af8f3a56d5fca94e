//! One cache's dealings with its tier: who loads, who waits (T1, T2, T3).

use super::{
    Claim, LeaseState, Looked, Notice, Stored, Tier, TierError, TierKey, TierStats, Timing, Value, Watcher,
    changes::Changes,
    journal::Journal,
    lease::{self, Lease},
    token,
    watch::Watch,
    worker,
};
use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

/// The local entries of a cache, seen by its tier.
pub(crate) trait Local: Send + Sync {
    /// A key has changed elsewhere: what is here of it goes.
    fn cut(&self, key: &[u8]);

    /// Anything may have changed: all goes.
    fn forget(&self);
}

/// A cache at its tier.
pub(super) struct Client {
    pub(super) tier: Arc<dyn Tier>,
    pub(super) timing: Timing,
    pub(super) journal: Arc<Journal>,
    namespace: Arc<str>,
    changes: Arc<Changes>,
    watch: Arc<Watch>,
    local: Weak<dyn Local>,
}

/// What a value that was found is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Judgement {
    /// It is what was asked for.
    Serve,
    /// There has to be a load.
    Load,
    /// The same, and it can't be read.
    Unreadable,
}

/// How a key came out of the tier.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// With a value, which has been judged to serve.
    Found,
    /// With the lease: this process loads.
    Leased(Lease),
    /// Not at all, because of an error or because waiting has taken too long: this process loads on its own.
    Alone(Option<TierError>),
}

/// Judges a value, once or more often. It is told since when the value has at least been there.
pub(super) type Judge<'a> = &'a mut (dyn FnMut(&Stored, Instant) -> Judgement + Send);

impl Client {
    pub(super) fn new(tier: Arc<dyn Tier>, namespace: &str, local: Weak<dyn Local>) -> Arc<Self> {
        let (namespace, origin): (Arc<str>, Arc<str>) = (namespace.into(), token::unique().into());
        let journal = Journal::new(Arc::clone(&namespace));
        let watch = Arc::new(Watch::new(Weak::clone(&local), Arc::clone(&origin), Arc::clone(&journal)));
        let watcher = Arc::downgrade(&watch) as Weak<dyn Watcher>;
        tier.watch(&namespace, watcher);
        let changes = Changes::new(Arc::clone(&tier), Arc::clone(&namespace), origin, Arc::clone(&journal));
        let timing = tier.timing();
        Arc::new(Self { tier, timing, journal, namespace, changes, watch, local })
    }

    pub(super) fn key(&self, bytes: Vec<u8>) -> TierKey {
        TierKey::new(Arc::clone(&self.namespace), bytes)
    }

    /// Looks a key up until it has a value, or this process has to load.
    pub(super) async fn find(self: &Arc<Self>, key: &TierKey, insists: bool, judge: Judge<'_>) -> Outcome {
        let started = Instant::now();
        let mut over_value = insists;
        let mut waiting: Option<Pin<Box<dyn Future<Output = Notice> + Send>>> = None;
        let mut has_waited = false;
        let mut has_failed = false;
        loop {
            if !self.changes.settle(key).await {
                return self.bypass(key, Some(TierError::avoided()));
            }
            let sent = Instant::now();
            let Sight { looked, lease } = match self.look(key, over_value).await {
                Ok(sight) => sight,
                Err(error) => return self.bypass(key, Some(error)),
            };
            if let Some(stored) = &looked.stored {
                match judge(stored, sent) {
                    Judgement::Serve => {
                        self.journal.found(key);
                        return Outcome::Found;
                    }
                    Judgement::Unreadable if !over_value => self.journal.unreadable(key),
                    Judgement::Load | Judgement::Unreadable => {}
                }
            }
            if let Some(lease) = lease {
                self.journal.leased(key, has_waited);
                return Outcome::Leased(lease);
            }
            let LeaseState::Taken(remaining) = looked.lease else {
                if looked.stored.is_none() || over_value {
                    return self.bypass(key, None);
                }
                // There is a value, and it is of no use.
                over_value = true;
                continue;
            };
            let waited = started.elapsed();
            if has_failed || waited >= self.timing.patience {
                if !has_failed {
                    self.journal.is_impatient(key, waited);
                }
                return self.bypass(key, None);
            }
            let Some(wait) = waiting.take() else {
                // Once more, now that whoever ends the lease is heard.
                waiting = Some(self.tier.wait(key));
                continue;
            };
            if !has_waited {
                has_waited = true;
                self.journal.waits(key, remaining);
            }
            let rest = self.timing.patience.saturating_sub(waited);
            let notice = self.wait(wait, remaining.min(rest)).await;
            self.journal.looks_again(key, notice);
            has_failed = notice == Notice::Failed;
        }
    }

    /// Looks once. A lease that comes when nobody waits for it any more is given back.
    async fn look(self: &Arc<Self>, key: &TierKey, over_value: bool) -> Result<Sight, TierError> {
        let (client, key) = (Arc::clone(self), key.clone());
        worker::run(async move {
            let token = token::unique();
            let claim = Claim { token: token.clone(), lease: client.timing.lease, over_value };
            let looked = match client.tier.look(&key, Some(claim)).await {
                Ok(looked) => looked,
                Err(error) => {
                    if error.is_unavailable() && !error.is_avoided() {
                        // It may have been done, and the answer be lost: nobody would load with that lease.
                        worker::commands().spawn(lease::give_back(client, key, token, Notice::Changed));
                    }
                    return Err(error);
                }
            };
            client.watch.looked(&looked.state);
            let lease = (looked.lease == LeaseState::Held)
                .then(|| Lease::new(Arc::clone(&client), key, token, looked.generation.clone()));
            Ok(Sight { looked, lease })
        })
        .await
    }

    /// Waits to be told that a lease has ended, no longer than until it runs out or it is time to look again.
    async fn wait(&self, told: Pin<Box<dyn Future<Output = Notice> + Send>>, remaining: Duration) -> Notice {
        // Not all at the same moment.
        let poll = self.timing.poll.mul_f64(0.75 + token::chance() / 2.0);
        let longest = remaining.min(poll) + Duration::from_millis(5).mul_f64(token::chance());
        let waited =
            worker::run(
                async move { Ok(tokio::time::timeout(longest, told).await.unwrap_or(Notice::Changed)) },
            );
        waited.await.unwrap_or(Notice::Changed)
    }

    fn bypass(&self, key: &TierKey, error: Option<TierError>) -> Outcome {
        self.journal.bypassed(key, error.as_ref());
        Outcome::Alone(error)
    }

    /// Tells the tier and all processes of a change of this one.
    pub(super) fn change(&self, key: TierKey, value: Option<Value>) {
        self.changes.change(key, value);
    }

    /// The same for all keys.
    pub(super) fn clear(&self) {
        self.changes.clear();
    }

    pub(super) fn cut_local(&self, key: &[u8]) {
        if let Some(local) = self.local.upgrade() {
            local.cut(key);
        }
    }

    pub(super) fn stats(&self) -> TierStats {
        self.journal.stats()
    }
}

/// What a look has brought.
struct Sight {
    looked: Looked,
    lease: Option<Lease>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("namespace", &self.namespace).finish_non_exhaustive()
    }
}
