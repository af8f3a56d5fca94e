//! The scripts that the server runs: each is one step that nothing comes between.

use redis::Script;
use std::sync::LazyLock;

macro_rules! script {
    ($($name:literal),+) => {
        LazyLock::new(|| Script::new(concat!($(include_str!(concat!("scripts/", $name, ".lua"))),+)))
    };
}

pub(super) static STATE: LazyLock<Script> = script!("namespace", "state");
pub(super) static ANNOUNCE: LazyLock<Script> = script!("namespace", "announce");
pub(super) static LOOK: LazyLock<Script> = script!("key", "look");
pub(super) static PUBLISH: LazyLock<Script> = script!("key", "publish");
pub(super) static RENEW: LazyLock<Script> = script!("key", "renew");
pub(super) static RELEASE: LazyLock<Script> = script!("key", "release");
pub(super) static CHANGE: LazyLock<Script> = script!("key", "change");
