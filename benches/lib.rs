//! Stampede beside its peers: `cargo bench -p stampede-benches -- [--quick] [--check] [--chart FILE] [PART]… [GROUP]…`.
//!
//! That one command runs all parts and closes with one table of all figures and one of all budgets. Every part is a program of its
//! own, for what some of them need of the allocator the others can't have: `behaviour`, `hits`, `misses`, `waiters`, `memory`,
//! `hit_ratio`, `compile`. A word that is no part's name is a piece of the names of the groups that are measured.
//!
//! - `--quick`: a sixth of the rounds.
//! - `--check`: fails if a budget is not held.
//! - `--chart FILE`: draws what was measured, as SVG.
//! - The variable `STAMPEDE_TRACES` names a directory of public traces; without it hit ratios are those of keys made here.
//!
//! One machine's nanoseconds mean little on another, so contenders are timed in turn, round after round, and judged by their
//! ratios within a round. What a ratio must be is its budget.

pub mod budget;
pub mod figures;
pub mod groups;
pub mod options;
pub mod race;
pub mod subjects;
pub mod table;
