//! How many calls a bounded cache answers, on public traces of real programs and on keys made here.
//!
//! The policy of Stampede is its very source file: hits and misses are the same as in the cache, without its loads.

use flate2::read::GzDecoder;
use stampede_benches::{
    budget::Budgets,
    figures::{Figure, Line, Spread, Unit, record},
    groups::{MADE, TRACES},
    options::Options,
    subjects::{foyer, quick},
    table::Table,
};
use std::{
    collections::{BTreeMap, HashMap},
    env, fs,
    io::Read,
    path::Path,
};

// It is tested where it lives.
#[allow(dead_code, unused_imports)]
#[path = "../stampede-runtime/src/store/eviction/mod.rs"]
mod eviction;

#[allow(dead_code)]
#[path = "../stampede-runtime/src/store/chunked.rs"]
mod chunked;

/// Where the policy looks for it.
mod store {
    pub(crate) use crate::chunked;
}

use eviction::{Eviction, Mark};

/// The variable that names the directory of the public traces.
const DIRECTORY: &str = "STAMPEDE_TRACES";

fn main() {
    let options = Options::from_args();
    let length = if options.measures() { 1_000_000 } else { 1_000 };
    let public = match env::var_os(DIRECTORY).filter(|_| options.measures()) {
        Some(directory) => public(Path::new(&directory)),
        None => Vec::new(),
    };
    if options.measures() && public.is_empty() {
        println!("\n{TRACES}: not measured, {DIRECTORY} names no directory of traces");
    }
    for (title, workloads) in [(TRACES, public), (MADE, made(length))] {
        let is_included = |workload: &Workload| options.includes(title) || options.includes(&workload.name);
        let workloads: Vec<_> = workloads.into_iter().filter(is_included).collect();
        if !workloads.is_empty() {
            let scores: Vec<_> = workloads.iter().map(score).collect();
            if options.measures() {
                finish(title, &workloads, &scores);
            }
        }
    }
}

/// Keys in the order in which they are asked for.
struct Workload {
    name: String,
    keys: Vec<u64>,
    capacity: usize,
    is_loop: bool,
}

impl Workload {
    fn new(name: &str, keys: &[u64], capacity: usize) -> Self {
        Self { name: format!("{name} @ {capacity}"), keys: keys.to_vec(), capacity, is_loop: false }
    }

    fn looping(self) -> Self {
        Self { is_loop: true, ..self }
    }
}

/// Whose hits are counted.
const POLICIES: [&str; 5] = ["LRU", "foyer", "moka", "quick_cache", "stampede"];

/// Their hits, in percent of the calls.
type Scores = [f64; POLICIES.len()];

fn score(workload: &Workload) -> Scores {
    let capacity = workload.capacity;
    let mut lru = Lru::default();
    let moka = moka::sync::Cache::new(capacity as u64);
    let (foyer, quick) = (foyer(capacity), quick(capacity));
    let mut stampede = Stampede::new(capacity);
    [
        ratio(workload, |key| lru.call(key, capacity)),
        ratio(workload, |key| {
            let hit = foyer.get(&key).is_some();
            if !hit {
                foyer.insert(key, ());
            }
            hit
        }),
        ratio(workload, |key| {
            let hit = moka.get(&key).is_some();
            if !hit {
                moka.insert(key, ());
            }
            hit
        }),
        ratio(workload, |key| {
            let hit = quick.get(&key).is_some();
            if !hit {
                quick.insert(key, ());
            }
            hit
        }),
        ratio(workload, |key| stampede.call(key)),
    ]
}

/// Far below 2^52.
#[expect(clippy::cast_precision_loss)]
fn ratio(workload: &Workload, mut call: impl FnMut(u64) -> bool) -> f64 {
    let hits = workload.keys.iter().filter(|key| call(**key)).count();
    100.0 * hits as f64 / workload.keys.len() as f64
}

/// The least recently used key goes.
#[derive(Default)]
struct Lru {
    last_calls: HashMap<u64, u64>,
    keys: BTreeMap<u64, u64>,
    calls: u64,
}

impl Lru {
    fn call(&mut self, key: u64, capacity: usize) -> bool {
        self.calls += 1;
        let before = self.last_calls.insert(key, self.calls);
        if let Some(before) = before {
            self.keys.remove(&before);
        }
        self.keys.insert(self.calls, key);
        if self.keys.len() > capacity {
            let oldest = self.keys.pop_first();
            oldest.and_then(|(_, key)| self.last_calls.remove(&key));
        }
        before.is_some()
    }
}

struct Stampede {
    eviction: Eviction,
    /// By hash.
    entries: HashMap<u64, Mark>,
}

impl Stampede {
    fn new(capacity: usize) -> Self {
        Self { eviction: Eviction::new(capacity as u64, false), entries: HashMap::new() }
    }

    fn call(&mut self, key: u64) -> bool {
        let hash = mix(key);
        if let Some(mark) = self.entries.get(&hash) {
            mark.touch();
            return true;
        }
        let admission = self.eviction.admit(hash, 1, &|hash, _| self.entries.get(&hash));
        for victim in admission.victims {
            self.entries.remove(&victim.hash);
        }
        if let Some(ticket) = admission.ticket {
            self.entries.insert(hash, Mark::new(ticket));
        }
        assert!(self.entries.len() as u64 <= self.eviction.weight(), "an entry has no place");
        false
    }
}

fn finish(title: &str, workloads: &[Workload], scores: &[Scores]) {
    let [lru, foyer, moka, quick, stampede] = POLICIES;
    let mut table = Table::new(["", lru, foyer, moka, quick, stampede]);
    let cells = |name: &str, scores: Scores| {
        let [lru, foyer, moka, quick, stampede] = scores.map(|ratio| format!("{ratio:.1}"));
        [name.to_owned(), lru, foyer, moka, quick, stampede]
    };
    for (workload, scores) in workloads.iter().zip(scores) {
        table.row(cells(&workload.name, *scores));
    }
    let mean = mean(scores);
    table.row(cells("mean", mean));
    print!("\n{title}, in %\n{table}");
    let mine = mean[POLICIES.len() - 1];
    for (name, value) in POLICIES.into_iter().zip(mean) {
        record(&Line::Figure(Figure {
            group: title.to_owned(),
            subject: name.to_owned(),
            unit: Unit::Percent,
            value: Spread::none(value),
            ratio: Spread::none(value / mine),
        }));
    }
    judge(title, mean, workloads, scores).finish();
}

fn judge(title: &str, mean: Scores, workloads: &[Workload], scores: &[Scores]) -> Budgets {
    let mut budgets = Budgets::new();
    let mut add = |what: &str, points: f64, least: f64| {
        budgets.add(what, format!("≥ {least} points"), format!("{points:+.1}"), points >= least);
    };
    let [_, _, moka, quick, stampede] = mean;
    add(&format!("{title} over moka's and quick_cache's"), stampede - moka.max(quick), 0.0);
    for (workload, [lru, _, moka, quick, stampede]) in workloads.iter().zip(scores) {
        // Loops are what policies differ in most.
        let (what, peer, least) = if workload.is_loop {
            ("LRU", *lru, 0.0)
        } else {
            ("the better of the two", moka.max(*quick), -2.0)
        };
        add(&format!("{} over {what}", workload.name), stampede - peer, least);
    }
    budgets
}

#[expect(clippy::cast_precision_loss)]
fn mean(scores: &[Scores]) -> Scores {
    std::array::from_fn(|policy| {
        scores.iter().map(|scores| scores[policy]).sum::<f64>() / scores.len() as f64
    })
}

/// What the traces in a directory hold; nothing if one is missing.
fn public(directory: &Path) -> Vec<Workload> {
    let read = |name: &str| {
        let mut bytes = Vec::new();
        GzDecoder::new(fs::File::open(directory.join(name)).ok()?).read_to_end(&mut bytes).ok()?;
        Some(bytes)
    };
    let all = || {
        let oltp = ranges(&read("oltp.gz")?);
        let gli = numbers(&read("gli.gz")?);
        let circle = numbers(&read("loop.gz")?);
        let vault = words(&read("trace_vaultservice.gz")?);
        Some(vec![
            Workload::new("OLTP", &oltp, 1_000),
            Workload::new("OLTP", &oltp, 5_000),
            Workload::new("gli", &gli, 1_000),
            Workload::new("gli", &gli, 2_000),
            Workload::new("loop", &circle, 500).looping(),
            Workload::new("vaultservice", &vault, 5_000),
        ])
    };
    all().unwrap_or_default()
}

/// Lines of a first key, a number of keys and more.
fn ranges(text: &[u8]) -> Vec<u64> {
    let text = String::from_utf8_lossy(text);
    let lines = text.lines().filter_map(|line| {
        let mut words = line.split_whitespace().map_while(|word| word.parse::<u64>().ok());
        let start = words.next()?;
        Some(start..start + words.next()?)
    });
    lines.flatten().collect()
}

/// A key a line.
fn numbers(text: &[u8]) -> Vec<u64> {
    String::from_utf8_lossy(text).lines().filter_map(|line| line.trim().parse().ok()).collect()
}

fn words(bytes: &[u8]) -> Vec<u64> {
    let words = bytes.chunks_exact(8).filter_map(|word| word.try_into().ok());
    words.map(u64::from_be_bytes).collect()
}

/// About so many keys of each kind.
fn made(length: usize) -> Vec<Workload> {
    let zipf = zipf(length);
    let count = length as u64;
    // One call in six belongs to a scan that never comes again.
    let scans = zipf.iter().zip(0..).flat_map(|(key, at)| {
        let scan = (at % 50_000 < 10_000).then_some(1_000_000 + at);
        [Some(*key), scan]
    });
    // Each key once, and again after up to 700 others.
    let soon = (0..count / 2).flat_map(|at| [at, at.saturating_sub(mix(at) % 700)]);
    let circles = (0..count).map(|at| at / 100_000 * 10_000 + at % 1_500);
    vec![
        Workload::new("Zipf", &zipf, 200),
        Workload::new("Zipf", &zipf, 2_000),
        Workload::new("Zipf", &zipf, 20_000),
        Workload::new("Zipf and scans", &scans.flatten().collect::<Vec<_>>(), 2_000),
        Workload::new("again soon", &soon.collect::<Vec<_>>(), 1_000),
        Workload::new("loops, one after another", &circles.collect::<Vec<_>>(), 1_000).looping(),
    ]
}

/// Keys below 100,000, the n-th of them as often as n^-0.9.
#[expect(clippy::cast_precision_loss)]
fn zipf(length: usize) -> Vec<u64> {
    let mut total = 0.0;
    let sums: Vec<f64> = (1..=100_000)
        .map(|rank| {
            total += f64::from(rank).powf(-0.9);
            total
        })
        .collect();
    let random = (0..length as u64).map(|at| (mix(at) >> 11) as f64 / (1_u64 << 53) as f64);
    random.map(|random| sums.partition_point(|sum| *sum < random * total) as u64).collect()
}

/// Makes a number that looks random of each number, another of another (`splitmix64`).
fn mix(number: u64) -> u64 {
    let mixed = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
