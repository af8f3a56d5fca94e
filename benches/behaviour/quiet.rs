//! Keeps the panics quiet that are asked for.

use std::panic::{self, PanicHookInfo};

type Hook = Box<dyn Fn(&PanicHookInfo<'_>) + Send + Sync>;

/// While this lives, panics are not reported.
pub(crate) struct Quiet(Option<Hook>);

impl Quiet {
    pub(crate) fn new() -> Self {
        let hook = panic::take_hook();
        panic::set_hook(Box::new(|_| {}));
        Self(Some(hook))
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        if let Some(hook) = self.0.take() {
            panic::set_hook(hook);
        }
    }
}
