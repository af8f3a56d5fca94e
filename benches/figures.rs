//! Figures on their way from the program that has measured them to the one that shows all of them: lines of a file.

use crate::table::time;
use std::{env, fs, io::Write as _, path::Path};

/// The variable with the path of the file that figures are added to; without it they are only printed.
pub const FILE: &str = "STAMPEDE_FIGURES";

/// A value in the middle of many, and the middle half of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// A quarter of the values is lower.
    pub low: f64,
    /// The median.
    pub median: f64,
    /// A quarter of the values is higher.
    pub high: f64,
}

impl Spread {
    /// Returns the spread of some values.
    #[must_use]
    pub fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        let at = |part| quantile(&values, part);
        Self { low: at(0.25), median: at(0.5), high: at(0.75) }
    }

    /// Returns the spread of a value that was measured once, or is the same every time.
    #[must_use]
    pub fn none(value: f64) -> Self {
        Self { low: value, median: value, high: value }
    }

    /// Multiplies it by a constant.
    #[must_use]
    pub fn times(self, factor: f64) -> Self {
        Self { low: self.low * factor, median: self.median * factor, high: self.high * factor }
    }
}

fn quantile(sorted: &[f64], part: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    // An index into a list of a few rounds.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
    let at = (last as f64 * part).round() as usize;
    sorted.get(at).copied().unwrap_or(f64::NAN)
}

/// What a figure counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Nanoseconds a call.
    Nanos,
    /// Bytes an entry.
    Bytes,
    /// Hits in a hundred calls: the only one of which more is better.
    Percent,
}

impl Unit {
    /// Prints a value.
    #[must_use]
    pub fn show(self, value: f64) -> String {
        match self {
            Self::Nanos => time(value),
            Self::Bytes => format!("{value:.0} B"),
            Self::Percent => format!("{value:.1} %"),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Nanos => "nanos",
            Self::Bytes => "bytes",
            Self::Percent => "percent",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        [Self::Nanos, Self::Bytes, Self::Percent].into_iter().find(|unit| unit.name() == name)
    }
}

/// What was measured of one cache.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// The work that was measured.
    pub group: String,
    /// The cache.
    pub subject: String,
    /// What is counted.
    pub unit: Unit,
    /// How much of it.
    pub value: Spread,
    /// How many times as much as Stampede, round by round.
    pub ratio: Spread,
}

/// A bound on what was measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// What is bounded.
    pub what: String,
    /// The bound.
    pub budget: String,
    /// The measured value.
    pub measured: String,
    /// Whether it keeps to the bound.
    pub held: bool,
}

/// One line of the file.
#[derive(Clone, Debug, PartialEq)]
pub enum Line {
    /// What was measured.
    Figure(Figure),
    /// What was asked of it.
    Verdict(Verdict),
}

/// Adds a line to the file, if there is one.
///
/// # Panics
///
/// If it can't be written.
pub fn record(line: &Line) {
    let Some(path) = env::var_os(FILE) else { return };
    let file = fs::OpenOptions::new().append(true).create(true).open(path);
    let written = file.and_then(|mut file| writeln!(file, "{}", line.to_text()));
    written.expect("the file of figures can be written");
}

/// Reads what was recorded, in order.
#[must_use]
pub fn read(path: &Path) -> Vec<Line> {
    let text = fs::read_to_string(path).unwrap_or_default();
    text.lines().filter_map(Line::from_text).collect()
}

impl Line {
    fn to_text(&self) -> String {
        let fields = match self {
            Self::Figure(Figure { group, subject, unit, value, ratio }) => {
                let numbers = [value.low, value.median, value.high, ratio.low, ratio.median, ratio.high]
                    .map(|it| it.to_string());
                let names = ["figure", group, subject, unit.name()].map(str::to_owned);
                names.into_iter().chain(numbers).collect()
            }
            Self::Verdict(Verdict { what, budget, measured, held }) => {
                let held = if *held { "held" } else { "missed" };
                ["verdict", what, budget, measured, held].map(str::to_owned).to_vec()
            }
        };
        fields.join("\t")
    }

    fn from_text(text: &str) -> Option<Self> {
        let fields: Vec<&str> = text.split('\t').collect();
        match fields[..] {
            ["figure", group, subject, unit, ref numbers @ ..] => {
                let numbers: Vec<f64> = numbers.iter().filter_map(|number| number.parse().ok()).collect();
                let spread = |at: usize| match *numbers.get(at..at + 3)? {
                    [low, median, high] => Some(Spread { low, median, high }),
                    _ => None,
                };
                Some(Self::Figure(Figure {
                    group: group.to_owned(),
                    subject: subject.to_owned(),
                    unit: Unit::from_name(unit)?,
                    value: spread(0)?,
                    ratio: spread(3)?,
                }))
            }
            ["verdict", what, budget, measured, held] => Some(Self::Verdict(Verdict {
                what: what.to_owned(),
                budget: budget.to_owned(),
                measured: measured.to_owned(),
                held: held == "held",
            })),
            _ => None,
        }
    }
}
