//! Chooses by an output's type how it is shared: a ladder of traits, of which method resolution takes the first that fits.
//!
//! The expansion calls `(&&&&&&&Outputs::<O>::new()).sharing()`: the rung for the most references is tried first. The last
//! rungs always fit, and only then ask for a trait that nobody implements, in words of ours.

use crate::{
    error::SharedError,
    sharing::{Kind, Sharing, result_kind, share_result},
};
use std::{error::Error, fmt, marker::PhantomData};

/// Stands for an output type.
pub struct Outputs<O>(PhantomData<fn() -> O>);

impl<O> Outputs<O> {
    /// Stands for `O`.
    #[must_use]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<O> Default for Outputs<O> {
    fn default() -> Self {
        Self::new()
    }
}

impl<O> fmt::Debug for Outputs<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Outputs")
    }
}

/// A `Result` whose error is `Clone`.
pub trait CloneResult<O> {
    #[doc(hidden)]
    fn sharing(&self) -> Sharing<O>;
}

impl<T: Clone, E: Clone> CloneResult<Result<T, E>> for &&&&&&Outputs<Result<T, E>> {
    fn sharing(&self) -> Sharing<Result<T, E>> {
        Sharing::cloning(result_kind)
    }
}

/// A `Result` whose error can be made of a `SharedError`, and is an error itself.
pub trait ShareError<O> {
    #[doc(hidden)]
    fn sharing(&self) -> Sharing<O>;
}

impl<T, E> ShareError<Result<T, E>> for &&&&&Outputs<Result<T, E>>
where
    T: Clone,
    E: From<SharedError> + Error + Send + Sync + 'static,
{
    fn sharing(&self) -> Sharing<Result<T, E>> {
        Sharing::wrapping(|output| share_result(output, SharedError::from_error))
    }
}

/// A `Result` whose error can be made of a `SharedError`, and holds an error, as `anyhow::Error`.
pub trait ShareHeldError<O> {
    #[doc(hidden)]
    fn sharing(&self) -> Sharing<O>;
}

impl<T, E> ShareHeldError<Result<T, E>> for &&&&Outputs<Result<T, E>>
where
    T: Clone,
    E: From<SharedError> + AsRef<dyn Error + Send + Sync> + Send + Sync + 'static,
{
    fn sharing(&self) -> Sharing<Result<T, E>> {
        Sharing::wrapping(|output| share_result(output, SharedError::from_holder))
    }
}

/// An `Option`.
pub trait CloneOption<O> {
    #[doc(hidden)]
    fn sharing(&self) -> Sharing<O>;
}

impl<T: Clone> CloneOption<Option<T>> for &&&&Outputs<Option<T>> {
    fn sharing(&self) -> Sharing<Option<T>> {
        Sharing::cloning(|output| if output.is_some() { Kind::Value } else { Kind::Nothing })
    }
}

/// A `Result` whose value is fine, so its error is not.
pub trait UnshareableError<O> {
    #[doc(hidden)]
    type Error;

    #[doc(hidden)]
    fn sharing(&self) -> Sharing<O>
    where
        Self::Error: ShareableError;
}

impl<T: Clone, E> UnshareableError<Result<T, E>> for &&&Outputs<Result<T, E>> {
    type Error = E;

    fn sharing(&self) -> Sharing<Result<T, E>>
    where
        E: ShareableError,
    {
        unreachable!("nothing implements `ShareableError`")
    }
}

/// A `Result` whose value is not `Clone`.
pub trait UnshareableValue<O> {
    #[doc(hidden)]
    type Value;

    #[doc(hidden)]
    fn sharing(&self) -> Sharing<O>
    where
        Self::Value: ShareableValue;
}

impl<T, E> UnshareableValue<Result<T, E>> for &&Outputs<Result<T, E>> {
    type Value = T;

    fn sharing(&self) -> Sharing<Result<T, E>>
    where
        T: ShareableValue,
    {
        unreachable!("nothing implements `ShareableValue`")
    }
}

/// Any other type.
pub trait ClonePlain<O> {
    #[doc(hidden)]
    fn sharing(&self) -> Sharing<O>;
}

impl<O: Clone> ClonePlain<O> for &Outputs<O> {
    fn sharing(&self) -> Sharing<O> {
        Sharing::cloning(|_| Kind::Value)
    }
}

/// Any other type, not `Clone`.
pub trait UnshareablePlain<O> {
    #[doc(hidden)]
    fn sharing(&self) -> Sharing<O>
    where
        O: ShareableValue;
}

impl<O> UnshareablePlain<O> for Outputs<O> {
    fn sharing(&self) -> Sharing<O>
    where
        O: ShareableValue,
    {
        unreachable!("nothing implements `ShareableValue`")
    }
}

/// An error of which each caller can have one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be shared by the callers of a load",
    label = "neither `Clone` nor `From<stampede::SharedError>`",
    note = "derive `Clone` for it, or give it a variant `#[from] stampede::SharedError`"
)]
pub trait ShareableError {}

/// A value of which each caller can have one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be shared by the callers of a load",
    label = "not `Clone`",
    note = "derive `Clone` for it, or return it in an `Arc`"
)]
pub trait ShareableValue {}

/// A type that a memoized function can return.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be kept for other callers",
    label = "not `Send + Sync + 'static`",
    note = "a memoized function returns what every thread can read: for an `Rc` or a `RefCell`, an `Arc` or a `Mutex`"
)]
pub trait ReturnType {
    /// The type itself.
    type Itself: Send + Sync + 'static;
}

#[diagnostic::do_not_recommend]
impl<O: Send + Sync + 'static> ReturnType for O {
    type Itself = O;
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
