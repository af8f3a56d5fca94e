//! One process of a fleet: it has a cache with a tier, does what the lines on its standard input say, and answers each by a line.
//!
//! Its arguments: the URL of the server, the ttl, the timeout of the tier, the lease; all times in milliseconds.

use stampede::{Cache, tier::Redis};
use std::{
    collections::HashMap,
    env,
    io::{BufRead, stdin},
    process,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use tokio::{runtime::Runtime, task::JoinSet, time::sleep};

type Values = Cache<u64, String, String>;
/// How often each key was loaded.
type Loads = Arc<Mutex<HashMap<u64, u64>>>;

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [url, ttl, timeout, lease] = &arguments[..] else { panic!("four arguments: {arguments:?}") };
    let millis = |text: &str| Duration::from_millis(text.parse().expect("milliseconds"));
    let tier = Redis::builder(url).timeout(millis(timeout)).lease(millis(lease)).build().expect("a URL");
    let values: Values = Cache::builder().name("fleet").ttl(millis(ttl)).tier(tier).build();
    let loads = Loads::default();
    let runtime = Runtime::new().expect("a runtime");
    for line in stdin().lock().lines() {
        let line = line.expect("a line");
        let words: Vec<&str> = line.split(' ').collect();
        let number = |place: usize| words[place].parse::<u64>().expect("a number");
        let answer = match words[0] {
            "call" => runtime.block_on(call(
                &values,
                &loads,
                number(1),
                number(2),
                Duration::from_millis(number(3)),
            )),
            "drive" => {
                let (keys, callers) = (number(1), number(2));
                let (time, load) = (Duration::from_millis(number(3)), Duration::from_millis(number(4)));
                runtime.block_on(drive(&values, &loads, (keys, callers), time, load))
            }
            "insert" => {
                values.insert(number(1), words[2].to_owned());
                "done".to_owned()
            }
            "invalidate" => {
                values.invalidate(&number(1));
                "done".to_owned()
            }
            "clear" => {
                values.clear();
                "done".to_owned()
            }
            "stats" => format!("{:?}", values.stats()),
            _ => panic!("no command: {line}"),
        };
        println!("{answer}");
    }
}

async fn get(values: Values, loads: Loads, key: u64, load: Duration) -> Result<String, String> {
    let body = move || async move {
        let number = {
            let mut loads = loads.lock().expect("nobody panics");
            let number = loads.entry(key).or_default();
            *number += 1;
            *number
        };
        sleep(load).await;
        Ok(format!("{}-{number}", process::id()))
    };
    values.try_get(key, body).await
}

/// Some calls of one key at once: how many got a value, how long the slowest took, how often this process has loaded the key, and
/// the value.
async fn call(values: &Values, loads: &Loads, key: u64, callers: u64, load: Duration) -> String {
    let start = Instant::now();
    let mut calls = JoinSet::new();
    for _ in 0..callers {
        calls.spawn(get(values.clone(), Arc::clone(loads), key, load));
    }
    let results = calls.join_all().await;
    let took = start.elapsed().as_millis();
    let loaded = loads.lock().expect("nobody panics").get(&key).copied().unwrap_or(0);
    let (ok, failed): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
    assert!(failed.is_empty(), "the source does not fail: {failed:?}");
    let value = ok[0].clone().expect("a value");
    assert!(ok.iter().all(|other| *other == Ok(value.clone())), "all callers get the same");
    format!("{} {took} {loaded} {value}", ok.len())
}

/// Calls over some keys for a while: how many there were, how many failed, how long the slowest took, and the loads of each key.
async fn drive(
    values: &Values,
    loads: &Loads,
    (keys, callers): (u64, u64),
    time: Duration,
    load: Duration,
) -> String {
    let start = Instant::now();
    let mut drivers = JoinSet::new();
    for caller in 0..callers {
        let (values, loads) = (values.clone(), Arc::clone(loads));
        drivers.spawn(async move {
            let (mut calls, mut errors, mut slowest) = (0_u64, 0_u64, Duration::ZERO);
            while start.elapsed() < time {
                let begun = Instant::now();
                let got = get(values.clone(), Arc::clone(&loads), (caller + calls) % keys, load).await;
                slowest = slowest.max(begun.elapsed());
                errors += u64::from(got.is_err());
                calls += 1;
                sleep(Duration::from_millis(2)).await;
            }
            (calls, errors, slowest)
        });
    }
    let all = drivers.join_all().await;
    let calls: u64 = all.iter().map(|(calls, ..)| calls).sum();
    let errors: u64 = all.iter().map(|(_, errors, _)| errors).sum();
    let slowest = all.iter().map(|(.., slowest)| *slowest).max().unwrap_or_default();
    let loads = loads.lock().expect("nobody panics");
    let loads: Vec<String> = (0..keys).map(|key| loads.get(&key).copied().unwrap_or(0).to_string()).collect();
    format!("{calls} {errors} {} {}", slowest.as_millis(), loads.join(","))
}
