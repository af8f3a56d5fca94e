//! The command line.

use lexopt::{Arg, Parser};
use std::ops::RangeInclusive;

pub(crate) const HELP: &str = "\
Processes that share a Redis, which is killed and comes back empty.

Usage: cargo run --release --example fleet -- [--members N] [--callers N] [--keys N] [--seconds N]

Options:
  --members N   processes, 1 to 64 (default 8)
  --callers N   callers in each of them, 1 to 100000 (default 1000)
  --keys N      different keys, 1 to 1000000 (default 2000)
  --seconds N   how long each of the three parts takes, 1 to 600 (default 8; the outage half of it)
  -h, --help    print this
";

/// What a run is made of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Args {
    pub(crate) members: usize,
    pub(crate) callers: usize,
    pub(crate) keys: usize,
    pub(crate) seconds: usize,
}

/// What the command line asks for.
pub(crate) enum Command {
    Run(Args),
    /// For the processes that this starts.
    Member {
        url: String,
        callers: usize,
        keys: usize,
    },
    Help,
}

/// Reads the command line of the process. The error names what is wrong with it.
pub(crate) fn parse() -> Result<Command, String> {
    let mut parser = Parser::from_env();
    let mut args = Args { members: 8, callers: 1_000, keys: 2_000, seconds: 8 };
    let mut member = None;
    while let Some(arg) = parser.next().map_err(|error| error.to_string())? {
        let (place, option, range) = match arg {
            Arg::Long("members") => (&mut args.members, "--members", 1..=64),
            Arg::Long("callers") => (&mut args.callers, "--callers", 1..=100_000),
            Arg::Long("keys") => (&mut args.keys, "--keys", 1..=1_000_000),
            Arg::Long("seconds") => (&mut args.seconds, "--seconds", 1..=600),
            Arg::Long("member") => {
                member = Some(text(&mut parser)?);
                continue;
            }
            Arg::Short('h') | Arg::Long("help") => return Ok(Command::Help),
            other => return Err(format!("{}; --help lists the options", other.unexpected())),
        };
        *place = within(option, &text(&mut parser)?, &range)?;
    }
    Ok(match member {
        Some(url) => Command::Member { url, callers: args.callers, keys: args.keys },
        None => Command::Run(args),
    })
}

fn text(parser: &mut Parser) -> Result<String, String> {
    parser.value().map(|value| value.to_string_lossy().into_owned()).map_err(|error| error.to_string())
}

fn within(option: &str, value: &str, range: &RangeInclusive<usize>) -> Result<usize, String> {
    let number = value.parse().ok().filter(|number| range.contains(number));
    number.ok_or_else(|| {
        format!("{option} takes a number from {} to {}, not `{value}`", range.start(), range.end())
    })
}
