//! The companion: a type of the function's name that has no values, and what can be done with the cache through it.

use crate::{
    expand::{judge, load, local, lookup},
    item::Param,
    plan::{KeyForm, Plan},
};
use proc_macro2::TokenStream;
use quote::quote;
use syn::ExprPath;

/// The companion is declared in a module and imported from there. If its name is taken, only the import is at fault: all else
/// names the companion through the module.
pub(super) fn expand(plan: &Plan, conditions: &TokenStream) -> TokenStream {
    let Plan { item, companion, module, home, .. } = plan;
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
    let cache = cache(plan);
    let sharing = judge::sharing(plan);
    let load = load::load(plan);
    let body = load::body(plan);
    let public = plan.has_companion.then(|| public_functions(plan));
    quote! {
        #conditions
        #quiet
        mod #module {
            pub enum #companion {}
        }
        #import
        #conditions
        #quiet
        impl #home {
            #cache
            #sharing
            #load
            #public
        }
        #conditions
        impl #home {
            #body
        }
    }
}

fn cache(plan: &Plan) -> TokenStream {
    let Plan { private, .. } = plan;
    let (verdict, key, output) = (&plan.verdict, &plan.key.ty, &plan.function.output);
    let cache = quote!(<#verdict as #private::Choose<#key, #output>>::Cache);
    let settings = settings(plan);
    let blueprint = blueprint(plan);
    quote! {
        #settings
        #[inline]
        pub fn cache() -> &'static #private::FnCache<#key, #output> {
            Self::__cache().reveal()
        }
        #[inline]
        fn __cache() -> &'static #cache {
            static __STAMPEDE_CACHE: ::std::sync::OnceLock<#cache> = ::std::sync::OnceLock::new();
            __STAMPEDE_CACHE.get_or_init(|| {
                #[allow(unused_imports)]
                use #private::{Plain as _, Unprinted as _};
                <#cache>::new(#blueprint)
            })
        }
    }
}

/// The freshness options; those that are constants of the user's may contradict others only by their value.
fn settings(plan: &Plan) -> TokenStream {
    let Plan { private, settings, .. } = plan;
    quote! {
        const __SETTINGS: #private::Settings = #private::Settings { #(#settings,)* ..#private::Settings::NEW };
    }
}

fn blueprint(plan: &Plan) -> TokenStream {
    let Plan { private, name, home, capacity, .. } = plan;
    let (key, output) = (&plan.key.ty, &plan.function.output);
    let outputs = quote!(#private::Outputs::<#output>);
    let none = quote!(::core::option::Option::None);
    let ttl_from = plan.ttl_from.as_ref().map_or_else(|| none.clone(), |path| ttl_from(plan, path));
    let timed_out = if plan.has_load_timeout { quote!(#outputs::TIMED_OUT) } else { none };
    quote! {
        &#private::Blueprint::<#key, #output> {
            name: #name,
            settings: #home::__SETTINGS,
            sharing: #home::__SHARING,
            kind: #private::kind_of([#outputs::RESULT_OF_OPTION, #outputs::RESULT, #outputs::OPTION]),
            describe: #outputs::DESCRIBE,
            ttl_from: #ttl_from,
            timed_out: #timed_out,
            capacity: #capacity,
            print_key: #private::Keys::<#key>::PRINT,
        }
    }
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

fn public_functions(plan: &Plan) -> TokenStream {
    let private = &plan.private;
    let by_key = by_key(plan);
    let calls = calls(plan);
    quote! {
        #by_key
        #calls
        pub fn clear() {
            Self::__cache().clear();
        }
        pub fn stats() -> #private::Stats {
            Self::__cache().stats()
        }
    }
}

/// `invalidate`, `peek`, `insert`: by the arguments that make up the key, or by a declared key itself.
fn by_key(plan: &Plan) -> TokenStream {
    let private = &plan.private;
    let (key, output) = (&plan.key.ty, &plan.function.output);
    if let KeyForm::Declared { .. } = plan.key.form {
        return quote! {
            pub fn invalidate(__stampede_key: &#key) -> bool {
                Self::__cache().invalidate(__stampede_key)
            }
            pub fn peek(__stampede_key: &#key) -> ::core::option::Option<#output> {
                Self::__cache().peek(__stampede_key)
            }
            pub fn insert(__stampede_key: #key, __stampede_output: impl #private::IntoOutput<#output>) {
                Self::__cache().insert(__stampede_key, #private::IntoOutput::into_output(__stampede_output));
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
    let generics = &plan.function.generics;
    let where_clause = &generics.where_clause;
    quote! {
        pub fn invalidate(#(#references),*) -> bool {
            Self::__cache().invalidate(&#by_references)
        }
        pub fn peek(#(#references),*) -> ::core::option::Option<#output> {
            Self::__cache().peek(&#by_references)
        }
        pub fn insert #generics (
            #(#declared,)*
            __stampede_output: impl #private::IntoOutput<#output>,
        ) #where_clause {
            let __stampede_key = Self::__cache().key_of(&#by_declared);
            Self::__cache().insert(__stampede_key, #private::IntoOutput::into_output(__stampede_output));
        }
    }
}

/// `call_with_info`, `refresh` and `uncached`: with all arguments.
fn calls(plan: &Plan) -> TokenStream {
    let output = &plan.function.output;
    let private = &plan.private;
    let begun = lookup::with_call(plan, &local("begun"), &quote!(Self::__cache().begin(&__stampede_call)));
    let wait_with_info = load::wait_with_info(plan);
    let miss =
        lookup::with_call(plan, &local("miss"), &quote!(Self::__cache().begin_fresh(&__stampede_call)));
    let wait = load::wait(plan);
    let generics = &plan.function.generics;
    let where_clause = &generics.where_clause;
    let inputs: Vec<_> = plan.function.params.iter().map(declared).collect();
    let names = plan.function.params.iter().map(|param| &param.name);
    let used = used(plan);
    quote! {
        pub async fn call_with_info #generics (#(#inputs),*) -> (#output, #private::Served) #where_clause {
            #used
            #begun
            match __stampede_begun {
                ::core::result::Result::Ok(__stampede_output) => (__stampede_output, #private::Served::Fresh),
                ::core::result::Result::Err(__stampede_miss) => #wait_with_info,
            }
        }
        pub async fn refresh #generics (#(#inputs),*) -> #output #where_clause {
            #used
            #miss
            #wait
        }
        pub async fn uncached #generics (#(#inputs),*) -> #output #where_clause {
            #used
            Self::__body(#(#names),*).await
        }
    }
}

/// Names the function, for the compiler: who calls it through the companion uses it.
fn used(plan: &Plan) -> TokenStream {
    let function = &plan.item.sig.ident;
    quote!(let _ = #function;)
}

/// A parameter as the user declared it, under a plain name.
fn declared(param: &Param) -> TokenStream {
    let (name, ty) = (&param.name, &param.declared.ty);
    quote!(#name: #ty)
}
