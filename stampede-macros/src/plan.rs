//! Every question about the expansion, answered; what follows only writes it down.

use crate::{
    args::{Args, Companion, Key, Ttl},
    check,
    item::{Function, Item, Param, Passing},
};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use std::time::Duration;
use syn::{Expr, Type, spanned::Spanned};

/// What the expansion is made of.
pub(crate) struct Plan {
    pub(crate) item: Item,
    pub(crate) function: Function,
    /// The path of `__private`.
    pub(crate) private: TokenStream,
    pub(crate) companion: Ident,
    /// Whether the companion is for the user, or only a place for generated functions.
    pub(crate) has_companion: bool,
    pub(crate) detach: bool,
    pub(crate) name: TokenStream,
    pub(crate) ttl: TokenStream,
    pub(crate) key: PlannedKey,
}

/// The key, and how a call is looked up by it.
pub(crate) struct PlannedKey {
    pub(crate) ty: TokenStream,
    pub(crate) form: KeyForm,
}

pub(crate) enum KeyForm {
    /// Arguments, by their place in the parameter list.
    Arguments { params: Vec<usize>, is_tuple: bool },
    /// The parts of a declared key: their types and what makes them.
    Declared { parts: Vec<(Type, Expr)>, is_tuple: bool },
}

impl Plan {
    pub(crate) fn new(args: &Args, item: Item, function: Function) -> Self {
        let krate = args.crate_path();
        let private = quote!(#krate::__private);
        let fn_name = &item.sig.ident;
        let (companion, has_companion) = match &args.companion {
            None => (fn_name.clone(), true),
            Some(Companion::Named(name)) => (name.clone(), true),
            Some(Companion::None) => {
                (format_ident!("__stampede_{}", fn_name, span = Span::call_site()), false)
            }
        };
        Self {
            key: plan_key(args, &function, &private),
            name: plan_name(args, fn_name),
            ttl: plan_ttl(args),
            detach: check::is_detached(args),
            companion,
            has_companion,
            private,
            item,
            function,
        }
    }
}

fn plan_name(args: &Args, fn_name: &Ident) -> TokenStream {
    match &args.name {
        Some(name) => name.to_token_stream(),
        None => {
            let fn_name = fn_name.to_string();
            let fn_name = fn_name.trim_start_matches("r#");
            quote!(::core::concat!(::core::module_path!(), "::", #fn_name))
        }
    }
}

fn plan_ttl(args: &Args) -> TokenStream {
    let duration = match &args.ttl {
        None => Duration::ZERO,
        Some(Ttl::For(duration)) => *duration,
        Some(Ttl::Forever) => Duration::MAX,
        // In a constant of its own: only constants are taken, and a mistake is told at the path.
        Some(Ttl::Const(path)) => {
            return quote_spanned! {path.span()=> {
                const __STAMPEDE_TTL: ::core::time::Duration = #path;
                __STAMPEDE_TTL
            }};
        }
    };
    let (secs, nanos) = (duration.as_secs(), duration.subsec_nanos());
    quote!(::core::time::Duration::new(#secs, #nanos))
}

fn plan_key(args: &Args, function: &Function, private: &TokenStream) -> PlannedKey {
    if let Some(Key::Declared { ty, source }) = &args.key {
        return PlannedKey { ty: ty.to_token_stream(), form: declared_form(ty, source) };
    }
    let (params, is_tuple) = match &args.key {
        // In the order in which they are named.
        Some(Key::Arguments { names, is_tuple }) => {
            let place = |name: &Ident| function.params.iter().position(|param| param.name == *name);
            (names.iter().filter_map(place).collect::<Vec<_>>(), *is_tuple)
        }
        _ => {
            let keyed = |(_, param): &(usize, &Param)| check::is_keyed(args, param);
            let params: Vec<usize> =
                function.params.iter().enumerate().filter(keyed).map(|(place, _)| place).collect();
            let is_tuple = params.len() != 1;
            (params, is_tuple)
        }
    };
    // `(id)` is `id`; there are no tuples of one.
    let is_tuple = is_tuple && params.len() != 1;
    let types: Vec<_> = params.iter().map(|place| owned_type(&function.params[*place], private)).collect();
    let ty = if is_tuple { quote!((#(#types),*)) } else { quote!(#(#types)*) };
    PlannedKey { ty, form: KeyForm::Arguments { params, is_tuple } }
}

/// What the key keeps of an argument. Through a trait with a message of its own, at the argument's type.
fn owned_type(param: &Param, private: &TokenStream) -> TokenStream {
    let target = param.passing.target();
    let owned = quote_spanned!(target.span()=> <#target as #private::KeyArgument>::Owned);
    match &param.passing {
        Passing::Value(_) | Passing::Reference(_) => owned,
        Passing::OptionReference(_) => quote!(::core::option::Option<#owned>),
    }
}

/// A tuple of expressions for a tuple type is looked up part by part, so that each part may be a borrowed form.
fn declared_form(ty: &Type, source: &Expr) -> KeyForm {
    if let (Type::Tuple(types), Expr::Tuple(sources)) = (ty, source) {
        if types.elems.len() == sources.elems.len() && types.elems.len() != 1 {
            let parts = types.elems.iter().cloned().zip(sources.elems.iter().cloned()).collect();
            return KeyForm::Declared { parts, is_tuple: true };
        }
    }
    KeyForm::Declared { parts: vec![(ty.clone(), source.clone())], is_tuple: false }
}
