//! What a benchmark is asked to do on its command line.

use std::env;

/// What to measure, and how thoroughly.
#[derive(Clone, Debug)]
pub struct Options {
    effort: Effort,
    words: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Effort {
    Full,
    Quick,
    /// Only show that it works: the figures mean nothing.
    Test,
}

impl Options {
    /// Reads the command line. `cargo bench` passes `--bench`; without it this is a test that the benchmark runs.
    #[must_use]
    pub fn from_args() -> Self {
        let (flags, words): (Vec<_>, Vec<_>) = env::args().skip(1).partition(|word| word.starts_with("--"));
        let has = |flag: &str| flags.iter().any(|word| word == flag);
        let effort = match (has("--bench"), has("--quick")) {
            (true, false) => Effort::Full,
            (true, true) => Effort::Quick,
            (false, _) => Effort::Test,
        };
        Self { effort, words }
    }

    /// Whether the figures mean anything.
    #[must_use]
    pub fn measures(&self) -> bool {
        self.effort != Effort::Test
    }

    /// How many rounds to run where `full` make a good measurement.
    #[must_use]
    pub fn rounds(&self, full: usize) -> usize {
        match self.effort {
            Effort::Full => full,
            Effort::Quick => full / 6,
            Effort::Test => 1,
        }
    }

    /// Whether a group of this name is asked for: one of the words, if there are any, is a part of it.
    #[must_use]
    pub fn includes(&self, group: &str) -> bool {
        self.words.is_empty() || self.words.iter().any(|word| group.contains(word))
    }
}
