//! One character a call, in the order of the calls.

use crate::source::State;
use std::{
    io::{self, Write},
    time::Duration,
};

/// What a caller got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    /// A stored value within its ttl.
    Fresh,
    /// A stored value after its ttl.
    Stale,
    /// The value of a load that it waited for.
    New,
    Error,
}

/// What every caller got, and how long that took.
#[derive(Debug)]
pub(crate) struct Timeline(Vec<(Mark, Duration)>);

impl Timeline {
    /// Puts the outcomes of numbered calls in their order.
    pub(crate) fn new(mut outcomes: Vec<(u32, (Mark, Duration))>) -> Self {
        outcomes.sort_by_key(|(number, _)| *number);
        Self(outcomes.into_iter().map(|(_, outcome)| outcome).collect())
    }

    fn count(&self, mark: Mark) -> usize {
        self.0.iter().filter(|(found, _)| *found == mark).count()
    }

    fn slowest(&self) -> Duration {
        self.0.iter().map(|(_, took)| *took).max().unwrap_or_default()
    }

    fn median(&self) -> Duration {
        let mut times: Vec<_> = self.0.iter().map(|(_, took)| *took).collect();
        times.sort();
        times.get(times.len() / 2).copied().unwrap_or_default()
    }
}

const A_LINE: usize = 80;

/// Prints the state of the source, and below it what the callers got at that time.
pub(crate) fn print(
    out: &mut impl Write,
    states: &[State],
    timelines: &[(&str, &Timeline)],
) -> io::Result<()> {
    for (number, states) in states.chunks(A_LINE).enumerate() {
        let from = number * A_LINE;
        let line = |mark: fn(&State) -> char| states.iter().map(mark).collect::<String>();
        writeln!(
            out,
            "source    {}",
            line(|state| match state {
                State::Well => ' ',
                State::Down => 'x',
                State::Hangs => '~',
            })
        )?;
        for (name, timeline) in timelines {
            let marks = timeline.0.iter().skip(from).take(A_LINE).map(|(mark, _)| match mark {
                Mark::Fresh => '.',
                Mark::Stale => 'o',
                Mark::New => '#',
                Mark::Error => 'E',
            });
            writeln!(out, "{name:<9} {}", marks.collect::<String>())?;
        }
        writeln!(out)?;
    }
    writeln!(out, "source: x is down, ~ hangs for a second")?;
    writeln!(out, "calls:  . fresh from memory, o stale from memory, # waited for a load, E error\n")
}

/// Prints how often and how long.
pub(crate) fn print_summary(out: &mut impl Write, timelines: &[(&str, &Timeline, u64)]) -> io::Result<()> {
    writeln!(out, "           calls   errors   loads    median   slowest")?;
    for (name, timeline, loads) in timelines {
        writeln!(
            out,
            "{name:<9} {:>6} {:>8} {loads:>7} {:>6} ms {:>6} ms",
            timeline.0.len(),
            timeline.count(Mark::Error),
            timeline.median().as_millis(),
            timeline.slowest().as_millis(),
        )?;
    }
    Ok(())
}
