//! Chooses by an output's type how it is shared.
//!
//! As in `probe`: each constant of [`Outputs`] is a way to share where the type meets its bounds, and else the `None` of the
//! trait [`Unshared`]. The expansion lists them in the order of their rank, and `first` takes the first that there is.

use crate::{
    error::SharedError,
    sharing::{Kind, Sharing, result_kind, share_result},
};
use std::{error::Error, fmt, marker::PhantomData};

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

    /// A `Result` whose parts are `Clone`.
    const CLONED_RESULT: Option<Sharing<Self::Output>> = None;
    /// A `Result` whose error can be made of a `SharedError`, and is an error itself.
    const WRAPPED_ERROR: Option<Sharing<Self::Output>> = None;
    /// A `Result` whose error can be made of a `SharedError`, and holds an error, as `anyhow::Error`.
    const HELD_ERROR: Option<Sharing<Self::Output>> = None;
    /// An `Option` whose value is `Clone`.
    const CLONED_OPTION: Option<Sharing<Self::Output>> = None;
    /// Any other type that is `Clone`.
    const CLONED: Option<Sharing<Self::Output>> = None;

    /// It is a `Result` whose value is `Clone`: if it can't be shared, that is its error's fault.
    const CLONE_VALUE: bool = false;
    /// It is a `Result` whose error can be made of a `SharedError`.
    const FROM_SHARED: bool = false;
}

impl<O> Unshared for Outputs<O> {
    type Output = O;
}

impl<T: Clone, E: Clone> Outputs<Result<T, E>> {
    /// A `Result` whose parts are `Clone`.
    pub const CLONED_RESULT: Option<Sharing<Result<T, E>>> = Some(Sharing::cloning(result_kind));
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

impl<T: Clone> Outputs<Option<T>> {
    /// An `Option` whose value is `Clone`.
    pub const CLONED_OPTION: Option<Sharing<Option<T>>> =
        Some(Sharing::cloning(|output| if output.is_some() { Kind::Value } else { Kind::Nothing }));
}

impl<O: Clone> Outputs<O> {
    /// Any other type that is `Clone`.
    pub const CLONED: Option<Sharing<O>> = Some(Sharing::cloning(|_| Kind::Value));
}

impl<T: Clone, E> Outputs<Result<T, E>> {
    /// It is a `Result` whose value is `Clone`: if it can't be shared, that is its error's fault.
    pub const CLONE_VALUE: bool = true;
}

impl<T, E: From<SharedError>> Outputs<Result<T, E>> {
    /// It is a `Result` whose error can be made of a `SharedError`.
    pub const FROM_SHARED: bool = true;
}

/// The first way to share that there is.
#[must_use]
pub const fn first<O, const WAYS: usize>(ways: [Option<Sharing<O>>; WAYS]) -> Option<Sharing<O>> {
    let mut way = 0;
    while way < WAYS {
        if ways[way].is_some() {
            return ways[way];
        }
        way += 1;
    }
    None
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
