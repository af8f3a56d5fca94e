//! How many bytes live for each entry of a large cache.

use allocation_counter::measure;
use cached::CachedExt;
use stampede_benches::{
    budget::Budgets,
    figures::{Figure, Line, Spread, Unit, record},
    groups::BYTES,
    options::Options,
    subjects::{
        BY_KEY, CONCURRENT, body, by_key, call_foyer, call_quick, concurrent, detached, foyer, moka, quick,
        raw,
    },
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
    if !options.includes(BYTES) {
        return;
    }
    let mut filler = Filler { entries: if options.measures() { ENTRIES } else { 100 }, filled: Vec::new() };
    fill_all(&mut filler);
    if options.measures() {
        filler.finish();
    }
}

fn fill_all(filler: &mut Filler) {
    let capacity = filler.entries;
    filler.fill("stampede", || (), |(), id| detached(id), async |()| detached::cache().len());
    filler.fill("stampede raw", raw, |raw, id| raw.get(id, move || body(id)), async |raw| raw.len());
    filler.fill("quick_cache", || quick(capacity as usize), call_quick, async |quick| quick.len());
    filler.fill(
        "moka",
        || moka(capacity.into()),
        |moka, id| moka.get_with(id, async move { body(id).await }),
        async |moka| {
            moka.run_pending_tasks().await;
            usize::try_from(moka.entry_count()).expect("a few entries")
        },
    );
    filler.fill("foyer", || foyer(capacity as usize), call_foyer, async |foyer| foyer.entries());
    filler.fill(
        "cached concurrent",
        || (),
        |(), id| concurrent(id),
        async |()| CONCURRENT.get().map_or(0, cached::ShardedTtlCache::len),
    );
    filler.fill("cached by_key", || (), |(), id| by_key(id), async |()| BY_KEY.read().await.len());
}

struct Filler {
    entries: u32,
    filled: Vec<Filled>,
}

/// A cache that was filled.
struct Filled {
    name: &'static str,
    bytes: f64,
    entries: usize,
}

impl Filler {
    /// Makes a cache and fills it; `len` brings it to rest and counts what it holds.
    fn fill<C: Copy, F: Future<Output = u64>>(
        &mut self,
        name: &'static str,
        make: impl FnOnce() -> C,
        call: impl Fn(C, u64) -> F,
        len: impl AsyncFn(C) -> usize,
    ) {
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
        self.filled.push(Filled { name, bytes, entries: held });
    }

    fn finish(&self) {
        let mine = self.filled.first().map_or(f64::NAN, |first| first.bytes);
        let mut table = Table::new(["", "bytes an entry", "entries", "× stampede"]);
        for Filled { name, bytes, entries } in &self.filled {
            let ratio = bytes / mine;
            table.row([
                (*name).to_owned(),
                format!("{bytes:.1}"),
                entries.to_string(),
                format!("{ratio:.2}"),
            ]);
            record(&Line::Figure(Figure {
                group: BYTES.to_owned(),
                subject: (*name).to_owned(),
                unit: Unit::Bytes,
                value: Spread::none(*bytes),
                ratio: Spread::none(ratio),
            }));
        }
        print!("\n{BYTES}\n{table}");
        let mut budgets = Budgets::new();
        budgets.add(BYTES, format!("≤ {LIMIT}"), format!("{mine:.1}"), mine <= LIMIT);
        budgets.finish();
    }
}
