//! What generic functions and methods have to know of their type parameters: the attribute asks for these bounds.
//!
//! All are met by any type that meets what stands behind them, so nothing implements them by hand. They can be written
//! instead of what they stand for.
//!
//! ```
//! use stampede::{bounds::{CacheKey, CacheOutput}, stampede};
//!
//! #[stampede(ttl = "5s")]
//! async fn fetch<Id: CacheKey + ToString, T: CacheOutput + From<String>>(id: Id) -> T {
//!     T::from(id.to_string())
//! }
//! ```

// How it asks: an associated function of an inherent `impl` is preferred to a trait's of the same name, and in a generic
// function that is decided by the bounds. So `Ask::<T>::key()` does nothing where they suffice, and else is the one of the
// trait `Lacking`, which asks for what is missing. All other generated code then works on stand-ins (see `private/gate.rs`).
// None of the blanket implementations is recommended: the compiler would tell all the bounds behind it, one by one.

use crate::{
    __private::Missed,
    cache::ToKey,
    engine::{BoxFuture, Key, Output, Refresher},
    error::{LoadTimeout, SharedError},
};
use std::{error::Error, fmt, hash::Hash, marker::PhantomData};

/// A part of a key: `Hash`, `Eq`, `Clone`, `Send`, `Sync`, and without borrows.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be a part of the key; it has to be `Hash + Eq + Clone + Send + Sync`, or be left out with `skip` or `key`",
    label = "is not known to be `Hash + Eq + Clone + Send + Sync`"
)]
pub trait CacheKey: Hash + Eq + Clone + Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Hash + Eq + Clone + Send + Sync + 'static> CacheKey for T {}

/// A part of a key that is passed by reference: `str`, `[T]`, or anything else that can be owned as a [`CacheKey`].
#[diagnostic::on_unimplemented(
    message = "`&{Self}` can't be a part of the key; `{Self}` has to be `Hash + Eq + Clone + Send + Sync`, or be left out with `skip` or `key`",
    label = "is not known to be `Hash + Eq + Clone + Send + Sync`"
)]
pub trait CacheKeyRef: ToOwned<Owned: CacheKey> + Hash + Eq {}

#[diagnostic::do_not_recommend]
impl<T: ?Sized + ToOwned<Owned: CacheKey> + Hash + Eq> CacheKeyRef for T {}

/// What a function returns, if it is no `Result`: `Clone`, `Send`, `Sync`, and without borrows.
///
/// Of a `Result` the value has to be that, and the error has to be either that or `From<SharedError>`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be kept for other callers; it has to be `Clone + Send + Sync`, where the error of a `Result` may be `From<stampede::SharedError>` instead of `Clone`",
    label = "is not known to be `Clone + Send + Sync`"
)]
pub trait CacheOutput: Clone + Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Clone + Send + Sync + 'static> CacheOutput for T {}

/// What a function returns with `err_ttl` or `stale_if_error`: a `Result`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no `Result`, and `err_ttl` and `stale_if_error` are about errors; remove the option, or return a `Result`",
    label = "is no `Result`"
)]
pub trait ResultOutput {}

#[diagnostic::do_not_recommend]
impl<T, E> ResultOutput for Result<T, E> {}

/// What a function returns with `none_ttl`: an `Option`, or a `Result` of one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is neither an `Option` nor a `Result` of one, and `none_ttl` is about `None`; remove the option, or return an `Option`",
    label = "is no `Option`"
)]
pub trait OptionOutput {}

#[diagnostic::do_not_recommend]
impl<T> OptionOutput for Option<T> {}

#[diagnostic::do_not_recommend]
impl<T, E> OptionOutput for Result<Option<T>, E> {}

/// What a function returns with `load_timeout`: a `Result` whose error can be made of a [`LoadTimeout`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't tell that a load took too long; return a `Result` whose error is `From<stampede::LoadTimeout>`, or remove `load_timeout`",
    label = "is no `Result` whose error is `From<stampede::LoadTimeout>`"
)]
pub trait TimedOutput {}

#[diagnostic::do_not_recommend]
impl<T, E: From<LoadTimeout>> TimedOutput for Result<T, E> {}

/// What a function with `strict` returns: a `Result` whose error can be made of a [`TierError`](crate::tier::TierError).
#[cfg(feature = "redis")]
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't tell that the tier could not be asked; return a `Result` whose error is `From<stampede::tier::TierError>`, or remove `strict`",
    label = "is no `Result` whose error is `From<stampede::tier::TierError>`"
)]
pub trait StrictOutput {}

#[cfg(feature = "redis")]
#[diagnostic::do_not_recommend]
impl<T, E: From<crate::tier::TierError>> StrictOutput for Result<T, E> {}

/// An argument that a load of its own is given: `Send`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be moved to a load of its own; it has to be `Send`, as an `Arc` of what is `Send + Sync`, or callers have to drive the load with `detach = false`",
    label = "is not known to be `Send`"
)]
pub trait LoadArgument: Send {}

#[diagnostic::do_not_recommend]
impl<T: Send> LoadArgument for T {}

/// An argument that is passed by reference, and that a load of its own is given: it can be owned, and is `Send` then.
#[diagnostic::on_unimplemented(
    message = "`&{Self}` can't be owned by a load of its own; `{Self}` has to be `Clone + Send`, or callers have to drive the load with `detach = false`",
    label = "is not known to be `Clone + Send`"
)]
pub trait LoadArgumentRef: ToOwned<Owned: Send> {}

#[diagnostic::do_not_recommend]
impl<T: ?Sized + ToOwned<Owned: Send>> LoadArgumentRef for T {}

/// The `&self` of a method whose load is a task of its own.
#[diagnostic::on_unimplemented(
    message = "a load of its own can't own the `&self` of `{Self}`; make `{Self}` `Clone + Send`, take `self: Arc<Self>`, or let callers drive the load with `detach = false`",
    label = "`{Self}` is not known to be `Clone + Send`"
)]
pub trait LoadSelf: ToOwned<Owned: Send> {}

#[diagnostic::do_not_recommend]
impl<T: ?Sized + ToOwned<Owned: Send>> LoadSelf for T {}

/// A part of a key in a tier: `serde::Serialize`.
#[cfg(feature = "redis")]
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be a part of the key of a cache with a tier; it has to be `serde::Serialize`, or be left out with `skip` or `key`",
    label = "is not known to be `serde::Serialize`"
)]
pub trait TierKey: serde::Serialize {}

#[cfg(feature = "redis")]
#[diagnostic::do_not_recommend]
impl<T: ?Sized + serde::Serialize> TierKey for T {}

/// The same of what is passed by reference: `str`, `[T]`, or anything else that can be owned as a [`TierKey`].
#[cfg(feature = "redis")]
#[diagnostic::on_unimplemented(
    message = "`&{Self}` can't be a part of the key of a cache with a tier; `{Self}` has to be `serde::Serialize`, or be left out with `skip` or `key`",
    label = "is not known to be `serde::Serialize`"
)]
pub trait TierKeyRef: ToOwned<Owned: serde::Serialize> {}

#[cfg(feature = "redis")]
#[diagnostic::do_not_recommend]
impl<T: ?Sized + ToOwned<Owned: serde::Serialize>> TierKeyRef for T {}

/// What a function with a `tier` returns, or the value of the `Result` that it returns: `serde::Serialize` and
/// `serde::de::DeserializeOwned`.
#[cfg(feature = "redis")]
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be kept in a tier; it has to be `serde::Serialize + serde::de::DeserializeOwned`, or `tier` has to be removed",
    label = "is not known to be `Serialize + DeserializeOwned`"
)]
pub trait TierOutput: serde::Serialize + serde::de::DeserializeOwned {}

#[cfg(feature = "redis")]
#[diagnostic::do_not_recommend]
impl<T: serde::Serialize + serde::de::DeserializeOwned> TierOutput for T {}

/// An argument that the refresh of a function that is not `async` is given: `Send`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be moved to a refresh on another thread; it has to be `Send`, as an `Arc` of what is `Send + Sync`, or `stale_while_revalidate` be removed",
    label = "is not known to be `Send`"
)]
pub trait RefreshArgument: Send {}

#[diagnostic::do_not_recommend]
impl<T: Send> RefreshArgument for T {}

/// An argument that is passed by reference, and that the refresh of a function that is not `async` is given: it can be owned, and
/// is `Send` then.
#[diagnostic::on_unimplemented(
    message = "`&{Self}` can't be owned by a refresh on another thread; `{Self}` has to be `Clone + Send`, or `stale_while_revalidate` be removed",
    label = "is not known to be `Clone + Send`"
)]
pub trait RefreshArgumentRef: ToOwned<Owned: Send> {}

#[diagnostic::do_not_recommend]
impl<T: ?Sized + ToOwned<Owned: Send>> RefreshArgumentRef for T {}

/// The `&self` of a method that is not `async`, and whose refresh runs on another thread.
#[diagnostic::on_unimplemented(
    message = "a refresh on another thread can't own the `&self` of `{Self}`; make `{Self}` `Clone + Send`, take `self: Arc<Self>`, or remove `stale_while_revalidate`",
    label = "`{Self}` is not known to be `Clone + Send`"
)]
pub trait RefreshSelf: ToOwned<Owned: Send> {}

#[diagnostic::do_not_recommend]
impl<T: ?Sized + ToOwned<Owned: Send>> RefreshSelf for T {}

/// A [`Cache`](crate::Cache) for functions with keys `K` and outputs `O`, as `cache = self.pages` names it: a `Cache<K, V, E>` for
/// `Result<V, E>`, a `Cache<K, V>` for any `V`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be the cache of this function; it has to be a `stampede::Cache` with keys `{K}`, and with the value and error of `{O}`",
    label = "is not a cache with keys `{K}` and outputs `{O}`"
)]
pub trait CacheOf<K, O> {
    #[doc(hidden)]
    type Raw: Output;

    #[doc(hidden)]
    #[allow(clippy::missing_errors_doc)]
    fn begin<Q: ToKey<K>>(&self, key: &Q, refresher: Refresher) -> Result<Self::Raw, Missed<K, Self::Raw>>
    where
        K: Key;

    #[doc(hidden)]
    fn raw(output: O) -> Self::Raw;

    #[doc(hidden)]
    fn raw_load(load: BoxFuture<O>) -> BoxFuture<Self::Raw>;

    #[doc(hidden)]
    fn output(raw: Self::Raw) -> O;
}

/// Asks whether a cache fits.
#[doc(hidden)]
pub const fn ask_cache<K, O, C: CacheOf<K, O>>(_: &C) {}

/// Stands for a type of which something is asked.
#[doc(hidden)]
pub struct Ask<T: ?Sized>(PhantomData<fn() -> PhantomData<T>>);

impl<T: ?Sized> Ask<T> {
    #[doc(hidden)]
    pub const NEW: Self = Self(PhantomData);
}

impl<T: ?Sized> fmt::Debug for Ask<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ask")
    }
}

impl<T: ResultOutput> Ask<T> {
    #[doc(hidden)]
    pub const fn result() {}
}

impl<T: OptionOutput> Ask<T> {
    #[doc(hidden)]
    pub const fn option() {}
}

impl<T: TimedOutput> Ask<T> {
    #[doc(hidden)]
    pub const fn timed() {}
}

impl<T: CacheKey> Ask<T> {
    #[doc(hidden)]
    pub const fn key() {}
}

impl<T: ?Sized + CacheKeyRef> Ask<T> {
    #[doc(hidden)]
    pub const fn key_reference() {}
}

impl<T: LoadArgument> Ask<T> {
    #[doc(hidden)]
    pub const fn task() {}
}

impl<T: ?Sized + LoadArgumentRef> Ask<T> {
    #[doc(hidden)]
    pub const fn task_reference() {}
}

impl<T: ?Sized + LoadSelf> Ask<T> {
    #[doc(hidden)]
    pub const fn task_self() {}
}

impl<T: RefreshArgument> Ask<T> {
    #[doc(hidden)]
    pub const fn refresh() {}
}

impl<T: ?Sized + RefreshArgumentRef> Ask<T> {
    #[doc(hidden)]
    pub const fn refresh_reference() {}
}

impl<T: ?Sized + RefreshSelf> Ask<T> {
    #[doc(hidden)]
    pub const fn refresh_self() {}
}

/// The answers where bounds are missing.
#[doc(hidden)]
pub trait Lacking {
    #[doc(hidden)]
    type Type: ?Sized;

    #[doc(hidden)]
    fn result()
    where
        Self::Type: ResultOutput,
    {
    }

    #[doc(hidden)]
    fn option()
    where
        Self::Type: OptionOutput,
    {
    }

    #[doc(hidden)]
    fn timed()
    where
        Self::Type: TimedOutput,
    {
    }

    #[doc(hidden)]
    fn key()
    where
        Self::Type: CacheKey + Sized,
    {
    }

    #[doc(hidden)]
    fn key_reference()
    where
        Self::Type: CacheKeyRef,
    {
    }

    #[doc(hidden)]
    fn task()
    where
        Self::Type: LoadArgument + Sized,
    {
    }

    #[doc(hidden)]
    fn task_reference()
    where
        Self::Type: LoadArgumentRef,
    {
    }

    #[doc(hidden)]
    fn task_self()
    where
        Self::Type: LoadSelf,
    {
    }

    #[doc(hidden)]
    fn refresh()
    where
        Self::Type: RefreshArgument + Sized,
    {
    }

    #[doc(hidden)]
    fn refresh_reference()
    where
        Self::Type: RefreshArgumentRef,
    {
    }

    #[doc(hidden)]
    fn refresh_self()
    where
        Self::Type: RefreshSelf,
    {
    }
}

impl<T: ?Sized> Lacking for Ask<T> {
    type Type = T;
}

/// An output whose parts are `Clone`: a plain value, or a `Result` or an `Option` of such.
#[doc(hidden)]
pub trait AskCloned {
    #[doc(hidden)]
    fn output(&self) {}
}

impl<O: CacheOutput> AskCloned for &&&Ask<O> {}

/// A `Result` whose error can be made of a `SharedError`, and is an error itself.
#[doc(hidden)]
pub trait AskWrapped {
    #[doc(hidden)]
    fn output(&self) {}
}

impl<T: CacheOutput, E: From<SharedError> + Error + Send + Sync> AskWrapped for &&Ask<Result<T, E>> {}

/// A `Result` whose error can be made of a `SharedError`, and holds an error.
#[doc(hidden)]
pub trait AskHeld {
    #[doc(hidden)]
    fn output(&self) {}
}

impl<T, E> AskHeld for &Ask<Result<T, E>>
where
    T: CacheOutput,
    E: From<SharedError> + AsRef<dyn Error + Send + Sync> + Send + Sync,
{
}

/// No output that can be shared.
#[doc(hidden)]
pub trait AskUnshared {
    #[doc(hidden)]
    type Type;

    #[doc(hidden)]
    fn output(&self)
    where
        Self::Type: CacheOutput,
    {
    }
}

impl<O> AskUnshared for Ask<O> {
    type Type = O;
}

#[cfg(feature = "redis")]
impl<T: TierKey> Ask<T> {
    #[doc(hidden)]
    pub const fn tier_key() {}
}

#[cfg(feature = "redis")]
impl<T: ?Sized + TierKeyRef> Ask<T> {
    #[doc(hidden)]
    pub const fn tier_key_reference() {}
}

#[cfg(feature = "redis")]
impl<T: StrictOutput> Ask<T> {
    #[doc(hidden)]
    pub const fn strict() {}
}

/// The answers where bounds for a tier are missing.
#[cfg(feature = "redis")]
#[doc(hidden)]
pub trait LackingForTier {
    #[doc(hidden)]
    type Type: ?Sized;

    #[doc(hidden)]
    fn tier_key()
    where
        Self::Type: TierKey + Sized,
    {
    }

    #[doc(hidden)]
    fn tier_key_reference()
    where
        Self::Type: TierKeyRef,
    {
    }

    #[doc(hidden)]
    fn strict()
    where
        Self::Type: StrictOutput,
    {
    }
}

#[cfg(feature = "redis")]
impl<T: ?Sized> LackingForTier for Ask<T> {
    type Type = T;
}

/// An output that can be kept in a tier as it is.
#[cfg(feature = "redis")]
#[doc(hidden)]
pub trait AskTierOutput {
    #[doc(hidden)]
    fn tier_output(&self) {}
}

#[cfg(feature = "redis")]
impl<O: TierOutput> AskTierOutput for &&Ask<O> {}

/// A `Result` of which the values can.
#[cfg(feature = "redis")]
#[doc(hidden)]
pub trait AskTierValue {
    #[doc(hidden)]
    fn tier_output(&self) {}
}

#[cfg(feature = "redis")]
impl<T: TierOutput, E> AskTierValue for &Ask<Result<T, E>> {}

/// No output that can.
#[cfg(feature = "redis")]
#[doc(hidden)]
pub trait AskUntiered {
    #[doc(hidden)]
    type Type;

    #[doc(hidden)]
    fn tier_output(&self)
    where
        Self::Type: TierOutput,
    {
    }
}

#[cfg(feature = "redis")]
impl<O> AskUntiered for Ask<O> {
    type Type = O;
}

/// Takes a tier.
#[cfg(feature = "redis")]
#[doc(hidden)]
pub fn tier(tier: impl crate::tier::Tier) -> std::sync::Arc<dyn crate::tier::Tier> {
    std::sync::Arc::new(tier)
}

/// A part of the key of a method that is passed by reference, and can be that.
#[doc(hidden)]
pub trait AskKept {
    #[doc(hidden)]
    fn kept(&self) {}
}

impl<T: ?Sized + CacheKeyRef> AskKept for &&Ask<T> {}

/// One that can't.
#[doc(hidden)]
pub trait AskUnkept {
    #[doc(hidden)]
    type Type: ?Sized;

    #[doc(hidden)]
    fn kept(&self)
    where
        Self::Type: CacheKeyRef,
    {
    }
}

impl<T: ?Sized + ToOwned> AskUnkept for &Ask<T> {
    type Type = T;
}

/// One that can't even be owned, which the type of the key has told.
#[doc(hidden)]
pub trait AskUnowned {
    #[doc(hidden)]
    fn kept(&self) {}
}

impl<T: ?Sized> AskUnowned for Ask<T> {}
