//! The whole macro, from tokens to tokens.

mod any_tokens;
mod expansions;

use proc_macro2::TokenStream;

/// Expands a function as the compiler has it done.
fn expand(args: &str, item: &str) -> TokenStream {
    let parse = |tokens: &str| tokens.parse::<TokenStream>().expect("tokens");
    crate::memoize(parse(args), &parse(item))
}
