//! The connection on which a process is told: of changes, and of leases that end.
//!
//! It is asked twice a second whether it is alive. When it has been made again, every watcher is told the state of its namespace
//! by then, and finds out whether it has missed anything (T5). When it is lost all who wait for a lease look again, and while it
//! is down they do so often.

use super::{
    super::{Notice, TierState, Watcher, journal::tell, token, worker},
    link::Link,
    names::Names,
    scripts,
    servers::Servers,
};
use crate::sync::{Mutex, lock};
use futures_util::{
    StreamExt,
    future::{Either, select},
};
use redis::{Msg, RedisError, aio::PubSubSink};
use std::{
    collections::HashMap,
    future::Future,
    mem,
    pin::pin,
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    time::Duration,
};
use tokio::{
    sync::{Notify, oneshot},
    time::{sleep, timeout},
};

const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_millis(250);
const PULSE: Duration = Duration::from_millis(500);
/// How long one waits who can't be told, before he looks again.
const DEAF_PAUSE: Duration = Duration::from_millis(50);
/// How long the server may take to answer here.
const PATIENCE: Duration = Duration::from_millis(500);

/// Who is told of what.
#[derive(Default)]
pub(super) struct Subscriptions {
    /// By channel, which is the name of the namespace's hash as well.
    watchers: Mutex<HashMap<String, Vec<Weak<dyn Watcher>>>>,
    /// There is a new one.
    added: Notify,
    /// By the name of the value.
    waiters: Mutex<HashMap<Vec<u8>, Vec<oneshot::Sender<Notice>>>>,
    /// Whether messages come.
    hears: AtomicBool,
}

/// Why a connection is given up: there will be another.
struct Lost;

impl From<RedisError> for Lost {
    fn from(_: RedisError) -> Self {
        Self
    }
}

impl From<tokio::time::error::Elapsed> for Lost {
    fn from(_: tokio::time::error::Elapsed) -> Self {
        Self
    }
}

impl Subscriptions {
    pub(super) fn start(link: &Arc<Link>, names: Names) -> Arc<Self> {
        let subscriptions = Arc::new(Self::default());
        let task = keep_subscribed(Arc::downgrade(&subscriptions), Arc::downgrade(link), names);
        worker::subscriptions().spawn(task);
        subscriptions
    }

    pub(super) fn watch(&self, channel: String, watcher: Weak<dyn Watcher>) {
        let mut watchers = lock(&self.watchers);
        let there = watchers.entry(channel).or_default();
        there.retain(|watcher| watcher.strong_count() > 0);
        there.push(watcher);
        drop(watchers);
        self.added.notify_one();
    }

    /// Waits from now on, polled or not.
    pub(super) fn wait(&self, value: String) -> impl Future<Output = Notice> + use<> {
        let (sender, told) = oneshot::channel();
        lock(&self.waiters).entry(value.into_bytes()).or_default().push(sender);
        // After it is among those who are told of a loss.
        let hears = self.hears.load(SeqCst);
        async move {
            if hears {
                return told.await.unwrap_or(Notice::Changed);
            }
            let told = timeout(DEAF_PAUSE.mul_f64(0.5 + token::chance()), told).await;
            told.ok().and_then(Result::ok).unwrap_or(Notice::Changed)
        }
    }

    /// Messages come again.
    #[cfg_attr(not(feature = "tracing"), expect(unused_variables))]
    fn hear_again(&self, servers: &Servers) {
        self.hears.store(true, SeqCst);
        tell!(DEBUG, %servers, "messages of the tier are heard");
    }

    /// No messages come any more: whoever waits looks for himself.
    #[cfg_attr(not(feature = "tracing"), expect(unused_variables))]
    fn hear_no_more(&self, servers: &Servers) {
        if self.hears.swap(false, SeqCst) {
            let waiters = mem::take(&mut *lock(&self.waiters));
            drop(waiters);
            tell!(DEBUG, %servers, "messages of the tier are not heard");
        }
    }

    fn notify(&self, payload: &[u8]) {
        let Some((notice, value)) = payload.split_first() else { return };
        let notice = if *notice == b'f' { Notice::Failed } else { Notice::Changed };
        let waiters = lock(&self.waiters).remove(value);
        for waiter in waiters.into_iter().flatten() {
            // Who does not wait any more need not be told.
            let _ = waiter.send(notice);
        }
    }

    fn weed(&self) {
        lock(&self.waiters).retain(|_, waiters| {
            waiters.retain(|waiter| !waiter.is_closed());
            !waiters.is_empty()
        });
    }

    fn channels(&self) -> Vec<String> {
        lock(&self.watchers).keys().cloned().collect()
    }

    fn watchers_of(&self, channel: &str) -> Vec<Arc<dyn Watcher>> {
        let watchers = lock(&self.watchers);
        watchers.get(channel).into_iter().flatten().filter_map(Weak::upgrade).collect()
    }

    fn hear(&self, message: &Msg, inbox: &str) {
        let (channel, payload) = (message.get_channel_name(), message.get_payload_bytes());
        if channel == inbox {
            self.notify(payload);
            return;
        }
        let Some(Heard { state, origin, key }) = Heard::parse(payload) else { return };
        for watcher in self.watchers_of(channel) {
            watcher.changed(state.clone(), origin, key);
        }
    }
}

/// A message about a change.
struct Heard<'a> {
    state: TierState,
    origin: &'a str,
    key: Option<&'a [u8]>,
}

impl<'a> Heard<'a> {
    fn parse(payload: &'a [u8]) -> Option<Self> {
        let mut parts = payload.splitn(5, |byte| *byte == b' ');
        let mut text = || std::str::from_utf8(parts.next()?).ok();
        let changes = text()?.parse().ok()?;
        let epoch = text()?.to_owned();
        let origin = text()?;
        let is_key = text()? == "k";
        let key = parts.next()?;
        Some(Self { state: TierState { epoch, changes }, origin, key: is_key.then_some(key) })
    }
}

async fn keep_subscribed(subscriptions: Weak<Subscriptions>, link: Weak<Link>, names: Names) {
    let mut pause = FIRST_PAUSE;
    for attempt in 0.. {
        let (Some(subscriptions), Some(link)) = (subscriptions.upgrade(), link.upgrade()) else { return };
        let mut was_up = false;
        let Err(Lost) = listen(&subscriptions, &link, &names, attempt, &mut was_up).await else { return };
        subscriptions.hear_no_more(link.servers());
        drop((subscriptions, link));
        if was_up {
            pause = FIRST_PAUSE;
        }
        sleep(pause.mul_f64(0.5 + token::chance() / 2.0)).await;
        pause = (2 * pause).min(LONGEST_PAUSE);
    }
}

/// Subscribes, and hands on what is heard, until the connection is lost; or until nobody listens.
async fn listen(
    subscriptions: &Arc<Subscriptions>,
    link: &Arc<Link>,
    names: &Names,
    attempt: usize,
    was_up: &mut bool,
) -> Result<(), Lost> {
    let patience = link.servers().patience();
    let client = timeout(patience, link.servers().subscribable(attempt)).await??;
    let (mut sink, mut messages) = timeout(patience, client.get_async_pubsub()).await??.split();
    timeout(PATIENCE, sink.subscribe(&names.inbox)).await??;
    subscriptions.hear_again(link.servers());
    let mut subscribed = Vec::new();
    subscribe(subscriptions, link, &mut sink, &mut subscribed).await?;
    *was_up = true;
    loop {
        // The handle of the application holds one, and this.
        if Arc::strong_count(subscriptions) == 1 {
            return Ok(());
        }
        let added = pin!(subscriptions.added.notified());
        let pulse = pin!(sleep(PULSE));
        match select(messages.next(), select(added, pulse)).await {
            Either::Left((Some(message), _)) => subscriptions.hear(&message, &names.inbox),
            Either::Left((None, _)) => return Err(Lost),
            Either::Right((Either::Left(_), _)) => {
                subscribe(subscriptions, link, &mut sink, &mut subscribed).await?;
            }
            Either::Right((Either::Right(_), _)) => {
                subscriptions.weed();
                timeout(PATIENCE, sink.ping::<redis::Value>()).await??;
            }
        }
    }
}

/// Subscribes to the channels that are not yet, and then tells their watchers how things stand.
async fn subscribe(
    subscriptions: &Subscriptions,
    link: &Link,
    sink: &mut PubSubSink,
    subscribed: &mut Vec<String>,
) -> Result<(), Lost> {
    for channel in subscriptions.channels() {
        if !subscribed.contains(&channel) {
            timeout(PATIENCE, sink.subscribe(&channel)).await??;
            subscribed.push(channel.clone());
        }
        // Also where one has only joined others.
        let state = state(link, &channel).await?;
        for watcher in subscriptions.watchers_of(&channel) {
            watcher.connected(state.clone());
        }
    }
    Ok(())
}

async fn state(link: &Link, hash: &str) -> Result<TierState, Lost> {
    let epoch = &token::unique();
    let command = |mut connection| async move {
        scripts::STATE.key(hash).arg(epoch).invoke_async::<(String, u64, u64)>(&mut connection).await
    };
    let (epoch, _, changes) = link.run(true, command).await.map_err(|_| Lost)?;
    Ok(TierState { epoch, changes })
}
