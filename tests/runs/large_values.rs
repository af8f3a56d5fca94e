//! Values of a mebibyte are dropped soon after they have left (M3): ten thousand of them, or a hundred thousand with
//! `STAMPEDE_RUNS=full`, go through a cache of a hundred, from two and from eight threads.

use stampede::Cache;
use stampede_tests::{Large, assert_keeps_no_others, run_size};
use std::{thread, time::Duration};

const CAPACITY: usize = 100;
const MARGIN: usize = 64;

#[test]
fn large_values_are_dropped_soon_after_they_have_left() {
    let inserts = run_size(10_000, 100_000);
    for threads in [2, 8] {
        let cache: Cache<u64, Large> = Cache::builder().ttl(Duration::MAX).capacity(CAPACITY as u64).build();
        let most = Large::most_alive(|| {
            thread::scope(|scope| {
                for thread in 0..threads {
                    let cache = &cache;
                    scope.spawn(move || {
                        for round in 0..inserts / threads {
                            cache.insert(round * threads + thread, Large::new());
                        }
                    });
                }
            });
        });
        println!("{inserts} inserts from {threads} threads: at most {most} values alive");
        assert!(most <= CAPACITY + MARGIN, "{most} values alive, with {threads} threads");
        assert_keeps_no_others(&cache, CAPACITY);
        drop(cache);
        assert_eq!(Large::alive(), 0);
    }
}
