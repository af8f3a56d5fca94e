//! How a call becomes what it is looked up by.

use crate::{
    item::{Param, Passing},
    plan::{KeyForm, Plan},
};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::{Expr, GenericArgument, PathArguments, Type, spanned::Spanned};

/// The parameters that make up the key, or none for a declared one.
pub(super) fn keyed_params(plan: &Plan) -> Vec<&Param> {
    match &plan.key.form {
        KeyForm::Arguments { params } => params.iter().map(|place| &plan.function.params[*place]).collect(),
        KeyForm::Declared { .. } => Vec::new(),
    }
}

/// Sets a new variable to what `call` makes of the view of a call, which is built from the function's own parameters.
///
/// In a block of its own, so that nothing of the view is held while the call waits. The variable is declared before it: if a
/// part of the view panics when it is dropped, what the variable came to is dropped too, and a call that has boarded leaves.
///
/// The view is built where it is used, after its cache has been found: what reads that from memory of all threads would have the
/// compiler read the parts of the view from memory again.
pub(super) fn with_call(
    plan: &Plan,
    variable: &Ident,
    call: impl FnOnce(&TokenStream) -> TokenStream,
) -> TokenStream {
    let (parts, bindings) = match &plan.key.form {
        KeyForm::Arguments { .. } => {
            (keyed_params(plan).into_iter().map(|param| part(plan, param)).collect(), quote!())
        }
        KeyForm::Declared { parts } => declared(parts),
    };
    let called = call(&view(plan, &parts));
    quote! {
        let #variable;
        {
            #bindings
            #variable = #called;
        }
    }
}

/// The view of the parts of a key.
pub(super) fn view(plan: &Plan, parts: &Vec<TokenStream>) -> TokenStream {
    let private = &plan.private;
    match &parts[..] {
        [part] => quote!(#private::One(#part)),
        _ => quote!(#private::View((#(#parts),*))),
    }
}

/// The type of a reference to an argument: owned ones by reference, references as they are.
pub(super) fn reference_type(param: &Param) -> TokenStream {
    let target = param.passing.target();
    match &param.passing {
        Passing::Value(_) | Passing::Reference(_) => quote!(&#target),
        Passing::OptionReference(_) => quote!(::core::option::Option<&#target>),
    }
}

/// The argument as a reference, from the function's own parameter.
pub(super) fn by_reference(param: &Param) -> TokenStream {
    let name = &param.name;
    match &param.passing {
        Passing::Value(_) => quote!(&#name),
        Passing::Reference(_) | Passing::OptionReference(_) => quote!(#name),
    }
}

/// The argument as a part of a view. What its type is, the compiler knows: here it only looks like a text.
fn part(plan: &Plan, param: &Param) -> TokenStream {
    let (private, reference) = (&plan.private, by_reference(param));
    match &param.passing {
        Passing::Value(ty) | Passing::Reference(ty) if looks_like_text(ty) => {
            quote!(#private::Lent::new(#reference).part())
        }
        _ => reference,
    }
}

fn looks_like_text(ty: &Type) -> bool {
    let Type::Path(path) = ty else { return false };
    path.path.segments.last().is_some_and(|last| last.ident == "str" || last.ident == "String")
}

/// The parts of a declared key, and what binds them.
///
/// ```text
/// Input:   key: (u64, String) = (user.id, lang)
///
/// Output:  let __stampede_0: &u64 = &(user.id);
///          let __stampede_1: &str = &(lang);
/// ```
///
/// A `let` with a type takes the part itself, references to it and whatever derefs to it, and says what it expected else.
fn declared(parts: &[(Type, Expr)]) -> (Vec<TokenStream>, TokenStream) {
    let names: Vec<_> = (0..parts.len())
        .map(|number| format_ident!("__stampede_{number}", span = Span::call_site()).to_token_stream())
        .collect();
    let bindings = parts.iter().zip(&names).map(|((ty, source), name)| {
        let ty = borrowed_form(ty);
        let source = quote_spanned!(source.span()=> &(#source));
        quote!(let #name: &#ty = #source;)
    });
    let bindings = quote!(#(#bindings)*);
    (names, bindings)
}

/// What a part of a declared key is compared as: of the standard library's strings and lists, their borrowed form.
fn borrowed_form(ty: &Type) -> TokenStream {
    let Type::Path(path) = ty else { return ty.to_token_stream() };
    let Some(last) = path.path.segments.last() else { return ty.to_token_stream() };
    match (last.ident.to_string().as_str(), &last.arguments) {
        ("String", PathArguments::None) => quote!(::core::primitive::str),
        ("PathBuf", PathArguments::None) => quote!(::std::path::Path),
        ("OsString", PathArguments::None) => quote!(::std::ffi::OsStr),
        ("Vec", PathArguments::AngleBracketed(arguments)) => match arguments.args.first() {
            Some(GenericArgument::Type(item)) if arguments.args.len() == 1 => quote!([#item]),
            _ => ty.to_token_stream(),
        },
        _ => ty.to_token_stream(),
    }
}
