//! What HTTP says about caches (RFC 9111 and its companions), as pure functions of headers and times.
//!
//! Nothing in here reads a clock, does I/O or knows the engine. The way of a response through it:
//!
//! 1. [`Terms::of`] reads a response when its head arrives and says whether it may be stored ([`Refusal`]: why not), and on
//!    which terms. [`Vary`] says which request headers tell its variants apart, [`Validators`] how it can be revalidated,
//!    [`headers::storable`] what of its head is kept.
//! 2. [`RequestDirectives::of`] reads a request. [`Terms::reuse`] says what the stored response may do for it now.
//! 3. [`conditional::answers_not_modified`] says whether the client gets a 304 in place of the stored response, and
//!    [`range::select`] whether a part of it.
//! 4. To revalidate, [`Validators::ask`] turns a request into a conditional one. After a 304,
//!    [`conditional::confirms`] says whether it is about the stored response, and [`headers::freshen`] merges it in; the terms
//!    are then read anew from the merged head.
//! 5. [`invalidation::targets`] lists what an unsafe request makes out of date.

pub(super) mod cache_status;
pub(super) mod conditional;
mod directives;
mod freshness;
pub(super) mod headers;
pub(super) mod invalidation;
pub(super) mod range;
mod storable;
mod survey;
mod syntax;
mod targeted;
mod vary;

pub(super) use cache_status::{CacheStatus, Why};
pub(super) use conditional::Validators;
pub(super) use directives::RequestDirectives;
pub(super) use freshness::{Reuse, Terms};
pub(super) use storable::{Exchange, Refusal, Rules};
pub(super) use survey::Survey;
pub(super) use vary::{Variant, Vary};

#[cfg(test)]
mod tests;
