//! Functions as they are found in services, with the attribute only added: that they compile is most of the test.

use serde_like::{FromText, ToText};
use stampede::{Cache, SharedError, stampede};
use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
    error::Error,
    fmt::{self, Display},
    future::Future,
    hash::Hash,
    net::IpAddr,
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::{sync::RwLock, time::Instant};

/// Stands for what deserialises.
mod serde_like {
    pub(super) trait FromText: Sized {
        fn from_text(text: &str) -> Option<Self>;
    }

    pub(super) trait ToText {
        fn to_text(&self) -> String;
    }

    impl FromText for u64 {
        fn from_text(text: &str) -> Option<Self> {
            text.parse().ok()
        }
    }

    impl FromText for String {
        fn from_text(text: &str) -> Option<Self> {
            Some(text.to_owned())
        }
    }

    impl ToText for u64 {
        fn to_text(&self) -> String {
            self.to_string()
        }
    }
}

const TTL: Duration = Duration::from_secs(90);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct UserId(u64);

#[derive(Clone, Debug, PartialEq)]
struct User {
    id: UserId,
    name: String,
    score: f64,
}

#[derive(Debug)]
enum AppError {
    NotFound,
    Shared(SharedError),
}

impl Display for AppError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => f.write_str("not found"),
            Self::Shared(error) => error.fmt(f),
        }
    }
}

impl Error for AppError {}

impl From<SharedError> for AppError {
    fn from(error: SharedError) -> Self {
        Self::Shared(error)
    }
}

type AppResult<T> = Result<T, AppError>;

/// A pool as those of sqlx: a handle that is cheap to clone.
#[derive(Clone, Default)]
struct Pool(Arc<RwLock<HashMap<u64, String>>>);

impl Pool {
    fn with(names: &[(u64, &str)]) -> Self {
        Self(Arc::new(RwLock::new(names.iter().map(|(id, name)| (*id, (*name).to_owned())).collect())))
    }

    async fn fetch_optional(&self, id: u64) -> Option<String> {
        tokio::task::yield_now().await;
        self.0.read().await.get(&id).cloned()
    }
}

// Helpers of handlers.

#[derive(Clone)]
struct AppState {
    pool: Pool,
    pages: Cache<(String, u32), String>,
}

// 1
#[stampede(ttl = TTL, skip(pool))]
async fn find_user(pool: &Pool, id: UserId) -> AppResult<User> {
    let name = pool.fetch_optional(id.0).await.ok_or(AppError::NotFound)?;
    Ok(User { id, name, score: 0.5 })
}

// 2
#[stampede(key: u64 = user.id.0, ttl = "1m")]
async fn permissions(state: Arc<AppState>, user: &User) -> Vec<String> {
    state.pool.fetch_optional(user.id.0).await.into_iter().collect()
}

// 3
#[stampede(cache = state.pages, skip(state))]
async fn render(state: &AppState, path: &str, page: u32) -> String {
    let names = state.pool.0.read().await.len();
    format!("{path}/{page} of {names}")
}

// 4
#[stampede(ttl = "1m")]
async fn headers(host: String, #[allow(unused_variables)] secure: bool) -> Vec<(String, String)> {
    vec![("host".into(), host)]
}

// 5
#[stampede(ttl = "1m")]
async fn geo(ip: IpAddr) -> Option<&'static str> {
    ip.is_loopback().then_some("home")
}

// 6
#[stampede(ttl = "1m")]
async fn config(path: &Path) -> Result<String, Box<dyn Error + Send + Sync>> {
    if path.as_os_str().is_empty() {
        return Err("no path".into());
    }
    Ok(path.display().to_string())
}

// 7
#[stampede(ttl = "1m")]
async fn report(range: Range<u64>, tags: &[String], limit: Option<usize>) -> anyhow::Result<Arc<[u64]>> {
    anyhow::ensure!(!range.is_empty(), "an empty range");
    let all = range.map(|n| n + tags.len() as u64);
    Ok(all.take(limit.unwrap_or(usize::MAX)).collect())
}

// 8
#[stampede(ttl = "1m")]
async fn token() -> Result<String, String> {
    let expires = Instant::now() + Duration::from_secs(1);
    tokio::time::sleep_until(expires.min(Instant::now())).await;
    Ok("token".to_owned())
}

// 9
#[stampede]
async fn refresh_all(ids: Vec<u64>) {
    for id in ids {
        let _ = id;
    }
}

// 10
#[stampede(ttl = "1m")]
async fn joined(left: (u64, u64), [x, y]: [u8; 2]) -> (u64, u8) {
    let (a, b) = tokio::join!(async { left.0 }, async { left.1 });
    (a + b, x + y)
}

// Names that generated code might have used.

// 11
#[stampede(ttl = "1m")]
async fn names(key: u64, cache: u64, self_: u64, ttl: u64, result: u64) -> u64 {
    key + cache + self_ + ttl + result
}

// 12
#[stampede(ttl = "1m")]
async fn more_names(output: u64, miss: u64, call: u64, view: u64, flight: u64, load: u64) -> u64 {
    output + miss + call + view + flight + load
}

// 13
#[stampede(ttl = "1m", key = r#type)]
async fn raw(r#type: &str, r#match: u8) -> String {
    r#type.to_owned() + &r#match.to_string()
}

// 14
#[stampede(ttl = "1m")]
async fn option(value: Option<u8>, some: Option<&str>) -> Option<String> {
    if value == Some(0) {
        return None;
    }
    let value = value?;
    Some(format!("{value}{}", some?))
}

// Generic fetchers.

trait Transport: Clone + Send + Sync + 'static {
    fn get(&self, url: &str) -> impl Future<Output = Result<String, String>> + Send;
}

#[derive(Clone)]
struct Echo;

impl Transport for Echo {
    async fn get(&self, url: &str) -> Result<String, String> {
        url.rsplit('/').next().map(str::to_owned).ok_or_else(|| "no path".to_owned())
    }
}

// 15
#[stampede(ttl = "1m", key = url)]
async fn fetch<T>(transport: &impl Transport, url: &str) -> Result<T, String>
where
    T: FromText + Clone + Send + Sync,
{
    let body = transport.get(url).await?;
    T::from_text(&body).ok_or_else(|| format!("can't read {body}"))
}

// 16
#[stampede(ttl = "1m", skip(transport))]
async fn fetch_by<C: Transport, Id: ToText + Hash + Eq + Clone + Send + Sync>(
    transport: C,
    id: Id,
) -> Result<String, String> {
    transport.get(&format!("x/{}", id.to_text())).await
}

// 17
#[stampede(ttl = "1m")]
async fn chunked<const N: usize>(bytes: &[u8]) -> Vec<[u8; N]> {
    bytes.chunks_exact(N).filter_map(|chunk| chunk.try_into().ok()).collect()
}

// 18
#[stampede(ttl = "1m", key = name)]
async fn with_closure<F, Fut, T>(name: &str, make: F) -> T
where
    F: FnOnce(String) -> Fut + Send,
    Fut: Future<Output = T> + Send,
    T: Clone + Send + Sync,
{
    make(name.to_owned()).await
}

// 19
#[stampede(ttl = "1m")]
async fn sorted<K: Ord + Hash + Clone + Send + Sync, V: Eq + Hash + Clone + Send + Sync>(
    map: BTreeMap<K, V>,
) -> Vec<(K, V)> {
    map.into_iter().collect()
}

// Recursion.

// 20
#[stampede(ttl = "1m")]
async fn collatz(n: u64) -> u64 {
    match n {
        0 | 1 => 0,
        n if n % 2 == 0 => collatz(n / 2).await + 1,
        n => collatz(3 * n + 1).await + 1,
    }
}

// 21
#[stampede(ttl = "1m")]
async fn even(n: u32) -> bool {
    n == 0 || odd(n - 1).await
}

// 22
#[stampede(ttl = "1m")]
async fn odd(n: u32) -> bool {
    n != 0 && even(n - 1).await
}

// 23
#[stampede(ttl = "1m")]
fn edit_distance(a: &str, b: &str) -> usize {
    let (Some(x), Some(y)) = (a.chars().next(), b.chars().next()) else { return a.len().max(b.len()) };
    if x == y {
        return edit_distance(&a[1..], &b[1..]);
    }
    1 + edit_distance(&a[1..], b).min(edit_distance(a, &b[1..])).min(edit_distance(&a[1..], &b[1..]))
}

// Repositories.

#[derive(Clone)]
struct Users {
    pool: Pool,
    tenant: u64,
}

impl Users {
    // 24
    #[stampede(key: (u64, u64) = (self.tenant, id), ttl = "1m")]
    async fn by_id(&self, id: u64) -> AppResult<String> {
        self.pool.fetch_optional(id + self.tenant).await.ok_or(AppError::NotFound)
    }

    // 25
    #[stampede(skip(self), ttl = "1m")]
    pub(crate) async fn count(&self) -> usize {
        self.pool.0.read().await.len()
    }

    // 26
    #[stampede(key = (ids), ttl = "1m")]
    async fn many(&self, ids: &[u64]) -> Vec<String> {
        let mut found = Vec::with_capacity(ids.len());
        for id in ids {
            if let Some(name) = self.pool.fetch_optional(*id).await {
                found.push(name);
            }
        }
        found
    }

    // 27
    #[stampede(key = id, ttl = "1m")]
    async fn through_arc(self: Arc<Self>, id: u64) -> Option<String> {
        let this = Arc::clone(&self);
        tokio::spawn(async move { this.pool.fetch_optional(id).await }).await.ok()?
    }

    // 28
    #[stampede(companion = none, ttl = "1m")]
    async fn connect(url: &str) -> Result<Self, String> {
        let tenant = url.parse().map_err(|_| format!("no tenant in {url}"))?;
        Ok(Self { pool: Pool::with(&[(1, "Ann")]), tenant })
    }

    // 29
    #[stampede(skip(self), ttl = "1m")]
    fn label(&self, id: u64) -> String {
        format!("{}#{id}", self.tenant)
    }
}

/// A client with a cache in each instance.
struct Client {
    base: String,
    bodies: Cache<PathBuf, String, String>,
}

impl Client {
    // 30
    #[stampede(cache = self.bodies, detach = false)]
    async fn body(&self, path: &Path) -> Result<String, String> {
        path.to_str().map(|path| format!("{}{path}", self.base)).ok_or_else(|| "no text".to_owned())
    }
}

struct Typed<K, V> {
    values: Arc<RwLock<HashMap<K, V>>>,
}

impl<K, V> Clone for Typed<K, V> {
    fn clone(&self) -> Self {
        Self { values: Arc::clone(&self.values) }
    }
}

impl<K: Hash + Eq + Clone + Send + Sync + 'static, V: Clone + Send + Sync + 'static> Typed<K, V> {
    // 31
    #[stampede(skip(self), ttl = "1m")]
    async fn get(&self, key: &K) -> Option<V> {
        self.values.read().await.get(key).cloned()
    }

    // 32
    #[stampede(skip(self, or), ttl = "1m")]
    async fn get_or(&self, key: K, or: V) -> V {
        self.values.read().await.get(&key).cloned().unwrap_or(or)
    }
}

// Traits.

trait Repository {
    async fn find(&self, id: u64) -> AppResult<String>;
    fn size(&self) -> impl Future<Output = usize> + Send;
    fn name(&self) -> String;
}

impl Repository for Users {
    // 33
    #[stampede(skip(self), ttl = "1m")]
    async fn find(&self, id: u64) -> AppResult<String> {
        self.pool.fetch_optional(id).await.ok_or(AppError::NotFound)
    }

    // 34
    #[stampede(skip(self), ttl = "1m")]
    async fn size(&self) -> usize {
        self.pool.0.read().await.len()
    }

    // 35
    #[stampede(skip(self), ttl = "1m")]
    fn name(&self) -> String {
        "users".to_owned()
    }
}

trait Greeter: Clone + Send + Sync + 'static {
    const GREETING: &'static str;

    // 36
    #[stampede(skip(self), ttl = "1m")]
    async fn greet(&self, name: &str) -> String {
        format!("{} {name}", Self::GREETING)
    }

    // 37
    #[stampede(companion = none, ttl = "1m")]
    fn shout(name: &str) -> String {
        format!("{} {name}!", Self::GREETING.to_uppercase())
    }
}

#[derive(Clone)]
struct English;
#[derive(Clone)]
struct German;

impl Greeter for English {
    const GREETING: &'static str = "hello";
}

impl Greeter for German {
    const GREETING: &'static str = "hallo";
}

#[async_trait::async_trait]
trait Store: Send + Sync {
    async fn read(&self, name: &str) -> Option<Vec<u8>>;

    // 38: a default method.
    async fn size(&self, name: &str) -> usize {
        self.read(name).await.map_or(0, |bytes| bytes.len())
    }
}

#[async_trait::async_trait]
impl Store for Users {
    // 38
    #[stampede(key: (u64, String) = (self.tenant, name), ttl = "1m")]
    async fn read(&self, name: &str) -> Option<Vec<u8>> {
        if name.is_empty() {
            return None;
        }
        let number = name.parse().ok()?;
        Some(self.pool.fetch_optional(number).await?.into_bytes())
    }
}

// What can't be owned.

// 39
#[stampede(key = id, ttl = "1m", detach = false)]
async fn transaction<'t>(id: u64, statement: Cow<'t, str>, work: &(dyn Fn(u64) -> u64 + 't)) -> u64 {
    tokio::task::yield_now().await;
    work(id) + statement.len() as u64
}

#[tokio::test]
async fn helpers_of_handlers() {
    let pool = Pool::with(&[(1, "Ann"), (2, "Bob")]);
    let state = AppState { pool: pool.clone(), pages: Cache::builder().ttl(TTL).build() };
    let user = find_user(&pool, UserId(1)).await.unwrap();
    assert_eq!((&*user.name, user.id.0, user.score), ("Ann", 1, 0.5));
    assert!(matches!(find_user(&pool, UserId(9)).await, Err(AppError::NotFound)));
    assert_eq!(permissions(Arc::new(state.clone()), &user).await, ["Ann"]);
    assert_eq!(render(&state, "a", 1).await, "a/1 of 2");
    assert_eq!(state.pages.len(), 1);
    assert_eq!(headers("x".into(), true).await.len(), 1);
    assert_eq!(geo([127, 0, 0, 1].into()).await, Some("home"));
    assert_eq!(config(Path::new("/etc")).await.unwrap(), "/etc");
    assert_eq!(config(Path::new("")).await.unwrap_err().to_string(), "no path");
    assert_eq!(*report(1..3, &["a".into()], Some(1)).await.unwrap(), [2]);
    assert_eq!(token().await.as_deref(), Ok("token"));
    refresh_all(vec![1]).await;
    assert_eq!(joined((1, 2), [3, 4]).await, (3, 7));
    assert_eq!(names(1, 2, 3, 4, 5).await, 15);
    assert_eq!(more_names(1, 2, 3, 4, 5, 6).await, 21);
    assert_eq!(raw("a", 1).await, "a1");
    assert_eq!(raw("a", 2).await, "a1");
    assert_eq!(option(Some(1), Some("a")).await.as_deref(), Some("1a"));
    assert_eq!(option(None, Some("a")).await, None);
}

#[tokio::test]
async fn generic_fetchers() {
    for _ in 0..2 {
        assert_eq!(fetch::<u64>(&Echo, "x/7").await, Ok(7));
        assert_eq!(fetch::<String>(&Echo, "x/7").await.as_deref(), Ok("7"));
        assert_eq!(fetch_by(Echo, 7).await.as_deref(), Ok("7"));
        assert_eq!(chunked::<2>(&[1, 2, 3]).await, [[1, 2]]);
        assert_eq!(with_closure("a", |name| async move { name + "b" }).await, "ab");
        assert_eq!(sorted(BTreeMap::from([(2, 'b'), (1, 'a')])).await, [(1, 'a'), (2, 'b')]);
    }
    assert_eq!(fetch::<u64>::stats().loads, 1);
    assert_eq!(fetch::stats_all().hits, 2);
    assert_eq!(chunked::stats_all().loads, 1);
}

#[tokio::test]
async fn recursive_functions() {
    assert_eq!(tokio::spawn(collatz(27)).await.unwrap(), 111);
    assert!(even(10).await);
    assert_eq!(edit_distance("kitten", "sitting"), 3);
}

#[tokio::test]
async fn repositories() {
    let users = Users { pool: Pool::with(&[(1, "Ann"), (2, "Bob")]), tenant: 0 };
    let other = Users { tenant: 1, ..users.clone() };
    for _ in 0..2 {
        assert_eq!(users.by_id(1).await.unwrap(), "Ann");
        assert_eq!(other.by_id(1).await.unwrap(), "Bob");
    }
    assert_eq!(users.count().await, 2);
    assert_eq!(Users::count_cache().len(), 1);
    assert_eq!(users.many(&[2, 1]).await, ["Bob", "Ann"]);
    assert_eq!(Arc::new(users.clone()).through_arc(1).await.as_deref(), Some("Ann"));
    assert_eq!(Users::connect("3").await.unwrap().tenant, 3);
    assert!(Users::connect("x").await.is_err());
    assert_eq!(users.label(7), "0#7");
    let client = Client { base: "a/".into(), bodies: Cache::builder().ttl(TTL).build() };
    assert_eq!(client.body(Path::new("b")).await.as_deref(), Ok("a/b"));
    assert_eq!(client.bodies.len(), 1);
    let typed = Typed { values: Arc::new(RwLock::new(HashMap::from([("a", 1)]))) };
    assert_eq!(typed.get(&"a").await, Some(1));
    assert_eq!(typed.get_or("b", 2).await, 2);
}

#[tokio::test]
async fn traits() {
    let users = Users { pool: Pool::with(&[(1, "Ann")]), tenant: 4 };
    assert_eq!(users.find(1).await.unwrap(), "Ann");
    assert_eq!(Repository::size(&users).await, 1);
    assert_eq!(users.name(), "users");
    for _ in 0..2 {
        assert_eq!(English.greet("Ann").await, "hello Ann");
        assert_eq!(German.greet("Ann").await, "hallo Ann");
        assert_eq!(English::shout("Ann"), "HELLO Ann!");
        assert_eq!(German::shout("Ann"), "HALLO Ann!");
    }
    let store: &dyn Store = &users;
    assert_eq!(store.size("1").await, 3);
    assert_eq!(store.read("").await, None);
}

#[tokio::test]
async fn what_can_not_be_owned() {
    let offset = 3;
    let work = |id| id + offset;
    assert_eq!(transaction(1, "ab".into(), &work).await, 6);
    assert_eq!(transaction(1, "abc".into(), &work).await, 6);
}

// 40
#[stampede(ttl = "1m")]
#[must_use]
#[inline]
async fn attributes(id: u64) -> u64 {
    id
}

#[tokio::test]
async fn functions_in_functions() {
    #[stampede(ttl = "1m")]
    async fn local(id: u64) -> u64 {
        attributes(id).await + 1
    }
    assert_eq!(local(1).await, 2);
    assert_eq!(local::stats().leads, 1);
}
