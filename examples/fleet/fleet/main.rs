//! A fleet of processes behind one Redis, which is killed and comes back empty: what the callers notice, and what the source does.
//!
//! ```console
//! cargo run --release --example fleet
//! ```
//!
//! Needs `redis-server` or `valkey-server`. It starts one on a free port, and eight processes of a thousand callers each, who ask
//! for some keys often and for most seldom (Zipf). A load takes 100 ms, and a value is kept for ten seconds. Callers notice nothing,
//! and the source a bump that has a bound: at most one load a key in each process.

mod args;
mod fleet;
mod member;
mod report;
mod server;
mod zipf;

use args::Command;
use fleet::Fleet;
use report::{Phase, Report};
use server::Server;
use std::{
    io,
    process::ExitCode,
    thread,
    time::{Duration, Instant},
};

fn main() -> ExitCode {
    let outcome = match args::parse() {
        Ok(Command::Help) => {
            print!("{}", args::HELP);
            Ok(())
        }
        Ok(Command::Member { url, callers, keys }) => member::run(&url, callers, keys),
        Ok(Command::Run(args)) => run(&args),
        Err(why) => Err(io::Error::other(why)),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("fleet: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &args::Args) -> io::Result<()> {
    let mut server = Server::start()?;
    let mut fleet = Fleet::start(&server.url(), args)?;
    let mut report = Report::new(args);
    let phases = [Phase::Warm, Phase::Down, Phase::Back];
    for phase in phases {
        match phase {
            Phase::Warm => {}
            Phase::Down => server.kill(),
            Phase::Back => server.launch()?,
        }
        let begun = Instant::now();
        let (before, lasts) = (fleet.total(), phase.lasts(args.seconds));
        while begun.elapsed() < lasts {
            thread::sleep(Duration::from_millis(500).min(lasts.saturating_sub(begun.elapsed())));
            fleet.read()?;
            report.show(phase, &fleet);
        }
        report.note(phase, begun.elapsed(), fleet.total() - before);
    }
    drop(fleet);
    report.sum_up();
    Ok(())
}
