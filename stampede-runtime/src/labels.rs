//! How a cache and its calls are named to people.

use std::{borrow::Cow, sync::Arc};

/// A name that is cheap to hand on.
#[derive(Clone, Debug)]
enum Name {
    Static(&'static str),
    Shared(Arc<str>),
}

/// The name of a cache, and how its keys are printed.
#[derive(Debug)]
pub(crate) struct Labels<K> {
    name: Name,
    print_key: fn(&K) -> Option<String>,
}

// Derived, this would ask for `K: Clone`.
impl<K> Clone for Labels<K> {
    fn clone(&self) -> Self {
        Self { name: self.name.clone(), print_key: self.print_key }
    }
}

impl<K> Labels<K> {
    pub(crate) fn new(name: Cow<'static, str>, print_key: fn(&K) -> Option<String>) -> Self {
        let name = match name {
            Cow::Borrowed(name) => Name::Static(name),
            Cow::Owned(name) => Name::Shared(name.into()),
        };
        Self { name, print_key }
    }

    pub(crate) fn name(&self) -> &str {
        match &self.name {
            Name::Static(name) => name,
            Name::Shared(name) => name,
        }
    }

    /// Names one call, as in `f(1)`, or `f(…)` where the key can't be printed.
    pub(crate) fn call(&self, key: &K) -> String {
        match (self.print_key)(key) {
            // A tuple prints with its parentheses.
            Some(key) if key.starts_with('(') => format!("{}{key}", self.name()),
            Some(key) => format!("{}({key})", self.name()),
            None => format!("{}(…)", self.name()),
        }
    }
}
