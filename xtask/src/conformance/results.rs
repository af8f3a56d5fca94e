//! The results of a run, and those that are expected.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// What a test is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// What every cache must do.
    Required,
    /// What a good cache does.
    Optimal,
    /// A question; neither answer is wrong.
    Check,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Required => "required",
            Self::Optimal => "optimal",
            Self::Check => "check",
        })
    }
}

/// The result of one test.
#[derive(Debug)]
pub(super) struct Outcome {
    /// The group that the test is in.
    pub(super) group: String,
    pub(super) id: String,
    pub(super) kind: Kind,
    pub(super) passed: bool,
    /// What the suite says.
    pub(super) result: String,
}

/// All of them, in the order of the suite.
#[derive(Debug)]
pub(super) struct Results(pub(super) Vec<Outcome>);

impl Results {
    /// Reads the lines that the runner prints.
    pub(super) fn parse(lines: &str) -> Result<Self, String> {
        lines.lines().map(outcome).collect::<Result<_, _>>().map(Self)
    }

    /// Puts the results of a second run in the place of the first.
    pub(super) fn replace(&mut self, again: Self) {
        for outcome in again.0 {
            if let Some(first) = self.0.iter_mut().find(|first| first.id == outcome.id) {
                *first = outcome;
            }
        }
    }

    /// Returns the tests that fail. A check does not.
    pub(super) fn failures(&self) -> impl Iterator<Item = &Outcome> {
        self.0.iter().filter(|outcome| outcome.kind != Kind::Check && !outcome.passed)
    }

    /// Returns how many tests there are of a kind.
    pub(super) fn all(&self, kind: Kind) -> usize {
        self.0.iter().filter(|outcome| outcome.kind == kind).count()
    }

    /// Returns how many of them pass, as the suite's own result says and whatever other tests they depend on.
    pub(super) fn passes(&self, kind: Kind) -> usize {
        self.0.iter().filter(|outcome| outcome.kind == kind && outcome.passed).count()
    }
}

fn outcome(line: &str) -> Result<Outcome, String> {
    let cells: Vec<&str> = line.split('\t').collect();
    let [group, id, kind, result] = cells[..] else { return Err(format!("no result: {line}")) };
    let kind = match kind {
        "required" => Kind::Required,
        "optimal" => Kind::Optimal,
        "check" => Kind::Check,
        kind => return Err(format!("{id} is of an unknown kind, {kind}")),
    };
    let passed = result == "pass";
    Ok(Outcome { group: group.into(), id: id.into(), kind, passed, result: result.into() })
}

/// The results that are known.
#[derive(Debug)]
pub(super) struct Expected {
    /// Why tests fail.
    reasons: BTreeMap<String, String>,
    /// The checks that are answered with yes.
    yes: BTreeSet<String>,
}

impl Expected {
    /// Reads reasons, lines of the form `id: reason` between comments, and the table that was written last.
    pub(super) fn parse(reasons: &str, table: &str) -> Result<Self, String> {
        let lines = reasons.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let pairs = lines.map(|line| {
            let (id, reason) = line.split_once(": ").ok_or_else(|| format!("no reason: {line}"))?;
            Ok((id.to_owned(), reason.to_owned()))
        });
        let reasons = pairs.collect::<Result<_, String>>()?;
        let yes =
            table.lines().filter_map(|line| line.strip_prefix("| `")?.strip_suffix("` | check | yes |"));
        Ok(Self { reasons, yes: yes.map(str::to_owned).collect() })
    }

    /// Returns why a test fails.
    pub(super) fn reason(&self, id: &str) -> Option<&str> {
        self.reasons.get(id).map(String::as_str)
    }

    /// Returns the tests with other results than those that are known.
    pub(super) fn unexpected(&self, results: &Results) -> Vec<String> {
        let other = results.0.iter().filter(|outcome| {
            outcome.passed
                != match outcome.kind {
                    Kind::Check => self.yes.contains(&outcome.id),
                    Kind::Required | Kind::Optimal => !self.reasons.contains_key(&outcome.id),
                }
        });
        other.map(|outcome| outcome.id.clone()).collect()
    }

    /// Says in what the results differ: tests that fail unexpectedly, pass unexpectedly, or are not there.
    pub(super) fn compare(&self, results: &Results) -> Vec<String> {
        let mut left: BTreeSet<&str> = self.reasons.keys().map(String::as_str).collect();
        let mut problems = Vec::new();
        for outcome in results.0.iter().filter(|outcome| outcome.kind != Kind::Check) {
            let is_explained = left.remove(outcome.id.as_str());
            match (outcome.passed, is_explained) {
                (false, false) => problems.push(format!("{} fails, and nothing says why", outcome.id)),
                (true, true) => problems.push(format!("{} passes, and is listed as failing", outcome.id)),
                _ => {}
            }
        }
        problems.extend(left.into_iter().map(|id| format!("{id} is listed, and there is no such test")));
        problems
    }
}
