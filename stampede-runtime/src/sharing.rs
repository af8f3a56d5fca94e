//! How the outcome of one load becomes the outcome of many calls.
//!
//! The engine knows only the whole output type of a function. What it is made of, and how its callers get copies of it, is
//! chosen where the type is known (by the attribute's expansion, or by the builder) and handed in as functions.

use crate::{contain::contain, error::SharedError};
use std::mem;

/// What an output is, as far as the rules care.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `Ok`, `Some`, or a plain value.
    Value,
    /// `None`.
    Nothing,
    /// `Err`.
    Error,
}

/// Makes an output of which any number of copies can be had.
pub(crate) type Share<O> = fn(O) -> Kept<O>;

/// The functions that share outputs of type `O`.
#[derive(Debug)]
pub struct Sharing<O> {
    pub(crate) kind: fn(&O) -> Kind,
    /// Prints an error, where it can be printed.
    pub(crate) describe: fn(&O) -> Option<String>,
    /// Copies an output; of a `Result` whose error is not `Clone` only ever an `Ok`.
    pub(crate) copy: fn(&O) -> O,
    pub(crate) share: Share<O>,
    /// Makes an output of a shared error; called only if `share` makes such.
    pub(crate) from_shared: fn(SharedError) -> O,
}

// Derived, these would ask for `O: Clone`.
impl<O> Clone for Sharing<O> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<O> Copy for Sharing<O> {}

impl<O: Clone> Sharing<O> {
    /// Shares outputs by cloning them; what they are is told later.
    pub(crate) const fn cloning() -> Self {
        Self {
            kind: |_| Kind::Value,
            describe: |_| None,
            copy: O::clone,
            share: Kept::output,
            from_shared: never,
        }
    }
}

impl<T: Clone, E: From<SharedError>> Sharing<Result<T, E>> {
    /// Shares values by cloning them, and errors as `SharedError`, into which `wrap` turns them.
    pub(crate) const fn wrapping(share: Share<Result<T, E>>) -> Self {
        Self {
            kind: result_kind,
            describe: |_| None,
            copy: copy_ok,
            share,
            from_shared: |error| Err(error.into()),
        }
    }
}

pub(crate) const fn result_kind<T, E>(output: &Result<T, E>) -> Kind {
    match output {
        Ok(_) => Kind::Value,
        Err(_) => Kind::Error,
    }
}

pub(crate) fn share_result<T, E>(output: Result<T, E>, wrap: fn(E) -> SharedError) -> Kept<Result<T, E>> {
    match output {
        Ok(value) => Kept::output(Ok(value)),
        Err(error) => Kept::error(wrap(error)),
    }
}

// A `Result` by the type of `Sharing::copy`.
#[allow(clippy::unnecessary_wraps)]
fn copy_ok<T: Clone, E>(output: &Result<T, E>) -> Result<T, E> {
    match output {
        Ok(value) => Ok(value.clone()),
        Err(_) => unreachable!("`share` turns every error of this type into a `SharedError`"),
    }
}

fn never<O>(_: SharedError) -> O {
    unreachable!("`share` makes no `SharedError` of outputs that are cloned")
}

/// An output of which any number of copies can be had.
///
/// A panic in the output's `Drop` ends here: values are dropped wherever a map reclaims them, on calls that have nothing to
/// do with them (C4).
#[derive(Debug)]
pub struct Kept<O>(Form<O>);

#[derive(Debug)]
enum Form<O> {
    /// Copied by `Sharing::copy`.
    Output(O),
    /// Copied by cloning the handle.
    Error(SharedError),
    /// Already dropped.
    Dropped,
}

impl<O> Kept<O> {
    pub(crate) fn output(output: O) -> Self {
        Self(Form::Output(output))
    }

    pub(crate) fn error(error: SharedError) -> Self {
        Self(Form::Error(error))
    }

    pub(crate) fn is_error(&self, sharing: &Sharing<O>) -> bool {
        self.as_output().is_none_or(|output| (sharing.kind)(output) == Kind::Error)
    }

    /// The output, unless it is a shared error.
    pub(crate) fn as_output(&self) -> Option<&O> {
        match &self.0 {
            Form::Output(output) => Some(output),
            Form::Error(_) | Form::Dropped => None,
        }
    }

    /// Makes a caller's output.
    #[inline]
    pub(crate) fn to_output(&self, sharing: &Sharing<O>) -> O {
        match &self.0 {
            Form::Output(output) => (sharing.copy)(output),
            Form::Error(error) => (sharing.from_shared)(error.clone()),
            Form::Dropped => unreachable!("nothing is served from an output that is being dropped"),
        }
    }

    /// Gives the output itself back, unless it has become a shared error.
    pub(crate) fn into_output(mut self) -> Result<O, Self> {
        match mem::replace(&mut self.0, Form::Dropped) {
            Form::Output(output) => Ok(output),
            form => Err(Self(form)),
        }
    }

    /// The same, or a caller's output of the shared error.
    pub(crate) fn into_own(self, sharing: &Sharing<O>) -> O {
        match self.into_output() {
            Ok(output) => output,
            Err(kept) => kept.to_output(sharing),
        }
    }

    /// Makes a second one.
    pub(crate) fn to_kept(&self, sharing: &Sharing<O>) -> Self {
        match &self.0 {
            Form::Output(output) => Self::output((sharing.copy)(output)),
            Form::Error(error) => Self::error(error.clone()),
            Form::Dropped => unreachable!("nothing is copied from an output that is being dropped"),
        }
    }
}

impl<O> Drop for Kept<O> {
    #[inline]
    fn drop(&mut self) {
        let has_destructor = match self.0 {
            Form::Output(_) => mem::needs_drop::<O>(),
            Form::Error(_) => true,
            Form::Dropped => false,
        };
        if has_destructor {
            contain(&mut || drop(mem::replace(&mut self.0, Form::Dropped)));
        }
    }
}
