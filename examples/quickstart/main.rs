//! Ten thousand callers ask one slow service for eight exchange rates: without `#[stampede]`, then with it.
//!
//! ```console
//! cargo run --example quickstart
//! cargo run --example quickstart -- --callers 20000 --keys 20
//! ```
//!
//! The service is a real HTTP server in this process that takes 200 ms a request and counts them (`upstream.rs`). The
//! client is a real one with a bounded pool of connections, as services have (`api.rs`). The rest measures and draws.

mod api;
mod args;
mod open_files;
mod progress;
mod report;
mod upstream;
mod wave;

use crate::{
    api::{ApiError, Currency, Rate},
    args::{Args, Command},
    report::{Report, Row},
    upstream::Upstream,
};
use stampede::stampede;
use std::{error::Error, io, process::ExitCode, time::Duration};

/// Asks the service for an exchange rate.
///
/// Equal calls that overlap share one request, and for five seconds after it a call is a lookup in memory. Nothing else
/// about the function changes: same name, same signature, same error.
#[stampede(ttl = "5s")]
async fn exchange_rate(from: Currency, to: &str) -> Result<Rate, ApiError> {
    api::get(&format!("/rates/{from}/{to}")).await?.parse()
}

/// Sends three waves of callers: to the function without its attribute, to the function, and to the function again.
async fn compare(args: Args, connections: usize, upstream: &Upstream) -> io::Result<Vec<Row>> {
    let title = format!("without #[stampede], over {connections} connections");
    let wave = wave::run(&title, args, |from| exchange_rate::uncached(from, "EUR")).await?;
    let mut rows = vec![Row { name: "without", wave, requests: upstream.requests(), loads: None }];

    for (name, title) in [("with", "with #[stampede]"), ("with, again", "with #[stampede], again")] {
        let (requests, loads) = (upstream.requests(), exchange_rate::stats().loads);
        let wave = wave::run(title, args, |from| exchange_rate(from, "EUR")).await?;
        let requests = upstream.requests() - requests;
        let loads = Some(exchange_rate::stats().loads - loads);
        rows.push(Row { name, wave, requests, loads });
    }
    Ok(rows)
}

/// How long the upstream takes to answer.
const LATENCY: Duration = Duration::from_millis(200);

/// Connections that the client may have open at once: few enough for the usual limit of 1,024 open files.
const CONNECTIONS: usize = 400;

#[tokio::main]
async fn main() -> ExitCode {
    let args = match args::parse() {
        Ok(Command::Run(args)) => args,
        Ok(Command::Help) => {
            print!("{}", args::HELP);
            return ExitCode::SUCCESS;
        }
        Err(message) => {
            eprintln!("error: {message}");
            return ExitCode::from(2);
        }
    };
    match run(args).await {
        Ok(report) if report.failures() == 0 => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Starts the upstream, compares, prints what came out, and shuts the upstream down.
async fn run(args: Args) -> Result<Report, Box<dyn Error + Send + Sync>> {
    let connections = open_files::connections(CONNECTIONS.min(args.callers as usize));
    let upstream = Upstream::start(LATENCY).await?;
    api::connect_to(upstream.address(), connections).await?;

    let rows = compare(args, connections, &upstream).await?;
    let report = Report { args, connections, latency: LATENCY, rows };
    report.print(&mut io::stdout().lock())?;

    upstream.stop().await?;
    Ok(report)
}
