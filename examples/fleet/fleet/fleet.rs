//! The processes, and what they tell of themselves.

use crate::args::Args;
use std::{
    env, io,
    io::{BufRead, BufReader},
    iter::Sum,
    ops::Sub,
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, Sender, channel},
    thread,
};

/// What a process has done so far.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) calls: u64,
    pub(crate) errors: u64,
    /// The slowest call of the last half second, in milliseconds.
    pub(crate) slowest: u64,
    /// Calls that the process answered itself.
    pub(crate) hits: u64,
    /// Keys that it had from the others.
    pub(crate) shared: u64,
    /// Keys that it loaded.
    pub(crate) loads: u64,
    /// Loads that it did without the tier.
    pub(crate) bypassed: u64,
}

/// All processes. They are killed when this is dropped.
pub(crate) struct Fleet {
    children: Vec<Child>,
    lines: Receiver<(usize, String)>,
    pub(crate) counts: Vec<Counts>,
    /// Since it was last asked for, in milliseconds.
    slowest: u64,
}

impl Fleet {
    pub(crate) fn start(url: &str, args: &Args) -> io::Result<Self> {
        let (sender, lines) = channel();
        let counts = vec![Counts::default(); args.members];
        let mut fleet = Self { children: Vec::new(), lines, counts, slowest: 0 };
        for number in 0..args.members {
            let mut child = Command::new(env::current_exe()?)
                .args([
                    "--member",
                    url,
                    "--callers",
                    &args.callers.to_string(),
                    "--keys",
                    &args.keys.to_string(),
                ])
                .stdout(Stdio::piped())
                .spawn()?;
            let output = child.stdout.take();
            fleet.children.push(child);
            let sender: Sender<_> = sender.clone();
            thread::spawn(move || {
                let lines = output.into_iter().flat_map(|output| BufReader::new(output).lines());
                for line in lines.map_while(Result::ok) {
                    if sender.send((number, line)).is_err() {
                        return;
                    }
                }
            });
        }
        Ok(fleet)
    }

    /// Takes note of what the processes have told.
    pub(crate) fn read(&mut self) -> io::Result<()> {
        while let Ok((number, line)) = self.lines.try_recv() {
            let words: Vec<u64> = line.split(' ').filter_map(|word| word.parse().ok()).collect();
            let [calls, errors, slowest, hits, shared, loads, bypassed] = words[..] else {
                return Err(io::Error::other(format!("member {number} says `{line}`")));
            };
            self.slowest = self.slowest.max(slowest);
            self.counts[number] = Counts { calls, errors, slowest, hits, shared, loads, bypassed };
        }
        Ok(())
    }

    /// The sums of all processes; the slowest call since this was last asked for.
    pub(crate) fn total(&mut self) -> Counts {
        let slowest = std::mem::take(&mut self.slowest);
        Counts { slowest, ..self.counts.iter().copied().sum() }
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        for child in &mut self.children {
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Sum for Counts {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::default(), |sum, counts| Self {
            calls: sum.calls + counts.calls,
            errors: sum.errors + counts.errors,
            slowest: sum.slowest.max(counts.slowest),
            hits: sum.hits + counts.hits,
            shared: sum.shared + counts.shared,
            loads: sum.loads + counts.loads,
            bypassed: sum.bypassed + counts.bypassed,
        })
    }
}

/// What was done since.
impl Sub for Counts {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self {
            calls: self.calls - before.calls,
            errors: self.errors - before.errors,
            slowest: self.slowest,
            hits: self.hits - before.hits,
            shared: self.shared - before.shared,
            loads: self.loads - before.loads,
            bypassed: self.bypassed - before.bypassed,
        }
    }
}
