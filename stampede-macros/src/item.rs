//! The annotated function: its signature understood, its body kept as tokens.

use crate::{diag::Diag, receiver::names_self_type};
use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};
use syn::{
    Attribute, FnArg, GenericArgument, Generics, Pat, PathArguments, ReturnType, Signature, Type,
    TypeImplTrait, Visibility,
    parse::{Parse, ParseStream},
    visit::Visit,
    visit_mut::VisitMut,
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
    pub(crate) name: Ident,
    pub(crate) flow: Flow,
    pub(crate) generics: Generics,
    /// The arguments, and first of them `self`.
    pub(crate) params: Vec<Param>,
    pub(crate) output: Type,
    /// The `impl Trait`s among the arguments, and what generated code calls them.
    pub(crate) opaques: Vec<(Ident, TypeImplTrait)>,
    /// It names `Self`, so it stands in an `impl` or a trait.
    pub(crate) is_associated: bool,
}

/// How a function comes to its output.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    /// `async fn … -> T`
    Async,
    /// `fn … -> Pin<Box<dyn Future<Output = T>>>`, as `#[async_trait]` makes them.
    Boxed,
    /// `fn … -> T`
    Blocking,
}

/// One parameter.
pub(crate) struct Param {
    /// What generated code calls it: the user's name, `self`, or one of ours for a pattern.
    pub(crate) name: Ident,
    /// As the user wrote it, for the body, with its attributes apart.
    pub(crate) pat: TokenStream,
    pub(crate) attrs: TokenStream,
    /// Its type as the user wrote it, but that an `impl Trait` has a name.
    pub(crate) ty: Type,
    pub(crate) passing: Passing,
    /// The user's own name for it; `key` and `skip` take those.
    pub(crate) is_named: bool,
    /// It is `self`.
    pub(crate) is_receiver: bool,
    /// An `impl Trait` in its type.
    pub(crate) opaque: Option<TokenStream>,
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
    /// Looks at a function; what can't be memoized is noted.
    pub(crate) fn new(item: &Item, diag: &mut Diag) -> Self {
        let sig = &item.sig;
        check_qualifiers(sig, diag);
        let boxed = boxed_output(sig);
        let flow = match (&sig.asyncness, boxed) {
            (Some(_), _) => Flow::Async,
            (None, Some(_)) => Flow::Boxed,
            (None, None) => Flow::Blocking,
        };
        let output = match boxed {
            Some(ty) => output(&ReturnType::Type(syn::parse_quote!(->), Box::new(ty.clone())), diag),
            None => output(&sig.output, diag),
        };
        let mut opaques = Vec::new();
        let params = sig.inputs.iter().enumerate().map(|(number, input)| match input {
            FnArg::Receiver(receiver) => Param::receiver(receiver, diag),
            FnArg::Typed(typed) => Param::new(typed, number, &mut opaques, diag),
        });
        let params: Vec<_> = params.collect();
        let is_associated = params.iter().any(|param| param.is_receiver)
            || names_self_type(sig.to_token_stream())
            || names_self_type(item.body.stream());
        Self {
            name: sig.ident.clone(),
            flow,
            generics: sig.generics.clone(),
            params,
            output,
            opaques,
            is_associated,
        }
    }

    pub(crate) fn receiver(&self) -> Option<&Param> {
        self.params.iter().find(|param| param.is_receiver)
    }
}

impl Param {
    fn new(
        declared: &syn::PatType,
        number: usize,
        opaques: &mut Vec<(Ident, TypeImplTrait)>,
        diag: &mut Diag,
    ) -> Self {
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
        let opaque = find_opaque(&declared.ty);
        let mut ty = (*declared.ty).clone();
        NameOpaques(opaques).visit_type_mut(&mut ty);
        let passing = passing(&ty, diag);
        let pat = declared.pat.to_token_stream();
        let attrs = declared.attrs.iter().map(ToTokens::to_token_stream).collect();
        Self { name, pat, attrs, ty, passing, is_named, is_receiver: false, opaque }
    }

    /// Its name, as an expression.
    pub(crate) fn name_tokens(&self) -> TokenStream {
        self.name.to_token_stream()
    }

    fn receiver(receiver: &syn::Receiver, diag: &mut Diag) -> Self {
        let is_mutable_reference = match &receiver.reference {
            Some(_) => receiver.mutability.is_some(),
            None => matches!(&*receiver.ty, Type::Reference(reference) if reference.mutability.is_some()),
        };
        if is_mutable_reference {
            diag.error(
                receiver,
                "a `&mut self` method can't be memoized: calls that are hits would not change it; take `&self`",
            );
        }
        let name: Ident = Ident::new("self", receiver.self_token.span);
        let ty = (*receiver.ty).clone();
        let passing = match &ty {
            Type::Reference(reference) => Passing::Reference((*reference.elem).clone()),
            _ => Passing::Value(ty.clone()),
        };
        let mutability = receiver.reference.is_none().then_some(receiver.mutability).flatten();
        let pat = quote!(#mutability #name);
        let attrs = TokenStream::new();
        Self { name, pat, attrs, ty, passing, is_named: true, is_receiver: true, opaque: None }
    }
}

/// Gives each `impl Trait` a name.
struct NameOpaques<'a>(&'a mut Vec<(Ident, TypeImplTrait)>);

impl VisitMut for NameOpaques<'_> {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        if let Type::Paren(inner) = ty {
            if matches!(&*inner.elem, Type::ImplTrait(_)) {
                *ty = (*inner.elem).clone();
            }
        }
        if let Type::ImplTrait(opaque) = ty {
            let name = format_ident!("ImplTrait{}", self.0.len(), span = opaque.impl_token.span);
            self.0.push((name.clone(), opaque.clone()));
            *ty = syn::parse_quote!(#name);
        } else {
            syn::visit_mut::visit_type_mut(self, ty);
        }
    }
}

/// The `T` of a `fn … -> Pin<Box<dyn Future<Output = T>>>`.
fn boxed_output(sig: &Signature) -> Option<&Type> {
    fn only_type<'a>(ty: &'a Type, name: &str) -> Option<&'a Type> {
        let Type::Path(path) = ty else { return None };
        let last = path.path.segments.last().filter(|segment| segment.ident == name)?;
        let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
        match arguments.args.first()? {
            GenericArgument::Type(ty) => Some(ty),
            _ => None,
        }
    }
    let ReturnType::Type(_, ty) = &sig.output else { return None };
    let Type::TraitObject(object) = only_type(only_type(ty, "Pin")?, "Box")? else { return None };
    object.bounds.iter().find_map(|bound| {
        let syn::TypeParamBound::Trait(bound) = bound else { return None };
        let last = bound.path.segments.last().filter(|segment| segment.ident == "Future")?;
        let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
        arguments.args.iter().find_map(|argument| match argument {
            GenericArgument::AssocType(output) if output.ident == "Output" => Some(&output.ty),
            _ => None,
        })
    })
}

fn check_qualifiers(sig: &Signature, diag: &mut Diag) {
    if let Some(unsafety) = &sig.unsafety {
        diag.error(
            unsafety,
            "an `unsafe fn` can't be memoized; wrap the unsafe part in a function that is safe to call",
        );
    }
    if let Some(abi) = &sig.abi {
        diag.error(abi, "an `extern fn` can't be memoized; call it from a plain `fn`");
    }
    if let Some(variadic) = &sig.variadic {
        diag.error(variadic, "variadic arguments can't be memoized; call the function from a plain `fn`");
    }
    if let Some(constness) = &sig.constness {
        diag.error(constness, "a `const fn` can't be memoized; remove `#[stampede]`, or `const`");
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
pub(crate) const NOT_A_FUNCTION: &str = "only a function can be memoized; move `#[stampede]` to one";
