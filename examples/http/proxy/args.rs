//! The command line.

use axum::http::Uri;
use lexopt::{Arg, Parser};

pub(crate) const HELP: &str = "\
A caching reverse proxy in front of one origin.

Usage: cargo run --example proxy -- ORIGIN [LISTEN]

Arguments:
  ORIGIN        where requests go: http://host:port, or host:port
  LISTEN        the address to listen on, or a port of 127.0.0.1 (default 8080; port 0 takes a free one)
  -h, --help    print this
";

/// Where requests come from, and where they go.
#[derive(Clone, Debug)]
pub(crate) struct Args {
    pub(crate) origin: Uri,
    pub(crate) listen: String,
}

/// What the command line asks for.
pub(crate) enum Command {
    Run(Args),
    Help,
}

/// Reads the command line of the process. The error names what is wrong with it, and the way out.
pub(crate) fn parse() -> Result<Command, String> {
    let mut parser = Parser::from_env();
    let mut values = Vec::new();
    while let Some(arg) = parser.next().map_err(|error| with_hint(&error.to_string()))? {
        match arg {
            Arg::Value(value) if values.len() < 2 => values.push(value.to_string_lossy().into_owned()),
            Arg::Short('h') | Arg::Long("help") => return Ok(Command::Help),
            other => return Err(with_hint(&other.unexpected().to_string())),
        }
    }
    let mut values = values.into_iter();
    let origin = values.next().ok_or_else(|| with_hint("ORIGIN is missing"))?;
    let listen = values.next().unwrap_or_else(|| String::from("8080"));
    let listen = if listen.contains(':') { listen } else { format!("127.0.0.1:{listen}") };
    Ok(Command::Run(Args { origin: self::origin(&origin)?, listen }))
}

/// Reads an origin: a URL without path, or with the path `/`.
fn origin(text: &str) -> Result<Uri, String> {
    let url = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    let uri: Uri = url.parse().map_err(|error| with_hint(&format!("ORIGIN `{text}`: {error}")))?;
    let is_origin = uri.scheme_str() == Some("http") && uri.authority().is_some();
    if is_origin && uri.path() == "/" && uri.query().is_none() {
        Ok(uri)
    } else {
        Err(with_hint(&format!("ORIGIN `{text}` is not of the form http://host:port")))
    }
}

fn with_hint(message: &str) -> String {
    format!("{message}; see --help")
}
