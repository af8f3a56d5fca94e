//! The table of rules, and random policies and times against it.

use super::*;
use proptest::prelude::*;

const SECOND: Ticks = 1_000_000_000;

#[test]
fn an_entry_ages_through_its_windows() {
    // F2, F3: fresh for 10 s, then 20 s of revalidation, and 60 s of standing in for errors.
    let windows = Windows { revalidate: 20 * SECOND, error: 60 * SECOND };
    let times = Times { fresh_until: 10 * SECOND, may_be_stale: true, rests_until: 0 };
    for (second, decision) in [
        (0, Decision::Serve),
        (9, Decision::Serve),
        (10, Decision::Revalidate),
        (29, Decision::Revalidate),
        (30, Decision::Attempt),
        (69, Decision::Attempt),
        (70, Decision::Load),
    ] {
        assert_eq!(decide(times, windows, second * SECOND), decision, "at {second} s");
        assert_eq!(
            decide(times, windows, second * SECOND + SECOND - 1),
            decision,
            "just before {second} + 1 s"
        );
    }
    let resting = Times { rests_until: 40 * SECOND, ..times };
    for (second, decision) in [
        (9, Decision::Serve),
        (10, Decision::Rest),
        (39, Decision::Rest),
        (40, Decision::Attempt),
        (70, Decision::Load),
    ] {
        assert_eq!(decide(resting, windows, second * SECOND), decision, "resting, at {second} s");
    }
}

#[test]
fn rests_double_up_to_half_a_minute() {
    // F3
    let seconds = |ttl, failures| rest(Duration::from_secs(ttl), failures).as_secs();
    assert_eq!(
        [1, 2, 3, 4, 5, 6, 7, 1_000].map(|failures| seconds(60, failures)),
        [1, 2, 4, 8, 16, 30, 30, 30]
    );
    assert_eq!(rest(Duration::from_millis(50), 1), Duration::from_millis(50));
    assert_eq!(rest(Duration::from_millis(50), 3), Duration::from_millis(200));
    assert_eq!(rest(Duration::MAX, u32::MAX), Duration::from_secs(30));
    assert_eq!(rest(Duration::ZERO, 9), Duration::ZERO);
}

#[test]
fn settings_that_contradict_each_other_name_both() {
    let ttl = Duration::from_secs(1);
    let new = Settings::NEW;
    for (settings, culprits) in [
        (Settings { jitter: 1.5, ttl, ..new }, ["`jitter`", "ttl"]),
        (Settings { jitter: f64::NAN, ttl, ..new }, ["`jitter`", "ttl"]),
        (Settings { jitter: 0.5, ..new }, ["`jitter`", "`ttl`"]),
        (Settings { jitter: 0.5, ttl: Duration::MAX, ..new }, ["`jitter`", "`ttl`"]),
        (Settings { has_ttl_from: true, ttl, ..new }, ["`ttl`", "`ttl_from`"]),
        (Settings { stale_while_revalidate: ttl, ..new }, ["`stale_while_revalidate`", "`ttl`"]),
        (Settings { stale_if_error: ttl, ..new }, ["`stale_if_error`", "`ttl`"]),
    ] {
        let conflict = settings.conflict().expect("a conflict");
        assert!(culprits.iter().all(|culprit| conflict.contains(culprit)), "{settings:?}: {conflict}");
    }
    let all = Settings { stale_while_revalidate: ttl, stale_if_error: ttl, jitter: 1.0, ttl, ..new };
    assert_eq!(all.conflict(), None);
    assert_eq!(Settings { ttl: Duration::ZERO, has_ttl_from: true, ..all }.conflict(), None);
    assert_eq!(new.conflict(), None);
}

/// Times and windows that are often near each other, sometimes at the ends of the scale.
fn ticks() -> impl Strategy<Value = Ticks> {
    prop_oneof![4 => 0..50_u64, 1 => Just(Ticks::MAX), 1 => Just(Ticks::MAX - 1), 1 => any::<u64>()]
}

fn durations() -> impl Strategy<Value = Duration> {
    prop_oneof![
        4 => (0..50_u64).prop_map(Duration::from_nanos),
        1 => Just(Duration::MAX),
        1 => Just(Duration::ZERO),
        1 => any::<u64>().prop_map(Duration::from_millis),
    ]
}

proptest! {
    /// F6: the same as the rules in words, each by itself.
    #[test]
    fn decisions_follow_the_rules(
        fresh_until in ticks(),
        rests_until in ticks(),
        may_be_stale in any::<bool>(),
        revalidate in ticks(),
        error in ticks(),
        now in ticks(),
    ) {
        let windows = Windows { revalidate, error };
        let times = Times { fresh_until, may_be_stale, rests_until };
        let decision = decide(times, windows, now);
        // In numbers that can't overflow.
        let (start, time) = (u128::from(fresh_until), u128::from(now));
        let revalidates = may_be_stale && time >= start && time < start + u128::from(revalidate);
        let covers = may_be_stale && time >= start && time < start + u128::from(error);
        prop_assert_eq!(decision == Decision::Serve, time < start);
        prop_assert_eq!(decision == Decision::Revalidate, revalidates && now >= rests_until);
        prop_assert_eq!(decision == Decision::Rest, (revalidates || covers) && now < rests_until);
        prop_assert_eq!(decision == Decision::Attempt, covers && !revalidates && now >= rests_until);
        prop_assert_eq!(covers_error(times, windows, now), covers || revalidates);
    }

    /// F1, M2: no arithmetic overflows, what is kept is fresh for its ttl at most, and gone when no rule serves it.
    #[test]
    fn lifetimes_end_where_decisions_do(
        ttl in durations(),
        revalidate in durations(),
        error in durations(),
        err_ttl in durations(),
        none_ttl in proptest::option::of(durations()),
        jitter in 0.0..=1.0_f64,
        chance in any::<u64>(),
        from in 1..1_000_u64,
        kind in prop_oneof![Just(Kind::Value), Just(Kind::Nothing), Just(Kind::Error)],
        later in ticks(),
    ) {
        // The clock never gets to the end of the scale, which stands for "never".
        let later = later.min(clock::NEVER - 1);
        let settings = Settings {
            ttl,
            stale_while_revalidate: revalidate,
            stale_if_error: error,
            jitter,
            err_ttl,
            none_ttl,
            ..Settings::NEW
        };
        let policy = Policy::<u8>::new(settings, None, None);
        let longest = match kind {
            Kind::Error => err_ttl,
            Kind::Nothing => none_ttl.unwrap_or(ttl),
            Kind::Value => ttl,
        };
        let Some(lifetime) = policy.lifetime(kind, &0, from, &|| chance) else {
            prop_assert!(longest.is_zero() || jitter > 0.0);
            return Ok(());
        };
        prop_assert!(policy.keeps_outcomes());
        prop_assert!(lifetime.fresh_until <= clock::after(from, longest));
        let windowed = kind == Kind::Value || (kind == Kind::Nothing && none_ttl.is_none());
        prop_assert_eq!(lifetime.may_be_stale, windowed);
        let times = Times { fresh_until: lifetime.fresh_until, may_be_stale: windowed, rests_until: later };
        let decision = decide(times, policy.windows(), later);
        prop_assert_eq!(decision == Decision::Load, later >= lifetime.gone_at);
    }

    /// A draw is never longer than the ttl, and never shorter than what jitter leaves of it.
    #[test]
    fn jitter_shortens_within_its_bounds(seconds in 1..1_000_000_u64, jitter in 0.0..=1.0_f64, chance in any::<u64>()) {
        let ttl = Duration::from_secs(seconds);
        let drawn = spread(ttl, jitter, chance);
        let least = ttl.mul_f64(1.0 - jitter).saturating_sub(Duration::from_micros(1));
        prop_assert!(drawn <= ttl && drawn >= least, "{drawn:?} of {ttl:?}");
    }
}
