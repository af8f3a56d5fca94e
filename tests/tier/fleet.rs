//! Processes that share a tier (T2, T3, T5).

use crate::server::{Server, Wire};
use rustix::process::{Pid, Signal, kill_process};
use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// The lease of all members.
const LEASE: Duration = Duration::from_secs(1);

/// A process of the fleet. Killed when this is dropped.
struct Member {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

/// What a member answers to `call`.
#[derive(Debug)]
struct Called {
    values: u64,
    took: Duration,
    loads: u64,
    value: String,
}

/// What it answers to `drive`.
#[derive(Debug)]
struct Driven {
    calls: u64,
    errors: u64,
    slowest: Duration,
    loads: Vec<u64>,
}

impl Member {
    /// With a timeout that a busy machine keeps.
    fn start(url: &str) -> Self {
        Self::with(url, Duration::from_secs(60))
    }

    fn with(url: &str, ttl: Duration) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_member"))
            .args([url, &ttl.as_millis().to_string(), "1000", &LEASE.as_millis().to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the member starts");
        let input = child.stdin.take().expect("a pipe");
        let output = BufReader::new(child.stdout.take().expect("a pipe"));
        Self { child, input, output }
    }

    fn say(&mut self, line: &str) {
        writeln!(self.input, "{line}").expect("the member reads");
    }

    fn hear(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).expect("the member answers");
        line.trim_end().to_owned()
    }

    fn ask(&mut self, line: &str) -> String {
        self.say(line);
        self.hear()
    }

    fn called(&mut self) -> Called {
        let line = self.hear();
        let [values, took, loads, value] = line.split(' ').collect::<Vec<_>>()[..] else {
            panic!("an answer: {line}")
        };
        let number = |text: &str| text.parse().expect("a number");
        Called {
            values: number(values),
            took: Duration::from_millis(number(took)),
            loads: number(loads),
            value: value.to_owned(),
        }
    }

    fn driven(&mut self) -> Driven {
        let line = self.hear();
        let [calls, errors, slowest, loads] = line.split(' ').collect::<Vec<_>>()[..] else {
            panic!("an answer: {line}")
        };
        let number = |text: &str| text.parse().expect("a number");
        Driven {
            calls: number(calls),
            errors: number(errors),
            slowest: Duration::from_millis(number(slowest)),
            loads: loads.split(',').map(number).collect(),
        }
    }

    /// The value that it serves of a key.
    fn get(&mut self, key: u64) -> String {
        self.say(&format!("call {key} 1 0"));
        self.called().value
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("it is ours");
    }

    fn kill(&mut self) {
        self.child.kill().expect("it was alive");
        self.child.wait().expect("it has ended");
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts members, and has each connect to the server.
fn fleet(url: &str, size: usize) -> Vec<Member> {
    let mut members: Vec<_> = (0..size).map(|_| Member::start(url)).collect();
    for (number, member) in members.iter_mut().enumerate() {
        member.get(1_000 + number as u64);
    }
    members
}

fn until(what: &str, condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(20), "what the test waits for does not happen: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

fn lease_of(server: &Server, key: &str) -> Option<String> {
    let name = format!("stampede:default:fleet:{{{key}}}:lease");
    redis::from_redis_value(server.command(&["GET", &name])).expect("a lease or none")
}

fn waiters(server: &Server, key: &str) -> u64 {
    let name = format!("stampede:default:fleet:{{{key}}}:wait");
    redis::from_redis_value(server.command(&["SCARD", &name])).expect("a number")
}

// T2: one load for the fleet, and all have its value soon after.
#[test]
fn a_cold_key_is_loaded_once_by_eight_processes() {
    let server = Server::start();
    let mut members = fleet(&server.url(), 8);
    for member in &mut members {
        member.say("call 7 100 2000");
    }
    let called: Vec<_> = members.iter_mut().map(Member::called).collect();
    assert_eq!(called.iter().map(|called| called.loads).sum::<u64>(), 1, "{called:?}");
    assert!(called.iter().all(|called| called.values == 100), "{called:?}");
    assert!(called.iter().all(|other| other.value == called[0].value), "{called:?}");
    assert!(called.iter().all(|called| called.took < Duration::from_millis(2_300)), "{called:?}");
    server.assert_leases_end();
}

// T2: the holder dies; one of the others takes over when the lease ends, not all.
#[test]
fn a_dead_holder_is_succeeded_by_one() {
    let server = Server::start();
    let mut members = fleet(&server.url(), 4);
    members[0].say("call 7 10 60000");
    until("the lease", || lease_of(&server, "%07").is_some());
    for member in &mut members[1..] {
        member.say("call 7 10 100");
    }
    until("all wait", || waiters(&server, "%07") == 3);
    let start = Instant::now();
    members[0].kill();
    let called: Vec<_> = members[1..].iter_mut().map(Member::called).collect();
    assert!(start.elapsed() < LEASE + Duration::from_secs(1), "{:?}: {called:?}", start.elapsed());
    assert_eq!(called.iter().map(|called| called.loads).sum::<u64>(), 1, "{called:?}");
    assert!(called.iter().all(|other| other.value == called[0].value), "{called:?}");
    server.assert_leases_end();
}

// F1: the time for which a process is stopped counts, for its own entries too.
#[test]
fn what_expires_while_a_process_is_stopped_is_not_served() {
    const TTL: Duration = Duration::from_secs(1);
    let server = Server::start();
    let mut member = Member::with(&server.url(), TTL);
    let old = member.get(7);
    member.signal(Signal::STOP);
    // F1 allows 10 ms more.
    thread::sleep(TTL + Duration::from_millis(100));
    member.signal(Signal::CONT);
    assert_ne!(member.get(7), old);
}

// T2: a holder that was stopped for longer than its lease comes back: the newer value stays.
#[test]
fn a_late_holder_overwrites_nothing() {
    let server = Server::start();
    let mut members = fleet(&server.url(), 3);
    members[0].say("call 7 1 300");
    until("the lease", || lease_of(&server, "%07").is_some());
    members[0].signal(Signal::STOP);
    members[1].say("call 7 1 0");
    let newer = members[1].called().value;
    members[0].signal(Signal::CONT);
    let late = members[0].called();
    assert_ne!(late.value, newer);
    assert_eq!(members[2].get(7), newer);
    // Nor does the late one keep its own.
    let start = Instant::now();
    while members[0].get(7) != newer {
        assert!(start.elapsed() < Duration::from_secs(5), "the late value stays in its process");
    }
    server.assert_leases_end();
}

// T2: nor does it end the lease of its successor.
#[test]
fn a_late_holder_ends_no_other_lease() {
    let server = Server::start();
    let mut members = fleet(&server.url(), 2);
    members[0].say("call 7 1 300");
    until("the lease", || lease_of(&server, "%07").is_some());
    let first = lease_of(&server, "%07");
    members[0].signal(Signal::STOP);
    members[1].say("call 7 1 2000");
    until("the successor", || lease_of(&server, "%07").is_some_and(|lease| Some(lease) != first));
    let second = lease_of(&server, "%07");
    members[0].signal(Signal::CONT);
    let late = members[0].called().value;
    thread::sleep(Duration::from_millis(200));
    assert_eq!(lease_of(&server, "%07"), second);
    let newer = members[1].called().value;
    assert_ne!(late, newer);
    assert_eq!(members[1].get(7), newer);
    server.assert_leases_end();
}

// T5: at once for the caller's process, soon for the others.
#[test]
fn an_invalidation_reaches_all_processes() {
    let server = Server::start();
    let mut members = fleet(&server.url(), 3);
    for round in 0..10 {
        let old = members[0].get(7);
        assert!(members.iter_mut().all(|member| member.get(7) == old));
        let by = round % 3;
        members[by].ask("invalidate 7");
        assert_ne!(members[by].get(7), old, "its own process");
        thread::sleep(Duration::from_millis(100));
        assert!(members.iter_mut().all(|member| member.get(7) != old), "round {round}");
    }
    members[0].ask("insert 7 given");
    thread::sleep(Duration::from_millis(100));
    assert!(members.iter_mut().all(|member| member.get(7) == "given"));
    members[1].ask("clear");
    assert_ne!(members[1].get(7), "given");
    thread::sleep(Duration::from_millis(100));
    assert!(members.iter_mut().all(|member| member.get(7) != "given"));
}

// T5: messages that were lost while a process was cut off are made up for when it is back.
#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_was_cut_off_looks_again() {
    let server = Server::start();
    let wire = Wire::to(&server).await;
    let url = wire.url();
    tokio::task::block_in_place(|| {
        let (mut near, mut far) = (Member::start(&server.url()), Member::start(&url));
        let old = near.get(7);
        assert_eq!(far.get(7), old);
        let untouched = far.get(8);
        // So it is in the tier.
        assert_eq!(near.get(8), untouched);
        wire.cut();
        thread::sleep(Duration::from_millis(500));
        near.ask("invalidate 7");
        let new = near.get(7);
        assert_ne!(new, old);
        thread::sleep(Duration::from_millis(2_500));
        assert_eq!(far.get(7), old, "nobody could tell it");
        wire.mend();
        thread::sleep(Duration::from_secs(1));
        assert_eq!(far.get(7), new);
        assert_eq!(far.get(8), untouched, "looked up again, and still there");

        // And the other way: what it does itself meanwhile.
        wire.cut();
        thread::sleep(Duration::from_millis(500));
        far.ask("invalidate 8");
        assert_ne!(far.get(8), untouched);
        assert_eq!(near.get(8), untouched);
        wire.mend();
        thread::sleep(Duration::from_secs(2));
        assert_ne!(near.get(8), untouched);
    });
}

// T3: nobody notices that the server is killed and comes back empty, and nothing is loaded twice because of it.
#[test]
fn an_empty_restart_costs_no_error_and_no_load() {
    let mut server = Server::start();
    let mut members = fleet(&server.url(), 2);
    for member in &mut members {
        member.say("drive 20 10 4000 20");
    }
    thread::sleep(Duration::from_secs(1));
    server.kill();
    thread::sleep(Duration::from_millis(500));
    server.restart();
    let driven: Vec<_> = members.iter_mut().map(Member::driven).collect();
    for driven in &driven {
        assert_eq!(driven.errors, 0);
        assert!(driven.calls > 500, "{driven:?}");
        assert!(driven.slowest < Duration::from_secs(2), "{driven:?}");
    }
    for key in 0..20 {
        let loads: u64 = driven.iter().map(|driven| driven.loads[key]).sum();
        assert_eq!(loads, 1, "key {key}: {driven:?}");
    }
    server.assert_leases_end();
}

// T3: the same where times end meanwhile: once a ttl in all.
#[test]
fn after_an_empty_restart_keys_are_loaded_once_a_ttl() {
    let mut server = Server::start();
    let ttl = Duration::from_secs(2);
    let mut members: Vec<_> = (0..2).map(|_| Member::with(&server.url(), ttl)).collect();
    for (number, member) in members.iter_mut().enumerate() {
        member.get(1_000 + number as u64);
    }
    let start = Instant::now();
    for member in &mut members {
        member.say("drive 20 10 9000 20");
    }
    // In the middle of a ttl, so that none ends while the server is away.
    thread::sleep(Duration::from_millis(2_600));
    server.restart();
    let driven: Vec<_> = members.iter_mut().map(Member::driven).collect();
    let ttls = start.elapsed().as_secs_f64() / ttl.as_secs_f64();
    for key in 0..20 {
        let loads: u64 = driven.iter().map(|driven| driven.loads[key]).sum();
        assert!(loads >= 3, "key {key}: {driven:?}");
        #[expect(clippy::cast_precision_loss)]
        let loads = loads as f64;
        assert!(loads <= ttls.ceil(), "key {key}, {ttls} ttls: {driven:?}");
    }
    assert!(driven.iter().all(|driven| driven.errors == 0), "{driven:?}");
    server.assert_leases_end();
}
