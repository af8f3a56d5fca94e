//! How many bytes live for each entry of a large cache.

use allocation_counter::measure;
use cached::CachedExt;
use stampede_benches::{
    options::Options,
    subjects::{BY_KEY, CONCURRENT, body, by_key, call_quick, concurrent, detached, moka, quick, raw},
    table::Table,
};
use std::future::Future;
use tokio::runtime::Builder;

/// As many as a cache holds whose author has set no bound.
const ENTRIES: u32 = 65_536;

/// The budget, in bytes.
const LIMIT: f64 = 120.0;

fn main() {
    let options = Options::from_args();
    let mut filler = Filler {
        entries: if options.measures() { ENTRIES } else { 100 },
        table: Table::new(["", "bytes an entry", "entries"]),
    };
    let mine = fill_all(&mut filler);
    if options.measures() {
        print!("\nlive bytes an entry, u64 → u64\n{}", filler.table);
        let verdict = if mine <= LIMIT { "ok" } else { "OVER" };
        println!(
            "
Budget
  live bytes an entry   ≤ {LIMIT}   {mine:.1}   {verdict}"
        );
    }
}

/// Returns Stampede's figure.
fn fill_all(filler: &mut Filler) -> f64 {
    let capacity = filler.entries;
    let mine = filler.fill("stampede", || (), |(), id| detached(id), async |()| detached::cache().len());
    filler.fill("stampede raw", raw::<u64>, |raw, id| raw.get(id, move || body(id)), async |raw| raw.len());
    filler.fill("cached by_key", || (), |(), id| by_key(id), async |()| BY_KEY.read().await.len());
    filler.fill(
        "cached concurrent",
        || (),
        |(), id| concurrent(id),
        async |()| CONCURRENT.get().map_or(0, cached::ShardedTtlCache::len),
    );
    filler.fill(
        "moka",
        || moka::<u64>(capacity.into()),
        |moka, id| moka.get_with(id, async move { body(id).await }),
        async |moka| {
            moka.run_pending_tasks().await;
            usize::try_from(moka.entry_count()).expect("a few entries")
        },
    );
    filler.fill("quick_cache", || quick::<u64>(capacity as usize), call_quick, async |quick| quick.len());
    mine
}

struct Filler {
    entries: u32,
    table: Table,
}

impl Filler {
    /// Makes a cache and fills it; `len` brings it to rest and counts what it holds.
    fn fill<C: Copy, F: Future<Output = u64>>(
        &mut self,
        name: &str,
        make: impl FnOnce() -> C,
        call: impl Fn(C, u64) -> F,
        len: impl AsyncFn(C) -> usize,
    ) -> f64 {
        // Without workers all that is allocated is allocated, and counted, in this thread.
        let runtime = Builder::new_current_thread().enable_time().build().expect("a runtime without workers");
        let mut held = 0;
        let allocated = measure(|| {
            let cache = make();
            held = runtime.block_on(async {
                for id in 0..u64::from(self.entries) {
                    call(cache, id).await;
                }
                len(cache).await
            });
        });
        // Far below 2^52.
        #[expect(clippy::cast_precision_loss)]
        let bytes = allocated.bytes_current as f64 / held as f64;
        self.table.row([name.to_owned(), format!("{bytes:.1}"), held.to_string()]);
        bytes
    }
}
