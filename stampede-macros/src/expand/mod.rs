//! Writes a plan down. Nothing here can fail.
//!
//! ```text
//! Input:   pub async fn rate(from: Currency, to: &str) -> Result<Rate, ApiError> { … }
//!
//! Output:  pub async fn rate(from: Currency, to: &str) -> Result<Rate, ApiError> {
//!              match rate::__cache().begin(&View((&from, to))) {
//!                  Ok(output) => output,
//!                  Err(miss) => miss.detached(move || rate::__load(from, own::<str>(to))).await,
//!              }
//!          }
//!          mod __stampede_rate { pub enum rate {} }
//!          pub use __stampede_rate::rate;
//!          impl rate {
//!              pub fn cache() -> &'static FnCache<(Currency, String), Result<Rate, ApiError>> { … }
//!              fn __load(from: Currency, to: String) -> BoxFuture<Result<Rate, ApiError>> { … }
//!              async fn _rate(from: Currency, to: &str) -> Result<Rate, ApiError> { … }
//!              …                                       // invalidate, refresh, uncached, peek, insert, clear, stats
//!          }
//! ```

mod call;
mod companion;
mod judge;
mod load;
mod lookup;
mod wrapper;

use crate::plan::{Plan, Shape};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};

/// The function, its companion, and the constants that ask whether its types fit.
pub(crate) fn expand(plan: &Plan) -> TokenStream {
    // What is conditional about the function is conditional about all that stands beside it.
    let conditions = plan.item.attrs.iter().filter(|attr| attr.path().is_ident("cfg"));
    let conditions = quote!(#(#conditions)*);
    let wrapper = wrapper::expand(plan);
    if plan.shape == Shape::Inline {
        let accessor = call::accessor(plan, &conditions);
        return quote!(#wrapper #accessor);
    }
    let companion = companion::expand(plan, &conditions);
    let judge = judge::expand(plan, &conditions);
    quote!(#wrapper #companion #judge)
}

/// A variable of generated code.
fn local(name: &str) -> Ident {
    format_ident!("__stampede_{name}", span = Span::call_site())
}
