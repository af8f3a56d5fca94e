//! Builds a tier on Redis.

use super::{
    super::{TierError, Timing},
    Inner, Redis,
    link::Link,
    names::Names,
    servers::{Addresses, Certificates, Servers},
    subscription::Subscriptions,
};
use crate::sync::{Mutex, lock};
use std::{
    fmt,
    sync::{Arc, Weak},
    time::Duration,
};

/// Builds a [`Redis`].
#[must_use = "a builder does nothing until `build`"]
#[derive(Clone)]
pub struct RedisBuilder {
    addresses: Addresses,
    certificates: Certificates,
    application: String,
    timeout: Duration,
    timing: Timing,
}

impl RedisBuilder {
    fn new(addresses: Addresses) -> Self {
        Self {
            addresses,
            certificates: Certificates::default(),
            application: "default".to_owned(),
            timeout: Duration::from_millis(50),
            timing: Timing::default(),
        }
    }

    pub(super) fn single(url: String) -> Self {
        Self::new(Addresses::Single(url))
    }

    pub(super) fn cluster(nodes: Vec<String>) -> Self {
        Self::new(Addresses::Cluster(nodes))
    }

    pub(super) fn sentinel(sentinels: Vec<String>, master: String) -> Self {
        Self::new(Addresses::Sentinel { sentinels, master, server: None })
    }

    /// Names the application: caches of one name share their values within it. Default: `default`.
    pub fn application(mut self, name: impl Into<String>) -> Self {
        self.application = name.into();
        self
    }

    /// How the server is reached that sentinels name: with the user, the password, the database and the encryption of this
    /// URL, whose host is ignored. Default: in the clear, without any. For others than sentinels it has no meaning.
    pub fn server(mut self, url: impl Into<String>) -> Self {
        if let Addresses::Sentinel { server, .. } = &mut self.addresses {
            *server = Some(url.into());
        }
        self
    }

    /// Takes the servers' certificates for genuine if this authority has signed them, or one of several, in PEM; for `rediss://`.
    /// Default: the authorities that the system trusts.
    pub fn certificate_authority(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.certificates.authority = Some(pem.into());
        self
    }

    /// Shows the servers this certificate, with its key, both in PEM; for `rediss://` where they ask who is there. Default: none.
    pub fn client_certificate(mut self, pem: impl Into<Vec<u8>>, key: impl Into<Vec<u8>>) -> Self {
        self.certificates.client = Some((pem.into(), key.into()));
        self
    }

    /// Gives up a command after this long. Default: 50 ms.
    ///
    /// After one that was given up no command is sent until the server has answered again, so this is the delay that an outage
    /// costs a process. Shorter than what a loaded server may take, it makes outages of its own.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Has the lease of a load last for this long, unless it is renewed, which is done three times as often. Default: 3 s.
    ///
    /// If the process dies that loads, others wait for this long. A process that is stopped for longer loses its lease, and
    /// another one loads as well.
    pub fn lease(mut self, lease: Duration) -> Self {
        self.timing.lease = lease;
        self
    }

    /// Waits for the load of another process for this long, and then loads. Default: 30 s.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.timing.patience = patience;
        self
    }

    /// While it waits, looks this often in case that a message got lost. Default: 500 ms.
    pub fn poll(mut self, interval: Duration) -> Self {
        self.timing.poll = interval;
        self
    }

    /// Compresses values of more bytes than this with LZ4; `usize::MAX` compresses none. Default: 4 KiB.
    pub fn compress_above(mut self, bytes: usize) -> Self {
        self.timing.compress_above = bytes;
        self
    }

    /// Makes the tier, or returns the one of this process that was built alike. It is connected to in the background.
    ///
    /// # Errors
    ///
    /// If a URL is none, or a list of them is empty; if an option is zero that can't be; if certificates are none, or are not for
    /// a URL that begins with `rediss:`.
    ///
    /// # Panics
    ///
    /// If the system has no room for a thread.
    pub fn build(self) -> Result<Redis, TierError> {
        let Timing { lease, poll, .. } = self.timing;
        for (option, value) in [("timeout", self.timeout), ("lease", lease), ("poll", poll)] {
            if value < Duration::from_millis(1) {
                return Err(TierError::configuration(format_args!("`{option}` is below a millisecond")));
            }
        }
        // With the passwords in it, and nowhere else.
        let identity = format!(
            "{:?} {:?} {} {:?} {:?}",
            self.addresses, self.certificates, self.application, self.timeout, self.timing
        );
        let mut tiers = lock(&TIERS);
        tiers.retain(|(_, tier)| tier.strong_count() > 0);
        if let Some(tier) = tiers.iter().find(|(of, _)| *of == identity).and_then(|(_, tier)| tier.upgrade())
        {
            return Ok(Redis(tier));
        }
        let link = Link::new(Servers::new(&self.addresses, &self.certificates)?, self.timeout);
        let names = Names::new(&self.application);
        let subscriptions = Subscriptions::start(&link, names.clone());
        let inner = Arc::new(Inner { link, subscriptions, names, timing: self.timing });
        tiers.push((identity, Arc::downgrade(&inner)));
        Ok(Redis(inner))
    }
}

/// All tiers of the process.
static TIERS: Mutex<Vec<(String, Weak<Inner>)>> = Mutex::new(Vec::new());

impl fmt::Debug for RedisBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the URLs, which may hold passwords, nor a key.
        f.debug_struct("RedisBuilder")
            .field("application", &self.application)
            .field("timeout", &self.timeout)
            .field("timing", &self.timing)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handles_that_are_built_alike_share_their_connections() {
        let build =
            |name: &str| Redis::builder("redis://127.0.0.1:1/").application(name).build().expect("a URL");
        let (one, same, other) = (build("a"), build("a"), build("b"));
        assert!(Arc::ptr_eq(&one.0, &same.0));
        assert!(!Arc::ptr_eq(&one.0, &other.0));
    }

    #[test]
    fn every_kind_of_server_has_a_url() {
        for url in
            ["redis://h/", "rediss://user:secret@h:7000/2", "unix:///tmp/socket", "redis://h/?protocol=resp3"]
        {
            assert!(Redis::builder(url).build().is_ok(), "{url}");
        }
        assert!(Redis::cluster(["rediss://a/", "rediss://b/"]).build().is_ok());
        assert!(
            Redis::sentinel(["redis://a:26379/"], "main").server("rediss://user:secret@any/").build().is_ok()
        );
        for error in [
            Redis::connect("http://h/").map(drop),
            Redis::cluster::<String>([]).build().map(drop),
            Redis::sentinel::<String>([], "main").build().map(drop),
            Redis::builder("redis://h/").timeout(Duration::ZERO).build().map(drop),
            Redis::builder("redis://h/").certificate_authority("").build().map(drop),
            Redis::builder("rediss://h/").client_certificate("no", "certificate").build().map(drop),
        ] {
            assert!(error.is_err_and(|error| error.is_configuration()));
        }
    }

    #[test]
    fn passwords_are_not_shown() {
        let builder = Redis::builder("redis://user:secret@h/");
        let shown = format!("{builder:?} {:?}", builder.clone().build());
        assert!(shown.contains("h:6379") && !shown.contains("secret"), "{shown}");
    }
}
