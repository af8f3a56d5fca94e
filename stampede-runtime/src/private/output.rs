//! Chooses by an output's type how it is shared.
//!
//! As in `probe`: each constant of [`Outputs`] is a way to share where the type meets its bounds, and else the `None` of the
//! trait [`Unshared`]. The expansion lists them in the order of their rank, and `first` takes the first that there is.

#[cfg(feature = "redis")]
use crate::{
    bounds::TierOutput as Coded,
    tier::{Codec, TierError},
};
use crate::{
    error::{LoadTimeout, SharedError},
    sharing::{Kind, Sharing, result_kind, share_result},
};
use std::{error::Error, fmt, marker::PhantomData, time::Duration};

/// Stands for an output type.
pub struct Outputs<O>(PhantomData<fn() -> O>);

impl<O> fmt::Debug for Outputs<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Outputs")
    }
}

/// The answers for outputs that are not of a kind.
pub trait Unshared {
    /// The output type.
    type Output;

    /// Anything that is `Clone`.
    const CLONED: Option<Sharing<Self::Output>> = None;
    /// A `Result` whose error can be made of a `SharedError`, and is an error itself.
    const WRAPPED_ERROR: Option<Sharing<Self::Output>> = None;
    /// A `Result` whose error can be made of a `SharedError`, and holds an error, as `anyhow::Error`.
    const HELD_ERROR: Option<Sharing<Self::Output>> = None;

    /// It is a `Result` whose value is `Clone`: if it can't be shared, that is its error's fault.
    const CLONE_VALUE: bool = false;
    /// It is a `Result` whose error can be made of a `SharedError`.
    const FROM_SHARED: bool = false;
}

impl<O> Unshared for Outputs<O> {
    type Output = O;
}

impl<T, E> Outputs<Result<T, E>>
where
    T: Clone,
    E: From<SharedError> + Error + Send + Sync + 'static,
{
    /// A `Result` whose error can be made of a `SharedError`, and is an error itself.
    pub const WRAPPED_ERROR: Option<Sharing<Result<T, E>>> =
        Some(Sharing::wrapping(|output| share_result(output, SharedError::from_error)));
}

impl<T, E> Outputs<Result<T, E>>
where
    T: Clone,
    E: From<SharedError> + AsRef<dyn Error + Send + Sync> + Send + Sync + 'static,
{
    /// A `Result` whose error can be made of a `SharedError`, and holds an error, as `anyhow::Error`.
    pub const HELD_ERROR: Option<Sharing<Result<T, E>>> =
        Some(Sharing::wrapping(|output| share_result(output, SharedError::from_holder)));
}

impl<O: Clone> Outputs<O> {
    /// Anything that is `Clone`.
    pub const CLONED: Option<Sharing<O>> = Some(Sharing::cloning());
}

impl<T: Clone, E> Outputs<Result<T, E>> {
    /// It is a `Result` whose value is `Clone`: if it can't be shared, that is its error's fault.
    pub const CLONE_VALUE: bool = true;
}

impl<T, E: From<SharedError>> Outputs<Result<T, E>> {
    /// It is a `Result` whose error can be made of a `SharedError`.
    pub const FROM_SHARED: bool = true;
}

/// The answers about failures and values, for outputs that are not of a kind.
pub trait Plain {
    /// The output type.
    type Output;

    /// A `Result` of an `Option`.
    const RESULT_OF_OPTION: Option<KindOf<Self::Output>> = None;
    /// A `Result`.
    const RESULT: Option<KindOf<Self::Output>> = None;
    /// An `Option`.
    const OPTION: Option<KindOf<Self::Output>> = None;

    /// Prints an error.
    const DESCRIBE: fn(&Self::Output) -> Option<String> = |_| None;
    /// A `Result` whose error can be made of a time-out.
    const TIMED_OUT: Option<fn(LoadTimeout) -> Self::Output> = None;

    /// A `Result` of which values and errors can be kept in a tier.
    #[cfg(feature = "redis")]
    const TIER_RESULTS: Option<Codec<Self::Output>> = None;
    /// A `Result` of which values can be kept in a tier.
    #[cfg(feature = "redis")]
    const TIER_VALUES: Option<Codec<Self::Output>> = None;
    /// Anything else that can be kept in a tier.
    #[cfg(feature = "redis")]
    const TIER_WHOLE: Option<Codec<Self::Output>> = None;
    /// A `Result` whose error can be made of a tier's.
    #[cfg(feature = "redis")]
    const NO_TIER: Option<fn(TierError) -> Self::Output> = None;

    /// What `ttl_from` is asked about: of a `Result` the `Ok`, else the output.
    fn value(output: &Self::Output) -> Option<&Self::Output> {
        Some(output)
    }
}

/// Tells what an output is.
pub type KindOf<O> = fn(&O) -> Kind;

impl<O> Plain for Outputs<O> {
    type Output = O;
}

impl<T, E> Outputs<Result<Option<T>, E>> {
    /// A `Result` of an `Option`.
    pub const RESULT_OF_OPTION: Option<KindOf<Result<Option<T>, E>>> = Some(|output| match output {
        Ok(Some(_)) => Kind::Value,
        Ok(None) => Kind::Nothing,
        Err(_) => Kind::Error,
    });
}

impl<T, E> Outputs<Result<T, E>> {
    /// A `Result`.
    pub const RESULT: Option<KindOf<Result<T, E>>> = Some(result_kind);

    /// What `ttl_from` is asked about: the `Ok`.
    pub fn value(output: &Result<T, E>) -> Option<&T> {
        output.as_ref().ok()
    }
}

impl<T> Outputs<Option<T>> {
    /// An `Option`.
    pub const OPTION: Option<KindOf<Option<T>>> =
        Some(|output| if output.is_some() { Kind::Value } else { Kind::Nothing });
}

impl<T, E: fmt::Display> Outputs<Result<T, E>> {
    /// Prints an error.
    pub const DESCRIBE: fn(&Result<T, E>) -> Option<String> =
        |output| output.as_ref().err().map(E::to_string);
}

impl<T, E: From<LoadTimeout>> Outputs<Result<T, E>> {
    /// A `Result` whose error can be made of a time-out.
    pub const TIMED_OUT: Option<fn(LoadTimeout) -> Result<T, E>> = Some(|timeout| Err(timeout.into()));
}

#[cfg(feature = "redis")]
impl<T: Coded, E: Coded> Outputs<Result<T, E>> {
    /// A `Result` of which values and errors can be kept in a tier.
    pub const TIER_RESULTS: Option<Codec<Result<T, E>>> = Some(Codec::of_results());
}

#[cfg(feature = "redis")]
impl<T: Coded, E> Outputs<Result<T, E>> {
    /// A `Result` of which values can be kept in a tier.
    pub const TIER_VALUES: Option<Codec<Result<T, E>>> = Some(Codec::of_values());
}

#[cfg(feature = "redis")]
impl<O: Coded> Outputs<O> {
    /// Anything else that can be kept in a tier.
    pub const TIER_WHOLE: Option<Codec<O>> = Some(Codec::whole());
}

#[cfg(feature = "redis")]
impl<T, E: From<TierError>> Outputs<Result<T, E>> {
    /// A `Result` whose error can be made of a tier's.
    pub const NO_TIER: Option<fn(TierError) -> Result<T, E>> = Some(|error| Err(error.into()));
}

/// Tells what an output is: by the first of these that there is, else a value.
#[must_use]
pub const fn kind_of<O, const WAYS: usize>(ways: [Option<KindOf<O>>; WAYS]) -> KindOf<O> {
    match first(ways) {
        Some(kind) => kind,
        None => |_| Kind::Value,
    }
}

/// The first way that there is.
#[must_use]
pub const fn first<W: Copy, const WAYS: usize>(ways: [Option<W>; WAYS]) -> Option<W> {
    let mut way = 0;
    while way < WAYS {
        if ways[way].is_some() {
            return ways[way];
        }
        way += 1;
    }
    None
}

/// Asks a value for its ttl. By its fields: what is of another type is told at the user's path, in one error.
#[derive(Debug)]
pub struct Ask<'a, V> {
    /// The value, if there is one.
    pub value: Option<&'a V>,
    /// The user's function.
    pub ttl_from: fn(&V) -> Duration,
}

impl<V> Ask<'_, V> {
    /// The ttl; zero if there is no value.
    #[must_use]
    pub fn ttl(self) -> Duration {
        self.value.map_or(Duration::ZERO, self.ttl_from)
    }
}

/// What `insert` takes: an output, or for a `Result` the bare value.
pub trait IntoOutput<O> {
    /// Makes the output.
    fn into_output(self) -> O;
}

impl<O> IntoOutput<O> for O {
    fn into_output(self) -> O {
        self
    }
}

impl<T, E> IntoOutput<Result<T, E>> for T {
    fn into_output(self) -> Result<T, E> {
        Ok(self)
    }
}
