//! What a call does: it asks what bounds say, looks up, and waits on a miss.
//!
//! Beside a generic function, and inside a method, the cache of the instantiation is found by a gate, which is a stand-in where
//! bounds are missing:
//!
//! ```text
//! (&&Gate::<needs, K, O>::NEW).open((&SLOT, id_of::<(Self, T)>()), || (Blueprint { … }, Attached::none()))
//! ```

use crate::{
    diag::{ends, moved},
    expand::{load, local, lookup},
    item::{Flow, Passing},
    plan::{Demand, Failure, OutputKind, Plan, PlannedTier, Role, Shape, is_kept_by_name},
};
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::{ExprPath, spanned::Spanned as _};

/// The body of a function that returns what `statements` come to, in the way in which the user's does.
pub(super) fn body(plan: &Plan) -> TokenStream {
    let statements = statements(plan);
    match plan.function.flow {
        Flow::Blocking => statements,
        Flow::Async if plan.shape == Shape::Item || !plan.detach => statements,
        Flow::Async => gated(plan, &statements),
        Flow::Boxed => {
            let call = if plan.shape == Shape::Item || !plan.detach {
                quote!(async move { #statements })
            } else {
                gated(plan, &statements)
            };
            quote!(::std::boxed::Box::pin(#call))
        }
    }
}

/// A future that is `Send`, and whose type says so: whether it is would depend on itself in a recursive function.
pub(super) fn gated(plan: &Plan, statements: &TokenStream) -> TokenStream {
    let (private, gate) = (&plan.private, gate(plan));
    quote! {{
        #[allow(unused_imports)]
        use #private::{Open as _, Shut as _};
        (#gate).run(async move { #statements })
    }}
}

/// The same for statements that come to something else than the function's output.
pub(super) fn gated_as(plan: &Plan, output: &TokenStream, statements: &TokenStream) -> TokenStream {
    let private = &plan.private;
    let gate = gate_of(plan, &plan.needs, output);
    quote! {{
        #[allow(unused_imports)]
        use #private::{Open as _, Shut as _};
        (#gate).run(async move { #statements })
    }}
}

/// The type of such a future.
pub(super) fn gated_type(plan: &Plan) -> TokenStream {
    gated_type_of(&plan.function.output)
}

pub(super) fn gated_type_of(output: &impl ToTokens) -> TokenStream {
    quote!(impl ::core::future::Future<Output = #output> + ::core::marker::Send)
}

fn statements(plan: &Plan) -> TokenStream {
    let asks = asks(plan);
    let cache = cache_for_load(plan);
    let begun = lookup::with_call(plan, &local("begun"), |view| begin(plan, &cache, view));
    let wait = load::wait(plan);
    quote! {
        #asks
        #begun
        match __stampede_begun {
            ::core::result::Result::Ok(__stampede_output) => __stampede_output,
            ::core::result::Result::Err(__stampede_miss) => #wait,
        }
    }
}

/// Looks a view up.
pub(super) fn begin(plan: &Plan, cache: &TokenStream, view: &TokenStream) -> TokenStream {
    let (private, refresher) = (&plan.private, refresher(plan));
    if plan.backing.is_none() {
        return quote!(#cache.begin(&#view, #refresher));
    }
    quote! {{
        #[allow(unused_imports)]
        use #private::{BackedCall as _, UnbackedCall as _};
        (&&#cache).begin(&#view, #refresher)
    }}
}

/// Who runs the refreshes that calls start.
pub(super) fn refresher(plan: &Plan) -> TokenStream {
    let private = &plan.private;
    // A raw cache may have a stale window that is not to be seen here.
    let refresher = match plan.function.flow {
        _ if !plan.detach => quote!(Nobody),
        Flow::Blocking => quote!(Pool),
        Flow::Async | Flow::Boxed => quote!(Runtime),
    };
    quote!(#private::Refresher::#refresher)
}

/// The cache that calls work with; a stand-in too where it is the load that lacks something.
pub(super) fn cache_for_load(plan: &Plan) -> TokenStream {
    gated_cache(plan, &plan.needs)
}

/// The cache for what loads nothing.
pub(super) fn cache(plan: &Plan) -> TokenStream {
    gated_cache(plan, &plan.verdict)
}

fn gated_cache(plan: &Plan, needs: &TokenStream) -> TokenStream {
    let Plan { private, home, .. } = plan;
    let (key, output) = (&plan.key.ty, &plan.function.output);
    if let Some(source) = &plan.backing {
        let bounds = &plan.bounds;
        let ask = quote_spanned!(source.span()=> #bounds::ask_cache::<#key, #output, _>(__stampede_cache));
        return quote! {{
            let __stampede_cache = &(#source);
            #ask;
            #private::Backed::<_, #needs, #key, #output>::new(__stampede_cache)
        }};
    }
    if plan.shape == Shape::Item {
        return quote!(#home::__cache());
    }
    let (gate, place, blueprint) =
        (gate_of(plan, needs, &plan.function.output), place(plan), blueprint(plan));
    let tier = tier(plan);
    quote! {{
        #[allow(unused_imports)]
        use #private::{Open as _, Plain as _, Shut as _, Unprinted as _};
        (#gate).open(#place, || (#blueprint, #tier))
    }}
}

/// The key that a view is of, where it does not depend on the instantiation.
pub(super) fn key_of(plan: &Plan, view: &TokenStream) -> TokenStream {
    let (private, verdict, key) = (&plan.private, &plan.verdict, &plan.key.ty);
    quote! {{
        #[allow(unused_imports)]
        use #private::{Open as _, Shut as _};
        (&&#private::Gate::<#verdict, #key, ()>::NEW).key_of(&#view)
    }}
}

fn gate(plan: &Plan) -> TokenStream {
    gate_of(plan, &plan.needs, &plan.function.output)
}

fn gate_of(plan: &Plan, needs: &TokenStream, output: &impl ToTokens) -> TokenStream {
    let private = &plan.private;
    let key = if plan.backing.is_some() { &quote!(()) } else { &plan.key.ty };
    quote!(&&#private::Gate::<#needs, #key, #output>::NEW)
}

/// What the cache is made with.
pub(super) fn blueprint(plan: &Plan) -> TokenStream {
    let Plan { private, name, capacity, .. } = plan;
    let (key, output) = (&plan.key.ty, &plan.function.output);
    let outputs = quote!(#private::Outputs::<#output>);
    let none = quote!(::core::option::Option::None);
    let ttl_from = plan.ttl_from.as_ref().map_or_else(|| none.clone(), |path| ttl_from(plan, path));
    let timed_out = if plan.has_load_timeout { quote!(#outputs::TIMED_OUT) } else { none };
    let (settings, sharing) = (settings(plan), sharing(plan));
    quote! {
        #private::Blueprint::<#key, #output> {
            name: ::std::borrow::Cow::#name,
            settings: #settings,
            sharing: #sharing,
            kind: #private::kind_of([#outputs::RESULT_OF_OPTION, #outputs::RESULT, #outputs::OPTION]),
            describe: #outputs::DESCRIBE,
            ttl_from: #ttl_from,
            timed_out: #timed_out,
            capacity: #capacity,
            print_key: #private::Keys::<#key>::PRINT,
        }
    }
}

/// The tier behind the cache.
pub(super) fn tier(plan: &Plan) -> TokenStream {
    let Plan { private, bounds, .. } = plan;
    let (key, output) = (&plan.key.ty, &plan.function.output);
    let Some(PlannedTier { source, is_strict }) = &plan.tier else {
        return quote!(#private::Attached::none());
    };
    let outputs = quote!(#private::Outputs::<#output>);
    let strict = if *is_strict { quote!(#outputs::NO_TIER) } else { quote!(::core::option::Option::None) };
    quote! {
        #private::Attached::of(
            #bounds::tier(#source),
            #private::Keys::<#key>::WRITE,
            #private::first([#outputs::TIER_RESULTS, #outputs::TIER_VALUES, #outputs::TIER_WHOLE]),
            #strict,
        )
    }
}

/// The freshness options.
pub(super) fn settings(plan: &Plan) -> TokenStream {
    let Plan { private, settings, .. } = plan;
    quote!(#private::Settings { #(#settings,)* ..#private::Settings::NEW })
}

/// Asks the user's function for a ttl.
fn ttl_from(plan: &Plan, path: &ExprPath) -> TokenStream {
    let Plan { private, .. } = plan;
    let output = &plan.function.output;
    quote! {
        ::core::option::Option::Some(|__stampede_output: &#output| {
            let __stampede_value = #private::Outputs::<#output>::value(__stampede_output);
            #private::Ask { value: __stampede_value, ttl_from: #path }.ttl()
        })
    }
}

/// The way in which outputs are shared, or `None`.
pub(super) fn sharing(plan: &Plan) -> TokenStream {
    let Plan { private, every, .. } = plan;
    let output = &plan.function.output;
    let is_known = plan.shape == Shape::Generic && !plan.split.concern(output);
    if is_known || plan.shape == Shape::Item { quote!(<#every>::__SHARING) } else { ways(private, output) }
}

/// The ways to share an output, first the best.
pub(super) fn ways(private: &TokenStream, output: &impl ToTokens) -> TokenStream {
    let outputs = quote!(#private::Outputs::<#output>);
    quote! {{
        #[allow(unused_imports)]
        use #private::Unshared as _;
        #private::first([
            #outputs::CLONED,
            #outputs::WRAPPED_ERROR,
            #outputs::HELD_ERROR,
        ])
    }}
}

/// Where the caches of all instantiations are, and which instantiation this is.
fn place(plan: &Plan) -> TokenStream {
    let Plan { private, every, .. } = plan;
    if plan.shape == Shape::Generic {
        return quote!((<#every>::__slot(), #private::id_of::<Self>()));
    }
    match &plan.accessor {
        Some(accessor) => {
            let (name, arguments) = (place_name(accessor), plan.split.arguments());
            let arguments = (!arguments.is_empty()).then(|| quote!(::#arguments));
            quote!(Self::#name #arguments())
        }
        None => own_place(plan),
    }
}

/// The same, where there is no other function to ask.
fn own_place(plan: &Plan) -> TokenStream {
    let private = &plan.private;
    let types = plan.split.types.iter().map(|param| &param.ident);
    // A closure has all parameters of what is around it, seen or not. But it may have lifetimes as well.
    let id = if plan.function.is_associated && plan.split.consts.is_empty() {
        // At the function's name, as the load: that these types hold no borrows is asked by both, and told once.
        let id_of = Ident::new("id_of", plan.item.sig.ident.span());
        let arguments = moved(
            quote!(::<(::core::marker::PhantomData<Self>, #(::core::marker::PhantomData<#types>,)*)>()),
            plan.item.sig.ident.span(),
        );
        let path = moved(quote!(#private::#id_of), plan.item.sig.ident.span());
        quote!(#path #arguments)
    } else {
        quote!(#private::id_of_value(&|| ()))
    };
    quote! {{
        static __STAMPEDE_SLOT: #private::Slot = #private::Slot::new();
        (&__STAMPEDE_SLOT, #id)
    }}
}

fn place_name(accessor: &Ident) -> Ident {
    format_ident!("__stampede_{}", accessor, span = proc_macro2::Span::call_site())
}

/// The function that gives a method's cache, and one for the method itself.
pub(super) fn accessor(plan: &Plan, conditions: &TokenStream) -> TokenStream {
    let Some(accessor) = &plan.accessor else { return TokenStream::new() };
    let Plan { private, item, .. } = plan;
    let (key, output) = (&plan.key.ty, &plan.function.output);
    let (cache, place_name, own_place) = (cache(plan), place_name(accessor), own_place(plan));
    // If an argument can't be owned, its type of the key says so: the whole type says it at the same place.
    let (first, last) = ends(key);
    let (open, close) = (moved(quote!(&'static #private::FnCache<), first), moved(quote!(>), last));
    let vis = &item.vis;
    let (generics, where_clause) = plan.split.of_impl();
    let docs = format!("Returns the cache of [`Self::{name}`].", name = plan.function.name);
    quote! {
        #conditions
        #[doc = #docs]
        #[allow(dead_code, unreachable_pub, clippy::all, clippy::pedantic)]
        #vis fn #accessor #generics () -> #open #key, #output #close #where_clause {
            #cache.reveal()
        }
        #conditions
        #[doc(hidden)]
        #[allow(dead_code, clippy::all, clippy::pedantic)]
        fn #place_name #generics () -> (&'static #private::Slot, ::core::any::TypeId) #where_clause {
            #own_place
        }
    }
}

/// Asks for the bounds that are needed: where one is missing, that is the one error.
fn asks(plan: &Plan) -> TokenStream {
    // Of a raw cache it is asked whether it is one for these keys and outputs, which fit then.
    let is_asked = |demand: &&Demand| plan.backing.is_none() || !matches!(demand.role, Role::Key { .. });
    let asked: Vec<_> = plan.asked.iter().filter(is_asked).collect();
    if asked.is_empty() {
        return TokenStream::new();
    }
    let bounds = &plan.bounds;
    let asks = asked.into_iter().map(|demand| {
        let Demand { ty, role } = demand;
        let is_reference = plan.function.params.iter().any(|param| {
            let is_it =
                param.passing.target().to_token_stream().to_string() == ty.to_token_stream().to_string();
            is_it && !matches!(param.passing, Passing::Value(_))
        });
        let on_thread = plan.function.flow == Flow::Blocking;
        match role {
            Role::TaskValue if on_thread => ask(bounds, ty, "refresh"),
            Role::TaskReference if on_thread => ask(bounds, ty, "refresh_reference"),
            Role::TaskSelf if on_thread => ask(bounds, ty, "refresh_self"),
            Role::Key { .. } if is_reference && plan.shape == Shape::Inline && !is_kept_by_name(ty) => {
                ask_by_reference(bounds, ty, "kept")
            }
            Role::Key { .. } if is_reference => ask(bounds, ty, "key_reference"),
            Role::Key { .. } => ask(bounds, ty, "key"),
            Role::TaskValue => ask(bounds, ty, "task"),
            Role::TaskReference => ask(bounds, ty, "task_reference"),
            Role::TaskSelf => ask(bounds, ty, "task_self"),
            Role::Output { .. } => ask_by_reference(bounds, ty, "output"),
            Role::TierKey if is_reference => ask(bounds, ty, "tier_key_reference"),
            Role::TierKey => ask(bounds, ty, "tier_key"),
            Role::TierOutput { .. } => ask_by_reference(bounds, ty, "tier_output"),
            Role::Kind { kind: OutputKind::Result, .. } => ask(bounds, ty, "result"),
            Role::Kind { kind: OutputKind::Option, .. } => ask(bounds, ty, "option"),
            Role::Failure { of: Failure::Timeout, .. } => ask(bounds, ty, "timed"),
            Role::Failure { of: Failure::NoTier, .. } => ask(bounds, ty, "strict"),
        }
    });
    // They are there with the feature `redis` alone.
    let tier = plan.tier.as_ref().map(|_| {
        quote! {
            #[allow(unused_imports)]
            use #bounds::{AskTierOutput as _, AskTierValue as _, LackingForTier as _, AskUntiered as _};
        }
    });
    quote! {{
        #[allow(unused_imports)]
        use #bounds::{
            AskCloned as _, AskHeld as _, AskKept as _, AskUnkept as _, AskUnowned as _, AskUnshared as _,
            AskWrapped as _, Lacking as _,
        };
        #tier
        #(#asks)*
    }}
}

/// Asks by a method, which is that of the first of several traits that the type has.
fn ask_by_reference(bounds: &TokenStream, ty: &impl ToTokens, name: &str) -> TokenStream {
    let (first, last) = ends(ty);
    let path = moved(quote!(#bounds::Ask::<), first);
    let call = moved(quote!(>::NEW), last);
    let name = Ident::new(name, first);
    let references = moved(quote!(&&&&), first);
    quote!((#references #path #ty #call).#name();)
}

fn ask(bounds: &TokenStream, ty: &impl ToTokens, name: &str) -> TokenStream {
    let (first, last) = ends(ty);
    let path = moved(quote!(#bounds::Ask::<), first);
    let name = Ident::new(name, last);
    let call = moved(quote!(>::#name()), last);
    quote!(#path #ty #call;)
}
