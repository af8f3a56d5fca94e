//! The function itself, under its own name: a lookup, and on a miss a wait.

use crate::{
    check,
    expand::{call, companion},
    generics,
    item::Flow,
    plan::{Plan, Shape},
};
use proc_macro2::{Delimiter, Group, TokenStream};
use quote::quote;
use syn::{FnArg, Visibility};

pub(super) fn expand(plan: &Plan) -> TokenStream {
    let Plan { item, .. } = plan;
    let vis = &item.vis;
    let attrs = attributes(plan);
    let signature = signature(plan);
    let docs = docs(plan);
    let statements = match plan.shape {
        Shape::Inline => call::body(plan),
        Shape::Item => companion::through_alias(plan, call::body(plan)),
        Shape::Generic => companion::through_alias(plan, forward(plan)),
    };
    let mut body = Group::new(Delimiter::Brace, statements);
    // A function that ends where the user's does is the user's: the compiler tells nobody that other ones are never used.
    body.set_span(item.body.span());
    let quiet = quiet(plan);
    quote! {
        #attrs
        #docs
        #quiet
        #vis #signature #body
    }
}

/// What generated code does that lints are about.
fn quiet(plan: &Plan) -> TokenStream {
    // About parameters: the body has the same ones, and there they are told.
    let of_params = quote! {
        #[allow(
            clippy::fn_params_excessive_bools,
            clippy::multiple_bound_locations,
            clippy::too_many_arguments,
            clippy::type_complexity,
            clippy::used_underscore_binding
        )]
    };
    if plan.shape != Shape::Inline {
        return of_params;
    }
    // The body is in here as well, so no lint is named that a body is likely to be judged by.
    quote! {
        #[allow(
            refining_impl_trait,
            clippy::async_yields_async,
            clippy::fn_params_excessive_bools,
            clippy::items_after_statements,
            clippy::let_unit_value,
            clippy::manual_async_fn,
            clippy::multiple_bound_locations,
            clippy::needless_borrow,
            clippy::no_effect_underscore_binding,
            clippy::redundant_closure_call,
            clippy::redundant_locals,
            clippy::too_many_arguments,
            clippy::too_many_lines,
            clippy::type_complexity,
            clippy::unused_async,
            clippy::used_underscore_binding
        )]
    }
}

/// Hands all arguments to the companion, where the types of all have names.
fn forward(plan: &Plan) -> TokenStream {
    let home = &plan.home;
    let arguments = plan.function.params.iter().map(|param| &param.name);
    let call = quote!(<#home>::__call(#(#arguments),*));
    match plan.function.flow {
        Flow::Async => quote!(#call.await),
        Flow::Boxed => quote!(::std::boxed::Box::pin(#call)),
        Flow::Blocking => call,
    }
}

/// The user's attributes. What lints are expected of the function, the body has, where that is a function of its own.
fn attributes(plan: &Plan) -> TokenStream {
    let is_inline = plan.shape == Shape::Inline;
    let attrs = plan.item.attrs.iter().filter(|attr| is_inline || !check::is_instrument(attr));
    let attrs = attrs.map(|attr| match &attr.meta {
        syn::Meta::List(list) if list.path.is_ident("expect") && !is_inline => {
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
        match input {
            FnArg::Typed(typed) => {
                let name = &param.name;
                typed.pat = syn::parse_quote!(#name);
            }
            FnArg::Receiver(receiver) if plan.detach && receiver.reference.is_none() => {
                receiver.mutability = None;
            }
            FnArg::Receiver(_) => {}
        }
    }
    // What is in an `impl` of a trait can't ask for more than the trait does.
    let may_ask = !plan.function.is_associated || !matches!(plan.item.vis, Visibility::Inherited);
    if may_ask && plan.shape != Shape::Item {
        generics::outlive(&mut sig, plan.detach);
    }
    if plan.shape == Shape::Inline && plan.function.flow == Flow::Async && plan.detach {
        sig.asyncness = None;
        let output = call::gated_type(plan);
        sig.output = syn::parse_quote!(-> #output);
    }
    quote!(#sig)
}

/// A paragraph on what the companion offers; the companion itself is hidden, or links to the function would be ambiguous.
///
/// On a function that has no documentation it is there for rustdoc alone, so that `missing_docs` still tells of it.
fn docs(plan: &Plan) -> TokenStream {
    let mut text = match (plan.shape, &plan.accessor) {
        (Shape::Inline, None) => String::new(),
        (Shape::Inline, Some(accessor)) => {
            format!("\n\nMemoized by `#[stampede]`: `{accessor}()` returns its cache.")
        }
        _ => {
            let name = &plan.companion;
            let path = if plan.split.is_generic() { format!("{name}::<…>") } else { name.to_string() };
            let together = if plan.split.is_generic() {
                format!(
                    " `{name}::clear_all` and `{name}::stats_all` work on those of all instantiations together."
                )
            } else {
                String::new()
            };
            format!(
                "\n\nMemoized by `#[stampede]`: `{path}::invalidate`, `{path}::refresh`, `{path}::uncached`, \
                 `{path}::peek`, `{path}::insert`, `{path}::call_with_info`, `{path}::clear`, `{path}::stats` and `{path}::cache` work on its \
                 cache.{together}"
            )
        }
    };
    if plan.function.flow == Flow::Blocking {
        text.push_str(
            "\n\nA call that waits for another one's load blocks its thread: inside an async runtime, call it by \
             `spawn_blocking`.",
        );
    }
    if text.is_empty() {
        TokenStream::new()
    } else if plan.item.attrs.iter().any(|attr| attr.path().is_ident("doc")) {
        quote!(#[doc = #text])
    } else {
        quote!(#[cfg_attr(doc, doc = #text)])
    }
}
