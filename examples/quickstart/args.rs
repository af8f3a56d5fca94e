//! The command line.

use lexopt::{Arg, Parser};
use std::ops::RangeInclusive;

pub(crate) const HELP: &str = "\
Ten thousand callers ask one slow service for eight exchange rates: without #[stampede], then with it.

Usage: cargo run --example quickstart -- [--callers N] [--keys K]

Options:
  --callers N   concurrent callers in each wave, 1 to 200000 (default 10000);
                without the attribute every 20000 take about 10 s
  --keys K      different keys that they ask for, 1 to N (default 8)
  -h, --help    print this
";

/// What a run is made of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Args {
    pub(crate) callers: u32,
    pub(crate) keys: u32,
}

/// What the command line asks for.
pub(crate) enum Command {
    Run(Args),
    Help,
}

/// Reads the command line of the process. The error names what is wrong with it, and the way out.
pub(crate) fn parse() -> Result<Command, String> {
    let mut parser = Parser::from_env();
    let mut callers = 10_000;
    let mut keys = None;
    while let Some(arg) = parser.next().map_err(|error| with_hint(&error))? {
        match arg {
            Arg::Long("callers") => callers = within("--callers", &value(&mut parser)?, 1..=200_000, "")?,
            Arg::Long("keys") => keys = Some(value(&mut parser)?),
            Arg::Short('h') | Arg::Long("help") => return Ok(Command::Help),
            other => return Err(with_hint(&other.unexpected())),
        }
    }
    let keys = match keys {
        Some(keys) => within("--keys", &keys, 1..=callers, ", the number of callers")?,
        // Fewer callers than the default number of keys are no mistake.
        None => callers.min(8),
    };
    Ok(Command::Run(Args { callers, keys }))
}

fn value(parser: &mut Parser) -> Result<String, String> {
    let value = parser.value().map_err(|error| with_hint(&error))?;
    Ok(value.to_string_lossy().into_owned())
}

fn within(option: &str, value: &str, range: RangeInclusive<u32>, of_what: &str) -> Result<u32, String> {
    let number = value.parse().ok().filter(|number| range.contains(number));
    number.ok_or_else(|| {
        let (least, most) = range.into_inner();
        format!("`{option} {value}`: give a whole number from {least} to {most}{of_what}")
    })
}

fn with_hint(error: &lexopt::Error) -> String {
    format!("{error}; `--help` lists the options")
}
