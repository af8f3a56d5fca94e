//! How a call becomes what it is looked up by.

use crate::{
    item::{Param, Passing},
    plan::{KeyForm, Plan},
};
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{Expr, Type, UnOp, spanned::Spanned};

/// The parameters that make up the key, or none for a declared one.
pub(super) fn keyed_params(plan: &Plan) -> Vec<&Param> {
    match &plan.key.form {
        KeyForm::Arguments { params, .. } => {
            params.iter().map(|place| &plan.function.params[*place]).collect()
        }
        KeyForm::Declared { .. } => Vec::new(),
    }
}

/// The view of a call, from the function's own parameters.
pub(super) fn of_call(plan: &Plan) -> TokenStream {
    match &plan.key.form {
        KeyForm::Arguments { .. } => {
            let companion = &plan.companion;
            let arguments = keyed_params(plan).into_iter().map(by_reference);
            quote!(#companion::__key(#(#arguments),*))
        }
        KeyForm::Declared { parts, is_tuple } => {
            let private = &plan.private;
            let parts = parts.iter().map(|(ty, source)| {
                let source = source_of(plan, ty, source);
                quote_spanned!(source.span()=> #private::Of::<_, #ty>::new(#source))
            });
            view(private, *is_tuple, parts)
        }
    }
}

/// `__key`, the one function that makes views of arguments: what a type misses for a key is told there and nowhere else.
pub(super) fn key_function(plan: &Plan) -> TokenStream {
    let KeyForm::Arguments { is_tuple, .. } = &plan.key.form else { return TokenStream::new() };
    let (private, ty) = (&plan.private, &plan.key.ty);
    let params = keyed_params(plan);
    let names = params.iter().map(|param| &param.name);
    let view = view(private, *is_tuple, names.map(|name| quote!(#name)));
    let inputs = params.iter().map(|param| {
        let (name, ty) = (&param.name, reference_type(param, &quote!('__stampede)));
        quote!(#name: #ty)
    });
    quote! {
        #[inline]
        fn __key<'__stampede>(#(#inputs),*) -> impl #private::ToKey<#ty> + use<'__stampede> {
            #view
        }
    }
}

fn view(private: &TokenStream, is_tuple: bool, parts: impl Iterator<Item = TokenStream>) -> TokenStream {
    if is_tuple { quote!(#private::View((#(#parts),*))) } else { quote!(#private::One(#(#parts)*)) }
}

/// The type of a reference to an argument: owned ones by reference, references as they are.
pub(super) fn reference_type(param: &Param, lifetime: &TokenStream) -> TokenStream {
    let target = param.passing.target();
    match &param.passing {
        Passing::Value(_) | Passing::Reference(_) => quote!(&#lifetime #target),
        Passing::OptionReference(_) => quote!(::core::option::Option<&#lifetime #target>),
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

/// What makes a part of a declared key. A place is borrowed: the body needs what is in it.
fn source_of(plan: &Plan, ty: &Type, source: &Expr) -> TokenStream {
    // An argument or part that is a reference already is used as it is.
    if is_place(source) && !is_reference_argument(plan, source) && !matches!(ty, Type::Reference(_)) {
        quote_spanned!(source.span()=> &#source)
    } else {
        quote!(#source)
    }
}

fn is_place(source: &Expr) -> bool {
    match source {
        Expr::Path(_) | Expr::Index(_) => true,
        Expr::Field(field) => is_place(&field.base) || matches!(*field.base, Expr::MethodCall(_)),
        Expr::Unary(unary) => matches!(unary.op, UnOp::Deref(_)),
        Expr::Paren(inner) => is_place(&inner.expr),
        _ => false,
    }
}

fn is_reference_argument(plan: &Plan, source: &Expr) -> bool {
    let Expr::Path(path) = source else { return false };
    let argument = plan.function.params.iter().find(|param| path.path.is_ident(&param.name));
    argument.is_some_and(|param| matches!(*param.declared.ty, Type::Reference(_)))
}
