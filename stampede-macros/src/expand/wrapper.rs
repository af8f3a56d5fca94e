//! The function itself, under its own name: a lookup, and on a miss a wait.

use crate::{
    expand::{load, local, lookup},
    plan::Plan,
};
use proc_macro2::{Delimiter, Group, TokenStream};
use quote::quote;

pub(super) fn expand(plan: &Plan) -> TokenStream {
    let Plan { item, home, .. } = plan;
    let vis = &item.vis;
    let attrs = attributes(plan);
    let signature = signature(plan);
    let begun = lookup::with_call(plan, &local("begun"), &quote!(#home::__cache().begin(&__stampede_call)));
    let wait = load::wait(plan);
    let docs = docs(plan);
    let mut body = Group::new(
        Delimiter::Brace,
        quote! {
            #begun
            match __stampede_begun {
                ::core::result::Result::Ok(__stampede_output) => __stampede_output,
                ::core::result::Result::Err(__stampede_miss) => #wait,
            }
        },
    );
    // A function that ends where the user's does is the user's: the compiler tells nobody that other ones are never used.
    body.set_span(item.body.span());
    quote! {
        #attrs
        #docs
        // About parameters: the body has the same ones, and there they are told.
        #[allow(
            clippy::fn_params_excessive_bools,
            clippy::too_many_arguments,
            clippy::type_complexity,
            clippy::used_underscore_binding
        )]
        #vis #signature #body
    }
}

/// The user's attributes. What lints are expected of the function, the body has.
fn attributes(plan: &Plan) -> TokenStream {
    let attrs = plan.item.attrs.iter().map(|attr| match &attr.meta {
        syn::Meta::List(list) if list.path.is_ident("expect") => {
            let lints = &list.tokens;
            quote!(#[allow(#lints)])
        }
        _ => quote!(#attr),
    });
    attrs.collect()
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
///
/// On a function that has no documentation it is there for rustdoc alone, so that `missing_docs` still tells of it.
fn docs(plan: &Plan) -> TokenStream {
    if !plan.has_companion {
        return TokenStream::new();
    }
    let name = &plan.companion;
    let text = format!(
        "\n\nMemoized by `#[stampede]`: `{name}::invalidate`, `{name}::refresh`, `{name}::uncached`, `{name}::peek`, \
         `{name}::insert`, `{name}::call_with_info`, `{name}::clear`, `{name}::stats` and `{name}::cache` work on its cache."
    );
    if plan.item.attrs.iter().any(|attr| attr.path().is_ident("doc")) {
        quote!(#[doc = #text])
    } else {
        quote!(#[cfg_attr(doc, doc = #text)])
    }
}
