//! Requests a second on a hit of the HTTP layer, beside the same axum route that answers from memory without it: `wrk` asks both
//! in turns, and the medians are compared.
//!
//! ```console
//! cargo xtask wrk
//! cargo run --release -p stampede-benches --bin http -- --rounds 4 --seconds 2
//! ```

use axum::{
    Router,
    body::Bytes,
    http::header::{CACHE_CONTROL, CONTENT_TYPE},
    routing::get,
};
use stampede::http::StampedeLayer;
use std::{
    env,
    net::SocketAddr,
    process::{Command, ExitCode},
    time::Duration,
};
use tokio::net::TcpListener;

/// The least part of the plain route's requests a second.
const BUDGET: f64 = 0.9;
/// One thread of `wrk`, so that the server has a core of its own on a machine with two.
const CLIENT: [&str; 2] = ["-t1", "-c32"];

#[tokio::main]
async fn main() -> ExitCode {
    match measure().await {
        Ok(ratio) if ratio >= BUDGET => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("http: {why}");
            ExitCode::FAILURE
        }
    }
}

async fn measure() -> Result<f64, String> {
    let (rounds, seconds) = (option("--rounds", 8)?, option("--seconds", 3)?);
    let plain = serve(route()).await?;
    let layered = serve(route().layer(StampedeLayer::new(Duration::from_hours(1)))).await?;
    let obeying = serve(route().layer(StampedeLayer::rfc9111())).await?;
    let subjects = [("plain", plain), ("StampedeLayer::new", layered), ("StampedeLayer::rfc9111", obeying)];
    for (_, at) in subjects {
        wrk(at, 1).await?;
    }

    let (mut rates, mut costs) = ([const { Vec::new() }; 3], [const { Vec::new() }; 3]);
    for _ in 0..rounds {
        for (((_, at), rates), costs) in subjects.iter().zip(&mut rates).zip(&mut costs) {
            let before = processor_time();
            let rate = wrk(*at, seconds).await?;
            rates.push(rate);
            costs.push((processor_time() - before) / (rate * f64::from(seconds)));
        }
    }
    let (medians, costs) = (rates.map(median), costs.map(median));
    println!("1 KiB body, 32 connections, {rounds} rounds of {seconds} s in turns; medians:");
    for (((name, _), rate), cost) in subjects.iter().zip(medians).zip(costs) {
        println!(
            "{name:<24}{rate:>10.0} requests/s{:>8.3} of plain{:>10.1} µs of the processor for each",
            rate / medians[0],
            cost * 1e6
        );
    }
    println!("budget: {BUDGET}");
    Ok(medians[1].min(medians[2]) / medians[0])
}

/// Reads a number from the command line.
fn option(name: &str, default: u32) -> Result<u32, String> {
    let mut arguments = env::args().skip_while(|argument| argument != name).skip(1);
    if !env::args().any(|argument| argument == name) {
        return Ok(default);
    }
    let value = arguments.next().and_then(|value| value.parse().ok()).filter(|value| *value > 0);
    value.ok_or_else(|| format!("{name} takes a number"))
}

/// A route that answers from memory.
fn route() -> Router {
    let page = Bytes::from(vec![b'x'; 1_024]);
    let answer = move || async move {
        ([(CONTENT_TYPE, "text/plain; charset=utf-8"), (CACHE_CONTROL, "max-age=3600")], page)
    };
    Router::new().route("/page", get(answer))
}

async fn serve(app: Router) -> Result<SocketAddr, String> {
    let listener = TcpListener::bind("127.0.0.1:0").await.map_err(|error| error.to_string())?;
    let at = listener.local_addr().map_err(|error| error.to_string())?;
    tokio::spawn(async move { axum::serve(listener, app).await });
    Ok(at)
}

/// Returns the requests a second that `wrk` gets answered.
async fn wrk(at: SocketAddr, seconds: u32) -> Result<f64, String> {
    let mut command = Command::new("wrk");
    command.args(CLIENT).arg(format!("-d{seconds}s")).arg(format!("http://{at}/page"));
    let output =
        tokio::task::spawn_blocking(move || command.output()).await.map_err(|error| error.to_string())?;
    let output = output
        .map_err(|error| format!("`wrk` could not be started ({error}); it is a package of its own"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if text.contains("Non-2xx") || text.contains("Socket errors") {
        return Err(text);
    }
    let rate = text.lines().find_map(|line| line.strip_prefix("Requests/sec:")?.trim().parse().ok());
    rate.ok_or(text)
}

/// Returns the seconds that this process has had of the processors; nothing where there is no `/proc`. On a machine that does
/// other things too it tells more than the rate.
fn processor_time() -> f64 {
    // In hundredths of a second, behind the name, which may hold spaces.
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: f64 = fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum();
    ticks / 100.0
}

fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    let middle = rates.len() / 2;
    if rates.len() % 2 == 1 { rates[middle] } else { f64::midpoint(rates[middle - 1], rates[middle]) }
}
