//! What a call costs that is answered from the cache.

mod drive;
mod million;
mod pages;
#[cfg(target_os = "linux")]
mod parts;
mod texts;

use drive::{any_of, one_thread, two_threads};
use stampede_benches::{
    budget::Budgets,
    groups::{HIT, HIT_MANY, HIT_PAIR, HIT_TEXT, HIT_TWO},
    options::Options,
    race::{Race, Scores},
    subjects::{
        body, by_key, call_foyer, call_quick, concurrent, detached, foyer, in_place, moka, quick, raw,
    },
};
use std::future::Future;

/// Twice as many as there are keys in most groups: caches in shards have room for all of them.
const CAPACITY: usize = 20_000;
const KEYS: u64 = 10_000;
const ID: u64 = 7;

fn main() {
    let options = Options::from_args();
    let mut race = Race::new(options.clone());
    add_ids(&mut race);
    million::add(&mut race, if options.measures() { 1_000_000 } else { 1_000 });
    texts::add_pairs(&mut race);
    texts::add_texts(&mut race);
    pages::add(&mut race);
    #[cfg(target_os = "linux")]
    parts::add(&mut race);
    let scores = race.run(301);
    if options.measures() {
        scores.finish();
        judge(&scores).finish();
    }
}

fn add_ids(race: &mut Race) {
    let (raw, moka, quick, foyer) =
        (raw::<u64, u64>(), moka(CAPACITY as u64), quick(CAPACITY), foyer(CAPACITY));
    add_id(race, "stampede", detached);
    add_id(race, "stampede in place", in_place);
    add_id(race, "stampede raw", move |id| raw.get(id, move || body(id)));
    add_id(race, "quick_cache", move |id| call_quick(quick, id));
    add_id(race, "moka", move |id| moka.get_with(id, async move { body(id).await }));
    add_id(race, "foyer", move |id| call_foyer(foyer, id));
    add_id(race, "cached concurrent", concurrent);
    add_id(race, "cached by_key", by_key);
}

fn add_id<F>(race: &mut Race, name: &'static str, call: impl Fn(u64) -> F + Copy + Send + Sync + 'static)
where
    F: Future<Output = u64> + 'static,
{
    race.add(HIT, name, one_thread(ID, call));
    race.add(HIT_TWO, name, two_threads(ID, call));
    race.add(HIT_MANY, name, any_of(KEYS, call));
}

fn judge(scores: &Scores) -> Budgets {
    let mine = "stampede";
    let mut budgets = Budgets::new();
    for (peer, limit) in [("quick_cache", 0.65), ("cached concurrent", 0.4), ("cached by_key", 0.1)] {
        budgets.at_most(&format!("{HIT}: × {peer}"), limit, scores.ratio((HIT, mine), (HIT, peer)));
    }
    let measured = scores.ratio((HIT_TWO, mine), (HIT_TWO, "quick_cache"));
    budgets.at_most(&format!("{HIT_TWO}: × quick_cache"), 0.6, measured);
    let throughput = scores.ratio((HIT, mine), (HIT_TWO, mine)).map(|one| one.times(2.0));
    budgets.at_least(&format!("{HIT_TWO}: throughput × 1 thread"), 1.3, throughput);
    for group in [HIT_PAIR, HIT_TEXT] {
        let measured = scores.ratio((group, mine), (group, "quick_cache"));
        budgets.at_most(&format!("{group}: × quick_cache"), 0.6, measured);
    }
    budgets
}
