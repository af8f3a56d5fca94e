//! The function itself, under its own name: a lookup, and on a miss a wait.

use crate::{
    expand::{load, lookup},
    plan::Plan,
};
use proc_macro2::TokenStream;
use quote::quote;

pub(super) fn expand(plan: &Plan) -> TokenStream {
    let Plan { item, private, companion, .. } = plan;
    let (attrs, vis) = (&item.attrs, &item.vis);
    let signature = signature(plan);
    let key = lookup::of_call(plan);
    let wait = load::wait(plan);
    let docs = docs(plan);
    quote! {
        #(#attrs)*
        #docs
        #vis #signature {
            // In a statement of its own: the view of the arguments ends there, and the load may take them.
            let __stampede_begun = #private::begin(#companion::cache(), &#key);
            match __stampede_begun {
                ::core::result::Result::Ok(__stampede_output) => __stampede_output,
                ::core::result::Result::Err(__stampede_miss) => #wait,
            }
        }
    }
}

/// The user's signature; patterns are taken apart by the body, so the parameters have plain names here.
fn signature(plan: &Plan) -> TokenStream {
    let mut sig = plan.item.sig.clone();
    for (input, param) in sig.inputs.iter_mut().zip(&plan.function.params) {
        if let syn::FnArg::Typed(typed) = input {
            let name = &param.name;
            typed.pat = syn::parse_quote!(#name);
        }
    }
    quote!(#sig)
}

/// A paragraph on what the companion offers; the companion itself is hidden, or links to the function would be ambiguous.
fn docs(plan: &Plan) -> TokenStream {
    if !plan.has_companion {
        return TokenStream::new();
    }
    let name = &plan.companion;
    let text = format!(
        "\n\nMemoized by `#[stampede]`: `{name}::invalidate`, `{name}::refresh`, `{name}::uncached`, `{name}::peek`, \
         `{name}::insert`, `{name}::clear`, `{name}::stats` and `{name}::cache` work on its cache."
    );
    quote!(#[doc = #text])
}
