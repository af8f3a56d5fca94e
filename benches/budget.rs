//! What a measured figure must be.

use crate::{race::Ratio, table::Table};

/// The budgets of one benchmark, each with what was measured.
#[derive(Debug)]
pub struct Budgets {
    table: Table,
}

impl Default for Budgets {
    fn default() -> Self {
        Self { table: Table::new(["", "budget", "median", "best turns", ""]) }
    }
}

impl Budgets {
    /// Starts an empty list.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a ratio that must not be greater than `limit`. None was not measured, and is left out.
    pub fn at_most(&mut self, what: &str, limit: f64, measured: Option<Ratio>) {
        if let Some(ratio) = measured {
            self.judge(what, &format!("≤ {limit}"), ratio, ratio.median <= limit);
        }
    }

    /// Adds a ratio that must not be less than `limit`. None was not measured, and is left out.
    pub fn at_least(&mut self, what: &str, limit: f64, measured: Option<Ratio>) {
        if let Some(ratio) = measured {
            self.judge(what, &format!("≥ {limit}"), ratio, ratio.median >= limit);
        }
    }

    fn judge(&mut self, what: &str, budget: &str, ratio: Ratio, kept: bool) {
        let verdict = if kept { "ok" } else { "OVER" };
        self.table.row([
            what.to_owned(),
            budget.to_owned(),
            format!("{:.2}", ratio.median),
            format!("{:.2}", ratio.best),
            verdict.to_owned(),
        ]);
    }

    /// Prints them.
    pub fn print(&self) {
        print!("\nBudgets\n{}", self.table);
    }
}
