//! A small caching reverse proxy: everything goes to one origin, and what the origin lets be cached comes back from memory.
//!
//! ```console
//! cargo run --example proxy -- http://127.0.0.1:3000
//! curl -i http://127.0.0.1:8080/
//! ```

mod args;
mod forward;
#[cfg(test)]
mod tests;

use args::{Args, Command};
use axum::{Router, http::Uri};
use forward::Origin;
use stampede::http::StampedeLayer;
use std::{error::Error, process::ExitCode};
use tokio::{net::TcpListener, signal};

#[tokio::main]
async fn main() -> ExitCode {
    match args::parse() {
        Ok(Command::Help) => {
            print!("{}", args::HELP);
            ExitCode::SUCCESS
        }
        Ok(Command::Run(args)) => match serve(args).await {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("proxy: {error}");
                ExitCode::FAILURE
            }
        },
        Err(message) => {
            eprintln!("proxy: {message}");
            ExitCode::from(2)
        }
    }
}

async fn serve(args: Args) -> Result<(), Box<dyn Error>> {
    let listener =
        TcpListener::bind(&args.listen).await.map_err(|error| format!("{}: {error}", args.listen))?;
    println!("listening on http://{}, for {}", listener.local_addr()?, args.origin);
    axum::serve(listener, app(args.origin)).with_graceful_shutdown(interrupted()).await?;
    Ok(())
}

/// All that the proxy is: it forwards, and a cache is in front of that.
fn app(origin: Uri) -> Router {
    Router::new().fallback(forward::forward).with_state(Origin::new(origin)).layer(StampedeLayer::rfc9111())
}

async fn interrupted() {
    // Without the signal the process ends at once, as it does by default.
    if signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
