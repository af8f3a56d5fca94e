//! Functions that other macros make.

use stampede::stampede;

macro_rules! memoized {
    ($(#[$meta:meta])* $vis:vis fn $name:ident($arg:ident: $ty:ty) -> $output:ty $body:block) => {
        $(#[$meta])*
        #[stampede(ttl = "1m")]
        $vis async fn $name($arg: $ty) -> $output $body
    };
}

macro_rules! optional {
    ($name:ident, $ty:ty) => {
        #[stampede(ttl = "1m")]
        async fn $name(value: Option<$ty>) -> usize {
            value.map_or(0, |value| value.len())
        }
    };
}

memoized! {
    /// Doubles.
    pub fn double(id: u64) -> u64 { 2 * id }
}
memoized! { fn length(text: &str) -> Result<usize, String> { Ok(text.len()) } }
optional!(optional_length, &str);

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(double(2).await, 4);
    assert_eq!(length("ab").await, Ok(2));
    assert_eq!(optional_length(Some("abc")).await, 3);
    assert!(double::invalidate(&2) && length::invalidate("ab") && optional_length::invalidate(Some("abc")));
}
