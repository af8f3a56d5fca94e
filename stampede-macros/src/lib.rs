//! The `#[stampede]` attribute of the crate `stampede-runtime`, which re-exports it. Depend on that one.

mod args;
mod check;
mod diag;
mod duration;
mod expand;
mod fallback;
mod generics;
mod item;
mod plan;
mod receiver;
#[cfg(test)]
mod tests;

use args::{Args, Companion};
use diag::Diag;
use item::{Function, Item};
use plan::Plan;
use proc_macro2::TokenStream;

/// Turns an async function into a coalescing cache of its own results. `stampede-runtime` documents it.
#[proc_macro_attribute]
pub fn stampede(args: proc_macro::TokenStream, item: proc_macro::TokenStream) -> proc_macro::TokenStream {
    memoize(args.into(), &item.into()).into()
}

/// Parse, check, plan, expand; on a mistake the function as it was, with all errors.
fn memoize(args: TokenStream, tokens: &TokenStream) -> TokenStream {
    let mut diag = Diag::new();
    let args = Args::parse(args, &mut diag);
    let item: Item = match syn::parse2(tokens.clone()) {
        Ok(item) => item,
        Err(error) => {
            if item::looks_like_function(tokens) {
                diag.add(error);
            } else {
                diag.error(tokens, item::NOT_A_FUNCTION);
            }
            return fallback::emit(diag, tokens);
        }
    };
    let mut function = Function::new(&item, &mut diag);
    // Where nothing else tells, as in `fn page(id: u64) -> Page`, the user does.
    function.is_associated |= matches!(args.companion, Some(Companion::Function(_)));
    check::check(&args, &item, &function, &mut diag);
    if diag.has_errors() {
        return fallback::emit(diag, tokens);
    }
    expand::expand(&Plan::new(&args, item, function))
}
