//! What lies under our keys and is not ours, or not of today (T6).

use crate::{
    server::Server,
    sharing::{cache, call, get, member},
};
use stampede::Cache;
use stampede_tests::{End, Probe, soon, until};
use std::time::Duration;

fn name(id: u8) -> String {
    format!("stampede:default:numbers:{{%{id:02X}}}")
}

async fn connection(server: &Server) -> redis::aio::MultiplexedConnection {
    let client = redis::Client::open(server.url()).expect("a URL");
    // However busy the machine is.
    let config = redis::AsyncConnectionConfig::new().set_connection_timeout(None).set_response_timeout(None);
    client.get_multiplexed_async_connection_with_config(&config).await.expect("the server is there")
}

/// The bytes of a value.
async fn raw(server: &Server, id: u8) -> Vec<u8> {
    redis::cmd("GET").arg(name(id)).query_async(&mut connection(server).await).await.expect("bytes")
}

async fn put(server: &Server, id: u8, bytes: &[u8]) {
    let mut set = redis::cmd("SET");
    set.arg(name(id)).arg(bytes).arg("PX").arg(60_000);
    set.exec_async(&mut connection(server).await).await.expect("it is put");
}

/// Where the envelope begins: behind the generation.
fn envelope(bytes: &[u8]) -> usize {
    usize::from(bytes[0]) + 1
}

// T6: garbage, and formats of other days: misses, which the next load heals.
#[tokio::test]
async fn what_can_not_be_read_is_a_miss_and_is_replaced() {
    let server = Server::start();
    let probe = Probe::open(End::Value);
    let writer = cache(member(&server.url(), 1));
    assert_eq!(get(&writer, 1, &probe).await, Ok(1));
    until(|| writer.stats().tier.published == 1).await;
    let good = raw(&server, 1).await;
    let at = envelope(&good);
    let changed = |place: usize, byte: u8| {
        let mut bytes = good.clone();
        bytes[place] = byte;
        bytes
    };
    let bad = [
        Vec::new(),
        b"garbage".to_vec(),
        vec![255; 100],
        good[..good.len() - 1].to_vec(),
        [&good[..], b"x"].concat(),
        changed(at, b'S'),
        // An older format, and a newer one.
        changed(at + 2, 0),
        changed(at + 2, 2),
        changed(at + 3, 255),
        // Another type.
        changed(at + 4, !good[at + 4]),
        // Not a number.
        changed(good.len() - 1, 0xc1),
        // What was there before a `clear`.
        changed(1, !good[1]),
    ];
    let mut number = 1;
    for (case, bytes) in bad.iter().enumerate() {
        put(&server, 1, bytes).await;
        let (one, two) = (cache(member(&server.url(), 2)), cache(member(&server.url(), 3)));
        number += 1;
        assert_eq!(get(&one, 1, &probe).await, Ok(number), "case {case} is a miss");
        assert_eq!(get(&two, 1, &probe).await, Ok(number), "case {case} is healed");
        let stats = one.stats();
        assert_eq!((stats.tier.errors, stats.tier.leases), (0, 1), "case {case}: {stats:?}");
    }
}

// T6: other things than strings.
#[tokio::test]
async fn other_things_under_our_names_are_replaced() {
    let server = Server::start();
    let probe = Probe::open(End::Value);
    for (id, suffix) in ["", ":lease", ":wait"].into_iter().enumerate() {
        let id = u8::try_from(id).expect("a small number");
        let name = format!("{}{suffix}", name(id));
        for command in [&["RPUSH", &name, "a"][..], &["HSET", &name, "a", "b"]] {
            server.command(&["FLUSHALL"]);
            server.command(command);
            let (one, two) = (cache(member(&server.url(), 1)), cache(member(&server.url(), 2)));
            let value = get(&one, u64::from(id), &probe).await;
            assert!(value.is_ok());
            assert_eq!(get(&two, u64::from(id), &probe).await, value, "{command:?}");
            assert_eq!(one.stats().tier.errors, 0, "{command:?}");
            server.assert_leases_end();
        }
    }
    // And the hash of the namespace.
    server.command(&["FLUSHALL"]);
    server.command(&["SET", "stampede:default:numbers", "a"]);
    let (one, two) = (cache(member(&server.url(), 1)), cache(member(&server.url(), 2)));
    let value = get(&one, 9, &probe).await;
    assert_eq!(get(&two, 9, &probe).await, value);
    assert_eq!(one.stats().tier.errors, 0);
}

// T6: a lease that somebody has left without an end does not keep everybody waiting for ever.
#[tokio::test]
async fn a_lease_without_an_end_gets_one() {
    let server = Server::start();
    server.command(&["SET", &format!("{}:lease", name(7)), "somebody"]);
    let tier = stampede::tier::Redis::builder(server.url())
        .timeout(Duration::from_secs(1))
        .lease(Duration::from_millis(300));
    let cache = cache(tier.build().expect("a URL"));
    assert_eq!(get(&cache, 7, &Probe::open(End::Value)).await, Ok(1));
    assert_eq!(cache.stats().tier.takeovers, 1);
    server.assert_leases_end();
}

// T6: what can't be read is replaced only if it is still that.
#[tokio::test]
async fn a_valid_write_survives_every_healing() {
    let server = Server::start();
    let probe = Probe::open(End::Value);
    let writer = cache(member(&server.url(), 1));
    assert_eq!(get(&writer, 7, &probe).await, Ok(1));
    until(|| writer.stats().tier.published == 1).await;
    let good = raw(&server, 7).await;
    let mut connection = connection(&server).await;
    let mut loads = 0;
    for round in 0..300_u32 {
        put(&server, 7, b"garbage").await;
        let healer = cache(member(&server.url(), 2));
        let gated = Probe::new(End::Value);
        let call = call(&healer, 7, &gated);
        // At all moments: before the look, during the load, before the value is published.
        for _ in 0..round % 40 {
            tokio::task::yield_now().await;
        }
        if round % 3 == 0 {
            until(|| gated.started() == 1).await;
        }
        let mut set = redis::cmd("SET");
        set.arg(name(7)).arg(&good).arg("PX").arg(60_000);
        if round % 2 == 0 {
            set.exec_async(&mut connection).await.expect("it is put");
            gated.open_gate();
        } else {
            gated.open_gate();
            set.exec_async(&mut connection).await.expect("it is put");
        }
        assert_eq!(call.await.expect("it does not panic"), Ok(1));
        let is_done = |stats: stampede::Stats| stats.tier.leases == stats.tier.published + stats.tier.lost;
        until(|| is_done(healer.stats())).await;
        assert_eq!(raw(&server, 7).await, good, "round {round}");
        loads += gated.started();
    }
    assert!(loads >= 100, "only {loads} healings");
    server.assert_leases_end();
}

// T6: a cache whose values are of another type.
#[tokio::test]
async fn types_are_told_apart() {
    let server = Server::start();
    let numbers = cache(member(&server.url(), 1));
    let texts: Cache<u64, String, String> =
        Cache::builder().name("numbers").ttl(Duration::from_secs(60)).tier(member(&server.url(), 2)).build();
    assert_eq!(get(&numbers, 7, &Probe::open(End::Value)).await, Ok(1));
    assert_eq!(soon(texts.try_get(7, || async { Ok("text".to_owned()) })).await, Ok("text".to_owned()));
    assert_eq!(texts.stats().tier.unreadable, 1);
}

// T6: large values are compressed, and come out as they went in.
#[tokio::test]
async fn large_values_are_compressed() {
    let server = Server::start();
    let texts = |number: u64, above: usize| -> Cache<u64, String> {
        let tier = stampede::tier::Redis::builder(server.url())
            .timeout(Duration::from_millis(1_000 + number))
            .compress_above(above)
            .build()
            .expect("a URL");
        Cache::builder().name("texts").ttl(Duration::from_secs(60)).tier(tier).build()
    };
    let text = "All work and no play. ".repeat(10_000);
    let (packer, plain) = (texts(1, 1_000), texts(2, usize::MAX));
    for (id, cache) in [(1, &packer), (2, &plain)] {
        let given = text.clone();
        soon(cache.get(id, move || async move { given })).await;
        until(|| cache.stats().tier.published == 1).await;
    }
    let length = |id: u64| -> usize {
        let name = format!("stampede:default:texts:{{%{id:02X}}}");
        redis::from_redis_value(server.command(&["STRLEN", &name])).expect("a number")
    };
    assert!(length(1) < text.len() / 50, "{}", length(1));
    assert!(length(2) > text.len());
    for (id, cache) in [(2, &packer), (1, &plain)] {
        assert_eq!(soon(cache.get(id, || async { unreachable!("it is there") })).await, text);
    }
}
