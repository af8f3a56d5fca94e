//! What Stampede and its peers do in the cases that hurt, as a table; fails if Stampede misses a target.

mod job;
mod peers;
mod quiet;
mod report;
mod scenarios;

use report::{HEADINGS, Report};
use stampede_benches::{budget::Budgets, groups::BEHAVIOUR, options::Options, table::Table};
use std::process::ExitCode;

fn main() -> ExitCode {
    if !Options::from_args().includes(BEHAVIOUR) {
        return ExitCode::SUCCESS;
    }
    let reports = peers::ALL.map(Report::new);
    let mut table = Table::new(HEADINGS[0]);
    table.row(HEADINGS[1].map(str::to_owned));
    for report in &reports {
        table.row(report.cells());
    }
    println!("\n{BEHAVIOUR}\n{table}");
    let targets = reports.last().map(Report::targets).unwrap_or_default();
    let mut budgets = Budgets::new();
    for target in &targets {
        budgets.add(target.what, target.budget.clone(), target.measured.clone(), target.met);
    }
    budgets.finish();
    if targets.iter().all(|target| target.met) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
