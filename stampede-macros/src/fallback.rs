//! What is emitted beside errors: the function as it was written, so that its callers give no second error.

use crate::diag::Diag;
use proc_macro2::TokenStream;
use quote::quote;

/// The errors, and the item without the attribute.
pub(crate) fn emit(diag: Diag, item: &TokenStream) -> TokenStream {
    let errors = diag.into_compile_errors();
    quote!(#item #errors)
}
