//! Names that nobody else has.

use std::{
    hash::{BuildHasher, RandomState},
    process,
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

/// The name of this process.
pub(super) fn process_name() -> &'static str {
    static NAME: LazyLock<String> = LazyLock::new(|| {
        // Two hashers of two random seeds each.
        let random = || RandomState::new().hash_one(process::id());
        format!("{:016x}{:016x}", random(), RandomState::new().hash_one(random()))
    });
    &NAME
}

/// A name for something of this process.
pub(super) fn unique() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!("{}-{:x}", process_name(), NEXT.fetch_add(1, Relaxed))
}

/// A number from 0 to 1.
pub(super) fn chance() -> f64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    static SEED: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    #[expect(clippy::cast_precision_loss)]
    let chance = (SEED.hash_one(NEXT.fetch_add(1, Relaxed)) >> 11) as f64 / (1_u64 << 53) as f64;
    chance
}
