//! How a cache and its calls are named to people.

use std::{borrow::Cow, sync::Arc};

/// A name that is cheap to hand on.
#[derive(Clone, Debug)]
enum Name {
    Static(&'static str),
    Shared(Arc<str>),
}

impl Name {
    fn new(name: Cow<'static, str>) -> Self {
        match name {
            Cow::Borrowed(name) => Self::Static(name),
            Cow::Owned(name) => Self::Shared(name.into()),
        }
    }

    fn as_str(&self) -> &str {
        match self {
            Self::Static(name) => name,
            Self::Shared(name) => name,
        }
    }

    fn call(&self, key: Option<String>) -> String {
        let name = self.as_str();
        match key {
            // A tuple prints with its parentheses.
            Some(key) if key.starts_with('(') => format!("{name}{key}"),
            Some(key) => format!("{name}({key})"),
            None => format!("{name}(…)"),
        }
    }
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
        Self { name: Name::new(name), print_key }
    }

    pub(crate) fn name(&self) -> &str {
        self.name.as_str()
    }

    /// Names one call, as in `f(1)`, or `f(…)` where the key can't be printed.
    pub(crate) fn call(&self, key: &K) -> String {
        self.name.call((self.print_key)(key))
    }
}
