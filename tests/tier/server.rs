//! Servers of the tests' own, and a wire to them that can be cut.

use rustix::process::{Pid, Signal, kill_process};
use std::{
    fs,
    net::{SocketAddr, TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::SeqCst},
    },
    thread,
    time::{Duration, Instant},
};
use tokio::{io::copy_bidirectional, sync::watch, task::JoinHandle};

/// A server on a free port of this machine, without a file on disk. Ends when this is dropped.
#[derive(Debug)]
pub struct Server {
    child: Option<Child>,
    port: u16,
    directory: PathBuf,
    options: Vec<String>,
    is_sentinel: bool,
}

const SENTINELS_FILE: &str = "sentinel.conf";

impl Server {
    /// Starts one.
    ///
    /// # Panics
    ///
    /// If none is installed, or it does not come up.
    #[must_use]
    pub fn start() -> Self {
        Self::with(&[])
    }

    /// Starts one with these options of its command line.
    ///
    /// # Panics
    ///
    /// If none is installed, or it does not come up.
    #[must_use]
    pub fn with(options: &[&str]) -> Self {
        let mut server = Self::unborn();
        server.options = options.iter().map(|option| (*option).to_owned()).collect();
        server.launch();
        server
    }

    /// One that watches a master, and has it replaced half a second after its death.
    ///
    /// # Panics
    ///
    /// If it does not come up.
    #[must_use]
    pub fn sentinel(name: &str, master: &Self) -> Self {
        let mut server = Self::unborn();
        server.is_sentinel = true;
        let port = master.port;
        let config = format!(
            "sentinel monitor {name} 127.0.0.1 {port} 1\nsentinel down-after-milliseconds {name} 500\nsentinel failover-timeout {name} 5000\n",
        );
        fs::write(server.directory.join(SENTINELS_FILE), config).expect("a file for the sentinel");
        server.launch();
        server
    }

    /// Has a port and a directory.
    fn unborn() -> Self {
        Self {
            child: None,
            port: free_port(),
            directory: temporary_directory(),
            options: Vec::new(),
            is_sentinel: false,
        }
    }

    fn launch(&mut self) {
        let program = ["redis-server", "valkey-server"]
            .into_iter()
            .find(|program| Command::new(program).arg("--version").stdout(Stdio::null()).status().is_ok());
        let program = program.expect("redis-server is installed; `cargo xtask test` sees to that");
        let mut command = Command::new(program);
        if self.is_sentinel {
            // It keeps in its file what it knows.
            command.arg(self.directory.join(SENTINELS_FILE)).arg("--sentinel");
        }
        let child = command
            .args([
                "--port",
                &self.port.to_string(),
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--appendonly",
                "no",
            ])
            .args(["--dir", self.directory.to_str().expect("a plain path"), "--loglevel", "warning"])
            .args(&self.options)
            .stdout(Stdio::null())
            .spawn()
            .expect("the server starts");
        self.child = Some(child);
        let start = Instant::now();
        while !self.answers() {
            assert!(start.elapsed() < Duration::from_secs(20), "the server does not come up");
            thread::sleep(Duration::from_millis(10));
        }
    }

    fn answers(&self) -> bool {
        TcpStream::connect(self.address()).is_ok() && self.try_command(&["PING"]).is_some()
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.port))
    }

    /// What a client connects to.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://{}/", self.address())
    }

    /// Kills it with all that it has.
    ///
    /// # Panics
    ///
    /// If it has ended by itself.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().expect("it was alive");
            child.wait().expect("it has ended");
        }
    }

    /// Starts it again on its port, empty.
    pub fn restart(&mut self) {
        self.kill();
        self.launch();
    }

    /// It does nothing more, and keeps its connections.
    pub fn freeze(&self) {
        self.signal(Signal::STOP);
    }

    /// It goes on.
    pub fn thaw(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        let child = self.child.as_ref().expect("it is alive");
        kill_process(Pid::from_child(child), signal).expect("it is ours");
    }

    /// Runs a command.
    ///
    /// # Panics
    ///
    /// If the server does not do it.
    #[expect(clippy::must_use_candidate, reason = "most are for their effect")]
    pub fn command(&self, command: &[&str]) -> redis::Value {
        self.try_command(command).expect("the server does it")
    }

    /// The same; None if the server does not do it.
    ///
    /// # Panics
    ///
    /// If its URL is none.
    #[must_use]
    pub fn try_command(&self, command: &[&str]) -> Option<redis::Value> {
        let client = redis::Client::open(self.url()).expect("a URL");
        let mut connection = client.get_connection_with_timeout(Duration::from_secs(2)).ok()?;
        let (name, arguments) = command.split_first()?;
        redis::cmd(name).arg(arguments).query(&mut connection).ok()
    }

    /// How many are told of what changes in caches whose names have this in them.
    ///
    /// # Panics
    ///
    /// If the server does not tell.
    #[must_use]
    pub fn listeners(&self, cache: &str) -> u64 {
        let channels: Vec<String> =
            redis::from_redis_value(self.command(&["PUBSUB", "CHANNELS"])).expect("names");
        let mut listeners = 0;
        for channel in channels.iter().filter(|channel| channel.contains(cache)) {
            let (_, number): (String, u64) =
                redis::from_redis_value(self.command(&["PUBSUB", "NUMSUB", channel])).expect("a number");
            listeners += number;
        }
        listeners
    }

    /// A section of what it tells of itself; nothing if it does not.
    #[must_use]
    pub fn info(&self, section: &str) -> String {
        let told = self.try_command(&["INFO", section]);
        told.and_then(|told| redis::from_redis_value(told).ok()).unwrap_or_default()
    }

    /// The keys of the server.
    ///
    /// # Panics
    ///
    /// If the server does not do it.
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        redis::from_redis_value(self.command(&["KEYS", "*"])).expect("names")
    }

    /// The names of all values of a cache.
    #[must_use]
    pub fn values(&self) -> Vec<String> {
        let mut keys = self.keys();
        keys.retain(|key| key.ends_with('}'));
        keys
    }

    /// T2: no lease is left that would not end by itself.
    ///
    /// # Panics
    ///
    /// If there is one.
    pub fn assert_leases_end(&self) {
        assert_eq!(self.endless_leases().expect("the server tells"), Vec::<String>::new());
    }

    /// Leases, and what those leave who wait for one, that would not end by themselves; None if the server does not tell.
    #[must_use]
    pub fn endless_leases(&self) -> Option<Vec<String>> {
        let keys: Vec<String> = redis::from_redis_value(self.try_command(&["KEYS", "*"])?).ok()?;
        let mut endless = Vec::new();
        for key in keys.into_iter().filter(|key| key.ends_with(":lease") || key.ends_with(":wait")) {
            let left: i64 = redis::from_redis_value(self.try_command(&["PTTL", &key])?).ok()?;
            // -2: it has just ended.
            if left < 0 && left != -2 {
                endless.push(key);
            }
        }
        Some(endless)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // After every test, where the server is still alive.
        let is_alive = self.child.as_mut().is_some_and(|child| matches!(child.try_wait(), Ok(None)));
        if is_alive
            && !thread::panicking()
            && let Some(endless) = self.endless_leases()
        {
            assert_eq!(endless, Vec::<String>::new(), "leases that never end");
        }
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// A new directory; who makes it removes it.
///
/// # Panics
///
/// If it can't be made.
#[must_use]
pub fn temporary_directory() -> PathBuf {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, SeqCst);
    let directory = std::env::temp_dir().join(format!("stampede-tier-{}-{number}", std::process::id()));
    fs::create_dir_all(&directory).expect("a directory for the server");
    directory
}

/// A port of this machine that nobody listens on.
///
/// # Panics
///
/// If there is none.
#[must_use]
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("it is bound").port()
}

/// A wire to a server.
#[derive(Debug)]
pub struct Wire {
    port: u16,
    state: Arc<watch::Sender<bool>>,
    task: JoinHandle<()>,
}

impl Wire {
    /// Lays one, on the runtime of the caller.
    ///
    /// # Panics
    ///
    /// If this machine has no free port.
    pub async fn to(server: &Server) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("it is bound").port();
        let state = Arc::new(watch::Sender::new(true));
        let (states, target) = (Arc::clone(&state), server.address());
        let task = tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                let mut states = states.subscribe();
                tokio::spawn(async move {
                    if !*states.borrow() {
                        return;
                    }
                    let Ok(mut far) = tokio::net::TcpStream::connect(target).await else { return };
                    tokio::select! {
                        _ = copy_bidirectional(&mut near, &mut far) => {}
                        _ = states.wait_for(|whole| !whole) => {}
                    }
                });
            }
        });
        Self { port, state, task }
    }

    /// What a client connects to.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }

    /// Ends all connections; new ones are ended at once.
    pub fn cut(&self) {
        self.state.send_replace(false);
    }

    /// New connections hold again.
    pub fn mend(&self) {
        self.state.send_replace(true);
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.task.abort();
    }
}
