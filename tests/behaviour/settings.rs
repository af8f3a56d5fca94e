//! Runs a scenario in all settings: the load as a task of its own and driven by a caller, on both runtime flavours.

/// Makes four tests of each scenario. In it, `call` is a function with a companion, of a number and a probe.
macro_rules! in_all_settings {
    ($($(#[$meta:meta])* async fn $name:ident() $body:block)*) => {$(
        mod $name {
            $crate::settings::in_both_flavours! {
                detached { use stampede_tests::detached as call; } $(#[$meta])* $body
            }
            $crate::settings::in_both_flavours! {
                driven { use stampede_tests::driven as call; } $(#[$meta])* $body
            }
        }
    )*};
}

/// Makes two tests of a scenario, with the imports of the module around it.
macro_rules! in_both_flavours {
    ($name:ident { $($import:item)* } $(#[$meta:meta])* $body:block) => {
        mod $name {
            #[allow(unused_imports)]
            use super::super::*;
            $($import)*

            $(#[$meta])*
            async fn scenario() $body

            #[tokio::test]
            async fn on_one_thread() {
                scenario().await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_two_threads() {
                scenario().await;
            }
        }
    };
}

pub(crate) use {in_all_settings, in_both_flavours};
