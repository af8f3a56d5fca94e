//! How a load gets its arguments and runs the user's body.

use crate::{
    item::{Param, Passing},
    plan::Plan,
};
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

/// Waits for the flight of `__stampede_miss`, from the function's own parameters.
pub(super) fn wait(plan: &Plan) -> TokenStream {
    let (detached, in_place) = (quote!(detached), quote!(in_place));
    wait_by(plan, if plan.detach { &detached } else { &in_place })
}

/// The same, for the output and how it came to the call.
pub(super) fn wait_with_info(plan: &Plan) -> TokenStream {
    let (detached, in_place) = (quote!(detached_with_info), quote!(in_place_with_info));
    wait_by(plan, if plan.detach { &detached } else { &in_place })
}

fn wait_by(plan: &Plan, method: &TokenStream) -> TokenStream {
    let home = &plan.home;
    let params = &plan.function.params;
    if plan.detach {
        let arguments = params.iter().map(|param| owned(plan, param));
        quote!(__stampede_miss.#method(move || #home::__load(#(#arguments),*)).await)
    } else {
        let arguments = params.iter().map(|param| &param.name);
        quote!(__stampede_miss.#method(move || #home::__body(#(#arguments),*)).await)
    }
}

/// `__body`: the user's function, under the lints that the user has set for it.
pub(super) fn body(plan: &Plan) -> TokenStream {
    let is_lint = |attr: &&syn::Attribute| {
        ["allow", "warn", "deny", "forbid", "expect"].iter().any(|level| attr.path().is_ident(level))
    };
    let lints = plan.item.attrs.iter().filter(is_lint);
    let mut sig = plan.item.sig.clone();
    sig.ident = syn::Ident::new("__body", sig.ident.span());
    let body = &plan.item.body;
    // A function has to be `async` to be memoized, whether it awaits something or not.
    quote!(#[allow(clippy::unused_async)] #(#lints)* #sig #body)
}

/// `__load`, which runs the body with arguments of its own.
///
/// It is no `async fn` and returns a trait object: otherwise whether a recursive function is `Send` would depend on itself.
pub(super) fn load(plan: &Plan) -> TokenStream {
    if !plan.detach {
        return TokenStream::new();
    }
    let Plan { private, function, .. } = plan;
    let (verdict, key, output) = (&plan.verdict, &plan.key.ty, &function.output);
    let inputs = function.params.iter().map(|param| {
        let (name, ty) = (&param.name, owned_type(plan, param));
        quote!(#name: #ty)
    });
    let arguments = function.params.iter().map(|param| borrowed(plan, param));
    // At the function's name: that is where a body that is not `Send` is told.
    let future = quote_spanned! {plan.item.sig.ident.span()=>
        ::std::boxed::Box::pin(async move { Self::__body(#(#arguments),*).await })
    };
    quote! {
        fn __load(#(#inputs),*) -> <#verdict as #private::Choose<#key, #output>>::Load {
            #future
        }
    }
}

/// What a load holds of an argument.
fn owned_type(plan: &Plan, param: &Param) -> TokenStream {
    let own = own(plan, param);
    match &param.passing {
        Passing::Value(ty) => quote!(#ty),
        Passing::Reference(_) => quote!(#own::Owned),
        Passing::OptionReference(_) => quote!(::core::option::Option<#own::Owned>),
    }
}

/// Owns an argument, from the function's own parameter. What is passed by value is moved.
fn owned(plan: &Plan, param: &Param) -> TokenStream {
    let (name, own) = (&param.name, own(plan, param));
    match &param.passing {
        Passing::Value(_) => quote!(#name),
        Passing::Reference(_) => quote!(#own::own(#name)),
        Passing::OptionReference(_) => quote!(#name.map(#own::own)),
    }
}

/// An argument as the body takes it, from what the load holds.
fn borrowed(plan: &Plan, param: &Param) -> TokenStream {
    let (name, own) = (&param.name, own(plan, param));
    match &param.passing {
        Passing::Value(_) => quote!(#name),
        Passing::Reference(_) => quote!(#own::lend(&#name)),
        Passing::OptionReference(_) => quote!(#name.as_ref().map(#own::lend)),
    }
}

fn own(plan: &Plan, param: &Param) -> TokenStream {
    let (private, verdict, target) = (&plan.private, &plan.verdict, param.passing.target());
    quote!(<#verdict as #private::Own<#target>>)
}
