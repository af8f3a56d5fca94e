//! Arguments, functions and items of names that generated code could be thought to use.

#![allow(non_camel_case_types)]

use stampede::stampede;

#[stampede(ttl = "1m")]
async fn first(key: u8, cache: u8, ttl: u8, self_: u8) -> u8 {
    key + cache + ttl + self_
}

#[stampede(ttl = "1m")]
async fn second(result: &str, output: &str, value: Option<&str>, miss: &[u8], view: u8) -> usize {
    result.len() + output.len() + value.map_or(0, str::len) + miss.len() + usize::from(view)
}

#[stampede(ttl = "1m", key: (u8, String) = (key, value))]
async fn third(key: u8, value: &str, begin: u8, load: u8) -> usize {
    usize::from(key + begin + load) + value.len()
}

#[stampede(ttl = "1m")]
async fn cache(core: u8, std: u8, stampede: u8) -> u8 {
    core + std + stampede
}

#[stampede(ttl = "1m", detach = false)]
async fn insert(insert: String, first: String, begin: String) -> String {
    insert + &first + &begin
}

#[stampede(ttl = "1m")]
async fn r#type(r#match: u8, r#struct: &str) -> usize {
    usize::from(r#match) + r#struct.len()
}

#[stampede(ttl = "1m", key = r#fn, companion = r#impl)]
async fn r#loop(r#fn: u8, r#use: f64) -> f64 {
    f64::from(r#fn) + r#use
}

/// With its own of everything that is usually in scope.
mod strange {
    #![allow(dead_code, unused_macros)]

    mod core {}
    mod std {}
    mod stampede {}
    struct Option;
    struct Box;
    struct Vec;
    trait Clone {}
    trait Send {}
    trait Future {}
    fn drop() {}
    macro_rules! concat {
        () => {
            ()
        };
    }
    macro_rules! module_path {
        () => {
            ()
        };
    }

    #[::stampede::stampede(ttl = "1m")]
    pub(crate) async fn page(id: u8, lang: &str) -> Result<u8, u8> {
        Ok(id + lang.len() as u8)
    }

    pub(crate) enum Result<T, E> {
        Ok(T),
        Err(E),
    }
    use Result::Ok;

    impl<T: ::core::clone::Clone, E: ::core::clone::Clone> ::core::clone::Clone for Result<T, E> {
        fn clone(&self) -> Self {
            match self {
                Ok(value) => Ok(value.clone()),
                Self::Err(error) => Self::Err(error.clone()),
            }
        }
    }

    impl<T, E> Result<T, E> {
        pub(crate) fn is_fine(&self) -> bool {
            matches!(self, Ok(_))
        }
    }
}

/// A trait whose methods every type has.
#[allow(dead_code)]
trait Everywhere {
    fn begin(&self) {}
    fn own(&self) {}
    fn reveal(&self) {}
    fn into_output(&self) {}
    fn is_some(&self) {}
    fn detached(&self) {}
}

impl<T> Everywhere for T {}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(first(1, 2, 3, 4).await, 10);
    assert!(first::invalidate(&1, &2, &3, &4));
    assert_eq!(second("a", "b", Some("c"), &[1], 1).await, 5);
    assert_eq!(second::refresh("a", "b", Some("c"), &[1], 1).await, 5);
    assert_eq!(third(1, "a", 1, 1).await, 4);
    assert!(third::invalidate(&(1, "a".to_owned())));
    assert_eq!(cache(1, 2, 3).await, 6);
    assert_eq!(cache::cache().len(), 1);
    assert_eq!(insert("a".to_owned(), "b".to_owned(), "c".to_owned()).await, "abc");
    insert::insert("a".to_owned(), "b".to_owned(), "c".to_owned(), "d".to_owned());
    assert_eq!(r#type(1, "a").await, 2);
    assert!(r#type::cache().name().ends_with("::type"));
    assert!(r#loop(1, 0.5).await > 1.0);
    assert!(r#impl::invalidate(&1));
    assert!(strange::page(1, "en").await.is_fine());
    assert!(strange::page::invalidate(&1, "en"));
}
