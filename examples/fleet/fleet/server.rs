//! A Redis of the example's own.

use std::{
    io,
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// A server on a free port of this machine that keeps nothing on disk. Ends when this is dropped.
pub(crate) struct Server {
    port: u16,
    child: Option<Child>,
}

impl Server {
    pub(crate) fn start() -> io::Result<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut server = Self { port, child: None };
        server.launch()?;
        Ok(server)
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }

    /// Starts it, empty.
    pub(crate) fn launch(&mut self) -> io::Result<()> {
        self.kill();
        let port = self.port.to_string();
        let start = |program| {
            Command::new(program)
                .args(["--port", &port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
                .stdout(Stdio::null())
                .spawn()
        };
        let missing = |_| {
            io::Error::other("needs redis-server or valkey-server; `apt-get install redis-server` has one")
        };
        self.child = Some(start("redis-server").or_else(|_| start("valkey-server")).map_err(missing)?);
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            if begun.elapsed() > Duration::from_secs(10) {
                return Err(io::Error::other("the server does not come up"));
            }
            thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    /// Kills it, with all that it has.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}
