//! Processes that end when they are no longer needed, whatever happens here.

use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

/// How long a server may take until it listens.
const START: Duration = Duration::from_secs(30);

/// A server on the loopback interface. Dropping it ends it.
pub(super) struct Server {
    child: Child,
    url: String,
}

impl Server {
    /// Starts a server and waits until it prints where it listens.
    pub(super) fn start(command: &mut Command) -> Result<Self, String> {
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
        let mut child = child.map_err(|error| cannot_start(command, &error))?;
        let stdout = child.stdout.take();
        let mut server = Self { child, url: String::new() };
        let (send, lines) = mpsc::channel();
        // Reads to the end, so that the server never waits for somebody to read what it prints.
        thread::spawn(move || {
            for line in
                stdout.into_iter().flat_map(|stdout| BufReader::new(stdout).lines()).map_while(Result::ok)
            {
                // Nobody listens once the address is known.
                let _ = send.send(line);
            }
        });
        let deadline = Instant::now() + START;
        while let Ok(line) = lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            if let Some(url) = url_in(&line) {
                server.url = url;
                return Ok(server);
            }
        }
        Err(format!("{command:?} does not listen"))
    }

    /// Returns where it listens: `http://127.0.0.1:port`.
    pub(super) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

/// Runs a command that ends by itself, and returns what it prints.
pub(super) fn output(command: &mut Command, patience: Duration) -> Result<String, String> {
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
    let mut child = child.map_err(|error| cannot_start(command, &error))?;
    let stdout = child.stdout.take();
    let reader = thread::spawn(move || {
        let mut text = String::new();
        let read = stdout.map(|mut stdout| stdout.read_to_string(&mut text));
        read.transpose().map(|_| text)
    });
    let deadline = Instant::now() + patience;
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if Instant::now() < deadline => thread::sleep(Duration::from_millis(20)),
            Ok(None) | Err(_) => {
                end(&mut child);
                return Err(format!("{command:?} does not end"));
            }
        }
    };
    let text = reader.join().map_err(|_| format!("{command:?}: its output can't be read"))?;
    let text = text.map_err(|error| format!("{command:?}: {error}"))?;
    if status.success() { Ok(text) } else { Err(format!("{command:?} failed: {status}\n{text}")) }
}

fn cannot_start(command: &Command, error: &std::io::Error) -> String {
    format!("{command:?} could not be started: {error}")
}

fn end(child: &mut Child) {
    // It may have ended by itself.
    let _ = child.kill();
    let _ = child.wait();
}

/// Finds the address in a line like `Listening on http://127.0.0.1:8000/`.
fn url_in(line: &str) -> Option<String> {
    let rest = line.split_once("http://127.0.0.1:")?.1;
    let port: String = rest.chars().take_while(char::is_ascii_digit).collect();
    (!port.is_empty()).then(|| format!("http://127.0.0.1:{port}"))
}
