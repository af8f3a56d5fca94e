//! What is shown: a table while it runs, and a summary.

use crate::{
    args::Args,
    fleet::{Counts, Fleet},
};
use std::{
    io::{IsTerminal, stdout},
    time::Duration,
};

/// A part of the story.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Warm,
    Down,
    Back,
}

impl Phase {
    pub(crate) fn lasts(self, seconds: usize) -> Duration {
        let whole = Duration::from_secs(seconds as u64);
        if self == Self::Down { whole / 2 } else { whole }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Warm => "Redis is up, and was empty",
            Self::Down => "Redis is killed",
            Self::Back => "Redis is back, empty",
        }
    }
}

pub(crate) struct Report {
    args: Args,
    /// The table is drawn over itself.
    is_live: bool,
    is_drawn: bool,
    phases: Vec<(Phase, Duration, Counts)>,
}

impl Report {
    pub(crate) fn new(args: &Args) -> Self {
        println!(
            "{} processes of {} callers each, {} keys. A load takes 100 ms, a value is kept for 10 s.\n",
            args.members, args.callers, args.keys
        );
        Self { args: *args, is_live: stdout().is_terminal(), is_drawn: false, phases: Vec::new() }
    }

    /// Draws the table, over the last one if that can be done.
    pub(crate) fn show(&mut self, phase: Phase, fleet: &Fleet) {
        if !self.is_live {
            return;
        }
        if self.is_drawn {
            print!("\x1b[{}A", self.args.members + 3);
        }
        self.is_drawn = true;
        println!("{:<40}", phase.title());
        table(fleet.counts.iter().copied());
    }

    /// Keeps what a part of the story has come to.
    pub(crate) fn note(&mut self, phase: Phase, took: Duration, counts: Counts) {
        self.phases.push((phase, took, counts));
    }

    pub(crate) fn sum_up(&self) {
        println!("\n{:<28} calls a second  loads a second  slowest ms  errors", "");
        for (phase, took, counts) in &self.phases {
            let a_second = |number: u64| {
                #[expect(clippy::cast_precision_loss)]
                let number = number as f64;
                number / took.as_secs_f64()
            };
            println!(
                "{:<28} {:>14.0}  {:>14.0}  {:>10}  {:>6}",
                phase.title(),
                a_second(counts.calls),
                a_second(counts.loads),
                counts.slowest,
                counts.errors
            );
        }
        let all: Counts = self.phases.iter().map(|(.., counts)| *counts).sum();
        println!(
            "\n{} calls, {} errors, {} loads at the source; {} of them without the tier, one a key in each process.",
            all.calls, all.errors, all.loads, all.bypassed
        );
    }
}

fn table(counts: impl Iterator<Item = Counts> + Clone) {
    println!("process      calls  own hits  from others     loads  slowest ms  errors");
    let row = |name: &str, counts: Counts| {
        let Counts { calls, hits, shared, loads, slowest, errors, .. } = counts;
        println!("{name:<7} {calls:>10} {hits:>9} {shared:>12} {loads:>9} {slowest:>11} {errors:>7}");
    };
    for (number, counts) in counts.clone().enumerate() {
        row(&(number + 1).to_string(), counts);
    }
    row("all", counts.sum());
}
