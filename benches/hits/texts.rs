//! Hits with a text among the arguments, which a lookup borrows if its cache can.

use crate::{CAPACITY, ID, drive::one_thread};
use cached::macros::{cached, concurrent_cached};
use stampede::stampede;
use stampede_benches::{
    groups::{HIT_PAIR, HIT_TEXT},
    race::Race,
    subjects::{body, foyer, moka, quick, raw},
};
use std::convert::Infallible;

const LANGUAGE: &str = "en-GB";

async fn sum(id: u64, text: &str) -> u64 {
    body(id).await + text.len() as u64
}

async fn length(text: &str) -> u64 {
    body(text.len() as u64).await
}

#[stampede(ttl = "1h")]
async fn pair(id: u64, language: &str) -> u64 {
    sum(id, language).await
}

#[cached(ttl_secs = 3600, sync_writes = "by_key", key = "(u64, String)", convert = { (id, language.to_owned()) })]
async fn pair_by_key(id: u64, language: &str) -> u64 {
    sum(id, language).await
}

#[concurrent_cached(ttl_secs = 3600, key = "(u64, String)", convert = { (id, language.to_owned()) })]
async fn pair_concurrent(id: u64, language: &str) -> u64 {
    sum(id, language).await
}

pub(crate) fn add_pairs(race: &mut Race) {
    type Key = (u64, String);
    let (moka, quick, foyer) =
        (moka::<Key, u64>(CAPACITY as u64), quick::<Key, u64>(CAPACITY), foyer::<Key, u64>(CAPACITY));
    let arguments = (ID, LANGUAGE);
    race.add(HIT_PAIR, "stampede", one_thread(arguments, |(id, language)| pair(id, language)));
    let call = async move |(id, language): (u64, &'static str)| {
        let load = async { Ok::<_, Infallible>(sum(id, language).await) };
        let Ok(value) = quick.get_or_insert_async(&(id, language.to_owned()), load).await;
        value
    };
    race.add(HIT_PAIR, "quick_cache", one_thread(arguments, call));
    let call = move |(id, language): (u64, &'static str)| {
        moka.get_with((id, language.to_owned()), async move { sum(id, language).await })
    };
    race.add(HIT_PAIR, "moka", one_thread(arguments, call));
    let call = async move |(id, language): (u64, &'static str)| {
        let load = move || async move { Ok::<_, Infallible>(sum(id, language).await) };
        *foyer.get_or_fetch(&(id, language.to_owned()), load).await.expect("no load fails").value()
    };
    race.add(HIT_PAIR, "foyer", one_thread(arguments, call));
    let call = |(id, language)| pair_concurrent(id, language);
    race.add(HIT_PAIR, "cached concurrent", one_thread(arguments, call));
    race.add(HIT_PAIR, "cached by_key", one_thread(arguments, |(id, language)| pair_by_key(id, language)));
}

#[stampede(ttl = "1h")]
async fn text(text: &str) -> u64 {
    length(text).await
}

#[cached(ttl_secs = 3600, sync_writes = "by_key", key = "String", convert = { text.to_owned() })]
async fn text_by_key(text: &str) -> u64 {
    length(text).await
}

#[concurrent_cached(ttl_secs = 3600, key = "String", convert = { text.to_owned() })]
async fn text_concurrent(text: &str) -> u64 {
    length(text).await
}

pub(crate) fn add_texts(race: &mut Race) {
    let (raw, moka, quick, foyer) = (
        raw::<String, u64>(),
        moka::<String, u64>(CAPACITY as u64),
        quick::<String, u64>(CAPACITY),
        foyer::<String, u64>(CAPACITY),
    );
    race.add(HIT_TEXT, "stampede", one_thread(LANGUAGE, text));
    let call = move |text: &'static str| raw.get(text, move || length(text));
    race.add(HIT_TEXT, "stampede raw", one_thread(LANGUAGE, call));
    let call = async move |text: &'static str| {
        let load = async { Ok::<_, Infallible>(length(text).await) };
        let Ok(value) = quick.get_or_insert_async(text, load).await;
        value
    };
    race.add(HIT_TEXT, "quick_cache", one_thread(LANGUAGE, call));
    let call = move |text: &'static str| moka.get_with_by_ref(text, length(text));
    race.add(HIT_TEXT, "moka", one_thread(LANGUAGE, call));
    let call = async move |text: &'static str| {
        let load = move || async move { Ok::<_, Infallible>(length(text).await) };
        *foyer.get_or_fetch(text, load).await.expect("no load fails").value()
    };
    race.add(HIT_TEXT, "foyer", one_thread(LANGUAGE, call));
    race.add(HIT_TEXT, "cached concurrent", one_thread(LANGUAGE, text_concurrent));
    race.add(HIT_TEXT, "cached by_key", one_thread(LANGUAGE, text_by_key));
}
