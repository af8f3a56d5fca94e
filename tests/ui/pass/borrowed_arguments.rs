//! Arguments by reference: strings, slices, paths, types of the user's, with and without a lifetime, optional, static.

use stampede::stampede;
use std::{
    borrow::Borrow,
    fmt,
    path::{Path, PathBuf},
};

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Region(String);

/// A borrowed form of one's own.
#[derive(PartialEq, Eq, Hash)]
#[repr(transparent)]
struct Code(str);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct CodeBuf(String);

impl Code {
    fn check(buf: &CodeBuf) -> &str {
        &buf.0
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[stampede(ttl = "1m")]
async fn page(lang: &str, ids: &[u64], region: &Region) -> String {
    format!("{lang} {ids:?} {region}")
}

#[stampede(ttl = "1m")]
async fn file<'a>(path: &'a Path, base: &PathBuf, code: &'a CodeBuf) -> String {
    format!("{} {} {}", path.display(), base.display(), Code::check(code))
}

#[stampede(ttl = "1m")]
async fn optional(lang: Option<&str>, ids: std::option::Option<&[u64]>, region: Option<&Region>) -> String {
    format!("{lang:?} {ids:?} {}", region.is_some())
}

#[stampede(ttl = "1m")]
async fn kept(lang: &'static str, ids: &'static [u64], other: Option<&'static str>) -> String {
    format!("{lang} {ids:?} {other:?}")
}

#[stampede(ttl = "1m")]
async fn nested(langs: &Vec<String>, both: &(u64, String), array: &[u8; 2], letter: &char) -> usize {
    langs.len() + both.1.len() + array.len() + letter.len_utf8()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let region = Region("eu".to_owned());
    assert_eq!(page("en", &[1, 2], &region).await, "en [1, 2] eu");
    assert!(page::invalidate("en", &[1, 2], &region));

    let code = CodeBuf("c".to_owned());
    assert_eq!(file(Path::new("a"), &PathBuf::from("b"), &code).await, "a b c");
    assert!(file::peek(Path::new("a"), &PathBuf::from("b"), &code).is_some());
    let key: (PathBuf, PathBuf, CodeBuf) = ("a".into(), "b".into(), code.clone());
    assert!(file::cache().peek(&key).is_some());
    let borrowed: &str = key.2.0.borrow();
    assert_eq!(borrowed, "c");

    assert_eq!(optional(Some("en"), None, Some(&region)).await, "Some(\"en\") None true");
    assert!(optional::invalidate(Some("en"), None, Some(&region)));
    assert!(!optional::invalidate(None, None, None));

    assert_eq!(kept("en", &[1], None).await, "en [1] None");
    let ids: &[u64] = &[1];
    assert!(kept::invalidate(&"en", &ids, &None));

    assert_eq!(nested(&vec!["en".to_owned()], &(1, "ab".to_owned()), &[1, 2], &'c').await, 6);
}
