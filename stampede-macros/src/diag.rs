//! Collects the errors of one expansion, so that all mistakes are told in one go.

use proc_macro2::TokenStream;
use quote::ToTokens;
use std::fmt::Display;

/// The errors found so far. Has to be asked for them before it is dropped.
#[derive(Default)]
pub(crate) struct Diag {
    errors: Vec<syn::Error>,
    read: bool,
}

impl Diag {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Notes a mistake at `place`.
    pub(crate) fn error(&mut self, place: impl ToTokens, message: impl Display) {
        self.errors.push(syn::Error::new_spanned(place, message));
    }

    /// Notes a mistake that syn found.
    pub(crate) fn add(&mut self, error: syn::Error) {
        self.errors.push(error);
    }

    pub(crate) fn has_errors(&self) -> bool {
        !self.errors.is_empty()
    }

    /// All mistakes, as `compile_error!`s.
    pub(crate) fn into_compile_errors(mut self) -> TokenStream {
        self.read = true;
        self.errors.iter().map(syn::Error::to_compile_error).collect()
    }
}

impl Drop for Diag {
    fn drop(&mut self) {
        if !self.read && !std::thread::panicking() {
            assert!(self.errors.is_empty(), "errors were found and not told");
        }
    }
}
