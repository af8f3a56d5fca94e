//! The companion: a type of the function's name that has no values, and what can be done with the cache through it.

use crate::{
    expand::{call, judge, load, local, lookup},
    item::{Flow, Param},
    plan::{KeyForm, Plan, Shape},
};
use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::quote;

/// The companion is declared in a module and imported from there. If its name is taken, only the import is at fault: all else
/// names the companion through the module.
pub(super) fn expand(plan: &Plan, conditions: &TokenStream) -> TokenStream {
    let Plan { item, companion, module, home, every, .. } = plan;
    let vis = &item.vis;
    // No groups of rustc's lints, and hidden rather than `missing_docs`: what a crate forbids can't be allowed. Not
    // `dead_code`, of which the compiler tells nobody in generated code: what may be dead would count as used, and with it
    // the function.
    let quiet = quote! {
        #[doc(hidden)]
        #[allow(
            unused_imports, unreachable_pub, non_camel_case_types, non_snake_case, clippy::all, clippy::pedantic
        )]
    };
    let import = plan.has_companion.then(|| {
        // From another place than the rest, or the compiler would propose to write `as` into the attribute.
        let mut source = companion.clone();
        source.set_span(item.sig.ident.span());
        quote! {
            #conditions
            #quiet
            #vis use #module::#source;
        }
    });
    let alias = alias(plan);
    let cache = cache(plan);
    let sharing = judge::sharing(plan);
    let load = load::load(plan);
    let call = generic_call(plan);
    let body = load::body(plan);
    let public = plan.has_companion.then(|| public_functions(plan));
    let declaration = plan.split.declaration(companion);
    let (generics, where_clause) = plan.split.of_impl();
    // Without parameters there is one companion, and its `impl`s are one: each costs the compiler.
    let (sharing, together) = if plan.shape == Shape::Item {
        (sharing, TokenStream::new())
    } else {
        let together = together(plan);
        let together = quote! {
            #conditions
            #quiet
            impl #every {
                #sharing
                #together
            }
        };
        (TokenStream::new(), together)
    };
    quote! {
        #conditions
        #quiet
        mod #module {
            #declaration
        }
        #conditions
        #quiet
        use #module as #alias;
        #import
        #together
        #conditions
        #quiet
        impl #generics #home #where_clause {
            #sharing
            #cache
            #load
            #call
            #public
        }
        #conditions
        impl #generics #home #where_clause {
            #body
        }
    }
}

/// What the function calls the module of its companion.
///
/// Whether it stands in an `impl` can't be seen where it does not name `Self`. There the compiler takes none of what stands beside
/// it, and says of this name that it is unknown: so it is what the user has to know then.
fn alias(plan: &Plan) -> Ident {
    let name = plan.function.name.to_string();
    let name = format!("{}_in_an_impl_needs_companion_none", name.trim_start_matches("r#"));
    Ident::new(&name, Span::call_site().located_at(plan.item.sig.ident.span()))
}

/// Has the function's statements name the companion through the alias.
pub(super) fn through_alias(plan: &Plan, statements: TokenStream) -> TokenStream {
    let renamed = statements.into_iter().map(|tree| match tree {
        TokenTree::Ident(ident) if ident == plan.module => alias(plan).into(),
        TokenTree::Group(group) => {
            let mut inner = Group::new(group.delimiter(), through_alias(plan, group.stream()));
            inner.set_span(group.span());
            inner.into()
        }
        other => other,
    });
    renamed.collect()
}

fn cache(plan: &Plan) -> TokenStream {
    let Plan { private, .. } = plan;
    let (verdict, key, output) = (&plan.verdict, &plan.key.ty, &plan.function.output);
    if plan.shape == Shape::Generic {
        let cache = call::cache(plan);
        return quote! {
            pub fn cache() -> &'static #private::FnCache<#key, #output> {
                #cache.reveal()
            }
        };
    }
    let cache = quote!(<#verdict as #private::Choose<#key, #output>>::Cache);
    let blueprint = call::blueprint(plan);
    let tier = match plan.tier {
        Some(_) => {
            let tier = call::tier(plan);
            quote!(|| #tier)
        }
        None => quote!(#private::Attached::none),
    };
    quote! {
        #[inline]
        pub fn cache() -> &'static #private::FnCache<#key, #output> {
            Self::__cache().reveal()
        }
        #[inline]
        fn __cache() -> &'static #cache {
            #[allow(unused_imports)]
            use #private::{Plain as _, Unprinted as _};
            static __STAMPEDE_CACHE: #private::Place<#cache, #key, #output> =
                #private::Place::new(#blueprint, #tier);
            __STAMPEDE_CACHE.get()
        }
    }
}

/// The call of a generic function: here all types have names.
fn generic_call(plan: &Plan) -> TokenStream {
    if plan.shape != Shape::Generic {
        return TokenStream::new();
    }
    let inputs = plan.function.params.iter().map(declared);
    let (generics, where_clause) = plan.split.of_functions();
    let body = call::body(plan);
    let output = &plan.function.output;
    let (asyncness, output) = match plan.function.flow {
        Flow::Async | Flow::Boxed if plan.detach => (quote!(), call::gated_type(plan)),
        Flow::Async | Flow::Boxed => (quote!(async), quote!(#output)),
        Flow::Blocking => (quote!(), quote!(#output)),
    };
    quote! {
        #[inline]
        #asyncness fn __call #generics (#(#inputs),*) -> #output #where_clause {
            #body
        }
    }
}

/// What is there once for all instantiations of a generic function.
fn together(plan: &Plan) -> TokenStream {
    if plan.shape != Shape::Generic {
        return TokenStream::new();
    }
    let private = &plan.private;
    let public = (plan.has_companion && plan.split.is_generic()).then(|| {
        let invalidate = (!plan.split.concern(&plan.key.ty)).then(|| invalidate_all(plan));
        quote! {
            pub fn clear_all() {
                Self::__slot().clear();
            }
            pub fn stats_all() -> #private::Stats {
                Self::__slot().stats()
            }
            #invalidate
        }
    });
    quote! {
        fn __slot() -> &'static #private::Slot {
            static __STAMPEDE_SLOT: #private::Slot = #private::Slot::new();
            &__STAMPEDE_SLOT
        }
        #public
    }
}

/// By a key that is of the same type for all instantiations.
fn invalidate_all(plan: &Plan) -> TokenStream {
    let key = &plan.key.ty;
    if let KeyForm::Declared { .. } = plan.key.form {
        return quote! {
            pub fn invalidate_all(__stampede_key: &#key) -> bool {
                Self::__slot().invalidate::<#key>(__stampede_key)
            }
        };
    }
    let params = lookup::keyed_params(plan);
    let references = params.iter().map(|param| {
        let (name, ty) = (&param.name, lookup::reference_type(param));
        quote!(#name: #ty)
    });
    let references: Vec<_> = references.collect();
    let names = params.iter().map(|param| &param.name).map(|name| quote!(#name)).collect();
    let key_of = call::key_of(plan, &lookup::view(plan, &names));
    quote! {
        pub fn invalidate_all(#(#references),*) -> bool {
            Self::__slot().invalidate::<#key>(&#key_of)
        }
    }
}

fn public_functions(plan: &Plan) -> TokenStream {
    let private = &plan.private;
    let cache = call::cache(plan);
    let by_key = by_key(plan);
    let calls = calls(plan);
    quote! {
        #by_key
        #calls
        pub fn clear() {
            #cache.clear();
        }
        pub fn stats() -> #private::Stats {
            #cache.stats()
        }
    }
}

/// `invalidate`, `peek`, `insert`: by the arguments that make up the key, or by a declared key itself.
fn by_key(plan: &Plan) -> TokenStream {
    let private = &plan.private;
    let cache = call::cache(plan);
    let (key, output) = (&plan.key.ty, &plan.function.output);
    if let KeyForm::Declared { .. } = plan.key.form {
        return quote! {
            pub fn invalidate(__stampede_key: &#key) -> bool {
                #cache.invalidate(__stampede_key)
            }
            pub fn peek(__stampede_key: &#key) -> ::core::option::Option<#output> {
                #cache.peek(__stampede_key)
            }
            pub fn insert(__stampede_key: #key, __stampede_output: impl #private::IntoOutput<#output>) {
                #cache.insert(__stampede_key, #private::IntoOutput::into_output(__stampede_output));
            }
        };
    }
    let params = lookup::keyed_params(plan);
    let references = params.iter().map(|param| {
        let (name, ty) = (&param.name, lookup::reference_type(param));
        quote!(#name: #ty)
    });
    let references: Vec<_> = references.collect();
    let names = params.iter().map(|param| &param.name).map(|name| quote!(#name)).collect();
    let by_references = lookup::view(plan, &names);
    let declared = params.iter().map(|param| declared(param));
    let by_declared = lookup::view(plan, &params.iter().map(|param| lookup::by_reference(param)).collect());
    let (generics, where_clause) = plan.split.of_functions();
    quote! {
        pub fn invalidate(#(#references),*) -> bool {
            #cache.invalidate(&#by_references)
        }
        pub fn peek(#(#references),*) -> ::core::option::Option<#output> {
            #cache.peek(&#by_references)
        }
        pub fn insert #generics (
            #(#declared,)*
            __stampede_output: impl #private::IntoOutput<#output>,
        ) #where_clause {
            #cache.put(&#by_declared, __stampede_output);
        }
    }
}

/// `call_with_info`, `refresh` and `uncached`: with all arguments.
fn calls(plan: &Plan) -> TokenStream {
    let (home, output, private) = (&plan.home, &plan.function.output, &plan.private);
    let cache = call::cache_for_load(plan);
    let begun = lookup::with_call(plan, &local("begun"), |view| call::begin(plan, &cache, view));
    let wait_with_info = load::wait_with_info(plan);
    let miss = lookup::with_call(plan, &local("miss"), |view| quote!(#cache.begin_fresh(&#view)));
    let wait = load::wait(plan);
    let (generics, where_clause) = plan.split.of_functions();
    let inputs: Vec<_> = plan.function.params.iter().map(declared).collect();
    let names = plan.function.params.iter().map(|param| &param.name);
    let used = used(plan);
    let body_name = load::body_name(plan);
    let call = quote!(<#home>::#body_name(#(#names),*));
    if plan.shape == Shape::Item && plan.function.flow != Flow::Blocking {
        return calls_of_one_body(plan, &cache);
    }
    let refresh = quote! {
        #used
        #miss
        #wait
    };
    let with_info = quote! {
        #used
        #begun
        match __stampede_begun {
            ::core::result::Result::Ok(__stampede_output) => (__stampede_output, #private::Served::Fresh),
            ::core::result::Result::Err(__stampede_miss) => #wait_with_info,
        }
    };
    if plan.function.flow == Flow::Blocking {
        return quote! {
            pub fn call_with_info #generics (#(#inputs),*) -> (#output, #private::Served) #where_clause {
                #with_info
            }
            pub fn refresh #generics (#(#inputs),*) -> #output #where_clause {
                #refresh
            }
            pub fn uncached #generics (#(#inputs),*) -> #output #where_clause {
                #used
                #call
            }
        };
    }
    let (refresh, with_info) = if plan.shape == Shape::Generic && plan.detach {
        let (future, ty) = (call::gated(plan, &refresh), call::gated_type(plan));
        let info = quote!((#output, #private::Served));
        let (informed, informed_ty) = (call::gated_as(plan, &info, &with_info), call::gated_type_of(&info));
        (
            quote!(pub fn refresh #generics (#(#inputs),*) -> #ty #where_clause { #future }),
            quote!(pub fn call_with_info #generics (#(#inputs),*) -> #informed_ty #where_clause { #informed }),
        )
    } else {
        (
            quote!(pub async fn refresh #generics (#(#inputs),*) -> #output #where_clause { #refresh }),
            quote! {
                pub async fn call_with_info #generics (#(#inputs),*) -> (#output, #private::Served) #where_clause {
                    #with_info
                }
            },
        )
    };
    quote! {
        #with_info
        #refresh
        pub async fn uncached #generics (#(#inputs),*) -> #output #where_clause {
            #used
            #call.await
        }
    }
}

/// The same where a future's type needs not say more than that it is one.
///
/// An `async` body costs the compiler more than all else here, so there is none: a closure is called when the future is polled.
fn calls_of_one_body(plan: &Plan, cache: &TokenStream) -> TokenStream {
    let (home, output, private) = (&plan.home, &plan.function.output, &plan.private);
    let refresher = call::refresher(plan);
    let looked_up = lookup::with_call(
        plan,
        &local("miss"),
        |view| quote!(#cache.begin_with_info(&#view, #refresher, __stampede_insists)),
    );
    let call_with_info = load::call_with_info(plan);
    let (generics, where_clause) = plan.split.of_functions();
    let inputs: Vec<_> = plan.function.params.iter().map(declared).collect();
    let names: Vec<_> = plan.function.params.iter().map(|param| &param.name).collect();
    let (used, body_name) = (used(plan), load::body_name(plan));
    let informed = quote!((#output, #private::Served));
    let future = |output: &TokenStream| quote!(impl ::core::future::Future<Output = #output>);
    let (of_call, of_output) = (future(&informed), future(&quote!(#output)));
    quote! {
        fn __call #generics (__stampede_insists: bool, #(#inputs),*) -> #of_call #where_clause {
            #private::lazily(move || {
                #looked_up
                #call_with_info
            })
        }
        pub fn call_with_info #generics (#(#inputs),*) -> #of_call #where_clause {
            #used
            <#home>::__call(false, #(#names),*)
        }
        pub fn refresh #generics (#(#inputs),*) -> #of_output #where_clause {
            #used
            #private::output_of(<#home>::__call(true, #(#names),*))
        }
        pub fn uncached #generics (#(#inputs),*) -> #of_output #where_clause {
            #used
            <#home>::#body_name(#(#names),*)
        }
    }
}

/// Names the function, for the compiler: who calls it through the companion uses it.
fn used(plan: &Plan) -> TokenStream {
    if plan.shape != Shape::Item {
        // Which instantiation it would be is not known where it has arguments without names.
        return TokenStream::new();
    }
    let function = &plan.item.sig.ident;
    quote!(#[allow(deprecated)] let _ = #function;)
}

/// A parameter as the user declared it, under a plain name.
fn declared(param: &Param) -> TokenStream {
    let (name, ty) = (&param.name, &param.ty);
    quote!(#name: #ty)
}
