//! Runs a scenario on both runtime flavours.

/// Makes two tests of each scenario.
macro_rules! on_both_flavours {
    ($($(#[$meta:meta])* async fn $name:ident() $body:block)*) => {$(
        $(#[$meta])*
        mod $name {
            #[allow(unused_imports)]
            use super::*;

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
    )*};
}
