//! What options and signature have to agree on.

use crate::{
    args::{Args, Key},
    diag::Diag,
    item::{Function, Param, find_borrow},
};
use proc_macro2::{Ident, TokenTree};
use quote::ToTokens;

/// Notes everything that does not fit together.
pub(crate) fn check(args: &Args, function: &Function, diag: &mut Diag) {
    check_key_names(args, function, diag);
    check_key_source(args, function, diag);
    check_skip(args, function, diag);
    check_borrows(args, function, diag);
}

/// Whether calls drive their load in place.
pub(crate) fn is_detached(args: &Args) -> bool {
    args.detach.as_ref().is_none_or(|detach| detach.value)
}

/// Whether a parameter is a part of the key by itself.
pub(crate) fn is_keyed(args: &Args, param: &Param) -> bool {
    match (&args.key, &args.skip) {
        (Some(Key::Arguments { names, .. }), _) => names.contains(&param.name),
        (Some(Key::Declared { .. }), _) => false,
        (None, Some(skip)) => !skip.names.contains(&param.name),
        (None, None) => true,
    }
}

fn check_key_names(args: &Args, function: &Function, diag: &mut Diag) {
    let Some(Key::Arguments { names, .. }) = &args.key else { return };
    check_names("key", names, function, diag);
}

fn check_names(option: &str, names: &[Ident], function: &Function, diag: &mut Diag) {
    for (number, name) in names.iter().enumerate() {
        if names[..number].contains(name) {
            diag.error(name, format!("`{option}` names `{name}` twice; keep one of them"));
        } else if !function.params.iter().any(|param| param.is_named && param.name == *name) {
            diag.error(name, format!("`{option}`: there is no argument `{name}`; {}", arguments(function)));
        }
    }
}

/// Names the arguments that there are.
fn arguments(function: &Function) -> String {
    let named = function.params.iter().filter(|param| param.is_named);
    let names: Vec<_> = named.map(|param| format!("`{}`", param.name)).collect();
    if names.is_empty() {
        "the function has none".to_owned()
    } else {
        format!("the arguments are {}", names.join(", "))
    }
}

/// A declared key is made before the body takes patterns apart.
fn check_key_source(args: &Args, function: &Function, diag: &mut Diag) {
    let Some(Key::Declared { source, .. }) = &args.key else { return };
    let used: Vec<Ident> = identifiers(source.to_token_stream()).collect();
    for param in function.params.iter().filter(|param| !param.is_named) {
        let bound: Vec<Ident> = identifiers(param.declared.pat.to_token_stream()).collect();
        if let Some(name) = used.iter().find(|name| bound.contains(name)) {
            diag.error(
                name,
                format!(
                    "`key`: `{name}` is a part of a pattern; name the argument and take it apart in the body"
                ),
            );
        }
    }
}

fn identifiers(tokens: proc_macro2::TokenStream) -> Box<dyn Iterator<Item = Ident>> {
    Box::new(tokens.into_iter().flat_map(|tree| -> Box<dyn Iterator<Item = Ident>> {
        match tree {
            TokenTree::Ident(ident) => Box::new(std::iter::once(ident)),
            TokenTree::Group(group) => identifiers(group.stream()),
            TokenTree::Punct(_) | TokenTree::Literal(_) => Box::new(std::iter::empty()),
        }
    }))
}

fn check_skip(args: &Args, function: &Function, diag: &mut Diag) {
    let Some(skip) = &args.skip else { return };
    if args.key.is_some() {
        diag.error(
            &skip.option,
            "`skip` and `key` exclude each other: what `key` does not name is skipped; remove `skip`",
        );
        return;
    }
    check_names("skip", &skip.names, function, diag);
}

/// What is kept (in the key) or handed to a task (by a detached load) can't borrow.
fn check_borrows(args: &Args, function: &Function, diag: &mut Diag) {
    for param in &function.params {
        let Some(borrow) = find_borrow(param.passing.target()) else { continue };
        if is_keyed(args, param) {
            diag.error(borrow, "a borrow inside a type can't be kept in the key; say with `key: T = …` what identifies a call");
        } else if is_detached(args) {
            diag.error(
                borrow,
                "a borrow inside a type can't be handed to a load of its own; let callers drive the load with `detach = false`",
            );
        }
    }
}
