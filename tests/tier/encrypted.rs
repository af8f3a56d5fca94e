//! Servers that are reached through TLS, with certificates of an authority that only the tests know: `rediss://`.

use crate::{
    server::{Server, free_port, temporary_directory},
    sharing::{cache, get, member},
};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use stampede::tier::{Redis, RedisBuilder};
use stampede_tests::{End, Probe, soon, until};
use std::{fs, path::PathBuf, time::Duration};

/// An authority, and what it has signed.
struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its key, in PEM.
struct Signed {
    certificate: String,
    key: String,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new([]).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        Self(CertifiedIssuer::self_signed(params, key).expect("a certificate"))
    }

    fn pem(&self) -> String {
        self.0.pem()
    }

    fn sign(&self, name: &str) -> Signed {
        let mut params = CertificateParams::new([name.to_owned()]).expect("a name");
        // With the authority's own name it would seem to have signed itself.
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.0).expect("a certificate").pem();
        Signed { certificate, key: key.serialize_pem() }
    }
}

/// A server that speaks TLS on a port of its own, beside the plain one that the test works with.
struct Encrypted {
    server: Server,
    port: u16,
    files: PathBuf,
}

impl Encrypted {
    /// `clients`: whether they have to show a certificate.
    fn start(authority: &Authority, clients: &str) -> Self {
        let (files, port) = (temporary_directory(), free_port());
        let Signed { certificate, key } = authority.sign("127.0.0.1");
        let file = |name: &str, text: String| {
            let path = files.join(name);
            fs::write(&path, text).expect("a file for the server");
            path.to_str().expect("a plain path").to_owned()
        };
        let (certificate, key, authority) = (
            file("server.pem", certificate),
            file("server.key", key),
            file("authority.pem", authority.pem()),
        );
        let server = Server::with(&[
            "--tls-port",
            &port.to_string(),
            "--tls-cert-file",
            &certificate,
            "--tls-key-file",
            &key,
            "--tls-ca-cert-file",
            &authority,
            "--tls-auth-clients",
            clients,
        ]);
        Self { server, port, files }
    }

    fn builder(&self, number: u64) -> RedisBuilder {
        let url = format!("rediss://127.0.0.1:{}/", self.port);
        Redis::builder(url).timeout(Duration::from_millis(2_000 + number))
    }
}

impl Drop for Encrypted {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.files);
    }
}

#[tokio::test]
async fn a_tier_is_reached_through_tls() {
    let authority = Authority::new();
    let encrypted = Encrypted::start(&authority, "no");
    let tier = encrypted.builder(1).certificate_authority(authority.pem()).build().expect("a URL");
    until(|| tier.is_up()).await;
    let (one, plain) = (cache(tier.clone()), cache(member(&encrypted.server.url(), 2)));
    let probe = Probe::open(End::Value);
    assert_eq!(get(&one, 7, &probe).await, Ok(1));
    assert_eq!(get(&plain, 7, &probe).await, Ok(1), "they are one server");
    assert!(tier.is_up());
    // Messages come through TLS as well.
    until(|| encrypted.server.listeners("numbers") == 2).await;
    plain.invalidate(&7);
    until(|| one.stats().tier.changes == 1).await;
    assert_eq!(get(&one, 7, &probe).await, Ok(2));
}

#[tokio::test]
async fn a_server_that_asks_who_is_there_is_shown_a_certificate() {
    let authority = Authority::new();
    let encrypted = Encrypted::start(&authority, "yes");
    let Signed { certificate, key } = authority.sign("shop");
    let known = encrypted.builder(1).certificate_authority(authority.pem());
    let tier = known.clone().client_certificate(certificate, key).build().expect("a URL");
    until(|| tier.is_up()).await;
    let (one, plain) = (cache(tier.clone()), cache(member(&encrypted.server.url(), 2)));
    let probe = Probe::open(End::Value);
    assert_eq!(get(&one, 7, &probe).await, Ok(1));
    assert_eq!(get(&plain, 7, &probe).await, Ok(1));
    assert!(tier.is_up());
    assert_is_avoided(known.build().expect("a URL")).await;
}

// T3: who the server is can't be known, so nothing is sent to it; callers get their values from loads.
#[tokio::test]
async fn a_server_of_an_unknown_authority_is_no_tier() {
    let authority = Authority::new();
    let encrypted = Encrypted::start(&authority, "no");
    assert_is_avoided(encrypted.builder(1).build().expect("a URL")).await;
    let other = Authority::new().pem();
    assert_is_avoided(encrypted.builder(2).certificate_authority(other).build().expect("a URL")).await;
    assert_eq!(encrypted.server.values(), Vec::<String>::new());
}

async fn assert_is_avoided(tier: Redis) {
    let cache = cache(tier.clone());
    let probe = Probe::open(End::Value);
    for id in 0..10 {
        assert!(soon(get(&cache, id, &probe)).await.is_ok());
    }
    until(|| tier.outages() == 1).await;
    assert!(!tier.is_up());
    assert_eq!(cache.stats().tier.bypassed, 10);
}
