//! The names of what is measured and of who is measured.

/// The cases that hurt.
pub const BEHAVIOUR: &str = "behaviour in the cases that hurt";
/// Hits of one thread on one key.
pub const HIT: &str = "hit, u64, 1 thread";
/// Hits of two threads on the same key.
pub const HIT_TWO: &str = "hit, u64, 2 threads on one key";
/// Hits on any of as many keys as fit into a core's cache.
pub const HIT_MANY: &str = "hit, u64, any of 10,000 keys";
/// Hits on any of more keys than fit into it.
pub const HIT_MILLION: &str = "hit, u64, any of 1,000,000 keys";
/// Hits with a text as the argument.
pub const HIT_TEXT: &str = "hit, &str, 1 thread";
/// Hits with a number and a text.
pub const HIT_PAIR: &str = "hit, (u64, &str), 1 thread";
/// Hits on a value that is shared.
pub const HIT_ARC: &str = "hit, u64, 1 thread, value Arc<str>";
/// The parts of a hit, alone.
pub const PARTS: &str = "what a hit of u64 is made of";
/// Misses without worker threads.
pub const MISS: &str = "miss, current-thread runtime";
/// Misses on a runtime with workers.
pub const MISS_TWO: &str = "miss, 2 workers";
/// Waiters without worker threads.
pub const WAIT: &str = "10,000 waiters, current-thread runtime";
/// Waiters on a runtime with workers.
pub const WAIT_TWO: &str = "10,000 waiters, 2 workers";
/// Live bytes.
pub const BYTES: &str = "live bytes an entry, u64 → u64";
/// The mean hit ratio on public traces.
pub const TRACES: &str = "hits on public traces, mean";
/// The mean hit ratio on keys that are made by the benchmark.
pub const MADE: &str = "hits on keys made here, mean";
/// The compile time of annotated functions.
pub const COMPILE: &str = "compile time of 200 functions";

/// Who is compared; variants of Stampede (`stampede in place`, `stampede raw`) apart. The first is what others are compared with.
pub const SUBJECTS: [&str; 6] =
    ["stampede", "quick_cache", "moka", "foyer", "cached concurrent", "cached by_key"];
