//! A cache's tier, with the types of the cache: keys and outputs become bytes here, and bytes outputs.

use super::{
    Codec, Local, Outcome, Stored, Tier, TierError, TierKey, TierStats, Value,
    client::{Client, Judge, Judgement},
    codec,
    envelope::{self, Header},
    index::Index,
};
use crate::{
    attached::WriteKey,
    clock::{self, NEVER, Ticks},
    contain::contain,
    policy::{self, Decision, Lifetime, Times, Windows},
    sharing::Kind,
};
use serde::Serialize;
use std::{
    fmt,
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

/// A tier that a cache is to be built with.
pub(crate) struct Spec<K, O> {
    tier: Arc<dyn Tier>,
    write_key: WriteKey<K>,
    codec: Codec<O>,
    /// What callers get in place of a load that can't ask the tier; None loads on.
    strict: Option<fn(TierError) -> O>,
}

impl<K: Serialize, O> Spec<K, O> {
    pub(crate) fn new(tier: impl Tier, codec: Codec<O>) -> Self {
        Self::with(tier, codec::write_key, codec, None)
    }
}

impl<K, O> Spec<K, O> {
    pub(crate) fn with(
        tier: impl Tier,
        write_key: WriteKey<K>,
        codec: Codec<O>,
        strict: Option<fn(TierError) -> O>,
    ) -> Self {
        Self { tier: Arc::new(tier), write_key, codec, strict }
    }

    pub(crate) fn set_strict(&mut self, strict: fn(TierError) -> O) {
        self.strict = Some(strict);
    }
}

/// The tier of a cache.
pub(crate) struct Tiered<K, O> {
    client: Arc<Client>,
    write_key: WriteKey<K>,
    codec: Codec<O>,
    fingerprint: u64,
    pub(crate) strict: Option<fn(TierError) -> O>,
    index: Index,
}

/// What a flight takes from the tier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Want {
    /// Whatever a call may be served.
    Servable,
    /// What is fresh: something stale is here.
    Fresh,
    /// What was loaded since then (I3).
    Since(Instant),
}

/// An output that was found, and its life here.
#[derive(Debug)]
pub(crate) struct Found<O> {
    pub(crate) output: O,
    pub(crate) lifetime: Lifetime,
}

/// An output as the tier gets it.
#[derive(Debug)]
pub(crate) struct Parcel {
    pub(super) bytes: Vec<u8>,
    /// From the end of the load.
    pub(super) life: Duration,
}

impl<K, O> Tiered<K, O> {
    pub(crate) fn new(spec: Spec<K, O>, name: &str, local: Weak<dyn Local>) -> Self {
        let Spec { tier, write_key, codec, strict } = spec;
        let client = Client::new(tier, name, local);
        Self { client, write_key, codec, fingerprint: (codec.fingerprint)(), strict, index: Index::default() }
    }

    /// What a key is in the tier; from now on it is found by that. Runs the user's `Serialize`.
    pub(crate) fn key(&self, key: &K, hash: u64) -> Option<TierKey> {
        let mut bytes = None;
        contain(&mut || bytes = (self.write_key)(key));
        let bytes = bytes?;
        self.index.add(&bytes, hash);
        Some(self.client.key(bytes))
    }

    /// The cache's own hashes of a key, and maybe of others.
    pub(crate) fn hashes(&self, key: &[u8]) -> impl IntoIterator<Item = u64> + use<K, O> {
        self.index.find(key)
    }

    /// Forgets what keys are in the tier that the cache has nothing of.
    pub(crate) fn weed(&self, entries: usize, is_there: impl Fn(u64) -> bool) {
        self.index.weed(entries, is_there);
    }

    /// Asks the tier for a key. What is found but can't be served without an attempt to load is left in `stale`.
    pub(crate) async fn find(
        &self,
        key: &TierKey,
        want: Want,
        windows: Windows,
        stale: &mut Option<Found<O>>,
    ) -> (Outcome, Option<Found<O>>)
    where
        O: Send,
    {
        let mut found = None;
        let judge: Judge<'_> = &mut |stored, sent| {
            *stale = None;
            let now = clock::exact();
            let sent_at = now.saturating_sub(clock::ticks(sent.elapsed()));
            let Some((read, age)) = self.read(stored, sent_at, windows) else {
                return if stored.outdated { Judgement::Load } else { Judgement::Unreadable };
            };
            let Lifetime { fresh_until, may_be_stale, .. } = read.lifetime;
            let decision = policy::decide(Times { fresh_until, may_be_stale, rests_until: 0 }, windows, now);
            let serves = match want {
                Want::Servable => decision.serves(),
                Want::Fresh => decision == Decision::Serve,
                // It was this old when the look came to the tier, or later.
                Want::Since(start) => {
                    decision == Decision::Serve && age < sent.saturating_duration_since(start)
                }
            };
            if serves {
                found = Some(read);
                return Judgement::Serve;
            }
            if want == Want::Servable && decision == Decision::Attempt {
                *stale = Some(read);
            }
            Judgement::Load
        };
        let outcome = self.client.find(key, matches!(want, Want::Since(_)), judge).await;
        (outcome, found)
    }

    /// Reads what was found by a look that was sent at that moment. Tells how old it is at least.
    fn read(&self, stored: &Stored, sent: Ticks, windows: Windows) -> Option<(Found<O>, Duration)> {
        if stored.outdated {
            return None;
        }
        let (header, value) = envelope::open(&stored.bytes)?;
        if header.fingerprint != self.fingerprint {
            return None;
        }
        // The tier's clock has been set back: nobody can tell how old it is.
        if stored.remaining > header.total.saturating_add(ROUNDING) {
            return None;
        }
        // Runs the user's `Deserialize`.
        let mut output = None;
        contain(&mut || output = (self.codec.read)(header.kind, &value));
        let output = output?;
        let age = header.total.saturating_sub(stored.remaining);
        Some((Found { output, lifetime: lifetime(&header, age, stored.remaining, sent, windows) }, age))
    }

    /// Writes an output that is kept; None if it is not for others. Runs the user's `Serialize`.
    pub(crate) fn pack(&self, output: &O, kind: Kind, lifetime: Lifetime) -> Option<Parcel> {
        let Lifetime { from, fresh_until, gone_at, may_be_stale } = lifetime;
        let between = |end: Ticks| match end {
            NEVER => Duration::MAX,
            end => Duration::from_nanos(end.saturating_sub(from)),
        };
        let header = Header {
            fingerprint: self.fingerprint,
            kind,
            may_be_stale,
            fresh: between(fresh_until),
            total: between(gone_at).min(envelope::LONGEST),
        };
        let mut value = Vec::new();
        let mut is_written = false;
        contain(&mut || is_written = (self.codec.write)(output, &mut value));
        if !is_written {
            return None;
        }
        let bytes = envelope::seal(&header, &value, self.client.timing.compress_above)?;
        Some(Parcel { bytes, life: header.total })
    }

    /// Tells the tier, and through it all processes, of what was put in by hand, or taken out.
    pub(crate) fn change(&self, key: TierKey, parcel: Option<Parcel>) {
        self.client.change(key, parcel.map(|Parcel { bytes, life }| Value { bytes, life }));
    }

    /// The same for all keys.
    pub(crate) fn clear(&self) {
        self.client.clear();
    }

    pub(crate) fn stats(&self) -> TierStats {
        self.client.stats()
    }
}

/// What rounding may add to the time that a value remains.
const ROUNDING: Duration = Duration::from_millis(2);

/// The life that a value has here: no longer than it has there (T4).
///
/// It counts from when the look was sent, before which the tier can't have told how long the value remains.
fn lifetime(header: &Header, age: Duration, remaining: Duration, sent: Ticks, windows: Windows) -> Lifetime {
    let gone_there = if remaining >= envelope::LONGEST / 2 { NEVER } else { clock::after(sent, remaining) };
    let fresh_until = if header.fresh == Duration::MAX {
        NEVER
    } else if header.fresh >= age {
        clock::after(sent, header.fresh.saturating_sub(age))
    } else {
        sent.saturating_sub(clock::ticks(age.saturating_sub(header.fresh))).max(1)
    };
    let from = sent.saturating_sub(clock::ticks(age)).clamp(1, fresh_until);
    let gone_at = if header.may_be_stale { windows.end(fresh_until) } else { fresh_until };
    if gone_at <= gone_there.saturating_add(clock::ticks(ROUNDING)) {
        return Lifetime { from, fresh_until, gone_at, may_be_stale: header.may_be_stale };
    }
    // The windows here are longer than they were there.
    let fresh_until = fresh_until.min(gone_there);
    Lifetime { from: from.min(fresh_until), fresh_until, gone_at: fresh_until, may_be_stale: false }
}

impl<K, O> fmt::Debug for Tiered<K, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tiered").field("client", &self.client).finish_non_exhaustive()
    }
}

impl<K, O> fmt::Debug for Spec<K, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Spec")
    }
}
