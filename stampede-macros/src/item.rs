//! The annotated function: its signature understood, its body kept as tokens.

use crate::diag::Diag;
use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};
use syn::{
    Attribute, FnArg, GenericArgument, GenericParam, Generics, Pat, PathArguments, ReturnType, Signature,
    Type, Visibility,
    parse::{Parse, ParseStream},
    visit::Visit,
};

/// A function as it stands in the source.
pub(crate) struct Item {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) sig: Signature,
    /// The braces and what is in them.
    pub(crate) body: Group,
}

impl Parse for Item {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        let sig = input.parse()?;
        match ungrouped(input.parse()?) {
            TokenTree::Group(body) if body.delimiter() == Delimiter::Brace => {
                Ok(Self { attrs, vis, sig, body })
            }
            other => Err(syn::Error::new(
                other.span(),
                "a function without a body can't be memoized; move `#[stampede]` to one that has a body",
            )),
        }
    }
}

/// Takes off the invisible groups in which `macro_rules!` hands on what it has matched.
fn ungrouped(tree: TokenTree) -> TokenTree {
    match &tree {
        TokenTree::Group(group) if group.delimiter() == Delimiter::None => {
            let mut inside = group.stream().into_iter();
            match (inside.next(), inside.next()) {
                (Some(only), None) => ungrouped(only),
                _ => tree,
            }
        }
        _ => tree,
    }
}

/// The same for a type, parentheses included.
pub(crate) fn ungrouped_type(ty: &Type) -> &Type {
    match ty {
        Type::Paren(inner) => ungrouped_type(&inner.elem),
        Type::Group(inner) => ungrouped_type(&inner.elem),
        _ => ty,
    }
}

impl ToTokens for Item {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Self { attrs, vis, sig, body } = self;
        tokens.extend(quote!(#(#attrs)* #vis #sig #body));
    }
}

/// What an attribute can make of the function.
pub(crate) struct Function {
    /// Lifetimes, and nothing else.
    pub(crate) generics: Generics,
    pub(crate) params: Vec<Param>,
    pub(crate) output: Type,
}

/// One parameter.
pub(crate) struct Param {
    /// What generated code calls it: the user's name, or one of ours for a pattern.
    pub(crate) name: Ident,
    /// As the user wrote it, for the body.
    pub(crate) declared: syn::PatType,
    pub(crate) passing: Passing,
    /// The user's own name for it; `key` and `skip` take those.
    pub(crate) is_named: bool,
}

/// How an argument is passed; `T` is what the key and a detached load own.
pub(crate) enum Passing {
    /// `T`
    Value(Type),
    /// `&T`
    Reference(Type),
    /// `Option<&T>`
    OptionReference(Type),
}

impl Passing {
    pub(crate) fn target(&self) -> &Type {
        match self {
            Self::Value(ty) | Self::Reference(ty) | Self::OptionReference(ty) => ty,
        }
    }
}

impl Function {
    /// Looks at a signature; what can't be memoized is noted.
    pub(crate) fn new(sig: &Signature, diag: &mut Diag) -> Self {
        check_qualifiers(sig, diag);
        check_generics(&sig.generics, diag);
        let output = output(&sig.output, diag);
        let mut params = Vec::new();
        for (number, input) in sig.inputs.iter().enumerate() {
            match input {
                FnArg::Receiver(receiver) => diag.error(
                    receiver.self_token,
                    "a method can't be memoized; move its body to a free function that takes what it needs of `self`",
                ),
                FnArg::Typed(typed) => params.push(Param::new(typed, number, diag)),
            }
        }
        Self { generics: sig.generics.clone(), params, output }
    }
}

impl Param {
    fn new(declared: &syn::PatType, number: usize, diag: &mut Diag) -> Self {
        let (name, is_named) = match &*declared.pat {
            Pat::Ident(pattern) if pattern.subpat.is_none() => (pattern.ident.clone(), true),
            _ => (format_ident!("__stampede_{number}", span = Span::call_site()), false),
        };
        if let Some(condition) = declared.attrs.iter().find(|attr| attr.path().is_ident("cfg")) {
            diag.error(
                condition,
                "an argument under `#[cfg]` can't be memoized; put `#[cfg]` on two functions, with the argument and without",
            );
        }
        if is_unsized(&declared.ty) {
            diag.leave_to_compiler();
        }
        if let Some(opaque) = find_opaque(&declared.ty) {
            diag.error(opaque, "an `impl Trait` argument can't be memoized; name the type that is passed");
        }
        Self { name, declared: declared.clone(), passing: passing(&declared.ty, diag), is_named }
    }
}

fn check_qualifiers(sig: &Signature, diag: &mut Diag) {
    if let Some(unsafety) = &sig.unsafety {
        diag.error(
            unsafety,
            "an `unsafe fn` can't be memoized; wrap the unsafe part in a function that is safe to call",
        );
    }
    if let Some(abi) = &sig.abi {
        diag.error(abi, "an `extern fn` can't be memoized; call it from a plain `async fn`");
    }
    if let Some(variadic) = &sig.variadic {
        diag.error(
            variadic,
            "variadic arguments can't be memoized; call the function from a plain `async fn`",
        );
    }
    if sig.asyncness.is_none() {
        match &sig.constness {
            Some(constness) => {
                diag.error(constness, "a `const fn` can't be memoized; remove `#[stampede]`, or `const`");
            }
            None => diag.error(sig.fn_token, "a function that is not `async` can't be memoized; add `async`"),
        }
    }
}

fn check_generics(generics: &Generics, diag: &mut Diag) {
    for param in &generics.params {
        match param {
            GenericParam::Lifetime(_) => {}
            GenericParam::Type(ty) => diag.error(
                &ty.ident,
                "a function with type parameters can't be memoized; annotate one function for each type it is used with",
            ),
            GenericParam::Const(value) => diag.error(
                &value.ident,
                "a function with const parameters can't be memoized; make the parameter an argument",
            ),
        }
    }
}

/// The output's type, which has to own all it holds.
fn output(output: &ReturnType, diag: &mut Diag) -> Type {
    let ReturnType::Type(_, ty) = output else { return syn::parse_quote!(()) };
    if is_unsized(ty) {
        diag.leave_to_compiler();
    }
    match find_opaque(ty) {
        Some(opaque) => diag
            .error(opaque, "an `impl Trait` can't be kept for other callers; name the type that is returned"),
        None => {
            if let Some(borrow) = find_borrow(ty) {
                diag.error(
                    borrow,
                    "a borrow can't be kept for other callers; return an owned value, as `String` for `&str`",
                );
            }
        }
    }
    (**ty).clone()
}

fn passing(ty: &Type, diag: &mut Diag) -> Passing {
    let ty = ungrouped_type(ty);
    match ty {
        Type::Reference(reference) => {
            if reference.mutability.is_some() {
                diag.error(
                    ty,
                    "a `&mut` argument can't be memoized: calls that are hits would not write to it; return the change instead",
                );
            }
            if is_static(reference.lifetime.as_ref()) {
                Passing::Value(ty.clone())
            } else {
                Passing::Reference((*reference.elem).clone())
            }
        }
        _ => match option_reference(ty) {
            Some(target) => Passing::OptionReference(target.clone()),
            None => Passing::Value(ty.clone()),
        },
    }
}

/// The `T` of an `Option<&T>`, told by its spelling.
fn option_reference(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last().filter(|segment| segment.ident == "Option")?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    let GenericArgument::Type(argument) = arguments.args.first()? else { return None };
    match ungrouped_type(argument) {
        Type::Reference(reference)
            if reference.mutability.is_none() && !is_static(reference.lifetime.as_ref()) =>
        {
            Some(&reference.elem)
        }
        _ => None,
    }
}

fn is_static(lifetime: Option<&syn::Lifetime>) -> bool {
    lifetime.is_some_and(|lifetime| lifetime.ident == "static")
}

/// The first borrow inside a type that is not `'static`.
pub(crate) fn find_borrow(ty: &Type) -> Option<TokenStream> {
    struct Finder(Option<TokenStream>);
    impl<'ast> Visit<'ast> for Finder {
        fn visit_type_reference(&mut self, reference: &'ast syn::TypeReference) {
            if is_static(reference.lifetime.as_ref()) {
                self.visit_type(&reference.elem);
            } else {
                self.0.get_or_insert_with(|| reference.to_token_stream());
            }
        }

        fn visit_lifetime(&mut self, lifetime: &'ast syn::Lifetime) {
            if !is_static(Some(lifetime)) {
                self.0.get_or_insert_with(|| lifetime.to_token_stream());
            }
        }

        // The lifetimes of `fn(&T)` and `dyn Fn(&T)` are its own.
        fn visit_type_bare_fn(&mut self, _: &'ast syn::TypeBareFn) {}

        fn visit_parenthesized_generic_arguments(&mut self, _: &'ast syn::ParenthesizedGenericArguments) {}
    }
    let mut finder = Finder(None);
    finder.visit_type(ty);
    finder.0
}

/// Whether a type has no size, by its spelling: it can't be passed or returned by value.
fn is_unsized(ty: &Type) -> bool {
    match ungrouped_type(ty) {
        Type::Slice(_) | Type::TraitObject(_) => true,
        Type::Path(path) => path.path.is_ident("str"),
        _ => false,
    }
}

fn find_opaque(ty: &Type) -> Option<TokenStream> {
    struct Finder(Option<TokenStream>);
    impl<'ast> Visit<'ast> for Finder {
        fn visit_type_impl_trait(&mut self, opaque: &'ast syn::TypeImplTrait) {
            self.0.get_or_insert_with(|| opaque.to_token_stream());
        }
    }
    let mut finder = Finder(None);
    finder.visit_type(ty);
    finder.0
}

/// Whether the tokens are those of a function at all, for an error that says so.
pub(crate) fn looks_like_function(tokens: &TokenStream) -> bool {
    let is_fn = |tree: TokenTree| matches!(&tree, TokenTree::Ident(ident) if ident == "fn");
    tokens.clone().into_iter().any(is_fn)
}

/// What is said of items that are no functions.
pub(crate) const NOT_A_FUNCTION: &str = "only an `async fn` can be memoized; move `#[stampede]` to one";
