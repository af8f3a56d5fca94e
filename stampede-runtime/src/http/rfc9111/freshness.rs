//! How long a stored response is fresh, how old it is, and what it may do for a request (RFC 9111 §4.2, RFC 5861).

use super::{
    conditional::Validators,
    directives::{RequestDirectives, ResponseDirectives, Scope, Time},
    storable::{self, Exchange, Refusal, Rules},
    syntax::{all_members, date, seconds, single, whole_seconds},
};
use http::{HeaderMap, header};
use std::time::{Duration, SystemTime};

/// The terms on which a response was stored.
///
/// Times after its arrival are given as the time that it has been resident, from whatever clock the caller goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::http) struct Terms {
    /// How long it is fresh, from its generation by the origin.
    lifetime: Duration,
    /// How old it was when it arrived.
    initial_age: Duration,
    /// How long, once stale, it may answer while it is revalidated.
    while_revalidate: Duration,
    /// How long, once stale, it may answer in place of an error.
    if_error: Duration,
    /// It must be validated for every request (`no-cache`).
    always_validate: bool,
    /// It must not answer once it is stale, whatever a request allows.
    never_stale: bool,
    /// How long it is kept for the sake of its validator, once it can do nothing else; zero if it has none.
    to_validate: Duration,
    /// It says that it may answer authorized requests (RFC 9111 §3.5).
    for_authorized: bool,
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
        /// Whether it may answer all the same if the validation fails with an error or a 500, 502, 503 or 504, as long as
        /// [`Terms::stands_in`] says so.
        stale_if_error: bool,
    },
}

/// The part of a response's age at which it is heuristically stale: a tenth (RFC 9111 §4.2.2).
const HEURISTIC_PART: u32 = 10;
/// The longest heuristic lifetime.
const HEURISTIC_MOST: Duration = Duration::from_secs(24 * 3_600);
/// How long a response is kept for the sake of its validator once it can do nothing else.
const KEPT_TO_VALIDATE: Duration = Duration::from_secs(24 * 3_600);

impl Terms {
    /// Reads the terms of a response, or says why it can't be stored.
    pub(in crate::http) fn of(rules: &Rules, exchange: &Exchange<'_>) -> Result<Self, Refusal> {
        let (directives, targeted) = ResponseDirectives::of(exchange.response, rules.cdn_cache_control);
        if let Some(refusal) = storable::refusal(exchange, &directives) {
            return Err(refusal);
        }
        let never_stale =
            directives.must_revalidate || directives.proxy_revalidate || directives.no_cache == Scope::All;
        // Those who write `s-maxage=60, stale-while-revalidate=30` mean both; without a window of its own `s-maxage` forbids
        // stale answers (RFC 9111 §5.2.2.10).
        let window = |own, default| match own {
            Time::Given(window) => window,
            Time::Absent if directives.s_maxage == Time::Absent => default,
            Time::Absent | Time::Invalid => Duration::ZERO,
        };
        let while_revalidate = window(directives.stale_while_revalidate, rules.stale_while_revalidate);
        let if_error = window(directives.stale_if_error, rules.stale_if_error);
        let strict_s_maxage =
            directives.s_maxage != Time::Absent && while_revalidate.is_zero() && if_error.is_zero();
        let terms = Self {
            lifetime: lifetime(rules, exchange, &directives, targeted),
            initial_age: initial_age(exchange),
            while_revalidate: if never_stale { Duration::ZERO } else { while_revalidate },
            if_error: if never_stale { Duration::ZERO } else { if_error },
            always_validate: directives.no_cache == Scope::All,
            never_stale: never_stale || strict_s_maxage,
            to_validate: if Validators::of(exchange.response).is_empty() {
                Duration::ZERO
            } else {
                KEPT_TO_VALIDATE
            },
            for_authorized: storable::is_for_authorized(&directives),
        };
        if terms.keep().is_zero() { Err(Refusal::NoFreshness) } else { Ok(terms) }
    }

    /// Returns the terms of a layer with a ttl of its own, which counts from the arrival of the response, or says why it can't be
    /// stored: because of what the response says about who may see it. What it says about time does not count.
    pub(in crate::http) fn fixed(
        rules: &Rules,
        ttl: Duration,
        exchange: &Exchange<'_>,
    ) -> Result<Self, Refusal> {
        let (directives, _) = ResponseDirectives::of(exchange.response, rules.cdn_cache_control);
        if let Some(refusal) = storable::refusal_with_fixed_ttl(exchange, &directives) {
            return Err(refusal);
        }
        let terms = Self {
            lifetime: ttl,
            initial_age: Duration::ZERO,
            while_revalidate: rules.stale_while_revalidate,
            if_error: rules.stale_if_error,
            always_validate: false,
            never_stale: false,
            to_validate: Duration::ZERO,
            for_authorized: false,
        };
        if terms.keep().is_zero() { Err(Refusal::NoFreshness) } else { Ok(terms) }
    }

    /// Says whether it was sent with the permission to answer authorized requests.
    pub(in crate::http) fn for_authorized(&self) -> bool {
        self.for_authorized
    }

    /// Returns the age after it has been `resident` for so long: in whole seconds the value of `Age`.
    pub(in crate::http) fn age(&self, resident: Duration) -> Duration {
        self.initial_age.saturating_add(resident)
    }

    /// Returns for how long it stays fresh from now; `None` once it is stale.
    pub(in crate::http) fn fresh_for(&self, resident: Duration) -> Option<Duration> {
        self.lifetime.checked_sub(self.age(resident)).filter(|left| !left.is_zero())
    }

    /// Returns for how long it has been stale; zero while it is fresh.
    pub(in crate::http) fn stale_by(&self, resident: Duration) -> Duration {
        self.age(resident).saturating_sub(self.lifetime)
    }

    /// Returns how long it is worth keeping from its arrival: while it is fresh, stale within a window, or, with a validator,
    /// cheap to validate.
    pub(in crate::http) fn keep(&self) -> Duration {
        // What must be validated each time, and can't, serves nobody.
        let useless = self.always_validate && self.to_validate.is_zero();
        let fresh = if useless { Duration::ZERO } else { self.lifetime };
        // It may be past its lifetime by the time that it arrives, and within a window still.
        let until = fresh.saturating_add(self.while_revalidate.max(self.if_error));
        until
            .saturating_sub(self.initial_age)
            .max(fresh.saturating_sub(self.initial_age).saturating_add(self.to_validate))
    }

    /// Says what it may do for a request now.
    pub(in crate::http) fn reuse(&self, resident: Duration, request: &RequestDirectives) -> Reuse {
        if self.always_validate || request.no_cache {
            return Reuse::Revalidate { stale_if_error: false };
        }
        let too_old = request.max_age.is_some_and(|most| self.age(resident) > most);
        let left = self.fresh_for(resident).unwrap_or_default();
        let too_stale_soon = request.min_fresh.is_some_and(|least| left < least);
        if too_old || too_stale_soon {
            return Reuse::Revalidate { stale_if_error: true };
        }
        if !left.is_zero() {
            return Reuse::Fresh;
        }
        let stale_by = self.stale_by(resident);
        if !self.never_stale && request.max_stale.is_some_and(|most| stale_by <= most) {
            Reuse::Stale
        } else if stale_by < self.while_revalidate {
            Reuse::StaleWhileRevalidate
        } else {
            Reuse::Revalidate { stale_if_error: true }
        }
    }

    /// Says whether it may answer now in place of an error.
    pub(in crate::http) fn stands_in(&self, resident: Duration) -> bool {
        self.stale_by(resident) < self.if_error
    }
}

/// RFC 9111 §4.2.1, and the layer's own ttl where no rule gives a lifetime.
fn lifetime(
    rules: &Rules,
    exchange: &Exchange<'_>,
    directives: &ResponseDirectives,
    targeted: bool,
) -> Duration {
    // An `Age` that is no number says that the response has been in other caches, and hides for how long.
    if age_field(exchange.response) == Time::Invalid {
        return Duration::ZERO;
    }
    let date = single(exchange.response, header::DATE).and_then(date).unwrap_or(exchange.received);
    for time in [directives.s_maxage, directives.max_age] {
        match time {
            Time::Given(lifetime) => return lifetime,
            Time::Invalid => return Duration::ZERO,
            Time::Absent => {}
        }
    }
    if !targeted && exchange.response.contains_key(header::EXPIRES) {
        let expires = single(exchange.response, header::EXPIRES).and_then(self::date);
        return expires.and_then(|expires| expires.duration_since(date).ok()).unwrap_or_default();
    }
    if !storable::is_heuristically_cacheable(exchange.status) && !directives.public || says_no_cache(exchange)
    {
        return Duration::ZERO;
    }
    heuristic(exchange.response, date).or(rules.default_ttl).unwrap_or_default()
}

/// RFC 9111 §4.2.2.
fn heuristic(response: &HeaderMap, date: SystemTime) -> Option<Duration> {
    let modified = single(response, header::LAST_MODIFIED).and_then(self::date)?;
    let unchanged_for = date.duration_since(modified).ok()?;
    Some((unchanged_for / HEURISTIC_PART).min(HEURISTIC_MOST))
}

/// Says whether a response without `Cache-Control` asks not to be cached in the way of old: `Pragma` means nothing in responses,
/// but then nobody should guess that the response can be cached.
fn says_no_cache(exchange: &Exchange<'_>) -> bool {
    !exchange.response.contains_key(header::CACHE_CONTROL)
        && all_members(exchange.response, header::PRAGMA)
            .any(|member| member.eq_ignore_ascii_case(b"no-cache"))
}

/// RFC 9111 §4.2.3.
fn initial_age(exchange: &Exchange<'_>) -> Duration {
    let date = single(exchange.response, header::DATE).and_then(date);
    let received = whole_seconds(exchange.received);
    let apparent = date.and_then(|date| received.duration_since(date).ok()).unwrap_or_default();
    // Dates are cut to seconds: one more than the way took says nothing, and would make a response of a second's lifetime stale
    // every other time.
    let precision = exchange.delay.saturating_add(Duration::from_secs(1));
    let apparent = if apparent <= precision { Duration::ZERO } else { apparent };
    let corrected = match age_field(exchange.response) {
        Time::Given(age) => age.saturating_add(exchange.delay),
        Time::Absent | Time::Invalid => exchange.delay,
    };
    apparent.max(corrected)
}

fn age_field(response: &HeaderMap) -> Time {
    let mut values = response.get_all(header::AGE).into_iter();
    match (values.next(), values.next()) {
        (None, _) => Time::Absent,
        (Some(age), None) => seconds(age.as_bytes()).map_or(Time::Invalid, Time::Given),
        (Some(_), Some(_)) => Time::Invalid,
    }
}

#[cfg(test)]
mod tests;
