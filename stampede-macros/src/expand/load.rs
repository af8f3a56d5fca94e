//! How a load gets its arguments and runs the user's body.

use crate::{
    item::{Param, Passing},
    plan::Plan,
};
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

/// Waits for the flight of `__stampede_miss`, from the function's own parameters.
pub(super) fn wait(plan: &Plan) -> TokenStream {
    let companion = &plan.companion;
    let params = &plan.function.params;
    if plan.detach {
        let arguments = params.iter().map(|param| owned(plan, param));
        quote!(__stampede_miss.detached(move || #companion::__load(#(#arguments),*)).await)
    } else {
        let arguments = params.iter().map(|param| &param.name);
        quote!(__stampede_miss.in_place(move || #companion::__body(#(#arguments),*)).await)
    }
}

/// `__body`, the user's function; and `__load`, which runs it with arguments of its own.
///
/// `__load` is no `async fn` and returns a trait object: otherwise whether a recursive function is `Send` would depend on
/// itself.
pub(super) fn functions(plan: &Plan) -> TokenStream {
    let body = body(plan);
    if !plan.detach {
        return body;
    }
    let (private, output) = (&plan.private, &plan.function.output);
    let params = &plan.function.params;
    let inputs = params.iter().map(|param| {
        let (name, ty) = (&param.name, owned_type(plan, param));
        quote!(#name: #ty)
    });
    let arguments = params.iter().map(borrowed);
    quote! {
        #body
        fn __load(#(#inputs),*) -> #private::BoxFuture<#output> {
            ::std::boxed::Box::pin(async move { Self::__body(#(#arguments),*).await })
        }
    }
}

fn body(plan: &Plan) -> TokenStream {
    let mut sig = plan.item.sig.clone();
    sig.ident = syn::Ident::new("__body", sig.ident.span());
    let body = &plan.item.body;
    quote!(#sig #body)
}

/// What a load holds of an argument.
fn owned_type(plan: &Plan, param: &Param) -> TokenStream {
    let private = &plan.private;
    let target = param.passing.target();
    let owned = quote_spanned!(target.span()=> <#target as #private::OwnArgument>::Owned);
    match &param.passing {
        Passing::Value(ty) => quote!(#ty),
        Passing::Reference(_) => owned,
        Passing::OptionReference(_) => quote!(::core::option::Option<#owned>),
    }
}

/// Owns an argument, from the function's own parameter. What is passed by value is moved.
fn owned(plan: &Plan, param: &Param) -> TokenStream {
    let private = &plan.private;
    let (name, target) = (&param.name, param.passing.target());
    match &param.passing {
        Passing::Value(_) => quote!(#name),
        Passing::Reference(_) => quote_spanned!(target.span()=> #private::own::<#target>(#name)),
        Passing::OptionReference(_) => quote_spanned!(target.span()=> #private::own_option::<#target>(#name)),
    }
}

/// An argument as the body takes it, from what the load holds.
fn borrowed(param: &Param) -> TokenStream {
    let (name, target) = (&param.name, param.passing.target());
    match &param.passing {
        Passing::Value(_) => quote!(#name),
        Passing::Reference(_) => quote!(::core::borrow::Borrow::<#target>::borrow(&#name)),
        Passing::OptionReference(_) => {
            quote!(#name.as_ref().map(|__stampede| ::core::borrow::Borrow::<#target>::borrow(__stampede)))
        }
    }
}
