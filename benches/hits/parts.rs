//! What a hit is made of, each part alone, and the least that it could cost: a lookup in its map and a look at the cheapest clock.

use crate::{ID, KEYS, drive::one_thread};
use foldhash::fast::RandomState;
use papaya::HashMap;
use rustix::time::{ClockId, clock_gettime};
use stampede_benches::{groups::PARTS, race::Race, subjects::detached};
use std::{
    future::{Ready, ready},
    hash::BuildHasher,
    time::{Duration, Instant},
};

pub(crate) fn add(race: &mut Race) {
    race.add(PARTS, "stampede", one_thread(ID, detached));
    let map = HashMap::builder().hasher(RandomState::default()).build();
    // As many as there are in the cache.
    (0..KEYS).for_each(|id| {
        map.pin().insert(id, id);
    });
    let map: &'static HashMap<u64, u64, RandomState> = Box::leak(Box::new(map));
    let look_up = move |id| map.pin().get(&id).copied().unwrap_or_default();
    let in_time = |value: u64| if coarse() > 0 { value } else { 0 };
    race.add(PARTS, "floor: lookup and coarse clock", part(move |id| in_time(look_up(id))));
    race.add(PARTS, "lookup", part(look_up));
    race.add(PARTS, "guard of the map", part(move |id| drop_and(map.guard(), id)));
    let hasher = RandomState::default();
    race.add(PARTS, "hash", part(move |id| hasher.hash_one(id)));
    race.add(PARTS, "coarse clock", part(|_| coarse()));
    let start = Instant::now();
    race.add(PARTS, "exact clock", part(move |_| u64::from(start.elapsed().subsec_nanos())));
    race.add(PARTS, "nothing", part(|id| id));
}

/// The same loop as around a call, with something else inside.
fn part(run: impl Fn(u64) -> u64) -> impl FnMut(u64) -> Duration {
    one_thread(ID, move |id| -> Ready<u64> { ready(run(id)) })
}

fn drop_and<T>(one: T, other: u64) -> u64 {
    drop(one);
    other
}

/// Nanoseconds within a second: never the same work as nothing.
fn coarse() -> u64 {
    clock_gettime(ClockId::MonotonicCoarse).tv_nsec.cast_unsigned() | 1
}
