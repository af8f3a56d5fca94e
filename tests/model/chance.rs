//! What the rules leave open: one specification becomes several, and those go on that what is seen agrees with.

use crate::{config::Nanos, spec::Spec};

/// Decides where more than one thing may be: as it is told, and then for the first.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Chance {
    told: Vec<usize>,
    /// What it has decided so far, and between how many.
    decided: Vec<(usize, usize)>,
}

impl Chance {
    /// Something out of so many.
    pub(crate) fn pick(&mut self, many: usize) -> usize {
        let picked = self.told.get(self.decided.len()).copied().unwrap_or(0);
        self.decided.push((picked, many));
        picked
    }

    /// What it is to be told for all that it has not been told, and did not pick.
    fn others(&self) -> impl Iterator<Item = Vec<usize>> {
        let made = |at: usize| self.decided[..at].iter().map(|(picked, _)| *picked);
        (self.told.len()..self.decided.len()).flat_map(move |at| {
            let (picked, many) = self.decided[at];
            (picked + 1..many).map(move |other| made(at).chain([other]).collect())
        })
    }
}

/// A moment that is somewhere between two.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Moment {
    pub(crate) earliest: Nanos,
    pub(crate) latest: Nanos,
}

impl Moment {
    pub(crate) fn between(earliest: Nanos, latest: Nanos) -> Self {
        Self { earliest, latest }
    }

    /// Whether it was at least `window` ago. Either way more is known of it then.
    pub(crate) fn is_past(&mut self, now: Nanos, window: Nanos, chance: &mut Chance) -> bool {
        let Some(then) = now.checked_sub(window) else { return false };
        if !self.may_be_past(now, window) || self.is_surely_past(now, window) {
            return self.is_surely_past(now, window);
        }
        let is_past = chance.pick(2) == 1;
        if is_past {
            self.latest = then;
        } else {
            self.earliest = then + 1;
        }
        is_past
    }

    pub(crate) fn may_be_past(self, now: Nanos, window: Nanos) -> bool {
        now.checked_sub(window).is_some_and(|then| self.earliest <= then)
    }

    pub(crate) fn is_surely_past(self, now: Nanos, window: Nanos) -> bool {
        now.checked_sub(window).is_some_and(|then| self.latest <= then)
    }
}

/// All that may be.
#[derive(Clone, Debug)]
pub(crate) struct Worlds(Vec<Spec>);

/// So many at once would say that the comparison tells next to nothing apart.
const MOST: usize = 20_000;

impl Worlds {
    pub(crate) fn new(spec: Spec) -> Self {
        Self(vec![spec])
    }

    /// Takes a step in each of them, in every way in which it may be; those that differ from what is seen are none.
    ///
    /// # Errors
    ///
    /// With the difference in one of them, if all differ.
    pub(crate) fn step(&mut self, step: impl Fn(&mut Spec) -> Result<(), String>) -> Result<(), String> {
        let (mut next, mut difference) = (Vec::<Spec>::new(), None);
        for world in &self.0 {
            let mut open = vec![Vec::new()];
            while let Some(told) = open.pop() {
                let mut spec = world.clone();
                spec.chance.told = told;
                let taken = step(&mut spec);
                let chance = std::mem::take(&mut spec.chance);
                open.extend(chance.others());
                match taken {
                    Ok(()) if next.contains(&spec) => {}
                    Ok(()) => next.push(spec),
                    Err(why) => difference = difference.or(Some(why)),
                }
            }
        }
        assert!(next.len() <= MOST, "{} worlds", next.len());
        self.0 = next;
        if self.0.is_empty() { Err(difference.unwrap_or_default()) } else { Ok(()) }
    }

    /// One of them.
    pub(crate) fn any(&self) -> &Spec {
        &self.0[0]
    }

    pub(crate) fn all(&self, holds: impl Fn(&Spec) -> bool) -> bool {
        self.0.iter().all(holds)
    }
}
