//! Callers that go away (X1, X2).

use crate::settings::in_all_settings;
use stampede_tests::{End, Probe, detached, driven, on_both_flavours, soon, unique, until};
use std::sync::Arc;
use tokio::task::JoinSet;

on_both_flavours! {
    // X1: neither the leader nor all of them stop the load; the next call is a hit.
    async fn callers_that_give_up_leave_the_load_running() {
        let (id, probe) = (unique(), Probe::new(End::Value));
        let mut calls: Vec<_> = (0..100).map(|_| Box::pin(detached(id, &probe))).collect();
        for call in &mut calls {
            assert!(futures::poll!(call).is_pending());
        }
        until(|| probe.started() == 1).await;
        drop(calls);
        probe.open_gate();
        until(|| detached::peek(&id).is_some()).await;
        assert_eq!(soon(detached(id, &probe)).await, Ok(1));
        assert_eq!((probe.started(), probe.ended()), (1, 1));
    }

    // X1: the leader is aborted, its waiters are served by its load.
    async fn waiters_are_served_by_the_load_of_an_aborted_leader() {
        let (id, probe) = (unique(), Probe::new(End::Value));
        let leader = { let probe = Arc::clone(&probe); tokio::spawn(async move { detached(id, &probe).await }) };
        until(|| probe.started() == 1).await;
        let mut waiters: Vec<_> = (0..10).map(|_| Box::pin(detached(id, &probe))).collect();
        for waiter in &mut waiters {
            assert!(futures::poll!(waiter).is_pending());
        }
        leader.abort();
        assert!(leader.await.expect_err("aborted").is_cancelled());
        probe.open_gate();
        assert_eq!(soon(futures::future::join_all(waiters)).await, vec![Ok(1); 10]);
        assert_eq!(probe.started(), 1);
    }

    // X2: one waiter takes over with its own body, never two at a time.
    async fn a_waiter_takes_over_from_a_driver_that_leaves() {
        let (id, probe) = (unique(), Probe::new(End::Value));
        let mut callers = Vec::new();
        for _ in 0..10 {
            let probe = Arc::clone(&probe);
            callers.push(tokio::spawn(async move { driven(id, &probe).await }));
        }
        until(|| probe.started() == 1 && driven::cache().in_flight() >= 1).await;
        // Whoever drives is aborted, again and again, until one caller is left.
        for left in (1..10).rev() {
            let started = probe.started();
            while probe.started() == started && callers.len() > left {
                let caller = callers.pop().expect("some are left");
                caller.abort();
                let _ = caller.await;
            }
            if probe.started() > started {
                assert_eq!(probe.running(), 1);
            }
        }
        probe.open_gate();
        for caller in callers {
            let value = soon(caller).await.expect("not aborted").expect("no error");
            assert_eq!(value, probe.started() as u64, "the last load's value");
        }
        assert_eq!(probe.most_running(), 1);
        assert_eq!(probe.ended(), 1);
    }

    // X2: when the last caller leaves, the load is dropped and the key is free.
    async fn a_driven_load_goes_with_its_last_caller() {
        let (id, probe) = (unique(), Probe::new(End::Value));
        let mut calls: Vec<_> = (0..3).map(|_| Box::pin(driven(id, &probe))).collect();
        for call in &mut calls {
            assert!(futures::poll!(call).is_pending());
        }
        assert_eq!(probe.running(), 1);
        drop(calls);
        assert_eq!((probe.started(), probe.running()), (1, 0));
        probe.open_gate();
        assert_eq!(soon(driven(id, &probe)).await, Ok(2));
    }

    // X2: a caller that has left and was the only one is no waiter of the next.
    async fn a_call_after_the_last_caller_left_starts_anew() {
        let (id, probe) = (unique(), Probe::new(End::Value));
        for round in 1..=50 {
            let mut call = Box::pin(driven(id, &probe));
            assert!(futures::poll!(&mut call).is_pending());
            assert_eq!(probe.started(), round);
            drop(call);
            assert_eq!(probe.running(), 0);
        }
    }
}

in_all_settings! {
    // X1, X2, M4: callers that leave at any moment, over many rounds; no load is lost, doubled or left behind.
    async fn callers_may_leave_at_any_moment() {
        for round in 0..200_u64 {
            let (id, probe) = (unique(), Probe::new(End::Value));
            let mut calls = JoinSet::new();
            for caller in 0..6 {
                let probe = Arc::clone(&probe);
                calls.spawn(async move {
                    for _ in 0..(round * 7 + caller * 3) % 5 {
                        tokio::task::yield_now().await;
                    }
                    tokio::select! {
                        biased;
                        outcome = call(id, &probe) => Some(outcome),
                        () = patience((round + caller * caller) % 9) => None,
                    }
                });
            }
            for _ in 0..round % 4 {
                tokio::task::yield_now().await;
            }
            probe.open_gate();
            let outcomes: Vec<_> = soon(calls.join_all()).await.into_iter().flatten().collect();
            until(|| probe.running() == 0).await;
            let last = soon(call(id, &probe)).await;
            assert!(last.is_ok());
            assert_eq!(outcomes, vec![last; outcomes.len()], "one load came to its end, and served all");
            assert_eq!((probe.ended(), probe.most_running()), (1, 1));
        }
    }
}

/// Ends after some polls.
async fn patience(polls: u64) {
    for _ in 0..polls {
        tokio::task::yield_now().await;
    }
}
