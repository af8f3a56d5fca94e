//! Any tokens give tokens: as attribute, as item, or as both.
//!
//! `cargo xtask fuzz` runs this for longer.

use proc_macro2::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};
use proptest::{
    collection::vec,
    prelude::*,
    sample::{Index, select},
};

/// What means something to the macro or to Rust.
const WORDS: [&str; 42] = [
    "ttl",
    "key",
    "skip",
    "detach",
    "cache",
    "name",
    "companion",
    "crate",
    "none",
    "true",
    "false",
    "self",
    "Self",
    "async",
    "fn",
    "pub",
    "impl",
    "dyn",
    "where",
    "for",
    "mut",
    "ref",
    "const",
    "unsafe",
    "extern",
    "static",
    "T",
    "id",
    "page",
    "u64",
    "str",
    "String",
    "Option",
    "Result",
    "Pin",
    "Box",
    "Future",
    "Output",
    "instrument",
    "use",
    "in",
    "_x",
];

const MARKS: [char; 18] =
    ['=', ':', ',', ';', '&', '*', '<', '>', '-', '+', '#', '!', '?', '.', '\'', '|', '@', '/'];

const LITERALS: [&str; 8] =
    ["\"5s\"", "\"forever\"", "\"{self}\"", "0", "1.5", "'x'", "b\"b\"", "r#\"{self:?}\"#"];

/// Functions to start from, with attributes that fit them.
const SEEDS: [(&str, &str); 9] = [
    (
        "ttl = \"5s\", skip(db)",
        "pub async fn page(db: &Db, id: u64) -> Result<Page, Error> { db.get(id).await }",
    ),
    (
        "key: (u64, String) = (user.id, lang)",
        "async fn page(user: &User, lang: &str) -> String { lang.into() }",
    ),
    ("detach = false", "async fn page<'a>((a, b): (u8, u8), mut c: Option<&'a str>) -> u8 { a + b }"),
    (
        "ttl = TTL, name = \"x\"",
        "async fn page<T: Clone + 'static, const N: usize>(x: &[T]) -> [T; N] where T: Send { todo!() }",
    ),
    ("key = id, companion = other", "fn page(id: u64, db: &impl Db) -> Vec<u8> { db.get(id) }"),
    ("skip(self), companion = fn pages", "pub async fn page(&self, id: u64) -> u64 { self.0 + id }"),
    ("cache = self.pages", "async fn page(self: Arc<Self>, id: u64) -> u64 { format!(\"{self}\") }"),
    ("companion = none, crate = a::b", "async fn page(id: u64) -> Self { Self(id) }"),
    (
        "skip(self)",
        "fn page<'a, 'b>(&'a self, id: u64) -> Pin<Box<dyn Future<Output = u64> + Send + 'b>> where 'a: 'b { Box::pin(async move { 1 }) }",
    ),
];

fn leaf() -> impl Strategy<Value = TokenTree> {
    prop_oneof![
        4 => select(&WORDS[..]).prop_map(|word| Ident::new(word, Span::call_site()).into()),
        3 => (select(&MARKS[..]), any::<bool>()).prop_map(|(mark, is_joint)| {
            // A lifetime's mark has to be followed by its name.
            let spacing = if is_joint || mark == '\'' { Spacing::Joint } else { Spacing::Alone };
            Punct::new(mark, spacing).into()
        }),
        1 => select(&LITERALS[..]).prop_map(|text| text.parse::<Literal>().expect("a literal").into()),
    ]
}

fn group(trees: Vec<TokenTree>, delimiter: Delimiter) -> TokenTree {
    Group::new(delimiter, trees.into_iter().collect()).into()
}

fn delimiter() -> impl Strategy<Value = Delimiter> {
    select(vec![Delimiter::Parenthesis, Delimiter::Brace, Delimiter::Bracket, Delimiter::None])
}

fn tree() -> impl Strategy<Value = TokenTree> {
    leaf().prop_recursive(4, 48, 8, |inner| {
        (vec(inner, 0..8), delimiter()).prop_map(|(trees, delimiter)| group(trees, delimiter))
    })
}

fn trees() -> impl Strategy<Value = TokenStream> {
    vec(tree(), 0..24).prop_map(|trees| trees.into_iter().collect())
}

/// One change of tokens: a tree is left out, replaced, doubled, or another one is put before it.
#[derive(Clone, Debug)]
struct Change {
    place: Index,
    kind: u8,
    tree: TokenTree,
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let change =
        (any::<Index>(), 0..5_u8, tree()).prop_map(|(place, kind, tree)| Change { place, kind, tree });
    vec(change, 0..4)
}

fn changed(tokens: TokenStream, change: &Change) -> TokenStream {
    let mut trees: Vec<TokenTree> = tokens.into_iter().collect();
    if trees.is_empty() {
        return change.tree.clone().into();
    }
    let place = change.place.index(trees.len());
    match (change.kind, &trees[place]) {
        (0, _) => drop(trees.remove(place)),
        (1, _) => trees[place] = change.tree.clone(),
        (2, _) => trees.insert(place, trees[place].clone()),
        (3, TokenTree::Group(inner)) => {
            let inner = Group::new(inner.delimiter(), changed(inner.stream(), change));
            trees[place] = inner.into();
        }
        _ => trees.insert(place, change.tree.clone()),
    }
    trees.into_iter().collect()
}

/// Expands, and checks that the item is not lost: it is memoized, or all of it is there beside an error.
fn check(args: &TokenStream, item: &TokenStream) -> Result<(), TestCaseError> {
    let expanded = crate::memoize(args.clone(), item).to_string();
    let is_kept = expanded.contains("compile_error") && expanded.contains(&item.to_string());
    prop_assert!(is_kept || expanded.contains("__private"), "{args} on {item} gave {expanded}");
    Ok(())
}

proptest! {
    #[test]
    fn any_attribute_on_any_item(args in trees(), item in trees()) {
        check(&args, &item)?;
    }

    #[test]
    fn any_attribute_on_functions(args in trees(), seed in select(&SEEDS[..])) {
        check(&args, &seed.1.parse().expect("tokens"))?;
    }

    #[test]
    fn changed_attributes_on_changed_functions(
        seed in select(&SEEDS[..]),
        of_args in changes(),
        of_item in changes(),
    ) {
        let [args, item] = [(seed.0, of_args), (seed.1, of_item)].map(|(text, changes)| {
            changes.iter().fold(text.parse().expect("tokens"), changed)
        });
        check(&args, &item)?;
    }
}
