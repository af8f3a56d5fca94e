//! How a load gets its arguments and runs the user's body.

use crate::{
    check,
    item::{Flow, Param, Passing},
    plan::{Plan, Shape},
    receiver,
};
use proc_macro2::{Group, Ident, Span, TokenStream};
use quote::{quote, quote_spanned};

/// Waits for the flight of `__stampede_miss`, from the function's own parameters.
pub(super) fn wait(plan: &Plan) -> TokenStream {
    let (call, awaited) = (call_by(plan, ""), awaited(plan));
    quote!(#call #awaited)
}

/// The same, for the output and how it came to the call.
pub(super) fn wait_with_info(plan: &Plan) -> TokenStream {
    let (call, awaited) = (call_with_info(plan), awaited(plan));
    quote!(#call #awaited)
}

/// What waits, not awaited.
pub(super) fn call_with_info(plan: &Plan) -> TokenStream {
    call_by(plan, "_with_info")
}

fn call_by(plan: &Plan, suffix: &str) -> TokenStream {
    let method = |name: &str| Ident::new(&format!("{name}{suffix}"), Span::call_site());
    if plan.function.flow == Flow::Blocking && !plan.detach {
        return blocking(plan, &method("blocking"));
    }
    let (detached, in_place) = (detached(plan, &method), method("in_place"));
    let (on_thread, awaited) = (plan.function.flow == Flow::Blocking, awaited(plan));
    let (home, body_name) = (&plan.home, body_name(plan));
    if !plan.detach {
        let body = match plan.shape {
            Shape::Inline => {
                let body = inline_body(plan);
                quote!(async move { #body })
            }
            Shape::Item | Shape::Generic => {
                let arguments = plan.function.params.iter().map(|param| &param.name);
                quote!(<#home>::#body_name(#(#arguments),*))
            }
        };
        return quote!(__stampede_miss.#in_place(move || #body));
    }
    if plan.shape == Shape::Item {
        let arguments = plan.function.params.iter().map(|param| owned(plan, param));
        return quote!(__stampede_miss.#detached(move || #home::__load(#(#arguments),*)));
    }
    let owned = plan.function.params.iter().filter_map(|param| {
        let (name, owned) = (owned_name(param), owned(plan, param));
        let is_moved = matches!(param.passing, Passing::Value(_)) && !param.is_receiver;
        (!is_moved).then(|| quote!(let #name = #owned;))
    });
    let body = match plan.shape {
        Shape::Inline if on_thread => {
            let (body, output) = (inline_body(plan), &plan.function.output);
            quote!((move || -> #output { #body })())
        }
        Shape::Inline => inline_body(plan),
        Shape::Item | Shape::Generic => {
            let arguments = plan.function.params.iter().map(|param| borrowed(plan, param));
            quote!(<#home>::#body_name(#(#arguments),*) #awaited)
        }
    };
    let future = quote_spanned! {plan.item.sig.ident.span()=>
        ::std::boxed::Box::pin(async move { #body })
    };
    quote! {
        __stampede_miss.#detached(move || {
            #(#owned)*
            #future
        })
    }
}

/// The method that waits for a load which owns its arguments.
fn detached(plan: &Plan, method: &dyn Fn(&str) -> Ident) -> Ident {
    method(if plan.function.flow == Flow::Blocking { "blocking_or_pooled" } else { "detached" })
}

/// `.await`, where the function is one that awaits.
fn awaited(plan: &Plan) -> TokenStream {
    if plan.function.flow == Flow::Blocking { TokenStream::new() } else { quote!(.await) }
}

fn blocking(plan: &Plan, method: &Ident) -> TokenStream {
    let (home, output, body_name) = (&plan.home, &plan.function.output, body_name(plan));
    let body = match plan.shape {
        Shape::Inline => inline_body(plan),
        Shape::Item | Shape::Generic => {
            let arguments = plan.function.params.iter().map(|param| &param.name);
            quote!(<#home>::#body_name(#(#arguments),*))
        }
    };
    quote!(__stampede_miss.#method(move || -> #output { #body }))
}

/// The user's body as it stands inside of its function, after what binds its arguments.
///
/// ```text
/// Input:   async fn page(&self, (id, lang): (u64, Lang), to: &str) -> Result<Page, Error> { self.client.get(id).await }
///
/// Output:  let __stampede_self = lend::<Self>(&__stampede_own_self);
///          let (id, lang) = __stampede_1;
///          let to = lend::<str>(&to);
///          if let Some(output) = None::<Result<Page, Error>> { return output; }      // a type for `?` and `return`
///          { __stampede_self.client.get(id).await }
/// ```
fn inline_body(plan: &Plan) -> TokenStream {
    let Plan { function, .. } = plan;
    let output = &function.output;
    let bindings = function.params.iter().filter(|param| plan.detach || !param.is_receiver).map(|param| {
        let value = if plan.detach { borrowed(plan, param) } else { param.name_tokens() };
        let pat = if param.is_receiver { receiver::rename(param.pat.clone()) } else { param.pat.clone() };
        let attrs = &param.attrs;
        quote!(#attrs let #pat = #value;)
    });
    let bindings = quote!(#(#bindings)*);
    let is_renamed = plan.detach && function.receiver().is_some();
    let statements = plan.item.body.stream();
    let statements = if is_renamed { receiver::rename(statements) } else { statements };
    let mut body = Group::new(plan.item.body.delimiter(), statements);
    // At the user's place, but as generated braces: inside of another block the compiler finds them unnecessary.
    body.set_span(Span::call_site().located_at(plan.item.body.span()));
    match function.flow {
        Flow::Async => quote! {
            #bindings
            #[allow(unreachable_code)]
            if let ::core::option::Option::Some(__stampede_output) = ::core::option::Option::None::<#output> {
                return __stampede_output;
            }
            #body
        },
        Flow::Boxed => quote!(#bindings (move || #body)().await),
        Flow::Blocking => quote!(#bindings #body),
    }
}

/// What the user's function is called in the companion: the compiler names it where its future is not `Send`. With an underscore it is
/// not told of as never used, once more than the function itself.
pub(super) fn body_name(plan: &Plan) -> Ident {
    let name = plan.function.name.to_string();
    // In lower case, or the compiler would mind the name twice.
    Ident::new(&format!("_{}", name.trim_start_matches("r#").to_lowercase()), plan.item.sig.ident.span())
}

/// The user's function, under the lints that the user has set for it.
pub(super) fn body(plan: &Plan) -> TokenStream {
    let is_lint = |attr: &&syn::Attribute| {
        ["allow", "warn", "deny", "forbid", "expect"].iter().any(|level| attr.path().is_ident(level))
    };
    let lints = plan.item.attrs.iter().filter(is_lint);
    let instruments = plan.item.attrs.iter().filter(|attr| check::is_instrument(attr));
    let instruments = instruments.map(|attr| instrument(attr, &plan.function.name));
    let mut sig = plan.item.sig.clone();
    sig.ident = body_name(plan);
    let inputs = plan.function.params.iter().map(|param| {
        let Param { attrs, pat, ty, .. } = param;
        quote!(#attrs #pat: #ty)
    });
    let (generics, where_clause) = plan.split.of_functions();
    let syn::Signature { asyncness, fn_token, ident, output, .. } = &sig;
    let body = &plan.item.body;
    // A function may be `async` to be memoized, whether it awaits something or not.
    quote! {
        #[allow(clippy::unused_async)]
        #(#lints)*
        #(#instruments)*
        #asyncness #fn_token #ident #generics (#(#inputs),*) #output #where_clause #body
    }
}

/// `#[instrument]` is about the load, under the function's own name.
fn instrument(attr: &syn::Attribute, name: &Ident) -> TokenStream {
    let path = attr.path();
    let name = name.to_string();
    match &attr.meta {
        syn::Meta::List(list) => {
            let options = &list.tokens;
            let is_named = options
                .clone()
                .into_iter()
                .any(|tree| matches!(&tree, proc_macro2::TokenTree::Ident(ident) if ident == "name"));
            if is_named || options.is_empty() {
                quote!(#attr)
            } else {
                quote!(#[#path(name = #name, #options)])
            }
        }
        _ => quote!(#[#path(name = #name)]),
    }
}

/// `__load`, which runs the body with arguments of its own.
///
/// It is no `async fn` and returns a trait object: otherwise whether a recursive function is `Send` would depend on itself.
pub(super) fn load(plan: &Plan) -> TokenStream {
    if !plan.detach || plan.shape != Shape::Item {
        return TokenStream::new();
    }
    let Plan { private, function, .. } = plan;
    let (verdict, key, output) = (&plan.verdict, &plan.key.ty, &function.output);
    let inputs = function.params.iter().map(|param| {
        let (name, ty) = (&param.name, owned_type(plan, param));
        quote!(#name: #ty)
    });
    let arguments = function.params.iter().map(|param| borrowed(plan, param));
    let (awaited, body_name) = (awaited(plan), body_name(plan));
    // What lends nothing is the body's own future: it takes no other one around it.
    let lends = function.params.iter().any(|param| !matches!(param.passing, Passing::Value(_)));
    let body = if lends || function.flow != Flow::Async {
        quote!(async move { Self::#body_name(#(#arguments),*) #awaited })
    } else {
        quote!(Self::#body_name(#(#arguments),*))
    };
    // At the function's name: that is where a body that is not `Send` is told.
    let future = quote_spanned! {plan.item.sig.ident.span()=> ::std::boxed::Box::pin(#body) };
    quote! {
        fn __load(#(#inputs),*) -> <#verdict as #private::Choose<#key, #output>>::Load {
            #future
        }
    }
}

/// What a load holds of an argument.
fn owned_type(plan: &Plan, param: &Param) -> TokenStream {
    let own = own(plan, param);
    match &param.passing {
        Passing::Value(ty) => quote!(#ty),
        Passing::Reference(_) => quote!(#own::Owned),
        Passing::OptionReference(_) => quote!(::core::option::Option<#own::Owned>),
    }
}

/// What a load calls an argument that it holds.
fn owned_name(param: &Param) -> Ident {
    if param.is_receiver { Ident::new("__stampede_own_self", Span::call_site()) } else { param.name.clone() }
}

/// Owns an argument, from the function's own parameter. What is passed by value is moved.
fn owned(plan: &Plan, param: &Param) -> TokenStream {
    let name = &param.name;
    let own = use_owner(plan, param, "own");
    match &param.passing {
        Passing::Value(_) => quote!(#name),
        Passing::Reference(_) => quote!(#own(#name)),
        Passing::OptionReference(_) => quote!(#name.map(#own)),
    }
}

/// An argument as the body takes it, from what the load holds.
fn borrowed(plan: &Plan, param: &Param) -> TokenStream {
    let name = owned_name(param);
    let lend = use_owner(plan, param, "lend");
    match &param.passing {
        Passing::Value(_) => quote!(#name),
        Passing::Reference(_) => quote!(#lend(&#name)),
        Passing::OptionReference(_) => quote!(#name.as_ref().map(#lend)),
    }
}

/// A function that owns what a reference points at, or lends it again.
fn use_owner(plan: &Plan, param: &Param, function: &str) -> TokenStream {
    let private = &plan.private;
    let function = Ident::new(function, Span::call_site());
    if plan.shape == Shape::Item {
        let own = own(plan, param);
        return quote!(#own::#function);
    }
    let target = match plan.shape {
        // Its type has no name here.
        Shape::Inline if param.opaque.is_some() => quote!(_),
        _ => {
            let target = param.passing.target();
            quote!(#target)
        }
    };
    quote! {{
        #[allow(unused_imports)]
        use #private::Unowned as _;
        #private::Owner::<#target>::#function
    }}
}

fn own(plan: &Plan, param: &Param) -> TokenStream {
    let (private, verdict, target) = (&plan.private, &plan.verdict, param.passing.target());
    quote!(<#verdict as #private::Own<#target>>)
}
