//! A cluster of three, and what it has to keep together.

use crate::{
    server::{Server, free_port},
    sharing::{cache, get},
};
use stampede::tier::Redis;
use stampede_tests::{End, Probe, until};
use std::{process::Command, time::Duration};

/// Three servers that have made a cluster of themselves.
fn cluster() -> Vec<Server> {
    let servers: Vec<Server> = (0..3)
        .map(|_| {
            // The bus has a port of its own, which is 10,000 higher unless it is said.
            let bus = free_port().to_string();
            Server::with(&[
                "--cluster-enabled",
                "yes",
                "--cluster-port",
                &bus,
                "--cluster-node-timeout",
                "2000",
            ])
        })
        .collect();
    let nodes = servers.iter().map(|server| server.address().to_string());
    let program = ["redis-cli", "valkey-cli"].into_iter().find(|program| {
        Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success())
    });
    let mut create = Command::new(program.expect("the server comes with it"));
    create.args(["--cluster", "create"]).args(nodes).args(["--cluster-yes"]);
    let output = create.output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    servers
}

// T1, T2, T5 where keys are on several servers.
#[tokio::test]
async fn a_cluster_is_a_tier() {
    let servers = cluster();
    let build = |number: u64| {
        let nodes = servers.iter().map(Server::url);
        Redis::cluster(nodes).timeout(Duration::from_millis(2_000 + number)).build().expect("URLs")
    };
    let tiers = [build(1), build(2)];
    until(|| tiers.iter().all(Redis::is_up)).await;
    let [one, two] = tiers.map(cache);
    let probe = Probe::open(End::Value);
    for id in 0..50 {
        let value = get(&one, id, &probe).await;
        assert!(value.is_ok());
        assert_eq!(get(&two, id, &probe).await, value);
    }
    assert_eq!(probe.started(), 50, "{:?} {:?}", one.stats(), two.stats());
    assert!(servers.iter().all(|server| !server.values().is_empty()), "all have some of the keys");
    for id in 0..50 {
        two.invalidate(&id);
    }
    until(|| one.stats().tier.changes >= 50).await;
    assert!(one.is_empty());
    assert_eq!(get(&one, 7, &probe).await, Ok(51));
    two.clear();
    until(|| one.stats().tier.changes >= 51).await;
    assert_eq!(get(&one, 7, &probe).await, Ok(52));
    servers.iter().for_each(Server::assert_leases_end);
}
