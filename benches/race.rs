//! Times contenders in turn, round after round, so that what slows the machine down for a while slows all of them down.
//!
//! Why no criterion or divan: both take one subject through all of its samples before they start the next, seconds apart. What is
//! to be measured here is a ratio, and on a machine that does other work meanwhile (a neighbour, a frequency that changes) two
//! figures that were taken seconds apart have ratios that differ by more than the budgets leave. In a race all contenders have a
//! turn of a millisecond in every round; a ratio is taken within a round and is the median of hundreds of rounds, with the middle
//! half of them as its spread.

use crate::{
    budget::ratio_and_spread,
    figures::{Figure, Line, Spread, Unit, record},
    options::Options,
    table::{Table, time},
};
use std::time::Duration;

/// How long a turn takes: shorter than what a busy machine's scheduler gives, so most turns are not interrupted.
const TURN: Duration = Duration::from_millis(1);

/// The contenders of one benchmark, in groups that do the same work; the first of a group is the one that others are
/// compared with.
#[derive(Debug)]
pub struct Race {
    options: Options,
    entrants: Vec<Entrant>,
}

struct Entrant {
    group: &'static str,
    name: &'static str,
    /// Makes so many calls (in every thread) and tells how long they took.
    run: Box<dyn FnMut(u64) -> Duration>,
    /// How many calls a turn takes, where that is not found out by trying.
    calls: Option<u64>,
}

/// What one contender took: the nanoseconds of a call, one figure a round.
#[derive(Debug)]
struct Score {
    group: &'static str,
    name: &'static str,
    rounds: Vec<f64>,
}

/// The scores of a race.
#[derive(Debug)]
pub struct Scores(Vec<Score>);

impl Race {
    /// Starts a race without contenders.
    #[must_use]
    pub fn new(options: Options) -> Self {
        Self { options, entrants: Vec::new() }
    }

    /// Adds a contender that takes any number of calls in one turn.
    pub fn add(
        &mut self,
        group: &'static str,
        name: &'static str,
        run: impl FnMut(u64) -> Duration + 'static,
    ) {
        self.enter(group, name, None, run);
    }

    /// Adds a contender that makes `calls` calls a turn.
    pub fn add_with_calls(
        &mut self,
        group: &'static str,
        name: &'static str,
        calls: u64,
        run: impl FnMut(u64) -> Duration + 'static,
    ) {
        self.enter(group, name, Some(calls), run);
    }

    fn enter(
        &mut self,
        group: &'static str,
        name: &'static str,
        calls: Option<u64>,
        run: impl FnMut(u64) -> Duration + 'static,
    ) {
        if self.options.includes(group) {
            self.entrants.push(Entrant { group, name, run: Box::new(run), calls });
        }
    }

    /// Runs so many rounds, or fewer if asked to. Every contender has had a turn that doesn't count before.
    #[must_use]
    pub fn run(mut self, rounds: usize) -> Scores {
        let calls: Vec<u64> = self.entrants.iter_mut().map(Entrant::warm_up).collect();
        let mut scores: Vec<Score> = self.entrants.iter().map(Entrant::score).collect();
        for round in 0..self.options.rounds(rounds) {
            for place in 0..self.entrants.len() {
                // There and back, so that nobody always runs after the same contender.
                let at = if round % 2 == 0 { place } else { self.entrants.len() - 1 - place };
                let took = (self.entrants[at].run)(calls[at]);
                scores[at].rounds.push(nanos(took) / float(calls[at]));
            }
        }
        Scores(scores)
    }
}

impl Entrant {
    /// Finds out how many calls fill a turn.
    fn warm_up(&mut self) -> u64 {
        if let Some(calls) = self.calls {
            (self.run)(calls);
            return calls;
        }
        let mut calls = 16;
        loop {
            let took = (self.run)(calls);
            if took >= TURN / 4 {
                // Times a small factor: neither overflows nor needs precision.
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
                return (float(calls) * nanos(TURN) / nanos(took)).max(1.0) as u64;
            }
            calls *= 2;
        }
    }

    fn score(&self) -> Score {
        Score { group: self.group, name: self.name, rounds: Vec::new() }
    }
}

impl Scores {
    /// Prints one table a group, and records what is in it.
    pub fn finish(&self) {
        let mut left: Vec<&Score> = self.0.iter().collect();
        while let Some(first) = left.first().copied() {
            println!("\n{}", first.group);
            let over = format!("× {}", first.name);
            let mut table = Table::new(["", "a call", "middle half", "best", &over]);
            for score in left.extract_if(.., |score| score.group == first.group) {
                let (value, ratio) = (Spread::of(score.rounds.clone()), score.over(first));
                table.row([
                    score.name.to_owned(),
                    time(value.median),
                    format!("{} to {}", time(value.low), time(value.high)),
                    time(score.rounds.iter().copied().fold(f64::INFINITY, f64::min)),
                    ratio_and_spread(ratio),
                ]);
                record(&Line::Figure(Figure {
                    group: score.group.to_owned(),
                    subject: score.name.to_owned(),
                    unit: Unit::Nanos,
                    value,
                    ratio,
                }));
            }
            print!("{table}");
        }
    }

    /// Returns how many times as long `one` took as `other`. None if either did not take part.
    #[must_use]
    pub fn ratio(&self, one: (&str, &str), other: (&str, &str)) -> Option<Spread> {
        Some(self.find(one)?.over(self.find(other)?))
    }

    fn find(&self, (group, name): (&str, &str)) -> Option<&Score> {
        self.0.iter().find(|score| score.group == group && score.name == name)
    }
}

impl Score {
    fn over(&self, other: &Self) -> Spread {
        Spread::of(self.rounds.iter().zip(&other.rounds).map(|(mine, theirs)| mine / theirs).collect())
    }
}

impl std::fmt::Debug for Entrant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Entrant")
            .field("group", &self.group)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

fn nanos(time: Duration) -> f64 {
    time.as_secs_f64() * 1e9
}

// Counts of calls are far below 2^52.
#[expect(clippy::cast_precision_loss)]
fn float(calls: u64) -> f64 {
    calls as f64
}
