//! Every question about the expansion, answered; what follows only writes it down.

use crate::{
    args::{Args, Capacity, Companion, Given, Key, Length},
    check,
    diag::{ends, moved},
    generics::Split,
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
    /// The path of `bounds`.
    pub(crate) bounds: TokenStream,
    /// The companion's own name.
    pub(crate) companion: Ident,
    /// The module that the companion is declared in, and the companion's type through it.
    pub(crate) module: Ident,
    pub(crate) home: TokenStream,
    /// The companion that stands for all instantiations together.
    pub(crate) every: TokenStream,
    pub(crate) shape: Shape,
    pub(crate) split: Split,
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
    /// What constants have to ask about types, and the type that is the answer.
    pub(crate) demands: Vec<Demand>,
    pub(crate) verdict: TokenStream,
    /// What only bounds can tell.
    pub(crate) asked: Vec<Demand>,
    /// What a load of its own needs to be moved to it, for the gate.
    pub(crate) needs: TokenStream,
    /// A tier behind the cache.
    pub(crate) tier: Option<PlannedTier>,
    /// A raw cache to use instead of one of the function's own.
    pub(crate) backing: Option<Expr>,
    /// A function that returns the cache of a method.
    pub(crate) accessor: Option<Ident>,
}

/// Where generated code stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Beside the function, in an `impl` of its companion. What types can do is asked by constants.
    Item,
    /// The same, but types depend on the call, and bounds decide.
    Generic,
    /// Inside the function: in an `impl` nothing else can be had. What its parameters are is not to be seen: bounds decide.
    Inline,
}

/// A tier, and whether nothing is loaded without it.
pub(crate) struct PlannedTier {
    pub(crate) source: Expr,
    pub(crate) is_strict: bool,
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
    /// Pointed at by `&self`, and owned by a load that is a task.
    TaskSelf,
    /// Returned and kept; of a `Result<T, E>` that is spelled out, where `T` and `E` stand.
    Output { result: Option<Box<(Type, Type)>> },
    /// A part of the key, written for a tier.
    TierKey,
    /// Returned, written for a tier and read; its parts as above.
    TierOutput { result: Option<Box<(Type, Type)>> },
    /// Returned, and of a kind that an option is about.
    Kind { option: Ident, kind: OutputKind },
    /// Returned, and made of what befell a load; its parts as above. The option's name, if it has to be told of what is no
    /// `Result`.
    Failure { of: Failure, option: Option<Ident>, result: Option<Box<(Type, Type)>> },
}

/// What befalls a load.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    /// It takes too long: `load_timeout`.
    Timeout,
    /// It can't ask the tier: `strict`.
    NoTier,
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
        let fn_name = &function.name;
        let module = format_ident!("__stampede_{}", fn_name, span = Span::call_site());
        let (companion, has_companion) = match &args.companion {
            None => (fn_name.clone(), true),
            Some(Companion::Named(name) | Companion::Function(name)) => (name.clone(), true),
            // A name that nobody is offered for import.
            Some(Companion::None) => (format_ident!("__Companion", span = Span::call_site()), false),
        };
        let detach = check::is_detached(args, &function);
        let split = Split::new(&function, detach);
        let shape = if check::is_inline(args, &function) {
            Shape::Inline
        } else if split.is_generic() || !function.opaques.is_empty() {
            Shape::Generic
        } else {
            Shape::Item
        };
        let (arguments, every) = (split.arguments(), split.every(&private));
        let home = quote!(#module::#companion #arguments);
        let every = quote!(#module::#companion #every);
        let all = plan_demands(args, &function);
        let needed = plan_loads_needs(&all, &private);

        let is_asked = |demand: &Demand| match shape {
            Shape::Item => false,
            Shape::Generic => split.concern(&demand.ty),
            Shape::Inline => true,
        };
        let (asked, demands): (Vec<_>, Vec<_>) =
            all.into_iter().filter(|demand| !is_certain(demand)).partition(is_asked);
        let verdict = if demands.is_empty() {
            quote!(#private::Verdict<true>)
        } else {
            quote!(<#every as #private::Judged>::Verdict)
        };
        let needs = plan_needs(&needed, &verdict);
        Self {
            key: plan_key(
                args,
                &function,
                &Kept { private: &private, verdict: &verdict, shape, split: &split },
            ),
            name: plan_name(args, &function, shape, &split, &private),
            settings: plan_settings(args),
            constant: first_constant(args),
            ttl_from: args.ttl_from.as_ref().map(|given| given.value.clone()),
            has_load_timeout: args.load_timeout.is_some(),
            capacity: plan_capacity(args, &private),
            detach,
            accessor: plan_accessor(args, &item, &function),
            tier: args
                .tier
                .as_ref()
                .map(|given| PlannedTier { source: given.value.clone(), is_strict: is_strict(args) }),
            backing: args.cache.as_ref().map(|cache| cache.source.clone()),
            demands,
            verdict,
            asked,
            needs,
            companion,
            module,
            home,
            every,
            shape,
            split,
            has_companion,
            bounds: quote!(#krate::bounds),
            private,
            item,
            function,
        }
    }
}

/// The function that gives a method's cache: named by the user, or where the method's visibility tells that it stands in an
/// `impl` of its type, which may have more functions.
fn plan_accessor(args: &Args, item: &Item, function: &Function) -> Option<Ident> {
    match &args.companion {
        _ if args.cache.is_some() => None,
        Some(Companion::None) => None,
        Some(Companion::Function(name)) => Some(name.clone()),
        Some(Companion::Named(name)) => function.is_associated.then(|| name.clone()),
        None => {
            let is_inherent =
                function.receiver().is_some() && !matches!(item.vis, syn::Visibility::Inherited);
            is_inherent.then(|| format_ident!("{}_cache", function.name))
        }
    }
}

fn plan_loads_needs(demands: &[Demand], private: &TokenStream) -> Vec<TokenStream> {
    let needs = demands.iter().filter_map(|Demand { ty, role }| match role {
        Role::TaskValue => Some(quote!(#private::Value<#ty>)),
        Role::TaskReference | Role::TaskSelf => Some(quote!(#private::Reference<#ty>)),
        Role::Key { .. }
        | Role::Output { .. }
        | Role::TierKey
        | Role::TierOutput { .. }
        | Role::Kind { .. }
        | Role::Failure { .. } => None,
    });
    needs.collect()
}

/// Nested pairs, at their end what constants have found.
fn plan_needs(needs: &[TokenStream], verdict: &TokenStream) -> TokenStream {
    needs.iter().rev().fold(verdict.clone(), |rest, need| quote!((#need, #rest)))
}

fn plan_name(
    args: &Args,
    function: &Function,
    shape: Shape,
    split: &Split,
    private: &TokenStream,
) -> TokenStream {
    let fn_name = function.name.to_string();
    let fn_name = fn_name.trim_start_matches("r#");
    let name = match &args.name {
        Some(name) => name.to_token_stream(),
        None if function.is_associated => return quote!(Owned(#private::method_name::<Self>(#fn_name))),
        None => quote!(::core::concat!(::core::module_path!(), "::", #fn_name)),
    };
    if shape == Shape::Generic && split.is_generic() {
        let spelled = split.spelled();
        quote!(Owned(#private::instance_name(#name, &[#(#spelled),*])))
    } else {
        quote!(Borrowed(#name))
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

/// What the types that a key keeps depend on.
struct Kept<'a> {
    private: &'a TokenStream,
    verdict: &'a TokenStream,
    shape: Shape,
    split: &'a Split,
}

fn plan_key(args: &Args, function: &Function, kept: &Kept<'_>) -> PlannedKey {
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
    let types: Vec<_> = params.iter().map(|place| kept.of(&function.params[*place])).collect();
    let ty = match &types[..] {
        // One keyed argument is the key; there are no tuples of one.
        [ty] => quote!(#ty),
        _ => quote!((#(#types),*)),
    };
    PlannedKey { ty, form: KeyForm::Arguments { params } }
}

impl Kept<'_> {
    /// What the key keeps of an argument.
    fn of(&self, param: &Param) -> TokenStream {
        match &param.passing {
            Passing::Value(ty) => ty.to_token_stream(),
            Passing::Reference(target) => self.owned(target),
            Passing::OptionReference(target) => {
                let owned = self.owned(target);
                quote!(::core::option::Option<#owned>)
            }
        }
    }

    fn owned(&self, target: &Type) -> TokenStream {
        let Self { private, verdict, shape, split } = self;
        match target {
            Type::Path(path) if path.path.is_ident("str") => quote!(::std::string::String),
            // What has a size is owned as itself, if it can be owned. Said without a bound that may be missing.
            Type::Path(path) if path.path.is_ident("Self") => quote!(Self),
            Type::Path(_)
                if *shape == Shape::Generic && split.concern(target) && !split.is_maybe_unsized(target) =>
            {
                target.to_token_stream()
            }
            Type::Slice(slice) => {
                let item = &slice.elem;
                quote!(::std::vec::Vec<#item>)
            }
            // What it lacks to be owned is told at its place.
            _ if *shape == Shape::Inline => {
                let (first, last) = ends(target);
                let (open, kept) =
                    (moved(quote!(<), first), moved(quote!(as ::std::borrow::ToOwned>::Owned), last));
                quote!(#open #target #kept)
            }
            _ => quote!(<#verdict as #private::Own<#target>>::Owned),
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
            _ if !check::is_detached(args, function) => continue,
            _ if param.opaque.is_some() && check::is_inline(args, function) => continue,
            Passing::Reference(_) if param.is_receiver => Role::TaskSelf,
            Passing::Value(_) => Role::TaskValue,
            Passing::Reference(_) | Passing::OptionReference(_) => Role::TaskReference,
        };
        demands.push(Demand { ty: param.passing.target().clone(), role });
    }
    let output = function.output.clone();
    let result = parts_of_result(&output);
    if args.cache.is_none() {
        demands.push(Demand { role: Role::Output { result: result.clone() }, ty: output.clone() });
    }
    if args.tier.is_some() {
        demands.extend(plan_tier_demands(&demands, &output, result.as_deref()));
    }
    let mut of_kind = |given: Option<&Ident>, kind| {
        let role = |option: &Ident| Role::Kind { option: option.clone(), kind };
        demands.extend(given.map(|option| Demand { ty: output.clone(), role: role(option) }));
    };
    // That it is no `Result` is told once.
    let about_errors = [&args.err_ttl, &args.stale_if_error].into_iter().flatten().next();
    of_kind(about_errors.map(|given| &given.option), OutputKind::Result);
    of_kind(args.none_ttl.as_ref().map(|given| &given.option), OutputKind::Option);
    let timeout = args.load_timeout.as_ref().map(|given| (&given.option, Failure::Timeout));
    let strict =
        args.strict.as_ref().filter(|_| is_strict(args)).map(|given| (&given.option, Failure::NoTier));
    let mut is_told = about_errors.is_some();
    for (option, of) in [timeout, strict].into_iter().flatten() {
        let option = (!is_told).then(|| option.clone());
        is_told = true;
        demands
            .push(Demand { ty: output.clone(), role: Role::Failure { of, option, result: result.clone() } });
    }
    demands
}

fn is_strict(args: &Args) -> bool {
    args.tier.is_some() && args.strict.as_ref().is_some_and(|strict| strict.value)
}

/// Whether a reference to a type is kept as the standard library's form of it, or as itself: known by its name.
pub(crate) fn is_kept_by_name(target: &Type) -> bool {
    match target {
        Type::Path(path) => path.path.is_ident("str") || path.path.is_ident("Self"),
        other => matches!(other, Type::Slice(_)),
    }
}

/// What is a part of the key is written for a tier, and so is the output.
fn plan_tier_demands(demands: &[Demand], output: &Type, result: Option<&(Type, Type)>) -> Vec<Demand> {
    let parts = demands.iter().filter(|demand| matches!(demand.role, Role::Key { .. }));
    let parts = parts.map(|demand| Demand { ty: demand.ty.clone(), role: Role::TierKey });
    let result = result.cloned().map(Box::new);
    let output = Demand { ty: output.clone(), role: Role::TierOutput { result } };
    parts.chain([output]).collect()
}

/// Whether the language's own types, and the standard library's made of them, meet a demand without being asked: it saves time
/// where they are most of what is used.
fn is_certain(demand: &Demand) -> bool {
    match demand.role {
        Role::Kind { .. } | Role::Failure { .. } => false,
        Role::Key { .. } => is_familiar(&demand.ty, Needed::AsKey),
        Role::TierKey | Role::TierOutput { .. } => is_familiar(&demand.ty, Needed::ForTier),
        _ => is_familiar(&demand.ty, Needed::ByCallers),
    }
}

/// What a type has to be beside `Clone`, `Send` and `Sync`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Needed {
    /// `Hash` and `Eq`.
    AsKey,
    /// `Serialize`, which long arrays are not.
    ForTier,
    /// Nothing more.
    ByCallers,
}

/// Whether a type is known by its name to be what is needed.
fn is_familiar(ty: &Type, needed: Needed) -> bool {
    const EQ: [&str; 16] = [
        "bool", "char", "i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16", "u32", "u64", "u128",
        "usize", "str", "String",
    ];
    match ty {
        // As many parts as the standard library compares.
        Type::Tuple(parts) => {
            parts.elems.len() <= 12 && parts.elems.iter().all(|part| is_familiar(part, needed))
        }
        Type::Array(_) | Type::Slice(_) if needed == Needed::ForTier => false,
        Type::Array(array) => is_familiar(&array.elem, needed),
        Type::Slice(slice) => is_familiar(&slice.elem, needed),
        Type::Path(path) if path.qself.is_none() => {
            let is_one_of = |names: &[&str]| names.iter().any(|name| path.path.is_ident(name));
            is_one_of(&EQ)
                || (needed != Needed::AsKey && is_one_of(&["f32", "f64"]))
                || parts_of_familiar(&path.path)
                    .is_some_and(|mut parts| parts.all(|part| is_familiar(part, needed)))
        }
        _ => false,
    }
}

/// The types that a `Vec`, an `Option` or a `Result` is made of.
fn parts_of_familiar(path: &syn::Path) -> Option<impl Iterator<Item = &Type>> {
    let segment =
        path.segments.first().filter(|_| path.segments.len() == 1 && path.leading_colon.is_none())?;
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else { return None };
    let expected = match segment.ident.to_string().as_str() {
        "Vec" | "Option" => 1,
        // With one it is an alias, whose error has no name here.
        "Result" => 2,
        _ => return None,
    };
    let is_type = |argument: &GenericArgument| matches!(argument, GenericArgument::Type(_));
    (arguments.args.len() == expected && arguments.args.iter().all(is_type)).then(|| {
        arguments.args.iter().filter_map(|argument| match argument {
            GenericArgument::Type(ty) => Some(ty),
            _ => None,
        })
    })
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
