//! How long a stored response is fresh, how old it is, and what it may do for a request (RFC 9111 §4.2, RFC 5861).

use super::{
    directives::RequestDirectives,
    storable::{Exchange, Refusal, Rules},
};
use std::time::Duration;

/// The terms on which a response was stored.
///
/// Times after its arrival are given as the time that it has been resident, from whatever clock the caller goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::http) struct Terms {
    /// How long it is fresh, from its generation by the origin.
    lifetime: Duration,
    /// How old it was when it arrived.
    initial_age: Duration,
}

/// What a stored response may do for a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::http) enum Reuse {
    /// Answer it.
    Fresh,
    /// Answer it although it is stale, as the request allows (`max-stale`).
    Stale,
    /// Answer it, and be revalidated meanwhile.
    StaleWhileRevalidate,
    /// Answer it once it has been validated.
    Revalidate {
        /// Whether it may answer all the same if the validation fails with an error or a 500, 502, 503 or 504.
        stale_if_error: bool,
    },
}

impl Terms {
    /// Reads the terms of a response, or says why it can't be stored.
    pub(in crate::http) fn of(rules: &Rules, exchange: &Exchange<'_>) -> Result<Self, Refusal> {
        let _ = (rules, exchange);
        Err(Refusal::NoStore)
    }

    /// Returns the age after it has been `resident` for so long: the value of `Age`, in whole seconds.
    pub(in crate::http) fn age(&self, resident: Duration) -> Duration {
        self.initial_age.saturating_add(resident)
    }

    /// Returns for how long it stays fresh from now; `None` once it is stale.
    pub(in crate::http) fn fresh_for(&self, resident: Duration) -> Option<Duration> {
        self.lifetime.checked_sub(self.age(resident)).filter(|left| !left.is_zero())
    }

    /// Returns how long it is worth keeping from its arrival: while it is fresh, stale within a window, or, with a validator,
    /// cheap to validate.
    pub(in crate::http) fn keep(&self, has_validator: bool) -> Duration {
        let _ = has_validator;
        self.lifetime
    }

    /// Says what it may do for a request now.
    pub(in crate::http) fn reuse(&self, resident: Duration, request: &RequestDirectives) -> Reuse {
        let _ = request;
        match self.fresh_for(resident) {
            Some(_) => Reuse::Fresh,
            None => Reuse::Revalidate { stale_if_error: false },
        }
    }
}
