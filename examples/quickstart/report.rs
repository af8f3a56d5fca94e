//! The table and the charts at the end.

use crate::{args::Args, wave::Wave};
use std::{
    io::{self, Write},
    time::Duration,
};

/// One wave beside the others.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) wave: Wave,
    /// Requests that reached the upstream.
    pub(crate) requests: u64,
    /// Loads that the cache counted, where there is one.
    pub(crate) loads: Option<u64>,
}

/// All that is printed.
pub(crate) struct Report {
    pub(crate) args: Args,
    pub(crate) connections: usize,
    pub(crate) latency: Duration,
    pub(crate) rows: Vec<Row>,
}

impl Report {
    pub(crate) fn failures(&self) -> u64 {
        self.rows.iter().map(|row| row.wave.failures).sum()
    }

    pub(crate) fn print(&self, out: &mut impl Write) -> io::Result<()> {
        let Args { callers, keys } = self.args;
        let (callers, keys) = (grouped(callers.into()), grouped(keys.into()));
        let latency = human(self.latency);
        writeln!(out, "\nCallers at once: {callers}. Keys: {keys}. The upstream takes {latency} a request.")?;
        writeln!(out, "Connections to it: {}.\n", self.connections)?;
        self.print_table(out)?;
        self.print_chart(out, "Requests at the upstream", |row| (row.requests, grouped(row.requests)))?;
        self.print_chart(out, "Median latency of a call", |row| {
            let median = row.wave.percentile(50);
            (u64::try_from(median.as_nanos()).unwrap_or(u64::MAX), human(median))
        })?;
        self.print_failures(out)?;
        if cfg!(debug_assertions) {
            writeln!(out, "\nThis is a build without optimizations; `--release` shows what a hit costs.")?;
        }
        out.flush()
    }

    fn print_table(&self, out: &mut impl Write) -> io::Result<()> {
        let head =
            ["#[stampede]", "requests", "loads", "p50", "p90", "p99", "max", "wall"].map(str::to_owned);
        let rows = self.rows.iter().map(|Row { name, wave, requests, loads }| {
            let [p50, p90, p99, max] = [50, 90, 99, 100].map(|percent| human(wave.percentile(percent)));
            let loads = loads.map_or("-".to_owned(), grouped);
            [(*name).to_owned(), grouped(*requests), loads, p50, p90, p99, max, human(wave.wall)]
        });
        for [name, cells @ ..] in [head].into_iter().chain(rows) {
            write!(out, "{name:NAME$}")?;
            for cell in cells {
                write!(out, " {cell:>9}")?;
            }
            writeln!(out)?;
        }
        Ok(())
    }

    fn print_chart(
        &self,
        out: &mut impl Write,
        title: &str,
        of: impl Fn(&Row) -> (u64, String),
    ) -> io::Result<()> {
        let most = self.rows.iter().map(|row| of(row).0).max().unwrap_or(0);
        writeln!(out, "\n{title}")?;
        for row in &self.rows {
            let (value, label) = of(row);
            writeln!(out, "{:NAME$} {} {label}", row.name, bar(value, most, 50))?;
        }
        Ok(())
    }

    fn print_failures(&self, out: &mut impl Write) -> io::Result<()> {
        for Row { name, wave, .. } in &self.rows {
            if let Some(first) = &wave.first_failure {
                let failures = grouped(wave.failures);
                writeln!(out, "\n{name}: {failures} calls failed; one of them: {first}")?;
            }
        }
        Ok(())
    }
}

/// The width of the column of names.
const NAME: usize = 11;

/// A bar of blocks that is `width` columns long for the `whole`. What is more than nothing is seen.
pub(crate) fn bar(part: u64, whole: u64, width: u32) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = u128::from(part) * u128::from(width) * 8 / u128::from(whole.max(1));
    let eighths = usize::try_from(eighths).unwrap_or(0).max(usize::from(part > 0));
    "█".repeat(eighths / 8) + EIGHTHS[eighths % 8]
}

/// A number with commas between its thousands.
pub(crate) fn grouped(number: u64) -> String {
    match number {
        0..1_000 => number.to_string(),
        _ => format!("{},{:03}", grouped(number / 1_000), number % 1_000),
    }
}

/// A duration in its natural unit, with three digits.
pub(crate) fn human(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    let (value, unit) = match seconds {
        ..999.5e-9 => return format!("{} ns", duration.as_nanos()),
        ..999.5e-6 => (seconds * 1e6, "µs"),
        ..999.5e-3 => (seconds * 1e3, "ms"),
        _ => (seconds, "s"),
    };
    let decimals = match value {
        ..9.995 => 2,
        ..99.95 => 1,
        _ => 0,
    };
    format!("{value:.decimals$} {unit}")
}
