//! Where functions stand, and who sees them.

use stampede::stampede;

pub mod site {
    use stampede::stampede;

    #[derive(Clone, PartialEq, Eq, Hash)]
    struct Secret(u8);

    #[stampede(ttl = "1m")]
    pub async fn public(id: u8) -> u8 {
        private(Secret(id)).await
    }

    #[stampede(ttl = "1m")]
    pub(crate) async fn in_crate(id: u8) -> u8 {
        id
    }

    #[stampede(ttl = "1m")]
    async fn private(id: Secret) -> u8 {
        id.0
    }

    pub mod inner {
        use stampede::stampede;

        #[stampede(ttl = "1m")]
        pub(super) async fn in_super(id: u8) -> u8 {
            id
        }

        #[stampede(ttl = "1m")]
        pub(in crate::site) async fn in_path(id: u8) -> u8 {
            id
        }

        #[stampede(ttl = "1m")]
        pub(self) async fn in_self(id: u8) -> u8 {
            id
        }

        pub async fn all(id: u8) -> u8 {
            in_self(id).await + u8::from(in_self::invalidate(&id))
        }
    }

    pub async fn all(id: u8) -> u8 {
        let cached = inner::in_super(id).await + inner::in_path(id).await;
        cached + u8::from(inner::in_super::invalidate(&id)) + u8::from(inner::in_path::invalidate(&id))
    }
}

mod elsewhere {
    pub(crate) use super::site::{in_crate, public};

    pub(crate) mod by_glob {
        use super::super::site::*;

        pub(crate) async fn both(id: u8) -> bool {
            public(id).await == id && public::invalidate(&id)
        }
    }
}

async fn same_name(id: u8) -> u8 {
    #[stampede(ttl = "1m")]
    async fn same_name(id: u8) -> u8 {
        id + 1
    }

    #[derive(Clone, PartialEq, Eq, Hash)]
    struct Local(u8);

    #[stampede(ttl = "1m", key: Local = Local(local.0))]
    async fn local(local: Local) -> Option<Local> {
        Some(local)
    }

    assert!(local(Local(1)).await.is_some_and(|local| local.0 == 1));
    assert!(local::invalidate(&Local(1)));
    let result = same_name(id).await;
    assert!(same_name::invalidate(&id));
    result
}

macro_rules! cached {
    ($name:ident, $argument:ident: $ty:ty, $body:expr) => {
        #[stampede(ttl = "1m")]
        async fn $name($argument: $ty) -> $ty {
            $body
        }
    };
}

cached!(by_macro, id: u8, id + 1);

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(site::public(1).await, 1);
    assert!(site::public::invalidate(&1));
    assert_eq!(elsewhere::public(1).await + elsewhere::in_crate(1).await, 2);
    assert!(elsewhere::public::invalidate(&1));
    assert!(elsewhere::in_crate::invalidate(&1));
    assert!(elsewhere::by_glob::both(2).await);
    assert_eq!(site::all(1).await, 4);
    assert_eq!(site::inner::all(1).await, 2);
    assert_eq!(same_name(1).await, 2);
    assert_eq!(by_macro(1).await, 2);
    assert!(by_macro::invalidate(&1));
}
