//! Every question about the expansion, answered; what follows only writes it down.

use crate::{
    args::{Args, Capacity, Companion, Given, Key, Length},
    check,
    item::{Function, Item, Param, Passing},
};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use std::time::Duration;
use syn::{Expr, ExprPath, GenericArgument, Path, PathArguments, Type, spanned::Spanned};

/// What the expansion is made of.
pub(crate) struct Plan {
    pub(crate) item: Item,
    pub(crate) function: Function,
    /// The path of `__private`.
    pub(crate) private: TokenStream,
    /// The companion's own name.
    pub(crate) companion: Ident,
    /// The module that the companion is declared in, and the companion's path through it.
    pub(crate) module: Ident,
    pub(crate) home: TokenStream,
    /// Whether the companion is for the user, or only a place for generated functions.
    pub(crate) has_companion: bool,
    pub(crate) detach: bool,
    pub(crate) name: TokenStream,
    /// The freshness options, and the first of them that is a constant of the user's.
    pub(crate) settings: Vec<TokenStream>,
    pub(crate) constant: Option<Path>,
    /// A function that tells the ttl of a value.
    pub(crate) ttl_from: Option<ExprPath>,
    pub(crate) has_load_timeout: bool,
    /// The most entries, as an `Option<u64>`.
    pub(crate) capacity: TokenStream,
    pub(crate) key: PlannedKey,
    /// What has to be asked about types, and the type that is the answer.
    pub(crate) demands: Vec<Demand>,
    pub(crate) verdict: TokenStream,
}

/// The key, and how a call is looked up by it.
pub(crate) struct PlannedKey {
    pub(crate) ty: TokenStream,
    pub(crate) form: KeyForm,
}

pub(crate) enum KeyForm {
    /// Arguments, by their place in the parameter list.
    Arguments { params: Vec<usize> },
    /// The parts of a declared key: their types and what makes them.
    Declared { parts: Vec<(Type, Expr)> },
}

/// What a type has to be able to. Whether it is, only the compiler knows: generated constants ask.
pub(crate) struct Demand {
    pub(crate) ty: Type,
    pub(crate) role: Role,
}

/// What a type is there for.
pub(crate) enum Role {
    /// Hashed, compared and kept in the key.
    Key { way_out: String },
    /// Moved to a load that is a task.
    TaskValue,
    /// Pointed at by an argument, and owned by a load that is a task.
    TaskReference,
    /// Returned and kept; of a `Result<T, E>` that is spelled out, where `T` and `E` stand.
    Output { result: Option<Box<(Type, Type)>> },
    /// Returned, and of a kind that an option is about.
    Kind { option: Ident, kind: OutputKind },
    /// Returned, and made of a time-out; its parts as above. The option's name, if it has to be told of what is no `Result`.
    TimedOut { option: Option<Ident>, result: Option<Box<(Type, Type)>> },
}

/// What an output may be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum OutputKind {
    /// A `Result`.
    Result,
    /// An `Option`, or a `Result` of one.
    Option,
}

impl Plan {
    pub(crate) fn new(args: &Args, item: Item, function: Function) -> Self {
        let krate = args.crate_path();
        let private = quote!(#krate::__private);
        let fn_name = &item.sig.ident;
        let module = format_ident!("__stampede_{}", fn_name, span = Span::call_site());
        let (companion, has_companion) = match &args.companion {
            None => (fn_name.clone(), true),
            Some(Companion::Named(name)) => (name.clone(), true),
            // A name that nobody is offered for import.
            Some(Companion::None) => (format_ident!("__Companion", span = Span::call_site()), false),
        };
        let home = quote!(#module::#companion);
        let demands = plan_demands(args, &function);
        let verdict = if demands.is_empty() {
            quote!(#private::Verdict<true>)
        } else {
            quote!(<#home as #private::Judged>::Verdict)
        };
        Self {
            key: plan_key(args, &function, &private, &verdict),
            name: plan_name(args, fn_name),
            settings: plan_settings(args),
            constant: first_constant(args),
            ttl_from: args.ttl_from.as_ref().map(|given| given.value.clone()),
            has_load_timeout: args.load_timeout.is_some(),
            capacity: plan_capacity(args, &private),
            detach: check::is_detached(args),
            demands,
            verdict,
            companion,
            module,
            home,
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

/// The fields of the runtime's `Settings` that are given.
fn plan_settings(args: &Args) -> Vec<TokenStream> {
    let length = |given: &Given<Length>| {
        let (option, length) = (&given.option, plan_length(&given.value));
        let length =
            if option == "none_ttl" { quote!(::core::option::Option::Some(#length)) } else { length };
        quote!(#option: #length)
    };
    let lengths = [
        &args.ttl,
        &args.stale_while_revalidate,
        &args.stale_if_error,
        &args.err_ttl,
        &args.none_ttl,
        &args.load_timeout,
    ];
    let mut settings: Vec<_> = lengths.into_iter().flatten().map(length).collect();
    if let Some(Given { option, value }) = &args.jitter {
        settings.push(quote!(#option: #value));
    }
    if args.ttl_from.is_some() {
        settings.push(quote!(has_ttl_from: true));
    }
    settings
}

fn plan_capacity(args: &Args, private: &TokenStream) -> TokenStream {
    match &args.capacity {
        None => quote!(::core::option::Option::Some(#private::DEFAULT_CAPACITY)),
        Some(Capacity::Entries(most)) => quote!(::core::option::Option::Some(#most)),
        Some(Capacity::Unbounded) => quote!(::core::option::Option::None),
        Some(Capacity::Const(path)) => quote_spanned! {path.span()=> ::core::option::Option::Some({
            const __STAMPEDE_CAPACITY: ::core::primitive::u64 = #path;
            __STAMPEDE_CAPACITY
        })},
    }
}

/// Constants may contradict other options by their value, which only the compiler knows.
fn first_constant(args: &Args) -> Option<Path> {
    let lengths = [&args.ttl, &args.stale_while_revalidate, &args.stale_if_error];
    lengths.into_iter().flatten().find_map(|given| match &given.value {
        Length::Const(path) => Some(path.clone()),
        _ => None,
    })
}

fn plan_length(length: &Length) -> TokenStream {
    let duration = match length {
        Length::For(duration) => *duration,
        Length::Forever => Duration::MAX,
        // In a constant of its own: only constants are taken, and a mistake is told at the path.
        Length::Const(path) => {
            return quote_spanned! {path.span()=> {
                const __STAMPEDE_LENGTH: ::core::time::Duration = #path;
                __STAMPEDE_LENGTH
            }};
        }
    };
    let (secs, nanos) = (duration.as_secs(), duration.subsec_nanos());
    quote!(::core::time::Duration::new(#secs, #nanos))
}

fn plan_key(args: &Args, function: &Function, private: &TokenStream, verdict: &TokenStream) -> PlannedKey {
    if let Some(Key::Declared { ty, source }) = &args.key {
        return PlannedKey { ty: ty.to_token_stream(), form: declared_form(ty, source) };
    }
    let params: Vec<usize> = match &args.key {
        // In the order in which they are named.
        Some(Key::Arguments(names)) => {
            let place = |name: &Ident| function.params.iter().position(|param| param.name == *name);
            names.iter().filter_map(place).collect()
        }
        _ => {
            let keyed = |(_, param): &(usize, &Param)| check::is_keyed(args, param);
            function.params.iter().enumerate().filter(keyed).map(|(place, _)| place).collect()
        }
    };
    let types: Vec<_> =
        params.iter().map(|place| kept_type(&function.params[*place], private, verdict)).collect();
    let ty = match &types[..] {
        // One keyed argument is the key; there are no tuples of one.
        [ty] => quote!(#ty),
        _ => quote!((#(#types),*)),
    };
    PlannedKey { ty, form: KeyForm::Arguments { params } }
}

/// What the key keeps of an argument.
fn kept_type(param: &Param, private: &TokenStream, verdict: &TokenStream) -> TokenStream {
    let owned = |target: &Type| match target {
        Type::Path(path) if path.path.is_ident("str") => quote!(::std::string::String),
        Type::Slice(slice) => {
            let item = &slice.elem;
            quote!(::std::vec::Vec<#item>)
        }
        _ => quote!(<#verdict as #private::Own<#target>>::Owned),
    };
    match &param.passing {
        Passing::Value(ty) => ty.to_token_stream(),
        Passing::Reference(target) => owned(target),
        Passing::OptionReference(target) => {
            let owned = owned(target);
            quote!(::core::option::Option<#owned>)
        }
    }
}

/// A tuple of expressions for a tuple type is looked up part by part, so that each part may be a borrowed form.
fn declared_form(ty: &Type, source: &Expr) -> KeyForm {
    let parts = match (ty, source) {
        (Type::Tuple(types), Expr::Tuple(sources))
            if types.elems.len() == sources.elems.len() && types.elems.len() != 1 =>
        {
            types.elems.iter().cloned().zip(sources.elems.iter().cloned()).collect()
        }
        _ => vec![(ty.clone(), source.clone())],
    };
    KeyForm::Declared { parts }
}

fn plan_demands(args: &Args, function: &Function) -> Vec<Demand> {
    let mut demands = Vec::new();
    if let Some(Key::Declared { ty, source }) = &args.key {
        if let KeyForm::Declared { parts } = declared_form(ty, source) {
            let way_out = "declare a type that is all of these".to_owned();
            demands.extend(
                parts.into_iter().map(|(ty, _)| Demand { ty, role: Role::Key { way_out: way_out.clone() } }),
            );
        }
    }
    for param in &function.params {
        let role = match &param.passing {
            _ if check::is_keyed(args, param) => Role::Key { way_out: way_out_of_key(args, param) },
            _ if !check::is_detached(args) => continue,
            Passing::Value(_) => Role::TaskValue,
            Passing::Reference(_) | Passing::OptionReference(_) => Role::TaskReference,
        };
        demands.push(Demand { ty: param.passing.target().clone(), role });
    }
    let output = function.output.clone();
    let result = parts_of_result(&output);
    demands.push(Demand { role: Role::Output { result: result.clone() }, ty: output.clone() });
    demands.retain(|demand| !is_certain(demand));
    let mut of_kind = |given: Option<&Ident>, kind| {
        let role = |option: &Ident| Role::Kind { option: option.clone(), kind };
        demands.extend(given.map(|option| Demand { ty: output.clone(), role: role(option) }));
    };
    // That it is no `Result` is told once.
    let about_errors = [&args.err_ttl, &args.stale_if_error].into_iter().flatten().next();
    of_kind(about_errors.map(|given| &given.option), OutputKind::Result);
    of_kind(args.none_ttl.as_ref().map(|given| &given.option), OutputKind::Option);
    if let Some(given) = &args.load_timeout {
        let option = about_errors.is_none().then(|| given.option.clone());
        demands.push(Demand { ty: output, role: Role::TimedOut { option, result } });
    }
    demands
}

/// Whether the language's own types and `String` meet a demand without being asked: it saves time where they are most of
/// what is used.
fn is_certain(demand: &Demand) -> bool {
    const EQ: [&str; 16] = [
        "bool", "char", "i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16", "u32", "u64", "u128",
        "usize", "str", "String",
    ];
    let is_one_of = |names: &[&str]| match &demand.ty {
        Type::Path(path) => names.iter().any(|name| path.path.is_ident(name)),
        Type::Tuple(parts) => parts.elems.is_empty(),
        _ => false,
    };
    is_one_of(&EQ) || (!matches!(demand.role, Role::Key { .. }) && is_one_of(&["f32", "f64"]))
}

fn way_out_of_key(args: &Args, param: &Param) -> String {
    if args.key.is_some() {
        "compute a key of another type with `key: T = …`".to_owned()
    } else if param.is_named {
        format!(
            "leave the argument out with `skip({})`, or say with `key = …` what identifies a call",
            param.name
        )
    } else {
        "say with `key = …` what identifies a call".to_owned()
    }
}

/// The `T` and `E` of a `Result<T, E>`, to point at the one that is at fault.
fn parts_of_result(ty: &Type) -> Option<Box<(Type, Type)>> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last().filter(|segment| segment.ident == "Result")?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    let mut types = arguments.args.iter().filter_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty.clone()),
        _ => None,
    });
    Some(Box::new((types.next()?, types.next()?)))
}
