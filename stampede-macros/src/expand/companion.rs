//! The companion: a type of the function's name that has no values, and what can be done with the cache through it.

use crate::{
    expand::{load, lookup},
    item::Param,
    plan::{KeyForm, Plan},
};
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

pub(super) fn expand(plan: &Plan) -> TokenStream {
    let Plan { item, companion, .. } = plan;
    let vis = &item.vis;
    // What is conditional about the function is conditional about its companion.
    let conditions = item.attrs.iter().filter(|attr| attr.path().is_ident("cfg"));
    let conditions: Vec<_> = conditions.collect();
    let cache = cache(plan);
    let key = lookup::key_function(plan);
    let load = load::functions(plan);
    let public = if plan.has_companion { public_functions(plan) } else { TokenStream::new() };
    quote! {
        #(#conditions)*
        #[allow(non_camel_case_types, dead_code, missing_docs, unreachable_pub, clippy::all, clippy::pedantic)]
        #[doc(hidden)]
        #vis enum #companion {}

        #(#conditions)*
        #[allow(dead_code, missing_docs, unreachable_pub, clippy::all, clippy::pedantic)]
        impl #companion {
            #cache
            #key
            #load
            #public
        }
    }
}

fn cache(plan: &Plan) -> TokenStream {
    let Plan { private, name, ttl, .. } = plan;
    let vis = &plan.item.vis;
    let (key, output) = (&plan.key.ty, output_type(plan));
    let sharing = sharing(plan);
    quote! {
        #[inline]
        #vis fn cache() -> &'static #private::FnCache<#key, #output> {
            static __STAMPEDE_CACHE: ::std::sync::OnceLock<#private::FnCache<#key, #output>> =
                ::std::sync::OnceLock::new();
            __STAMPEDE_CACHE.get_or_init(|| {
                let __stampede_print = {
                    use #private::{PrintDebug as _, PrintNothing as _};
                    (&&#private::Keys::<#key>::new()).printer()
                };
                #private::fn_cache(#name, #ttl, #sharing, __stampede_print)
            })
        }
    }
}

/// Chooses how outputs are shared, at the place of the return type: that is where an error about it belongs.
fn sharing(plan: &Plan) -> TokenStream {
    let private = &plan.private;
    let output = &plan.function.output;
    let choice = quote_spanned!(output.span()=> (&&&&&&&#private::Outputs::<#output>::new()).sharing());
    quote! {{
        use #private::{
            CloneOption as _, ClonePlain as _, CloneResult as _, ShareError as _, ShareHeldError as _,
            UnshareableError as _, UnshareablePlain as _, UnshareableValue as _,
        };
        #choice
    }}
}

/// The output, through a trait that says in our words what it has to be.
fn output_type(plan: &Plan) -> TokenStream {
    let (private, output) = (&plan.private, &plan.function.output);
    quote_spanned!(output.span()=> <#output as #private::ReturnType>::Itself)
}

fn public_functions(plan: &Plan) -> TokenStream {
    let (private, vis) = (&plan.private, &plan.item.vis);
    let by_key = by_key(plan);
    let calls = calls(plan);
    quote! {
        #by_key
        #calls
        #vis fn clear() {
            Self::cache().clear();
        }
        #vis fn stats() -> #private::Stats {
            Self::cache().stats()
        }
    }
}

/// `invalidate`, `peek`, `insert`: by the arguments that make up the key, or by a declared key itself.
fn by_key(plan: &Plan) -> TokenStream {
    let Plan { private, item, .. } = plan;
    let vis = &item.vis;
    let (key, output) = (&plan.key.ty, &plan.function.output);
    let lifetime = quote!('__stampede);
    if let KeyForm::Declared { .. } = plan.key.form {
        return quote! {
            #vis fn invalidate(__stampede_key: &#key) -> bool {
                Self::cache().invalidate(__stampede_key)
            }
            #vis fn peek(__stampede_key: &#key) -> ::core::option::Option<#output> {
                Self::cache().peek(__stampede_key)
            }
            #vis fn insert(__stampede_key: #key, __stampede_output: impl #private::IntoOutput<#output>) {
                Self::cache().insert(__stampede_key, __stampede_output.into_output());
            }
        };
    }
    let params = lookup::keyed_params(plan);
    let references = params.iter().map(|param| {
        let (name, ty) = (&param.name, lookup::reference_type(param, &lifetime));
        quote!(#name: #ty)
    });
    let references: Vec<_> = references.collect();
    let names: Vec<_> = params.iter().map(|param| &param.name).collect();
    let declared = params.iter().map(|param| declared(param));
    let arguments = params.iter().map(|param| lookup::by_reference(param));
    let generics = &plan.function.generics;
    let where_clause = &generics.where_clause;
    quote! {
        #vis fn invalidate<'__stampede>(#(#references),*) -> bool {
            Self::cache().invalidate(&Self::__key(#(#names),*))
        }
        #vis fn peek<'__stampede>(#(#references),*) -> ::core::option::Option<#output> {
            Self::cache().peek(&Self::__key(#(#names),*))
        }
        #vis fn insert #generics (
            #(#declared,)*
            __stampede_output: impl #private::IntoOutput<#output>,
        ) #where_clause {
            let __stampede_key = #private::ToKey::to_key(&Self::__key(#(#arguments),*));
            Self::cache().insert(__stampede_key, __stampede_output.into_output());
        }
    }
}

/// `refresh` and `uncached`: with all arguments.
fn calls(plan: &Plan) -> TokenStream {
    let Plan { private, item, .. } = plan;
    let vis = &item.vis;
    let output = &plan.function.output;
    let key = lookup::of_call(plan);
    let wait = load::wait(plan);
    let generics = &plan.function.generics;
    let where_clause = &generics.where_clause;
    let inputs: Vec<_> = plan.function.params.iter().map(declared).collect();
    let names = plan.function.params.iter().map(|param| &param.name);
    quote! {
        #vis async fn refresh #generics (#(#inputs),*) -> #output #where_clause {
            let __stampede_miss = #private::begin_fresh(Self::cache(), &#key);
            #wait
        }
        #vis async fn uncached #generics (#(#inputs),*) -> #output #where_clause {
            Self::__body(#(#names),*).await
        }
    }
}

/// A parameter as the user declared it, under a plain name.
fn declared(param: &Param) -> TokenStream {
    let (name, ty) = (&param.name, &param.declared.ty);
    quote!(#name: #ty)
}
