//! Type parameters: which of them the companion has, and which stay with its functions.

use crate::item::Function;
use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{ConstParam, GenericParam, TypeParam, TypeParamBound, WherePredicate, punctuated::Punctuated};

/// The parameters of a function, sorted.
///
/// ```text
/// Input:   fn page<'a, T: Load<'a> + Clone, const N: usize>(id: &'a str, db: impl Db) where T: Default
///
/// Output:  impl<T: Clone, const N: usize> page<T, N> where T: Default + 'static {
///              fn refresh<'a, ImplTrait0: Db>(id: &'a str, db: ImplTrait0) where T: Load<'a> { … }
///          }
/// ```
#[derive(Default)]
pub(crate) struct Split {
    pub(crate) types: Vec<TypeParam>,
    pub(crate) consts: Vec<ConstParam>,
    /// Types and constants, as they were declared, without lifetimes.
    declared: Vec<GenericParam>,
    /// What is asked of them wherever they stand.
    bounds: Vec<WherePredicate>,
    /// Lifetimes, and the `impl Trait`s under their names.
    of_functions: Vec<GenericParam>,
    /// What is asked with the help of those.
    bounds_of_functions: Vec<WherePredicate>,
}

impl Split {
    pub(crate) fn new(function: &Function, detach: bool) -> Self {
        let mut split = Self::default();
        let lifetimes: Vec<Ident> =
            function.generics.lifetimes().map(|param| param.lifetime.ident.clone()).collect();
        for param in &function.generics.params {
            match param {
                GenericParam::Lifetime(_) => split.of_functions.push(param.clone()),
                GenericParam::Type(param) => split.add_type(param, &lifetimes),
                GenericParam::Const(param) => {
                    let mut param = param.clone();
                    param.attrs.clear();
                    split.consts.push(param.clone());
                    split.declared.push(param.into());
                }
            }
        }
        for (name, opaque) in &function.opaques {
            let bounds = &opaque.bounds;
            let outlives = detach.then(|| quote!(+ 'static));
            split.of_functions.push(syn::parse_quote!(#name: #bounds #outlives));
        }
        let predicates = function.generics.where_clause.iter().flat_map(|clause| &clause.predicates);
        for predicate in predicates {
            if mentions(&predicate.to_token_stream(), &lifetimes) {
                split.bounds_of_functions.push(predicate.clone());
            } else {
                split.bounds.push(predicate.clone());
            }
        }
        split
    }

    fn add_type(&mut self, param: &TypeParam, lifetimes: &[Ident]) {
        let (of_function, of_type): (Vec<TypeParamBound>, Vec<_>) =
            param.bounds.iter().cloned().partition(|bound| mentions(&bound.to_token_stream(), lifetimes));
        let name = &param.ident;
        if !of_function.is_empty() {
            self.bounds_of_functions.push(syn::parse_quote!(#name: #(#of_function)+*));
        }
        let bounds: Punctuated<_, _> = of_type.into_iter().collect();
        let mut param = TypeParam { attrs: Vec::new(), bounds, ..param.clone() };
        outlive_all(&mut param);
        self.types.push(param.clone());
        self.declared.push(param.into());
    }

    /// Whether the companion has parameters.
    pub(crate) fn is_generic(&self) -> bool {
        !self.declared.is_empty()
    }

    /// Whether tokens depend on types or constants that only a call knows.
    pub(crate) fn concern(&self, tokens: &impl ToTokens) -> bool {
        let opaques = self.of_functions.iter().filter_map(|param| match param {
            GenericParam::Type(param) => Some(param.ident.clone()),
            _ => None,
        });
        let names: Vec<Ident> = self.names().into_iter().chain(opaques).collect();
        mentions(&tokens.to_token_stream(), &names)
    }

    fn names(&self) -> Vec<Ident> {
        let name = |param: &GenericParam| match param {
            GenericParam::Type(param) => Some(param.ident.clone()),
            GenericParam::Const(param) => Some(param.ident.clone()),
            GenericParam::Lifetime(_) => None,
        };
        self.declared.iter().filter_map(name).collect()
    }

    /// `<T, N>`
    pub(crate) fn arguments(&self) -> TokenStream {
        let names = self.names();
        if names.is_empty() { TokenStream::new() } else { quote!(<#(#names),*>) }
    }

    /// The arguments that stand for all instantiations together.
    pub(crate) fn every(&self, private: &TokenStream) -> TokenStream {
        let arguments = self.declared.iter().map(|param| match param {
            GenericParam::Const(param) => match param.ty.to_token_stream().to_string().as_str() {
                "bool" => quote!(false),
                "char" => quote!('*'),
                _ => {
                    let ty = &param.ty;
                    quote!({ 0 as #ty })
                }
            },
            _ => quote!(#private::Every),
        });
        let arguments: Vec<_> = arguments.collect();
        if arguments.is_empty() { TokenStream::new() } else { quote!(<#(#arguments),*>) }
    }

    /// The companion's declaration, as the user's `enum` without values or, with parameters, a struct.
    pub(crate) fn declaration(&self, name: &Ident) -> TokenStream {
        if !self.is_generic() {
            return quote!(pub enum #name {});
        }
        let params = self.declared.iter().map(|param| match param {
            GenericParam::Type(param) => {
                let name = &param.ident;
                quote!(#name: ?::core::marker::Sized)
            }
            other => quote!(#other),
        });
        let types = self.types.iter().map(|param| &param.ident);
        quote! {
            pub struct #name<#(#params),*> {
                never: ::core::convert::Infallible,
                of: ::core::marker::PhantomData<fn() -> (#(::core::marker::PhantomData<#types>,)*)>,
            }
        }
    }

    /// `<T: Clone, const N: usize>` and its `where`.
    pub(crate) fn of_impl(&self) -> (TokenStream, TokenStream) {
        (angles(&self.declared), where_clause(&self.bounds))
    }

    /// `<'a, ImplTrait0: Db>` and its `where`.
    pub(crate) fn of_functions(&self) -> (TokenStream, TokenStream) {
        (angles(&self.of_functions), where_clause(&self.bounds_of_functions))
    }

    /// Names for the instantiation, as expressions of type `&str`.
    pub(crate) fn spelled(&self) -> Vec<TokenStream> {
        let spelled = self.declared.iter().filter_map(|param| match param {
            GenericParam::Type(param) => {
                let name = &param.ident;
                Some(quote!(::core::any::type_name::<#name>()))
            }
            GenericParam::Const(param) => {
                let name = &param.ident;
                Some(quote!(&::std::format!("{:?}", #name)))
            }
            GenericParam::Lifetime(_) => None,
        });
        spelled.collect()
    }

    /// Whether a type is a parameter that may have no size.
    pub(crate) fn is_maybe_unsized(&self, ty: &syn::Type) -> bool {
        let name = ty.to_token_stream().to_string();
        let inline = self.types.iter().filter(|param| param.ident == name);
        let mut inline = inline.flat_map(|param| &param.bounds);
        let is_maybe = |bound: &TypeParamBound| {
            matches!(bound, TypeParamBound::Trait(bound)
                if matches!(bound.modifier, syn::TraitBoundModifier::Maybe(_)))
        };
        inline.any(is_maybe)
            || self.bounds.iter().any(|predicate| match predicate {
                WherePredicate::Type(predicate) => {
                    predicate.bounded_ty.to_token_stream().to_string() == name
                        && predicate.bounds.iter().any(is_maybe)
                }
                _ => false,
            })
    }
}

fn angles(params: &[GenericParam]) -> TokenStream {
    if params.is_empty() { TokenStream::new() } else { quote!(<#(#params),*>) }
}

fn where_clause(predicates: &[WherePredicate]) -> TokenStream {
    if predicates.is_empty() { TokenStream::new() } else { quote!(where #(#predicates),*) }
}

/// Whether tokens name one of these.
fn mentions(tokens: &TokenStream, names: &[Ident]) -> bool {
    tokens.clone().into_iter().any(|tree| match tree {
        TokenTree::Ident(ident) => names.contains(&ident),
        TokenTree::Group(group) => mentions(&group.stream(), names),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}

/// The wrapper's `T: 'static`, and `impl Trait + 'static`: what a cache and a load hold outlives the call.
pub(crate) fn outlive(sig: &mut syn::Signature, detach: bool) {
    struct Outlive;
    impl syn::visit_mut::VisitMut for Outlive {
        fn visit_type_impl_trait_mut(&mut self, opaque: &mut syn::TypeImplTrait) {
            opaque.bounds.push(syn::parse_quote!('static));
        }

        fn visit_type_reference_mut(&mut self, reference: &mut syn::TypeReference) {
            syn::visit_mut::visit_type_reference_mut(self, reference);
            if let syn::Type::ImplTrait(opaque) = &*reference.elem {
                *reference.elem = syn::parse_quote!((#opaque));
            }
        }
    }
    sig.generics.type_params_mut().for_each(outlive_all);
    if detach {
        for input in &mut sig.inputs {
            if let syn::FnArg::Typed(typed) = input {
                syn::visit_mut::VisitMut::visit_type_mut(&mut Outlive, &mut typed.ty);
            }
        }
    }
}

fn outlive_all(param: &mut TypeParam) {
    let is_static = |bound: &TypeParamBound| matches!(bound, TypeParamBound::Lifetime(lifetime) if lifetime.ident == "static");
    if !param.bounds.iter().any(is_static) {
        param.colon_token.get_or_insert_default();
        param.bounds.push(syn::parse_quote!('static));
    }
}
