//! What Stampede and its peers do in the cases that hurt, as a table; fails if Stampede misses a target.

mod job;
mod peers;
mod quiet;
mod report;
mod scenarios;

use report::{HEADINGS, Report};
use stampede_benches::table::Table;
use std::process::ExitCode;

fn main() -> ExitCode {
    let reports = peers::ALL.map(Report::new);
    let mut table = Table::new(HEADINGS[0]);
    table.row(HEADINGS[1].map(str::to_owned));
    for report in &reports {
        table.row(report.cells());
    }
    println!("{table}");
    let missed = reports.last().map(Report::missed_targets).unwrap_or_default();
    for target in &missed {
        println!("missed: {target}");
    }
    if missed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
