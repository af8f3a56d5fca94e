//! What things are called on the server (T6).
//!
//! Names are made of parts whose odd bytes are escaped, so that parts can't run into each other, and only the braces around a
//! key are braces: in a cluster they keep a value and its lease together.

use super::super::{TierKey, escape::Escaped, token};

/// The names of one application.
#[derive(Clone, Debug)]
pub(super) struct Names {
    prefix: String,
    /// The channel on which this process is told of leases that end.
    pub(super) inbox: String,
}

impl Names {
    pub(super) fn new(application: &str) -> Self {
        let prefix = format!("stampede:{}:", Escaped(application.as_bytes()));
        // No part has an `@` that is not escaped.
        let inbox = format!("{prefix}@{}", token::unique());
        Self { prefix, inbox }
    }

    /// The hash of a namespace, and the channel of its changes.
    pub(super) fn namespace(&self, namespace: &str) -> String {
        format!("{}{}", self.prefix, Escaped(namespace.as_bytes()))
    }

    /// A value, its lease, and the inboxes of those who wait for it.
    pub(super) fn key(&self, key: &TierKey) -> [String; 3] {
        let value = format!("{}:{{{key}}}", self.namespace(key.namespace()));
        [value.clone(), format!("{value}:lease"), format!("{value}:wait")]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(names: &Names, namespace: &str, bytes: &[u8]) -> String {
        let [value, ..] = names.key(&TierKey::new(namespace.into(), bytes.to_vec()));
        value
    }

    #[test]
    fn names_can_be_read() {
        let names = Names::new("shop");
        assert_eq!(names.namespace("rates::of day"), "stampede:shop:rates%3A%3Aof%20day");
        assert_eq!(key(&names, "rates", b"\xa3USD"), "stampede:shop:rates:{%A3USD}");
    }

    proptest! {
        // T6: no two keys have one name, nor is a key's that of anything else.
        #[test]
        fn names_tell_all_apart(a in ".{0,6}", b in ".{0,6}", c: Vec<u8>, d: Vec<u8>) {
            let names = Names::new("app");
            prop_assert_eq!(key(&names, &a, &c) == key(&names, &b, &d), (&a, &c) == (&b, &d));
            let all = [names.key(&TierKey::new(a.as_str().into(), c)).to_vec(), vec![names.namespace(&b), names.inbox.clone()]].concat();
            let distinct: std::collections::HashSet<_> = all.iter().collect();
            prop_assert_eq!(distinct.len(), 5);
            let hash_tags = all.iter().map(|name| name.matches('{').count());
            prop_assert!(hash_tags.max() == Some(1));
        }
    }
}
