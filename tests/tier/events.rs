//! What is told of a tier (feature `tracing`): each thing as it happens, and warnings for who runs the service.
//!
//! Tiers work on threads of their own, so one subscriber listens to all of the process; tests tell their caches' events by name.

use crate::{
    server::{Server, free_port},
    sharing::{call, get, member},
};
use stampede::{Cache, tier::Redis};
use stampede_tests::{End, Probe, soon, until};
use std::{
    fmt,
    sync::{Mutex, Once},
    time::{Duration, Instant},
};
use tracing::{Event, Level, Subscriber, field::Field};
use tracing_subscriber::{
    Layer,
    layer::{Context, SubscriberExt as _},
    registry,
};

const MINUTE: Duration = Duration::from_secs(60);

/// What was told.
#[derive(Clone, Debug)]
struct Told {
    level: Level,
    fields: Vec<(&'static str, String)>,
}

impl Told {
    fn field(&self, name: &str) -> &str {
        self.fields.iter().find(|(of, _)| *of == name).map_or("", |(_, value)| value)
    }
}

static LOG: Mutex<Vec<Told>> = Mutex::new(Vec::new());

struct Log;

impl<S: Subscriber> Layer<S> for Log {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() != "stampede::tier" {
            return;
        }
        let mut fields = Vec::new();
        event.record(&mut |field: &Field, value: &dyn fmt::Debug| {
            fields.push((field.name(), format!("{value:?}").trim_matches('"').to_owned()));
        });
        LOG.lock().expect("nobody panics").push(Told { level: *event.metadata().level(), fields });
    }
}

fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        tracing::subscriber::set_global_default(registry().with(Log)).expect("it is the only one");
    });
}

/// The events in which a field has that value: their level and message.
fn told(field: &str, value: &str) -> Vec<(Level, String)> {
    let log = LOG.lock().expect("nobody panics");
    let ours = log.iter().filter(|told| told.field(field) == value);
    ours.map(|told| (told.level, told.field("message").to_owned())).collect()
}

fn has(events: &[(Level, String)], level: Level, message: &str) -> bool {
    events.iter().any(|(of, text)| *of == level && text == message)
}

/// Waits for an event of a cache.
async fn until_told(cache: &str, level: Level, message: &str) {
    until(|| has(&told("cache", cache), level, message)).await;
}

fn cache(name: &'static str, tier: Redis) -> Cache<u64, u64, String> {
    listen();
    Cache::builder().name(name).ttl(MINUTE).tier(tier).build()
}

#[tokio::test]
async fn a_load_of_the_fleet_is_told_step_by_step() {
    const NAME: &str = "told step by step";
    let server = Server::start();
    let (one, two) = (cache(NAME, member(&server.url(), 1)), cache(NAME, member(&server.url(), 2)));
    let gated = Probe::new(End::Value);
    let leader = call(&one, 7, &gated);
    until(|| gated.started() == 1).await;
    until_told(NAME, Level::DEBUG, "a lease is won").await;
    let waiter = call(&two, 7, &Probe::open(End::Panic));
    until_told(NAME, Level::DEBUG, "another process has the lease; this one waits").await;
    until_told(NAME, Level::TRACE, "a lease is renewed").await;
    until(|| one.stats().tier.renewals > 0).await;
    gated.open_gate();
    assert_eq!(leader.await.expect("it does not panic"), Ok(1));
    assert_eq!(waiter.await.expect("it does not panic"), Ok(1));
    until_told(NAME, Level::TRACE, "a value is stored").await;
    until_told(NAME, Level::TRACE, "who waits looks again").await;
    until_told(NAME, Level::TRACE, "a value is found").await;

    assert!(one.invalidate(&7));
    until_told(NAME, Level::DEBUG, "a change is made everywhere").await;
    until_told(NAME, Level::DEBUG, "a change of another process has come").await;
    two.clear();
    until_told(NAME, Level::DEBUG, "all values are made outdated everywhere").await;
    until_told(NAME, Level::DEBUG, "another process has made all values outdated").await;
    until(|| (one.stats().tier.sent, two.stats().tier.sent) == (1, 1)).await;

    let events = told("cache", NAME);
    assert!(events.iter().all(|(level, _)| *level > Level::WARN), "all is as it should be: {events:?}");
    let log = LOG.lock().expect("nobody panics");
    let won =
        log.iter().find(|told| told.field("cache") == NAME && told.field("message") == "a lease is won");
    assert_eq!(won.expect("it was told").field("key"), "%07", "as it is named on the server");
}

#[tokio::test]
async fn a_load_that_comes_to_nothing_is_told() {
    const NAME: &str = "told of failures";
    let server = Server::start();
    let (one, two) = (cache(NAME, member(&server.url(), 1)), cache(NAME, member(&server.url(), 2)));
    let fails = Probe::new(End::Error);
    let leader = call(&one, 7, &fails);
    until(|| fails.started() == 1).await;
    let waiter = call(&two, 7, &Probe::open(End::Value));
    until(|| two.stats().tier.waits == 1).await;
    fails.open_gate();
    assert!(leader.await.expect("it does not panic").is_err());
    assert_eq!(waiter.await.expect("it does not panic"), Ok(1));
    until_told(NAME, Level::TRACE, "a lease is given back").await;
    until_told(NAME, Level::DEBUG, "a lease is taken over").await;
}

#[tokio::test]
async fn a_value_that_comes_too_late_is_a_warning() {
    const NAME: &str = "told of late values";
    let server = Server::start();
    let lease = Duration::from_millis(300);
    let tier = Redis::builder(server.url()).timeout(Duration::from_secs(1)).lease(lease);
    let late = cache(NAME, tier.build().expect("a URL"));
    let gated = Probe::new(End::Value);
    let load = call(&late, 7, &gated);
    until(|| gated.started() == 1).await;
    // As if the process had been stopped.
    server.command(&["DEL", "stampede:default:told%20of%20late%20values:{%07}:lease"]);
    server.command(&[
        "SET",
        "stampede:default:told%20of%20late%20values:{%07}:lease",
        "other -",
        "PX",
        "60000",
    ]);
    until_told(NAME, Level::DEBUG, "a lease has ended before its load").await;
    tokio::time::sleep(2 * lease).await;
    gated.open_gate();
    assert_eq!(load.await.expect("it does not panic"), Ok(1));
    until_told(NAME, Level::WARN, "a value comes too late and is not stored: its lease had run out").await;
    assert_eq!(late.stats().tier.lost, 1);
}

#[tokio::test]
async fn a_key_that_changes_during_its_load_is_no_warning() {
    const NAME: &str = "told of changes";
    let server = Server::start();
    let (cache, other) = (cache(NAME, member(&server.url(), 1)), cache(NAME, member(&server.url(), 2)));
    // Who changes something before messages come to it has to think that it has missed some, and warns.
    until(|| server.listeners("changes") == 2).await;
    other.invalidate(&1);
    until(|| cache.stats().tier.changes == 1).await;
    cache.invalidate(&1);
    until(|| other.stats().tier.changes == 1).await;
    let before = told("cache", NAME).len();
    let gated = Probe::new(End::Value);
    let load = call(&cache, 7, &gated);
    until(|| gated.started() == 1).await;
    assert!(cache.invalidate(&7));
    until(|| cache.stats().tier.sent == 2).await;
    gated.open_gate();
    assert_eq!(load.await.expect("it does not panic"), Ok(1));
    until_told(NAME, Level::DEBUG, "a value is not stored: its key has changed during the load").await;
    let events = &told("cache", NAME)[before..];
    assert!(events.iter().all(|(level, _)| *level > Level::WARN), "{events:?}");
}

#[tokio::test]
async fn a_wait_that_is_too_long_is_a_warning() {
    const NAME: &str = "told of patience";
    let server = Server::start();
    server.command(&["SET", "stampede:default:told%20of%20patience:{%07}:lease", "other -", "PX", "60000"]);
    let tier = Redis::builder(server.url())
        .timeout(Duration::from_secs(1))
        .patience(Duration::from_millis(100))
        .build()
        .expect("a URL");
    let cache = cache(NAME, tier);
    assert_eq!(get(&cache, 7, &Probe::open(End::Value)).await, Ok(1));
    let message = "the load of another process takes too long; this one loads too";
    until_told(NAME, Level::WARN, message).await;
    until_told(NAME, Level::DEBUG, "a load goes on without the tier").await;
}

#[tokio::test]
async fn values_that_can_not_be_read_are_one_warning_for_all() {
    const NAME: &str = "told of garbage";
    let server = Server::start();
    for id in 0..100 {
        let name = format!("stampede:default:told%20of%20garbage:{{%{id:02X}}}");
        server.command(&["SET", &name, "garbage", "PX", "60000"]);
    }
    let cache = cache(NAME, member(&server.url(), 1));
    let probe = Probe::open(End::Value);
    for id in [1, 2, 3, 4, 5] {
        assert!(get(&cache, id, &probe).await.is_ok());
    }
    assert_eq!(cache.stats().tier.unreadable, 5);
    let warnings = told("cache", NAME).into_iter().filter(|(level, _)| *level <= Level::WARN);
    let expected = (Level::WARN, "a value can't be read; the next load replaces it".to_owned());
    assert_eq!(warnings.collect::<Vec<_>>(), [expected]);
}

#[tokio::test]
async fn a_tier_that_refuses_is_a_warning() {
    const NAME: &str = "told of refusals";
    let server = Server::with(&["--maxmemory-policy", "noeviction", "--maxmemory", "1"]);
    let cache = cache(NAME, member(&server.url(), 1));
    let probe = Probe::open(End::Value);
    for id in 0..20 {
        assert!(get(&cache, id, &probe).await.is_ok());
    }
    let events = told("cache", NAME);
    let warnings = events.iter().filter(|(level, text)| *level == Level::WARN && text == "the tier refuses");
    assert_eq!(warnings.count(), 1, "{events:?}");
    assert_eq!(cache.stats().tier.errors, 20);
}

// An outage: the breaker, what is not asked meanwhile, what was missed, and what the server has lost.
#[tokio::test]
async fn an_outage_is_told_from_its_beginning_to_its_end() {
    const NAME: &str = "told of outages";
    let mut server = Server::start();
    let tier = member(&server.url(), 1);
    let one = cache(NAME, tier.clone());
    let servers = server.address().to_string();
    let until_server = async |level, message: &'static str| {
        until(|| has(&told("servers", &servers), level, message)).await;
    };
    let probe = Probe::open(End::Value);
    assert!(get(&one, 1, &probe).await.is_ok());
    until_server(Level::DEBUG, "the tier is connected").await;
    until_server(Level::DEBUG, "messages of the tier are heard").await;
    assert!(tier.is_up());
    assert_eq!(tier.outages(), 0);

    server.kill();
    while tier.is_up() {
        assert!(get(&one, 2, &probe).await.is_ok());
        one.invalidate(&2);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    until_server(Level::WARN, "the tier can't be reached; caches go on without it").await;
    until_server(Level::DEBUG, "messages of the tier are not heard").await;
    until_server(Level::DEBUG, "the tier is tried").await;
    for id in 100..150 {
        assert!(get(&one, id, &probe).await.is_ok());
    }
    until_told(NAME, Level::TRACE, "the tier is not asked").await;
    assert!(one.stats().tier.avoided > 10);
    assert_eq!(tier.outages(), 1);
    let warnings = told("servers", &servers).into_iter().filter(|(level, _)| *level == Level::WARN);
    assert_eq!(warnings.count(), 1, "one for the outage, not one for each call");

    server.restart();
    until_server(Level::INFO, "the tier is back").await;
    assert!(tier.is_up());
    // Of another process, and heard of by nobody: it comes before the first message.
    server.command(&["HSET", "stampede:default:told%20of%20outages", "e", "other", "g", "0", "c", "7"]);
    let back = Instant::now();
    while one.stats().tier.resyncs == 0 {
        assert!(back.elapsed() < Duration::from_secs(20), "it listens no more");
        server.command(&["PUBLISH", "stampede:default:told%20of%20outages", "9 other who k x"]);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    until_told(NAME, Level::WARN, "messages were lost; all values are looked up again").await;
    until_told(NAME, Level::WARN, "the tier has lost all that it had").await;
}

#[tokio::test]
async fn a_tier_that_was_never_there_is_a_warning() {
    listen();
    let port = free_port();
    let tier = Redis::builder(format!("redis://user:secret@127.0.0.1:{port}/")).build().expect("a URL");
    let cache: Cache<u64, u64> =
        Cache::builder().name("told of nothing").ttl(MINUTE).tier(tier.clone()).build();
    assert_eq!(soon(cache.get(1, || async { 1 })).await, 1);
    let servers = format!("127.0.0.1:{port}");
    let message = "the tier can't be reached; caches go on without it";
    until(|| has(&told("servers", &servers), Level::WARN, message)).await;
    assert_eq!((tier.is_up(), tier.outages()), (false, 1));
    let log = LOG.lock().expect("nobody panics");
    assert!(log.iter().all(|told| told.fields.iter().all(|(_, value)| !value.contains("secret"))));
}
