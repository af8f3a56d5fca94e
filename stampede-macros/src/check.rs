//! What options and signature have to agree on.

use crate::{
    args::{Args, Companion, Given, Key, Length},
    diag::Diag,
    item::{Flow, Function, Item, Param, find_borrow},
    receiver,
};
use proc_macro2::{Ident, TokenTree};
use quote::quote;
use syn::{Expr, Type, parse::Parser, visit::Visit};

/// Notes everything that does not fit together.
pub(crate) fn check(args: &Args, item: &Item, function: &Function, diag: &mut Diag) {
    check_cache(args, diag);
    check_receiver(args, item, function, diag);
    check_companion(args, function, diag);
    check_detach(args, function, diag);
    check_instrument(args, item, function, diag);
    check_key_names(args, function, diag);
    check_key_source(args, function, diag);
    check_key_type(args, diag);
    check_key_length(args, function, diag);
    check_skip(args, function, diag);
    check_opaques(args, function, diag);
    check_borrows(args, function, diag);
    check_ttl_from(args, diag);
    if args.cache.is_none() {
        check_needs_ttl(args, function, diag);
    }
    check_jitter(args, diag);
    check_strict(args, item, function, diag);
    check_refresh(args, function, diag);
}

/// Whether a load is apart from its callers, and owns what it needs: a task, or of a function that is not `async` a refresh on
/// another thread. Else calls drive it in place.
pub(crate) fn is_detached(args: &Args, function: &Function) -> bool {
    match function.flow {
        Flow::Blocking => args.stale_while_revalidate.is_some(),
        Flow::Async | Flow::Boxed => args.detach.as_ref().is_none_or(|detach| detach.value),
    }
}

/// Whether the function stands in an `impl` or a trait, or for another reason has nothing beside it: all generated code is
/// inside of it then.
pub(crate) fn is_inline(args: &Args, function: &Function) -> bool {
    function.is_associated
        || args.cache.is_some()
        || matches!(args.companion, Some(Companion::None | Companion::Function(_)))
}

/// Whether a parameter is a part of the key by itself.
pub(crate) fn is_keyed(args: &Args, param: &Param) -> bool {
    match (&args.key, &args.skip) {
        (Some(Key::Arguments(names)), _) => names.contains(&param.name),
        (Some(Key::Declared { .. }), _) => false,
        // Nobody guesses what identifies an instance.
        (None, _) if param.is_receiver => false,
        (None, Some(skip)) => !skip.names.contains(&param.name),
        (None, None) => true,
    }
}

/// With a cache that is built elsewhere, what is kept and for how long is said there.
fn check_cache(args: &Args, diag: &mut Diag) {
    let Some(cache) = &args.cache else { return };
    let elsewhere = args.named.iter().filter(|option| {
        *option == "name" || *option == "companion" || POLICY_OPTIONS.iter().any(|policy| *option == policy)
    });
    for option in elsewhere {
        let message = if option == "companion" {
            "`companion` can't be given beside `cache`: the cache itself is at hand; remove `companion`"
                .to_owned()
        } else {
            format!("`{option}` can't be given beside `cache`; say it where the cache is built")
        };
        diag.error(&cache.option, message);
    }
}

/// What is kept, for how long, and how much of it.
const POLICY_OPTIONS: [&str; 11] = [
    "ttl",
    "stale_while_revalidate",
    "stale_if_error",
    "jitter",
    "err_ttl",
    "none_ttl",
    "ttl_from",
    "load_timeout",
    "capacity",
    "tier",
    "strict",
];

/// Methods never guess.
fn check_receiver(args: &Args, item: &Item, function: &Function, diag: &mut Diag) {
    let Some(param) = function.receiver() else { return };
    let is_skipped = args.skip.as_ref().is_some_and(|skip| skip.names.contains(&param.name));
    // One that is there and wrong has been told already.
    let is_said = args.named.iter().any(|option| option == "cache" || option == "key")
        || (args.skip.is_none() && args.named.iter().any(|option| option == "skip"));
    if !is_said && !is_skipped {
        diag.error(
            &param.name,
            "a method has to say whose results it keeps; give it `cache = self.field` for a cache in each instance, `key: T = (self.id, …)` for what identifies an instance, or `skip(self)` for one cache of all instances",
        );
    }
    if is_detached(args, function) {
        receiver::check_format_strings(item.body.stream(), diag);
    }
}

/// Beside what stands in an `impl` there can be no type.
fn check_companion(args: &Args, function: &Function, diag: &mut Diag) {
    let names_none = args.companion.is_none() && args.cache.is_none();
    if names_none && function.is_associated && function.receiver().is_none() {
        diag.error(
            &function.name,
            "an associated function has no companion of its own name; give it `companion = name` for a function `name` that returns its cache, or `companion = none`",
        );
    }
}

fn check_detach(args: &Args, function: &Function, diag: &mut Diag) {
    let Some(detach) = args.detach.as_ref().filter(|_| function.flow == Flow::Blocking) else { return };
    diag.error(
        detach,
        "`detach` is for async functions: of others, a caller always runs the load on its own thread; remove `detach`",
    );
}

/// The span of a load is a matter of its body, which in a method is no function that an attribute could be put on.
fn check_instrument(args: &Args, item: &Item, function: &Function, diag: &mut Diag) {
    let Some(instrument) = item.attrs.iter().find(|attr| is_instrument(attr)) else { return };
    if is_inline(args, function) {
        diag.error(
            instrument.path(),
            "`instrument` can't reach the load of this function from here; write it above `#[stampede]`",
        );
    }
}

/// Whether an attribute is `#[tracing::instrument]`, which is about the load and not about each call.
pub(crate) fn is_instrument(attr: &syn::Attribute) -> bool {
    attr.path().segments.last().is_some_and(|segment| segment.ident == "instrument")
}

/// An `impl Trait` is no type that a key could be of.
fn check_opaques(args: &Args, function: &Function, diag: &mut Diag) {
    for param in function.params.iter().filter(|param| is_keyed(args, param)) {
        if let Some(opaque) = &param.opaque {
            diag.error(
                opaque,
                "an `impl Trait` argument can't be a part of the key; say with `key = …` what identifies a call, or leave it out by `skip`",
            );
        }
    }
}

fn check_key_names(args: &Args, function: &Function, diag: &mut Diag) {
    let Some(Key::Arguments(names)) = &args.key else { return };
    check_names("key", names, function, diag);
}

fn check_names(option: &str, names: &[Ident], function: &Function, diag: &mut Diag) {
    for (number, name) in names.iter().enumerate() {
        if names[..number].contains(name) {
            diag.error(name, format!("`{option}` names `{name}` twice; keep one of them"));
        } else if is_part_of_pattern(name, function) {
            diag.error(name, format!("`{option}`: `{name}` is a part of a pattern; {NAME_THE_WHOLE}"));
        } else if !function.params.iter().any(|param| param.is_named && param.name == *name) {
            diag.error(name, format!("`{option}`: there is no argument `{name}`; {}", arguments(function)));
        }
    }
}

const NAME_THE_WHOLE: &str = "name the argument, and take it apart in the body";

/// Whether a name is bound by a parameter that is a pattern.
fn is_part_of_pattern(name: &Ident, function: &Function) -> bool {
    struct Finder<'a>(&'a Ident, bool);
    impl<'ast> Visit<'ast> for Finder<'_> {
        fn visit_pat_ident(&mut self, pattern: &'ast syn::PatIdent) {
            self.1 |= pattern.ident == *self.0;
            syn::visit::visit_pat_ident(self, pattern);
        }
    }
    let mut finder = Finder(name, false);
    let patterns = function.params.iter().filter(|param| !param.is_named);
    patterns.for_each(|param| {
        if let Ok(pattern) = syn::Pat::parse_multi.parse2(param.pat.clone()) {
            finder.visit_pat(&pattern);
        }
    });
    finder.1
}

/// Names the arguments that there are.
fn arguments(function: &Function) -> String {
    let named = function.params.iter().filter(|param| param.is_named);
    let quoted: Vec<_> = named.map(|param| format!("`{}`", param.name)).collect();
    if quoted.is_empty() {
        "the function has none".to_owned()
    } else {
        format!("the arguments are {}", quoted.join(", "))
    }
}

/// A declared key is made before the body takes patterns apart.
fn check_key_source(args: &Args, function: &Function, diag: &mut Diag) {
    let Some(Key::Declared { source, .. }) = &args.key else { return };
    let used = names_in(source);
    if let Some(name) = used.iter().find(|name| is_part_of_pattern(name, function)) {
        diag.error(name, format!("`key`: `{name}` is a part of a pattern; {NAME_THE_WHOLE}"));
    }
}

/// The names that an expression may use of the function: single ones, and all that is handed to macros.
fn names_in(source: &Expr) -> Vec<Ident> {
    struct Finder(Vec<Ident>);
    impl<'ast> Visit<'ast> for Finder {
        fn visit_expr_path(&mut self, path: &'ast syn::ExprPath) {
            self.0.extend(path.path.get_ident().cloned());
        }

        fn visit_macro(&mut self, call: &'ast syn::Macro) {
            self.0.extend(identifiers(call.tokens.clone()));
        }
    }
    let mut finder = Finder(Vec::new());
    finder.visit_expr(source);
    finder.0
}

/// A key outlives the call, and is made part by part where it is spelled out as a tuple.
fn check_key_type(args: &Args, diag: &mut Diag) {
    let Some(Key::Declared { ty, source }) = &args.key else { return };
    if let Some(borrow) = find_borrow(ty) {
        diag.error(borrow, "`key`: a borrow can't be kept; declare an owned type, as `String` for `&str`");
    }
    if let (Type::Tuple(types), Expr::Tuple(parts)) = (&**ty, &**source) {
        let (declared, made) = (types.elems.len(), parts.elems.len());
        if declared != made {
            let message =
                format!("`key`: these are {made} parts for a type of {declared}; make one of each type");
            diag.error(parts, message);
        }
    }
}

/// As many parts as a tuple can have to be hashed and compared.
const MOST_PARTS: usize = 12;

fn check_key_length(args: &Args, function: &Function, diag: &mut Diag) {
    let mut keyed = function.params.iter().filter(|param| is_keyed(args, param));
    if let Some(beyond) = keyed.nth(MOST_PARTS) {
        let message = format!(
            "a key has at most {MOST_PARTS} parts; put arguments into a struct, or say with `key = …` which identify a call"
        );
        let (pat, ty) = (&beyond.pat, &beyond.ty);
        diag.error(quote!(#pat: #ty), message);
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
            "`skip` can't be given beside `key`: what `key` does not name is skipped; remove `skip`",
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
            diag.error(borrow, "a borrow inside a type can't be kept in the key; take an owned type, or say with `key = …` what identifies a call");
        } else if is_detached(args, function) {
            let message = match function.flow {
                Flow::Blocking => {
                    "a borrow inside a type can't be handed to a refresh on another thread; take an owned type, or remove `stale_while_revalidate`"
                }
                Flow::Async | Flow::Boxed => {
                    "a borrow inside a type can't be handed to a load of its own; let callers drive the load with `detach = false`"
                }
            };
            diag.error(borrow, message);
        }
    }
}

fn check_ttl_from(args: &Args, diag: &mut Diag) {
    if let (Some(ttl), Some(_)) = (&args.ttl, &args.ttl_from) {
        diag.error(
            &ttl.option,
            "`ttl` can't be given beside `ttl_from`, which replaces it; remove one of them",
        );
    }
}

/// What begins at the end of a ttl, or spreads it, needs one. What constants hold is checked where their value is known.
fn check_needs_ttl(args: &Args, function: &Function, diag: &mut Diag) {
    let is_kept = |given: &Given<Length>| !matches!(given.value, Length::For(ttl) if ttl.is_zero());
    if args.ttl_from.is_some() || args.ttl.as_ref().is_some_and(is_kept) {
        return;
    }
    // One `ttl` is missing, however many need it; what can't be there anyway is told as that.
    let windows = [&args.stale_while_revalidate, &args.stale_if_error].into_iter().flatten();
    let needy = windows.map(|window| (&window.option, "begins after"));
    let needy = needy.chain(args.jitter.as_ref().map(|jitter| (&jitter.option, "spreads")));
    let needy = needy.chain(args.tier.as_ref().map(|tier| (&tier.option, "shares what is kept for")));
    let mut needy =
        needy.filter(|(option, _)| is_detached(args, function) || *option != "stale_while_revalidate");
    if let Some((option, does)) = needy.next() {
        diag.error(
            option,
            format!("`{option}` {does} the `ttl`, and without one nothing is stored; set `ttl` too"),
        );
    }
}

fn check_jitter(args: &Args, diag: &mut Diag) {
    let Some(jitter) = &args.jitter else { return };
    if args.ttl.as_ref().is_some_and(|ttl| matches!(ttl.value, Length::Forever)) {
        diag.error(
            &jitter.option,
            "`jitter` can't spread a `ttl` that never ends; remove `jitter`, or set another `ttl`",
        );
    }
}

fn check_strict(args: &Args, item: &Item, function: &Function, diag: &mut Diag) {
    let Some(strict) = args.strict.as_ref().filter(|strict| strict.value) else { return };
    // A `tier` that is a mistake has been told already, and so has that it is for another cache.
    if args.cache.is_none() && !args.named.iter().any(|option| option == "tier") {
        diag.error(
            &strict.option,
            "`strict` keeps a cache from loading without its `tier`, and there is none; set `tier` too",
        );
    }
    // Of a parameter of the function nothing is known but its bounds.
    let output = &function.output;
    let is_parameter =
        |param: &syn::TypeParam| matches!(output, Type::Path(path) if path.path.is_ident(&param.ident));
    if item.sig.generics.type_params().any(is_parameter) {
        diag.error(
            output,
            "`strict` makes an error of a tier that can't be asked, and this may be no `Result`; return a `Result` whose error is `From<stampede::tier::TierError>`",
        );
    }
}

/// Somebody has to run a refresh (F8), and a thread can't be stopped.
fn check_refresh(args: &Args, function: &Function, diag: &mut Diag) {
    if function.flow == Flow::Blocking {
        if let Some(limit) = &args.load_timeout {
            diag.error(
                &limit.option,
                "`load_timeout` is for async functions: a thread can't be stopped; make the function `async`, or give its body a time limit",
            );
        }
        return;
    }
    let Some(window) = &args.stale_while_revalidate else { return };
    if !is_detached(args, function) {
        diag.error(
            &window.option,
            "`stale_while_revalidate` can't be given beside `detach = false`: nobody could run the refresh; remove one of them",
        );
    }
}
