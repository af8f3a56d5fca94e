//! What identifies a call: arguments by name, or a declared key.

use stampede::stampede;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

#[derive(Clone)]
struct User {
    id: u64,
    name: String,
    weight: f64,
}

type Name = String;

impl User {
    fn id(&self) -> u64 {
        self.id
    }
}

fn ada() -> User {
    User { id: 1, name: "Ada".to_owned(), weight: 50.0 }
}

#[stampede(ttl = "1m", key = id)]
async fn one(id: u64, weight: f64) -> f64 {
    id as f64 * weight
}

#[stampede(ttl = "1m", key = (lang, id))]
async fn tuple(id: u64, weight: f64, lang: &str) -> String {
    format!("{id} {weight} {lang}")
}

#[stampede(ttl = "1m", key = (id))]
async fn in_parentheses(id: u64, _weight: f64) -> u64 {
    id
}

#[stampede(ttl = "1m", key: u64 = user.id)]
async fn field(user: User) -> f64 {
    user.weight
}

#[stampede(ttl = "1m", key: u64 = user.id())]
async fn method(user: &User) -> f64 {
    user.weight
}

#[stampede(ttl = "1m", key: (u64, String) = (user.id, lang))]
async fn borrowed_parts(user: &User, lang: &str) -> String {
    format!("{} {lang}", user.name)
}

#[stampede(ttl = "1m", key: (String, Vec<u64>, PathBuf, Name, u64) = (user.name, ids, path, user.name, id + 1))]
async fn borrowed_forms(user: User, ids: &[u64], path: &Path, id: u64) -> usize {
    user.name.len() + ids.len() + path.as_os_str().len() + id as usize
}

#[stampede(ttl = "1m", key: String = format!("{} {}", user.name, lang.to_lowercase()))]
async fn computed(user: Arc<User>, lang: &str) -> String {
    format!("{} {lang}", user.name)
}

#[stampede(ttl = "1m", key: (String, Option<u64>) = { let id = user.as_ref().map(|user| user.id); (lang.to_owned(), id) })]
async fn block(user: Option<User>, lang: &str) -> String {
    format!("{} {lang}", user.is_some())
}

#[stampede(ttl = "1m", key: () = ())]
async fn nothing(user: User) -> String {
    user.name
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert!(one(2, 0.5).await > 0.9);
    assert!(one::peek(&2).is_some());
    assert_eq!(tuple(1, 0.5, "en").await, "1 0.5 en");
    assert!(tuple::invalidate("en", &1));
    assert_eq!(in_parentheses(1, 0.5).await, 1);
    assert_eq!(in_parentheses::cache().peek(&1), Some(1));
    assert!(field(ada()).await > 49.0);
    assert!(field::peek(&1).is_some());
    assert!(method(&ada()).await > 49.0);
    assert!(method::invalidate(&1));
    assert_eq!(borrowed_parts(&ada(), "en").await, "Ada en");
    borrowed_parts::insert((1, "de".to_owned()), "Ada de".to_owned());
    assert_eq!(borrowed_parts(&ada(), "de").await, "Ada de");
    assert_eq!(borrowed_forms(ada(), &[1], Path::new("a"), 1).await, 6);
    assert!(borrowed_forms::peek(&("Ada".into(), vec![1], "a".into(), "Ada".into(), 2)).is_some());
    assert_eq!(computed(Arc::new(ada()), "EN").await, "Ada EN");
    assert_eq!(computed(Arc::new(ada()), "en").await, "Ada EN");
    assert_eq!(block(Some(ada()), "en").await, "true en");
    assert_eq!(nothing(ada()).await, "Ada");
    assert_eq!(nothing::peek(&()).as_deref(), Some("Ada"));
    assert!(nothing::refresh(ada()).await.len() == 3);
}
