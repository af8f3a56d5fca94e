//! The caches of a generic function or a method: one for each instantiation, made by its first call.

use crate::{
    __private::fit::Fit,
    engine::{Key, Output},
    fn_cache::{FnCache, MakeBlueprint},
    stats::Stats,
    sync::{Mutex, lock},
};
use foldhash::fast::RandomState;
use std::{
    any::{Any, TypeId},
    fmt,
    sync::OnceLock,
};

/// All caches of one function.
///
/// Most functions are used with one set of types, so the first instantiation is found without a map.
pub struct Slot {
    first: OnceLock<Instance>,
    rest: OnceLock<papaya::HashMap<TypeId, Instance, RandomState>>,
    /// Held while a cache is made, so that none is made twice.
    making: Mutex<()>,
}

/// The cache of one instantiation.
#[derive(Clone, Copy)]
struct Instance {
    id: TypeId,
    typed: &'static (dyn Any + Send + Sync),
    admin: &'static dyn Admin,
}

/// What can be done with caches of all types at once.
trait Admin: Send + Sync {
    fn clear(&self);
    fn stats(&self) -> Stats;
    fn invalidate(&self, key: &dyn Any) -> bool;
}

impl<K: Key, O: Output> Admin for Fit<K, O> {
    fn clear(&self) {
        FnCache::clear(self);
    }

    fn stats(&self) -> Stats {
        FnCache::stats(self)
    }

    fn invalidate(&self, key: &dyn Any) -> bool {
        key.downcast_ref::<K>().is_some_and(|key| FnCache::invalidate(self, key))
    }
}

impl Slot {
    /// A slot without caches.
    pub const fn new() -> Self {
        Self { first: OnceLock::new(), rest: OnceLock::new(), making: Mutex::new(()) }
    }

    /// Returns the cache of an instantiation; the types of its key and its output depend on nothing else.
    #[inline]
    pub(super) fn get<K: Key, O: Output>(
        &'static self,
        id: TypeId,
        blueprint: MakeBlueprint<K, O>,
    ) -> &'static Fit<K, O> {
        let found = match self.first.get() {
            Some(first) if first.id == id => first.typed,
            _ => self.get_or_make(id, || {
                // For ever: a function's cache lives as long as the function.
                let (blueprint, tier) = blueprint();
                let cache: &'static Fit<K, O> = Box::leak(Box::new(Fit::new(&blueprint, tier)));
                Instance { id, typed: cache, admin: cache }
            }),
        };
        found.downcast_ref().expect("an instantiation has one cache")
    }

    #[inline(never)]
    fn get_or_make(
        &'static self,
        id: TypeId,
        make: impl FnOnce() -> Instance,
    ) -> &'static (dyn Any + Send + Sync) {
        if let Some(found) = self.find(id) {
            return found.typed;
        }
        let _making = lock(&self.making);
        if let Some(found) = self.find(id) {
            return found.typed;
        }
        let instance = make();
        if self.first.set(instance).is_err() {
            self.rest.get_or_init(Default::default).pin().insert(id, instance);
        }
        instance.typed
    }

    fn find(&self, id: TypeId) -> Option<Instance> {
        match self.first.get() {
            Some(first) if first.id == id => Some(*first),
            _ => self.rest.get()?.pin().get(&id).copied(),
        }
    }

    fn all(&self) -> Vec<Instance> {
        let rest = self.rest.get().map(|rest| rest.pin().values().copied().collect::<Vec<_>>());
        self.first.get().copied().into_iter().chain(rest.unwrap_or_default()).collect()
    }

    /// Removes all entries of all instantiations.
    pub fn clear(&self) {
        self.all().iter().for_each(|instance| instance.admin.clear());
    }

    /// Returns the sums of what all instantiations have done.
    pub fn stats(&self) -> Stats {
        self.all().iter().fold(Stats::default(), |sum, instance| sum.plus(&instance.admin.stats()))
    }

    /// Removes the entry of a key in all instantiations; true if there was an entry or a flight in any of them.
    pub fn invalidate<K: 'static>(&self, key: &K) -> bool {
        self.all().iter().filter(|instance| instance.admin.invalidate(key)).count() > 0
    }
}

impl Default for Slot {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slot").finish_non_exhaustive()
    }
}

/// Stands for all instantiations of a generic function together, in place of a type: `page::clear_all()`.
#[derive(Debug)]
pub enum Every {}

/// What tells instantiations apart.
#[inline]
pub fn id_of<M: 'static>() -> TypeId {
    TypeId::of::<M>()
}

/// The same, of the type of a value.
#[inline]
pub fn id_of_value<M: 'static>(_: &M) -> TypeId {
    TypeId::of::<M>()
}

/// The name of an instantiation, as `page<u64, 4>`.
pub fn instance_name(function: &str, arguments: &[&str]) -> String {
    format!("{function}<{}>", arguments.join(", "))
}

/// The name of a method of `T`, as `my_crate::Repository::page`.
pub fn method_name<T: ?Sized>(method: &str) -> String {
    format!("{}::{method}", std::any::type_name::<T>())
}
