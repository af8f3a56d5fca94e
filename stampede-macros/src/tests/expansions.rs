//! What generated code looks like, and what is left of functions that are being typed.
//!
//! `UPDATE_EXPECT=1 cargo test -p stampede-macros` writes the snapshots anew; read the diff.

use super::expand;
use expect_test::expect_file;
use proc_macro2::TokenStream;

/// The expansion of a function, as people read it.
fn pretty(args: &str, item: &str) -> String {
    let file = syn::parse2(expand(args, item)).expect("items");
    prettyplease::unparse(&file)
}

/// The same inside an `impl`.
fn pretty_in_impl(args: &str, item: &str) -> String {
    let expanded = expand(args, item);
    let file = syn::parse2(quote::quote!(impl Site { #expanded })).expect("items of an impl");
    prettyplease::unparse(&file)
}

#[test]
fn function() {
    let expanded = pretty(
        "ttl = \"5s\"",
        "/// Asks the bank.
         pub async fn rate(from: Currency, to: &str) -> Result<Rate, ApiError> { bank().ask(from, to).await }",
    );
    expect_file!["../../snapshots/function.rs"].assert_eq(&expanded);
}

#[test]
fn function_driven_by_callers() {
    let expanded = pretty(
        "key: u64 = user.id, detach = false",
        "async fn page(user: &User<'_>) -> String { render(user).await }",
    );
    expect_file!["../../snapshots/function_driven_by_callers.rs"].assert_eq(&expanded);
}

#[test]
fn generic_function() {
    let expanded = pretty(
        "ttl = \"5s\", key = url",
        "async fn fetch<T: DeserializeOwned + Clone + Send + Sync>(client: &impl Client, url: &str) -> Result<T, Error> {
             client.get(url).await?.json().await
         }",
    );
    expect_file!["../../snapshots/generic_function.rs"].assert_eq(&expanded);
}

#[test]
fn blocking_function() {
    let expanded = pretty("ttl = \"5s\"", "fn digest(path: &Path) -> io::Result<u64> { sum(path) }");
    expect_file!["../../snapshots/blocking_function.rs"].assert_eq(&expanded);
}

#[test]
fn blocking_function_with_a_stale_window() {
    let expanded = pretty(
        "ttl = \"5s\", stale_while_revalidate = \"1m\"",
        "fn digest(path: &Path) -> io::Result<u64> { sum(path) }",
    );
    expect_file!["../../snapshots/blocking_function_with_a_stale_window.rs"].assert_eq(&expanded);
}

#[test]
fn function_with_a_strict_tier() {
    let expanded = pretty(
        "ttl = \"5s\", tier = &*REDIS, strict = true",
        "async fn rate(from: Currency) -> Result<Rate, ApiError> { bank().ask(from).await }",
    );
    expect_file!["../../snapshots/function_with_a_strict_tier.rs"].assert_eq(&expanded);
}

#[test]
fn method() {
    let expanded = pretty_in_impl(
        "ttl = \"5s\", skip(self)",
        "pub async fn page(&self, (id, lang): (u64, Lang)) -> Result<Page, Error> { self.client.get(id, lang).await }",
    );
    expect_file!["../../snapshots/method.rs"].assert_eq(&expanded);
}

#[test]
fn method_with_a_cache_of_its_instance() {
    let expanded = pretty_in_impl(
        "cache = self.pages, detach = false",
        "async fn page(&self, id: u64) -> Page { self.client.get(id).await }",
    );
    expect_file!["../../snapshots/method_with_a_cache_of_its_instance.rs"].assert_eq(&expanded);
}

#[test]
fn async_trait_method() {
    let expanded = pretty_in_impl(
        "skip(self)",
        "fn page<'life0, 'async_trait>(&'life0 self, id: u64)
             -> Pin<Box<dyn Future<Output = u64> + Send + 'async_trait>>
         where 'life0: 'async_trait, Self: 'async_trait {
             Box::pin(async move { let __self = self; __self.id + id })
         }",
    );
    expect_file!["../../snapshots/async_trait_method.rs"].assert_eq(&expanded);
}

/// Whether all tokens of `part` stand in `whole`, in their order and next to each other.
fn contains(whole: &TokenStream, part: &str) -> bool {
    let part = part.parse::<TokenStream>().expect("tokens").to_string();
    whole.to_string().contains(&part)
}

#[test]
fn familiar_types_are_not_asked() {
    let is_asked = |item: &str| expand("ttl = \"5s\"", item).to_string().contains("Probe");
    for item in [
        "async fn page(id: u64, tags: &[String]) -> Result<Option<Vec<u8>>, String> { get(id, tags).await }",
        "async fn page(at: ([u8; 4], char)) -> f64 { get(at).await }",
    ] {
        assert!(!is_asked(item), "{item}");
    }
    for item in [
        "async fn page(at: Vec<f64>) -> u64 { get(at).await }",
        "async fn page(id: u64) -> Result<u64> { get(id).await }",
        "async fn page(id: u64) -> Result<u64, Error> { get(id).await }",
        "async fn page(id: u64) -> my::Option<u64> { get(id).await }",
        "async fn page(id: u64) -> Vec<User> { get(id).await }",
    ] {
        assert!(is_asked(item), "{item}");
    }
}

#[test]
fn half_typed_bodies_are_kept_as_they_are() {
    for body in
        ["{ client. }", "{ let x = ; x.get( ) }", "{ match id { } => }", "{ if let Some() = id { } else }"]
    {
        let item = format!("async fn page(id: u64) -> Result<u64, Error> {body}");
        assert!(contains(&expand("ttl = \"5s\"", &item), body), "{body}");
        let method = format!("pub async fn page(&self, id: u64) -> u64 {body}");
        assert!(contains(&expand("skip(self)", &method), body), "{body}");
    }
}

#[test]
fn functions_outlive_their_attributes() {
    let item = "pub async fn page(id: u64) -> u64 { id . }";
    for args in [
        "ttl",
        "ttl =",
        "tl = \"5s\"",
        "key = (id",
        "key: = id",
        "ttl = \"5s\" skip",
        "= = =",
        "key = nothing",
    ] {
        let Ok(args) = args.parse::<TokenStream>() else { continue };
        let expanded = crate::memoize(args, &item.parse().expect("tokens"));
        assert!(contains(&expanded, item), "{expanded}");
        assert!(contains(&expanded, "::core::compile_error!"), "{expanded}");
    }
}

#[test]
fn half_typed_signatures_are_kept_as_they_are() {
    for item in [
        "async fn",
        "async fn page(",
        "pub async fn page(id: ) -> {}",
        "async fn page(id: u64) -> Result<",
        "fn page",
    ] {
        let Ok(tokens) = item.parse::<TokenStream>() else { continue };
        let expanded = crate::memoize(TokenStream::new(), &tokens);
        assert!(contains(&expanded, item), "{expanded}");
    }
}

#[test]
fn attributes_go_where_they_belong() {
    let attrs =
        "/// Asks.\n #[cfg(unix)] #[inline] #[must_use] #[deprecated] #[allow(dead_code)] #[instrument]";
    let expanded = expand("ttl = \"5s\"", &format!("{attrs} pub fn page(id: u64) -> Page {{ ask(id) }}"));
    let file: syn::File = syn::parse2(expanded).expect("items");
    let mut functions = 0;
    for item in &file.items {
        let attrs = match item {
            syn::Item::Fn(item) => {
                functions += 1;
                for name in ["doc", "inline", "must_use", "deprecated", "allow"] {
                    assert!(has(&item.attrs, name), "{name}");
                }
                assert!(!has(&item.attrs, "instrument"));
                &item.attrs
            }
            syn::Item::Mod(item) => &item.attrs,
            syn::Item::Use(item) => &item.attrs,
            syn::Item::Const(item) => &item.attrs,
            syn::Item::Impl(item) => {
                for function in &item.items {
                    let syn::ImplItem::Fn(function) = function else { continue };
                    let is_body = function.sig.ident == "_page";
                    assert_eq!(has(&function.attrs, "instrument"), is_body, "{}", function.sig.ident);
                    for name in ["must_use", "deprecated"] {
                        assert!(!has(&function.attrs, name), "{name} of {}", function.sig.ident);
                    }
                }
                &item.attrs
            }
            _ => panic!("no other item stands beside a function"),
        };
        assert!(has(attrs, "cfg"));
    }
    assert_eq!(functions, 1);
}

fn has(attrs: &[syn::Attribute], name: &str) -> bool {
    attrs.iter().any(|attr| attr.path().is_ident(name))
}
