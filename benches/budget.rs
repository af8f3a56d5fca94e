//! What a measured figure must be.

use crate::{
    figures::{Line, Spread, Verdict, record},
    table::Table,
};

/// The budgets of one benchmark, each with what was measured.
#[derive(Debug, Default)]
pub struct Budgets {
    verdicts: Vec<Verdict>,
}

impl Budgets {
    /// Starts an empty list.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a ratio whose median must not be greater than `limit`. None was not measured, and is left out.
    pub fn at_most(&mut self, what: &str, limit: f64, measured: Option<Spread>) {
        if let Some(ratio) = measured {
            self.add(what, format!("≤ {limit}"), ratio_and_spread(ratio), ratio.median <= limit);
        }
    }

    /// Adds a ratio whose median must not be less than `limit`. None was not measured, and is left out.
    pub fn at_least(&mut self, what: &str, limit: f64, measured: Option<Spread>) {
        if let Some(ratio) = measured {
            self.add(what, format!("≥ {limit}"), ratio_and_spread(ratio), ratio.median >= limit);
        }
    }

    /// Adds a bound that is no ratio.
    pub fn add(&mut self, what: &str, budget: String, measured: String, held: bool) {
        self.verdicts.push(Verdict { what: what.to_owned(), budget, measured, held });
    }

    /// Prints and records them, unless there are none.
    pub fn finish(&self) {
        if !self.verdicts.is_empty() {
            print!("\nBudgets\n{}", table(&self.verdicts));
        }
        self.verdicts.iter().for_each(|verdict| record(&Line::Verdict(verdict.clone())));
    }
}

/// Shows verdicts.
#[must_use]
pub fn table(verdicts: &[Verdict]) -> Table {
    let mut table = Table::new(["", "budget", "measured", ""]);
    for Verdict { what, budget, measured, held } in verdicts {
        let held = if *held { "held" } else { "NOT HELD" };
        table.row([what.clone(), budget.clone(), measured.clone(), held.to_owned()]);
    }
    table
}

/// Prints a ratio and the middle half of its rounds.
#[must_use]
pub fn ratio_and_spread(ratio: Spread) -> String {
    let Spread { low, median, high } = ratio;
    format!("{median:.2} ({low:.2} to {high:.2})")
}
